"""Our client of IAM against the practice AWS."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import NamedTuple

import pytest

from aws_mfa.aws.endpoints import iam_endpoint
from aws_mfa.aws.http import AwsHttp
from aws_mfa.aws.iam import AwsIam
from aws_mfa.errors import (
    AlreadyExists,
    AnswerLost,
    AwsMfaError,
    AwsServerError,
    LimitReached,
    NoSuchEntity,
    NotAuthorized,
    WrongCode,
)
from aws_mfa.interfaces import Iam
from aws_mfa.model import LongTermKeys, Secret
from aws_mfa_practice import PracticeAws, faults
from aws_mfa_practice.account import User
from aws_mfa_practice.totp import Device


class Practice(NamedTuple):
    aws: PracticeAws
    ann: User
    keys: LongTermKeys
    iam: AwsIam

    def count(self, action: str) -> int:
        return sum(record.action == action for record in self.aws.requests)

    def new_phone(self, name: str = "phone") -> tuple[str, Device]:
        serial = self.iam.create_virtual_device(self.keys, name).serial
        return serial, next(one for one in self.aws.account.unassigned_devices if one.serial == serial)


@pytest.fixture
def practice() -> Iterator[Practice]:
    aws, http = PracticeAws(), AwsHttp(read_timeout_s=0.5)
    ann = aws.account.add_user("ann")
    keys = LongTermKeys(ann.keys.access_key_id, Secret(ann.keys.secret_access_key))
    with aws, contextlib.closing(http):
        yield Practice(aws, ann, keys, AwsIam(iam_endpoint("eu-central-1", {"AWS_ENDPOINT_URL": aws.url}), http))


def test_the_class_fulfils_its_protocol(practice: Practice) -> None:
    iam: Iam = practice.iam
    assert iam.account_alias(practice.keys) is None


def test_keys_are_created_switched_off_and_deleted(practice: Practice) -> None:
    iam, keys = practice.iam, practice.keys
    made = iam.create_access_key(keys)
    assert made.secret_access_key.reveal() == practice.ann.all_keys[1].secret_access_key
    iam.set_key_active(keys, made.access_key_id, active=False)
    first, second = iam.list_access_keys(keys)
    assert (first.access_key_id, first.is_active) == (keys.access_key_id, True)
    assert (second.access_key_id, second.is_active) == (made.access_key_id, False)
    assert first.created_at == int(practice.ann.keys.created_at)
    assert iam.key_last_used(keys, made.access_key_id)[0] is None
    iam.delete_access_key(keys, made.access_key_id)
    assert len(iam.list_access_keys(keys)) == 1


def test_a_third_key_is_refused_with_iams_limit(practice: Practice) -> None:
    practice.iam.create_access_key(practice.keys)
    with pytest.raises(LimitReached, match="2 access keys"):
        practice.iam.create_access_key(practice.keys)


@pytest.mark.parametrize("fault", [faults.internal_failure(), faults.reset(), faults.empty_body()])
def test_creating_is_sent_once_whatever_happens_to_the_answer(practice: Practice, fault: faults.Fault) -> None:
    """A second call would make a second key whose secret nobody has."""
    practice.aws.faults.add("CreateAccessKey", fault)
    with pytest.raises((AnswerLost, AwsServerError, AwsMfaError)):
        practice.iam.create_access_key(practice.keys)
    assert practice.count("CreateAccessKey") == 1
    assert len(practice.ann.all_keys) == 2


def test_a_list_is_asked_for_again_after_a_server_error(practice: Practice) -> None:
    practice.aws.faults.add("ListAccessKeys", faults.internal_failure())
    assert len(practice.iam.list_access_keys(practice.keys)) == 1


def test_a_device_is_created_enabled_deactivated_and_deleted(practice: Practice) -> None:
    iam, keys = practice.iam, practice.keys
    new = iam.create_virtual_device(keys, "phone")
    (device,) = practice.aws.account.unassigned_devices
    assert (new.serial, new.seed.reveal()) == (device.serial, device.base32_seed)
    assert repr(new.seed) == "<secret>"
    assert iam.unassigned_devices(keys) == [new.serial]
    now = practice.aws.clock()
    iam.enable_device(keys, "ann", new.serial, (device.code(now - 30), device.code(now)))
    assert iam.list_mfa_devices(keys) == [new.serial]
    iam.deactivate_device(keys, "ann", new.serial)
    iam.delete_virtual_device(keys, new.serial)
    assert iam.list_mfa_devices(keys) == iam.unassigned_devices(keys) == []


def test_two_codes_that_do_not_follow_each_other_are_sent_once_and_refused(practice: Practice) -> None:
    serial, device = practice.new_phone()
    now = practice.aws.clock()
    with pytest.raises(WrongCode, match="two consecutive ones"):
        practice.iam.enable_device(practice.keys, "ann", serial, (device.code(now), device.code(now - 30)))
    assert practice.count("EnableMFADevice") == 1


def test_a_device_name_exists_once(practice: Practice) -> None:
    practice.new_phone()
    with pytest.raises(AlreadyExists):
        practice.iam.create_virtual_device(practice.keys, "phone")


def test_what_is_not_there_is_said(practice: Practice) -> None:
    with pytest.raises(NoSuchEntity):
        practice.iam.delete_access_key(practice.keys, "AKIAIOSFODNN7EXAMPLE")


def test_the_alias_of_the_account(practice: Practice) -> None:
    practice.aws.account.aliases.append("invented-shop")
    assert practice.iam.account_alias(practice.keys) == "invented-shop"


@pytest.mark.parametrize(
    ("operation", "resource"),
    [("iam:CreateAccessKey", "{user}"), ("iam:CreateVirtualMFADevice", "{device}"), ("iam:ListAccountAliases", "*")],
)
def test_a_denied_call_names_the_smallest_statement_that_allows_it(
    practice: Practice, operation: str, resource: str
) -> None:
    practice.ann.denied.add(operation)
    calls: dict[str, Callable[[], object]] = {
        "iam:CreateAccessKey": lambda: practice.iam.create_access_key(practice.keys),
        "iam:CreateVirtualMFADevice": lambda: practice.iam.create_virtual_device(practice.keys, "phone"),
        "iam:ListAccountAliases": lambda: practice.iam.account_alias(practice.keys),
    }
    with pytest.raises(NotAuthorized) as caught:
        calls[operation]()
    named = resource.format(user=practice.ann.arn, device=practice.aws.account.arn("mfa/phone"))
    statement = f'{{"Effect": "Allow", "Action": "{operation}", "Resource": "{named}"}}'
    assert caught.value.hints == (f"ask the account's administrator to allow it: {statement}",)

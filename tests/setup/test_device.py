"""The device of a profile that is set up: never one of another user."""

from __future__ import annotations

import pytest

from aws_mfa.errors import AwsMfaError, AwsUnreachable, BadInput, NoDevice, NotAuthorized, SeveralDevices
from aws_mfa.model import Identity
from fakes import ACCOUNT, ANN, DEVICE, OTHER_KEYS, FakeIam, FakeInterfaces, FakeTerminal
from setup.setting_up import SECRET, SECTION, set_up_with

TABLET = f"arn:aws:iam::{ACCOUNT}:mfa/tablet"
PASSKEY = f"arn:aws:iam::{ACCOUNT}:u2f/user/ann/key"
OF_ANOTHER_ACCOUNT = "arn:aws:iam::111111111111:mfa/ann"
OF_ANOTHER_PARTITION = f"arn:aws-cn:iam::{ACCOUNT}:mfa/ann"
DENIED = NotAuthorized("not allowed")


def interfaces_with(devices: list[str] | AwsMfaError, *answers: str, stored: str | None = None) -> FakeInterfaces:
    """`devices` is IAM's list; without answers no person can be asked; `stored` is beside Bob's previous keys."""
    interfaces = FakeInterfaces(f"[{SECTION}]\naws_mfa_device = {stored}\n" if stored else None)
    interfaces.fake_iam = FakeIam(devices)
    interfaces.terminal = FakeTerminal(SECRET, *answers, has_human=bool(answers))
    if stored:
        interfaces.vaults["keychain"].stored[SECTION] = OTHER_KEYS
    return interfaces


def device_stored(interfaces: FakeInterfaces, given: str | None = None) -> str | None:
    """Set up `work`; the device that is returned and in the file."""
    device = set_up_with(interfaces, region="us-east-1", device=given, replaces=True).device
    assert ("aws_mfa_device" in interfaces.credentials.read()) == (device is not None)
    assert device is None or f"aws_mfa_device = {device}\n" in interfaces.credentials.read()
    return device


@pytest.mark.parametrize("devices", [[DEVICE], DENIED, AwsUnreachable("no IAM here")])
@pytest.mark.parametrize("given", [OF_ANOTHER_ACCOUNT, OF_ANOTHER_PARTITION])
def test_a_device_of_another_account_or_partition_is_refused(devices: list[str] | AwsMfaError, given: str) -> None:
    interfaces = interfaces_with(devices)
    with pytest.raises(BadInput, match="does not belong to the user of these keys"):
        device_stored(interfaces, given)
    assert interfaces.vaults["keychain"].stored == {}


def test_a_device_that_iam_does_not_list_is_refused_with_those_that_it_lists() -> None:
    with pytest.raises(BadInput, match="IAM lists") as failure:
        device_stored(interfaces_with([DEVICE, PASSKEY]), TABLET)
    assert failure.value.hints == (f"IAM lists: --device {DEVICE}",)


def test_a_users_passkey_is_not_a_device_under_another_name() -> None:
    with pytest.raises(NoDevice, match="passkeys") as failure:
        device_stored(interfaces_with([PASSKEY]), DEVICE)
    assert "aws login" in failure.value.hints[0]


@pytest.mark.parametrize("devices", [[DEVICE, TABLET], DENIED])
def test_a_device_that_may_be_theirs_is_taken_without_a_question(devices: list[str] | AwsMfaError) -> None:
    interfaces = interfaces_with(devices)
    assert device_stored(interfaces, TABLET) == TABLET
    assert interfaces.terminal.said == []


@pytest.mark.parametrize("has_human", [True, False])
@pytest.mark.parametrize("devices", [[], [PASSKEY]])
def test_if_iam_lists_none_the_hints_are_printed_and_none_is_asked_for(devices: list[str], *, has_human: bool) -> None:
    interfaces = interfaces_with(devices, *(["unused"] if has_human else []))
    assert device_stored(interfaces) is None
    assert interfaces.terminal.questions == ["(hidden) aws_secret_access_key: "]
    assert any("aws-mfa enroll" in line for line in interfaces.terminal.said)
    assert any("aws login" in line for line in interfaces.terminal.said) == bool(devices)


def test_a_typed_device_that_cannot_be_theirs_is_asked_again() -> None:
    interfaces = interfaces_with(DENIED, OF_ANOTHER_ACCOUNT, TABLET)
    assert device_stored(interfaces) == TABLET


def test_the_root_user_whose_devices_iam_does_not_list_is_asked() -> None:
    root_device = f"arn:aws:iam::{ACCOUNT}:mfa/root-account-mfa-device"
    interfaces = interfaces_with([], root_device)
    interfaces.fake_sts.identity = Identity(f"arn:aws:iam::{ACCOUNT}:root", ACCOUNT, ACCOUNT)
    assert device_stored(interfaces) == root_device


@pytest.mark.parametrize("devices", [DENIED, [DEVICE, TABLET]])
def test_keys_that_were_rotated_unattended_keep_their_device(devices: list[str] | AwsMfaError) -> None:
    assert device_stored(interfaces_with(devices, stored=TABLET)) == TABLET


def test_several_devices_and_none_stored_are_for_a_person_to_choose() -> None:
    interfaces = interfaces_with([DEVICE, TABLET])
    with pytest.raises(SeveralDevices):
        device_stored(interfaces)
    assert interfaces.vaults["keychain"].stored == {}


@pytest.mark.parametrize("devices", [DENIED, []])
def test_the_device_of_the_previous_keys_is_removed_if_it_cannot_be_theirs(devices: list[str] | AwsMfaError) -> None:
    assert device_stored(interfaces_with(devices, stored=OF_ANOTHER_ACCOUNT)) is None


def test_the_stored_device_is_offered_if_it_may_be_theirs() -> None:
    assert device_stored(interfaces_with(DENIED, "", stored=TABLET)) == TABLET
    interfaces = interfaces_with(DENIED, "", stored=OF_ANOTHER_ACCOUNT)
    assert device_stored(interfaces) == ANN.replace(":user/", ":mfa/")

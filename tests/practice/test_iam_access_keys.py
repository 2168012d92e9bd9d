"""IAM's access keys: made, listed, switched off, deleted; two at most, unknown for some seconds, denied by policies."""

from __future__ import annotations

import pytest

from aws_mfa_practice import PracticeAws, PracticeClock
from aws_mfa_practice.account import User
from practice.conftest import Connect
from practice.signing import refusal_of

UNKNOWN = (403, "InvalidClientTokenId", "The security token included in the request is invalid.")


def test_new_keys_are_listed_without_their_secret_and_work(connect: Connect, ann: User) -> None:
    created = connect(ann.keys, "iam").create_access_key()["AccessKey"]
    assert connect({**created, "SessionToken": None}).get_caller_identity()["Arn"] == ann.arn
    listed = connect(ann.keys, "iam").list_access_keys()["AccessKeyMetadata"]
    assert [one["AccessKeyId"] for one in listed] == [ann.keys.access_key_id, created["AccessKeyId"]]
    assert all("SecretAccessKey" not in one for one in listed)


def test_a_third_pair_of_keys_is_refused(connect: Connect, ann: User) -> None:
    iam = connect(ann.keys, "iam")
    iam.create_access_key()
    assert refusal_of(iam.create_access_key) == (409, "LimitExceeded", "Cannot exceed quota for AccessKeysPerUser: 2")


def test_new_keys_are_unknown_for_some_seconds(
    aws: PracticeAws, connect: Connect, ann: User, clock: PracticeClock
) -> None:
    aws.account.new_keys_unknown_s = 8
    sts = connect({**connect(ann.keys, "iam").create_access_key()["AccessKey"], "SessionToken": None})
    assert refusal_of(sts.get_caller_identity) == UNKNOWN
    clock.advance(8)
    assert sts.get_caller_identity()["Arn"] == ann.arn


def test_keys_that_are_inactive_or_deleted_are_unknown(connect: Connect, ann: User) -> None:
    iam, sts, key_id = connect(ann.add_keys(), "iam"), connect(ann.keys), ann.keys.access_key_id
    iam.update_access_key(AccessKeyId=key_id, Status="Inactive")
    assert refusal_of(sts.get_caller_identity) == UNKNOWN
    iam.update_access_key(AccessKeyId=key_id, Status="Active")
    assert sts.get_caller_identity()["Arn"] == ann.arn
    iam.delete_access_key(AccessKeyId=key_id)
    assert refusal_of(sts.get_caller_identity) == UNKNOWN
    assert refusal_of(lambda: iam.delete_access_key(AccessKeyId=key_id))[:2] == (404, "NoSuchEntity")


def test_the_last_use_of_keys_is_known(connect: Connect, ann: User, clock: PracticeClock) -> None:
    other, iam = ann.add_keys(), connect(ann.keys, "iam")
    never = iam.get_access_key_last_used(AccessKeyId=other.access_key_id)["AccessKeyLastUsed"]
    assert (never.get("LastUsedDate"), never["ServiceName"]) == (None, "N/A")
    connect(other, region="eu-west-1").get_caller_identity()
    used = iam.get_access_key_last_used(AccessKeyId=other.access_key_id)["AccessKeyLastUsed"]
    assert (int(used["LastUsedDate"].timestamp()), used["ServiceName"], used["Region"]) == (
        int(clock()), "sts", "eu-west-1",
    )  # fmt: skip


@pytest.mark.parametrize(("status", "text"), [("Off", "[Active, Inactive]"), (None, "Member must not be null")])
def test_a_status_that_is_none_is_invalid(connect: Connect, ann: User, status: str | None, text: str) -> None:
    given = {"AccessKeyId": ann.keys.access_key_id, **({} if status is None else {"Status": status})}
    refusal = refusal_of(lambda: connect(ann.keys, "iam").update_access_key(**given))
    assert refusal[:2] == (400, "ValidationError")
    assert text in refusal[2]


def test_a_policy_can_deny_a_call_or_demand_mfa_for_it(connect: Connect, ann: User) -> None:
    phone = ann.add_device()
    ann.denied.add("iam:DeleteAccessKey")
    ann.needs_mfa.add("iam:CreateAccessKey")
    iam = connect(ann.keys, "iam")
    denied = refusal_of(lambda: iam.delete_access_key(AccessKeyId=ann.keys.access_key_id))
    text = f"User: {ann.arn} is not authorized to perform: iam:DeleteAccessKey on resource: user ann"
    assert denied == (403, "AccessDenied", text)
    assert "with an explicit deny in an identity-based policy" in refusal_of(iam.create_access_key)[2]
    session = connect(ann.keys).get_session_token(SerialNumber=phone.serial, TokenCode=phone.code())["Credentials"]
    assert connect(session, "iam").create_access_key()["AccessKey"]["Status"] == "Active"


def test_the_user_and_the_aliases_of_the_account_are_told(aws: PracticeAws, connect: Connect) -> None:
    aws.account.aliases.append("example-prod")
    bea = aws.account.add_user("bea", path="/team/")
    iam = connect(bea.keys, "iam")
    user = iam.get_user()["User"]
    assert (user["UserName"], user["Path"], user["Arn"]) == ("bea", "/team/", bea.arn)
    assert iam.list_account_aliases()["AccountAliases"] == ["example-prod"]

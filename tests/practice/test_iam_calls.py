"""IAM's list of MFA devices: the caller's own or a named user's, in pages, or denied."""

from __future__ import annotations

from aws_mfa_practice import PracticeAws
from aws_mfa_practice.account import User
from aws_mfa_practice.totp import Device, FidoDevice
from practice.conftest import Connect
from practice.signing import refusal_of


def test_the_callers_own_devices_are_listed_fido_too(connect: Connect, ann: User) -> None:
    devices: list[Device | FidoDevice] = [ann.add_device(), ann.add_device("GAHT12345678"), ann.add_fido_device()]
    answer = connect(ann.keys, "iam").list_mfa_devices()
    assert [listed["SerialNumber"] for listed in answer["MFADevices"]] == [device.serial for device in devices]
    assert {listed["UserName"] for listed in answer["MFADevices"]} == {"ann"}
    assert answer["IsTruncated"] is False


def test_no_device_is_an_empty_list(connect: Connect, ann: User) -> None:
    assert connect(ann.keys, "iam").list_mfa_devices(UserName="ann")["MFADevices"] == []


def test_devices_come_in_pages(connect: Connect, ann: User) -> None:
    serials = [ann.add_device().serial for _ in range(5)]
    pages = connect(ann.keys, "iam").get_paginator("list_mfa_devices").paginate(PaginationConfig={"PageSize": 2})
    listed = [[device["SerialNumber"] for device in page["MFADevices"]] for page in pages]
    assert listed == [serials[:2], serials[2:4], serials[4:]]


def test_listing_can_be_denied(connect: Connect, ann: User) -> None:
    ann.may_list_devices = False
    message = f"User: {ann.arn} is not authorized to perform: iam:ListMFADevices on resource: user ann"
    assert refusal_of(connect(ann.keys, "iam").list_mfa_devices) == (403, "AccessDenied", message)


def test_an_unknown_user_is_not_found(connect: Connect, ann: User) -> None:
    refusal = refusal_of(lambda: connect(ann.keys, "iam").list_mfa_devices(UserName="eve"))
    assert refusal == (404, "NoSuchEntity", "The user with name eve cannot be found.")


def test_a_session_needs_mfa_to_call_iam(connect: Connect, ann: User) -> None:
    phone = ann.add_device()
    sts = connect(ann.keys)
    without_mfa = connect(sts.get_session_token()["Credentials"], "iam")
    with_mfa = connect(sts.get_session_token(SerialNumber=phone.serial, TokenCode=phone.code())["Credentials"], "iam")
    expected = (403, "InvalidClientTokenId", "The security token included in the request is invalid.")
    assert refusal_of(without_mfa.list_mfa_devices) == expected
    assert len(with_mfa.list_mfa_devices()["MFADevices"]) == 1


def test_a_role_session_must_name_the_user(aws: PracticeAws, connect: Connect, ann: User) -> None:
    role = aws.account.add_role("Audit", trusts=ann)
    answer = connect(ann.keys).assume_role(RoleArn=role.arn, RoleSessionName="work")
    iam = connect(answer["Credentials"], "iam")
    assert refusal_of(iam.list_mfa_devices)[:2] == (400, "ValidationError")
    assert iam.list_mfa_devices(UserName="ann")["MFADevices"] == []


def test_iam_of_each_partition_is_signed_for_its_one_region(aws: PracticeAws, connect: Connect, ann: User) -> None:
    """The SDK signs IAM calls for the partition's own region, whatever region it is given."""
    gov = aws.add_account(partition="aws-us-gov").add_user("gov")
    assert connect(gov.keys, "iam", region="us-gov-west-1").list_mfa_devices()["MFADevices"] == []
    refusal = refusal_of(connect(ann.keys, "iam", region="eu-west-1").list_mfa_devices)
    assert refusal[:2] == (403, "SignatureDoesNotMatch")


def test_a_made_up_marker_is_invalid(connect: Connect, ann: User) -> None:
    iam = connect(ann.keys, "iam")
    assert refusal_of(lambda: iam.list_mfa_devices(Marker="next")) == (400, "ValidationError", "Invalid Marker: next")

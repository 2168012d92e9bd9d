"""IAM's MFA devices: listed in pages or denied, created, enabled with two codes, deactivated, deleted."""

from __future__ import annotations

from aws_mfa_practice import PracticeAws, PracticeClock
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


def two_codes(device: Device, clock: PracticeClock) -> dict[str, str]:
    return {"AuthenticationCode1": device.code(clock() - 30), "AuthenticationCode2": device.code()}


def test_a_virtual_device_is_enabled_by_two_consecutive_codes(
    aws: PracticeAws, connect: Connect, ann: User, clock: PracticeClock
) -> None:
    iam = connect(ann.keys, "iam")
    created = iam.create_virtual_mfa_device(VirtualMFADeviceName="phone")["VirtualMFADevice"]
    (device,), serial = aws.account.unassigned_devices, created["SerialNumber"]
    assert created["Base32StringSeed"].decode() == device.base32_seed
    codes = two_codes(device, clock)
    swapped = dict(zip(codes, reversed(codes.values()), strict=True))
    refusal = refusal_of(lambda: iam.enable_mfa_device(UserName="ann", SerialNumber=serial, **swapped))
    assert refusal == (403, "InvalidAuthenticationCode", "Authentication code for device is not valid")
    iam.enable_mfa_device(UserName="ann", SerialNumber=serial, **codes)
    assert [listed["SerialNumber"] for listed in iam.list_mfa_devices()["MFADevices"]] == [serial]
    sts = connect(ann.keys)
    spent = refusal_of(lambda: sts.get_session_token(SerialNumber=serial, TokenCode=codes["AuthenticationCode2"]))
    assert spent[1] == "AccessDenied"


def test_a_virtual_device_of_a_name_exists_once_and_a_user_has_eight_at_most(
    connect: Connect, ann: User, clock: PracticeClock
) -> None:
    iam = connect(ann.keys, "iam")
    serial = iam.create_virtual_mfa_device(VirtualMFADeviceName="phone")["VirtualMFADevice"]["SerialNumber"]
    again = refusal_of(lambda: iam.create_virtual_mfa_device(VirtualMFADeviceName="phone"))
    assert again == (409, "EntityAlreadyExists", "MFADevice entity at the same path and name already exists.")
    while len(ann.devices) < 8:
        ann.add_device()
    codes = two_codes(ann.account.unassigned_devices[0], clock)
    full = refusal_of(lambda: iam.enable_mfa_device(UserName="ann", SerialNumber=serial, **codes))
    assert full == (409, "LimitExceeded", "Cannot exceed quota for MFADevicesPerUser: 8")


def test_a_device_is_deactivated_before_it_is_deleted(connect: Connect, ann: User) -> None:
    iam, serial = connect(ann.keys, "iam"), ann.add_device().serial
    in_use = refusal_of(lambda: iam.delete_virtual_mfa_device(SerialNumber=serial))
    assert in_use == (409, "DeleteConflict", "MFA VirtualDevice in use. Must deactivate first.")
    iam.deactivate_mfa_device(UserName="ann", SerialNumber=serial)
    listed = iam.list_virtual_mfa_devices(AssignmentStatus="Unassigned")["VirtualMFADevices"]
    assert [one["SerialNumber"] for one in listed] == [serial]
    iam.delete_virtual_mfa_device(SerialNumber=serial)
    assert iam.list_virtual_mfa_devices()["VirtualMFADevices"] == []
    assert refusal_of(lambda: iam.delete_virtual_mfa_device(SerialNumber=serial))[:2] == (404, "NoSuchEntity")

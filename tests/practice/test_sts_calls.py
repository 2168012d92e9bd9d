"""STS as a client meets it: sessions, roles, codes, durations, and the words of each refusal."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import pytest

from aws_mfa_practice import PracticeAws, PracticeClock
from aws_mfa_practice.account import Role, User
from aws_mfa_practice.totp import Device
from practice.conftest import Client, Connect
from practice.signing import refusal_of

if TYPE_CHECKING:
    from aws_mfa_practice.moments import Clock


WRONG_CODE = "MultiFactorAuthentication failed with invalid MFA one time pass code."
WRONG_DEVICE = (
    "MultiFactorAuthentication failed, unable to validate MFA code.  "
    "Please verify your MFA serial number is valid and associated with this user."
)
HALF_MFA = "MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code."


@pytest.fixture
def admin(aws: PracticeAws, ann: User) -> Role:
    return aws.account.add_role("Admin", trusts=ann, mfa=True, max_session_s=43200)


def proof(phone: Device) -> dict[str, str]:
    """The two parameters that prove MFA."""
    return {"SerialNumber": phone.serial, "TokenCode": phone.unused_code()}


def asked(role: Role | str, **more: object) -> dict[str, object]:
    """The parameters of AssumeRole."""
    return {"RoleArn": role if isinstance(role, str) else role.arn, "RoleSessionName": "work", **more}


def lasts_s(credentials: dict[str, Any], clock: Clock) -> float:
    """How long credentials last from now, in seconds."""
    seconds: float = credentials["Expiration"].timestamp() - int(clock())
    return seconds


def test_keys_and_sessions_are_shaped_like_real_ones(sts: Client, ann: User, phone: Device) -> None:
    credentials = sts.get_session_token(**proof(phone))["Credentials"]
    assert re.fullmatch("AKIA[A-Z2-7]{16}", ann.keys.access_key_id)
    assert re.fullmatch("ASIA[A-Z2-7]{16}", credentials["AccessKeyId"])
    assert len(ann.keys.secret_access_key) == len(credentials["SecretAccessKey"]) == 40
    assert 300 < len(credentials["SessionToken"]) < 1000
    assert all(character in credentials["SessionToken"] for character in "/+=")


def test_two_practice_users_share_nothing(aws: PracticeAws, ann: User) -> None:
    other = aws.add_account().add_user("ann")
    assert ann.keys.access_key_id != other.keys.access_key_id
    assert ann.keys.secret_access_key != other.keys.secret_access_key
    assert ann.arn != other.arn


def test_a_session_lasts_as_asked_and_twelve_hours_by_default(sts: Client, phone: Device, clock: PracticeClock) -> None:
    assert lasts_s(sts.get_session_token(**proof(phone))["Credentials"], clock) == 43200
    assert lasts_s(sts.get_session_token(DurationSeconds=129600)["Credentials"], clock) == 129600


def test_the_expiration_is_whole_seconds_of_utc(sts: Client, clock: PracticeClock) -> None:
    expiration = sts.get_session_token(DurationSeconds=900)["Credentials"]["Expiration"]
    assert expiration == datetime.fromtimestamp(int(clock()) + 900, timezone.utc)


def test_a_code_is_good_once(sts: Client, phone: Device) -> None:
    mfa = proof(phone)
    sts.get_session_token(**mfa)
    status, code, message = refusal_of(lambda: sts.get_session_token(**mfa))
    assert (status, code, message.rstrip()) == (403, "AccessDenied", WRONG_CODE)


def test_of_many_at_once_with_one_code_exactly_one_gets_a_session(aws: PracticeAws, sts: Client, phone: Device) -> None:
    mfa = proof(phone)

    def attempt(_: int) -> bool:
        try:
            sts.get_session_token(**mfa)
        except sts.exceptions.ClientError:
            return False
        return True

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(attempt, range(8))) == 1
    assert [record.code for record in aws.requests] == [mfa["TokenCode"]] * 8


def test_a_wrong_code_is_refused_and_the_right_one_still_good(sts: Client, phone: Device) -> None:
    far_off = phone.code(at=phone.clock() + 3600)
    _, _, message = refusal_of(lambda: sts.get_session_token(SerialNumber=phone.serial, TokenCode=far_off))
    assert message.startswith(WRONG_CODE)
    assert sts.get_session_token(**proof(phone))["Credentials"]


def test_a_device_must_be_the_users_own_and_have_codes(aws: PracticeAws, sts: Client, ann: User) -> None:
    foreign = aws.account.add_user("bob").add_device()
    fido = ann.add_fido_device()
    assert ":u2f/user/ann/" in fido.serial
    for serial in (foreign.serial, fido.serial, foreign.serial[:-3] + "eve"):
        refusal = refusal_of(lambda: sts.get_session_token(SerialNumber=serial, TokenCode=foreign.code()))  # noqa: B023
        assert refusal == (403, "AccessDenied", WRONG_DEVICE)


def test_a_hardware_token_works_by_its_number(sts: Client, ann: User) -> None:
    token = ann.add_device("GAHT12345678")
    assert sts.get_session_token(**proof(token))["Credentials"]


@pytest.mark.parametrize("left", ["SerialNumber", "TokenCode"])
def test_half_a_proof_is_refused(sts: Client, phone: Device, left: str) -> None:
    half = {left: proof(phone)[left]}
    assert refusal_of(lambda: sts.get_session_token(**half)) == (403, "AccessDenied", HALF_MFA)


def test_a_session_cannot_ask_for_a_session(connect: Connect, sts: Client, phone: Device) -> None:
    session = sts.get_session_token(**proof(phone))["Credentials"]
    expected = (403, "AccessDenied", "Cannot call GetSessionToken with session credentials")
    assert refusal_of(connect(session).get_session_token) == expected


def test_root_gets_an_hour_and_no_role(aws: PracticeAws, connect: Connect, clock: PracticeClock) -> None:
    root = aws.account.add_root()
    sts = connect(root.keys)
    mfa = proof(root.add_device())
    assert lasts_s(sts.get_session_token(DurationSeconds=43200, **mfa)["Credentials"], clock) == 3600
    role = aws.account.add_role("Admin", trusts=root)
    expected = (403, "AccessDenied", "Roles may not be assumed by root accounts.")
    assert refusal_of(lambda: sts.assume_role(**asked(role))) == expected


def test_a_role_is_assumed_with_keys_and_a_code_for_as_long_as_it_allows(
    connect: Connect, sts: Client, phone: Device, admin: Role, clock: PracticeClock
) -> None:
    answer = sts.assume_role(**asked(admin, DurationSeconds=43200, **proof(phone)))
    assert lasts_s(answer["Credentials"], clock) == 43200
    arn = connect(answer["Credentials"]).get_caller_identity()["Arn"]
    assert arn == answer["AssumedRoleUser"]["Arn"]
    assert re.fullmatch(r"arn:aws:sts::\d{12}:assumed-role/Admin/work", arn)


def test_an_mfa_session_opens_many_roles_with_one_code(
    aws: PracticeAws, connect: Connect, ann: User, phone: Device, admin: Role
) -> None:
    audit = aws.add_account().add_role("Audit", trusts=ann, mfa=True, path="/team/")
    with_mfa = connect(connect(ann.keys).get_session_token(**proof(phone))["Credentials"])
    for role in (admin, audit):
        assert lasts_s(with_mfa.assume_role(**asked(role))["Credentials"], aws.clock) == 3600
    assert sum(record.code is not None for record in aws.requests) == 1


def test_a_role_may_demand_a_recent_code(
    connect: Connect, sts: Client, aws: PracticeAws, ann: User, phone: Device, clock: PracticeClock
) -> None:
    fresh = aws.account.add_role("Fresh", trusts=ann, max_mfa_age_s=600)
    with_mfa = connect(sts.get_session_token(**proof(phone))["Credentials"])
    assert with_mfa.assume_role(**asked(fresh))
    clock.advance(600)
    assert refusal_of(lambda: with_mfa.assume_role(**asked(fresh)))[1] == "AccessDenied"
    assert refusal_of(lambda: sts.assume_role(**asked(fresh)))[1] == "AccessDenied"
    assert sts.assume_role(**asked(fresh, **proof(phone)))


def test_without_mfa_without_trust_and_without_a_role_the_answer_is_the_same(
    aws: PracticeAws, connect: Connect, sts: Client, ann: User, admin: Role
) -> None:
    """AWS does not say which it was."""
    closed = aws.account.add_role("Closed", trusts=aws.account.add_user("bob"))
    without_mfa = connect(sts.get_session_token()["Credentials"])
    for client, arn in ((sts, admin.arn), (without_mfa, admin.arn), (sts, closed.arn), (sts, admin.arn + "x")):
        refusal = refusal_of(lambda: client.assume_role(**asked(arn)))  # noqa: B023
        message = f"User: {ann.arn} is not authorized to perform: sts:AssumeRole on resource: {arn}"
        assert refusal == (403, "AccessDenied", message)


def test_an_external_id_must_be_the_one_agreed(aws: PracticeAws, sts: Client, ann: User) -> None:
    role = aws.account.add_role("Vendor", trusts=ann, external_id="contract:7/a")
    for external_id in ({}, {"ExternalId": "contract:8"}):
        assert refusal_of(lambda: sts.assume_role(**asked(role, **external_id)))[1] == "AccessDenied"  # noqa: B023
    assert sts.assume_role(**asked(role, ExternalId="contract:7/a"))["Credentials"]


def test_a_role_can_trust_a_whole_account(aws: PracticeAws, connect: Connect, ann: User) -> None:
    role = aws.add_account().add_role("Guest", trusts=[aws.account])
    assert connect(ann.keys).assume_role(**asked(role))["Credentials"]


def test_a_role_session_chains_for_an_hour_and_proves_no_mfa(
    aws: PracticeAws, connect: Connect, sts: Client, phone: Device, admin: Role
) -> None:
    first = connect(sts.assume_role(**asked(admin, **proof(phone)))["Credentials"])
    open_role = aws.account.add_role("Open", trusts=admin, max_session_s=43200)
    mfa_role = aws.account.add_role("Strict", trusts=admin, mfa=True)
    assert first.assume_role(**asked(open_role, DurationSeconds=3600))["Credentials"]
    assert refusal_of(lambda: first.assume_role(**asked(open_role, DurationSeconds=3601))) == (
        400,
        "ValidationError",
        "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.",
    )
    assert refusal_of(lambda: first.assume_role(**asked(mfa_role)))[1] == "AccessDenied"
    assert refusal_of(lambda: first.assume_role(**asked(open_role, **proof(phone))))[2] == WRONG_DEVICE


def test_an_mfa_session_falls_under_the_hour_too(connect: Connect, sts: Client, phone: Device, admin: Role) -> None:
    with_mfa = connect(sts.get_session_token(**proof(phone))["Credentials"])
    _, code, message = refusal_of(lambda: with_mfa.assume_role(**asked(admin, DurationSeconds=7200)))
    assert (code, "1 hour session limit" in message) == ("ValidationError", True)


def test_a_role_has_its_own_maximum(aws: PracticeAws, sts: Client, ann: User) -> None:
    role = aws.account.add_role("Short", trusts=ann, max_session_s=7200)
    assert sts.assume_role(**asked(role, DurationSeconds=7200))["Credentials"]
    assert refusal_of(lambda: sts.assume_role(**asked(role, DurationSeconds=7201))) == (
        400,
        "ValidationError",
        "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
    )


@pytest.mark.parametrize("max_session_s", [3599, 43201])
def test_a_role_cannot_be_made_with_a_maximum_that_aws_would_refuse(
    aws: PracticeAws, ann: User, max_session_s: int
) -> None:
    with pytest.raises(ValueError, match="3600 to 43200"):
        aws.account.add_role("Odd", trusts=ann, max_session_s=max_session_s)


TOO_SHORT = "Member must have length greater than or equal to"
TOO_LOW = "Member must have value greater than or equal to"
TOO_HIGH = "Member must have value less than or equal to"
TOO_LONG = "Member must have length less than or equal to"
PATTERN = "Member must satisfy regular expression pattern:"


@pytest.mark.parametrize(
    ("operation", "parameters", "complaints"),
    [
        (
            "get_session_token",
            {"SerialNumber": "GAHT12345678", "TokenCode": "12345"},
            [f"Value '12345' at 'tokenCode' failed to satisfy constraint: {TOO_SHORT} 6"],
        ),
        (
            "get_session_token",
            {"SerialNumber": "GAHT 345", "TokenCode": "12345x"},
            [
                f"Value 'GAHT 345' at 'serialNumber' failed to satisfy constraint: {TOO_SHORT} 9",
                rf"Value 'GAHT 345' at 'serialNumber' failed to satisfy constraint: {PATTERN} [\w+=/:,.@-]*",
                rf"Value '12345x' at 'tokenCode' failed to satisfy constraint: {PATTERN} [\d]*",
            ],
        ),
        (
            "assume_role",
            {"RoleArn": "arn:aws:iam::123456789012:role/A", "RoleSessionName": "a" * 65},
            [f"Value '{'a' * 65}' at 'roleSessionName' failed to satisfy constraint: {TOO_LONG} 64"],
        ),
        (
            "get_session_token",
            {"DurationSeconds": 899},
            [f"Value '899' at 'durationSeconds' failed to satisfy constraint: {TOO_LOW} 900"],
        ),
        (
            "assume_role",
            {"RoleArn": "arn:aws:iam::123456789012:role/A", "DurationSeconds": 43201},
            [
                "Value null at 'roleSessionName' failed to satisfy constraint: Member must not be null",
                f"Value '43201' at 'durationSeconds' failed to satisfy constraint: {TOO_HIGH} 43200",
            ],
        ),
    ],
)
def test_broken_parameters_are_counted_and_named(
    sts: Client, operation: str, parameters: dict[str, object], complaints: list[str]
) -> None:
    plural = "s" if len(complaints) > 1 else ""
    message = f"{len(complaints)} validation error{plural} detected: {'; '.join(complaints)}"
    assert refusal_of(lambda: getattr(sts, operation)(**parameters)) == (400, "ValidationError", message)


def test_a_duration_that_is_no_number_is_malformed(sts: Client) -> None:
    status, code, _ = refusal_of(lambda: sts.get_session_token(DurationSeconds="1h"))
    assert (status, code) == (400, "MalformedInput")


def test_a_role_arn_of_another_shape_is_invalid(sts: Client) -> None:
    arn = "arn:aws:iam::123456789012:user/ann"
    assert refusal_of(lambda: sts.assume_role(**asked(arn))) == (400, "ValidationError", f"{arn} is invalid")


def test_a_good_code_with_a_refused_role_is_spent(sts: Client, phone: Device, admin: Role) -> None:
    mfa = proof(phone)
    assert refusal_of(lambda: sts.assume_role(**asked(admin.arn + "x", **mfa)))[2].startswith("User: ")
    assert refusal_of(lambda: sts.assume_role(**asked(admin, **mfa)))[2].startswith(WRONG_CODE)

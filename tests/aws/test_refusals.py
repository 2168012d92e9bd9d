from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aws_mfa import errors
from aws_mfa.aws.refusals import SHOWN_LENGTH, AwsRefusal, explain, one_line, spent_code_hints
from aws_mfa.errors import AwsMfaError

NOON = 1_795_348_813.0  # 17 s before the next window begins
ROLE = "arn:aws:iam::123456789012:role/Admin"
DEVICE = "arn:aws:iam::123456789012:mfa/ann"
REFUSAL = AwsRefusal(
    action="sts:GetSessionToken",
    status=403,
    code="",
    message="",
    server_date=NOON,
    now=NOON,
    carried_code=True,
    access_key_id="AKIAEXAMPLE12345ABCD",
    device=DEVICE,
    region="eu-central-1",
)


def refused(code: str, message: str, **changes: Any) -> AwsMfaError:  # noqa: ANN401  # fields of any type
    """The failure for this refusal."""
    return explain(replace(REFUSAL, code=code, message=message, **changes))


def words(error: AwsMfaError) -> str:
    return "\n".join((error.message, *error.hints))


DENIED, INVALID = "AccessDenied", "ValidationError"
MFA_FAILED = "MultiFactorAuthentication failed, "
VALUE = "1 validation error detected: Value '...' at "
NOT_ALLOWED = "User: arn:aws:iam::123456789012:user/ann is not authorized to perform: "
TOO_LONG = "The requested DurationSeconds exceeds the "
WRONG_CODE = "MultiFactorAuthentication failed with invalid MFA one time pass code. "
ROWS = [
    (DENIED, WRONG_CODE, errors.WrongCode, "begins in 17 s"),
    (DENIED, f"{MFA_FAILED}unable to validate MFA code.  Please verify", errors.UnknownDevice, "iam list-mfa-devices"),
    (DENIED, f"{MFA_FAILED}must provide both MFA serial number and one time pass code.", errors.UnknownDevice, "both"),
    (DENIED, "Cannot call GetSessionToken with session credentials", errors.SessionKeysGiven, "AKIA"),
    (DENIED, "Roles may not be assumed by root accounts.", errors.NotAuthorized, "root user"),
    (DENIED, f"{NOT_ALLOWED}x with an explicit deny in a policy", errors.NotAuthorized, "explicit deny wins"),
    (DENIED, f"{NOT_ALLOWED}sts:TagSession on resource: x", errors.NotAuthorized, "must allow sts:TagSession"),
    (DENIED, f"{NOT_ALLOWED}sts:SetSourceIdentity on resource: x", errors.NotAuthorized, "a source identity"),
    (INVALID, f"{TOO_LONG}MaxSessionDuration set for this role.", errors.DurationTooLong, "--duration 3600"),
    (INVALID, f"{TOO_LONG}1 hour session limit for roles assumed by", errors.ChainingLimit, "one hour"),
    (
        INVALID,
        f"{VALUE}'tags.1.member.value' failed to satisfy constraint: Member must",
        errors.TagsRefused,
        "Member must",
    ),
    (INVALID, f"{VALUE}'policy' failed to satisfy constraint: Member", errors.MalformedPolicy, "2048 characters"),
    (INVALID, "The source identity is already set for this", errors.TagsRefused, "along a chain"),
    (INVALID, "something is invalid", errors.RefusedByAws, "something is invalid"),
    ("InvalidParameterValue", "Duplicate tag keys found. Please note", errors.TagsRefused, "upper and lower case"),
    ("InvalidParameterValue", "The specified transitive tag key must be", errors.TagsRefused, "one of the tags"),
    ("InvalidParameterValue", "One of the specified transitive tag keys can't be set", errors.TagsRefused, "inherited"),
    ("MalformedPolicyDocument", "Syntax errors in policy.", errors.MalformedPolicy, "validate-policy"),
    ("PackedPolicyTooLarge", "Packed size of session tags consumes 142% of", errors.TooLargeForSession, "142 %"),
    ("PackedPolicyTooLargeException", "Packed policy consumes 118% of", errors.TooLargeForSession, "together: 118 %"),
    ("PackedPolicyTooLarge", "", errors.TooLargeForSession, "--policy-arn ARN"),
    ("InvalidClientTokenId", "The security token included in the request is invalid.", errors.UnknownKey, "...ABCD"),
    ("SignatureDoesNotMatch", "The request signature we calculated does not", errors.WrongSecret, "...ABCD"),
    (
        "SignatureDoesNotMatch",
        "Credential should be scoped to a valid Reg",
        errors.RefusedByAws,
        "does not know region",
    ),
    ("SignatureDoesNotMatch", "Signature expired: 20261122T060000Z is now earlier", errors.ClockSkew, "behind"),
    ("SignatureDoesNotMatch", "Signature not yet current: 20261122T060000Z", errors.ClockSkew, "ahead"),
    ("ExpiredToken", "The security token included in the request is expired", errors.SessionExpired, "--force"),
    ("RegionDisabledException", "STS is not activated in this region for account", errors.RegionDisabled, "AWS_REGION"),
    ("Throttling", "Rate exceeded", errors.Throttled, "take the next one, which begins in 17 s"),
    ("RequestLimitExceeded", "Rate exceeded", errors.Throttled, "wait for the next code"),
    ("SomethingNew", "A new reason", errors.NotAuthorized, "SomethingNew: A new reason"),
]


@pytest.mark.parametrize(("code", "message", "failure", "says"), ROWS)
def test_each_refusal_has_a_class_and_a_hint(code: str, message: str, failure: type[AwsMfaError], says: str) -> None:
    error = refused(code, message)
    assert type(error) is failure
    assert says in words(error)


@pytest.mark.parametrize(
    ("region", "usual"), [("eu-south-1", "us-east-1"), ("cn-northwest-1", "cn-north-1"), ("us-east-1", None)]
)
def test_a_region_that_is_switched_off_is_never_recommended(region: str, usual: str | None) -> None:
    hints = refused("RegionDisabledException", "STS is not activated in this region", region=region).hints
    named = [hint for hint in hints if "AWS_REGION" in hint]
    assert named == ([f"use another region: AWS_REGION={usual} aws-mfa"] if usual else [])
    assert "have it activated: IAM console" in hints[-1]


@pytest.mark.parametrize(("code", "message", "failure", "says"), ROWS)
def test_messages_are_one_lower_case_line_without_full_stop(
    code: str, message: str, failure: type[AwsMfaError], says: str
) -> None:
    error = refused(code, message, role_arn=ROLE)
    assert error.message[0].islower() or error.message.startswith(("AWS", "STS", "User", "arn:"))
    assert not error.message.endswith(".")
    assert error.message.isprintable()


def test_no_policy_is_repeated_whatever_aws_quotes() -> None:
    policy = '{"Statement": [{"Sid": "Value \' at \'x", "Resource": "arn:aws:s3:::payroll"}]}'
    message = f"1 validation error detected: Value '{policy}' at 'policy' failed to satisfy constraint: Member must"
    error = refused("ValidationError", message, role_arn=ROLE)
    assert type(error) is errors.MalformedPolicy
    assert "payroll" not in words(error)
    assert ROLE in error.message


@pytest.mark.parametrize("code", ["InternalFailure", "ServiceUnavailable", ""])
def test_a_5xx_says_that_the_code_may_be_spent(code: str) -> None:
    error = refused(code, "", status=503)
    assert type(error) is errors.AwsServerError
    assert "the code may be spent: take the next one, which begins in 17 s" in error.hints
    assert "spent" not in words(refused(code, "", status=503, carried_code=False))


def test_the_role_that_may_not_be_assumed_is_named_with_who_asked() -> None:
    who = "arn:aws:iam::123456789012:user/ann"
    message = f"User: {who} is not authorized to perform: sts:AssumeRole on resource: {ROLE}"
    error = refused("AccessDenied", message, action="sts:AssumeRole", role_arn=ROLE)
    assert type(error) is errors.NotAuthorized
    assert error.message == f"{who} may not assume {ROLE}, or there is no such role: AWS does not say which"
    assert "external id" in words(error)


def test_a_wrong_code_in_a_call_for_a_role_is_a_wrong_code() -> None:
    assert type(refused("AccessDenied", WRONG_CODE, action="sts:AssumeRole", role_arn=ROLE)) is errors.WrongCode


@pytest.mark.parametrize(
    ("server_date", "says"),
    [
        (NOON + 45 * 60, "this machine's clock is 45 min behind, and AWS allows 15 minutes"),
        (NOON - 45 * 60, "this machine's clock is 45 min ahead, and AWS allows 15 minutes"),
        (NOON + 3600 * 5, "this machine's clock is 5 h behind, and AWS allows 15 minutes"),
        (NOON - 86400 * 400, "this machine's clock is 400 days ahead, and AWS allows 15 minutes"),
        (None, "this machine's clock is behind, and AWS allows 15 minutes"),
    ],
)
def test_the_skew_is_computed_from_the_answers_date(server_date: float | None, says: str) -> None:
    error = refused("SignatureDoesNotMatch", "Signature expired: 2026", server_date=server_date)
    assert error.message == says


def test_a_wrong_code_mentions_a_clock_that_is_off() -> None:
    assert "clock is 40 s behind" in words(refused("AccessDenied", WRONG_CODE, server_date=NOON + 40))
    for unremarkable in (NOON + 5, NOON - 19, None):
        assert "this machine's clock" not in words(refused("AccessDenied", WRONG_CODE, server_date=unremarkable))


def test_a_key_of_a_session_is_recognised_by_its_id() -> None:
    error = refused("InvalidClientTokenId", "The security token...", access_key_id="ASIAEXAMPLE12345ABCD")
    assert "ASIA" in error.hints[0]


@pytest.mark.parametrize("failing", ["tokenCode", "serialNumber"])
def test_a_value_that_aws_quotes_is_never_shown(failing: str) -> None:
    message = (
        f"2 validation errors detected: Value '123x56' at '{failing}' failed to satisfy constraint: Member must be;"
        " Value '654321' at 'durationSeconds' failed to satisfy constraint: Member"
    )
    error = refused("ValidationError", message, status=400)
    assert "123x56" not in words(error)
    assert "654321" not in words(error)
    assert type(error) is (errors.BadCode if failing == "tokenCode" else errors.RefusedByAws)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Value '123456", "Value '...'"),
        ("Wrong. The Canonical String for this request should be\n'POST\nx-amz-security-token:T'", "Wrong."),
    ],
)
def test_a_value_without_its_end_and_a_canonical_request_are_never_shown(text: str, shown: str) -> None:
    assert one_line(text) == shown


@given(st.text(max_size=2000))
def test_words_of_aws_are_one_printable_line_of_bounded_length(text: str) -> None:
    shown = one_line(text)
    assert shown.isprintable()
    assert len(shown) <= SHOWN_LENGTH


@given(value=st.text(alphabet="0123456789' at;Value", min_size=6, max_size=40))
def test_no_quoted_value_survives_whatever_it_holds(value: str) -> None:
    assert one_line(f"Value '{value}' at 'tokenCode' failed").endswith("'tokenCode' failed")
    if "Value '" not in value:
        assert one_line(f"Value '{value}' at 'tokenCode' failed") == "Value '...' at 'tokenCode' failed"


@given(st.text(), st.text(), st.integers(min_value=100, max_value=599))
def test_whatever_aws_answers_it_is_one_of_our_failures(code: str, message: str, status: int) -> None:
    error = refused(code, message, status=status)
    assert isinstance(error, (errors.RefusedByAws, errors.BadCode))
    assert error.message.isprintable()


def test_no_hint_is_given_about_a_code_that_was_not_sent() -> None:
    assert spent_code_hints(NOON, carried_code=False) == ()

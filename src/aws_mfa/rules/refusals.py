"""
What AWS refused -> the failure a person can act on: what happened, then what to do.

Pure: a refusal comes in, an error of ours goes out. AWS's own words are shown only where ours would say less.
Texts are matched by their beginning.

Source: https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html and the texts AWS answers with.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_mfa.errors import (
    AwsMfaError,
    AwsServerError,
    BadCode,
    ChainingLimit,
    ClockSkew,
    DurationTooLong,
    RefusedByAws,
    RegionDisabled,
    SessionExpired,
    Throttled,
    UnknownKey,
    WrongSecret,
)
from aws_mfa.model import masked
from aws_mfa.rules.code_windows import seconds_to_next
from aws_mfa.rules.denials import denial
from aws_mfa.rules.partitions import partition_of_region
from aws_mfa.rules.refused_terms import TERM_RULES, out_of_limits

if TYPE_CHECKING:
    from aws_mfa.rules.refused import Refused

_SERVER_ERROR = 500
_FORBIDDEN = 403
_THROTTLING = ("Throttling", "ThrottlingException", "ThrottledException", "RequestLimitExceeded", "TooManyRequests")
_SET_THE_CLOCK = (
    "set the clock, on Linux: sudo timedatectl set-ntp true",
    "on macOS: sudo sntp -sS time.apple.com",
    "on Windows: w32tm /resync",
)


def refusal(refused: Refused) -> AwsMfaError:
    """Return the failure to raise for an answer that was not 200."""
    for codes, beginning, failure in _RULES:
        if refused.code in codes and refused.message.startswith(beginning):
            return failure(refused)
    if refused.status >= _SERVER_ERROR:
        return _failed(refused)
    if refused.status == _FORBIDDEN:
        return denial(refused)
    return RefusedByAws(f"AWS refused {refused.action}: {refused.words}")


def spent_code_hints(now: float, *, carried_code: bool) -> tuple[str, ...]:
    """Return what to do about a code that was sent without a clear answer; nothing where none was sent."""
    if not carried_code:
        return ()
    return (f"the code may be spent: take the next one, which begins in {seconds_to_next(now)} s",)


def _duration(refused: Refused) -> AwsMfaError:
    return DurationTooLong(
        f"the duration is longer than {refused.role_arn or 'the role'} allows (its MaxSessionDuration)",
        "every role allows one hour: --duration 3600",
        "the role's owner can allow up to twelve: aws iam update-role --role-name NAME --max-session-duration 43200",
    )


def _chaining(refused: Refused) -> AwsMfaError:
    return ChainingLimit(
        f"{refused.role_arn or 'a role'} can be assumed with temporary credentials for one hour at most",
        "ask for one hour: --duration 3600",
        "a longer session needs the long-term keys and a code of its own",
    )


def _malformed(refused: Refused) -> AwsMfaError:
    if "'tokenCode'" in refused.message:
        return BadCode("AWS takes the code for malformed", "type the six digits that the device shows now")
    return out_of_limits(refused) or RefusedByAws(f"AWS refused {refused.action}: {refused.words}")


def _unknown_key(refused: Refused) -> AwsMfaError:
    hints = [
        "it was deleted or made inactive, or mistyped: look at the user's security credentials in the console",
        f"keys work in their own partition only: AWS was asked in region {refused.region or 'unknown'}",
        "a key made within the last minute may not be known yet: try again",
    ]
    if refused.access_key_id.startswith("ASIA"):
        hints.insert(0, "its id begins with ASIA: it belongs to a session; long-term keys begin with AKIA")
    return UnknownKey(f"AWS does not know the access key id {masked(refused.access_key_id)}", *hints)


def _wrong_secret(refused: Refused) -> AwsMfaError:
    return WrongSecret(
        f"the secret access key does not belong to the access key id {masked(refused.access_key_id)}",
        "store both again, copied whole: aws-mfa setup",
    )


def _wrong_region(refused: Refused) -> AwsMfaError:
    hint = "look at its name, and at the endpoint's if one is set: both name a region such as eu-central-1"
    return RefusedByAws(f"AWS does not know region {refused.region!r} here", hint)


def _clock_skew(refused: Refused) -> AwsMfaError:
    return ClockSkew(f"{refused.skew_words}, and AWS allows 15 minutes", *_SET_THE_CLOCK)


def _session_over(refused: Refused) -> AwsMfaError:
    return SessionExpired(
        f"the session of key {masked(refused.access_key_id)} is over", "get a new one: aws-mfa --force"
    )


def _region_disabled(refused: Refused) -> AwsMfaError:
    usual = partition_of_region(refused.region or "").default_region
    elsewhere = (f"use another region: AWS_REGION={usual} aws-mfa",) if usual != refused.region else ()
    return RegionDisabled(
        f"STS is not active for this account in region {refused.region or 'unknown'}",
        *elsewhere,
        "have it activated: IAM console, Account settings, Security Token Service",
    )


def _throttled(refused: Refused) -> AwsMfaError:
    return Throttled(
        "AWS answers that there were too many requests",
        "wait some seconds and try again",
        *spent_code_hints(refused.now, carried_code=refused.carried_code),
    )


def _failed(refused: Refused) -> AwsMfaError:
    return AwsServerError(
        f"AWS failed at {refused.action} (HTTP {refused.status}): {refused.words}",
        *(spent_code_hints(refused.now, carried_code=refused.carried_code) or ("try again",)),
        "is AWS well? https://health.aws.amazon.com/health/status",
    )


_INVALID = ("ValidationError", "InvalidParameterValue")

# (codes, beginning of the message, what to make of it): the first that fits counts.
_RULES = (
    (("AccessDenied", "AccessDeniedException"), "", denial),
    (_INVALID, "The requested DurationSeconds exceeds the MaxSessionDuration", _duration),
    (_INVALID, "The requested DurationSeconds exceeds the 1 hour session limit", _chaining),
    *TERM_RULES,
    (_INVALID, "", _malformed),
    (("InvalidClientTokenId", "UnrecognizedClientException"), "", _unknown_key),
    (("SignatureDoesNotMatch",), "Signature expired", _clock_skew),
    (("SignatureDoesNotMatch",), "Signature not yet current", _clock_skew),
    (("SignatureDoesNotMatch",), "Credential should be scoped to a valid ", _wrong_region),
    (("SignatureDoesNotMatch", "InvalidSignatureException"), "", _wrong_secret),
    (("RequestTimeTooSkewed", "RequestExpired"), "", _clock_skew),
    (("ExpiredToken", "ExpiredTokenException"), "", _session_over),
    (("RegionDisabledException",), "", _region_disabled),
    (_THROTTLING, "", _throttled),
)

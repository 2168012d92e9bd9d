"""
`AccessDenied` -> the failure a person can act on: a code, a device, keys that may not, a policy.

Pure, and a part of `refusals.py`, which knows every other code. Texts are matched by their beginning.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_mfa.errors import AwsMfaError, NotAuthorized, SessionKeysGiven, UnknownDevice, WrongCode
from aws_mfa.model import masked
from aws_mfa.rules.code_windows import seconds_to_next
from aws_mfa.rules.refused import NOTABLE_SKEW_S
from aws_mfa.rules.refused_terms import may_not_set

if TYPE_CHECKING:
    from aws_mfa.rules.refused import Refused


def denial(refused: Refused) -> AwsMfaError:
    """Return the failure to raise for an `AccessDenied`, or for a 403 with a code nobody knows."""
    for beginning, failure in _DENIALS:
        if refused.message.startswith(beginning):
            return failure(refused)
    if "explicit deny" in refused.message:
        return _explicit_deny(refused)
    terms_denied = may_not_set(refused)
    if terms_denied is not None:
        return terms_denied
    if refused.role_arn and "not authorized to perform" in refused.message:
        return _no_role(refused)
    return NotAuthorized(
        f"AWS refused {refused.action}: {refused.words}",
        "see which user the keys belong to: aws sts get-caller-identity",
    )


def _wrong_code(refused: Refused) -> AwsMfaError:
    hints = [f"wait for the next code: the next one begins in {seconds_to_next(refused.now)} s"]
    if abs(refused.skew_s) > NOTABLE_SKEW_S:
        hints.append(f"{refused.skew_words}; codes made on this machine are wrong, and a phone can be off as well")
    else:
        hints.append("if every code is refused: set the phone's clock to automatic time")
    return WrongCode(
        f"AWS refused the code of {refused.device or 'the device'}: it is wrong, or was used before", *hints
    )


def _unknown_device(refused: Refused) -> AwsMfaError:
    return UnknownDevice(
        f"{refused.device or 'the device'} is not an MFA device of the user of key {masked(refused.access_key_id)}",
        "list the user's devices with: aws iam list-mfa-devices",
        "a device's ARN is not the user's: arn:aws:iam::123456789012:mfa/NAME, upper and lower case count",
    )


def _device_or_code_missing(refused: Refused) -> AwsMfaError:
    return UnknownDevice(
        f"AWS refused {refused.action}: it needs the device and a code, both",
        'give the device with --device, MFA_DEVICE or "aws_mfa_device"',
    )


def _session_keys(refused: Refused) -> AwsMfaError:
    return SessionKeysGiven(
        f"key {masked(refused.access_key_id)} belongs to a session: {refused.action} takes long-term keys only",
        "store the long-term keys of the IAM user, whose key id begins with AKIA: aws-mfa setup",
    )


def _root_account(refused: Refused) -> AwsMfaError:
    return NotAuthorized(
        f"key {masked(refused.access_key_id)} is the root user's, who may not assume roles",
        "use the keys of an IAM user, and delete the root user's: they cannot be restricted",
    )


def _no_role(refused: Refused) -> AwsMfaError:
    who = refused.message.partition("User: ")[2].partition(" is not authorized")[0] or "this user"
    return NotAuthorized(
        f"{who} may not assume {refused.role_arn}, or there is no such role: AWS does not tell which",
        "check account and name in the role's ARN",
        f"the role's trust policy must name {who} or its account, and its conditions must hold: MFA, external id, tags",
        "the user needs a policy that allows sts:AssumeRole on the role",
    )


def _explicit_deny(refused: Refused) -> AwsMfaError:
    return NotAuthorized(
        f"a policy denies {refused.action}: {refused.words}",
        "an explicit deny wins over every permission; the reason is often the network, the region, or missing MFA",
        "ask the account's administrator which condition applies",
    )


_DENIALS = (
    ("MultiFactorAuthentication failed with invalid MFA one time pass code", _wrong_code),
    ("MultiFactorAuthentication failed, unable to validate MFA code", _unknown_device),
    ("MultiFactorAuthentication failed, must provide both", _device_or_code_missing),
    ("Cannot call GetSessionToken with session credentials", _session_keys),
    ("Cannot call GetFederationToken with session credentials", _session_keys),
    ("Roles may not be assumed by root accounts", _root_account),
)

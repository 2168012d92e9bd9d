"""
The values of a profile's settings, in the shapes that AWS takes.

A value that AWS would refuse is refused as `BadProfile`, which names file, section and key. Which keys are read at all
is for `profile_keys`.

Limits: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html.
"""

from __future__ import annotations

from aws_mfa.aws_values.arns import (
    check_device,
    check_external_id,
    check_role,
    check_session_name,
    sanitised_session_name,
)
from aws_mfa.aws_values.durations import DEFAULT_MFA_SESSION_S, DEFAULT_ROLE_SESSION_S, check_duration, parse_seconds
from aws_mfa.aws_values.regions import checked_region
from aws_mfa.config.profile_settings import HIDDEN
from aws_mfa.errors import BadInput, BadProfile

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_mfa.config.settings import Given


def role_arn(given: Given) -> str:
    """The ARN of a role."""
    return _checked(check_role, given)


def device(given: Given) -> str:
    """The ARN or hardware serial of a device."""
    return _checked(check_device, given)


def external_id(given: Given) -> str:
    """2 to 1224 characters."""
    return _checked(check_external_id, given)


def region(given: Given) -> str:
    """The name of a region."""
    return _checked(checked_region, given)


def session_name(given: Given) -> str:
    """`role_session_name`; also the shape of `source_identity`."""
    key = given.source.partition(" ")[0]
    try:
        return check_session_name(given.value, source=given.source)
    except BadInput as refused:
        hint = f"this one would do: {key} = {sanitised_session_name(given.value)}"
        raise BadProfile(refused.message.replace("role session name", key.removeprefix(HIDDEN)), hint) from None


def role_duration_s(given: Given) -> int:
    """`duration_seconds` within the limits of AssumeRole."""
    return _duration_s(given, DEFAULT_ROLE_SESSION_S, role=True)


def mfa_session_duration_s(given: Given) -> int:
    """`duration_seconds` within the limits of GetSessionToken."""
    return _duration_s(given, DEFAULT_MFA_SESSION_S, role=False)


def regional_or_legacy(given: Given) -> str:
    """`sts_regional_endpoints`."""
    word = given.value.strip().lower()
    if word not in ("regional", "legacy"):
        raise BadProfile(f"{given.source} is neither regional nor legacy", "write: sts_regional_endpoints = regional")
    return word


def shown(name: str) -> str:
    """A name of a file for a message: as it is, or escaped where it would not stay on its line."""
    return name if name.isprintable() else ascii(name)


def circle(given: Given, path: list[str]) -> BadProfile:
    """The failure for a key that leads back to a profile of `path`, with the whole way."""
    key = given.source.partition(" ")[0]
    way = " -> ".join(map(shown, (*path[path.index(given.value) :], given.value)))
    return BadProfile(f"{given.source} leads in a circle: {way}", f"change one {key} of these profiles")


def missing(given: Given, *hints: str) -> BadProfile:
    """The failure for a key that names a profile which is not there."""
    mend = f"add that profile, or name another one there ({given.source})"
    return BadProfile(f"{given.source} names profile {shown(given.value)!r}, which does not exist", *hints, mend)


def _checked(check: Callable[..., str], given: Given) -> str:
    try:
        return check(given.value, source=given.source)
    except BadInput as refused:
        raise BadProfile(refused.message, *refused.hints) from None


def _duration_s(given: Given, usual_s: int, *, role: bool) -> int:
    try:
        seconds = parse_seconds(given.value, given.source)
        check_duration(seconds, given.source, role=role)
    except BadInput as refused:
        raise BadProfile(refused.message, f"write for example: duration_seconds = {usual_s}") from None
    return seconds

"""
The settings of a profile that are read, under which keys, and the shapes that AWS takes.

Every key may be written with `aws_mfa_` before it, so that SDKs, which would assume the role themselves and ask for a
code each time, do not see it. Only the keys listed here are taken out of a file: no secret is among them. A value that
AWS would refuse is refused as `BadProfile`, which names file, section and key.

Limits: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html.
"""

from __future__ import annotations

from aws_mfa.errors import BadInput, BadProfile
from aws_mfa.rules.arns import check_device, check_external_id, check_role, check_session_name, sanitised_session_name
from aws_mfa.rules.classic_settings import Given
from aws_mfa.rules.durations import DEFAULT_MFA_SESSION_S, DEFAULT_ROLE_SESSION_S, check_duration, parse_seconds
from aws_mfa.rules.profile_names import shell_words
from aws_mfa.rules.regions import checked_region

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

HIDDEN = "aws_mfa_"
"""Before a standard key: we read it, SDKs do not."""

OF_THE_ROLE = frozenset(
    [
        "role_arn",
        "source_profile",
        "credential_source",
        "web_identity_token_file",
        "mfa_serial",
        "external_id",
        "role_session_name",
        "duration_seconds",
        "session_tags",
        "transitive_session_tags",
        "source_identity",
    ]
)
KEYS = OF_THE_ROLE | frozenset(
    [
        "region",
        "sts_regional_endpoints",
        "endpoint_url",
        "services",
        "ignore_configured_endpoint_urls",
        "use_fips_endpoint",
        "use_dualstack_endpoint",
        "include_profile",
        "mfa_process",
        "sso_session",
        "sso_start_url",
    ]
)
CREDENTIAL_PROCESS = "credential_process"
"""Addressed to SDKs: it cannot be hidden."""

NOT_INHERITED = frozenset(("include_profile", CREDENTIAL_PROCESS))
_CLASSIC_DEVICE = "aws_mfa_device"
_TOKENS = ("aws_session_token", "aws_security_token")


def settings_of(*sections: tuple[Mapping[str, str], str]) -> dict[str, Given]:
    """
    Take the settings out of a profile's sections, each with its place for messages (`~/.aws/config [profile work]`).

    A later section wins, a hidden key wins over a plain one of any section. Plain keys may be empty, as in the file.
    """
    plain: dict[str, Given] = {}
    hidden: dict[str, Given] = {}
    for values, place in sections:
        for key, value in values.items():
            if key in KEYS or key == CREDENTIAL_PROCESS:
                plain[key] = Given(value, f"{key} in {place}")
            elif value and key.startswith(HIDDEN) and key[len(HIDDEN) :] in KEYS:
                hidden[key[len(HIDDEN) :]] = Given(value, f"{key} in {place}")
    plain.update(hidden)
    return plain


def classic_device(values: Mapping[str, str], place: str) -> Given | None:
    """`aws_mfa_device` of the classic form: a device where no `mfa_serial` is given."""
    device = values.get(_CLASSIC_DEVICE)
    return Given(device, f"{_CLASSIC_DEVICE} in {place}") if device else None


def is_session(values: Mapping[str, str]) -> bool:
    """Whether the section's keys are those of a session."""
    return any(values.get(token) for token in _TOKENS)


def holds_long_term_keys(values: Mapping[str, str]) -> bool:
    """Whether static keys that are no session's stand in the section."""
    key_id = values.get("aws_access_key_id") or ""
    return bool(key_id or values.get("aws_secret_access_key")) and not (key_id.startswith("ASIA") or is_session(values))


def is_our_credential_process(command: str, profile: str) -> bool:
    """Whether the command is `aws-mfa credential-process PROFILE` for this very profile, with or without a path."""
    words = shell_words(command.replace("\\", "/") if _is_windows_path(command) else command) or []
    program = words[0].rpartition("/")[2] if words else ""
    rest = [word for word in words[2:] if word not in ("--no-input", "--")]
    is_ours = program.removesuffix(".exe") == "aws-mfa" and words[1:2] == ["credential-process"]
    return is_ours and rest == [profile]


def _is_windows_path(command: str) -> bool:
    return ":\\" in command[:4] or ".exe" in command


def nested_block(value: str) -> dict[str, str] | None:
    """Keys and values of an indented block as botocore reads it; None for what is none."""
    lines = [line.strip() for line in value.splitlines() if line.strip()]
    if not value.startswith("\n") or not all("=" in line for line in lines):
        return None
    parts = (line.partition("=") for line in lines)
    return {key.strip(): text.strip() for key, _, text in parts}


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


def missing(given: Given) -> BadProfile:
    """The failure for a key that names a profile which is not there."""
    hint = f"add that profile, or name another one there ({given.source})"
    return BadProfile(f"{given.source} names profile {shown(given.value)!r}, which does not exist", hint)


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

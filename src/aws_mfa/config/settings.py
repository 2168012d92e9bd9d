"""
Which source of a value counts in the classic form (docs/compatibility.md, section 2). On the hot path.

Owns the order of flags, variables, the long-term section and AWS's config; each value comes with its source, for
messages. Shapes are checked in `arns`, `durations` and `section_names`.
"""

from __future__ import annotations

from aws_mfa.aws_values.text import DEFAULT_MFA_SESSION_S, DEFAULT_ROLE_SESSION_S, parse_seconds
from aws_mfa.errors import BadInput

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

SWITCHED_OFF = "none"
_QUOTES = ("'", '"')
DEFAULT = "default"
_BEFORE_PROFILES = (
    ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN"),
    ("AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ROLE_ARN"),
)


def hidden_by(environ: Mapping[str, str]) -> list[str]:
    """A line if variables hide profiles from SDKs (botocore/credentials.py `create_credential_resolver`), or none."""
    for first, *others in _BEFORE_PROFILES:
        if environ.get(first):
            names = ", ".join([first, *(name for name in others if environ.get(name))])
            return [f"SDKs do not look at the profile while the environment has these variables: {names}"]
    return []


class Given:
    """A value and where it was found, such as `--device` or `aws_mfa_device in [work-long-term]`."""

    __slots__ = ("source", "value")

    def __init__(self, value: str, source: str) -> None:
        self.value = value
        self.source = source


def misread(value: str) -> tuple[str, str] | None:
    """What was written around a value and so is part of it, and a hint, or None; never the value: it may be a key."""
    if value.startswith("\n"):
        return "the value is on the next line", "write it behind the equals sign"
    if "\n" in value:
        return "an indented line below it continues the value", "let that line begin in the first column"
    if any(blank + mark in value for blank in (" ", "\t") for mark in "#;"):
        return "AWS files have no comments behind values", "put the comment on a line of its own"
    if value[:1] in _QUOTES or value[-1:] in _QUOTES:
        return "AWS files have no quotes around values: they belong to the value", "remove the quotes"
    invisible = next((character for character in value if not character.isprintable()), None)
    if invisible is not None:
        return f"it holds an invisible character (U+{ord(invisible):04X})", "delete the line, and type it again"
    return None


class Sections:
    """Two sections of one profile: its long-term section, and the config file's profile of the same name."""

    __slots__ = ("config", "config_name", "long_term", "long_term_name")

    def __init__(
        self, long_term_name: str, long_term: Mapping[str, str], config_name: str, config: Mapping[str, str]
    ) -> None:
        self.long_term_name = long_term_name
        self.long_term = long_term
        self.config_name = config_name
        self.config = config

    def aws_setting(self, key: str) -> Given | None:
        """A setting of AWS's: the config file's profile, then the long-term section."""
        return self.config_setting(key) or self.own_setting(key)

    def config_setting(self, key: str) -> Given | None:
        return _of_file(self.config.get(key), f"{key} in ~/.aws/config [{self.config_name}]")

    def role_setting(self, key: str, role: Given | None) -> Given | None:
        """Like `aws_setting`, for a setting of a role: the config's does not count if it belongs to another role."""
        its_role = self.config.get("role_arn")
        is_anothers = bool(its_role) and (role is None or role.value != its_role)
        return (self.own_setting if is_anothers else self.aws_setting)(key)

    def own_setting(self, key: str) -> Given | None:
        """A setting that only the long-term section can hold."""
        return _of_file(self.long_term.get(key), f"{key} in [{self.long_term_name}]")


def config_section_name(profile: str) -> str:
    """The header of a profile in `~/.aws/config`."""
    return profile if profile == "default" else f"profile {profile}"


def role_in_force(
    flag: str | None, environ: Mapping[str, str], long_term: Mapping[str, str], name: str
) -> Given | None:
    """`--assume-role` > `MFA_ASSUME_ROLE` > `assume_role`, stripped to be compared with a stored one; `none`: none."""
    role = (
        _given((flag or "").strip(), "--assume-role")
        or _given(environ.get("MFA_ASSUME_ROLE", "").strip(), "MFA_ASSUME_ROLE")
        or _of_file(long_term.get("assume_role"), f"assume_role in [{name}]")
    )
    return None if role is None or role.value.lower() == SWITCHED_OFF else role


def device_in_force(flag: str | None, environ: Mapping[str, str], sections: Sections) -> Given | None:
    """`--device` > `MFA_DEVICE` > `aws_mfa_device` > AWS's `mfa_serial`."""
    return (
        _given(flag, "--device")
        or _given(environ.get("MFA_DEVICE"), "MFA_DEVICE")
        or sections.own_setting("aws_mfa_device")
        or sections.aws_setting("mfa_serial")
    )


def duration_in_force(
    flag: int | None, environ: Mapping[str, str], sections: Sections, role: Given | None
) -> tuple[int, str]:
    """Seconds and their source: `--duration` (non-zero) > `MFA_STS_DURATION` > `duration_seconds` > the default."""
    if flag:
        return flag, "--duration"
    given = _given(environ.get("MFA_STS_DURATION"), "MFA_STS_DURATION")
    if given is not None:
        return parse_seconds(given.value, given.source, has_units=True), given.source
    given = sections.role_setting("duration_seconds", role)
    if given is not None:
        return parse_seconds(given.value, given.source), given.source
    return (DEFAULT_ROLE_SESSION_S if role else DEFAULT_MFA_SESSION_S), DEFAULT


def session_name_in_force(flag: str | None, sections: Sections, role: Given) -> Given | None:
    """`--role-session-name` > AWS's `role_session_name`, unless it is another role's; None if neither is given."""
    return _given(flag, "--role-session-name") or sections.role_setting("role_session_name", role)


def _given(value: str | None, source: str) -> Given | None:
    return Given(value, source) if value else None


def _of_file(value: str | None, source: str) -> Given | None:
    """A value of an AWS file; `BadInput` if it holds more than was meant (`mfa_process` is a command with quotes)."""
    why = misread(value) if value and not source.startswith("mfa_process") else None
    if why is not None:
        raise BadInput(f"{source}: {why[0]}", why[1])
    return _given(value, source)

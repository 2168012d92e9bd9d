"""
A section of an AWS file: its name, and whose keys it has. On the hot path: imports only the errors.

Owns the suffixes of long-term and short-term sections (docs/compatibility.md, section 2), and refuses names that no AWS
file can hold. The lines of a section, not its name, decide whether it holds an IAM user's keys, a session or neither:
every command asks `kind_of`, and none ever overwrites `LONG_TERM_KEYS`. Whether a session is still good: `freshness`.
"""

from __future__ import annotations

from aws_mfa.errors import BadInput

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

LONG_TERM_SUFFIX = "-long-term"
"""The default ending of a long-term section's name."""

LONG_TERM_KEYS = "long-term keys"
OUR_SESSION = "a session that aws-mfa wrote"
FOREIGN_SESSION = "a session of another tool"
INCOMPLETE = "an access key id without its secret"
NOTHING = "no keys"
SESSIONS = (OUR_SESSION, FOREIGN_SESSION)

_MARKS_OF_OURS = ("assumed_role", "expiration", "aws_session_token")
_MARKS_OF_A_SESSION = (*_MARKS_OF_OURS, "aws_security_token")


def profile_in_force(flag: str | None, environ: Mapping[str, str]) -> str:
    """`--profile`, else `AWS_PROFILE`, else `default`; an empty value counts as absent."""
    return flag or environ.get("AWS_PROFILE") or "default"


def hint_at_default(profile: str, environ: Mapping[str, str]) -> tuple[str, ...]:
    """A hint, if `default` may have been meant to be the profile of a variable that is not read (contract, B5)."""
    other = environ.get("AWS_DEFAULT_PROFILE")
    is_meant = profile == "default" and other not in (None, "", "default") and not environ.get("AWS_PROFILE")
    return (f"AWS_DEFAULT_PROFILE is not read here: set AWS_PROFILE={other}",) if is_meant else ()


def default_long_term(profile: str) -> str:
    """The long-term section's default name: `<p>-long-term`."""
    return profile + LONG_TERM_SUFFIX


def profile_of(section: str) -> str:
    """The profile whose long-term section has this name by default; any other name unchanged."""
    return section.removesuffix(LONG_TERM_SUFFIX)


def long_term_section(profile: str, suffix: str | None) -> str:
    """Absent or empty: `<p>-long-term`; `none` in any case: `<p>`; else `<p>-<suffix>`."""
    if not suffix:
        return default_long_term(profile)
    return profile if suffix.lower() == "none" else f"{profile}-{suffix}"


def section_names(profile: str, long_suffix: str | None, short_suffix: str | None) -> tuple[str, str]:
    """(long-term section, short-term section); `BadInput` for equal names and for names that no AWS file can hold."""
    long_name = long_term_section(profile, long_suffix)
    short_name = profile if not short_suffix or short_suffix.lower() == "none" else f"{profile}-{short_suffix}"
    if long_name == short_name:
        raise BadInput(
            "The value for '--long-term-suffix' cannot be equal to the value for '--short-term-suffix'",
            "give one of them another value: the long-term keys would be overwritten",
        )
    for name in (long_name, short_name):
        check_name(name, is_new=False)
    return long_name, short_name


def check_name(name: str, *, is_new: bool = True) -> None:
    """Refuse what `[name]` cannot hold; if it is new, also what only Python reads: brackets, and blanks at its ends."""
    if name == "DEFAULT":
        raise BadInput("'DEFAULT' is not a profile: AWS files read [DEFAULT] as settings of every profile")
    if not name or not name.isprintable() or (is_new and (name != name.strip() or "[" in name or "]" in name)):
        raise BadInput(f"{name!r} cannot be a section of an AWS file", "use letters, digits and . _ @ + / : -")


def kind_of(section: Mapping[str, str] | None) -> str:
    """
    One of the five kinds above for the keys (lower case) and values of a section; an empty value counts as absent.

    An id with `AKIA` is an IAM user's even beside a token: `aws configure` leaves the old token when it replaces the
    keys. So is a mistyped one (in quotes, on the next line, in lower case): it cannot sign, but its secret may be the
    only copy. For an id with another prefix, or a secret without its id, the other lines decide. An id without its
    secret can be overwritten, since IAM shows it again; a secret cannot.
    """
    section = section or {}
    key_id, has_secret = section.get("aws_access_key_id") or "", bool(section.get("aws_secret_access_key"))
    is_session = key_id.startswith("ASIA")
    if not (has_secret or is_session):
        return INCOMPLETE if key_id else NOTHING
    if not is_session and ("AKIA" in key_id.upper() or not any(map(section.get, _MARKS_OF_A_SESSION))):
        return LONG_TERM_KEYS
    return OUR_SESSION if all(map(section.get, _MARKS_OF_OURS)) else FOREIGN_SESSION

"""
Profile and suffixes -> the names of the long-term and the short-term section (docs/compatibility.md, section 2).

On the hot path: no imports but our own errors.
"""

from __future__ import annotations

from aws_mfa.errors import BadInput

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

LONG_TERM_SUFFIX = "-long-term"
"""What the names of long-term sections end in where nobody says otherwise."""


def profile_in_force(flag: str | None, environ: Mapping[str, str]) -> str:
    """`--profile`, else `AWS_PROFILE`, else `default`; an empty one counts as absent."""
    return flag or environ.get("AWS_PROFILE") or "default"


def default_long_term(profile: str) -> str:
    """The long-term section's name without a suffix of the user's: `<p>-long-term`."""
    return profile + LONG_TERM_SUFFIX


def profile_of(section: str) -> str:
    """The profile whose long-term section has the name by default; any other name as it is."""
    return section.removesuffix(LONG_TERM_SUFFIX)


def long_term_section(profile: str, suffix: str | None) -> str:
    """Absent or empty: `<p>-long-term`; `none` in any case: `<p>`; else `<p>-<suffix>`."""
    if not suffix:
        return default_long_term(profile)
    return profile if suffix.lower() == "none" else f"{profile}-{suffix}"


def short_term_section(profile: str, suffix: str | None) -> str:
    """Absent, empty or `none`: `<p>`; else `<p>-<suffix>`."""
    return profile if not suffix or suffix.lower() == "none" else f"{profile}-{suffix}"


def section_names(profile: str, long_suffix: str | None, short_suffix: str | None) -> tuple[str, str]:
    """(long-term section, short-term section); `BadInput` for equal names and for names no AWS file can hold."""
    long_name = long_term_section(profile, long_suffix)
    short_name = short_term_section(profile, short_suffix)
    if long_name == short_name:
        raise BadInput(
            "The value for '--long-term-suffix' cannot be equal to the value for '--short-term-suffix'",
            "give one of them another value: the long-term keys would be overwritten",
        )
    for name in (long_name, short_name):
        check_name(name, is_new=False)
    return long_name, short_name


def check_name(name: str, *, is_new: bool = True) -> None:
    """
    Refuse what `[name]` cannot carry: control characters, and configparser's DEFAULT.

    For a section that is to be made also brackets and blanks at its ends: Python reads those, other SDKs do not.
    """
    if name == "DEFAULT":
        raise BadInput("'DEFAULT' is not a profile: AWS files read [DEFAULT] as settings of every profile")
    if not name or not name.isprintable() or (is_new and (name != name.strip() or "[" in name or "]" in name)):
        raise BadInput(f"{name!r} cannot be a section of an AWS file", "use letters, digits and . _ @ + / : -")

"""
Profile and suffixes -> the names of the long-term and the short-term section (contract, section 2).

On the hot path: no imports but our own errors.
"""

from __future__ import annotations

from aws_mfa.errors import BadInput

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping


def profile_in_force(flag: str | None, environ: Mapping[str, str]) -> str:
    """`--profile`, else `AWS_PROFILE`, else `default`; an empty one counts as absent."""
    return flag or environ.get("AWS_PROFILE") or "default"


def long_term_section(profile: str, suffix: str | None) -> str:
    """Absent or empty: `<p>-long-term`; `none` in any case: `<p>`; else `<p>-<suffix>`."""
    if not suffix:
        return f"{profile}-long-term"
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
        check_name(name)
    return long_name, short_name


def check_name(name: str) -> None:
    """Refuse what `[name]` cannot carry: brackets, control characters, blanks at its ends, configparser's DEFAULT."""
    if name == "DEFAULT":
        raise BadInput("'DEFAULT' is not a profile: AWS files read [DEFAULT] as settings of every profile")
    if not name or name != name.strip() or not name.isprintable() or "[" in name or "]" in name:
        raise BadInput(f"{name!r} cannot be a section of an AWS file", "use letters, digits and . _ @ + / : -")

"""
How long a session may last, per STS call, and durations as people write and read them. On the hot path.

Limits: parameter `DurationSeconds` of https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html and
`API_AssumeRole.html`. The MaxSessionDuration of a role is not known here.
"""

from __future__ import annotations

from aws_mfa.errors import BadInput

SHORTEST_S = 900
LONGEST_MFA_SESSION_S = 129600
LONGEST_ROLE_SESSION_S = 43200
LONGEST_ROOT_SESSION_S = 3600
DEFAULT_MFA_SESSION_S = 43200
DEFAULT_ROLE_SESSION_S = 3600
_UNITS = {"h": 3600, "m": 60, "s": 1}
_MOST_DIGITS = 9  # about thirty years; int() itself raises above 4300 digits


def parse_seconds(text: str, source: str, *, has_units: bool = False) -> int:
    """
    Whole seconds from a variable or setting, in any spelling that `int()` accepts; `BadInput` names the source.

    `has_units`: also `8h`; not for a setting of AWS's, which SDKs read too.
    """
    given = text.strip()
    try:
        return int(given if len(given) <= _MOST_DIGITS else "")
    except ValueError:
        if has_units and given[-1:] in _UNITS:
            return parse_duration(given, source)
        hint = "give whole seconds, such as 43200 for 12 hours"
        raise BadInput(f"{source} is not a number of seconds", hint) from None


def parse_duration(text: str, source: str) -> int:
    """Seconds of `6h`, `30m`, `900s`, `1h30m`, `900`; `BadInput` names the source."""
    given = text.strip()
    if 1 <= len(given) <= _MOST_DIGITS and given.isascii():
        if given.isdigit():
            return int(given)
        seconds, rest = 0, given
        for unit, length_s in _UNITS.items():
            digits, _, behind = rest.partition(unit)
            if digits != rest and digits.isdigit():
                seconds, rest = seconds + int(digits) * length_s, behind
        if not rest:  # `1h30` is refused: half of those who write it mean minutes
            return seconds
    raise BadInput(f"{source} {text[:40]!a} is not a duration", "give for example: 6h, 30m or 900")


def check_duration(duration_s: int, source: str, *, role: bool, root: bool = False) -> None:
    """Raise `BadInput` for a duration that STS refuses in any case; `role`: of AssumeRole, else of GetSessionToken."""
    call = "AssumeRole" if role else "GetSessionToken"
    longest_s = LONGEST_ROLE_SESSION_S if role else LONGEST_ROOT_SESSION_S if root else LONGEST_MFA_SESSION_S
    if SHORTEST_S <= duration_s <= longest_s:
        return
    who = " for the root user" if root and not role else ""
    raise BadInput(
        f"duration {duration_s} ({source}) is out of range: {call} takes {SHORTEST_S} to {longest_s} seconds{who}",
        f"use for example: --duration {longest_s if duration_s > longest_s else SHORTEST_S}",
    )


def duration_text(seconds: float) -> str:
    """`45 s`, `17 min`, `1 h 05 min`, `12 h`."""
    whole = max(0, round(seconds))
    if whole < 60:  # noqa: PLR2004  # a minute
        return f"{whole} s"
    hours, minutes = divmod(round(whole / 60), 60)
    if not hours:
        return f"{minutes} min"
    return f"{hours} h {minutes:02d} min" if minutes else f"{hours} h"

"""
How long a session may last, per STS call, and durations as people read them.

Limits: AWS STS API reference, `GetSessionToken` and `AssumeRole`, parameter `DurationSeconds`.
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
_MOST_DIGITS = 9  # some thirty years; int() itself raises above 4300


def parse_seconds(text: str, source: str) -> int:
    """Whole seconds from a variable or setting, in any spelling that `int()` takes; `BadInput` names the source."""
    given = text.strip()
    try:
        return int(given if len(given) <= _MOST_DIGITS else "")
    except ValueError:
        hint = "give whole seconds, such as 43200 for 12 hours"
        raise BadInput(f"{source} is not a number of seconds", hint) from None


def parse_duration(text: str, source: str) -> int:
    """Seconds of `6h`, `30m`, `900s`, `1h30m`, `900`; `BadInput` names the source."""
    given = text.strip()
    seconds, digits, smallest = 0, "", _UNITS["h"] + 1
    for character in given if len(given) <= _MOST_DIGITS else "":
        if character.isascii() and character.isdigit():
            digits += character
        elif digits and _UNITS.get(character, smallest) < smallest:
            smallest = _UNITS[character]
            seconds += int(digits) * smallest
            digits = ""
        else:
            break
    else:
        # `1h30` is refused: half of those who write it mean minutes.
        if len(given) <= _MOST_DIGITS and (not digits or digits == given) and given:
            return seconds + int(digits or 0)
    raise BadInput(f"{source} {text[:40]!a} is not a duration", "give for example: 6h, 30m or 900")


def check_duration(duration_s: int, source: str, *, role: bool, root: bool = False) -> None:
    """Refuse a duration that STS would refuse; the role's own MaxSessionDuration is not known here."""
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

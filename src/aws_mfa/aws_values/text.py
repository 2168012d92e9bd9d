"""
Durations, moments and text of others, as they are read and shown. On the hot path: neither `datetime` nor `re`.

How long a session may last, per STS call, is in parameter `DurationSeconds` of
https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html and `API_AssumeRole.html`. The
MaxSessionDuration of a role is not known here.

Moments are seconds since the epoch, UTC. Read are the forms found in credentials files: `2026-11-22 06:03:19` of the
old tool, also without leading zeros (its `strptime` accepts that), ISO 8601 with `T`, `Z`, fractions and offsets, and a
trailing `UTC`. Never guesses: any other text is None.
"""

from __future__ import annotations

import time

from aws_mfa.errors import BadInput

SHORTEST_S = 900
LONGEST_MFA_SESSION_S = 129600
LONGEST_ROLE_SESSION_S = 43200
LONGEST_ROOT_SESSION_S = 3600
DEFAULT_MFA_SESSION_S = 43200
DEFAULT_ROLE_SESSION_S = 3600
_UNITS = {"h": 3600, "m": 60, "s": 1}
_MOST_DIGITS = 9  # about thirty years; int() itself raises above 4300 digits

_DAYS_BEFORE_MONTH = (0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334)
_MONTHS, _HOURS, _MINUTES = range(1, 13), range(24), range(60)
_DAYS_TO_1970 = 719162
_DIGITS = "0123456789"
# The parts before the seconds: fewest and most digits, and the characters that may follow them.
_FORM = ((4, 4, "-"), (1, 2, "-"), (1, 2, " Tt"), (1, 2, ":"), (1, 2, ":"))


def shown_text(text: str) -> str:
    r"""
    The text on one line, with each unprintable character replaced by its escape, such as `\x1b`.

    Names come from files, variables and answers that other people may have written: an escape sequence, a line break
    that forges a line of this program, or a character that reverses the reading direction.
    """
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else ascii(character)[1:-1] for character in text)


def parse_seconds(text: str, source: str, *, has_units: bool = False) -> int:
    """Whole seconds as `int()` reads them, or `BadInput`; `has_units`: also `8h`, which SDKs would not read."""
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


def parse_moment(text: str) -> float | None:
    """Seconds since the epoch, fractions dropped; a moment without a zone is UTC. None if it is not a moment."""
    rest = text.strip()
    parts: list[int] = []
    for least, most, behind in _FORM:
        number, rest = _leading_number(rest)
        if not least <= len(number) <= most or not rest or rest[0] not in behind:
            return None
        parts.append(int(number))
        rest = rest[1:] if rest[0] != " " else rest.lstrip(" ")
    number, zone = _leading_number(rest)
    offset_s = _offset_s(zone)
    if offset_s is None or not 1 <= len(number) <= len("59"):
        return None
    parts.append(int(number))
    seconds = _seconds(*parts)
    return None if seconds is None else seconds - offset_s


def _seconds(year: int, month: int, day: int, hour: int, minute: int, second: int) -> float | None:
    """Seconds since the epoch, None if the calendar or the clock has no such moment."""
    if year < 1 or month not in _MONTHS or hour not in _HOURS or minute not in _MINUTES or second not in _MINUTES:
        return None
    first_day, next_first_day = _days_before(year, month), _days_before(year + month // 12, month % 12 + 1)
    if not 1 <= day <= next_first_day - first_day:
        return None
    return (first_day + day - 1) * 86400 + hour * 3600 + minute * 60 + second


def utc_text(moment: float) -> str:
    """`2026-11-22 06:03:19`, UTC, as the old tool writes it."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(moment))


def rfc3339_text(moment: float) -> str:
    """`2026-11-22T06:03:19Z`."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment))


def local_text(moment: float) -> str:
    """`Sun 07:03:19 UTC+1`: the moment on the user's clock; names of zones are long or ambiguous on some systems."""
    clock = time.localtime(moment)
    hours, minutes = divmod(abs(clock.tm_gmtoff) // 60, 60)
    sign = "-" if clock.tm_gmtoff < 0 else "+"
    offset = f"{sign}{hours}:{minutes:02d}" if minutes else f"{sign}{hours}" if hours else ""
    return f"{time.strftime('%a %H:%M:%S', clock)} UTC{offset}"


def _leading_number(text: str) -> tuple[str, str]:
    """Split into leading digits and the rest."""
    rest = text.lstrip(_DIGITS)
    return text[: len(text) - len(rest)], rest


def _offset_s(zone: str) -> float | None:
    """Seconds east of UTC of `""`, `Z`, `UTC`, `+01:00`, `-0530`, each after an optional fraction; None for others."""
    zone = zone.strip()
    if zone.startswith("."):
        behind = zone[1:].lstrip(_DIGITS)
        if len(behind) == len(zone) - 1:
            return None
        zone = behind.strip()
    if zone in ("", "Z", "z", "UTC", "GMT"):
        return 0
    if len(zone) == len("+01"):
        zone += "00"
    hours, minutes = zone[1:3], zone[3:].removeprefix(":")
    digits = hours + minutes
    if zone[0] not in "+-" or len(minutes) != len("00") or not (digits.isdigit() and digits.isascii()):
        return None
    if int(hours) not in _HOURS or int(minutes) not in _MINUTES:
        return None
    seconds = int(hours) * 3600 + int(minutes) * 60
    return -seconds if zone[0] == "-" else seconds


def _days_before(year: int, month: int) -> int:
    """Days from 1970-01-01 to the first of the month."""
    leap_day_over = month > 2 and year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)  # noqa: PLR2004
    past = year - 1
    days = past * 365 + past // 4 - past // 100 + past // 400 + _DAYS_BEFORE_MONTH[month - 1]
    return days + leap_day_over - _DAYS_TO_1970

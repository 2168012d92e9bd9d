"""
Turns outcomes and plans into text: tables for people, JSON for programs. Prints nothing.

JSON has a version; keys are added, never renamed or removed (a test pins them). A table never breaks a word, so that
ARNs can be copied; on a terminal that is too narrow for that, each cell gets a line of its own.
"""

from __future__ import annotations

import json
import re
import unicodedata
from itertools import zip_longest
from typing import TYPE_CHECKING

from aws_mfa.aws_values.durations import duration_text
from aws_mfa.aws_values.text import shown_text
from aws_mfa.aws_values.timestamps import local_text, rfc3339_text
from aws_mfa.errors import Cancelled
from aws_mfa.renewal.plan import summary
from aws_mfa.renewal.steps import Reused

if TYPE_CHECKING:
    from aws_mfa.errors import AwsMfaError
    from aws_mfa.renewal.calls import Outcome
    from aws_mfa.renewal.plan import Plan
    from aws_mfa.renewal.steps import Step

JSON_VERSION = 1

_GAP = "  "
# Cells that are left out if each cell has a line of its own.
_NOTHING = ("", "-")
# Replaces the blank in `12 h`, so that it is not broken there; it is not printable, so no shown text contains it.
_NO_BREAK = "\ue000"
_BEFORE_UNIT = re.compile(r"(?<=\d) (?=(?:h|min|s)\b)")


def outcome_rows(outcomes: list[Outcome], now: float) -> list[list[str]]:
    """Profile, state, when the session expires, where it is stored; of a failure the message in the last cell."""
    rows = []
    for outcome in outcomes:
        until = outcome.expires_at or now
        state = "still good" if outcome.is_reused else "renewed"
        row = [outcome.profile, state, f"{local_text(until)} ({duration_text(until - now)})", outcome.place]
        if outcome.error is not None:
            row = [outcome.profile, _failed(outcome.error), "", outcome.error.message]
        rows.append(row)
    return rows


def _failed(error: AwsMfaError) -> str:
    return "skipped" if isinstance(error, Cancelled) else "failed"


def outcomes_json(outcomes: list[Outcome]) -> str:
    """`{"version": 1, "profiles": [...]}`."""
    profiles = [
        {
            "profile": outcome.profile,
            "role_arn": outcome.role_arn,
            "state": _failed(outcome.error) if outcome.error else "reused" if outcome.is_reused else "renewed",
            "expires_at": rfc3339_text(outcome.expires_at) if outcome.expires_at else None,
            "place": outcome.place or None,
            **_error_fields(outcome.error),
        }
        for outcome in outcomes
    ]
    return json.dumps({"version": JSON_VERSION, "profiles": profiles}, indent=2)


def plan_text(plan: Plan, width: int | None) -> str:
    """The summary, then one line per call and per stored session, with reasons."""
    rows = []
    for step in plan.steps:
        role, device = step.request.role_arn, step.request.device if step.needs_code else "-"
        # Several profiles may want the same role: its row has all their names.
        names = ", ".join(name for name, found in plan.of_profile.items() if found is step) if role else ""
        call = f"{_call_of(step)}{f' {role}' if role else ''}, {duration_text(step.request.duration_s)}"
        rows.append([device, names or step.label, call, step.reason])
    rows += [["-", reused.label, "none: stored until " + local_text(reused.expires_at), ""] for reused in plan.reused]
    lines = [f"{shown_text(summary(plan))}\n"] if plan.of_profile else []
    if rows:
        lines.append(table(["code", "session", "call", "why"], rows, width))
    notes = [f"{name}: {note}" for name, notes in plan.notes.items() for note in notes]
    failures = [f"{name}: {error.message}" for name, error in plan.failures.items()]
    hints = dict.fromkeys(line for error in plan.failures.values() for line in error.hint_lines)
    return "".join([*lines, *(f"{shown_text(line)}\n" for line in (*notes, *failures, *hints))])


def _call_of(step: Step) -> str:
    return "AssumeRole" if step.request.role_arn else "GetSessionToken"


def plan_json(plan: Plan) -> str:
    """`{"version": 1, "codes": ..., "calls": [...], "reused": [...], "profiles": [...]}`."""
    calls = [
        {
            "session": step.label,
            "call": _call_of(step),
            "role_arn": step.request.role_arn,
            "duration_seconds": step.request.duration_s,
            "code_of": step.request.device or None,
            "signed_by": step.signed_by.label if step.signed_by else step.user.section,
            "profiles": step.profiles,
            "reason": step.reason,
        }
        for step in plan.steps
    ]
    profiles = [
        {
            "profile": name,
            "needs_call": not isinstance(end, Reused),
            "notes": plan.notes.get(name, ()),
            **_error_fields(None),
        }
        for name, end in plan.of_profile.items()
    ]
    profiles += [
        {"profile": name, "needs_call": False, "notes": (), **_error_fields(error)}
        for name, error in plan.failures.items()
    ]
    document = {
        "version": JSON_VERSION,
        "codes": len(plan.codes),
        "calls": calls,
        "reused": [{"session": one.label, "expires_at": rfc3339_text(one.expires_at)} for one in plan.reused],
        "profiles": profiles,
    }
    return json.dumps(document, indent=2)


def _error_fields(error: AwsMfaError | None) -> dict[str, object]:
    if error is None:
        return {"error": None, "message": None, "hints": []}
    return {"error": type(error).__name__, "message": error.message, "hints": list(error.hints)}


def table(header: list[str], rows: list[list[str]], width: int | None) -> str:
    """A table without lines; `width` None: as wide as it needs to be."""
    shown = [[_BEFORE_UNIT.sub(_NO_BREAK, shown_text(text)) for text in row] for row in rows]
    widths = _widths([header, *shown], width)
    if widths is not None:
        return _side_by_side(header, shown, widths).replace(_NO_BREAK, " ")
    title_width = max(map(len, header))
    records = [
        "".join(
            f"{title:{title_width}}{_GAP}{text}\n"
            for title, text in zip(header, row, strict=True)
            if text not in _NOTHING
        )
        for row in shown
    ]
    return "\n".join(records).replace(_NO_BREAK, " ")


def _widths(lines: list[list[str]], width: int | None) -> list[int] | None:
    """The width of each column, the widest being narrowed first; None if a word would have to be broken."""
    columns = list(zip(*lines, strict=True))
    widths = [max(map(_cells, column)) for column in columns]
    if width is None:
        return widths
    least = [max((_cells(word) for text in column for word in text.split(" ")), default=0) for column in columns]
    least[0] = widths[0]
    space = width - len(_GAP) * (len(columns) - 1)
    for number in sorted(range(len(columns)), key=widths.__getitem__, reverse=True):
        too_much = max(0, sum(widths) - space)
        widths[number] = max(least[number], widths[number] - too_much)
    return widths if sum(widths) <= space else None


def _side_by_side(header: list[str], rows: list[list[str]], widths: list[int]) -> str:
    lines = []
    for row in (header, *rows):
        folded = [_folded(text, width) for text, width in zip(row, widths, strict=True)]
        for parts in zip_longest(*folded, fillvalue=""):
            padded = (part + " " * (width - _cells(part)) for part, width in zip(parts, widths, strict=True))
            lines.append(f"{_GAP.join(padded).rstrip()}\n")
    return "".join(lines)


def _folded(text: str, width: int) -> list[str]:
    """The lines of a cell; no word is broken."""
    lines = [""]
    for word in text.split(" "):
        joined = f"{lines[-1]} {word}" if lines[-1] else word
        if _cells(joined) <= width or not lines[-1]:
            lines[-1] = joined
        else:
            lines.append(word)
    return lines


def _cells(text: str) -> int:
    """The columns that a terminal needs: two for a wide character, none for a mark on the one before it."""
    return sum(
        0 if unicodedata.category(char) in ("Mn", "Me") else 2 if unicodedata.east_asian_width(char) in "WF" else 1
        for char in text
    )

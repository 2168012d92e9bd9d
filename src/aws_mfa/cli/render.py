"""
Values -> text: a table for people, JSON for programs, from the same rows. Prints nothing.

JSON carries a version; a key is added to it, never renamed or removed (a test pins them). No word of a table is ever
broken: ARNs are for copying, and half a word reads like another. On a terminal that is too narrow for that, each row
is shown as one line per fact.
"""

from __future__ import annotations

import io
import json
import re
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table

from aws_mfa.aws_values.durations import duration_text
from aws_mfa.aws_values.text import shown_text
from aws_mfa.aws_values.timestamps import local_text, rfc3339_text
from aws_mfa.renewal.plan import summary
from aws_mfa.renewal.steps import Reused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_mfa.errors import AwsMfaError
    from aws_mfa.renewal.calls import Outcome
    from aws_mfa.renewal.plan import Plan
    from aws_mfa.renewal.steps import Step

JSON_VERSION = 1

_UNBOUNDED = 10_000
_GAP = "  "
# What has nothing to say in its column is left out where each fact has a line.
_NOTHING = ("", "-")
# In place of the blank in `12 h`, which is one word; shown texts hold none of their own, it is not printable.
_NO_BREAK = "\ue000"
_BEFORE_UNIT = re.compile(r"(?<=\d) (?=(?:h|min|s)\b)")


def outcome_rows(outcomes: list[Outcome], now: float) -> list[list[str]]:
    """Profile, what became of it, until when, where it is."""
    return [_outcome_row(outcome, now) for outcome in outcomes]


def _outcome_row(outcome: Outcome, now: float) -> list[str]:
    if outcome.error is not None:
        return [outcome.profile, "failed", "", outcome.error.message]
    until = outcome.expires_at or now
    state = "still good" if outcome.is_reused else "renewed"
    return [outcome.profile, state, f"{local_text(until)} ({duration_text(until - now)})", outcome.place]


def outcomes_json(outcomes: list[Outcome]) -> str:
    """`{"version": 1, "profiles": [...]}`."""
    profiles = [
        {
            "profile": outcome.profile,
            "role_arn": outcome.role_arn,
            "state": _state(outcome),
            "expires_at": rfc3339_text(outcome.expires_at) if outcome.expires_at else None,
            "place": outcome.place or None,
            **_error_fields(outcome.error),
        }
        for outcome in outcomes
    ]
    return json.dumps({"version": JSON_VERSION, "profiles": profiles}, indent=2)


def plan_text(plan: Plan, width: int | None) -> str:
    """The summary, then one line per call and per stored session, with reasons."""
    rows = [[*_step_row(step, _of_whom(step, plan))] for step in plan.steps]
    rows += [["-", reused.label, "none: stored until " + local_text(reused.expires_at), ""] for reused in plan.reused]
    lines = [f"{shown_text(summary(plan))}\n"] if plan.of_profile else []
    if rows:
        lines.append(table(["code", "session", "call", "why"], rows, width))
    notes = [f"{name}: {note}" for name, notes in plan.notes.items() for note in notes]
    failures = [f"{name}: {error.message}" for name, error in plan.failures.items()]
    hints = dict.fromkeys(line for error in plan.failures.values() for line in error.hint_lines)
    return "".join([*lines, *(f"{shown_text(line)}\n" for line in (*notes, *failures, *hints))])


def _of_whom(step: Step, plan: Plan) -> str:
    """The session's name; of a role that several profiles want alike, all their names."""
    names = [name for name, found in plan.of_profile.items() if found is step]
    return ", ".join(names) if step.request.role_arn and names else step.label


def _step_row(step: Step, name: str) -> tuple[str, str, str, str]:
    code = step.request.device if step.needs_code else "-"
    role = step.request.role_arn
    call = f"AssumeRole {role}" if role else "GetSessionToken"
    return code, name, f"{call}, {duration_text(step.request.duration_s)}", step.reason


def plan_json(plan: Plan) -> str:
    """`{"version": 1, "codes": ..., "calls": [...], "reused": [...], "profiles": [...]}`."""
    profiles = [
        _profile_json(name, needs_call=not isinstance(found, Reused), notes=plan.notes.get(name, ()))
        for name, found in plan.of_profile.items()
    ]
    failed = [_profile_json(name, needs_call=False, error=error) for name, error in plan.failures.items()]
    document = {
        "version": JSON_VERSION,
        "codes": len(plan.codes),
        "calls": [_call_json(step) for step in plan.steps],
        "reused": [{"session": one.label, "expires_at": rfc3339_text(one.expires_at)} for one in plan.reused],
        "profiles": [*profiles, *failed],
    }
    return json.dumps(document, indent=2)


def _call_json(step: Step) -> dict[str, object]:
    return {
        "session": step.label,
        "call": "AssumeRole" if step.request.role_arn else "GetSessionToken",
        "role_arn": step.request.role_arn,
        "duration_seconds": step.request.duration_s,
        "code_of": step.request.device or None,
        "signed_by": step.signed_by.label if step.signed_by else step.user.section,
        "profiles": step.profiles,
        "reason": step.reason,
    }


def _profile_json(
    name: str, *, needs_call: bool, notes: Sequence[str] = (), error: AwsMfaError | None = None
) -> dict[str, object]:
    return {"profile": name, "needs_call": needs_call, "notes": notes, **_error_fields(error)}


def _state(outcome: Outcome) -> str:
    if outcome.error is not None:
        return "failed"
    return "reused" if outcome.is_reused else "renewed"


def _error_fields(error: AwsMfaError | None) -> dict[str, object]:
    if error is None:
        return {"error": None, "message": None, "hints": []}
    return {"error": type(error).__name__, "message": error.message, "hints": list(error.hints)}


def table(header: list[str], rows: list[list[str]], width: int | None) -> str:
    """A table without lines; `width` None: as wide as it needs to be."""
    shown = [[_BEFORE_UNIT.sub(_NO_BREAK, shown_text(text)) for text in row] for row in rows]
    widths = _widths([header, *shown], width)
    text = _one_line_per_fact(header, shown) if widths is None else _side_by_side(header, shown, widths)
    return text.replace(_NO_BREAK, " ")


def _widths(lines: list[list[str]], width: int | None) -> list[int] | None:
    """How wide each column is, the widest made narrow before another is; None where a word would have to be broken."""
    columns = list(zip(*lines, strict=True))
    widths = [max(map(cell_len, column)) for column in columns]
    if width is None:
        return widths
    least = [max((cell_len(word) for text in column for word in text.split(" ")), default=0) for column in columns]
    least[0] = widths[0]
    space = width - len(_GAP) * (len(columns) - 1)
    for number in sorted(range(len(columns)), key=widths.__getitem__, reverse=True):
        too_much = max(0, sum(widths) - space)
        widths[number] = max(least[number], widths[number] - too_much)
    return widths if sum(widths) <= space else None


def _side_by_side(header: list[str], rows: list[list[str]], widths: list[int]) -> str:
    made = Table(box=None, pad_edge=False, show_edge=False)
    for title, width in zip(header, widths, strict=True):
        made.add_column(title, width=width)
    for row in rows:
        made.add_row(*row)
    out = io.StringIO()
    Console(file=out, width=_UNBOUNDED, color_system=None, markup=False, emoji=False, highlight=False).print(made)
    return "".join(f"{line.rstrip()}\n" for line in out.getvalue().splitlines())


def _one_line_per_fact(header: list[str], rows: list[list[str]]) -> str:
    wide = max(map(len, header))
    facts = [[(title, text) for title, text in zip(header, row, strict=True) if text not in _NOTHING] for row in rows]
    return "\n".join("".join(f"{title:{wide}}{_GAP}{text}\n" for title, text in row) for row in facts)

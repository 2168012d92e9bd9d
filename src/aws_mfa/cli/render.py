"""
Values -> text: a table for people, JSON for programs, from the same rows. Prints nothing.

JSON carries a version; a key is added to it, never renamed or taken away (a test pins them).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from aws_mfa.cli.tables import table
from aws_mfa.rules.durations import duration_text
from aws_mfa.rules.session_steps import Reused, summary
from aws_mfa.rules.shown_text import shown_text
from aws_mfa.rules.timestamps import local_text, rfc3339_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_mfa.errors import AwsMfaError
    from aws_mfa.rules.session_steps import Plan, Step
    from aws_mfa.workflows.carry_out import Outcome

JSON_VERSION = 1


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
        "signed_by": step.signed_by.label if step.signed_by else step.base.section,
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

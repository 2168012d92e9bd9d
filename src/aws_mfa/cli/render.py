"""
Turns outcomes, plans and rows of `status` into text: tables for people, JSON for programs. Prints nothing.

JSON has a version; keys are added, never renamed or removed (a test pins them). A table never breaks a word, so that
ARNs can be copied; on a terminal that is too narrow for that, each cell gets a line of its own.
"""

from __future__ import annotations

import json
import re
from itertools import zip_longest
from typing import TYPE_CHECKING

from aws_mfa.aws_values.text import duration_text, local_text, rfc3339_text, shown_text
from aws_mfa.cli.output import error_fields, escaped
from aws_mfa.errors import Cancelled
from aws_mfa.prompt.typed_line import width_of
from aws_mfa.renewal.plan import summary
from aws_mfa.renewal.steps import Reused
from aws_mfa.views.status import OLD_KEY

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_mfa.errors import AwsMfaError
    from aws_mfa.renewal.calls import Outcome
    from aws_mfa.renewal.plan import Plan
    from aws_mfa.renewal.steps import Step
    from aws_mfa.views.status import StatusRow

JSON_VERSION = 1

_PLAN = ["session", "code", "call", "why"]
STATUS_COLUMNS = ("profile", "kind", "account", "role", "valid until", "stored", "vault", "key age")
# Columns that a terminal which is too narrow for all does without, the first of these first.
_LEFT_OUT = ("key age", "vault", "stored", "kind", "account", "role")
_LONGEST = {"valid until": "Sun 11:03 (11 h 59 min)"}  # so that columns do not come and go as time passes
_DAY_S = 86400
_READABLE = 24  # a column of sentences is not narrower
_GAP = "  "
_NOTHING = ("", "-")  # cells that are left out if each cell has a line of its own
# Replaces the blank in `12 h`, so that it is not broken there; it is not printable, so no shown text contains it.
_NO_BREAK = "\ue000"
_BEFORE_UNIT = re.compile(r"(?<=\d) (?=(?:h|min|s)\b)")


def outcome_rows(outcomes: list[Outcome], now: float) -> list[list[str]]:
    """Profile, state, when the session expires, where it is stored; `failure_lines` says why one failed."""
    rows = []
    for outcome in outcomes:
        until, state = outcome.expires_at or now, "still good" if outcome.is_reused else "renewed"
        good = [state, f"{local_text(until)} ({duration_text(until - now)})", outcome.place]
        rows.append([outcome.profile, *([_failed(outcome.error), "", ""] if outcome.error else good)])
    return rows


def failure_lines(failures: Mapping[str, AwsMfaError], what: str = "") -> list[str]:
    """Why profiles failed, with the hints: a cause, or a hint, that several have is printed once."""
    groups: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for name, error in failures.items():
        groups.setdefault((error.shared or error.message, error.hint_lines), []).append(name)
    lines: dict[str, None] = {}
    for (cause, hints), names in groups.items():
        message = failures[names[0]].message if len(names) == 1 else cause
        lines.update(dict.fromkeys([f"{', '.join(names)}{what}: {message}", *hints]))
    return list(lines)


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
            **error_fields(outcome.error),
        }
        for outcome in outcomes
    ]
    return json.dumps({"version": JSON_VERSION, "profiles": profiles}, indent=2)


def plan_text(plan: Plan, width: int | None) -> str:
    """The summary with the devices, one line per call and per stored session, and what is said of single profiles."""
    rows = _plan_rows(plan)
    lines = [f"{shown_text(summary(plan))}\n"] if plan.of_profile else []
    if rows and _widths([_PLAN, *_shown(rows)], width, least=_READABLE):
        lines.append(table(_PLAN, rows, width))
    elif rows:
        narrow = [[session, code, f"{call}: {why}" if why else call] for session, code, call, why in rows]
        lines.append(table(_PLAN[:3], narrow, width))
    notes = [f"{name}: {note}" for name, notes in plan.notes.items() for note in notes]
    of_reason: dict[str, list[str]] = {}
    for name, why in plan.others.items():
        of_reason.setdefault(why, []).append(name)
    reasons = [f"{', '.join(names)}: {why}" for why, names in of_reason.items()]
    return "".join([*lines, *(f"{shown_text(line)}\n" for line in (*notes, *reasons, *failure_lines(plan.failures)))])


def _plan_rows(plan: Plan) -> list[list[str]]:
    """Session, code (`yes`, or the device if there are several), call, reason."""
    rows = []
    several = len({step.request.device for step in plan.codes}) > 1
    for step in plan.steps:
        code = "-" if not step.needs_code else step.request.device if several else "yes"
        role = f" {step.request.role_arn}" if step.request.role_arn else ""
        call = f"{_call_of(step)}{role}, {duration_text(step.request.duration_s)}"
        rows.append([plan.of_session(step), code, call, step.reason])
    stored = ((plan.of_session(one), local_text(one.expires_at)) for one in plan.reused)
    return rows + [[names, "-", f"none: stored until {until}", ""] for names, until in stored]


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
    notes = {**{name: [why] for name, why in plan.others.items()}, **plan.notes}
    ends = {**dict.fromkeys((*plan.of_profile, *plan.failures, *plan.others)), **plan.of_profile}
    profiles = [
        {
            "profile": name,
            "session": end.label if end is not None else None,
            "needs_call": end is not None and not isinstance(end, Reused),
            "notes": notes.get(name, ()),
            **error_fields(plan.failures.get(name)),
        }
        for name, end in ends.items()
    ]
    reused = [
        {"session": one.label, "expires_at": rfc3339_text(one.expires_at), "profiles": one.profiles}
        for one in plan.reused
    ]
    document = {"version": JSON_VERSION, "codes": len(plan.codes), "calls": calls, "reused": reused}
    return json.dumps({**document, "profiles": profiles}, indent=2)


def status_table(rows: Sequence[StatusRow], now: float, width: int | None) -> tuple[list[str], list[list[str]]]:
    """The header, and cells for each profile: as many columns as fit, whatever times are left."""
    cells = [status_cells(row, now) for row in rows]
    columns = list(zip(STATUS_COLUMNS, *cells, strict=True))
    columns = [column for column in columns if column[0] not in _LEFT_OUT or {*column[1:]} != {"-"}]
    for name in _LEFT_OUT if width is not None else ():
        widths = (max(map(width_of, (*column, _LONGEST.get(column[0], "")))) for column in columns)
        if sum(widths) + len(_GAP) * (len(columns) - 1) <= (width or 0):
            break
        columns = [column for column in columns if column[0] != name]
    header, *lines = [list(line) for line in zip(*columns, strict=True)]
    return header, lines


def status_text(rows: Sequence[StatusRow], now: float, width: int | None) -> str:
    """The table, and below it what is wrong with profiles."""
    header, lines = status_table(rows, now, width)
    notes: dict[str, list[str]] = {}
    for row in rows:
        if row.note and (row.kind == "broken" or row.note == OLD_KEY):
            notes.setdefault(row.note, []).append(row.name)
    below = (f"{', '.join(names)}: {note}" for note, names in notes.items())
    return table(header, lines, width) + "".join(f"{shown_text(line)}\n" for line in below)


def status_cells(row: StatusRow, now: float) -> list[str]:
    until, left_s = "-" if row.is_known else "unknown", (row.expires_at or now) - now
    if left_s > 0:  # a session lasts 36 hours at most: the day and the minute are enough
        until = f"{'old key' if row.note == OLD_KEY else local_text(now + left_s)[:9]} ({duration_text(left_s)})"
    elif row.expires_at is not None:
        until = f"expired {f'{-left_s / _DAY_S:.0f} d' if -left_s >= 2 * _DAY_S else duration_text(-left_s)} ago"
    key_age = "-" if row.key_age_s is None else f"{int(row.key_age_s / _DAY_S)} d"
    return [row.name, row.kind, row.account or "-", row.role or "-", until, row.place or "-", row.vault or "-", key_age]


def status_json(rows: Sequence[StatusRow], now: float, reminders: Sequence[str]) -> str:
    """`{"version": 1, "profiles": [...], "reminders": [...]}`."""
    profiles = []
    for row in rows:
        ends_at, facts = row.expires_at, {"profile": row.name, **vars(row)}
        del facts["name"]
        ends = (None, None) if ends_at is None else (rfc3339_text(ends_at), max(0, int(ends_at - now)))
        profiles.append({**facts, "expires_at": ends[0], "seconds_left": ends[1]})
    return json.dumps({"version": JSON_VERSION, "profiles": profiles, "reminders": list(reminders)}, indent=2)


def table(header: list[str], rows: list[list[str]], width: int | None) -> str:
    """A table without lines; `width` None: as wide as it needs to be."""
    shown = _shown(rows)
    widths = _widths([header, *shown], width)
    if widths is not None:
        return _side_by_side(header, shown, widths).replace(_NO_BREAK, " ")
    title_width = max(map(len, header))
    records = []
    for row in shown:
        facts = zip(header, row, strict=True)
        records.append("".join(f"{title:{title_width}}{_GAP}{text}\n" for title, text in facts if text not in _NOTHING))
    return "\n".join(records).replace(_NO_BREAK, " ")


def _shown(rows: list[list[str]]) -> list[list[str]]:
    return [[_BEFORE_UNIT.sub(_NO_BREAK, escaped(shown_text(text))) for text in row] for row in rows]


def _widths(lines: list[list[str]], width: int | None, least: int = 0) -> list[int] | None:
    """The width of each column, the widest being narrowed first; None if one got too narrow for a word, or `least`."""
    columns = list(zip(*lines, strict=True))
    widths = [max(map(width_of, column)) for column in columns]
    if width is None:
        return widths
    words = [max((width_of(word) for text in column for word in text.split(" ")), default=0) for column in columns]
    narrowest = [max(word, min(least, natural)) for word, natural in zip(words, widths, strict=True)]
    narrowest[0] = widths[0]
    space = width - len(_GAP) * (len(columns) - 1)
    for number in sorted(range(len(columns)), key=widths.__getitem__, reverse=True):
        too_much = max(0, sum(widths) - space)
        widths[number] = max(narrowest[number], widths[number] - too_much)
    return widths if sum(widths) <= space else None


def _side_by_side(header: list[str], rows: list[list[str]], widths: list[int]) -> str:
    lines = []
    for row in (header, *rows):
        parts_of = [folded(text, width) for text, width in zip(row, widths, strict=True)]
        for parts in zip_longest(*parts_of, fillvalue=""):
            padded = (part + " " * (width - width_of(part)) for part, width in zip(parts, widths, strict=True))
            lines.append(f"{_GAP.join(padded).rstrip()}\n")
    return "".join(lines)


def folded(text: str, width: int) -> list[str]:
    """The lines of a cell; no word is broken."""
    lines = [""]
    for word in text.split(" "):
        joined = f"{lines[-1]} {word}" if lines[-1] else word
        if width_of(joined) <= width or not lines[-1]:
            lines[-1] = joined
        else:
            lines.append(word)
    return lines

"""`aws-mfa history`: who took which session, when, and from where."""

from __future__ import annotations

import json
import shutil
import sys
import time
from typing import TYPE_CHECKING

from aws_mfa.aws_values.text import local_text, parse_duration, parse_moment
from aws_mfa.cli.render import JSON_VERSION, table
from aws_mfa.errors import BadInput
from aws_mfa.sessions.history import FIELDS

if TYPE_CHECKING:
    import argparse

    from aws_mfa.interfaces import Interfaces

HELP = """\
Show who took which session on this machine, the newest last: an agent or you,
by which command of aws-mfa, in which program and folder, how narrow it is, and
its key id (in CloudTrail: accessKeyId). ~/.aws/mfa/history has no secret."""

_COLUMNS = ["when", "profile", "who", "command", "program", "folder", "narrowed", "until", "key id"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="for programs: one JSON document")
    parser.add_argument("--since", metavar="TIME", help="only newer ones: 2d, 6h, 30m, or from a date: 2026-11-29")


def run(args: argparse.Namespace, interfaces: Interfaces) -> int:
    since = 0.0 if args.since is None else _moment(args.since.strip(), interfaces.now())
    # Behind a line that was cut short by a full disk, the next one begins in the same line.
    text = "".join(file.read() for file in interfaces.history).replace('{"at": "', '\n{"at": "')
    found = [_row(line) for line in text.split("\n") if line.strip()]
    if damaged := found.count({}):
        interfaces.say(f"damaged lines in ~/.aws/mfa/history, left out here: {damaged}")
    rows = [row for row in found if row and (parse_moment(row["at"]) or 0.0) >= since]
    text = f"no session was handed over {'yet' if args.since is None else 'since then'}\n"
    if args.json:
        hand_overs = [{name: value or None for name, value in row.items()} for row in rows]
        text = f"{json.dumps({'version': JSON_VERSION, 'hand_overs': hand_overs}, indent=2)}\n"
    elif rows:
        width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
        text = table(_COLUMNS, [_cells(row) for row in rows], width)
    sys.stdout.write(text)
    return 0


def _row(line: str) -> dict[str, str]:
    """The values of `FIELDS`, {} if the line is damaged."""
    try:
        row = json.loads(line)
        row = {name: row[name] for name in FIELDS}
        is_whole = all(isinstance(text, str) for text in row.values()) and parse_moment(row["at"])
        return row if is_whole and parse_moment(row["expires_at"]) else {}
    except (ValueError, TypeError, KeyError, RecursionError):
        return {}


def _cells(row: dict[str, str]) -> list[str]:
    when, until = (parse_moment(row[name]) or 0.0 for name in ("at", "expires_at"))
    day = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(when))
    place = [row[name] or "-" for name in ("command", "program", "folder", "narrowed")]
    # A session lasts 36 hours at most: the day of the week and the minute are enough.
    return [day, row["profile"], row["agent"] or "you", *place, local_text(until)[:9], row["access_key_id"]]


def _moment(text: str, now: float) -> float:
    """When `2d` or `6h` before `now` was, or when a date began here."""
    try:
        if "-" in text:
            return time.mktime(time.strptime(text, "%Y-%m-%d"))
        return now - (24 * parse_duration(f"{text[:-1]}h", "") if text.endswith("d") else parse_duration(text, ""))
    except (BadInput, ValueError, OverflowError):
        what = f"--since {text[:40]!a} is neither a span of time nor a date"
        raise BadInput(what, "give for example: 2d, 6h, 30m or 2026-11-29") from None

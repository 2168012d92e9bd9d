"""`aws-mfa status`: a table of all profiles and their sessions; only a key of --watch opens a vault or asks AWS."""

from __future__ import annotations

import shutil
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from aws_mfa.aws_values.text import parse_duration, shown_text
from aws_mfa.cli.commands.renew import renewed
from aws_mfa.cli.fast.segment import segment
from aws_mfa.cli.render import status_json, status_table, status_text
from aws_mfa.config.sections import profile_in_force
from aws_mfa.errors import BadInput, BadProfile, Cancelled, NotSetUp
from aws_mfa.handover.environment import session_here
from aws_mfa.vaults.journal import reminders
from aws_mfa.vaults.lookup import KnownProfiles
from aws_mfa.views.status import OLD_KEY, status_rows
from aws_mfa.views.watch import watch

if TYPE_CHECKING:
    import argparse

    from aws_mfa.interfaces import Interfaces
    from aws_mfa.views.status import StatusRow

_NO_PROFILE = ("nothing is set up here yet: there is no profile", "store long-term keys: aws-mfa setup")

HELP = """\
Show every profile: its kind, account and role, how long its session is still
good, where the session is stored, and the vault and age of the long-term keys.
No keychain is opened, nothing is asked, no network is used.

--check prints nothing: exit code 0 if the session of each PROFILE (default: the
session of this shell, AWS_PROFILE, default) is good, else 1. A session of
unknown end (an older version sealed it), or of a replaced key, is not good.

--watch shows the table until q or Ctrl-C; r renews the selected profile, and
asks for the code below the table."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("profiles", nargs="*", metavar="PROFILE", help="only these profiles (default: all)")
    add = parser.add_mutually_exclusive_group().add_argument
    add("--json", action="store_true", help="for programs: one JSON document")
    add("--check", action="store_true", help="print nothing: exit code 0 if the session is good, else 1")
    add("--prompt", action="store_true", help="for a shell's prompt: profile and time left, or nothing")
    add("--watch", action="store_true", help="redraw it each second, and renew the selected profile on a key")
    what = "for --check: what must be left: 6h, 30m, 900 (default: 60s)"
    parser.add_argument("--min-remaining", metavar="TIME", help=what)


def run(args: argparse.Namespace, interfaces: Interfaces) -> int:
    if args.min_remaining and not args.check:
        raise BadInput("--min-remaining is for --check", "add --check, or leave it out")
    if args.prompt:
        sys.stdout.write(segment(interfaces.environ))
        return 0
    if args.watch:
        return _watch(args.profiles, interfaces)
    known, now = KnownProfiles(interfaces), interfaces.now()
    known.check()
    if args.check:
        needed_s = parse_duration(args.min_remaining or "60s", "--min-remaining")
        ends = _ends(args.profiles, known, interfaces)
        return 0 if all(end is not None and end - now >= needed_s for end in ends) else 1
    rows = status_rows(known, interfaces.session_cache.heads(), now, args.profiles or None)
    left_over = reminders(interfaces.rotations.read(), now)
    if args.json:
        sys.stdout.write(f"{status_json(rows, now, left_over)}\n")
        return 0
    if not rows:
        raise NotSetUp(*_NO_PROFILE)
    text = status_text(rows, now, shutil.get_terminal_size().columns if sys.stdout.isatty() else None)
    sys.stdout.write("".join((text, *(f"{shown_text(line)}\n" for line in left_over))))
    return 0


def _watch(names: list[str], interfaces: Interfaces) -> int:
    """Until q or Ctrl-C; the files are read again when they have changed."""
    screen = interfaces.screen() if sys.stdout.isatty() else None
    if screen is None:
        raise BadInput("--watch needs a terminal: no pipe, no TERM=dumb, no Windows", "without it: aws-mfa status")
    rows: list[StatusRow] = []
    left_over: list[str] = []
    state: object = None

    def read(columns: int) -> tuple[list[str], list[list[str]]]:
        nonlocal rows, left_over, state
        now, found = interfaces.now(), interfaces.state_of_files()
        if found != state:
            known = KnownProfiles(interfaces)
            known.check()
            left_over = reminders(interfaces.rotations.read(), now)
            rows, state = status_rows(known, interfaces.session_cache.heads(), now, names or None), found
        if not rows:
            raise NotSetUp(*_NO_PROFILE)
        return status_table(rows, now, columns)

    def about(name: str | None) -> list[str]:
        return [*(row.note for row in rows if row.name == name and row.note), *left_over]

    try:
        with screen as drawn:
            watch(drawn, read, about, lambda name, anew: renewed(name, interfaces, anew=anew))
    except Cancelled as cancelled:
        return cancelled.exit_code
    return 0


def _ends(names: list[str], known: KnownProfiles, interfaces: Interfaces) -> list[float | None]:
    """When the sessions end; without names that of this shell, if it is one of `exec` or `env`."""
    here = None if names else session_here(interfaces.environ)
    if here and here[1] is not None:
        return [here[1]]
    names = names or [here[0] if here else profile_in_force(None, interfaces.environ)]
    with suppress(BadProfile):  # there is none of that name
        rows = status_rows(known, interfaces.session_cache.heads(), interfaces.now(), names)
        return [None if row.note == OLD_KEY else row.expires_at for row in rows]
    return [None]

"""`aws-mfa forget`: remove stored sessions."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from aws_mfa.aws_values.text import shown_text
from aws_mfa.config.sections import profile_in_force
from aws_mfa.errors import BadInput, NotSetUp
from aws_mfa.handover.forget import forget_sessions
from aws_mfa.vaults.lookup import check_known

if TYPE_CHECKING:
    import argparse

    from aws_mfa.interfaces import Interfaces

HELP = """\
Remove stored sessions from the session cache and from the credentials file, and
print which. Long-term keys are not touched. AWS cannot revoke a session: a copy
works until it expires."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("profiles", nargs="*", metavar="PROFILE", help="profiles (default: AWS_PROFILE, else default)")
    parser.add_argument("--all", action="store_true", help="every session that aws-mfa stored")


def run(args: argparse.Namespace, interfaces: Interfaces) -> int:
    """Remove and print; `BadProfile` for an unknown name without sessions, `NotSetUp` for what cannot be removed."""
    if args.all and args.profiles:
        raise BadInput("--all and names of profiles contradict each other", "give one of the two")
    names: list[str | None] = [None] if args.all else args.profiles or [profile_in_force(None, interfaces.environ)]
    forgotten = {name: forget_sessions(None if name is None else [name], interfaces) for name in names}
    removed = [line for lines, _ in forgotten.values() for line in lines]
    missed = dict.fromkeys(line for _, lines in forgotten.values() for line in lines)
    sys.stdout.write("".join(f"{shown_text(line)}\n" for line in removed))
    if missed:
        raise NotSetUp("; ".join(missed), "a session that is left works until it expires")
    for name, (lines, _) in forgotten.items():
        if name is not None and not lines:
            check_known(name, interfaces)
    if not removed:
        sys.stdout.write("no stored session: nothing was removed\n")
    return 0

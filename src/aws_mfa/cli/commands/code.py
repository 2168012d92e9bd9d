"""`aws-mfa code`: type the code that another process is waiting for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_mfa.renewal.ask import answer_question

if TYPE_CHECKING:
    import argparse

    from aws_mfa.interfaces import Interfaces

HELP = """\
Type the MFA code that another process of yours is waiting for, the oldest one
first: an IDE's, a job's in another shell. A question on a terminal or in a
window can be answered this way too; a process with neither waits 45 seconds.

Without CODE it shows which process asks, and asks here; a code can also be
piped in: echo 123456 | aws-mfa code"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("code", nargs="?", metavar="CODE", help="the six digits; visible in the process list")


def run(args: argparse.Namespace, interfaces: Interfaces) -> int:
    interfaces.say(answer_question(args.code, interfaces))
    return 0

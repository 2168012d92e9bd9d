"""`aws-mfa code`: answer a question that waits in another process."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_mfa.renewal.ask import answer_question

if TYPE_CHECKING:
    import argparse

    from aws_mfa.interfaces import Interfaces

HELP = """\
Answer the oldest question for an MFA code that waits in any process of yours:
an IDE's, a job's in another shell. Every question can be answered so, also one
on a terminal or in a window; where neither is, it waits 20 seconds for this.

Without CODE it shows whose question it is and asks here; a code piped in is
taken too: echo 123456 | aws-mfa code"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the argument."""
    parser.add_argument("code", nargs="?", metavar="CODE", help="the six digits; visible in the process list")


def run(args: argparse.Namespace, interfaces: Interfaces) -> int:
    """Answer, and say whose question it was."""
    interfaces.say(answer_question(args.code, interfaces))
    return 0

"""`aws-mfa demo`: the practice AWS's demo, played with this very program."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from aws_mfa.command_lines import joined
from aws_mfa.errors import AwsMfaError
from aws_mfa_practice.demo import DemoFailed, play

if TYPE_CHECKING:
    import argparse

    from aws_mfa.interfaces import Interfaces

HELP = """\
Show everything without an AWS account, and ask nothing: a practice
AWS on this machine, a throwaway home with its own vault, set-up, one code
from a practice phone, the session, real SDK calls, two roles."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    del parser  # there are none


def run(args: argparse.Namespace, interfaces: Interfaces) -> int:
    del args, interfaces
    # A build in one file (PyInstaller, Nuitka) is aws-mfa itself, and has no Python to run anything else with.
    is_frozen = bool(getattr(sys, "frozen", False))
    command = [sys.executable] if is_frozen else [sys.executable, "-m", "aws_mfa"]
    try:
        play(command, None if is_frozen else sys.executable, joined)
    except DemoFailed as error:
        raise AwsMfaError(str(error)) from None
    return 0

"""`aws-mfa plan`: print the calls and codes that `renew` would need, and why; it makes none of the calls."""

from __future__ import annotations

import shutil
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from aws_mfa.cli.options import add_overlay_arguments, add_plan_arguments, add_vault_arguments, plan_request
from aws_mfa.cli.output import print_failures, print_lines
from aws_mfa.cli.render import plan_json, plan_text
from aws_mfa.renewal.make_plan import make_plan

if TYPE_CHECKING:
    import argparse

    from aws_mfa.interfaces import Interfaces

HELP = """\
Show which STS calls the profiles need, which of them need an MFA code, which
stored sessions are reused, and why. No code is asked for, no session requested."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_plan_arguments(parser)
    parser.add_argument("--json", action="store_true", help="for programs: one JSON document")
    add_overlay_arguments(parser)
    add_vault_arguments(parser)


def run(args: argparse.Namespace, interfaces: Interfaces) -> int:
    """Print the plan; if a profile cannot be planned, the exit code of the first failure."""
    request = replace(plan_request(args, interfaces), is_preview=True)
    planned = make_plan(request, interfaces.replaced(unattended=True))
    for notice in planned.users.notices:
        interfaces.say(notice)
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    print_lines((plan_json(planned) if args.json else plan_text(planned, width)).splitlines())
    exit_code = next((error.exit_code for error in planned.failures.values()), 0)
    return print_failures(planned.failures, exit_code) if exit_code and args.json_errors else exit_code

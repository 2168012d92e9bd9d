"""`aws-mfa doctor`: print what is wrong, why it matters, and the command that fixes it; it changes nothing."""

from __future__ import annotations

import json
import shutil
import sys
from typing import TYPE_CHECKING

from aws_mfa.aws_values.text import shown_text
from aws_mfa.cli.output import print_lines
from aws_mfa.cli.render import JSON_VERSION, folded
from aws_mfa.errors import HINT, AwsMfaError
from aws_mfa.views.doctor import diagnose

if TYPE_CHECKING:
    import argparse

    from aws_mfa.interfaces import Interfaces
    from aws_mfa.views.doctor import Diagnosis

READS_PIPE = False
HELP = """\
Find problems of this machine, of the AWS files and of your keys, and the
command that fixes each. It changes nothing and asks for nothing; what needs the
network is left out without one. Exit code 1 if it found a problem, else 0."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_mutually_exclusive_group().add_argument
    add("--json", action="store_true", help="for programs: one JSON document")
    add("--check", action="store_true", help="print nothing: the exit code is the answer")


def run(args: argparse.Namespace, interfaces: Interfaces) -> int:
    found = diagnose(interfaces)
    if args.json:
        findings = [{**one._asdict(), "why": one.why} for one in found.findings]
        document = {"version": JSON_VERSION, "findings": findings}
        document |= {"checked": found.checked, "not_checked": found.not_checked}
        sys.stdout.write(f"{json.dumps(document, indent=2)}\n")
    elif not args.check:
        width = shutil.get_terminal_size().columns if sys.stdout.isatty() else sys.maxsize
        print_lines(part for line in _lines(found) for part in _fitting(line, width))
    return AwsMfaError.exit_code if found.findings else 0


def _lines(found: Diagnosis) -> list[str]:
    lines = []
    for one in found.findings:
        lines += [one.what, f"  {one.why}", f"  {HINT}{one.command}", ""]
    count = len(found.findings)
    lines.append("no problem found" if not count else f"{count} problem{'' if count == 1 else 's'} found")
    lines.append(f"checked: {', '.join(found.checked)}")
    return lines + [f"not checked: {what} ({why})" for what, why in found.not_checked.items()]


def _fitting(line: str, width: int) -> list[str]:
    """The line in parts; one with a command is left whole, so that it can be copied."""
    indent = " " * (len(line) - len(line.lstrip()))
    parts = folded(shown_text(line), width - len(indent) - 2)
    return [line] if HINT in line else (indent + f"\n{indent}  ".join(parts)).split("\n")

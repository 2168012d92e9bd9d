"""
argv -> exit code; the only place where errors of subcommands are caught and printed.

Without a subcommand the classic form runs (`cli/classic/run.py`). No traceback reaches a user.
"""

from __future__ import annotations

import importlib
import logging
import sys
from typing import TYPE_CHECKING, Protocol

from aws_mfa.cli.arguments import Parser, cut_at_command, parsed
from aws_mfa.cli.classic import run as classic
from aws_mfa.cli.output import (
    drop_output,
    prepare_output,
    print_failure,
    refuse_closed_output,
    unexpected,
    unwritten,
)
from aws_mfa.cli.wiring import RealInterfaces
from aws_mfa.errors import AwsMfaError, Cancelled

if TYPE_CHECKING:
    import argparse

    from aws_mfa.interfaces import Interfaces

# Group -> command -> (its module in cli/commands, one line of help, an example).
_GROUPS = {
    "every day": {
        "renew": ("renew", "renew many profiles with one code", "aws-mfa renew dev prod"),
        "exec": ("exec_command", "run a command with a session in its environment", "aws-mfa exec prod -- aws s3 ls"),
        "env": ("env", "print a session as shell commands", 'eval "$(aws-mfa env prod)"'),
        "console": ("console", "open the AWS console in the browser, signed in", "aws-mfa console prod --service s3"),
    },
    "once": {
        "setup": ("setup", "store long-term keys in the vault", "aws-mfa setup --profile work"),
        "import": ("import_keys", "move long-term keys from files into the vault", "aws-mfa import --dry-run"),
        "adopt": ("adopt", "let SDKs get the sessions of role profiles from aws-mfa", "aws-mfa adopt prod"),
    },
    "other": {
        "plan": ("plan", "show the STS calls and codes that profiles need, and why", "aws-mfa plan --all"),
        "forget": ("forget", "remove stored sessions", "aws-mfa forget work"),
        "code": ("code", "type the code another process is waiting for", "aws-mfa code"),
        "serve": ("serve", "serve sessions to SDKs on this machine, renewed ahead", "aws-mfa serve work"),
        "credential-process": (
            "credential_process",
            "print a session in the credential_process format",
            "aws-mfa credential-process prod",
        ),
        "demo": ("demo", "see the whole job without an AWS account", "aws-mfa demo"),
    },
}
COMMANDS = {name: found for group in _GROUPS.values() for name, found in group.items()}


class Command(Protocol):
    """
    A module of `cli/commands`.

    `READS_PIPE = False`: it takes no answers from a pipe on standard input.
    `ANNOUNCES = False`: stderr is read only at the end, so a failure prints its one line and nothing else.
    `TAKES_COMMAND = True`: another command follows its arguments; it is `args.command` and never parsed.
    `tell_caller(exit_code, argv, interfaces)`, optional: reports on stdout too that it failed.
    """

    HELP: str

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare flags and positional arguments."""

    def run(self, args: argparse.Namespace, interfaces: Interfaces) -> int:
        """Do it; the exit code."""


def main(argv: list[str]) -> int:
    """Run the command or the classic form; the exit code. Every exception ends as one line on stderr."""
    prepare_output()
    silence_libraries()
    try:
        code = _run(argv)
    except AwsMfaError as error:
        return print_failure(error)
    except KeyboardInterrupt:
        return print_failure(Cancelled("cancelled"))
    except OSError as error:
        drop_output()
        if isinstance(error, BrokenPipeError):
            return 1  # the reader of our output has gone
        return print_failure(unwritten(error) or unexpected(error))
    except Exception as error:  # noqa: BLE001  # the last resort: a bug is reported in one line
        return print_failure(unexpected(error))
    return code


def silence_libraries() -> None:
    """Let libraries log nothing: at DEBUG they log whole requests, and warnings would come between our lines."""
    for library in ("botocore", "urllib3"):
        logging.getLogger(library).setLevel(logging.CRITICAL)


def _run(argv: list[str]) -> int:
    try:
        if argv and argv[0] in COMMANDS:
            refuse_closed_output()
            return _run_command(argv[0], argv[1:])
        return classic.run(argv, RealInterfaces(), commands_help())
    finally:
        # Also when argparse exits after its help: a reader that has gone is noticed while it can be handled.
        sys.stdout.flush()


def commands_help() -> str:
    """The commands in three groups, for `aws-mfa --help`."""
    width = max(map(len, COMMANDS))
    lines = []
    for title, group in _GROUPS.items():
        lines += [f"{title}:", *(f"  {name:{width}}  {text}" for name, (_, text, _) in group.items())]
    return "\n".join(lines)


def _run_command(name: str, argv: list[str]) -> int:
    command: Command = importlib.import_module(f"aws_mfa.cli.commands.{COMMANDS[name][0]}")
    try:
        return _parsed_and_run(command, name, argv)
    except BaseException as error:
        tell_caller = getattr(command, "tell_caller", None)
        exit_code = _exit_code_of(error)
        if tell_caller and exit_code:
            tell_caller(exit_code, argv, RealInterfaces())
        raise


def _parsed_and_run(command: Command, name: str, argv: list[str]) -> int:
    parser = Parser(f"aws-mfa {name}", description=command.HELP, epilog=f"example:\n  {COMMANDS[name][2]}")
    command.add_arguments(parser)
    own, rest = cut_at_command(parser, argv) if getattr(command, "TAKES_COMMAND", False) else (argv, [])
    args = parsed(parser, own)
    args.command = rest
    interfaces = RealInterfaces(
        reads_pipe=getattr(command, "READS_PIPE", True),
        asks_on_stdout=False,
        never_asks=getattr(args, "no_input", False),
        announces=getattr(command, "ANNOUNCES", True),
        use_keychain=not getattr(args, "no_keychain", False),
    )
    exit_code = command.run(args, interfaces)
    if exit_code == 0:
        interfaces.say_what_was_held_back()
    return exit_code


def _exit_code_of(error: BaseException) -> int:
    if isinstance(error, SystemExit):  # of argparse: after its help, or for wrong usage
        return error.code if isinstance(error.code, int) else 0
    if isinstance(error, KeyboardInterrupt):
        return Cancelled.exit_code
    return error.exit_code if isinstance(error, AwsMfaError) else AwsMfaError.exit_code

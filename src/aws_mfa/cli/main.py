"""
argv -> exit code; the only place where our errors of subcommands are caught and printed.

Without a subcommand the classic form speaks (`cli/classic.py`). No traceback reaches a user.
"""

from __future__ import annotations

import importlib
import logging
import os
import sys
import traceback
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol

from aws_mfa.cli import classic
from aws_mfa.cli.arguments import Parser, cut_at_command, parsed
from aws_mfa.cli.standard_output import drop_output, prepare_output, refuse_closed_output, unwritten
from aws_mfa.cli.wiring import RealOutside
from aws_mfa.errors import AwsMfaError, Cancelled
from aws_mfa.rules.shown_text import shown_text

if TYPE_CHECKING:
    import argparse

    from aws_mfa.workflows.outside import Outside

# Command -> (its module in cli/commands, one line of help).
COMMANDS = {
    "setup": ("setup", "store long-term keys in the vault"),
    "import": ("import_keys", "move long-term keys from files into the vault"),
    "plan": ("plan", "show the STS calls and codes that profiles need, and why"),
    "renew": ("renew", "renew many profiles with one code"),
    "exec": ("exec_command", "run a command with a session in its environment"),
    "env": ("env", "print a session for the shell that asks"),
    "credential-process": ("credential_process", "hand a session to an SDK, as credential_process wants it"),
    "code": ("code", "answer a question for a code that waits in another process"),
    "console": ("console", "open the AWS console in the browser, signed in"),
    "serve": ("serve", "serve sessions to SDKs on this machine, renewed ahead"),
    "forget": ("forget", "remove stored sessions"),
    "adopt": ("adopt", "let SDKs get the sessions of role profiles from aws-mfa"),
    "demo": ("demo", "see the whole job without an AWS account"),
}

_REPORT = "report it, with the command you typed: https://github.com/aws-mfa/aws-mfa/issues"


class Command(Protocol):
    """
    A module of `cli/commands`. With `READS_PIPE = False` it takes no answers from a pipe on standard input.

    With `ANNOUNCES = False` stderr is read when all is over: beside a failure nothing else is said there.
    With `TAKES_COMMAND = True` another command stands behind its arguments: `args.command`, never looked at.
    `tell_caller(exit_code, argv, outside)`, where it has one, says on stdout too that it failed.
    """

    HELP: str

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare flags and positional arguments."""

    def run(self, args: argparse.Namespace, outside: Outside) -> int:
        """Do it; the exit code."""


def main(argv: list[str]) -> int:
    """Run the command or the classic form, and see that nothing but our own words comes out."""
    prepare_output()
    silence_libraries()
    try:
        code = _run(argv)
    except AwsMfaError as error:
        return _failed(error)
    except KeyboardInterrupt:
        return _failed(Cancelled("cancelled"))
    except OSError as error:
        drop_output()
        if isinstance(error, BrokenPipeError):
            return 1  # whoever read our output has gone
        return _failed(unwritten(error) or _unexpected(error))
    except Exception as error:  # noqa: BLE001  # the last door: a bug of ours is told in one line
        return _failed(_unexpected(error))
    return code


def silence_libraries() -> None:
    """Let libraries log nothing: at DEBUG it is whole requests, and warnings would stand between our lines."""
    for library in ("botocore", "urllib3"):
        logging.getLogger(library).setLevel(logging.CRITICAL)


def _run(argv: list[str]) -> int:
    try:
        if argv and argv[0] in COMMANDS:
            refuse_closed_output()
            return _run_command(argv[0], argv[1:])
        return classic.run(argv, RealOutside(), commands_help())
    finally:
        # Here, also when argparse leaves after its help: a reader that has gone is noticed while it can be handled.
        sys.stdout.flush()


def commands_help() -> str:
    """The list of commands, for `aws-mfa --help`."""
    width = max(map(len, COMMANDS))
    lines = [f"  {name:{width}}  {text}" for name, (_, text) in COMMANDS.items()]
    return "\n".join(["commands:", *lines, "", "aws-mfa COMMAND --help tells more"])


def _run_command(name: str, argv: list[str]) -> int:
    command: Command = importlib.import_module(f"aws_mfa.cli.commands.{COMMANDS[name][0]}")
    try:
        return _parsed_and_run(command, name, argv)
    except BaseException as error:
        tell_caller = getattr(command, "tell_caller", None)
        exit_code = _exit_code_of(error)
        if tell_caller and exit_code:
            tell_caller(exit_code, argv, RealOutside())
        raise


def _parsed_and_run(command: Command, name: str, argv: list[str]) -> int:
    parser = Parser(f"aws-mfa {name}", description=command.HELP)
    command.add_arguments(parser)
    own, rest = cut_at_command(parser, argv) if getattr(command, "TAKES_COMMAND", False) else (argv, [])
    args = parsed(parser, own)
    args.command = rest
    outside = RealOutside(
        reads_pipe=getattr(command, "READS_PIPE", True),
        asks_on_stdout=False,
        never_asks=getattr(args, "no_input", False),
        announces=getattr(command, "ANNOUNCES", True),
        use_keychain=not getattr(args, "no_keychain", False),
    )
    exit_code = command.run(args, outside)
    if exit_code == 0:
        outside.say_what_was_held_back()
    return exit_code


def _exit_code_of(error: BaseException) -> int:
    if isinstance(error, SystemExit):  # of argparse: after its help, or for wrong usage
        return error.code if isinstance(error.code, int) else 0
    if isinstance(error, KeyboardInterrupt):
        return Cancelled.exit_code
    return error.exit_code if isinstance(error, AwsMfaError) else AwsMfaError.exit_code


def _failed(error: AwsMfaError) -> int:
    lines = [f"aws-mfa: {error.message}", *error.hint_lines]
    with suppress(OSError):  # the exit code says it all the same
        print("\n".join(map(shown_text, lines)), file=sys.stderr)  # noqa: T201  # the one printer of failures
    return error.exit_code


def _unexpected(error: Exception) -> AwsMfaError:
    """Its class alone: its text may quote what a secret stood in."""
    return AwsMfaError(f"unexpected {type(error).__name__}{_place_of(error)}: this is a bug", _REPORT)


def _place_of(error: BaseException) -> str:
    """File and line of our own code where it came from: no value, no path of this machine."""
    frames = list(traceback.walk_tb(error.__traceback__))
    return f" in {os.path.basename(frames[-1][0].f_code.co_filename)}, line {frames[-1][1]}" if frames else ""

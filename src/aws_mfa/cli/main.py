"""
Runs a subcommand, or the classic form (`cli/classic/run.py`) if there is none, and returns the exit code.

The only place that catches and prints the errors of subcommands: no traceback reaches a user.
"""

from __future__ import annotations

import gc
import importlib
import logging
import sys
import warnings
from typing import TYPE_CHECKING, Protocol

from aws_mfa.aws_values.text import shown_text
from aws_mfa.cli.arguments import JSON_ERRORS, Parser, cut_at_command, parsed
from aws_mfa.cli.classic import run as classic
from aws_mfa.cli.classic.flags import classic_parser
from aws_mfa.cli.output import JSON, ONE_LINE, TEXT, prepare_output, refuse_closed_output, report
from aws_mfa.cli.wiring import RealInterfaces
from aws_mfa.system.core_dumps import forbid_core_dumps

if TYPE_CHECKING:
    import argparse

    from aws_mfa.interfaces import Interfaces

# Group -> command -> (module in cli/commands, one line of help, example).
_GROUPS = {
    "every day": {
        "renew": ("renew", "renew many profiles with one code", "aws-mfa renew dev prod"),
        "exec": ("exec_command", "run a command with a session in its environment", "aws-mfa exec prod -- aws s3 ls"),
        "env": ("env", "print a session as shell commands", 'eval "$(aws-mfa env prod)"'),
        "status": ("status", "show all profiles, and how long their sessions are good", "aws-mfa status"),
        "console": ("console", "open the AWS console in the browser, signed in", "aws-mfa console prod --service s3"),
    },
    "once": {
        "setup": ("setup", "store long-term keys in the vault", "aws-mfa setup --profile work"),
        "import": ("import_keys", "move long-term keys from files into the vault", "aws-mfa import --dry-run"),
        "enroll": ("enroll", "make a phone an MFA device, by a QR code here", "aws-mfa enroll work"),
        "adopt": ("adopt", "let SDKs get the sessions of role profiles from aws-mfa", "aws-mfa adopt prod"),
        "agent": ("agent", "print or write the settings of a coding agent", "aws-mfa agent setup claude dev"),
        "completion": ("completion", "complete commands and profiles in the shell", "aws-mfa completion --install"),
    },
    "other": {
        "plan": ("plan", "show the STS calls and codes that profiles need, and why", "aws-mfa plan --all"),
        "devices": ("devices", "list MFA devices, and whether STS accepts their codes", "aws-mfa devices work"),
        "doctor": ("doctor", "find problems, and the commands that fix them", "aws-mfa doctor"),
        "whoami": ("whoami", "ask AWS whose session a profile's is", "aws-mfa whoami prod"),
        "history": ("history", "show who took which session, when, and from where", "aws-mfa history --since 2d"),
        "forget": ("forget", "remove stored sessions", "aws-mfa forget work"),
        "rotate": ("rotate", "replace long-term keys by new ones", "aws-mfa rotate work --grace 7"),
        "vault": ("vault", "list, move or remove long-term keys in the vaults", "aws-mfa vault list"),
        "code": ("code", "type the code another process is waiting for", "aws-mfa code"),
        "serve": ("serve", "serve sessions to SDKs on this machine, renewed ahead", "aws-mfa serve work"),
        "credential-process": ("credential_process", "print a session for SDKs", "aws-mfa credential-process prod"),
        "demo": ("demo", "see the whole job without an AWS account", "aws-mfa demo"),
    },
}
COMMANDS = {name: found for group in _GROUPS.values() for name, found in group.items()}


class Command(Protocol):
    """
    A module of `cli/commands`.

    `READS_PIPE = False`: it takes no answers from a pipe on standard input.
    `ANNOUNCES = False`: its caller shows stderr only after a failure, so it prints one line, for the failure.
    `TAKES_COMMAND = True`: another command follows its arguments; that is `args.command`, which is not parsed.
    `report_failure(exit_code, argv, interfaces)`, optional: prints on stdout that the command failed.
    """

    HELP: str

    def add_arguments(self, parser: argparse.ArgumentParser) -> None: ...

    def run(self, args: argparse.Namespace, interfaces: Interfaces) -> int: ...


def main(argv: list[str]) -> int:
    """Run the command or the classic form; return the exit code. Every exception ends as one line on stderr."""
    prepare_output()
    forbid_core_dumps()
    silence_libraries()
    gc.set_threshold(50_000)  # a plan of 10 000 profiles makes 300 000 objects: searching them takes a tenth
    try:
        return _run(argv)
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001  # the last resort: a bug is reported in one line
        return report(error)


def silence_libraries() -> None:
    """Libraries log nothing: at DEBUG they log whole requests, and their warnings would mix with our lines."""
    for library in ("botocore", "urllib3"):
        logging.getLogger(library).setLevel(logging.CRITICAL)
    if sys.warnoptions:  # PYTHONWARNINGS=error, meant for another program, would end this one
        warnings.simplefilter("ignore")


def _run(argv: list[str]) -> int:
    try:
        if argv and argv[0] in COMMANDS:
            refuse_closed_output()
            return _run_command(argv[0], argv[1:])
        return classic.run(argv, RealInterfaces(), commands_help())
    finally:
        sys.stdout.flush()  # here, where a closed pipe can still be handled; also when argparse exits after its help


def commands_help() -> str:
    width = max(map(len, COMMANDS))
    lines = []
    for title, group in _GROUPS.items():
        lines += [f"{title}:", *(f"  {name:{width}}  {text}" for name, (_, text, _) in group.items())]
    return "\n".join(lines)


def _module_of(name: str) -> Command:
    return importlib.import_module(f"aws_mfa.cli.commands.{COMMANDS[name][0]}")


def whole_parser(*, is_brief: bool = False) -> Parser:
    """All parsers as one tree, for what describes the tool; `is_brief`: with one line for each command."""
    root = classic_parser("")
    commands = root.add_subparsers(title="commands", metavar="COMMAND", prog="aws-mfa")
    for name, (_, line, _) in COMMANDS.items():
        command = _module_of(name)
        parser = commands.add_parser(name, help=line, description=line if is_brief else command.HELP)
        command.add_arguments(parser)
        if getattr(command, "TAKES_COMMAND", False):
            parser.add_argument("command", nargs="...", metavar="COMMAND", help="the command and its arguments")
    return root


def _run_command(name: str, argv: list[str]) -> int:
    command = _module_of(name)
    parser = Parser(f"aws-mfa {name}", description=command.HELP, epilog=f"example:\n  {COMMANDS[name][2]}")
    command.add_arguments(parser)
    own, rest = cut_at_command(parser, argv) if getattr(command, "TAKES_COMMAND", False) else (argv, [])
    parser.raises = JSON_ERRORS in own  # also if parsing fails
    form = JSON if parser.raises else TEXT if getattr(command, "ANNOUNCES", True) else ONE_LINE
    exit_code = 1
    try:
        exit_code = _parsed_and_run(command, parser, own, rest)
        sys.stdout.flush()  # a failure of it is one of the command
    except SystemExit as ended:  # raised by argparse after its help, or for wrong usage; by a signal
        exit_code = int(ended.code or 0)
        raise
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001  # the last resort: a bug is reported in one line
        exit_code = report(error, form)
    finally:
        if exit_code and hasattr(command, "report_failure"):
            command.report_failure(exit_code, argv, RealInterfaces())
    return exit_code


def _parsed_and_run(command: Command, parser: Parser, own: list[str], rest: list[str]) -> int:
    args = parsed(parser, own)
    args.command = rest
    interfaces = RealInterfaces(
        reads_pipe=getattr(command, "READS_PIPE", True),
        asks_on_stdout=False,
        never_asks=getattr(args, "no_input", False),
        announces=getattr(command, "ANNOUNCES", True),
        use_keychain=not getattr(args, "no_keychain", False),
        given_agent=getattr(args, "agent", None),
        command=parser.prog.partition(" ")[2],
    )
    exit_code = command.run(args, interfaces)
    if exit_code == 0:  # a run that failed prints its one line only
        sys.stderr.write("".join(f"{shown_text(text)}\n" for text in interfaces.shared.held_back))
    return exit_code

"""`aws-mfa env`: a profile's session as commands of a shell; if it fails, a line that makes `eval` fail too."""

from __future__ import annotations

import io
import signal
import sys
from contextlib import contextmanager, suppress
from itertools import pairwise
from shlex import quote
from typing import TYPE_CHECKING

from aws_mfa.cli.options import add_hand_over_arguments, handed_over
from aws_mfa.cli.output import refuse_escapes
from aws_mfa.errors import BadInput
from aws_mfa.handover.environment import change_back, change_for, session_variables
from aws_mfa.handover.shell_lines import CMD, FISH, FORMS, JSON, NAMED, POWERSHELL, SH, failure_line, form_for, lines_of

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Iterator
    from types import FrameType

    from aws_mfa.interfaces import Interfaces

# In `while read line; do eval "$(aws-mfa env work)"; ...` standard input is the loop's; --token-stdin reads it.
READS_PIPE = False

HELP = """\
Print the session of a profile as shell commands:

  sh, bash, zsh:  eval "$(aws-mfa env prod)"
  fish:           aws-mfa env prod | source
  PowerShell:     aws-mfa env prod | Out-String | Invoke-Expression
  cmd:            for /f "delims=" %i in ('aws-mfa env prod') do @%i

The commands are those of the calling shell, or of --shell. dotenv is for docker
compose and python-dotenv, json for programs. A code is asked for on the
terminal, even if stdout is redirected. `aws-mfa env --unset` removes it all."""

_HOW_TO_USE = {
    SH: 'eval "$(aws-mfa env {words})"',
    FISH: "aws-mfa env {words} | source",
    POWERSHELL: "aws-mfa env {words} | Out-String | Invoke-Expression",
    CMD: "for /f \"delims=\" %i in ('aws-mfa env {words}') do @%i",
}
_KILLED = 128  # shells: 128 + the signal


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("profile", metavar="PROFILE", nargs="?", help="a profile, or a role's ARN")
    parser.add_argument("--shell", type=NAMED.get, choices=FORMS, help="shell or format (default: the calling shell)")
    parser.add_argument("--unset", action="store_true", help="print what removes the variables; needs no PROFILE")
    add_hand_over_arguments(parser)


def run(args: argparse.Namespace, interfaces: Interfaces) -> int:
    """Print the lines; after a signal `SystemExit` with the exit code that shells give for it."""
    with exiting_on_signals(("SIGTERM", "SIGHUP")):
        form = args.shell or form_of_caller(interfaces)
        if form != JSON:
            refuse_escapes(args.profile or "")
        if args.unset:
            change = change_back(interfaces.environ)
        elif args.profile is None:
            raise BadInput("whose session? PROFILE is missing", "aws-mfa env PROFILE")
        else:
            session, plan = handed_over(args, interfaces)
            own, region = plan.child_regions(args.profile, interfaces.environ)
            change = change_for(own, session_variables(session), region, args.profile)
        write_lines(lines_of(change, form), form)
        if form in _HOW_TO_USE and sys.stdout.isatty():
            words = "--unset" if args.unset else quote(args.profile)
            interfaces.say(f"hint: these lines are for the shell: {_HOW_TO_USE[form].format(words=words)}")
    return 0


def report_failure(exit_code: int, argv: list[str], interfaces: Interfaces) -> None:
    """Print a line that makes the shell fail too; --shell is searched in argv, which may not have been parsed."""
    if sys.stdout.isatty():
        return
    words = [part for word in argv for part in (word.split("=", 1) if word.startswith("--shell=") else [word])]
    given = [NAMED[name] for flag, name in pairwise(words) if flag == "--shell" and name in NAMED]
    with suppress(BadInput, OSError):
        form = given[-1] if given else form_of_caller(interfaces)
        write_lines(failure_line(exit_code, form), form)


@contextmanager
def exiting_on_signals(names: Iterable[str]) -> Iterator[None]:
    """On a signal that would kill the process raise `SystemExit` with the exit code of shells; ignored ones stay so."""
    found = {number: signal.getsignal(number) for number in (getattr(signal, name, None) for name in names) if number}
    # None is a handler that Python cannot restore, such as faulthandler's for SIGABRT.
    earlier = {number: handler for number, handler in found.items() if handler not in (signal.SIG_IGN, None)}

    def leave(number: int, frame: FrameType | None) -> None:
        del frame
        for each in earlier:
            signal.signal(each, signal.SIG_IGN)  # a closing terminal sends several
        sys.exit(_KILLED + number)

    for number in earlier:
        signal.signal(number, leave)
    try:
        yield
    finally:
        for number, handler in earlier.items():
            if signal.getsignal(number) is leave:  # none came
                signal.signal(number, handler)


def form_of_caller(interfaces: Interfaces) -> str:
    return form_for(interfaces.callers, interfaces.environ, on_windows=sys.platform == "win32")


def write_lines(text: str, form: str) -> None:
    if form not in (POWERSHELL, CMD) and isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(newline="\n")  # on Windows too: POSIX shells take a \r as part of the command
    refuse_escapes(text)
    sys.stdout.write(text)
    sys.stdout.flush()

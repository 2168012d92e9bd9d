"""
Handles a stdout or stderr that is closed, full, or unable to encode a character, and prints failures.

Prints nothing else.
"""

from __future__ import annotations

import errno
import io
import os
import sys
import traceback
from contextlib import suppress

from aws_mfa.aws_values.text import shown_text
from aws_mfa.errors import AwsMfaError

_OUR_PACKAGE = "aws_mfa.cli."
_REPORT = "report it, with the command you typed: https://github.com/aws-mfa/aws-mfa/issues"


def prepare_output() -> None:
    """
    Drop what is printed on a closed stdout or stderr; escape characters that they cannot encode.

    Without a stderr, `print(..., file=None)` would print its text on stdout, among the data.
    """
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115  # for as long as we run
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def refuse_closed_output() -> None:
    """Writes to a closed stdout fail from now on: for a command lost data is a failure, a lost log is not."""
    if sys.__stdout__ is None:
        sys.stdout = _ClosedOutput()


def drop_output() -> None:
    """Send stdout to the null device from now on: else the interpreter flushes again at its end, and complains."""
    with suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def unwritten(error: OSError) -> AwsMfaError | None:
    """
    Return the failure if writing to standard output raised the error, else None.

    It did if the error was raised in `aws_mfa.cli`, which writes to stdout and opens no file.
    """
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    if error.filename is not None or not frames[-1].f_globals["__name__"].startswith(_OUR_PACKAGE):
        return None
    return AwsMfaError(f"standard output: {error.strerror}")


def print_failure(error: AwsMfaError) -> int:
    """Print message and hints on stderr; return the exit code."""
    lines = [f"aws-mfa: {error.message}", *error.hint_lines]
    with suppress(OSError):  # the exit code still reports the failure
        print("\n".join(map(shown_text, lines)), file=sys.stderr)  # noqa: T201  # the one printer of failures
    return error.exit_code


def unexpected(error: Exception) -> AwsMfaError:
    """Name only class, file and line of a bug's exception: its text may quote a secret, and a path the user's name."""
    frames = list(traceback.walk_tb(error.__traceback__))
    place = f" in {os.path.basename(frames[-1][0].f_code.co_filename)}, line {frames[-1][1]}" if frames else ""
    return AwsMfaError(f"unexpected {type(error).__name__}{place}: this is a bug", _REPORT)


class _ClosedOutput(io.TextIOBase):
    def write(self, text: str) -> int:
        del text
        raise OSError(errno.EBADF, "it is closed")

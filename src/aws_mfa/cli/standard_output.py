"""
Standard output and standard error as the commands find them: closed, full, unable to spell a character.

Owns what becomes of text that cannot be written, and how that is told. Refuses to write anything itself.
"""

from __future__ import annotations

import errno
import io
import os
import sys
import traceback
from contextlib import suppress

from aws_mfa.errors import AwsMfaError

_OUR_ROOM = "aws_mfa.cli."


def prepare_output() -> None:
    """
    What is said on a closed stdout or stderr is dropped; a character that they cannot spell is escaped, never fatal.

    `print(..., file=None)` would put what was meant for stderr among the data.
    """
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115  # for as long as we run
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def refuse_closed_output() -> None:
    """Let a write to a stdout that was closed fail from now on: data that nobody gets are a failure, a log is none."""
    if sys.__stdout__ is None:
        sys.stdout = _ClosedOutput()


def drop_output() -> None:
    """Write nowhere from now on: the interpreter would try again at its end, and complain."""
    with suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def unwritten(error: OSError) -> AwsMfaError | None:
    """
    Return the failure, if it was standard output that failed.

    It was where the error came up among the commands: they write to it, and open no file.
    """
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    if error.filename is not None or not frames[-1].f_globals["__name__"].startswith(_OUR_ROOM):
        return None
    return AwsMfaError(f"standard output: {error.strerror}")


class _ClosedOutput(io.TextIOBase):
    def write(self, text: str) -> int:
        """Refuse."""
        del text
        raise OSError(errno.EBADF, "it is closed")

"""
Handles a stdout or stderr that is closed, full, or unable to encode a character, and prints failures.

Prints nothing else. Data that stdout does not take is a failure; a line that stderr does not take is dropped.
"""

from __future__ import annotations

import errno
import io
import json
import os
import sys
import traceback
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from aws_mfa.aws_values.text import shown_text
from aws_mfa.command_lines import quote, set_variables
from aws_mfa.errors import AwsMfaError, BadInput, Cancelled, NotSetUp

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import TextIO

TEXT, ONE_LINE, JSON = "text", "one line", "json"  # forms of a failure
_OUR_PACKAGE = "aws_mfa.cli."
_REPORT = "report it, with the command you typed: https://github.com/aws-mfa/aws-mfa/issues"


def prepare_output() -> None:
    """Drop what is printed on a closed stdout or stderr; escape characters that they cannot encode."""
    for name in ("stdout", "stderr"):  # without a stderr, `print(..., file=None)` would print among the data
        if getattr(sys, name) is None:
            setattr(sys, name, _null_device())
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    if not isinstance(sys.stderr, Notices):
        sys.stderr = Notices(sys.stderr)


def _null_device() -> TextIO:
    return open(os.devnull, "w", encoding="utf-8")  # for as long as we run


class Notices:
    """
    In place of `sys.stderr`: after a write that fails, everything goes to the null device, also what is still buffered.

    A full disk or a log reader that has ended decides no exit code: Python's own flush at the end would make it 120.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        try:
            return self._stream.write(text)
        except (OSError, ValueError):  # ValueError: it was closed
            self._stream = _null_device()
            return len(text)

    def flush(self) -> None:
        try:
            self._stream.flush()
        except (OSError, ValueError):
            self._stream = _null_device()

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  # whatever the stream has
        return getattr(self._stream, name)


def refuse_closed_output() -> None:
    """Writes to a closed stdout fail from now on: for a command lost data is a failure, a lost log is not."""
    if sys.__stdout__ is None:
        sys.stdout = _ClosedOutput()


def drop_output() -> None:
    """Send stdout to the null device from now on: else the interpreter flushes again at its end, and complains."""
    with suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def unwritten(error: OSError) -> AwsMfaError | None:
    """The failure if writing to stdout raised it, as an error of `aws_mfa.cli`, which opens no file; else None."""
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    if error.filename is not None or not frames[-1].f_globals["__name__"].startswith(_OUR_PACKAGE):
        return None
    return AwsMfaError(f"standard output: {error.strerror}")


def escaped(text: str) -> str:
    """The text with escapes for what stdout's encoding lacks, as `prepare_output` writes them."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    return text.encode(encoding, "backslashreplace").decode(encoding)


def refuse_escapes(text: str) -> None:
    """Raise `BadInput` if stdout's encoding lacks a character: a shell would take the escape as it is."""
    if escaped(text) != text:
        message = f"standard output cannot hold this profile's name or variables: its encoding is {sys.stdout.encoding}"
        raise BadInput(message, "let a program read them: --shell json", f"or: {set_variables(PYTHONUTF8='1')}")


def print_lines(lines: Iterable[str]) -> None:
    """Print results on stdout, at once, so that lines on stderr come before and after them in their order."""
    sys.stdout.write("".join(f"{shown_text(line)}\n" for line in lines))
    sys.stdout.flush()


def report(error: Exception | KeyboardInterrupt, form: str = TEXT) -> int:
    """Print what ended a run, and return its exit code."""
    if isinstance(error, OSError):
        drop_output()
        if isinstance(error, BrokenPipeError) and form != JSON:
            return 1  # the reader of our output has ended
        error = unwritten(error) or unexpected(error)
    elif isinstance(error, KeyboardInterrupt):
        error = Cancelled("cancelled")
    return print_failure(error if isinstance(error, AwsMfaError) else unexpected(error), form)


def print_failure(error: AwsMfaError, form: str = TEXT, **more: object) -> int:
    """Return the exit code; `more` adds to the fields of the JSON."""
    lines = [f"aws-mfa: {error.message}", *error.hint_lines]
    if form == ONE_LINE:
        lines = ["; ".join([lines[0], *error.hints[:1]])]
    elif form == JSON:
        lines = [json.dumps({"version": 1, **error_fields(error), **more})]
    with suppress(OSError):  # the exit code still reports the failure
        print("\n".join(map(shown_text, lines)), file=sys.stderr)  # noqa: T201  # the one printer of failures
    return error.exit_code


def error_fields(error: AwsMfaError | None) -> dict[str, object]:
    if error is None:
        return {"error": None, "exit_code": None, "message": None, "hints": [], "run": None}
    fields = {"error": type(error).__name__, "exit_code": error.exit_code, "message": error.message}
    return {**fields, "hints": list(error.hints), "run": error.command}


def print_failures(failures: Mapping[str, AwsMfaError], exit_code: int) -> int:
    """As JSON for a command of many profiles: the failure that decides its exit code, and each profile's."""
    decisive = next(error for error in failures.values() if error.exit_code == exit_code)
    profiles = [{"profile": name, **error_fields(error)} for name, error in failures.items()]
    return print_failure(decisive, JSON, profiles=profiles)


def unexpected(error: Exception) -> AwsMfaError:
    """Name only class, file and line of a bug's exception: its text may quote a secret, and a path the user's name."""
    library = (error.name or "").partition(".")[0] if isinstance(error, ImportError) else ""
    if library and not library.startswith("aws_mfa"):
        hint = f"install aws-mfa again, or only this: {quote(sys.executable)} -m pip install {library}"
        return NotSetUp(f"the library {library} cannot be loaded", hint)
    if isinstance(error, MemoryError):
        return AwsMfaError("out of memory", "free some, or raise the limit (ulimit -v, the container's)")
    frames = list(traceback.walk_tb(error.__traceback__))
    place = f" in {os.path.basename(frames[-1][0].f_code.co_filename)}, line {frames[-1][1]}" if frames else ""
    return AwsMfaError(f"unexpected {type(error).__name__}{place}: this is a bug", _REPORT)


class _ClosedOutput(io.TextIOBase):
    def write(self, text: str) -> int:
        del text
        raise OSError(errno.EBADF, "it is closed")

"""
What the user or another program gives: a file, or standard input for `-`, read whole and never written; or one line.

Refuses what is too large to be a few keys. Of a pipe that gives a line no more is read: its writer may leave it open,
and what follows is for another program. No byte gets into a message.
"""

from __future__ import annotations

import os
import stat
import sys
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from aws_mfa.errors import BadInput, NeedsHuman
from aws_mfa.system.threads import NoAnswer, answer_within

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import BinaryIO

STDIN = "-"
LARGEST = 1024 * 1024
_LONGEST_LINE = 4096
_LIMIT_S = 90.0  # many agents stop a command after two minutes
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


def read_line(fd: int, most_bytes: int) -> bytes:
    """The next line with its end, or what comes before the end of input or the limit."""
    line = b""
    while len(line) <= most_bytes and not line.endswith(b"\n"):
        byte = os.read(fd, 1)
        if not byte:
            break
        line += byte
    if line.startswith(_UTF_16[0]) and line.endswith(b"\n"):
        line += os.read(fd, 1)  # the second half of the line's end
    return line


def read_line_in_time(fd: int, most_bytes: int) -> bytes:
    """`read_line` of standard input; says on stderr that it waits, and raises `NeedsHuman` if none comes in time."""
    say = partial(print, f"waiting {_LIMIT_S:g} s for a line on standard input", file=sys.stderr)
    try:
        return answer_within(_LIMIT_S, partial(read_line, fd, most_bytes), on_delay=say)
    except NoAnswer:
        raise NeedsHuman(f"nothing came on standard input within {_LIMIT_S:g} s", "pipe the answer in") from None


def text_of_line(line: bytes) -> str:
    """The line without its end and without the BOM that Windows PowerShell writes; raises `UnicodeDecodeError`."""
    return line.decode("utf-16" if line.startswith(_UTF_16) else "utf-8-sig").rstrip("\r\n")


class GivenDocument:
    """Implements the Protocol `Document`."""

    def __init__(self, path: str) -> None:
        self._path = path
        self.name = "standard input" if path == STDIN else path

    def read(self) -> str:
        """Its text, a BOM included; `BadInput` if it cannot be read, is not text, or is larger than 1 MiB."""
        data = self._read(lambda file: file.read(LARGEST + 1))
        if len(data) > LARGEST:
            raise BadInput(f"{self.name} is larger than 1 MiB", "give a file that holds nothing else")
        try:
            # Windows PowerShell writes UTF-16 if output is redirected.
            return data.decode("utf-16" if data.startswith(_UTF_16) else "utf-8")
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
        # Outside the handler: the error holds the file's bytes.
        raise BadInput(f"{self.name}, line {line}: bytes that are not UTF-8", "save it as UTF-8")

    def read_line(self) -> str:
        # Not through the stream's buffer: it would take what follows as well.
        line = self._read(lambda file: read_line_in_time(file.fileno(), _LONGEST_LINE))
        with suppress(UnicodeDecodeError):
            return text_of_line(line)
        raise BadInput(f"{self.name}: bytes that are not UTF-8", "save it as UTF-8")

    def _read(self, read: Callable[[BinaryIO], bytes]) -> bytes:
        if self._path == STDIN and sys.stdin is None:
            raise BadInput("standard input is closed", "give the file's name instead of -")
        try:
            if self._path == STDIN:
                return read(sys.stdin.buffer)
            with open(self._path, "rb") as file:
                return read(file)
        except OSError as error:
            raise BadInput(f"cannot read {self.name}: {error.strerror}") from None

    def is_same_file(self, path: str) -> bool:
        """Whether `path` leads to this very file."""
        try:
            return self._path != STDIN and os.path.samefile(self._path, path)
        except OSError:
            return False

    def others_may_read(self) -> bool:
        """Whether its mode lets group or others in; False for standard input, pipes and on Windows."""
        with suppress(OSError):
            if self._path != STDIN and os.name != "nt":
                mode = os.stat(self._path).st_mode
                return stat.S_ISREG(mode) and bool(mode & _OTHERS)
        return False

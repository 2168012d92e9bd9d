"""
A file that a person named, or standard input for `-`: read whole, once, and never written.

A pipe is welcome (`<(...)`); what is too large to be a few keys is not. No byte of it gets into a message.
"""

from __future__ import annotations

import os
import stat
import sys

from aws_mfa.errors import BadInput

STDIN = "-"
LARGEST = 1024 * 1024
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


class GivenDocument:
    """Fulfils the Protocol `Document`."""

    def __init__(self, path: str) -> None:
        self._path = path

    @property
    def name(self) -> str:
        """For messages."""
        return "standard input" if self._path == STDIN else self._path

    def read(self) -> str:
        """Its text, a BOM included; `BadInput` for what cannot be read, is no text, or far too large."""
        try:
            data = self._bytes()
        except OSError as error:
            raise BadInput(f"cannot read {self.name}: {error.strerror}") from None
        if len(data) > LARGEST:
            raise BadInput(f"{self.name} is larger than any file of keys", "give the file that holds the keys alone")
        try:
            # Windows PowerShell writes UTF-16 where output is redirected.
            return data.decode("utf-16" if data.startswith(_UTF_16) else "utf-8")
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
        # Outside the handler: the error holds the file's bytes.
        raise BadInput(f"{self.name}, line {line}: bytes that are not UTF-8", "save it as UTF-8")

    def is_same_file(self, path: str) -> bool:
        """Whether `path` leads to this very file."""
        try:
            return self._path != STDIN and os.path.samefile(self._path, path)
        except OSError:
            return False

    def others_may_read(self) -> bool:
        """Whether its mode lets group or others in; False where modes say nothing."""
        if self._path == STDIN or os.name == "nt":
            return False
        try:
            found = os.stat(self._path)
        except OSError:
            return False
        return stat.S_ISREG(found.st_mode) and bool(found.st_mode & _OTHERS)

    def _bytes(self) -> bytes:
        if self._path != STDIN:
            with open(self._path, "rb") as file:
                return file.read(LARGEST + 1)
        if sys.stdin is None:
            raise BadInput("standard input is closed", "give the file's name instead of -")
        return sys.stdin.buffer.read(LARGEST + 1)

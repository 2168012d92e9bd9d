"""
A file that the user named, or standard input for `-`: read whole, once, and never written.

Accepts pipes (`<(...)`), refuses what is too large to be a few keys. No byte of it gets into a message.
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
    """Implements the Protocol `Document`."""

    def __init__(self, path: str) -> None:
        self._path = path
        self.name = "standard input" if path == STDIN else path

    def read(self) -> str:
        """Its text, a BOM included; `BadInput` if it cannot be read, is not text, or is larger than 1 MiB."""
        try:
            if self._path != STDIN:
                with open(self._path, "rb") as file:
                    data = file.read(LARGEST + 1)
            elif sys.stdin is None:
                raise BadInput("standard input is closed", "give the file's name instead of -")
            else:
                data = sys.stdin.buffer.read(LARGEST + 1)
        except OSError as error:
            raise BadInput(f"cannot read {self.name}: {error.strerror}") from None
        if len(data) > LARGEST:
            raise BadInput(f"{self.name} is larger than any file of keys", "give a file that holds only the keys")
        try:
            # Windows PowerShell writes UTF-16 if output is redirected.
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
        """Whether its mode lets group or others in; False for standard input, pipes and on Windows."""
        if self._path == STDIN or os.name == "nt":
            return False
        try:
            found = os.stat(self._path)
        except OSError:
            return False
        return stat.S_ISREG(found.st_mode) and bool(found.st_mode & _OTHERS)

"""
The file that holds the endpoint's token: 0600 in a private folder, removed when the server ends.

The server keeps the file open and locked: a file without a lock was left by a server that was killed, whatever its
process id means by now. No newline at its end: SDKs send the content unchanged, and refuse one.
"""

from __future__ import annotations

import os
import secrets
import stat
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from aws_mfa.errors import NotSetUp
from aws_mfa.system.ownership import OWNER_ONLY, make_private
from aws_mfa.system.private_files import FolderHandle

if sys.platform != "win32":
    import fcntl

if TYPE_CHECKING:
    from typing_extensions import Self

    from aws_mfa.model import Secret

_PREFIX, _SUFFIX = "endpoint-", ".token"
_NEW_FILE = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
_FOUND_FILE = os.O_RDWR | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
# A younger file does not count as a leftover: it may have been created and not yet locked.
_LEFTOVER_AGE_S = 10


class TokenFile:
    """A context manager: inside it the file at `path` holds the token. `NotSetUp` if it cannot be written."""

    def __init__(self, folder: str, token: Secret) -> None:
        self.path = os.path.join(folder, f"{_PREFIX}{secrets.token_hex(8)}{_SUFFIX}")
        self._token = token
        self._fd = -1

    def __enter__(self) -> Self:
        remove_leftovers(os.path.dirname(self.path))
        folder, name = os.path.split(self.path)
        try:
            with FolderHandle(folder) as held:
                self._fd = os.open(held.at(name), _NEW_FILE, OWNER_ONLY, dir_fd=held.dir_fd)
                make_private(self._fd, held.itself)
            _lock(self._fd)
            os.write(self._fd, self._token.reveal().encode("ascii"))
        except OSError as error:
            self.__exit__()
            raise NotSetUp(f"cannot write {self.path}: {error.strerror}", "the folder must be writable") from None
        return self

    def __exit__(self, *_: object) -> None:
        if self._fd >= 0:
            os.close(self._fd)  # first: Windows does not remove an open file
            self._fd = -1
            _remove(self.path)


def remove_leftovers(folder: str) -> None:
    """Remove the token files of servers that were killed; a file that cannot be examined is kept."""
    too_young = time.time() - _LEFTOVER_AGE_S
    with suppress(OSError):
        for name in os.listdir(folder):
            path = os.path.join(folder, name)
            if name.startswith(_PREFIX) and name.endswith(_SUFFIX) and _is_leftover(path, too_young):
                _remove(path)


def _is_leftover(path: str, too_young: float) -> bool:
    try:
        found = os.lstat(path)
        if not stat.S_ISREG(found.st_mode) or found.st_mtime > too_young:
            return False
        fd = os.open(path, _FOUND_FILE)
    except OSError:
        return False
    try:
        return _lock(fd)
    finally:
        os.close(fd)


def _remove(path: str) -> None:
    with suppress(OSError):  # removed already, or on Windows in use
        os.unlink(path)


def _lock(fd: int) -> bool:
    """Whether we have the lock; False also without locks: then files are kept. Windows never removes an open file."""
    if sys.platform != "win32":
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
    return True

"""
One lock per thing, over all processes and threads: a kernel lock on a file, gone when its holder dies.

That the lock file exists means nothing, and it is never removed: two processes could then each hold "the" lock.
Refuses to wait for ever; the holder's pid is in the file, so that a timeout can name it. Not `filelock`: its
import costs seven bare Python starts, and this is all of it that is needed.

Where the file system has no locks (some NFS mounts) it goes on without: files are still replaced whole, so what can be
lost there is one of two simultaneous updates, never a file; to refuse would lock such homes out for good.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
import time
from shlex import quote
from typing import TYPE_CHECKING

from aws_mfa.errors import AwsMfaError, BrokenFile, NotSetUp, Unreachable
from aws_mfa.system.ownership import OWNER_ONLY, make_private
from aws_mfa.system.private_files import FolderHandle, not_written

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

_FLAGS = os.O_RDWR | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
_FIRST_PAUSE_S = 0.001
_LONGEST_PAUSE_S = 0.05
_WORTH_TELLING_S = 0.3
_PID_BYTES = 20


def lock(path: str, *, timeout_s: float, waiting: Callable[[str], None] | None = None) -> AbstractContextManager[None]:
    """
    Hold the lock at `path` (made 0600 where missing; its folder must exist) for the length of a `with`.

    `waiting` is told the holder's pid ("" where it is not known), again when another holds it.
    Raises `Unreachable` when another holds it for longer than `timeout_s`, `NotSetUp` where the lock file cannot be
    opened, `BrokenFile` where something else stands in its place. Not reentrant.
    """
    return _Lock(path, timeout_s, waiting)


class _Lock:
    # Not contextlib's decorator: its import is not free, and this is read as quickly.
    __slots__ = ("_fd", "_path", "_timeout_s", "_waiting")

    def __init__(self, path: str, timeout_s: float, waiting: Callable[[str], None] | None = None) -> None:
        self._path = path
        self._timeout_s = timeout_s
        self._waiting = waiting
        self._fd = -1

    def __enter__(self) -> None:
        self._fd = _acquire(self._path, self._timeout_s, self._waiting)

    def __exit__(self, *failure: object) -> None:
        unlock(self._fd)
        os.close(self._fd)


def _acquire(path: str, timeout_s: float, waiting: Callable[[str], None] | None) -> int:
    gives_up_at = time.monotonic() + timeout_s
    pause_s = _FIRST_PAUSE_S
    watch = _Watch(waiting)
    while True:
        fd = _open(path)
        try:
            # Opened anew each time: whoever tidied the folder may have removed the file that we hold.
            if try_lock(fd) and _is_at(fd, path):
                _write_pid(fd)
                return fd
            holder = _read_pid(fd)
        except OSError as error:
            os.close(fd)
            raise not_written(path, error) from None
        except BaseException:
            os.close(fd)
            raise
        os.close(fd)
        if time.monotonic() >= gives_up_at:
            raise _timed_out(path, holder, timeout_s)
        watch.sees(holder)
        time.sleep(pause_s)
        pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)


class _Watch:
    """Tells of a holder once it has held the lock for a while: one who lets go at once is nobody's business."""

    __slots__ = ("_holder", "_since", "_told", "_waiting")

    def __init__(self, waiting: Callable[[str], None] | None) -> None:
        self._waiting = waiting
        self._holder: str | None = None
        self._since = 0.0
        self._told: str | None = None

    def sees(self, holder: str) -> None:
        now = time.monotonic()
        if holder != self._holder:
            self._holder, self._since = holder, now
        if self._waiting is not None and holder != self._told and now - self._since >= _WORTH_TELLING_S:
            self._told = holder
            self._waiting(holder)


def _open(path: str) -> int:
    try:
        parent, name = os.path.split(path)
        with FolderHandle(parent or os.curdir) as folder:
            try:
                fd = os.open(folder.at(name), _FLAGS | os.O_CREAT | os.O_EXCL, OWNER_ONLY, dir_fd=folder.dir_fd)
            except FileExistsError:
                fd = os.open(folder.at(name), _FLAGS, dir_fd=folder.dir_fd)
            else:
                _make_private_if_possible(fd, folder.itself)
    except OSError as error:
        raise _not_opened(path, error) from None
    found = os.fstat(fd)
    # The pid is written into this file: a hard link to something else must not be damaged by that.
    if not stat.S_ISREG(found.st_mode) or found.st_nlink > 1:
        os.close(fd)
        raise BrokenFile(f"{path} is not the lock file it should be", f"remove it: rm {quote(path)}")
    return fd


def _not_opened(path: str, error: OSError) -> AwsMfaError:
    if error.errno == errno.ELOOP:
        return BrokenFile(f"{path} is a symlink, not the lock file it should be", f"remove it: rm {quote(path)}")
    if error.errno == errno.EACCES and os.path.exists(path):
        return NotSetUp(f"cannot open the lock {path}: another user made it", f"remove it: sudo rm {quote(path)}")
    return not_written(path, error)


def _make_private_if_possible(fd: int, folder: int | str) -> None:
    try:
        make_private(fd, folder)
    except OSError:
        return  # the lock works for this process, and the next one is told what is wrong


def _is_at(fd: int, path: str) -> bool:
    try:
        return os.path.samestat(os.fstat(fd), os.stat(path))
    except FileNotFoundError:
        return False


def _write_pid(fd: int) -> None:
    try:
        os.ftruncate(fd, 0)
        os.lseek(fd, 0, os.SEEK_SET)
        os.write(fd, str(os.getpid()).encode())
    except OSError:
        return  # a full disk: the pid is a courtesy, the lock holds without it


def _read_pid(fd: int) -> str:
    try:
        os.lseek(fd, 0, os.SEEK_SET)
        text = os.read(fd, _PID_BYTES).decode("ascii", "replace")
    except OSError:
        return ""
    return text if text.isdecimal() else ""


def _timed_out(path: str, holder: str, timeout_s: float) -> Unreachable:
    who = f"another aws-mfa (pid {holder})" if holder else "another aws-mfa"
    message = f"{who} holds the lock {path}; gave up after {timeout_s:g} s"
    if not holder:
        return Unreachable(message, "try again when it is done")
    look = f'tasklist /FI "PID eq {holder}"' if os.name == "nt" else f"ps -p {holder}"
    return Unreachable(message, f"see what it is doing, and try again when it is done: {look}")


if sys.platform == "win32":
    import msvcrt

    # Windows locks bytes, and a locked byte cannot be read: this one lies far behind the pid.
    _LOCKED_BYTE = 1 << 20

    def try_lock(fd: int) -> bool:
        """Whether the lock is ours now; it does not wait."""
        os.lseek(fd, _LOCKED_BYTE, os.SEEK_SET)
        try:
            msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def unlock(fd: int) -> None:
        """Let it go."""
        os.lseek(fd, _LOCKED_BYTE, os.SEEK_SET)
        msvcrt.locking(fd, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    _NO_LOCKS_HERE = (errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS)

    def try_lock(fd: int) -> bool:
        """Whether the lock is ours now; it does not wait. Raises `OSError` where the file cannot be locked."""
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError as error:
            if error.errno not in _NO_LOCKS_HERE:
                raise
        return True

    def unlock(fd: int) -> None:
        """Let it go. Not left to close(): a child forked meanwhile shares the lock and would keep it."""
        try:
            fcntl.flock(fd, fcntl.LOCK_UN)
        except OSError:
            return  # no locks on this file system

"""
Locks between processes and threads: kernel locks on a file, which the system releases when their holder dies.

A lock file is never removed: two processes could then each hold "the" lock. The holder's pid is in it, so that a
timeout can name it. Not `filelock`: its import costs seven bare Python starts.

On file systems without locks (some NFS mounts) the program continues without: files are still replaced whole, so one of
two simultaneous updates can be lost there, but never a file.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
import time
from contextlib import contextmanager, nullcontext, suppress
from typing import TYPE_CHECKING

from aws_mfa.command_lines import command, quote
from aws_mfa.errors import AwsMfaError, BrokenFile, NotSetUp, Unreachable
from aws_mfa.system.ownership import OWNER_ONLY, give_back_hint, make_private
from aws_mfa.system.private_files import FolderHandle, not_written

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_FLAGS = os.O_RDWR | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
_FIRST_PAUSE_S = 0.001
_LONGEST_PAUSE_S = 0.05
_REPORTED_AFTER_S = 0.3
_PID_BYTES = 20


@contextmanager
def lock(
    path: str, *, timeout_s: float, waiting: Callable[[str], None] | None = None, folder: FolderHandle | None = None
) -> Iterator[None]:
    """
    Hold the lock at `path` while inside. The file is made 0600 if missing; its folder must exist. Not reentrant.

    `folder`: the folder of `path`, if the caller holds it open: the lock is then in no other one. `waiting` is called
    with the holder's pid ("" if unknown) when it has held the lock for 0.3 s, and again for each later holder. Raises
    `Unreachable` if the lock is not free within `timeout_s`, `NotSetUp` if the lock file cannot be opened, `BrokenFile`
    if `path` is something else.
    """
    fd = _acquire(path, timeout_s, waiting, folder)
    try:
        yield
    finally:
        unlock(fd)
        os.close(fd)


def check_lockable(path: str, *, timeout_s: float) -> None:
    """Raise what `lock` would raise, before a code is asked for; nothing if the folder is missing: it will be made."""
    if os.path.isdir(os.path.dirname(path) or os.curdir):
        with lock(path, timeout_s=timeout_s):
            pass


def _acquire(path: str, timeout_s: float, waiting: Callable[[str], None] | None, folder: FolderHandle | None) -> int:
    gives_up_at = time.monotonic() + timeout_s
    pause_s = _FIRST_PAUSE_S
    watch = _Watch(waiting)
    while True:
        fd = _open(path, folder)
        is_ours = False
        try:
            # Opened again each time: another program may have removed the file that this descriptor leads to.
            if try_lock(fd) and _is_at(fd, path, folder):
                with suppress(OSError):  # a full disk: the lock holds without the pid
                    os.ftruncate(fd, 0)
                    os.lseek(fd, 0, os.SEEK_SET)
                    os.write(fd, str(os.getpid()).encode())
                is_ours = True
                return fd
            holder = _read_pid(fd)
        except OSError as error:
            raise NotSetUp(f"cannot lock {path}: {error.strerror}", "keep the file on another file system") from None
        finally:
            if not is_ours:
                os.close(fd)
        if time.monotonic() >= gives_up_at:
            raise _timed_out(path, holder, timeout_s)
        watch.held_by(holder)
        time.sleep(pause_s)
        pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)


class _Watch:
    """Reports each holder once, when it has held the lock for a while: most release it at once."""

    def __init__(self, waiting: Callable[[str], None] | None) -> None:
        self._waiting = waiting
        self._holder: str | None = None
        self._since = 0.0
        self._reported: str | None = None

    def held_by(self, holder: str) -> None:
        now = time.monotonic()
        if holder != self._holder:
            self._holder, self._since = holder, now
        if self._waiting is not None and holder != self._reported and now - self._since >= _REPORTED_AFTER_S:
            self._reported = holder
            self._waiting(holder)


def _open(path: str, folder: FolderHandle | None = None) -> int:
    parent, name = os.path.split(path)
    try:
        with nullcontext(folder) if folder else FolderHandle(parent or os.curdir) as held:
            try:
                fd = os.open(held.at(name), _FLAGS | os.O_CREAT | os.O_EXCL, OWNER_ONLY, dir_fd=held.dir_fd)
            except FileExistsError:
                fd = os.open(held.at(name), _FLAGS, dir_fd=held.dir_fd)
            else:
                with suppress(OSError):  # this process can use the lock; the next one reports what is wrong
                    make_private(fd, held.itself)
    except OSError as error:
        raise _not_opened(path, error) from None
    found = os.fstat(fd)
    # The pid is written into this file: the file behind a hard link must not be damaged by that.
    if not stat.S_ISREG(found.st_mode) or found.st_nlink > 1:
        os.close(fd)
        raise BrokenFile(f"{path} is not the lock file it should be", f"remove it: {command('remove', path)}")
    return fd


def _not_opened(path: str, error: OSError) -> AwsMfaError:
    if error.errno == errno.ELOOP:
        return BrokenFile(
            f"{path} is a symlink, not the lock file it should be", f"remove it: {command('remove', path)}"
        )
    if error.errno == errno.EACCES and os.path.exists(path):
        hints = give_back_hint(path) or (f"remove it: sudo rm {quote(path)}",)
        return NotSetUp(f"cannot open the lock {path}: another user made it", *hints)
    return not_written(path, error)


def _is_at(fd: int, path: str, folder: FolderHandle | None = None) -> bool:
    try:
        return os.path.samestat(os.fstat(fd), folder.lstat(os.path.basename(path)) if folder else os.stat(path))
    except FileNotFoundError:
        return False


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

    # Windows locks bytes, and a locked byte cannot be read: this one is far behind the pid.
    _LOCKED_BYTE = 1 << 20

    def try_lock(fd: int) -> bool:
        os.lseek(fd, _LOCKED_BYTE, os.SEEK_SET)
        try:
            msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def unlock(fd: int) -> None:
        os.lseek(fd, _LOCKED_BYTE, os.SEEK_SET)
        msvcrt.locking(fd, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    _NO_LOCKS_HERE = (errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS)

    def try_lock(fd: int) -> bool:
        """Lock the file without waiting; return whether that worked. Raises `OSError` if the file cannot be locked."""
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError as error:
            if error.errno not in _NO_LOCKS_HERE:
                raise
        return True

    def unlock(fd: int) -> None:
        """Release the lock. `close` is not enough: a child forked meanwhile shares the lock and would keep it."""
        with suppress(OSError):  # no locks on this file system
            fcntl.flock(fd, fcntl.LOCK_UN)

"""
The kernel's lock on an open file, of POSIX and of Windows: gone when its holder dies.

Where the file system has no locks (some NFS mounts) it goes on without: files are still replaced whole, so what
can be lost there is one of two simultaneous updates, never a file; to refuse would lock such homes out for good.
"""

from __future__ import annotations

import os
import sys

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
    import errno
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

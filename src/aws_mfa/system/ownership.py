"""
Owner and mode of the files this program makes. On the hot path.

A file that root makes in a user's folder becomes the user's, and no mode is ever widened. On Windows the access list of
the folder decides instead: there these functions change nothing, and every file counts as narrow and as the user's own.
"""

from __future__ import annotations

import errno
import os
import stat
import sys

OWNER_ONLY = 0o600


def make_private(fd: int, folder: int | str) -> None:
    """
    Give a file that was just made mode 0600, whatever the umask was; made by root, it goes to the folder's owner.

    Otherwise `sudo` would lock users out of their own files. `folder` is the descriptor through which the file was
    made: its path may lead elsewhere by now.
    """
    if sys.platform != "win32":
        if os.geteuid() == 0:
            _set_owner(fd, os.stat(folder))
        _set_mode(fd, OWNER_ONLY)


def keep_owner_and_mode(fd: int, old: os.stat_result) -> None:
    """Give a new file the mode of `old`, without what exceeds 0600; root also gives it its owner."""
    if sys.platform != "win32":
        if os.geteuid() == 0:
            _set_owner(fd, old)
        _set_mode(fd, old.st_mode & OWNER_ONLY)


def make_private_folder(path: str) -> None:
    """Make one folder, 0700; made by root, it goes to the owner of its parent. Raises OSError."""
    if sys.platform == "win32" or os.geteuid() != 0:
        os.mkdir(path, 0o700)  # Windows: newer Pythons make the access list from this mode, for others it is inherited
        return
    parent, name = os.path.split(os.path.abspath(path))
    # The owner of the parent can replace any path at any moment: everything happens in the folder held open.
    parent_fd = os.open(parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.mkdir(name, 0o700, dir_fd=parent_fd)
        fd = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=parent_fd)
        try:
            # Another folder may be there by now: only an empty one of root's is the one just made.
            if is_own(os.fstat(fd)) and not os.listdir(fd):
                _set_owner(fd, os.fstat(parent_fd))
        finally:
            os.close(fd)
    finally:
        os.close(parent_fd)


def refuse_link_of_another(path: str, owner: int) -> None:
    """
    Raise OSError if root would follow a link to a file, or into a folder, of `owner` that somebody else made.

    Users can link to any file of root's: it must not be replaced when `sudo` runs this program in their home.
    """
    if sys.platform == "win32" or os.geteuid() != 0:
        return
    path = os.path.abspath(path)
    while path != os.path.dirname(path):
        if os.path.islink(path) and os.lstat(path).st_uid not in (0, owner):
            raise OSError(errno.ELOOP, "a link of another user leads there")
        path = os.path.dirname(path)


def allow_owner_only(fd: int, folder: str) -> bool:
    """
    Remove the permissions of group and others from a file of this user; True if that was needed and worked.

    `folder`: the folder of the path that was opened.
    """
    before = os.fstat(fd)
    if sys.platform == "win32" or not stat.S_ISREG(before.st_mode) or not is_own(before) or is_narrow(before):
        return False
    try:
        if os.geteuid() == 0 and not is_own(os.lstat(folder)):
            return False  # a link in a user's folder can lead to any file of root's
    except OSError:
        return False
    _set_mode(fd, before.st_mode & OWNER_ONLY)
    return is_narrow(os.fstat(fd))


def is_narrow(found: os.stat_result) -> bool:
    """Whether group and others have no permission at all."""
    return sys.platform == "win32" or not found.st_mode & 0o077


def is_own(found: os.stat_result) -> bool:
    """Whether the file belongs to this user."""
    return sys.platform == "win32" or found.st_uid == os.geteuid()


def _set_owner(fd: int, like: os.stat_result) -> None:
    """Set owner and group where they differ; a group that cannot be set is no failure if the owner is right."""
    if sys.platform != "win32":
        found = os.fstat(fd)
        if (found.st_uid, found.st_gid) == (like.st_uid, like.st_gid):
            return
        try:
            os.fchown(fd, like.st_uid, like.st_gid)
        except OSError:
            if found.st_uid != like.st_uid:
                raise


def _set_mode(fd: int, mode: int) -> None:
    """Set it if possible: with another owner, on FAT and network shares the owner or the mount decides."""
    if sys.platform != "win32" and stat.S_IMODE(os.fstat(fd).st_mode) != mode:
        try:
            os.fchmod(fd, mode)
        except OSError:
            return

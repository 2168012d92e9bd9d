"""
Owner and mode of the files we make: what root makes in a user's folder is the user's, and no mode is ever widened.

The one place that knows that Windows has neither; there the folder's access list decides, and these do nothing.
"""

from __future__ import annotations

import os
import stat
import sys

OWNER_ONLY = 0o600

if sys.platform == "win32":

    def make_private(fd: int, folder: int | str) -> None:
        """Nothing: the access list is inherited."""

    def make_private_folder(path: str) -> None:
        """Make one folder: newer Pythons make its access list from this mode, for others it is inherited."""
        os.mkdir(path, 0o700)

    def keep_owner_and_mode(fd: int, old: os.stat_result) -> None:
        """Nothing: the access list is inherited."""

    def allow_owner_only(_fd: int, _folder: str) -> bool:
        """Nothing to narrow: False."""
        return False

    def is_narrow(_found: os.stat_result) -> bool:
        """Everything counts as narrow: the access list decides."""
        return True

    def is_own(_found: os.stat_result) -> bool:
        """Everything counts as ours: the access list says what may be removed."""
        return True

else:

    def make_private(fd: int, folder: int | str) -> None:
        """
        Settle a file that was just made: 0600 whatever the umask took, and what root made is the folder's owner's.

        `sudo` must not lock a user out of his own files. `folder` is the descriptor that the file was made by: at its
        path another may stand by now.
        """
        if os.geteuid() == 0:
            owner = os.stat(folder)
            os.fchown(fd, owner.st_uid, owner.st_gid)
        _set_mode(fd, OWNER_ONLY)

    def make_private_folder(path: str) -> None:
        """Make one folder, 0700; what root makes is its parent's owner's, for the same reason. Raises OSError."""
        if os.geteuid() != 0:
            os.mkdir(path, 0o700)
            return
        parent, name = os.path.split(os.path.abspath(path))
        # The parent's owner can put anything in the place of a path at any moment: all is done in the folder we hold.
        parent_fd = os.open(parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.mkdir(name, 0o700, dir_fd=parent_fd)
            _give_to_owner_of(parent_fd, name)
        finally:
            os.close(parent_fd)

    def keep_owner_and_mode(fd: int, old: os.stat_result) -> None:
        """Give a new file what `old` has of mode 0600, and where we are root its owner."""
        if os.geteuid() == 0:
            os.fchown(fd, old.st_uid, old.st_gid)
        _set_mode(fd, old.st_mode & OWNER_ONLY)

    def allow_owner_only(fd: int, folder: str) -> bool:
        """
        Take a file of this user's from group and others; whether that was needed and worked.

        `folder`: where the path that was opened says the file is.
        """
        before = os.fstat(fd)
        if not stat.S_ISREG(before.st_mode) or not is_own(before) or is_narrow(before):
            return False
        if os.geteuid() == 0 and not _is_own_at(folder):
            return False  # a link that its user made leads to any file of root's
        _set_mode(fd, before.st_mode & OWNER_ONLY)
        return is_narrow(os.fstat(fd))

    def is_narrow(found: os.stat_result) -> bool:
        """Whether neither group nor others may do anything with it."""
        return not found.st_mode & 0o077

    def is_own(found: os.stat_result) -> bool:
        """Whether the file belongs to this user."""
        return found.st_uid == os.geteuid()

    def _give_to_owner_of(parent_fd: int, name: str) -> None:
        """Give away the folder of that name, unless something else than what root just made stands there by now."""
        fd = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=parent_fd)
        try:
            if is_own(os.fstat(fd)) and not os.listdir(fd):
                owner = os.fstat(parent_fd)
                os.fchown(fd, owner.st_uid, owner.st_gid)
        finally:
            os.close(fd)

    def _is_own_at(path: str) -> bool:
        try:
            return is_own(os.lstat(path))
        except OSError:
            return False

    def _set_mode(fd: int, mode: int) -> None:
        try:
            os.fchmod(fd, mode)
        except OSError:
            return  # another owner's file, FAT, network shares: its owner or the mount decides, nothing here can

"""
Reads private folders and files: those that only this user can have written or read. On the hot path.

Refuses links, files of another owner, modes that let group or others in, and all but regular files; repairs nothing.
"""

from __future__ import annotations

import errno
import os
import stat
import sys

from aws_mfa.errors import NotSetUp
from aws_mfa.system.ownership import give_back_hint, is_narrow, is_own, quoted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

_READ = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
_HAS_NOFOLLOW = hasattr(os, "O_NOFOLLOW")
# The largest session has about ten kilobytes: policies, tags, a token.
_MOST_BYTES = 256 * 1024


class Unfit(Exception):
    """The file must not be used; the text says why and quotes nothing."""


def private_folder(path: str) -> os.stat_result | None:
    """What `lstat` says of the folder, None if there is none; `NotSetUp` if other users can use it."""
    try:
        found = os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    if not stat.S_ISDIR(found.st_mode):
        raise NotSetUp(f"{path} is in the way: it is not a folder (rm {quoted(path)})")
    is_root = sys.platform != "win32" and os.geteuid() == 0
    if not is_narrow(found) or not (is_own(found) or is_root):
        command = f"chmod 700 {quoted(path)}"
        raise NotSetUp(f"{path} is not this user's private folder ({command})", *give_back_hint(path))
    return found


def runtime_folder(environ: Mapping[str, str]) -> str | None:
    """`XDG_RUNTIME_DIR` if it is a private folder of this user; None otherwise, and on Windows."""
    path = environ.get("XDG_RUNTIME_DIR", "")
    if os.name == "nt" or not os.path.isabs(path):
        return None
    try:
        found = os.stat(path)
    except OSError:
        return None
    return path if stat.S_ISDIR(found.st_mode) and is_own(found) and is_narrow(found) else None


def read_private(path: str, folder: os.stat_result) -> bytes | None:
    """The bytes of a file in the private `folder`, None if there is no file; raises `Unfit` and `OSError`."""
    if not _HAS_NOFOLLOW and os.path.islink(path):
        raise Unfit("it is a symlink")
    try:
        fd = os.open(path, _READ)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise Unfit("it is a symlink") from None
        if error.errno == errno.ENOENT:
            return None
        raise
    try:
        found = os.fstat(fd)
        _refuse_unfit(found, folder)
        data = os.read(fd, found.st_size)
        while len(data) < found.st_size and (more := os.read(fd, found.st_size - len(data))):
            data += more
        return data
    finally:
        os.close(fd)


def _refuse_unfit(found: os.stat_result, folder: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise Unfit("it is not a regular file")
    # Files that root makes in a user's folder are given to the user, and root can read them there.
    if found.st_uid != folder.st_uid and not is_own(found):
        raise Unfit("it belongs to another user")
    if not is_narrow(found):
        raise Unfit("others can read it")
    if found.st_size > _MOST_BYTES:
        raise Unfit("it is too large")

"""
Reading what nobody but this user can have written or read: a folder, and files in it.

Refuses a link, another owner's file, a mode that lets group or others in, and what is no regular file. Nothing is
ever mended here: whoever asked decides what becomes of it. On the hot path, so without what writing needs.
"""

from __future__ import annotations

import errno
import os
import stat
import sys

from aws_mfa.errors import NotSetUp
from aws_mfa.system.ownership import is_own

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

_READ = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
_HAS_NOFOLLOW = hasattr(os, "O_NOFOLLOW")
_GROUP_AND_OTHERS = 0o077
# The largest session has some ten kilobytes: policies, tags, a token.
_MOST_BYTES = 256 * 1024


class Unfit(Exception):
    """What stands there must not be used; the text says why and quotes nothing."""


def private_folder(path: str) -> os.stat_result | None:
    """The folder, None where there is none; raises `NotSetUp` where it is not this user's alone."""
    try:
        found = os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    if not stat.S_ISDIR(found.st_mode):
        raise NotSetUp(f"{path} is in the way: it is not a folder (rm {_quoted(path)})")
    if _is_wide(found) or not (is_own(found) or _is_root()):
        raise NotSetUp(f"{path} is not this user's alone (chmod 700 {_quoted(path)})")
    return found


def runtime_folder(environ: Mapping[str, str]) -> str | None:
    """`XDG_RUNTIME_DIR` where it is a folder of this user's alone; None otherwise, and on Windows."""
    path = environ.get("XDG_RUNTIME_DIR", "")
    if os.name == "nt" or not os.path.isabs(path):
        return None
    try:
        found = os.stat(path)
    except OSError:
        return None
    return path if stat.S_ISDIR(found.st_mode) and is_own(found) and not _is_wide(found) else None


def read_private(path: str, folder: os.stat_result) -> bytes | None:
    """The bytes of a file in the private `folder`, None where there is none; raises `Unfit` and `OSError`."""
    if not _HAS_NOFOLLOW and os.path.islink(path):
        raise Unfit("it is a symlink")
    try:
        fd = os.open(path, _READ)
    except FileNotFoundError:
        return None
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise Unfit("it is a symlink") from None
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
        raise Unfit("it is no regular file")
    # What root makes in a user's folder is given to that user: root reads it there all the same.
    if not is_own(found) and found.st_uid != folder.st_uid:
        raise Unfit("it belongs to another user")
    if _is_wide(found):
        raise Unfit("others can read it")
    if found.st_size > _MOST_BYTES:
        raise Unfit("it is too large")


def _quoted(path: str) -> str:
    """One word for a shell; `shlex` would load `re`."""
    return "'" + path.replace("'", "'\\''") + "'"


def _is_wide(found: os.stat_result) -> bool:
    return os.name != "nt" and bool(found.st_mode & _GROUP_AND_OTHERS)


def _is_root() -> bool:
    return sys.platform != "win32" and os.geteuid() == 0

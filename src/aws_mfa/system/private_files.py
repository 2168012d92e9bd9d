"""
Private files, replaced whole: whoever reads finds the old file or the new one, complete, and 0600 from birth.

Owns the temp file beside the target (its name, and what killed processes left of such files), the rename, and the
folder held open meanwhile. Refuses to write in place: a truncated file is lost keys. Removes only what is ours by name
and owner, and older than any writer needs. Without `tempfile`, whose import costs another bare Python start.
"""

from __future__ import annotations

import errno
import os
import stat
import time
from shlex import quote
from typing import TYPE_CHECKING

from aws_mfa.errors import BrokenFile, NotSetUp
from aws_mfa.system.ownership import OWNER_ONLY, is_own, keep_owner_and_mode, make_private, make_private_folder

if TYPE_CHECKING:
    from typing_extensions import Self

# Windows: a virus scanner or another reader may hold the target for a moment.
REPLACE_PATIENCE_S = 2.0 if os.name == "nt" else 0.0
_READ = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
_CAN_HOLD = os.open in os.supports_dir_fd
_READ_FOLDER = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_CLOEXEC", 0)
# A writer holds its lock and needs milliseconds: what is older was left by a killed one.
LEFTOVER_AGE_S = 10
_RANDOM_BYTES = 8


def replace_privately(path: str, data: bytes, *, tidies: bool = True) -> None:
    """
    Replace the file that `path` leads to, or create it, with mode 0600 (or what an existing file has of it).

    Symlinks stay, and a dangling one gets its target. `tidies`: what killed writers of this file left is removed;
    that takes a look at the whole folder. Raises `NotSetUp` where the file cannot be written and
    `BrokenFile` where `path` is no regular file; the old file then stands as it was.
    """
    target = os.path.realpath(path)
    parent, name = os.path.split(target)
    try:
        with FolderHandle(parent) as folder:
            old = _regular_file(folder, name)
            if tidies:
                remove_leftovers(folder, name)
            _replace(folder, name, data, old)
            folder.sync()
    except OSError as error:
        raise not_written(path, error) from None


def read_regular(path: str) -> bytes:
    """The whole file; raises OSError, and `BrokenFile` for what is no regular file: a pipe would be waited for."""
    fd = os.open(path, _READ)
    try:
        refuse_irregular(path, os.fstat(fd).st_mode)
        with open(fd, "rb", buffering=0, closefd=False) as file:
            return file.read()
    finally:
        os.close(fd)


def ensure_private_folder(path: str) -> None:
    """Make the folder and its missing parents, each 0700; what exists is left as it is. Raises `NotSetUp`."""
    if os.path.isdir(path):
        return
    parent = os.path.dirname(os.path.abspath(path))
    if parent != path:
        ensure_private_folder(parent)
    try:
        make_private_folder(path)
    except FileExistsError:
        # Another process was faster, or something that is no folder stands there.
        if not os.path.isdir(path):
            raise NotSetUp(f"{path} is in the way: it is not a folder") from None
    except OSError as error:
        raise not_written(path, error) from None


def check_replaceable(path: str) -> None:
    """Raise `NotSetUp` where `replace_privately` would fail for lack of permission; a full disk shows only then."""
    target = os.path.realpath(path)
    folder = os.path.dirname(target)
    while not os.path.lexists(folder):
        folder = os.path.dirname(folder)
    if not os.path.isdir(folder):
        raise NotSetUp(f"{folder} is in the way: it is not a folder")
    if not os.access(folder, os.W_OK | os.X_OK):
        read_only = hasattr(os, "statvfs") and os.statvfs(folder).f_flag & os.ST_RDONLY
        number = errno.EROFS if read_only else errno.EACCES
        raise not_written(path, OSError(number, os.strerror(number)))


def refuse_irregular(path: str, mode: int) -> None:
    """Raise `BrokenFile` unless `mode` (`st_mode`) is that of a regular file."""
    if not stat.S_ISREG(mode):
        kind = "a folder" if stat.S_ISDIR(mode) else "a pipe, socket or device"
        raise BrokenFile(f"{path} is {kind}, not a regular file")


def not_written(path: str, error: OSError) -> NotSetUp:
    """The error for a file that could not be written: what the system said, what stands now, what to do."""
    target = os.path.realpath(path)
    state = "the old file is intact" if os.path.lexists(target) else "nothing was written"
    return NotSetUp(f"cannot write {path}: {error.strerror}; {state}", *_hints(os.path.dirname(target), error.errno))


def _hints(folder: str, number: int | None) -> tuple[str, ...]:
    if number in (errno.ENOSPC, errno.EDQUOT):
        return (f"make room there: df -h {quote(folder)}",)
    if number == errno.EROFS:
        return (f"the file system of {folder} is read-only: mount it writable", _OTHER_PLACE)
    if number in (errno.EACCES, errno.EPERM):
        return (f"the folder must be writable, the file alone is not enough: ls -ld {quote(folder)}", _MOUNT_THE_FOLDER)
    if number in (errno.EBUSY, errno.EXDEV):
        return (_MOUNT_THE_FOLDER, _OTHER_PLACE)
    if number == errno.ENOENT:
        return (f"make the folder: mkdir -p -m 700 {quote(folder)}",)
    return ()


_MOUNT_THE_FOLDER = "in a container: mount the folder writable instead of the single file, which cannot be replaced"
_OTHER_PLACE = "or keep it elsewhere: AWS_SHARED_CREDENTIALS_FILE and AWS_CONFIG_FILE name the AWS files"


def _regular_file(folder: FolderHandle, name: str) -> os.stat_result | None:
    try:
        old = os.lstat(folder.at(name), dir_fd=folder.dir_fd)
    except FileNotFoundError:
        return None
    if stat.S_ISLNK(old.st_mode):
        # realpath() ends at a symlink only where the chain is a circle, or was changed since.
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
    refuse_irregular(os.path.join(folder.path, name), old.st_mode)
    return old


def _replace(folder: FolderHandle, name: str, data: bytes, old: os.stat_result | None) -> None:
    temp = new_temp_name(name)
    fd = os.open(folder.at(temp), _NEW_FILE, OWNER_ONLY, dir_fd=folder.dir_fd)
    try:
        try:
            if old is None:
                make_private(fd, folder.itself)
            else:
                keep_owner_and_mode(fd, old)
            _write_all(fd, data)
            os.fsync(fd)
        finally:
            os.close(fd)
        _move(folder, temp, name)
    except BaseException:
        remove(folder, temp)
        raise


def _write_all(fd: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(fd, rest) :]


def _move(folder: FolderHandle, temp: str, name: str) -> None:
    gives_up_at = time.monotonic() + REPLACE_PATIENCE_S
    while True:
        is_last_try = time.monotonic() >= gives_up_at
        try:
            os.replace(folder.at(temp), folder.at(name), src_dir_fd=folder.dir_fd, dst_dir_fd=folder.dir_fd)
        except PermissionError:
            if is_last_try:
                raise
            time.sleep(0.02)
        else:
            return


class FolderHandle:
    """
    The folder at `path`, open for the length of a `with`; links to it are followed, once. Raises OSError.

    `dir_fd` and `at(name)` go together, into whatever takes a `dir_fd`; `itself` is for what takes a descriptor or a
    path.
    """

    __slots__ = ("dir_fd", "itself", "path")

    def __init__(self, path: str) -> None:
        self.path = path
        self.dir_fd = os.open(path, _READ_FOLDER) if _CAN_HOLD else None
        self.itself = path if self.dir_fd is None else self.dir_fd

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        if self.dir_fd is not None:
            os.close(self.dir_fd)

    def at(self, name: str) -> str:
        """What stands for the file `name` beside `dir_fd`."""
        return os.path.join(self.path, name) if self.dir_fd is None else name

    def sync(self) -> None:
        """Make what was moved here survive a power cut; it stands already, so a refusal is no failure."""
        if self.dir_fd is None:
            return
        try:
            os.fsync(self.dir_fd)
        except OSError:
            return


def new_temp_name(name: str) -> str:
    """A name that nobody has taken, for what is to replace the file `name` of the same folder."""
    return f".{name}.aws-mfa-{os.urandom(_RANDOM_BYTES).hex()}.tmp"


def remove_leftovers(folder: FolderHandle, name: str) -> None:
    """Remove temp files of killed processes: ours by name and owner, regular, older than any writer needs."""
    too_old = time.time() - LEFTOVER_AGE_S
    with os.scandir(folder.itself) as entries:
        for entry in entries:
            if is_temp_name(entry.name, name) and _is_own_and_older(folder, entry.name, too_old):
                remove(folder, entry.name)


def is_temp_name(candidate: str, name: str) -> bool:
    """Whether this could be a temp file of `name`."""
    before, after = f".{name}.aws-mfa-", ".tmp"
    if not (candidate.startswith(before) and candidate.endswith(after)):
        return False
    middle = candidate[len(before) : -len(after)]
    return len(middle) == 2 * _RANDOM_BYTES and not middle.strip("0123456789abcdef")


def remove(folder: FolderHandle, name: str) -> None:
    """Remove the file, if that can be done."""
    try:
        os.unlink(folder.at(name), dir_fd=folder.dir_fd)
    except OSError:
        return  # gone already, or not ours to remove: the error on its way says more


def _is_own_and_older(folder: FolderHandle, name: str, moment: float) -> bool:
    try:
        found = os.lstat(folder.at(name), dir_fd=folder.dir_fd)
    except OSError:
        return False
    return is_own(found) and stat.S_ISREG(found.st_mode) and found.st_mtime < moment

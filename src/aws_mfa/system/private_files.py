"""
Private files, replaced whole: a reader finds the old file or the new one, complete, and mode 0600 from the beginning.

Never writes in place: a file truncated by a crash is lost keys. Removes temp files of killed processes, but only this
user's. Without `tempfile`, whose import costs another bare Python start.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from aws_mfa.command_lines import command
from aws_mfa.errors import BrokenFile, NotSetUp
from aws_mfa.system.ownership import (
    OWNER_ONLY,
    give_back_hint,
    is_own,
    make_private,
    make_private_folder,
    refuse_link_of_another,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from typing_extensions import Self

# Windows: a virus scanner or another reader may have the target open for a moment; an AWS file, for which a person
# waits who may have typed a code, is tried for longer.
REPLACE_PATIENCE_S, LONG_PATIENCE_S = (2.0, 30.0) if os.name == "nt" else (0.0, 0.0)
_READ = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
_CAN_HOLD = os.open in os.supports_dir_fd
_READ_FOLDER = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_CLOEXEC", 0)
# A writer needs milliseconds: an older temp file is from a killed process.
LEFTOVER_AGE_S = 10
SETTLING_S = 1.0
_RANDOM_BYTES = 8
_IS_WINDOWS = os.name == "nt"
_MOUNTS = "/proc/self/mountinfo"
# A session's section has about two kilobytes.
_MORE_BYTES = 16 * 1024
# A hundred thousand profiles have 20 MB.
_MOST_BYTES = 256 << 20


def replace_privately(path: str, data: bytes, *, tidies: bool = True) -> None:
    """
    Replace the file that `path` leads to, or create it. Mode 0600, or narrower if the old file's is.

    Symlinks are kept, and the target of a dangling one is created. `tidies`: also list the folder, and remove temp
    files that killed writers of this file left. Raises `NotSetUp` if the file cannot be written and `BrokenFile` if
    `path` is not a regular file; the old file is then unchanged.
    """
    try:
        with TargetFile(path) as target:
            if tidies:
                remove_leftovers(target.folder, target.name)
            target.replace(data)
    except OSError as error:
        raise not_written(path, error) from None


def read_regular(path: str, *, dir_fd: int | None = None, owners: set[int] | None = None) -> bytes:
    """The whole file, its owner into `owners`; OSError, `BrokenFile` (too large or not regular: a pipe could block)."""
    fd = os.open(path, _READ if dir_fd is None else _READ | os.O_NOFOLLOW, dir_fd=dir_fd)
    try:
        found = os.fstat(fd)
        refuse_irregular(path, found.st_mode)
        if owners is not None:
            owners.add(found.st_uid)
        if found.st_size > _MOST_BYTES:
            raise BrokenFile(f"{path} has {found.st_size >> 20} MB: that is not a file of this kind")
        with open(fd, "rb", buffering=0, closefd=False) as file:
            return file.read()
    finally:
        os.close(fd)


def ensure_private_folder(path: str) -> None:
    """Make the folder and its missing parents, each 0700; those that exist stay unchanged. Raises `NotSetUp`."""
    if os.path.isdir(path):
        try:
            refuse_link_of_another(path, os.stat(path).st_uid)
        except OSError as error:
            raise NotSetUp(f"{path} is not used: {error.strerror}") from None
        return
    parent = os.path.dirname(os.path.abspath(path))
    if parent != path:
        ensure_private_folder(parent)
    try:
        make_private_folder(path)
    except FileExistsError:
        # Another process was faster, or it is not a folder.
        if not os.path.isdir(path):
            raise NotSetUp(f"{path} is in the way: it is not a folder") from None
    except OSError as error:
        raise not_written(path, error) from None


def check_replaceable(path: str) -> None:
    """Raise `NotSetUp` if `replace_privately` would fail: called before a code is asked for, which would be lost."""
    parent = folder = os.path.dirname(os.path.realpath(path))
    while not os.path.lexists(folder):
        folder = os.path.dirname(folder)
    if not os.path.isdir(folder):
        raise NotSetUp(f"{folder} is in the way: it is not a folder")
    try:
        if not os.access(folder, os.W_OK | os.X_OK):
            read_only = hasattr(os, "statvfs") and os.statvfs(folder).f_flag & os.ST_RDONLY
            raise _error(errno.EROFS if read_only else errno.EACCES)
        if folder == parent:
            with TargetFile(path) as target:
                target.try_out()
        else:
            refuse_link_of_another(path, os.stat(folder).st_uid)
    except OSError as error:
        raise not_written(path, error) from None


def refuse_irregular(path: str, mode: int) -> None:
    """Raise `BrokenFile` unless `mode` (`st_mode`) is that of a regular file."""
    if not stat.S_ISREG(mode):
        kind = "a folder" if stat.S_ISDIR(mode) else "a pipe, socket or device"
        raise BrokenFile(f"{path} is {kind}, not a regular file")


def not_written(path: str, error: OSError) -> NotSetUp:
    """The error for a file that could not be written: the reason, the state of the old file, what to do."""
    target = os.path.realpath(path)
    state = "the old file is intact" if os.path.lexists(target) else "nothing was written"
    hints = give_back_hint(target) if error.errno in (errno.EACCES, errno.EPERM) else ()
    return NotSetUp(f"cannot write {path}: {error.strerror}; {state}", *(hints or _hints(target, error.errno)))


_MOUNT_THE_FOLDER = "in a container: mount the folder writable instead of the single file, which cannot be replaced"
_OTHER_PLACE = "or keep it elsewhere: AWS_SHARED_CREDENTIALS_FILE and AWS_CONFIG_FILE name the AWS files"


def _hints(target: str, number: int | None) -> tuple[str, ...]:
    folder = os.path.dirname(target)
    is_denied = number in (errno.EACCES, errno.EPERM)
    if is_denied and _is_read_only(target):
        return (f'remove the read-only attribute: attrib -r "{target}"',)
    if is_denied and _IS_WINDOWS:
        return ("if another program has it open (an editor, a backup), close it there",)
    if is_denied:
        look = command("look at", folder)
        return (f"the folder must be writable, the file alone is not enough: {look}", _MOUNT_THE_FOLDER)
    if number in (errno.EBUSY, errno.EXDEV):
        return (_MOUNT_THE_FOLDER, _OTHER_PLACE)
    full = (f"free some space there: {command('see free space', folder)}",)
    return {
        errno.ENOSPC: full,
        errno.EDQUOT: full,
        errno.EROFS: (f"the file system of {folder} is read-only: mount it writable", _OTHER_PLACE),
        errno.ENOENT: (f"make the folder: {command('make private folder', folder)}",),
    }.get(number or 0, ())


def _error(number: int) -> OSError:
    return OSError(number, os.strerror(number))


class TargetFile:
    """
    The file that `path` leads to, in its folder, which is held open for the length of a `with`.

    Links are followed once: what is read and what is replaced is in one folder, whatever `path` leads to by then. The
    methods raise OSError, and `BrokenFile` for what is not a regular file.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self._target = os.path.realpath(path)
        self._read: tuple[int, ...] | None = None
        parent, self.name = os.path.split(self._target)
        # A link that was put there since the path was resolved is not followed.
        self.folder = FolderHandle(parent, flags=_READ_FOLDER | getattr(os, "O_NOFOLLOW", 0))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self.folder.close()

    def found(self) -> os.stat_result | None:
        """What `lstat` says of it, None if there is no file; root follows no link that another user made to it."""
        try:
            found = self.folder.lstat(self.name)
        except FileNotFoundError:
            refuse_link_of_another(self.path, os.stat(self.folder.itself).st_uid, self._target)
            return None
        if stat.S_ISLNK(found.st_mode):
            # realpath() ends at a symlink only if the chain is a circle, or was changed since.
            raise _error(errno.ELOOP)
        refuse_irregular(self._target, found.st_mode)
        refuse_link_of_another(self.path, found.st_uid, self._target)
        return found

    def read(self) -> bytes:
        """Its bytes, none if there is no file; `replace` can tell whether it was changed since."""
        found = self.found()
        self._read = _state(found)
        return b"" if found is None else read_regular(self.folder.at(self.name), dir_fd=self.folder.dir_fd)

    def read_settled(self, lost: Callable[[bytes], str]) -> bytes:
        """Read it; if `lost` names a loss, again for a second (others empty a file, then write it), then `NotSetUp`."""
        gives_up_at = time.monotonic() + SETTLING_S
        while what := lost(data := self.read()):
            if time.monotonic() >= gives_up_at:
                raise NotSetUp(
                    f"{self.path} was changed by another program: {what}; nothing was written",
                    "when that program is done, run the command again",
                )
            time.sleep(SETTLING_S / 20)
        return data

    def replace(self, data: bytes, *, if_as_read: bool = False) -> bool:
        """Replace it with these bytes, or create it; `if_as_read`: return False if it was changed since `read`."""
        temp = self._temp_file(data, self.found(), is_kept=True)
        try:
            if if_as_read and _state(self.found()) != self._read:
                self._remove(temp)
                return False
            folder, patience_s = self.folder, LONG_PATIENCE_S if if_as_read else REPLACE_PATIENCE_S
            old, new, fd = folder.at(temp), folder.at(self.name), folder.dir_fd
            _patiently(lambda: os.replace(old, new, src_dir_fd=fd, dst_dir_fd=fd), patience_s)
        except BaseException:
            self._remove(temp)
            raise
        if self.folder.dir_fd is not None:
            with suppress(OSError):  # the new file is there already; now it also survives a power cut
                os.fsync(self.folder.dir_fd)
        return True

    def try_out(self) -> None:
        """Raise what `replace` would raise: it makes the temp file, and looks for what would stop the rename."""
        old = self.found()
        if old is not None:
            if _is_read_only(self._target):
                raise _error(errno.EACCES)
            if _IS_WINDOWS:
                # Changes nothing, and is refused while another program has the file open.
                _patiently(lambda: os.rename(self._target, self._target), REPLACE_PATIENCE_S)
            elif _is_mount_point(self._target):
                raise _error(errno.EBUSY)
            elif _is_fixed(self._target, old, os.stat(self.folder.itself)):
                raise _error(errno.EPERM)
        self._remove(self._temp_file(bytes((old.st_size if old else 0) + _MORE_BYTES), old, is_kept=False))

    def _temp_file(self, data: bytes, old: os.stat_result | None, *, is_kept: bool) -> str:
        """A new file beside it with these bytes, owner and mode; its name."""
        folder = self.folder
        temp = f".{self.name}.aws-mfa-{os.urandom(_RANDOM_BYTES).hex()}.tmp"  # as in `is_temp_name`
        fd = os.open(folder.at(temp), _NEW_FILE, OWNER_ONLY, dir_fd=folder.dir_fd)
        try:
            try:
                make_private(fd, folder.itself, old)
                rest = memoryview(data)
                while rest:
                    rest = rest[os.write(fd, rest) :]
                if is_kept:
                    _sync(fd)
            finally:
                os.close(fd)
        except BaseException:
            self._remove(temp)
            raise
        return temp

    def _remove(self, temp: str) -> None:
        with suppress(OSError):  # an error that is being raised says more
            os.unlink(self.folder.at(temp), dir_fd=self.folder.dir_fd)


def _patiently(step: Callable[[], None], patience_s: float) -> None:
    """Make a step that is refused while another program has the file open; try again for so long."""
    gives_up_at = time.monotonic() + patience_s
    while True:
        try:
            return step()
        except PermissionError:
            if time.monotonic() >= gives_up_at:
                raise
            time.sleep(0.02)


def _state(found: os.stat_result | None) -> tuple[int, ...] | None:
    return None if found is None else (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)


def _sync(fd: int) -> None:
    try:
        os.fsync(fd)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP, errno.ENOSYS):  # this file system does not know it
            raise


def _is_read_only(target: str) -> bool:
    """Whether the file has Windows' read-only attribute, which forbids to replace it."""
    return _IS_WINDOWS and os.path.exists(target) and not os.stat(target).st_mode & stat.S_IWRITE


def _is_mount_point(target: str) -> bool:
    """Whether the file itself is mounted, as by `docker run -v FILE:FILE`; only Linux tells."""
    path = os.fsencode(target).replace(b"\\", b"\\134").replace(b" ", b"\\040").replace(b"\n", b"\\012")
    try:
        with open(_MOUNTS, "rb") as file:
            return any(line.split(b" ", 5)[4] == path.replace(b"\t", b"\\011") for line in file)
    except (OSError, IndexError):
        return False


def _is_fixed(target: str, old: os.stat_result, folder: os.stat_result) -> bool:
    """Whether the file is immutable (`chattr +i`, macOS `uchg`), or another user's in a sticky folder."""
    is_sticky = bool(folder.st_mode & stat.S_ISVTX) and not (is_own(folder) or is_own(old))
    flags = getattr(old, "st_flags", 0) & (stat.UF_IMMUTABLE | stat.SF_IMMUTABLE | stat.UF_APPEND | stat.SF_APPEND)
    is_immutable = is_own(old) and old.st_mode & stat.S_IWUSR and not os.access(target, os.W_OK)
    return bool(flags or is_immutable or (is_sticky and sys.platform != "win32" and os.geteuid() != 0))


class FolderHandle:
    """
    The folder at `path`, held open for the length of a `with`; a link is followed once, at the beginning.

    `at(name)` and `dir_fd` are for functions that take a `dir_fd`, `itself` for those that take a descriptor or a path.
    Without such functions (Windows) both are paths. Raises OSError.
    """

    __slots__ = ("dir_fd", "itself", "path")

    def __init__(self, path: str, *, flags: int = _READ_FOLDER) -> None:
        self.path = path
        self.dir_fd = os.open(path, flags) if _CAN_HOLD else None
        self.itself = path if self.dir_fd is None else self.dir_fd

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self.close()

    def close(self) -> None:
        if self.dir_fd is not None:
            os.close(self.dir_fd)

    def lstat(self, name: str) -> os.stat_result:
        return os.lstat(self.at(name), dir_fd=self.dir_fd)

    def at(self, name: str) -> str:
        return os.path.join(self.path, name) if self.dir_fd is None else name


def remove_leftovers(folder: FolderHandle, name: str) -> None:
    """Remove temp files that killed processes left: regular files of this user with such a name, older than 10 s."""
    too_old = time.time() - LEFTOVER_AGE_S
    with os.scandir(folder.itself) as entries:
        names = [entry.name for entry in entries if is_temp_name(entry.name, name)]
    for left in names:
        with suppress(OSError):
            found = folder.lstat(left)
            if is_own(found) and stat.S_ISREG(found.st_mode) and found.st_mtime < too_old:
                os.unlink(folder.at(left), dir_fd=folder.dir_fd)


def is_temp_name(candidate: str, name: str) -> bool:
    """Whether this could be a temp file of `name`."""
    before, after = f".{name}.aws-mfa-", ".tmp"
    middle = candidate.removeprefix(before).removesuffix(after)
    is_random = len(middle) == 2 * _RANDOM_BYTES and not middle.strip("0123456789abcdef")
    return is_random and candidate == before + middle + after

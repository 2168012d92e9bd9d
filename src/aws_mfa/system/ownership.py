"""
Owner and mode of the files this program makes, and reading of those that only this user can have written or read.

On the hot path. A file that root makes in a user's folder becomes the user's, and no mode is ever widened. Private
files that are links, of another owner, too widely readable or not regular are refused, and not repaired: the caller
decides what happens then. On Windows the access list of the folder decides instead: there these functions change
nothing, and every file counts as narrow and as the user's own.
"""

from __future__ import annotations

import errno
import os
import stat
import sys

from aws_mfa.errors import NotSetUp

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

OWNER_ONLY = 0o600
_READ = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
_HAS_NOFOLLOW = hasattr(os, "O_NOFOLLOW")
# The largest session has about ten kilobytes: policies, tags, a token.
_MOST_BYTES = 256 * 1024


def make_private(fd: int, folder: int | str, old: os.stat_result | None = None) -> None:
    """
    Give a file that was just made mode 0600, or `old`'s if that is narrower; made by root, it gets the owner of `old`.

    Without `old` it goes to the owner of `folder`, the descriptor through which it was made: its path may lead
    elsewhere by now. Otherwise `sudo` would lock users out of their own files.
    """
    if sys.platform != "win32":
        if os.geteuid() == 0:
            _set_owner(fd, old or os.stat(folder))
        _set_mode(fd, old.st_mode & OWNER_ONLY if old else OWNER_ONLY)


def make_private_folder(path: str) -> None:
    """Make one folder, 0700; made by root, it goes to the owner of its parent. Raises OSError."""
    if sys.platform == "win32" or os.geteuid() != 0:
        os.mkdir(path, 0o700)  # Windows: newer Pythons make the access list from this mode, for others it is inherited
        return
    parent, name = os.path.split(os.path.abspath(path))
    # The owner of the parent can replace any path at any moment: everything happens in the folder held open.
    parent_fd = os.open(parent, os.O_RDONLY | os.O_DIRECTORY)
    fd = -1
    try:
        os.mkdir(name, 0o700, dir_fd=parent_fd)
        fd = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=parent_fd)
        # Another folder may be there by now: only an empty one of root's is the one just made.
        if is_own(os.fstat(fd)) and not os.listdir(fd):
            _set_owner(fd, os.fstat(parent_fd))
    finally:
        for opened in {fd, parent_fd} - {-1}:
            os.close(opened)


def refuse_link_of_another(path: str, owner: int, target: str | None = None) -> None:
    """
    Raise OSError if root would follow a link to a file, or into a folder, of `owner` that somebody else made.

    Users can link to any file of root's: it must not be replaced when `sudo` runs this program in their home. `target`:
    what the path was resolved to; if no link is left that leads there, it was removed to hide it.
    """
    if sys.platform == "win32" or os.geteuid() != 0:
        return
    path = os.path.abspath(path)
    is_hidden = target not in (None, path)
    while path != os.path.dirname(path):
        if os.path.islink(path):
            is_hidden = False
            if os.lstat(path).st_uid not in (0, owner):
                raise OSError(errno.ELOOP, "a link of another user leads there")
        path = os.path.dirname(path)
    if is_hidden:
        raise OSError(errno.ELOOP, "a link that led there is gone")


def refuse_open(path: str, *, runs_commands: bool = False, owners: Iterable[int] = ()) -> None:
    """
    Raise `NotSetUp` if another user could have written the file, or can replace it; a missing file: its folder counts.

    As ssh does with its own: file and folder belong to this user or root, and no other user may write there. Root may
    also write in the home of a user who owns all of it, but runs no command (`runs_commands`) that stands there.
    `owners`: of what was read at this path before, because a link or a folder on the way may lead elsewhere by now.
    """
    if sys.platform == "win32":
        return
    folder, real = os.path.dirname(os.path.abspath(path)), os.path.realpath(path)
    places, home = [], None
    for place in dict.fromkeys((folder, os.path.dirname(real), real)):
        try:
            home = os.stat(os.path.dirname(folder)).st_uid
            places.append((place, os.stat(place)))
        except OSError:
            continue
    for place, owner in [*((place, found.st_uid) for place, found in places), *((path, owner) for owner in owners)]:
        is_of_home = os.geteuid() == 0 and owner == home and not runs_commands
        if not (owner in (0, os.geteuid()) or is_of_home):
            raise NotSetUp(
                f"{place} belongs to another user (id {owner}), so it is not used for keys and commands",
                f"if it is yours: sudo chown -R {os.geteuid()}:{os.getegid()} {quoted(place)}",
                _SHARED,
            )
    for place, found in places:
        if others_can_write(found):
            command = f"chmod {700 if stat.S_ISDIR(found.st_mode) else 600} {quoted(place)}"
            raise NotSetUp(f"other users can write {place}, so it is not used for keys and commands", command, _SHARED)


def forbid_others_to_write(path: str) -> bool:
    """Remove that permission from a file or folder of this user; True if that was needed and worked. Raises OSError."""
    if sys.platform != "win32":
        before = os.stat(path)
        is_trap = os.geteuid() == 0 and not is_own(os.lstat(path))  # a user's link to something of root's
        if is_own(before) and not is_trap and others_can_write(before):
            os.chmod(path, stat.S_IMODE(before.st_mode) & ~0o022)
            return not others_can_write(os.stat(path))
    return False


def others_can_write(found: os.stat_result) -> bool:
    """Whether users besides the owner may write there."""
    if found.st_mode & 0o002 and not (stat.S_ISDIR(found.st_mode) and found.st_mode & stat.S_ISVTX):
        return True  # in a sticky folder, such as /tmp, others replace no file of this user
    return bool(found.st_mode & 0o020) and not _is_users_own_group(found)


def _is_users_own_group(found: os.stat_result) -> bool:
    """Whether it is the owner's private group, as with umask 002: it has their name, and no other member."""
    if sys.platform == "win32":
        return True
    import grp
    import pwd

    try:
        user, group = pwd.getpwuid(found.st_uid), grp.getgrgid(found.st_gid)
    except KeyError:
        return False
    return (user.pw_gid, user.pw_name) == (group.gr_gid, group.gr_name) and set(group.gr_mem) <= {user.pw_name}


def give_back_hint(path: str) -> tuple[str, ...]:
    """The command that gives this user a folder of theirs that root made there, if `path` is in one; else nothing."""
    path = os.path.abspath(path)
    while sys.platform != "win32" and path != (parent := os.path.dirname(path)):
        try:
            if os.stat(path).st_uid == 0 != os.stat(parent).st_uid == os.geteuid():
                return (
                    f"root owns {path}; it is yours with: sudo chown -R {os.geteuid()}:{os.getegid()} {quoted(path)}",
                )
        except OSError:
            pass  # missing, or in a closed folder: then that one is root's
        path = parent
    return ()


def quoted(path: str) -> str:
    """One word for a shell; `shlex` would load `re`."""
    return "'" + path.replace("'", "'\\''") + "'"


_SHARED = "if that is meant, or modes mean nothing there (WSL: /mnt/c): export AWS_MFA_STRICT_MODES=no"


def allow_owner_only(fd: int, folder: str) -> bool:
    """Remove those of group and others from a file of this user, opened in `folder`; True if that worked."""
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

"""
The AWS files (`credentials`, `config`): where they are, how they are read, and how they are updated under a lock.

Refuses what is not text (bad bytes, a BOM), without quoting a value. Other programs do not know the lock, so only the
edit happens between reading and replacing.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from dataclasses import KW_ONLY, dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from aws_mfa.command_lines import command, set_variables
from aws_mfa.config.ini import sections
from aws_mfa.config.sections import LONG_TERM_KEYS, kind_of
from aws_mfa.errors import BadInput, BrokenFile, NotSetUp
from aws_mfa.system import private_files
from aws_mfa.system.locks import check_lockable, lock
from aws_mfa.system.ownership import (
    allow_owner_only,
    forbid_others_to_write,
    give_back_hint,
    is_narrow,
    others_can_write,
    refuse_open,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

# A holder needs milliseconds, unless it waits for a program that has the file open: else it is stopped or stuck.
LOCK_TIMEOUT_S = 10.0 + private_files.LONG_PATIENCE_S
_MOST_TRIES = 20
_HOME_VARIABLE = "USERPROFILE" if os.name == "nt" else "HOME"
# O_NONBLOCK: opening a pipe would wait for a writer.
_READ = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_BOMS = ((b"\xef\xbb\xbf", "a byte order mark (BOM)"), (b"\xff\xfe", "UTF-16"), (b"\xfe\xff", "UTF-16"))


@dataclass(eq=False, repr=False)
class AwsFile:
    """An `AwsTextFile`; `is_strict`: refuses what others can write. `say_narrowed` gets the path of a narrowed file."""

    path: str
    _: KW_ONLY
    lock_timeout_s: float = LOCK_TIMEOUT_S
    say_narrowed: Callable[[str], None] = lambda _: None
    is_strict: bool = True
    is_read_only: bool = False
    _known: str = field(default="", init=False)
    _owners: set[int] = field(default_factory=set, init=False)  # of the files that were read

    def exists(self) -> bool:
        return os.path.exists(self.path) and not self._is_null_device()

    def create(self) -> None:
        """Raises as `update` does."""
        if not self.exists():
            private_files.ensure_private_folder(os.path.dirname(os.path.abspath(self.path)))
            with lock(self._lock_path(), timeout_s=self.lock_timeout_s):
                if not self.exists():
                    private_files.replace_privately(self.path, b"")

    def read(self) -> str:
        """Its text with its line ends, "" if it is missing; `BrokenFile` if it is not readable, a file, or UTF-8."""
        read = partial(private_files.read_regular, self.path, owners=self._owners)
        text = "" if self._is_null_device() else self._decoded(read)
        self._known = self._known or text
        return text

    def _decoded(self, read: Callable[[], bytes]) -> str:
        try:
            data = read()
        except (FileNotFoundError, NotADirectoryError):
            return ""  # if a file is in the place of its folder, `update` reports that
        except OSError as error:
            hints = give_back_hint(self.path) or (f"look at it: {command('look behind', self.path)}",)
            raise BrokenFile(f"cannot read {self.path}: {error.strerror}", *hints) from None
        for mark, what in _BOMS:
            if data.startswith(mark):
                raise BrokenFile(
                    f"{self.path}, line 1: the file starts with {what}, which AWS tools cannot read",
                    "open it in an editor and save it as UTF-8 without BOM",
                )
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
        # Outside the handler: the error's text and context hold the file's bytes.
        hint = "open it in an editor and save it as UTF-8"
        raise BrokenFile(f"{self.path}, line {line}: bytes that are not UTF-8", hint)

    def update(self, edit: Callable[[str], str]) -> bool:
        """See `AwsTextFile`; `edit` is called again if a program that ignores the lock changed the file meanwhile."""
        if self.is_read_only:
            return False
        if self._is_null_device():
            raise NotSetUp(f"cannot write {self.path}: it is the null device")
        # The folder of the path as given, never of a link's target: that may be on a volume that is not mounted now.
        private_files.ensure_private_folder(os.path.dirname(os.path.abspath(self.path)))
        try:
            with private_files.TargetFile(self.path) as target:
                target.found()  # before a lock file is made in a folder that a link of another user leads to
                path = os.path.join(target.folder.path, self._lock_name(target.name))
                with lock(path, timeout_s=self.lock_timeout_s, folder=target.folder):
                    return self._replace(target, edit)
        except OSError as error:
            raise private_files.not_written(self.path, error) from None

    def _replace(self, target: private_files.TargetFile, edit: Callable[[str], str]) -> bool:
        private_files.remove_leftovers(target.folder, target.name)
        for _ in range(_MOST_TRIES):
            before = self._decoded(partial(target.read_settled, self._lost))
            after = edit(before)
            if after == before:
                return False
            self.check_trusted()
            old = target.found()
            if target.replace(self._bytes_of(after), if_as_read=True):
                self._known = after
                if old and not is_narrow(old) and is_narrow(target.found() or old):
                    self.say_narrowed(self.path)
                return True
        raise NotSetUp(f"{self.path} is changed by another program all the time; nothing was written")

    def replace(self, text: str | None, *, if_still: str | None = None) -> None:
        """See the Protocol. There is no lock file: the folder is another program's."""
        private_files.ensure_private_folder(os.path.dirname(os.path.abspath(self.path)))
        try:
            with private_files.TargetFile(self.path) as target:
                old, is_same = target.found(), target.read() == self._bytes_of(if_still or "") or if_still is None
                if old and not old.st_mode & stat.S_IWUSR:
                    raise NotSetUp(f"{self.path} is read-only; nothing was written")
                path, folder_fd = target.folder.at(target.name), target.folder.dir_fd
                if is_same and text is None:
                    os.unlink(path, dir_fd=folder_fd)
                elif is_same and (is_same := target.replace(self._bytes_of(text or ""), if_as_read=True)) and old:
                    os.chmod(path, stat.S_IMODE(old.st_mode), dir_fd=folder_fd)
                if not is_same:
                    raise NotSetUp(f"{self.path} was changed by another program; nothing was written")
        except OSError as error:
            raise private_files.not_written(self.path, error) from None

    def check_writable(self) -> None:
        """Raise what `update` would raise: before a code is spent, not after."""
        self.check_trusted()
        private_files.check_replaceable(self.path)
        check_lockable(self._lock_path(), timeout_s=self.lock_timeout_s)

    def check_trusted(self, *, runs_commands: bool = False) -> None:
        if self.is_strict and not self._is_null_device():
            refuse_open(self.path, runs_commands=runs_commands, owners=self._owners)

    def forbid_others_to_write(self) -> list[str]:
        changed = []
        for place in (os.path.dirname(os.path.abspath(self.path)), self.path):
            with suppress(OSError):  # missing, or refused: `check_trusted` says why
                if self.is_strict and forbid_others_to_write(place):
                    changed.append(place)
        return changed

    def repair_mode(self, *, also_written: bool = False) -> bool:
        """See the Protocol. Unless `also_written`, a file that others can write is left: `check_trusted` refuses it."""
        if self.is_read_only:
            return False
        try:
            found = os.stat(self.path)
            if is_narrow(found) or (self.is_strict and not also_written and others_can_write(found)):
                return False  # narrow, nearly always: then it is not opened
            fd = os.open(self.path, _READ)
        except OSError:
            return False  # missing, or `read` reports the reason
        try:
            return allow_owner_only(fd, os.path.dirname(os.path.abspath(self.path)))
        finally:
            os.close(fd)

    def linked_inode(self) -> int | None:
        """The inode of a file with further names (hard links): they keep what an update removes; else None."""
        with suppress(OSError):
            found = os.stat(self.path)
            return found.st_ino if found.st_nlink > 1 else None
        return None

    def _lock_path(self) -> str:
        # Beside the resolved target: that folder must be writable anyway, and homes that link to a file share its lock.
        folder, name = os.path.split(os.path.realpath(self.path))
        return os.path.join(folder, self._lock_name(name))

    @staticmethod
    def _lock_name(name: str) -> str:
        return f".{name}.aws-mfa.lock"

    def _is_null_device(self) -> bool:
        # People write AWS_CONFIG_FILE=/dev/null for "no file".
        return os.path.realpath(self.path) == os.path.realpath(os.devnull)

    def _lost(self, data: bytes) -> str:
        """What the file has lost since it was first read: all its sections, or long-term keys; "" if neither."""
        text = data.decode("utf-8", "replace")
        if text == self._known:
            return ""
        before, after = _kinds(self._known), _kinds(text)
        if before and not before.keys() & after.keys():
            return "its sections are gone"
        keys = [name for name, kind in before.items() if kind == LONG_TERM_KEYS != after.get(name)]
        return f"the long-term keys of [{keys[0]}] are gone" if keys else ""

    def _bytes_of(self, text: str) -> bytes:
        with suppress(UnicodeEncodeError):
            return text.encode("utf-8")
        raise BadInput(f"cannot write {self.path}: a name or value given holds bytes that are not UTF-8")


def _kinds(text: str) -> dict[str, str]:
    """Section -> what keys it has; nothing of a text that cannot be read, as half a line."""
    try:
        return {section.name: kind_of(section.values()) for section in sections(text)}
    except BrokenFile:
        return {}


def find_files(environ: Mapping[str, str], home: str | None = None) -> tuple[str, str]:
    """The credentials and config files: by variables, expanded as in botocore, or below `home` (None: this user's)."""
    credentials = _file(environ, home, "AWS_SHARED_CREDENTIALS_FILE", "credentials")
    return credentials, _file(environ, home, "AWS_CONFIG_FILE", "config")


def state_folder(environ: Mapping[str, str], home: str | None = None) -> str:
    """The folder of this program's own files, `~/.aws/mfa`: it need not exist. Raises `NotSetUp` without a home."""
    return os.path.join(_home(environ, home), ".aws", "mfa")


def _file(environ: Mapping[str, str], home: str | None, variable: str, name: str) -> str:
    given = environ.get(variable)
    return expanded(given, environ, home) if given else os.path.join(_home(environ, home), ".aws", name)


def expanded(given: str, environ: Mapping[str, str], home: str | None = None) -> str:
    """The path with `~` and `$NAME` expanded, as `find_files` does it."""
    if "$" in given or (os.name == "nt" and "%" in given):
        given = os.path.expandvars(given)
    if given == "~" or given.startswith(("~/", "~" + os.sep)):
        return _home(environ, home) + given[1:]
    return os.path.expanduser(given)


def _home(environ: Mapping[str, str], home: str | None) -> str:
    # expanduser() asks the password database if the variable is missing, as it is in many containers.
    found = home or environ.get(_HOME_VARIABLE) or os.path.expanduser("~")
    if found.startswith("~"):
        files = {"AWS_SHARED_CREDENTIALS_FILE": "/path/credentials", "AWS_CONFIG_FILE": "/path/config"}
        raise NotSetUp(
            f"no home folder: {_HOME_VARIABLE} is not set, and the system knows none for this user",
            f"name one: {set_variables(**{_HOME_VARIABLE: '/path/to/home'})}",
            f"or name the files: {set_variables(**files)}",
        )
    return found.rstrip("/") or "/"

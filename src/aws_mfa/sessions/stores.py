"""
The three session stores of this machine, and which of them are read and written under the choice in force.

    memory   $XDG_RUNTIME_DIR/aws-mfa/session-*.txt    never on a disk, gone at logout
    sealed   ~/.aws/mfa/sessions/session-*.age         age, to an identity in the keychain
    plain    ~/.aws/mfa/sessions/session-*.txt         0600

Refuses to write plain text where a person asked for the seal.
"""

from __future__ import annotations

import os
import sys

from aws_mfa.errors import KeychainUnavailable, NotSetUp
from aws_mfa.sessions.choice import choose_store
from aws_mfa.sessions.fast_lookup import IN_RUNTIME_FOLDER, IN_STATE_FOLDER, PLAIN, SEALED
from aws_mfa.sessions.labels import file_name, is_witness_name, stored_in, witness_name
from aws_mfa.system.locks import lock
from aws_mfa.system.ownership import is_own
from aws_mfa.system.private_files import ensure_private_folder, replace_privately
from aws_mfa.system.private_reading import Unfit, private_folder, read_private, runtime_folder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from contextlib import AbstractContextManager
    from typing import Protocol

    from aws_mfa.sessions.choice import StoreChoice

    class Seal(Protocol):
        """What stands between an entry's bytes and its file."""

        def sealed(self, data: bytes) -> bytes:
            """The bytes for the file."""

        def opened(self, data: bytes) -> bytes:
            """The bytes of the entry; raises `Unfit` for what was sealed by another, or damaged."""

    class KeychainSeal(Seal, Protocol):
        """The seal of the store `sealed`."""

        def is_possible(self) -> bool:
            """Whether this machine has a keychain at all, locked or not."""


_LOCK_NAME = ".sessions.lock"
# A holder needs milliseconds; nobody waits long for a courtesy.
_LOCK_TIMEOUT_S = 5.0


class SessionFiles:
    """
    The entries in `folder` whose files end in `suffix`, by the names under which they are stored.

    `open_seal` is called when a seal is first needed.
    """

    def __init__(self, folder: str, suffix: str, open_seal: Callable[[], Seal] | None = None) -> None:
        self.folder = folder
        self._suffix = suffix
        self._open_seal = open_seal
        self._seal: Seal | None = None
        self._is_tidy = False

    def may_have_entries(self) -> bool:
        """Whether something is where the folder would be; what it is, `read` says."""
        return os.path.lexists(self.folder)

    def read(self, stored: str) -> bytes | None:
        """The entry of this name, None where there is none. Raises `Unfit`, `OSError`, and errors of ours."""
        name = file_name(stored, self._suffix)
        folder = private_folder(self.folder)
        if name is None or folder is None:
            return None
        data = read_private(os.path.join(self.folder, name), folder)
        return data if data is None or self._open_seal is None else self._the_seal().opened(data)

    def written_at(self, stored: str) -> float | None:
        """When the file of this entry was written, seconds since the epoch; None where there is none, or `OSError`."""
        name = file_name(stored, self._suffix)
        if name is None:
            return None
        try:
            return os.lstat(os.path.join(self.folder, name)).st_mtime
        except FileNotFoundError:
            return None

    def write(self, stored: str, data: bytes) -> None:
        """Replace the entry of this name. Raises `OSError`, and errors of ours."""
        name = file_name(stored, self._suffix)
        if name is None:
            raise NotSetUp("its name is too long for a file")
        if self._open_seal is not None:
            # Before the lock: a keychain may ask a human, and nobody else should wait for that.
            data = self._the_seal().sealed(data)
        ensure_private_folder(self.folder)
        if not self._is_tidy:
            # Once: of a thousand entries written in one run each would look at all others.
            self._is_tidy = True
            self.remove_leftovers()
        with self.locked():
            self._replace(name, data)

    def write_witness(self, profile: str, data: bytes) -> None:
        """Replace the profile's witness; it holds no secret and goes through no seal. Raises as `write` does."""
        name = witness_name(profile)
        folder = private_folder(self.folder)
        if name is None or folder is None:
            return
        try:
            is_written = read_private(os.path.join(self.folder, name), folder) == data
        except Unfit:
            is_written = False
        # Without the lock: it is replaced whole, and one that is not true any more is none.
        if not is_written:
            self._replace(name, data)

    def remove(self, stored: str) -> bool:
        """Remove the file of this entry, whatever it is; whether there was one. Raises `OSError`."""
        name = file_name(stored, self._suffix)
        return name is not None and self._unlink(name)

    def remove_leftovers(self) -> None:
        """Remove what killed processes left half written. Raises as `write` does."""
        mark = f"{self._suffix}.aws-mfa-"
        if any(mark in name for name in self._file_names()):
            # Under the lock nobody is writing, so all there is has been left.
            with self.locked():
                for name in self._file_names():
                    if name.startswith((".session-", ".witness-")) and mark in name:
                        self._unlink(name)

    def remove_witnesses(self) -> None:
        """Remove every witness. Raises `OSError`, and errors of ours."""
        for name in self._file_names():
            if is_witness_name(name):
                self._unlink(name)

    def names(self) -> list[str]:
        """The names of the sessions that have a file here, sorted."""
        found = (stored_in(name, self._suffix) for name in self._file_names())
        return sorted(stored for stored in found if stored is not None)

    def locked(self) -> AbstractContextManager[None]:
        """Keep every other process from changing entries here, for the length of a `with`; the folder must be there."""
        private_folder(self.folder)
        return lock(os.path.join(self.folder, _LOCK_NAME), timeout_s=_LOCK_TIMEOUT_S)

    def _the_seal(self) -> Seal:
        if self._seal is None:
            assert self._open_seal is not None
            self._seal = self._open_seal()
        return self._seal

    def _file_names(self) -> list[str]:
        return os.listdir(self.folder) if private_folder(self.folder) else []

    def _replace(self, name: str, data: bytes) -> None:
        path = os.path.join(self.folder, name)
        if os.path.islink(path):
            os.unlink(path)  # or it would be written to wherever that leads
        replace_privately(path, data, tidies=False)

    def _unlink(self, name: str) -> bool:
        path = os.path.join(self.folder, name)
        # Looked for first: on a read-only file system it is refused to remove even what is not there.
        if not os.path.lexists(path):
            return False
        os.unlink(path)
        return True


if sys.platform != "win32":
    import pwd


RUNTIME_FOLDERS = "/run/user"
_IN_MEMORY = (b"tmpfs", b"ramfs")
_MOUNTS = "/proc/self/mountinfo"


class Stores:
    """
    The stores under `choice`. `runtime` is this user's runtime folder, where there is one; `state` is `~/.aws/mfa`.

    `other_runtimes` tells in which others a run with other variables may have stored. `open_seal` is called when a seal
    is first needed; None: the keychain must not be opened, and stores are chosen as on a machine without one.
    """

    __slots__ = ("_open_seal", "_other_runtimes", "choice", "memory", "plain", "readable", "sealed")

    def __init__(
        self,
        choice: StoreChoice,
        runtime: str | None,
        state: str,
        open_seal: Callable[[], KeychainSeal] | None,
        *,
        other_runtimes: Callable[[], Collection[str]] = tuple,
    ) -> None:
        folder = os.path.join(state, IN_STATE_FOLDER)
        self.choice = choice
        self.memory = _memory_in(runtime) if runtime else None
        self.sealed = SessionFiles(folder, SEALED, open_seal or _no_seal)
        self.plain = SessionFiles(folder, PLAIN)
        self._open_seal = open_seal
        self.readable = self._readable()
        self._other_runtimes = other_runtimes

    def every(self) -> list[SessionFiles]:
        """Every store there is under these variables, read or not."""
        return [files for files in (self.memory, self.sealed, self.plain) if files is not None]

    def anywhere(self) -> list[SessionFiles]:
        """Every store, and those that runs with other variables use."""
        return [*self.every(), *(_memory_in(other) for other in self._other_runtimes())]

    def writable(self) -> SessionFiles | None:
        """Where a session is stored now, None for nowhere; raises what opening the keychain raises."""
        if self._may_stand_in() and not (self._open_seal and self._open_seal().is_possible()):
            return self.plain
        return self.readable[0] if self.readable else None

    def why_in_clear_on_disk(self, files: SessionFiles) -> str:
        """Why sessions lie in clear on a disk though nobody asked for it; "" where they do not."""
        if files is self.plain:
            if self.choice.explicit:
                return ""
            return (
                "no runtime folder and no keychain here" if self._open_seal else "no runtime folder here, no keychain"
            )
        if files is self.memory and is_known_to_have_a_disk(os.path.dirname(files.folder)):
            return "XDG_RUNTIME_DIR is on a disk"
        return ""

    def _readable(self) -> list[SessionFiles]:
        """The stores that are read, in this order: the files tell whether `plain` stands in, no keychain is asked."""
        named = {"memory": self.memory, "sealed": self.sealed, "plain": self.plain}.get(self.choice.name)
        if self._may_stand_in() and self._open_seal is None:
            named = None
        return [files for files in (named, self.plain if self._may_stand_in() else None) if files is not None]

    def _may_stand_in(self) -> bool:
        """Whether `plain` may stand in for a `sealed` that nobody asked for."""
        return self.choice.name == "sealed" and not self.choice.explicit


def open_stores(environ: Mapping[str, str], state: str, open_seal: Callable[[], KeychainSeal] | None) -> Stores:
    """The stores of this user; raises `BadInput` where `AWS_MFA_SESSION_STORE` cannot be had."""
    runtime = runtime_folder(environ)
    choice = choose_store(environ, has_runtime_folder=runtime is not None)
    return Stores(choice, runtime, state, open_seal, other_runtimes=lambda: _other_runtimes(environ, runtime))


def _other_runtimes(environ: Mapping[str, str], runtime: str | None) -> list[str]:
    """The runtime folder that is named and not used, and the one that the system makes: cron and `su` name none."""
    paths = dict.fromkeys((environ.get("XDG_RUNTIME_DIR", ""), _runtime_of_the_system(environ)))
    return [path for path in paths if os.path.isabs(path) and path != runtime and _is_own_folder(path)]


def _runtime_of_the_system(environ: Mapping[str, str]) -> str:
    """This user's, "" for whoever works in another home than his own: those sessions are not that home's."""
    if sys.platform == "win32":
        return ""
    try:
        own_home = pwd.getpwuid(os.geteuid()).pw_dir
    except KeyError:
        return ""
    is_at_home = os.path.realpath(environ.get("HOME") or own_home) == os.path.realpath(own_home)
    return os.path.join(RUNTIME_FOLDERS, str(os.geteuid())) if is_at_home else ""


def _is_own_folder(path: str) -> bool:
    try:
        return is_own(os.stat(path))
    except OSError:
        return False


def _no_seal() -> KeychainSeal:
    raise KeychainUnavailable("the store 'sealed' needs the keychain, and --no-keychain is set")


def _memory_in(runtime: str) -> SessionFiles:
    return SessionFiles(os.path.join(runtime, IN_RUNTIME_FOLDER), PLAIN)


def is_known_to_have_a_disk(path: str) -> bool:
    """Whether the kernel names another file system under it than one in memory; False where it names none."""
    if sys.platform != "linux":
        return False
    try:
        kind = _file_system_of(os.stat(path).st_dev)
    except OSError:
        return False
    return kind is not None and kind not in _IN_MEMORY


def _file_system_of(device: int) -> bytes | None:
    wanted = b"%d:%d" % (os.major(device), os.minor(device))
    with open(_MOUNTS, "rb") as mounts:
        for mount in mounts:
            # `36 35 0:21 /root /place options ... - tmpfs source options`; blanks in a path are escaped.
            if mount.split(b" ", 3)[2] == wanted:
                return mount.partition(b" - ")[2].split(b" ", 1)[0]
    return None

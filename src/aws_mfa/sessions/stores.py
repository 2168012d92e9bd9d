"""
The three stores of sessions on this machine: which one is read and written, and the files in it.

    memory   $XDG_RUNTIME_DIR/aws-mfa/session-*.txt    never on a disk, gone at logout
    sealed   ~/.aws/mfa/sessions/session-*.age         age, to an identity in the keychain; the end is in clear
    plain    ~/.aws/mfa/sessions/session-*.txt         0600

A store is a folder that belongs only to this user, with one file for each session, which is replaced whole under a
lock. `ownership` decides which files may be read. Refuses to write plain text if the user chose `sealed`.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache

from aws_mfa.errors import KeychainUnavailable
from aws_mfa.sessions.entry import Head, head_in, sealed_part, with_clear_head
from aws_mfa.sessions.inputs import label_in, mark_in
from aws_mfa.sessions.places import (
    FINGERPRINT_PREFIX,
    IN_RUNTIME_FOLDER,
    IN_STATE_FOLDER,
    PLAIN,
    SEALED,
    choose_store,
    file_name,
    fingerprint_name,
    stored_in,
)
from aws_mfa.system.locks import lock
from aws_mfa.system.ownership import Unfit, is_own, private_folder, read_private, runtime_folder
from aws_mfa.system.private_files import ensure_private_folder, replace_privately

if sys.platform != "win32":
    import pwd

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from contextlib import AbstractContextManager
    from typing import Protocol

    # A store's folder, None if there is none, and the names of its files by the hash of their sessions' inputs.
    Listing = tuple[os.stat_result | None, Mapping[str, Collection[str]]]

    from aws_mfa.sessions.places import StoreChoice

    class Seal(Protocol):
        """Encrypts the bytes of an entry for the store `sealed`."""

        def is_possible(self) -> bool:
            """Whether this machine has a keychain at all, locked or not."""

        def sealed(self, data: bytes) -> bytes: ...
        def opened(self, data: bytes) -> bytes:
            """The bytes of the entry; raises `Unfit` if another identity sealed them, or they are damaged."""


RUNTIME_FOLDERS = "/run/user"
_MOUNTS = "/proc/self/mountinfo"
_IN_MEMORY = (b"tmpfs", b"ramfs")
_LOCK_NAME = ".sessions.lock"
# A holder needs milliseconds, and a stored session is not worth a longer wait.
_LOCK_TIMEOUT_S = 5.0


class Stores:
    """
    The stores under `choice`. `runtime` is this user's runtime folder, if there is one; `state` is `~/.aws/mfa`.

    `other_runtimes` finds the runtime folders in which runs with other variables may have stored. `open_seal` is called
    once, when it is needed; None: the keychain must not be opened, and stores are chosen as without a keychain.
    """

    def __init__(
        self,
        choice: StoreChoice,
        runtime: str | None,
        state: str,
        open_seal: Callable[[], Seal] | None,
        *,
        other_runtimes: Callable[[], Collection[str]] = tuple,
    ) -> None:
        folder = os.path.join(state, IN_STATE_FOLDER)
        self.choice = choice
        self.memory = _memory_in(runtime) if runtime else None
        self._open_seal = cache(open_seal) if open_seal else None
        self.sealed = SessionFiles(folder, SEALED, self._open_seal or _no_seal, name="sealed")
        self.plain = SessionFiles(folder, PLAIN)
        self.every = [files for files in (self.memory, self.sealed, self.plain) if files is not None]
        self._other_runtimes = other_runtimes
        # `plain` may replace only a `sealed` that is a default. Both are then read, without asking for a keychain.
        self._plain_may_replace = choice.name == "sealed" and not choice.explicit
        named = {"memory": self.memory, "sealed": self.sealed, "plain": self.plain}.get(choice.name)
        self.readable = [named] if named is not None else []
        if self._plain_may_replace:
            self.readable = [self.sealed, self.plain] if open_seal else [self.plain]

    def anywhere(self) -> list[SessionFiles]:
        """Every store, also those of runs with other variables."""
        return [*self.every, *(_memory_in(other) for other in self._other_runtimes())]

    def writable(self) -> SessionFiles | None:
        """The store to write to, None for none; raises what opening the keychain raises."""
        if self._plain_may_replace and not (self._open_seal and self._open_seal().is_possible()):
            return self.plain
        return self.readable[0] if self.readable else None

    def why_in_clear_on_disk(self, files: SessionFiles) -> str:
        """Why this store writes plain text to a disk without the user's choice; "" if it does not."""
        if files is self.plain:
            default = (
                "no runtime folder and no keychain here" if self._open_seal else "no runtime folder here, no keychain"
            )
            return "" if self.choice.explicit else default
        if files is self.memory and is_known_to_have_a_disk(os.path.dirname(files.folder)):
            return "XDG_RUNTIME_DIR is on a disk"
        return ""


def open_stores(environ: Mapping[str, str], state: str, open_seal: Callable[[], Seal] | None) -> Stores:
    """The stores of this user; raises `BadInput` for an `AWS_MFA_SESSION_STORE` that cannot be used."""
    runtime = runtime_folder(environ)
    choice = choose_store(environ, has_runtime_folder=runtime is not None)
    return Stores(choice, runtime, state, open_seal, other_runtimes=lambda: _other_runtimes(environ, runtime))


def _other_runtimes(environ: Mapping[str, str], runtime: str | None) -> list[str]:
    """The runtime folder that is named and not used, and the one that the system makes: cron and `su` name none."""
    found = []
    for path in dict.fromkeys((environ.get("XDG_RUNTIME_DIR", ""), _runtime_of_the_system(environ))):
        try:
            if os.path.isabs(path) and path != runtime and is_own(os.stat(path)):
                found.append(path)
        except OSError:
            continue
    return found


def _runtime_of_the_system(environ: Mapping[str, str]) -> str:
    """The system's runtime folder of this user; "" in the home of another user, whose sessions are not in it."""
    if sys.platform == "win32":
        return ""
    try:
        own_home = pwd.getpwuid(os.geteuid()).pw_dir
    except KeyError:
        return ""
    is_at_home = os.path.realpath(environ.get("HOME") or own_home) == os.path.realpath(own_home)
    return os.path.join(RUNTIME_FOLDERS, str(os.geteuid())) if is_at_home else ""


def _no_seal() -> Seal:
    raise KeychainUnavailable("the store 'sealed' needs the keychain, and --no-keychain is set")


def _memory_in(runtime: str) -> SessionFiles:
    return SessionFiles(os.path.join(runtime, IN_RUNTIME_FOLDER), PLAIN, name="memory")


def is_known_to_have_a_disk(path: str) -> bool:
    """Whether the kernel says that the path's file system is not in memory; False if it says nothing."""
    if sys.platform != "linux":
        return False
    with suppress(OSError):
        device = os.stat(path).st_dev
        wanted = b"%d:%d" % (os.major(device), os.minor(device))
        with open(_MOUNTS, "rb") as mounts:
            for mount in mounts:
                # `36 35 0:21 /root /place options ... - tmpfs source options`; blanks in a path are escaped.
                if mount.split(b" ", 3)[2] == wanted:
                    return mount.partition(b" - ")[2].split(b" ", 1)[0] not in _IN_MEMORY
    return False


@dataclass(eq=False)
class SessionFiles:
    """The entries in `folder` whose files end in `suffix`; methods raise `OSError` and `AwsMfaError`."""

    folder: str
    suffix: str
    open_seal: Callable[[], Seal] | None = None
    name: str = field(default="plain", kw_only=True)

    def listing(self) -> Listing:
        """The folder, checked, and its files at this moment."""
        folder = private_folder(self.folder)
        names: dict[str, list[str]] = {}
        for name in os.listdir(self.folder) if folder else ():
            if name.endswith(self.suffix):
                names.setdefault(mark_in(name.removesuffix(self.suffix)), []).append(name)
        return folder, names

    def alike(self, stored: str, listing: Listing) -> list[str]:
        """The stored names in the listing that end in the same hash of inputs, such as those of other profiles."""
        found = [stored_in(name, self.suffix) for name in listing[1].get(mark_in(stored), ())]
        return [name for name in found if name is not None]

    def read(self, stored: str, folder: os.stat_result | None = None) -> bytes | None:
        """The entry of this name, None if there is none; raises `Unfit` too. `folder`: of a `listing`."""
        folder = folder or private_folder(self.folder)
        if folder is None:
            return None
        data = read_private(f"{self.folder}{os.sep}{file_name(stored, self.suffix)}", folder)
        return data if data is None or self.open_seal is None else self.open_seal().opened(sealed_part(data))

    def heads(self) -> list[Head]:
        """What is no secret of each entry: opens no seal, and removes nothing."""
        folder, heads = private_folder(self.folder), []
        for name in os.listdir(self.folder) if folder else ():
            stored, found = stored_in(name, self.suffix), None
            with suppress(Unfit, OSError):  # such a file counts as not stored
                data = read_private(f"{self.folder}{os.sep}{name}", folder) if folder and stored else None
                found = None if data is None else head_in(data) or (Head(None) if self.open_seal else None)
            if stored and found:
                found.label, found.place = label_in(stored), self.name
                heads.append(found)
        return heads

    def written_at(self, stored: str) -> float | None:
        """When the file of this entry was written, in seconds since the epoch; None if there is none."""
        try:
            return os.lstat(os.path.join(self.folder, file_name(stored, self.suffix))).st_mtime
        except FileNotFoundError:
            return None

    def write(self, stored: str, data: bytes) -> None:
        """Replace the entry of this name."""
        name = file_name(stored, self.suffix)
        if self.open_seal is not None:
            # Before the lock: a keychain may ask the user, and no other process should wait for that.
            data = with_clear_head(data, self.open_seal().sealed(data))
        ensure_private_folder(self.folder)
        with self.locked():
            self._replace(name, data)

    def write_fingerprint(self, profile: str, data: bytes, wish: str = "") -> None:
        """Replace the profile's fingerprint, which holds no secret and is not sealed."""
        name = fingerprint_name(profile, wish)
        folder = private_folder(self.folder)
        if folder is None:
            return
        with suppress(Unfit):
            if read_private(os.path.join(self.folder, name), folder) == data:
                return
        # Without the lock: the file is replaced whole, and a fingerprint that is no longer true matches nothing.
        self._replace(name, data)

    def remove(self, stored: str) -> bool:
        """Remove the file of this entry, whatever is in it; return whether there was one."""
        return self._unlink(file_name(stored, self.suffix))

    def remove_leftovers(self, *, fingerprints: bool = False) -> None:
        """Remove files that killed processes left half written, and on request all fingerprints."""
        mark, names = f"{self.suffix}.aws-mfa-", self._file_names()
        if any(mark in name for name in names):
            # Under the lock no process is writing, so every such file is a leftover.
            with self.locked():
                for name in self._file_names():
                    if name.startswith((".session-", f".{FINGERPRINT_PREFIX}")) and mark in name:
                        self._unlink(name)
        for name in names if fingerprints else []:
            if name.startswith(FINGERPRINT_PREFIX) and name.endswith(".txt"):
                self._unlink(name)

    def names(self) -> list[str]:
        """The names of the sessions that have a file here, sorted."""
        found = (stored_in(name, self.suffix) for name in self._file_names())
        return sorted(stored for stored in found if stored is not None)

    def locked(self) -> AbstractContextManager[None]:
        """Keep other processes from changing entries here, for the length of a `with`; the folder must exist."""
        private_folder(self.folder)
        return lock(os.path.join(self.folder, _LOCK_NAME), timeout_s=_LOCK_TIMEOUT_S)

    def _file_names(self) -> list[str]:
        return os.listdir(self.folder) if private_folder(self.folder) else []

    def _replace(self, name: str, data: bytes) -> None:
        path = os.path.join(self.folder, name)
        if os.path.islink(path):
            os.unlink(path)  # else the write would go to its target
        replace_privately(path, data, tidies=False)

    def _unlink(self, name: str) -> bool:
        path = os.path.join(self.folder, name)
        # Checked first: a read-only file system refuses to remove even a file that does not exist.
        if not os.path.lexists(path):
            return False
        os.unlink(path)
        return True

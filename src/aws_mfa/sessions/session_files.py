"""
The files of one session store: a folder that is this user's alone, one file for each session, replaced whole.

Owns their names, the seal that their bytes go through, and the lock under which they change. What may be read is the
business of `private_reading.py`.
"""

from __future__ import annotations

import os

from aws_mfa.errors import NotSetUp
from aws_mfa.sessions.labels import file_name, is_witness_name, stored_in, witness_name
from aws_mfa.system.locks import lock
from aws_mfa.system.private_files import ensure_private_folder, replace_privately
from aws_mfa.system.private_reading import Unfit, private_folder, read_private

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from typing import Protocol

    class Seal(Protocol):
        """What stands between an entry's bytes and its file."""

        def sealed(self, data: bytes) -> bytes:
            """The bytes for the file."""

        def opened(self, data: bytes) -> bytes:
            """The bytes of the entry; raises `Unfit` for what was sealed by another, or damaged."""


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

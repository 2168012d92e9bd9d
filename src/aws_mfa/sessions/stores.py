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

if sys.platform != "win32":
    import pwd

from aws_mfa.errors import KeychainUnavailable
from aws_mfa.sessions.choice import choose_store
from aws_mfa.sessions.fast_lookup import IN_RUNTIME_FOLDER, IN_STATE_FOLDER, PLAIN, SEALED
from aws_mfa.sessions.session_files import SessionFiles
from aws_mfa.system.ownership import is_own
from aws_mfa.system.private_reading import runtime_folder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from typing import Protocol

    from aws_mfa.sessions.choice import StoreChoice
    from aws_mfa.sessions.session_files import Seal

    class KeychainSeal(Seal, Protocol):
        """The seal of the store `sealed`."""

        def is_possible(self) -> bool:
            """Whether this machine has a keychain at all, locked or not."""


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

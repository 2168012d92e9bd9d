"""
The three session stores of this machine, and which of them are read and written under the choice in force.

    memory   $XDG_RUNTIME_DIR/aws-mfa/session-*.txt    never on a disk, gone at logout
    sealed   ~/.aws/mfa/sessions/session-*.age         age, to an identity in the keychain
    plain    ~/.aws/mfa/sessions/session-*.txt         0600

Refuses to write plain text where a person asked for the seal.
"""

from __future__ import annotations

import os

from aws_mfa.adapters.private_reading import runtime_folder
from aws_mfa.adapters.quick_sessions import IN_RUNTIME_FOLDER, IN_STATE_FOLDER, PLAIN, SEALED
from aws_mfa.adapters.session_files import SessionFiles
from aws_mfa.rules.session_store_choice import choose_store

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Protocol

    from aws_mfa.adapters.session_files import Seal
    from aws_mfa.rules.session_store_choice import StoreChoice

    class KeychainSeal(Seal, Protocol):
        """The seal of the store `sealed`."""

        def is_possible(self) -> bool:
            """Whether this machine has a keychain at all, locked or not."""


class Stores:
    """
    The stores under `choice`. `runtime` is this user's runtime folder, where there is one; `state` is `~/.aws/mfa`.

    `open_seal` is called when a seal is first needed.
    """

    __slots__ = ("_open_seal", "choice", "memory", "plain", "readable", "sealed")

    def __init__(
        self, choice: StoreChoice, runtime: str | None, state: str, open_seal: Callable[[], KeychainSeal]
    ) -> None:
        folder = os.path.join(state, IN_STATE_FOLDER)
        self.choice = choice
        self.memory = SessionFiles(os.path.join(runtime, IN_RUNTIME_FOLDER), PLAIN) if runtime else None
        self.sealed = SessionFiles(folder, SEALED, open_seal)
        self.plain = SessionFiles(folder, PLAIN)
        self.readable = self._readable()
        self._open_seal = open_seal

    def every(self) -> list[SessionFiles]:
        """Every store there is, read or not."""
        return [files for files in (self.memory, self.sealed, self.plain) if files is not None]

    def writable(self) -> SessionFiles | None:
        """Where a session is stored now, None for nowhere; raises what opening the keychain raises."""
        if self._may_stand_in() and not self._open_seal().is_possible():
            return self.plain
        return self.readable[0] if self.readable else None

    def _readable(self) -> list[SessionFiles]:
        """The stores that are read, in this order: the files tell whether `plain` stands in, no keychain is asked."""
        named = {"memory": self.memory, "sealed": self.sealed, "plain": self.plain}.get(self.choice.name)
        return [files for files in (named, self.plain if self._may_stand_in() else None) if files is not None]

    def _may_stand_in(self) -> bool:
        """Whether `plain` may stand in for a `sealed` that nobody asked for."""
        return self.choice.name == "sealed" and not self.choice.explicit


def open_stores(environ: Mapping[str, str], state: str, open_seal: Callable[[], KeychainSeal]) -> Stores:
    """The stores of this user; raises `BadInput` where `AWS_MFA_SESSION_STORE` cannot be had."""
    runtime = runtime_folder(environ)
    return Stores(choose_store(environ, has_runtime_folder=runtime is not None), runtime, state, open_seal)

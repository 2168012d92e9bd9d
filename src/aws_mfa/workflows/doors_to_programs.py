"""The doors to other programs: those that ask us for sessions, and those that we start; Protocols alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from contextlib import AbstractContextManager

    from aws_mfa.rules.container_credentials import ServedSession


class Endpoint(Protocol):
    """The local endpoint that SDKs ask for sessions: answers from memory, with what was handed out last."""

    @property
    def token_file(self) -> str:
        """The path of the file that holds its token."""

    def url_of(self, profile: str) -> str:
        """Where the profile's session is asked for."""

    def hand_out(self, profile: str, held: ServedSession) -> None:
        """Answer requests for the profile with this from now on. Any thread may."""


class Child(Protocol):
    """
    The command that a session is for, with stdin, stdout and stderr as we got them.

    Raises `NoSuchCommand` and `CommandNotRunnable`, with the exit codes that shells give.
    """

    def shell(self, environ: Mapping[str, str]) -> list[str]:
        """The user's own shell, as a command."""

    def check(self, command: Sequence[str], environ: Mapping[str, str]) -> None:
        """Raise where it is plain that the command cannot be run: before anybody is asked for a code."""

    def become(self, command: Sequence[str], environ: Mapping[str, str]) -> int:
        """Become the command: nothing of us stays. Where the system cannot do that, run it; its exit code."""

    def run(self, command: Sequence[str], environ: Mapping[str, str]) -> int:
        """Run it beside us and pass signals on; its exit code, -N where signal N killed it."""

    def end_like(self, exit_code: int) -> int:
        """End as a child of `run` ended: by the same signal where it was killed, else the exit code to end with."""


class Programs(Protocol):
    """Those that ask us, that we start, and that started us."""

    @property
    def child(self) -> Child:
        """The command that a session is for."""

    @property
    def callers(self) -> Sequence[str]:
        """Names of the programs above us, the nearest first: our caller, its caller; as far as the system tells."""

    def endpoint(self, port: int) -> AbstractContextManager[Endpoint]:
        """
        The local endpoint, served for the length of a `with`; `port` 0: any that is free.

        Raises `BadInput` where the port is taken, `NotSetUp` where the token cannot be stored.
        """

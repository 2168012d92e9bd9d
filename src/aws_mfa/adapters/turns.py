"""
Whose turn it is to ask for a code: one process of this user at a time for each device, over all its processes.

A kernel lock per device below `~/.aws/mfa/turns/`, so a process that dies has ended its turn. Beside it stands how the
last question ended, if badly: see `ended_questions`. A courtesy: where the folder cannot be written everybody asks for
himself.
"""

from __future__ import annotations

import hashlib
import os
import threading
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from aws_mfa.adapters.ended_questions import process_name, read_ended, write_ended
from aws_mfa.adapters.locks import lock
from aws_mfa.adapters.private_files import ensure_private_folder
from aws_mfa.errors import AwsMfaError, BadInput, NeedsHuman, NotSetUp, Unreachable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# How long a "no" stands for who asks the same again: SDKs that got little come back at once.
_LATELY_S = 300.0
_of_this_thread = threading.local()
"""`turns`: those of this thread, each with the process (a fork has its parent's memory, and not its turns)."""


class FileTurns:
    """
    Fulfils the Protocol `Turns` with files in `folder`.

    `now` gives seconds since the epoch, `say` gets the line that tells for whom we wait. `came_at`: since when we wait
    for our turn, where that began elsewhere, in a queue of this program's threads; else since we ask for it.
    """

    def __init__(
        self, folder: str, *, now: Callable[[], float], say: Callable[[str], None], came_at: float | None = None
    ) -> None:
        self._folder = folder
        self._now = now
        self._say = say
        self._came_at = came_at

    @contextmanager
    def turn(self, device: str, *, patience_s: float, gives_up_quietly: bool) -> Iterator[OurTurn]:
        """Wait for our turn; see the Protocol. `BadInput` where this thread has it: it would wait for itself."""
        turn = OurTurn(self._path(device), self._now, self._came_at)
        try:
            self._take(turn, device, patience_s)
        except (BadInput, NeedsHuman):
            if not gives_up_quietly:
                raise
        try:
            yield turn
        finally:
            turn.let_go()

    def told_lately(self, device: str, question: str) -> AwsMfaError | None:
        """How this question ended, if badly and minutes ago."""
        ended = read_ended(_ended_path(self._path(device)))
        if ended is None or not 0 <= self._now() - ended.at <= _LATELY_S:
            return None
        return ended.failure_of(question)

    def _take(self, turn: OurTurn, device: str, patience_s: float) -> None:
        if turn.is_this_threads():
            raise _asks_itself(device)
        holder = ""

        def wait(pid: str) -> None:
            nonlocal holder
            holder = pid
            self._say(f"waiting for {process_name(pid)}, which asks for a code; any terminal can answer: aws-mfa code")

        try:
            ensure_private_folder(self._folder)
            turn.take(patience_s, wait)
        except NotSetUp:
            return
        except Unreachable:
            raise _out_of_patience(device, holder, patience_s) from None

    def _path(self, device: str) -> str:
        # Not for secrecy: an ARN is no name for a file on every system, and may be too long for one.
        return os.path.join(self._folder, hashlib.sha256(device.encode()).hexdigest()[:32])


class OurTurn:
    """Fulfils the Protocol `Turn`: the lock at `path` + `.lock`, once it is taken."""

    def __init__(self, path: str, now: Callable[[], float], came_at: float | None) -> None:
        self._held = ExitStack()
        self._path = path
        self._now = now
        before = read_ended(_ended_path(path))
        # What stood there when we came was about somebody else's wait.
        self._known = before.mark if before and (came_at is None or before.at <= came_at) else None

    def is_this_threads(self) -> bool:
        """Whether this thread has it already."""
        return self._ours in _turns_of_this_thread()

    def take(self, patience_s: float, waiting: Callable[[str], None] | None = None) -> None:
        """Wait for it; `waiting`, and what is raised, as for `lock`."""
        with ExitStack() as held:
            held.enter_context(lock(f"{self._path}.lock", timeout_s=patience_s, waiting=waiting))
            turns = _turns_of_this_thread()
            turns.add(self._ours)
            held.callback(turns.discard, self._ours)
            self._held = held.pop_all()

    def let_go(self) -> None:
        """End our turn; again and again does no harm."""
        self._held.close()

    def take_again(self, *, patience_s: float) -> None:
        """Wait for the turn that was let go; where that takes too long we go on without."""
        try:
            self.take(patience_s)
        except (NotSetUp, Unreachable):
            return

    def is_anothers(self) -> bool:
        """Whether another process has it now that we let it go."""
        try:
            with lock(f"{self._path}.lock", timeout_s=0):
                return False
        except Unreachable:
            return True
        except NotSetUp:
            return False

    def told(self, question: str) -> AwsMfaError | None:
        """How the question ended that we waited for."""
        ended = read_ended(_ended_path(self._path))
        return None if ended is None or ended.mark == self._known else ended.failure_of(question)

    def tell(self, question: str, failure: AwsMfaError) -> None:
        """Leave word for those who wait."""
        write_ended(_ended_path(self._path), question, failure, at=self._now())

    @property
    def _ours(self) -> tuple[int, str]:
        return os.getpid(), self._path


def _turns_of_this_thread() -> set[tuple[int, str]]:
    found: set[tuple[int, str]] = _of_this_thread.__dict__.setdefault("turns", set())
    return found


def _ended_path(path: str) -> str:
    return f"{path}.ended"


def _asks_itself(device: str) -> BadInput:
    return BadInput(
        f"the question for a code of {device} is open, and what was called to answer it needs such a code itself",
        "get what it needs before, or let it use credentials of another user",
    )


def _out_of_patience(device: str, pid: str, patience_s: float) -> NeedsHuman:
    message = f"{process_name(pid)} has been asking for a code of {device}; gave up waiting after {patience_s:g} s"
    hints = ["answer it from any terminal: aws-mfa code"]
    if pid:
        hints.append(f"or end it: {'taskkill /PID' if os.name == 'nt' else 'kill'} {pid}")
    return NeedsHuman(message, *hints)

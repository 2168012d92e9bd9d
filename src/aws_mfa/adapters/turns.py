"""
Whose turn it is to ask for a code: one process of this user at a time for each device, over all its processes.

A kernel lock per device below `~/.aws/mfa/turns/`, so a process that dies has ended its turn. Beside it stands how the
last question ended, if badly: those who waited for exactly this question share that. It holds no code and no secret.
A courtesy: where the folder cannot be written everybody asks for himself.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from aws_mfa.adapters.locks import lock
from aws_mfa.adapters.private_files import ensure_private_folder, read_regular, replace_privately
from aws_mfa.errors import (
    AwsMfaError,
    BadInput,
    Cancelled,
    NeedsHuman,
    NobodyAnswered,
    NotSetUp,
    RefusedByAws,
    Unreachable,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

# How long a "no" stands for who asks the same again: SDKs that got little come back at once.
_LATELY_S = 300.0
_held = threading.local()
"""`turns`: those of this thread, each with the process (a fork has its parent's memory, and not its turns)."""
_CANCELLED, _REFUSED, _UNANSWERED = "cancelled", "refused", "unanswered"


class FileTurns:
    """
    Fulfils the Protocol `Turns` with files in `folder`.

    `now` gives seconds since the epoch, `say` gets the line that tells for whom we wait.
    """

    def __init__(self, folder: str, *, now: Callable[[], float], say: Callable[[str], None]) -> None:
        self._folder = folder
        self._now = now
        self._say = say

    @contextmanager
    def turn(self, device: str, *, patience_s: float, or_without: bool) -> Iterator[OurTurn]:
        """Wait for our turn; see the Protocol. `BadInput` where this thread has it: it would wait for itself."""
        path = self._path(device)
        turn = OurTurn(path, self._now)
        ours = (os.getpid(), path)
        if ours in _turns_of_this_thread():
            if not or_without:
                raise _asks_itself(device)
            yield turn
            return
        try:
            ensure_private_folder(self._folder)
            held = lock(f"{path}.lock", timeout_s=patience_s, waiting=lambda pid: self._wait(turn, pid))
            held.__enter__()
        except NotSetUp:
            yield turn
            return
        except Unreachable:
            if not or_without:
                raise _out_of_patience(device, turn.holder, patience_s) from None
            yield turn
            return
        turn.take(held, ours)
        try:
            yield turn
        finally:
            turn.let_go()

    def told_lately(self, device: str, question: str) -> AwsMfaError | None:
        """How this question ended, if badly and minutes ago."""
        ended = _read(self._path(device))
        if ended is None or not 0 <= self._now() - ended.at <= _LATELY_S:
            return None
        return ended.failure_of(question)

    def _wait(self, turn: OurTurn, pid: str) -> None:
        turn.holder = pid
        self._say(f"waiting for {_process(pid)}, which asks for a code; any terminal can answer: aws-mfa code")

    def _path(self, device: str) -> str:
        # Not for secrecy: an ARN is no name for a file on every system, and may be too long for one.
        return os.path.join(self._folder, hashlib.sha256(device.encode()).hexdigest()[:32])


def _turns_of_this_thread() -> set[tuple[int, str]]:
    found: set[tuple[int, str]] = _held.__dict__.setdefault("turns", set())
    return found


class OurTurn:
    """Fulfils the Protocol `Turn`."""

    def __init__(self, path: str, now: Callable[[], float]) -> None:
        self.holder = ""
        self._held: AbstractContextManager[None] | None = None
        self._ours = (0, "")
        self._path = path
        self._now = now
        before = _read(path)
        self._known = before.mark if before else None

    def take(self, held: AbstractContextManager[None], ours: tuple[int, str]) -> None:
        """Begin: the lock is `held`."""
        self._held, self._ours = held, ours
        _turns_of_this_thread().add(ours)

    def let_go(self) -> None:
        """End our turn; again and again does no harm."""
        if self._held is not None:
            _turns_of_this_thread().discard(self._ours)
            self._held.__exit__(None, None, None)
            self._held = None

    def take_again(self, *, patience_s: float) -> None:
        """Wait for the turn that was let go; where that takes too long we go on without."""
        held = lock(f"{self._path}.lock", timeout_s=patience_s)
        try:
            held.__enter__()
        except (NotSetUp, Unreachable):
            return
        self.take(held, self._ours)

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
        ended = _read(self._path)
        # What stood there when we came was about somebody else's wait.
        return None if ended is None or ended.mark == self._known else ended.failure_of(question)

    def tell(self, question: str, failure: AwsMfaError) -> None:
        """Leave word for those who wait."""
        ended = {
            "mark": secrets.token_hex(8),
            "at": self._now(),
            "pid": os.getpid(),
            "question": _digest(question),
            "kind": _kind_of(failure),
            "message": failure.message,
            "hints": list(failure.hints),
        }
        try:
            replace_privately(f"{self._path}.ended", json.dumps(ended).encode())
        except AwsMfaError:
            return  # then each asks for himself


class _Ended:
    """How a question ended: what `tell` wrote."""

    def __init__(self, values: dict[str, object]) -> None:
        self.mark = str(values["mark"])
        self.at = float(str(values["at"]))
        self._question = values["question"]
        self._kind = str(values["kind"])
        self._who = _process(str(values["pid"]))
        self._message = str(values["message"])
        hints = values["hints"]
        self._hints = tuple(map(str, hints)) if isinstance(hints, list) else ()

    def failure_of(self, question: str) -> AwsMfaError | None:
        """The failure, if the question was this one."""
        if self._question != _digest(question):
            return None
        if self._kind == _CANCELLED:
            return Cancelled(f"{self._who} asked for a code, and the question was cancelled", *self._hints)
        if self._kind == _UNANSWERED:
            return NobodyAnswered(f"{self._who} asked for a code, and {self._message}", *self._hints)
        return RefusedByAws(f"{self._who} asked for a code, and {self._message}", *self._hints)


def _read(path: str) -> _Ended | None:
    try:
        return _Ended(json.loads(read_regular(f"{path}.ended")))
    except (OSError, AwsMfaError, ValueError, KeyError, TypeError):
        return None  # never written, or by another version


def _kind_of(failure: AwsMfaError) -> str:
    if isinstance(failure, Cancelled):
        return _CANCELLED
    return _UNANSWERED if isinstance(failure, NeedsHuman) else _REFUSED


def _digest(question: str) -> str:
    return hashlib.sha256(question.encode()).hexdigest()


def _process(pid: str) -> str:
    return f"pid {pid}" if pid else "another aws-mfa"


def _asks_itself(device: str) -> BadInput:
    return BadInput(
        f"the question for a code of {device} is open, and what was called to answer it needs such a code itself",
        "get what it needs before, or let it use credentials of another user",
    )


def _out_of_patience(device: str, pid: str, patience_s: float) -> NeedsHuman:
    message = f"{_process(pid)} has been asking for a code of {device}; gave up waiting after {patience_s:g} s"
    hints = ["answer it from any terminal: aws-mfa code"]
    if pid:
        hints.append(f"or end it: {'taskkill /PID' if os.name == 'nt' else 'kill'} {pid}")
    return NeedsHuman(message, *hints)

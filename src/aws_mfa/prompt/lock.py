"""
The lock around a prompt: one process of this user at a time asks for a code of a device.

A file beside each lock says how the last question ended, if it failed: processes that waited for the same question fail
like it, and so does one that asks the same again within minutes. That file contains no code and no secret, and of the
question only a digest. If the folder cannot be written, each process asks for itself.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import threading
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING, NamedTuple

from aws_mfa.errors import (
    AwsFailed,
    AwsMfaError,
    BadInput,
    Cancelled,
    NeedsHuman,
    NobodyAnswered,
    NotSetUp,
    RefusedByAws,
    Unreachable,
)
from aws_mfa.system.locks import lock
from aws_mfa.system.private_files import ensure_private_folder, read_regular, replace_privately

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# A failure counts this long for a process that asks the same: SDKs that got no credentials ask again at once.
_RECENT_S = 300.0
# After the wait for another terminal: a process that holds the lock longer is asking a person.
_PATIENCE_AFTER_YIELDING_S = 5.0
# An SDK that got no credentials runs us again at once.
_COMES_BACK_S = 30.0
_CANCELLED, _UNANSWERED, _FAILED, _REFUSED = "cancelled", "unanswered", "failed", "refused"
_CLASSES = {_CANCELLED: Cancelled, _UNANSWERED: NobodyAnswered, _FAILED: AwsFailed, _REFUSED: RefusedByAws}


# The locks held here, each with its process and thread: a fork copies its parent's memory, but not its locks.
_held: set[tuple[int, int, str]] = set()


class FileLocks:
    """
    Implements the Protocol `PromptLocks` with files in `folder`.

    `now` gives seconds since the epoch; `say` gets the line that names the process we wait for. `came_at`: when this
    caller started to wait (it may have queued inside the process first); default: when it asks for the lock.
    """

    def __init__(
        self, folder: str, *, now: Callable[[], float], say: Callable[[str], None], came_at: float | None = None
    ) -> None:
        self._folder = folder
        self._now = now
        self._say = say
        self._came_at = came_at

    @contextmanager
    def hold(self, device: str, *, patience_s: float, gives_up_quietly: bool) -> Iterator[FileLock]:
        """Wait for the lock; see the Protocol. `BadInput` if this thread holds it: it would wait for itself."""
        one = FileLock(self._path(device), self._now, self._came_at)
        try:
            self._take(one, device, patience_s)
        except (BadInput, NeedsHuman):
            if not gives_up_quietly:
                raise
        try:
            yield one
        finally:
            one.release()

    def just_ended(self, device: str, question: str) -> AwsMfaError | None:
        ended = _read_ended(self._path(device))
        if ended is None or ended.pid == str(os.getpid()):
            return None
        is_recent = ended.kind == _CANCELLED or self._now() - ended.at <= _COMES_BACK_S
        return self.recent_outcome(device, question) if is_recent else None

    def recent_outcome(self, device: str, question: str) -> AwsMfaError | None:
        ended = _read_ended(self._path(device))
        is_recent = ended is not None and 0 <= self._now() - ended.at <= _RECENT_S
        return ended.failure_of(question) if ended is not None and is_recent else None

    def _take(self, one: FileLock, device: str, patience_s: float) -> None:
        if (os.getpid(), threading.get_ident(), self._path(device)) in _held:
            raise BadInput(
                f"the question for a code of {device} is open, and what was called to answer it needs such a code "
                "itself",
                "get what it needs before, or let it use credentials of another user",
            )
        holder = ""

        def report(pid: str) -> None:
            nonlocal holder
            holder = pid
            self._say(f"waiting for {_process(pid)}, which asks for a code; any terminal can answer: aws-mfa code")

        try:
            ensure_private_folder(self._folder)
            one.take(patience_s, report)
        except NotSetUp:
            return
        except Unreachable:
            hints = ["answer it from any terminal: aws-mfa code"]
            if holder:
                hints.append(f"or end it: {'taskkill /PID' if os.name == 'nt' else 'kill'} {holder}")
            raise NeedsHuman(
                f"{_process(holder)} has been asking for a code of {device}; gave up waiting after {patience_s:g} s",
                *hints,
            ) from None

    def _path(self, device: str) -> str:
        # Hashed only because an ARN is not a valid file name on every system, and may be too long for one.
        return os.path.join(self._folder, hashlib.sha256(device.encode()).hexdigest()[:32])


class FileLock:
    """Implements the Protocol `PromptLock`: the lock at `path` + `.lock`, once it is taken."""

    def __init__(self, path: str, now: Callable[[], float], came_at: float | None) -> None:
        self.was_yielded = False
        self._is_held = False
        self._held = ExitStack()
        self._path = path
        self._now = now
        before = _read_ended(path)
        # A failure published before this caller came counts as known: the caller did not wait for that question.
        self._known = before.mark if before and (came_at is None or before.at <= came_at) else None

    def take(self, patience_s: float, waiting: Callable[[str], None] | None = None) -> None:
        """Wait for it; `waiting` and the errors are those of `lock`."""
        with ExitStack() as held:
            held.enter_context(lock(f"{self._path}.lock", timeout_s=patience_s, waiting=waiting))
            ours = os.getpid(), threading.get_ident(), self._path
            _held.add(ours)
            held.callback(_held.discard, ours)
            self._held, self._is_held = held.pop_all(), True

    def release(self) -> None:
        self._is_held = False
        self._held.close()

    @contextmanager
    def yielded(self) -> Iterator[None]:
        """After a failure inside it is not taken again."""
        self.was_yielded = True
        self.release()
        yield
        self.take_again(_PATIENCE_AFTER_YIELDING_S)

    def take_again(self, patience_s: float = 0.0) -> None:
        if not self._is_held:
            with suppress(NotSetUp, Unreachable):
                self.take(patience_s)

    def is_taken(self) -> bool:
        if self._is_held:
            return False
        try:
            with lock(f"{self._path}.lock", timeout_s=0):
                return False
        except Unreachable:
            return True
        except NotSetUp:
            return False

    def outcome(self, question: str) -> AwsMfaError | None:
        ended = _read_ended(self._path)
        return None if ended is None or ended.mark == self._known else ended.failure_of(question)

    def publish(self, question: str, failure: AwsMfaError) -> None:
        kinds = ((Cancelled, _CANCELLED), (NeedsHuman, _UNANSWERED), (AwsFailed, _FAILED))
        kind = next((kind for cause, kind in kinds if isinstance(failure, cause)), _REFUSED)
        mark, pid, hints = secrets.token_hex(8), str(os.getpid()), list(failure.hints)
        ended = _Ended(mark, self._now(), pid, _digest(question), kind, failure.message, hints)
        with suppress(AwsMfaError):
            replace_privately(f"{self._path}.ended", json.dumps(ended._asdict()).encode())


class _Ended(NamedTuple):
    """How a question ended, at `at` seconds since the epoch. `mark` is unique, `question` a digest."""

    mark: str
    at: float
    pid: str
    question: str
    kind: str
    message: str
    hints: list[str]

    def failure_of(self, question: str) -> AwsMfaError | None:
        """The failure, if it was this question's."""
        if self.question != _digest(question):
            return None
        end = "the question was cancelled" if self.kind == _CANCELLED else self.message
        return _CLASSES.get(self.kind, RefusedByAws)(f"{_process(self.pid)} asked for a code, and {end}", *self.hints)


def _read_ended(path: str) -> _Ended | None:
    """Read the file beside the lock at `path`; None if it is missing, damaged, or of another version."""
    try:
        ended = _Ended(**json.loads(read_regular(f"{path}.ended")))
        return ended._replace(at=float(ended.at), hints=[str(hint) for hint in ended.hints])
    except (OSError, AwsMfaError, ValueError, TypeError, OverflowError, RecursionError):
        return None


def _process(pid: str) -> str:
    """Name a process in a message; `pid` is "" if it is not known."""
    return f"pid {pid}" if pid else "another aws-mfa"


def _digest(question: str) -> str:
    return hashlib.sha256(question.encode()).hexdigest()

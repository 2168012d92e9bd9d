"""
The lock around a prompt: one process of this user at a time asks for a code of a device.

A kernel lock per device below `~/.aws/mfa/turns/`, so that a process that dies has let go of it. In a file beside it
is how the last question ended, if badly: processes that waited for exactly this question share its end, and so does one
that asks the same again minutes later. That file holds no code and no secret, and of the question only a digest.

Both are a courtesy: where the folder cannot be written, each process asks for itself.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import threading
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

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

# How long a bad end counts for a process that asks the same again: SDKs that got nothing ask again at once.
_RECENT_S = 300.0
# After a wait for another terminal: a process that has taken the lock meanwhile is only looking, or asks a person.
_PATIENCE_AFTER_YIELDING_S = 5.0
_CANCELLED, _UNANSWERED, _FAILED, _REFUSED = "cancelled", "unanswered", "failed", "refused"
_CLASSES = {_CANCELLED: Cancelled, _UNANSWERED: NobodyAnswered, _FAILED: AwsFailed, _REFUSED: RefusedByAws}
_of_this_thread = threading.local()
"""`held`: the locks of this thread, each with the process (a fork has its parent's memory, and not its locks)."""


class FileLocks:
    """
    Fulfils the Protocol `PromptLocks` with files in `folder`.

    `now` gives seconds since the epoch, `say` gets the line that names the process we wait for. `came_at`: when this
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
        """Wait for the lock; see the Protocol. `BadInput` where this thread has it: it would wait for itself."""
        one = FileLock(self._path(device), self._now, self._came_at)
        try:
            self._take(one, device, patience_s)
        except (BadInput, NeedsHuman):
            if not gives_up_quietly:
                raise
        try:
            yield one
        finally:
            one.let_go()

    def recent_outcome(self, device: str, question: str) -> AwsMfaError | None:
        """How this question ended, if badly and minutes ago."""
        ended = _read_ended(self._path(device))
        if ended is None or not 0 <= self._now() - ended.at <= _RECENT_S:
            return None
        return ended.failure_of(question)

    def _take(self, one: FileLock, device: str, patience_s: float) -> None:
        if one.is_this_threads():
            raise BadInput(
                f"the question for a code of {device} is open, and what was called to answer it needs such a code "
                "itself",
                "get what it needs before, or let it use credentials of another user",
            )
        holder = ""

        def wait(pid: str) -> None:
            nonlocal holder
            holder = pid
            self._say(f"waiting for {_process(pid)}, which asks for a code; any terminal can answer: aws-mfa code")

        try:
            ensure_private_folder(self._folder)
            one.take(patience_s, wait)
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
        # Not for secrecy: an ARN is no name for a file on every system, and may be too long for one.
        return os.path.join(self._folder, hashlib.sha256(device.encode()).hexdigest()[:32])


class FileLock:
    """Fulfils the Protocol `PromptLock`: the lock at `path` + `.lock`, once it is taken."""

    def __init__(self, path: str, now: Callable[[], float], came_at: float | None) -> None:
        self.was_yielded = False
        self._held = ExitStack()
        self._path = path
        self._now = now
        before = _read_ended(path)
        # What was there when we came was about a wait of other processes.
        self._known = before.mark if before and (came_at is None or before.at <= came_at) else None

    def is_this_threads(self) -> bool:
        """Whether this thread has it already."""
        return (os.getpid(), self._path) in _locks_of_this_thread()

    def take(self, patience_s: float, waiting: Callable[[str], None] | None = None) -> None:
        """Wait for it; `waiting`, and what is raised, as for `lock`."""
        with ExitStack() as held:
            held.enter_context(lock(f"{self._path}.lock", timeout_s=patience_s, waiting=waiting))
            ours, locks = (os.getpid(), self._path), _locks_of_this_thread()
            locks.add(ours)
            held.callback(locks.discard, ours)
            self._held = held.pop_all()

    def let_go(self) -> None:
        """Release it; a second time does no harm."""
        self._held.close()

    @contextmanager
    def yielded(self) -> Iterator[None]:
        """Let others have it for the length of a `with`; after a failure it is not taken again."""
        self.was_yielded = True
        self.let_go()
        yield
        try:
            self.take(_PATIENCE_AFTER_YIELDING_S)
        except (NotSetUp, Unreachable):
            return  # then we go on without

    def is_anothers(self) -> bool:
        """Whether another process has it now that we yielded it."""
        try:
            with lock(f"{self._path}.lock", timeout_s=0):
                return False
        except Unreachable:
            return True
        except NotSetUp:
            return False

    def outcome(self, question: str) -> AwsMfaError | None:
        """How the question ended that we waited for."""
        ended = _read_ended(self._path)
        return None if ended is None or ended.mark == self._known else ended.failure_of(question)

    def publish(self, question: str, failure: AwsMfaError) -> None:
        """Replace what is known of the last question; where that cannot be written, each process asks for itself."""
        if isinstance(failure, Cancelled):
            kind = _CANCELLED
        elif isinstance(failure, NeedsHuman):
            kind = _UNANSWERED
        else:
            kind = _FAILED if isinstance(failure, AwsFailed) else _REFUSED
        ended = {
            "mark": secrets.token_hex(8),
            "at": self._now(),
            "pid": os.getpid(),
            "question": _digest(question),
            "kind": kind,
            "message": failure.message,
            "hints": list(failure.hints),
        }
        try:
            replace_privately(f"{self._path}.ended", json.dumps(ended).encode())
        except AwsMfaError:
            return


class _Ended:
    """What `publish` wrote, `at` so many seconds since the epoch; `mark` is another for each."""

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
        end = "the question was cancelled" if self._kind == _CANCELLED else self._message
        return _CLASSES.get(self._kind, RefusedByAws)(f"{self._who} asked for a code, and {end}", *self._hints)


def _read_ended(path: str) -> _Ended | None:
    """The file beside the lock at `path`; None where there is none, or another version wrote it."""
    try:
        return _Ended(json.loads(read_regular(f"{path}.ended")))
    except (OSError, AwsMfaError, ValueError, KeyError, TypeError):
        return None


def _locks_of_this_thread() -> set[tuple[int, str]]:
    found: set[tuple[int, str]] = _of_this_thread.__dict__.setdefault("held", set())
    return found


def _process(pid: str) -> str:
    """A process for a message; `pid` is "" where it is not known."""
    return f"pid {pid}" if pid else "another aws-mfa"


def _digest(question: str) -> str:
    return hashlib.sha256(question.encode()).hexdigest()

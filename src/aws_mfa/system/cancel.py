"""
Cancellation of a question by another thread: by the check of keys and clock that runs while the user types.

Holds no descriptor, so nothing has to be closed: the terminal registers how it is woken.
"""

from __future__ import annotations

from contextlib import contextmanager
from threading import Event, Lock
from typing import TYPE_CHECKING

from aws_mfa.errors import NobodyAnswered
from aws_mfa.system.threads import after

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Cancellation:
    """
    Ends a question from another thread: `terminal.ask(question, cancellation)` raises what `cancel` was given.

    `error` is None until then. `cancel` may be called before the question is asked, or never; of several errors the
    first is kept. The question sets `answering` while another process is answering it.
    """

    __slots__ = ("_lock", "_wake", "answering", "error")

    def __init__(self) -> None:
        self.answering = Event()
        self.error: BaseException | None = None
        self._lock = Lock()
        self._wake: Callable[[], object] | None = None

    def cancel(self, error: BaseException) -> None:
        """End the question with `error`; any thread may. Never an OSError: callers take that for the terminal's."""
        with self._lock:
            if self.error is None:
                self.error = error
                if self._wake is not None:
                    self._wake()

    def wake_by(self, wake: Callable[[], object] | None) -> None:
        """Have `wake` called once at the cancellation, now if that has happened; once None is set it is not called."""
        with self._lock:
            self._wake = wake
            if wake is not None and self.error is not None:
                wake()

    def check(self) -> None:
        """Raise the error if the question was cancelled."""
        if self.error is not None:
            raise self.error


@contextmanager
def passed_on(theirs: Cancellation | None, ours: Cancellation) -> Iterator[None]:
    """While inside, cancelling `theirs` cancels `ours` with the same error; both are answered alike."""
    if theirs is None:
        yield
        return
    ours.answering = theirs.answering

    def pass_on() -> None:
        if theirs.error is not None:
            ours.cancel(theirs.error)

    theirs.wake_by(pass_on)
    try:
        yield
    finally:
        theirs.wake_by(None)


@contextmanager
def limited(theirs: Cancellation | None, limit_s: float | None) -> Iterator[Cancellation]:
    """Yield what cancels a question like `theirs`, and after `limit_s` s with `NobodyAnswered`; None: no limit."""
    ours, timeout = Cancellation(), NobodyAnswered(f"nobody answered within {limit_s or 0:g} s")
    with passed_on(theirs, ours), after(limit_s, lambda: ours.cancel(timeout)):
        yield ours

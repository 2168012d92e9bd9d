"""
A question that another thread may end: the check of keys and clock that runs while a person types.

Plain Python without descriptors: a terminal says how it is woken, so nothing here needs closing.
"""

from __future__ import annotations

from contextlib import contextmanager
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Cancellation:
    """
    Ends a question from interfaces: `terminal.ask(question, cancellation)` raises what `cancel` was given.

    `error` is None until then. `cancel` may be called before the question is put, or never; the first error stays.
    """

    __slots__ = ("_lock", "_wake", "error")

    def __init__(self) -> None:
        self.error: BaseException | None = None
        self._lock = Lock()
        self._wake: Callable[[], object] | None = None

    def cancel(self, error: BaseException) -> None:
        """End the question with `error`, one of ours: an OSError would be taken for the terminal's. Any thread may."""
        with self._lock:
            if self.error is None:
                self.error = error
                if self._wake is not None:
                    self._wake()

    def wake_by(self, wake: Callable[[], object] | None) -> None:
        """
        Have `wake` called once at the cancellation (at once where that has happened); None takes it off.

        After `wake_by(None)` has returned, `wake` is not running and will not be called.
        """
        with self._lock:
            self._wake = wake
            if wake is not None and self.error is not None:
                wake()

    def check(self) -> None:
        """Raise the error where the question was cancelled."""
        if self.error is not None:
            raise self.error


@contextmanager
def passed_on(theirs: Cancellation | None, ours: Cancellation) -> Iterator[None]:
    """While inside, what ends their question ends ours."""
    if theirs is None:
        yield
        return

    def pass_on() -> None:
        if theirs.error is not None:
            ours.cancel(theirs.error)

    theirs.wake_by(pass_on)
    try:
        yield
    finally:
        theirs.wake_by(None)

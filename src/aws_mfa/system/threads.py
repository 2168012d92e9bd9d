"""
Threads: calls made side by side, work beside a question, calls that may never return; and the local user's name.

Every thread is a daemon, so that one that hangs keeps no process from ending; no call is ever interrupted. A container
often knows no user at all: that is None, never a failure.
"""

from __future__ import annotations

import getpass
import signal
import threading
import time
from collections import deque
from contextlib import contextmanager, suppress
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import FrameType


Result = TypeVar("Result")

# At 50 ms a call this is some 600 calls a second: more, and STS throttles.
_WORKERS = 32
# Waits are cut in slices: Windows delivers Ctrl-C only between two of them.
_LONGEST_WAIT_S = 0.5
_SLICE_S = 0.2


def user_name() -> str | None:
    """The local user's name, None where neither variables nor the system tell one."""
    try:
        return getpass.getuser() or None
    except (ImportError, KeyError, OSError):  # which one depends on platform and Python version
        return None


class _Outcome(Generic[Result]):
    """What a call returned or raised, for another thread."""

    __slots__ = ("_error", "_results")

    def __init__(self, call: Callable[[], Result]) -> None:
        self._results: list[Result] = []
        self._error: BaseException | None = None
        try:
            self._results.append(call())
        except BaseException as error:  # noqa: BLE001  # handed to the thread that waits, whatever it is
            self._error = error

    def result(self) -> Result:
        """What was returned; raises what was raised."""
        if self._error is not None:
            raise self._error
        return self._results[0]


def side_by_side(calls: Sequence[Callable[[], Result]], done: Callable[[], None]) -> list[Result]:
    """
    Make the calls in a bounded number of threads; results in their order, the first failure is raised.

    After Ctrl-C the calls that have not begun are not made, and those under way are not waited for.
    """
    todo = deque(enumerate(calls))
    ended: SimpleQueue[tuple[int, _Outcome[Result]]] = SimpleQueue()

    def work() -> None:
        with suppress(IndexError):  # none is left
            while True:
                number, call = todo.popleft()
                ended.put((number, _Outcome(call)))

    for _ in range(min(_WORKERS, len(calls))):
        threading.Thread(target=work, daemon=True).start()
    made: dict[int, _Outcome[Result]] = {}
    try:
        while len(made) < len(calls):
            with suppress(Empty):
                number, outcome = ended.get(timeout=_LONGEST_WAIT_S)
                made[number] = outcome
                done()
    finally:
        todo.clear()
    return [made[number].result() for number in range(len(calls))]


class InThread:
    """Fulfils the Protocol `Beside`: work that runs while a human types."""

    def __init__(self, work: Callable[[], None], failed: Callable[[BaseException], None]) -> None:
        self._work = work
        self._failed = failed
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def wait(self) -> None:
        """Return when the work has ended, and raise what it raised."""
        self._thread.join()
        if self._error is not None:
            raise self._error

    def _run(self) -> None:
        try:
            self._work()
        except BaseException as error:  # noqa: BLE001  # handed to the main thread, whatever it is
            self._error = error
            self._failed(error)


class NoAnswer(Exception):
    """The call did not return within the limit."""


def answer_within(
    limit_s: float | None, call: Callable[[], Result], *, patience_s: float = 3.0, on_delay: Callable[[], None]
) -> Result:
    """
    What `call()` returns or raises, or `NoAnswer` after `limit_s` seconds (None: no limit).

    `on_delay` is called once, here and not in the thread, when the answer is not there after `patience_s` seconds. The
    thread of a call that hangs is left behind.
    """
    outcomes: list[_Outcome[Result]] = []
    worker = threading.Thread(target=lambda: outcomes.append(_Outcome(call)), name="aws-mfa keychain", daemon=True)
    worker.start()
    began_at = time.monotonic()
    told = False
    while worker.is_alive():
        waited_s = time.monotonic() - began_at
        if limit_s is not None and waited_s >= limit_s:
            break
        if not told and waited_s >= patience_s:
            told = True
            on_delay()
        worker.join(_SLICE_S if limit_s is None else min(_SLICE_S, limit_s - waited_s))
    if not outcomes:
        raise NoAnswer
    return outcomes[0].result()


_HELD = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")


class DeferredSignals:
    """Fulfils the Protocol `DeferredSignals`."""

    def __init__(self) -> None:
        self.came: list[int] = []

    def check(self) -> None:
        """Raise `KeyboardInterrupt` where one has come."""
        if self.came:
            raise KeyboardInterrupt

    def note(self, number: int, frame: FrameType | None) -> None:
        """The handler."""
        del frame
        self.came.append(number)


@contextmanager
def deferred_signals() -> Iterator[DeferredSignals]:
    """Hold them back; what whoever started us ignores (`nohup`) stays ignored. Main thread only."""
    held = DeferredSignals()
    found = {number: signal.getsignal(number) for number in (getattr(signal, name, None) for name in _HELD) if number}
    # None: a handler that is not Python's to give back.
    taken = {number: handler for number, handler in found.items() if handler not in (signal.SIG_IGN, None)}
    try:
        for number in taken:
            signal.signal(number, held.note)
        yield held
    finally:
        for number, handler in taken.items():
            signal.signal(number, handler)
        for number in dict.fromkeys(held.came):
            signal.raise_signal(number)

"""
Threads, time limits and signals, and the local user's name.

Each thread is a daemon, so that one that hangs does not keep the process from ending; no call is interrupted. Where the
system starts none, calls are made one after the other and without a time limit. A deferred signal takes effect at the
end of the `with`; SIGQUIT is not deferred: users send it to end the program at once.
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

from aws_mfa.errors import NoThread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence


Result = TypeVar("Result")

# At 50 ms a call this is about 600 calls a second: STS throttles more.
_WORKERS = 32
# Windows delivers Ctrl-C only between two waits: each wait is at most this long.
_LONGEST_WAIT_S = 0.5
_SLICE_S = 0.2
MOMENT_S = 2.0  # what takes longer is reported
_DEFERRED = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")


def user_name() -> str | None:
    """The local user's name, None if neither a variable nor the system has one."""
    try:
        return getpass.getuser() or None
    except (ImportError, KeyError, OSError):  # which one depends on platform and Python version
        return None


def start_thread(work: Callable[[], object], name: str | None = None) -> threading.Thread:
    """Start a daemon thread; raises `NoThread` if the system has none left."""
    thread = threading.Thread(target=work, name=name, daemon=True)
    try:
        thread.start()
    except (RuntimeError, MemoryError):
        limits = "ulimit -u, or the pids limit of a container"
        raise NoThread(f"no further thread may be started here ({limits})") from None
    return thread


@contextmanager
def after(seconds: float | None, work: Callable[[], object]) -> Iterator[None]:
    """Do the work once, in a thread, if the `with` lasts so long; never for None, or without a thread."""
    ended = threading.Event()
    with suppress(NoThread):
        if seconds is not None:
            start_thread(lambda: ended.wait(seconds) or work())
    try:
        yield
    finally:
        ended.set()


class _Outcome(Generic[Result]):
    """What a call returned or raised, for another thread."""

    __slots__ = ("_results", "error")

    def __init__(self, call: Callable[[], Result]) -> None:
        self._results: list[Result] = []
        self.error: BaseException | None = None
        try:
            self._results.append(call())
        except BaseException as error:  # noqa: BLE001  # handed to the thread that waits, whatever it is
            self.error = error

    def result(self) -> Result:
        """What was returned; raises what was raised."""
        if self.error is not None:
            raise self.error
        return self._results[0]


def side_by_side(calls: Sequence[Callable[[], Result]], done: Callable[[], None]) -> list[Result]:
    """
    Make the calls in at most 32 threads; return the results in the order of the calls. Raises the first failure.

    `done` is called in this thread after each call. After Ctrl-C no further call begins, and running ones are not
    waited for.
    """
    todo = deque(enumerate(calls))
    ended: SimpleQueue[tuple[int, _Outcome[Result]]] = SimpleQueue()

    def work(most: int = len(calls)) -> None:
        with suppress(IndexError):  # none is left
            for _ in range(most):
                number, call = todo.popleft()
                ended.put((number, _Outcome(call)))

    has_threads = False
    with suppress(NoThread):  # those that were started suffice
        for _ in range(min(_WORKERS, len(calls))):
            has_threads = bool(start_thread(work))
    made: dict[int, _Outcome[Result]] = {}
    try:
        while len(made) < len(calls):
            if not has_threads:
                work(1)
            with suppress(Empty):
                number, outcome = ended.get(timeout=_LONGEST_WAIT_S)
                made[number] = outcome
                done()
    finally:
        todo.clear()
    return [made[number].result() for number in range(len(calls))]


class InThread:
    """Implements the Protocol `Beside`: `failed` gets the error of the work, in its thread. Raises `NoThread`."""

    def __init__(self, work: Callable[[], None], failed: Callable[[BaseException], None]) -> None:
        self._outcomes: list[_Outcome[None]] = []

        def run() -> None:
            outcome = _Outcome(work)
            self._outcomes.append(outcome)
            if outcome.error is not None:
                failed(outcome.error)

        self._thread = start_thread(run)

    def wait(self) -> None:
        self._thread.join()
        self._outcomes[0].result()


class NoAnswer(Exception):
    """The call did not return within the limit."""


def answer_within(
    limit_s: float | None, call: Callable[[], Result], *, patience_s: float = 3.0, on_delay: Callable[[], object]
) -> Result:
    """
    What `call()` returns or raises, or `NoAnswer` after `limit_s` seconds (None: no limit).

    `on_delay` is called once, in this thread, if there is no answer after `patience_s` seconds. A call that hangs keeps
    its thread. Without a thread there is no limit.
    """
    outcomes: list[_Outcome[Result]] = []
    try:
        worker = start_thread(lambda: outcomes.append(_Outcome(call)), "aws-mfa keychain")
    except NoThread:
        return call()
    began_at = time.monotonic()
    is_reported = False
    while worker.is_alive():
        waited_s = time.monotonic() - began_at
        if limit_s is not None and waited_s >= limit_s:
            break
        if not is_reported and waited_s >= patience_s:
            is_reported = True
            on_delay()
        worker.join(_SLICE_S if limit_s is None else min(_SLICE_S, limit_s - waited_s))
    if not outcomes:
        raise NoAnswer
    return outcomes[0].result()


class DeferredSignals:
    """Implements the Protocol `DeferredSignals`."""

    def __init__(self) -> None:
        self.came: list[int] = []
        self._is_waiting = False

    def take(self, number: int, _frame: object) -> None:
        self.came.append(number)
        if self._is_waiting:
            raise KeyboardInterrupt

    def check(self) -> None:
        if self.came:
            raise KeyboardInterrupt

    @contextmanager
    def waiting(self) -> Iterator[None]:
        self._is_waiting = True
        try:
            self.check()
            yield
        finally:
            self._is_waiting = False


@contextmanager
def deferred_signals() -> Iterator[DeferredSignals]:
    """Defer them while inside; those ignored at the start (`nohup`) stay ignored. In another thread none come."""
    deferred = DeferredSignals()
    if threading.current_thread() is not threading.main_thread():
        yield deferred
        return
    numbers = [getattr(signal, name) for name in _DEFERRED if hasattr(signal, name)]
    found = {number: signal.getsignal(number) for number in numbers}
    # None means a handler that was not set from Python, and that Python cannot restore.
    before = {number: handler for number, handler in found.items() if handler not in (signal.SIG_IGN, None)}
    try:
        for number in before:
            signal.signal(number, deferred.take)
        yield deferred
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        for number in dict.fromkeys(deferred.came):
            signal.raise_signal(number)

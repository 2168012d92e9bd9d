"""
What the machine itself knows: the local user's name, threads.

A container often knows no user at all: that is None, never a failure.
"""

from __future__ import annotations

import getpass
import threading
from collections import deque
from concurrent.futures import Future
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import TypeVar

    Result = TypeVar("Result")


def user_name() -> str | None:
    """The local user's name, None where neither variables nor the system tell one."""
    try:
        return getpass.getuser() or None
    except (ImportError, KeyError, OSError):  # which one depends on platform and Python version
        return None


# At 50 ms a call this is some 600 calls a second: more, and STS throttles.
_WORKERS = 32


# Windows hears of Ctrl-C only when a wait is over.
_LONGEST_WAIT_S = 0.5


def side_by_side(calls: Sequence[Callable[[], Result]], done: Callable[[], None]) -> list[Result]:
    """
    Make the calls in a bounded number of threads; results in their order, the first failure is raised.

    After Ctrl-C the calls that have not begun are not made, and those under way are not waited for.
    """
    todo = deque(enumerate(calls))
    ended: SimpleQueue[tuple[int, Future[Result]]] = SimpleQueue()
    for _ in range(min(_WORKERS, len(calls))):
        threading.Thread(target=_make_calls, args=(todo, ended), daemon=True).start()
    made: dict[int, Future[Result]] = {}
    try:
        while len(made) < len(calls):
            with suppress(Empty):
                number, result = ended.get(timeout=_LONGEST_WAIT_S)
                made[number] = result
                done()
    finally:
        todo.clear()
    return [made[number].result() for number in range(len(calls))]


def _make_calls(todo: deque[tuple[int, Callable[[], Result]]], ended: SimpleQueue[tuple[int, Future[Result]]]) -> None:
    while True:
        try:
            number, call = todo.popleft()
        except IndexError:
            return  # none is left
        result: Future[Result] = Future()
        try:
            result.set_result(call())
        except BaseException as error:  # noqa: BLE001  # handed to the main thread, whatever it is
            result.set_exception(error)
        ended.put((number, result))


class InThread:
    """Fulfils the Protocol `Beside`: work that runs while a human types; a daemon, so that it keeps nobody waiting."""

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

"""
What the machine itself knows: the local user's name, threads.

A container often knows no user at all: that is None, never a failure.
"""

from __future__ import annotations

import getpass
import threading
from concurrent.futures import ThreadPoolExecutor, as_completed
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


def side_by_side(calls: Sequence[Callable[[], Result]], done: Callable[[], None]) -> list[Result]:
    """Make the calls in a bounded number of threads; results in their order, the first failure is raised."""
    if not calls:
        return []
    pool = ThreadPoolExecutor(min(_WORKERS, len(calls)))
    try:
        futures = [pool.submit(call) for call in calls]
        for future in as_completed(futures):
            future.exception()
            done()
        return [future.result() for future in futures]
    finally:
        # After Ctrl-C the calls that have not begun are not made.
        pool.shutdown(cancel_futures=True)


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

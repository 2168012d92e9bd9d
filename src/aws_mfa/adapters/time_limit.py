"""
Calls that may never return, made in a daemon thread with a limit on the wait.

Owns nothing but the waiting: the thread of a call that hangs is left behind, and because it is a daemon the process
can still end. No call is ever interrupted.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    Answer = TypeVar("Answer")

# The wait is cut in slices because Windows delivers Ctrl-C only between two of them.
_SLICE_S = 0.2


class NoAnswer(Exception):
    """The call did not return within the limit."""


def answer_within(
    limit_s: float | None, call: Callable[[], Answer], *, patience_s: float = 3.0, on_delay: Callable[[], None]
) -> Answer:
    """
    What `call()` returns or raises, or `NoAnswer` after `limit_s` seconds (None: no limit).

    `on_delay` is called once, here and not in the thread, when the answer is not there after `patience_s` seconds.
    """
    answers: list[Answer] = []
    errors: list[BaseException] = []

    def work() -> None:
        try:
            answers.append(call())
        except BaseException as error:  # noqa: BLE001 - handed over to the thread that waits
            errors.append(error)

    worker = threading.Thread(target=work, name="aws-mfa keychain", daemon=True)
    worker.start()
    _wait(worker, limit_s, patience_s, on_delay)
    if errors:
        raise errors[0]
    if not answers:
        raise NoAnswer
    return answers[0]


def _wait(worker: threading.Thread, limit_s: float | None, patience_s: float, on_delay: Callable[[], None]) -> None:
    began_at = time.monotonic()
    told = False
    while worker.is_alive():
        waited_s = time.monotonic() - began_at
        if limit_s is not None and waited_s >= limit_s:
            return
        if not told and waited_s >= patience_s:
            told = True
            on_delay()
        worker.join(_SLICE_S if limit_s is None else min(_SLICE_S, limit_s - waited_s))

"""
The signals that would end us, held back while what belongs together is written.

Owns their handlers for the length of a `with`. A signal is never lost: it takes its own effect behind it. SIGQUIT is
not held: whoever wants us to end at once can have it.
"""

from __future__ import annotations

import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

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

"""
A progress bar on stderr for a terminal, while calls are made that take longer than a moment.

Nothing may be asked meanwhile: the bar draws over its line.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# What is over before anybody wonders needs no bar.
_AFTER_S = 1.0


@contextmanager
def shown_calls(count: int) -> Iterator[Callable[[], None]]:
    """Give what is to be told of each call that is done; the bar comes after a second, and goes when all are."""
    bar = Progress(console=Console(stderr=True), transient=True)
    task = bar.add_task("assuming roles", total=count)
    start = threading.Timer(_AFTER_S, bar.start)
    start.daemon = True
    start.start()
    try:
        yield lambda: bar.advance(task)
    finally:
        start.cancel()
        start.join()
        if bar.live.is_started:
            bar.stop()

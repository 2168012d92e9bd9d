"""A progress bar on stderr, for a terminal and for more than a handful of calls; else nothing at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import Progress as RichProgress

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self

_WORTH_A_BAR = 5


class Progress:
    """A context manager; `advance` is called after each call and starts the bar, so that questions come before it."""

    def __init__(self, total: int, *, is_shown: bool) -> None:
        self._done = 0
        is_worth_it = is_shown and total > _WORTH_A_BAR
        self._bar = RichProgress(console=Console(stderr=True), transient=True) if is_worth_it else None
        self._task = self._bar.add_task("assuming roles", total=total) if self._bar is not None else None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None and self._done:
            self._bar.stop()

    def advance(self) -> None:
        """One call more is done."""
        self._done += 1
        if self._bar is not None and self._task is not None:
            self._bar.start()
            self._bar.update(self._task, completed=self._done)

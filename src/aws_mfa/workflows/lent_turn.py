"""
Our turn, lent out while we wait for somebody in another terminal: whoever has a person there may ask meanwhile.

What comes of that ends our wait. A process that nobody sits at never stands in the way of one where somebody does.
"""

from __future__ import annotations

from contextlib import contextmanager
from threading import Event
from typing import TYPE_CHECKING

from aws_mfa.errors import AwsMfaError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aws_mfa.cancel import Cancellation
    from aws_mfa.model import Session
    from aws_mfa.rules.session_steps import Step
    from aws_mfa.workflows.doors_to_people import Turn
    from aws_mfa.workflows.outside import Outside
    from aws_mfa.workflows.stored_sessions import StoredSessions

_LOOK_EVERY_S = 0.25
# Who is only passing through, to find that nobody sits there either, is faster.
_LOOKS_UNTIL_TAKEN = 6
_PATIENCE_S = 5.0


class AskedElsewhere(AwsMfaError):
    """Another process asks a person, or has the session already; it never leaves `AskedCodes`."""


class LentTurn:
    """Lends the turn for `step`; `was_lent` says whether others had it meanwhile."""

    def __init__(self, step: Step, turn: Turn, stored: StoredSessions, outside: Outside) -> None:
        self.was_lent = False
        self._step = step
        self._turn = turn
        self._stored = stored
        self._outside = outside

    @contextmanager
    def __call__(self, cancellation: Cancellation) -> Iterator[None]:
        """Lend it for the length of a `with`; the cancellation is used when there is nothing more to wait for."""
        over = Event()
        self.was_lent = True
        self._turn.let_go()
        self._outside.beside(lambda: self._watch(over, cancellation), cancellation.cancel)
        try:
            yield
        finally:
            over.set()
        self._turn.take_again(patience_s=_PATIENCE_S)

    def session_of_another(self) -> Session | None:
        """The step's session, if others had our turn and got it meanwhile: then a code is not spent for it again."""
        return self._stored.newer(self._step) if self.was_lent else None

    def _watch(self, over: Event, cancellation: Cancellation) -> None:
        looks = 0
        while not over.wait(_LOOK_EVERY_S):
            looks = looks + 1 if self._turn.is_anothers() else 0
            if looks >= _LOOKS_UNTIL_TAKEN or self._stored.newer(self._step) is not None:
                cancellation.cancel(AskedElsewhere("another process asks for this code"))
                return

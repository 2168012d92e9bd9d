"""
A question that waits for another terminal, and a person who comes to this one meanwhile: by `fg`, for one.

No signal tells a program that the terminal is its own now, so it is looked for.
"""

from __future__ import annotations

from contextlib import contextmanager
from threading import Event
from typing import TYPE_CHECKING

from aws_mfa.errors import AwsMfaError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from aws_mfa.cancel import Cancellation
    from aws_mfa.rules.code_ways import CodeWay
    from aws_mfa.workflows.outside import Outside

_LOOK_EVERY_S = 0.25


class PersonCame(AwsMfaError):
    """Somebody is now where nobody was; it never leaves `ask_code`."""


@contextmanager
def look_out(ways: Sequence[CodeWay], cancellation: Cancellation, outside: Outside) -> Iterator[None]:
    """Use the cancellation, while inside, when somebody comes to one of these ways, at which nobody was."""
    over = Event()

    def look() -> None:
        while not over.wait(_LOOK_EVERY_S):
            if any(way.has_human for way in ways):
                cancellation.cancel(PersonCame("somebody came to the terminal"))
                return

    if ways:
        outside.beside(look, cancellation.cancel)
    try:
        yield
    finally:
        over.set()

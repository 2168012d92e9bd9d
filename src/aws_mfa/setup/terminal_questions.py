"""
How a person at the terminal is asked: again while the answer is mistyped, and once where it is yes or no.

What is asked, and what an answer may be, is for whoever asks. Codes are asked for by `ask_code`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_mfa.errors import BadInput, NothingGiven

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    from aws_mfa.errors import AwsMfaError
    from aws_mfa.interfaces import Terminal

    Answer = TypeVar("Answer")

_YES = ("y", "yes")
_TRIES = 3


def until_good(ask: Callable[[], Answer], terminal: Terminal) -> Answer:
    """Ask; a human who mistyped is told and asked again, three times in all."""
    for _ in range(_TRIES - 1):
        try:
            return ask()
        except NothingGiven:
            raise
        except BadInput as error:
            if not terminal.has_human:
                raise
            tell(error, terminal)
    return ask()


def says_yes(terminal: Terminal, question: str) -> bool:
    """Ask once; whatever is not yes is a no. Raises what asking raises."""
    return terminal.ask(question).strip().lower() in _YES


def tell(error: AwsMfaError, terminal: Terminal) -> None:
    """Say what is wrong and what to do, and go on."""
    for line in error.lines:
        terminal.say(line)

"""
The terminal, or a pipe in its place, as a way to a code: what is typed there is the answer.

A terminal that belongs to another program now refuses by itself; here nobody is looked for at it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_mfa.adapters.terminal import ControllingTerminal
from aws_mfa.rules.code_ways import TERMINAL

if TYPE_CHECKING:
    from typing import Protocol

    from aws_mfa.cancel import Cancellation
    from aws_mfa.rules.code_ways import CodeQuestion

    class Terminal(Protocol):
        """What is needed of a terminal here; `NoTerminal` is one too."""

        @property
        def has_human(self) -> bool:
            """Whether somebody can be asked again."""

        def ask(self, question: str, cancellation: Cancellation | None = None) -> str:
            """Ask with echo."""

        def say(self, text: str) -> None:
            """Print one line where the questions are."""


class TerminalWay:
    """Fulfils the Protocol `CodeWay`."""

    name = TERMINAL

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal

    @property
    def has_human(self) -> bool:
        """Whether there is a person, and not a pipe, nor a terminal that is another program's now."""
        lent_out = isinstance(self._terminal, ControllingTerminal) and not self._terminal.is_ours()
        return self._terminal.has_human and not lent_out

    def can_answer(self, question: CodeQuestion) -> bool:
        """Always: where there is none, asking says so."""
        del question
        return True

    def ask(self, question: CodeQuestion, cancellation: Cancellation | None = None) -> str:
        """The line typed; raises what the terminal raises."""
        return self._terminal.ask(question.text, cancellation)

    def say(self, text: str) -> None:
        """Print one line where the questions are."""
        self._terminal.say(text)

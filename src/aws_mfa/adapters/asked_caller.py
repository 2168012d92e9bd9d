"""
The Python program that called us, as a way to a code: a function that gets the question and returns the answer.

Stands for the terminal, under its name. What the function raises is the program's own and passes through.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_mfa.rules.code_ways import TERMINAL

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_mfa.cancel import Cancellation
    from aws_mfa.rules.code_ways import CodeQuestion


class AskedCaller:
    """Fulfils the Protocol `CodeWay`. `ask` is such as the built-in `input`."""

    name = TERMINAL
    has_human = True

    def __init__(self, ask: Callable[[str], str]) -> None:
        self._ask = ask
        self._said: list[str] = []

    def can_answer(self, question: CodeQuestion) -> bool:
        """Always: the program says so."""
        del question
        return True

    def ask(self, question: CodeQuestion, cancellation: Cancellation | None = None) -> str:
        """Return what the function returns; a cancellation cannot end it, so it is looked at before and after."""
        if cancellation is not None:
            cancellation.check()
        text, self._said = "\n".join([*self._said, question.text]), []
        answer = self._ask(text)
        if cancellation is not None:
            cancellation.check()
        return answer

    def say(self, text: str) -> None:
        """Tell it with the next question: there is no other channel."""
        self._said.append(text)

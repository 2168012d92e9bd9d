"""
The ways to a code on which another terminal may answer: `aws-mfa code`.

`AnsweredElsewhere` puts the question as another way does, and lets it be answered from elsewhere at the same time;
`WaitingWay` puts it nowhere, and waits. A code never travels in an exception.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from aws_mfa.adapters.question_clients import Answerer
from aws_mfa.adapters.question_sockets import HAS_SOCKETS
from aws_mfa.adapters.waiting_questions import waiting_question
from aws_mfa.cancel import Cancellation, passed_on
from aws_mfa.errors import AwsMfaError, NeedsHuman, NobodyAnswered
from aws_mfa.rules.code_ways import CODE, TERMINAL, AsAnotherWay

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_mfa.rules.code_ways import CodeQuestion, CodeWay

# Long enough to turn to a terminal and type; SDKs that started us wait a minute at the least.
PATIENCE_S = 20.0


class AnsweredElsewhere(AsAnotherWay):
    """
    Fulfils the Protocol `CodeWay`: `way`, and beside it whoever runs `aws-mfa code`. The first answer counts.

    Where `way` turns out to be closed while somebody is connected, that answer is waited for.
    """

    def __init__(self, way: CodeWay, folder: str) -> None:
        super().__init__(way)
        self._folder = folder
        self._answerer = Answerer()

    def ask(self, question: CodeQuestion, cancellation: Cancellation | None = None) -> str:
        """What was answered here or elsewhere; raises what the way raises."""
        self._answerer.close()
        ours = Cancellation()
        typed, closed = "", None
        answered = _Answered("answered elsewhere")
        with (
            passed_on(cancellation, ours),
            waiting_question(self._folder, question, lambda: ours.cancel(answered)) as elsewhere,
            contextlib.suppress(_Answered),
        ):
            try:
                typed = self._way.ask(question, ours)
            except NeedsHuman as error:
                closed = error
                elsewhere.wait(0, ours)
        if elsewhere.code is not None:
            # Also where something was typed in the same moment: the other has been told that its code was taken.
            self._answerer = elsewhere.answerer
            if self._way.name == TERMINAL:  # a window is gone, and has told enough by it
                self._way.say("answered in another terminal")
            return elsewhere.code
        if closed is not None:
            raise closed
        return typed

    def say(self, text: str) -> None:
        """Tell the line here, and whoever answered from elsewhere."""
        super().say(text)
        self._answerer.tell(text)


class WaitingWay:
    """
    Fulfils the Protocol `CodeWay` where there is no place to put a question: it waits to be answered from elsewhere.

    `announce` tells people so; `is_manned`: whether anybody could read that at all, as nobody does in CI.
    """

    name = CODE
    has_human = True

    def __init__(
        self, folder: str, *, announce: Callable[[str], None], is_manned: bool, patience_s: float = PATIENCE_S
    ) -> None:
        self._folder = folder
        self._announce = announce
        self._is_manned = is_manned
        self._patience_s = patience_s
        self._answerer = Answerer()

    def can_answer(self, question: CodeQuestion) -> bool:
        """Where somebody may read the line, and the system has sockets."""
        del question
        return self._is_manned and HAS_SOCKETS

    def ask(self, question: CodeQuestion, cancellation: Cancellation | None = None) -> str:
        """Wait; raises `NobodyAnswered`, `NeedsHuman` where no question can be left open, or the cancellation error."""
        self._answerer.close()
        with waiting_question(self._folder, question, lambda: None) as elsewhere:
            if not elsewhere.is_open:
                raise NeedsHuman("a question cannot be left open here for another terminal", "run it in a terminal")
            self._announce(
                f"waiting {self._patience_s:g} s for a code of {question.device}: answer in any terminal: aws-mfa code"
            )
            elsewhere.wait(self._patience_s, cancellation or Cancellation())
        if elsewhere.code is None:
            raise NobodyAnswered(
                f"nobody answered from another terminal within {self._patience_s:g} s", "run it in a terminal"
            )
        self._answerer = elsewhere.answerer
        return elsewhere.code

    def say(self, text: str) -> None:
        """Tell whoever answered, and who looks on here."""
        self._announce(text)
        self._answerer.tell(text)


class _Answered(AwsMfaError):
    """Ends the question that stands open here; it never leaves this module."""

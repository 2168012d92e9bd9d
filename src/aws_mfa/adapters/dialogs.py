"""
A dialog on the desktop, for those who have no terminal: IDEs, desktop launchers, SDKs inside them.

Owns the asking: the first program that can show one, a time limit, what was said before. Where none can be shown, or
nobody answers in time, it is `NeedsHuman`; so it is where the display dies. Cancel and the closed window are the
person's no.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from aws_mfa.adapters.answering_program import run_for_answer
from aws_mfa.adapters.dialog_programs import ANSWERED, CANCELLED, GAVE_UP, offered_programs
from aws_mfa.adapters.program_output import PrintedTooMuch, TookTooLong
from aws_mfa.adapters.typed_line import answer_in
from aws_mfa.errors import Cancelled, NeedsHuman
from aws_mfa.rules.code_ways import DIALOG
from aws_mfa.rules.shown_text import shown_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_mfa.adapters.answering_program import Ended
    from aws_mfa.adapters.dialog_programs import DialogProgram
    from aws_mfa.cancel import Cancellation
    from aws_mfa.rules.code_ways import CodeQuestion

TIME_LIMIT_S = 120.0
# Most programs close their window themselves, in time to say so.
_GRACE_S = 1.0
# A display cuts off its programs first, and for a moment takes connections still.
_DYING_S = 0.3


class DialogWay:
    """Fulfils the Protocol `CodeWay`."""

    name = DIALOG
    has_human = True

    def __init__(self, environ: Mapping[str, str], *, time_limit_s: float = TIME_LIMIT_S) -> None:
        self._environ = environ
        self._time_limit_s = time_limit_s
        self._said: list[str] = []

    def can_answer(self, question: CodeQuestion) -> bool:
        """Whether a display is named and there is a program for it; whether it answers is seen when it is asked."""
        del question
        return bool(offered_programs(self._environ))

    def ask(self, question: CodeQuestion, cancellation: Cancellation | None = None) -> str:
        """
        What was typed; what was said since the last question stands above this one.

        Raises `NeedsHuman` (no dialog could be shown, nobody answered), `Cancelled`, `BadInput` as a terminal does,
        or the cancellation's error, with the dialog closed.
        """
        text = "\n".join(shown_text(line) for line in (*self._said, question.text.strip()))
        self._said = []
        for program, path in offered_programs(self._environ):
            if program.can_show(self._environ):
                ended = self._shown(program, path, text, cancellation)
                if ended is not None:
                    return answer_in(ended.stdout)
        if cancellation is not None:
            cancellation.check()
        raise NeedsHuman("there is no desktop here to show a dialog on", "run the command in a terminal")

    def say(self, text: str) -> None:
        """Remember the line; it is shown above the next question."""
        self._said.append(text)

    def _shown(self, program: DialogProgram, path: str, text: str, cancellation: Cancellation | None) -> Ended | None:
        """How the dialog was answered; None where this program could not show it."""
        limit_s = self._time_limit_s
        try:
            ended = run_for_answer(
                [path, *program.arguments(text, limit_s)],
                environ={**self._environ, **program.variables(text, limit_s, self._environ)},
                limit_s=limit_s + _GRACE_S,
                cancellation=cancellation,
                catches_stderr=True,  # toolkits complain there about themes and buses
            )
        except TookTooLong:
            raise self._nobody() from None
        except (OSError, ValueError, PrintedTooMuch):  # gone since it was found, or no dialog at all
            return None
        outcome = program.outcome(ended)
        if outcome == CANCELLED and self._is_still_there(program):
            raise Cancelled("cancelled")
        if outcome == GAVE_UP:
            raise self._nobody()
        return ended if outcome == ANSWERED else None

    def _is_still_there(self, program: DialogProgram) -> bool:
        """Whether the display is: one that dies ends the programs on it with the exit code of Cancel."""
        time.sleep(_DYING_S)
        return program.can_show(self._environ)

    def _nobody(self) -> NeedsHuman:
        return NeedsHuman(f"nobody answered the dialog within {self._time_limit_s:g} s")

"""
A dialog on the desktop, for those who have no terminal: IDEs, desktop launchers, SDKs inside them.

Owns the asking: the first program that can show one, a time limit, what was said before. Where none can be shown, or
nobody answers in time, it is `NeedsHuman`. Cancel and the closed window are the person's no.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_mfa.aws_values.text import shown_text
from aws_mfa.errors import Cancelled, NeedsHuman
from aws_mfa.prompt.dialog_programs import ANSWERED, CANCELLED, GAVE_UP, offered_programs
from aws_mfa.prompt.providers import DIALOG
from aws_mfa.prompt.typed_line import answer_in
from aws_mfa.system.programs import ProgramFailed, TookTooLong, run_for_answer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_mfa.prompt.dialog_programs import DialogProgram
    from aws_mfa.prompt.providers import CodeQuestion
    from aws_mfa.system.cancel import Cancellation
    from aws_mfa.system.programs import Ended

TIME_LIMIT_S = 120.0
# Most programs close their window themselves, in time to say so.
_GRACE_S = 1.0


class DialogProvider:
    """Fulfils the Protocol `CodeProvider`."""

    name = DIALOG
    has_human = True

    def __init__(self, environ: Mapping[str, str], *, time_limit_s: float = TIME_LIMIT_S) -> None:
        self._environ = environ
        self._time_limit_s = time_limit_s
        self._said: list[str] = []

    def can_answer(self, question: CodeQuestion) -> bool:
        """Whether a display is named and there is a program for it; whether it can be shown is seen on asking."""
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
        except ProgramFailed:  # gone since it was found, or no dialog at all
            return None
        outcome = program.outcome(ended)
        if outcome == CANCELLED:
            raise Cancelled("cancelled")
        if outcome == GAVE_UP:
            raise self._nobody()
        return ended if outcome == ANSWERED else None

    def _nobody(self) -> NeedsHuman:
        return NeedsHuman(f"nobody answered the dialog within {self._time_limit_s:g} s")

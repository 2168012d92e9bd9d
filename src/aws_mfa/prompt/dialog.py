"""
A dialog on the desktop, for programs without a terminal: IDEs, desktop launchers, SDKs inside them.

Raises `NeedsHuman` if no program shows one or the time is over, `Cancelled` for the button Cancel and a closed window.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_mfa.aws_values.text import shown_text
from aws_mfa.errors import Cancelled, NeedsHuman, NobodyAnswered
from aws_mfa.prompt.dialog_programs import ANSWERED, CANCELLED, GAVE_UP, offered_programs
from aws_mfa.prompt.providers import DIALOG
from aws_mfa.prompt.typed_line import answer_in
from aws_mfa.system.programs import ProgramFailed, TookTooLong, run_for_answer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_mfa.prompt.providers import CodeQuestion
    from aws_mfa.system.cancel import Cancellation

TIME_LIMIT_S = 120.0
# Most programs close their window themselves after the limit; this is their time to exit.
_GRACE_S = 1.0


class DialogProvider:
    """Implements the Protocol `CodeProvider`."""

    name = DIALOG
    has_human = True

    def __init__(self, environ: Mapping[str, str], *, time_limit_s: float = TIME_LIMIT_S) -> None:
        self._environ = environ
        self._time_limit_s = time_limit_s
        self._said: list[str] = []

    def can_answer(self, question: CodeQuestion) -> bool:
        """Whether a display is named and a program for it is installed; only `ask` finds out whether it works."""
        del question
        return bool(offered_programs(self._environ))

    def ask(self, question: CodeQuestion, cancellation: Cancellation | None = None) -> str:
        """Return what was typed; lines given to `say` since the last question are shown above this one."""
        text = "\n".join(shown_text(line) for line in (*self._said, question.text.strip()))
        self._said = []
        limit_s = self._time_limit_s
        timeout = NobodyAnswered(f"nobody answered the dialog within {limit_s:g} s")
        for program, path in offered_programs(self._environ):
            try:
                ended = run_for_answer(
                    [path, *program.arguments(text, limit_s)],
                    environ={**self._environ, **program.variables(text, limit_s, self._environ)},
                    limit_s=limit_s + _GRACE_S,
                    cancellation=cancellation,
                    catches_stderr=True,  # graphical toolkits write warnings there
                )
            except TookTooLong:
                raise timeout from None
            except ProgramFailed:  # removed since it was found, or not an executable
                continue
            outcome = program.outcome(ended)
            if outcome == CANCELLED:
                raise Cancelled("cancelled")
            if outcome == GAVE_UP:
                raise timeout
            if outcome == ANSWERED:
                return answer_in(ended.stdout)
        if cancellation is not None:
            cancellation.check()
        raise NeedsHuman("there is no desktop here to show a dialog on", "run the command in a terminal")

    def say(self, text: str) -> None:
        self._said.append(text)

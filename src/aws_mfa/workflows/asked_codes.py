"""
The codes that are asked for in one turn, one after the other; nothing is sent from here.

When the next one is asked for, and whether, is said by `another_code`; by which ways, by `ask_code`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_mfa.errors import NeedsHuman
from aws_mfa.rules.code_providers import CodeQuestion
from aws_mfa.workflows.ask_code import ask_code
from aws_mfa.workflows.lent_turn import AskedElsewhere

if TYPE_CHECKING:
    from aws_mfa.errors import AwsMfaError
    from aws_mfa.rules.code_providers import CodeProvider
    from aws_mfa.rules.session_steps import Step
    from aws_mfa.workflows.another_code import AnotherCode
    from aws_mfa.workflows.ask_code import Answer
    from aws_mfa.workflows.lent_turn import LentTurn
    from aws_mfa.workflows.outside import Outside
    from aws_mfa.workflows.renew import Renewal


class AskedCodes:
    """Asks for the codes of `step`; `lent_turn` is our turn, which others may have while we wait."""

    def __init__(
        self, step: Step, renewal: Renewal, lent_turn: LentTurn, another: AnotherCode, outside: Outside
    ) -> None:
        self._user = step.base.section
        self._renewal = renewal
        self._question = CodeQuestion(_text(step), step.request.device, renewal.mfa_process)
        self._lent_turn = lent_turn
        self._another = another
        self._outside = outside
        self._ways: list[CodeProvider] = []  # by which they came
        self._last_refusal: AwsMfaError | None = None

    def next(self) -> str | None:
        """What is answered, not looked at yet; None where another process asks now, or has what the code is for."""
        self._another.wait(self._question.device)
        try:
            answer = self._ask()
        except AskedElsewhere:
            return None
        except NeedsHuman:
            if self._last_refusal is None:
                raise
            raise self._last_refusal from None  # AWS's no to a command's code says more than that nobody is here
        self._another.came_by(answer.way, self._user)
        self._ways.append(answer.way)
        return answer.text

    def refused(self, error: AwsMfaError) -> None:
        """The last one met `error`: prepare for the next, or raise `error` where another one is not asked for."""
        self._last_refusal = error
        self._another.prepare(error, self._question.device, self._ways)

    def _ask(self) -> Answer:
        return ask_code(
            self._renewal,
            self._question,
            self._outside,
            checks_keys=self._another.is_first_of(self._user),
            passed_over=self._another.given_up,
            lent_turn=self._lent_turn,
        )


def _text(step: Step) -> str:
    why = f" ({step.label}: {step.reason})" if step.request.role_arn else ""
    return f"MFA code for {step.request.device}{why}: "

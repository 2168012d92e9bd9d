"""
The codes of one run: where each comes from, asked again where that helps, never one twice.

From the flag (one code), from a pipe (one a line), else from a human. A second code of the same device waits for the
device to show it, instead of letting STS refuse the first one again.
"""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING

from aws_mfa.errors import AnswerLost, AwsFailed, AwsMfaError, BadCode, NeedsHuman, Throttled, WrongCode
from aws_mfa.rules.code_windows import seconds_to_next, window_of
from aws_mfa.workflows.renew import Renewal, ask_code, obtain_session

if TYPE_CHECKING:
    from aws_mfa.model import Session
    from aws_mfa.rules.session_steps import Step
    from aws_mfa.workflows.outside import Outside
    from aws_mfa.workflows.users import Users

CURED_BY_NEXT_CODE = (WrongCode, BadCode, AwsFailed, AnswerLost, Throttled)
QUESTIONS = 3


class Codes:
    """Makes the calls that need a code, one after the other. `token` is good for the first."""

    def __init__(self, outside: Outside, users: Users, *, token: str | None) -> None:
        self._outside = outside
        self._users = users
        self._token = token
        self._had_token = token is not None
        self._window_of: dict[str, int] = {}
        self._checked: set[str] = set()

    def session(self, step: Step) -> Session:
        """Get a code for the step and make its call; raises what the last code was refused with."""
        base = step.base
        renewal = Renewal(
            self._users.keys_of(base.section), step.request, base.region, base.profile, endpoint_url=base.endpoint_url
        )
        for question in range(QUESTIONS):
            try:
                return self._session(step, renewal)
            except CURED_BY_NEXT_CODE as error:
                if self._had_token or question == QUESTIONS - 1 or not self._outside.terminal.has_human:
                    raise
                self._say(error)
        raise NeedsHuman("no code")  # not reached: the last question raises

    def _session(self, step: Step, renewal: Renewal) -> Session:
        outside, device = self._outside, step.request.device
        code = self._code(step, renewal)
        session = obtain_session(renewal, code, outside)
        outside.ledger.note_used(device, code, outside.now())
        self._window_of[device] = window_of(outside.now())
        return session

    def _code(self, step: Step, renewal: Renewal) -> str:
        if self._token is not None:
            token, self._token = self._token, None
            return token
        if self._had_token:
            raise NeedsHuman(
                f"{step.label} needs a code of its own: {step.reason}",
                f"renew it with the next code: aws-mfa renew {quote((step.profiles or [step.label])[0])}",
            )
        self._wait_for_next(step.request.device)
        first = step.base.section not in self._checked
        code = ask_code(renewal, _question(step), self._outside, first=first)
        self._checked.add(step.base.section)
        return code

    def _wait_for_next(self, device: str) -> None:
        """Count down to the next window where the device still shows a code that was just used."""
        now = self._outside.now()
        if self._outside.terminal.has_human and self._window_of.get(device) == window_of(now):
            self._outside.terminal.count_down(seconds_to_next(now), f"the next code of {device} begins in")

    def _say(self, error: AwsMfaError) -> None:
        for line in (error.message, *(f"hint: {hint}" for hint in error.hints)):
            self._outside.terminal.say(line)


def _question(step: Step) -> str:
    why = f" ({step.label}: {step.reason})" if step.request.role_arn else ""
    return f"MFA code for {step.request.device}{why}: "

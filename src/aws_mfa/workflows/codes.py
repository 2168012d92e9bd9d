"""
The codes of one run: where each comes from, asked again where that helps, never one twice, by one process at a time.

From the flag (one code), else from the ways of `ask_code`. While one process asks for a code of a device, the others
that need one wait; what it gets serves them too. A second code of the same device waits for the device to show it,
instead of letting STS refuse the first one again.
"""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING

from aws_mfa.errors import (
    AnswerLost,
    AwsFailed,
    AwsMfaError,
    BadCode,
    Cancelled,
    CodeAlreadyUsed,
    NeedsHuman,
    NobodyAnswered,
    RefusedByAws,
    Throttled,
    WrongCode,
)
from aws_mfa.rules.code_ways import COMMANDS, CodeQuestion
from aws_mfa.rules.code_windows import checked_code, seconds_to_next, window_of
from aws_mfa.workflows.ask_code import ask_code, is_ours_too
from aws_mfa.workflows.lent_turn import AskedElsewhere, LentTurn
from aws_mfa.workflows.renew import Renewal, obtain_session

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_mfa.model import Session
    from aws_mfa.rules.session_steps import Step
    from aws_mfa.workflows.doors_to_people import CodeWay
    from aws_mfa.workflows.outside import Outside
    from aws_mfa.workflows.plans import Planned

CURED_BY_NEXT_CODE = (WrongCode, BadCode, AwsFailed, AnswerLost, Throttled)
QUESTIONS = 3
# A command that gives the code shows the same one until its window is over.
_FROM_COMMAND = 2
# A person has to find the phone. Then those who wait give up, and are told for whom they waited.
PATIENCE_S = 300.0
# With a code in hand nobody waits for somebody who is being asked: it is good for a minute.
_PATIENCE_WITH_CODE_S = 5.0


class Codes:
    """
    Makes the calls that need a code, one after the other. `token` is good for the first.

    `keep` stores a session at once: those who wait for our turn to end find it.
    """

    def __init__(
        self, outside: Outside, planned: Planned, *, token: str | None, keep: Callable[[Step, Session], None]
    ) -> None:
        self._outside = outside
        self._planned = planned
        self._keep = keep
        self._token = token
        self._had_token = token is not None
        self._way: CodeWay | None = None  # that gave the last code
        self._lent: LentTurn | None = None
        self._given_up: set[str] = set()
        self._window_of: dict[str, int] = {}
        self._checked: set[str] = set()

    def session(self, step: Step) -> Session:
        """The step's session: another process's of just now, or our own; raises what the last code was refused with."""
        while True:
            try:
                return self._in_turn(step)
            except AskedElsewhere:
                continue  # our turn was lent: what the other does with it is ours too

    def _in_turn(self, step: Step) -> Session:
        patience_s = _PATIENCE_WITH_CODE_S if self._had_token else PATIENCE_S
        device = step.request.device
        with self._outside.turns.turn(device, patience_s=patience_s, or_without=self._had_token) as turn:
            found = self._planned.stored.newer(step)
            if found is not None:
                return found
            failure = None if self._had_token else turn.told(step.question)
            if failure is not None and is_ours_too(failure, self._outside):
                raise failure
            self._lent = LentTurn(step, turn, self._planned.stored, self._outside)
            try:
                return self._asked(step)
            except (RefusedByAws, Cancelled, NobodyAnswered) as error:
                if self._is_for_all(error):
                    turn.tell(step.question, error)
                raise

    def _is_for_all(self, error: AwsMfaError) -> bool:
        """Not what a code in an argument met, and not what never got AWS's judgement: others may do better."""
        return not self._had_token and not isinstance(error, (CodeAlreadyUsed, AwsFailed, Throttled))

    def _asked(self, step: Step) -> Session:
        """Get a code and make the call; where the next code may do, it is asked for."""
        base = step.base
        keys = self._planned.users.keys_of(base.section)
        renewal = Renewal(
            keys,
            step.request,
            base.region,
            base.profile,
            endpoint_url=base.endpoint_url,
            mfa_process=self._mfa_process(step),
        )
        refused: list[str] = []
        last: AwsMfaError | None = None
        while True:
            try:
                return self._session(step, renewal)
            except NeedsHuman:
                if last is not None:
                    raise last from None  # AWS's no to a command's code says more than that nobody is here
                raise
            except CURED_BY_NEXT_CODE as error:
                last = error
                refused.append(self._way.name if self._way else "")
                if not self._may_ask_again(refused):
                    raise
                self._prepare_next(error, step.request.device)

    def _session(self, step: Step, renewal: Renewal) -> Session:
        outside, device = self._outside, step.request.device
        code = checked_code(self._code(step, renewal))
        found = self._planned.stored.newer(step) if self._lent is not None and self._lent.was_lent else None
        if found is not None:
            return found
        session = obtain_session(renewal, code, outside)
        # Before all else: a code was spent for it, and who presses Ctrl-C now shall not type another.
        self._keep(step, session)
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
        question = CodeQuestion(_text(step), step.request.device, renewal.mfa_process)
        first = step.base.section not in self._checked
        answer = ask_code(renewal, question, self._outside, first=first, without=self._given_up, lend=self._lent)
        self._way = answer.way
        self._checked.add(step.base.section)
        return answer.text

    def _may_ask_again(self, refused: list[str]) -> bool:
        """A person is asked three times, an argument or a pipe once; a command twice, then a person where one is."""
        way = self._way
        if way is None or self._had_token:
            return False
        if way.has_human:
            return refused.count(way.name) < QUESTIONS
        if way.name not in COMMANDS:
            return False
        if refused.count(way.name) < _FROM_COMMAND:
            return True
        self._given_up.add(way.name)
        return any(other.has_human for other in self._outside.code_ways)

    def _prepare_next(self, error: AwsMfaError, device: str) -> None:
        """Tell a person why the code did not do; a command shows the next one when its time has come."""
        way, now = self._way, self._outside.now()
        assert way is not None
        if way.name in self._given_up:
            self._outside.say(error.message)
            return
        if not way.has_human:
            self._outside.terminal.count_down(seconds_to_next(now), f"the next code of {device} begins in")
            return
        for line in (error.message, *(f"hint: {hint}" for hint in error.hints)):
            way.say(line)

    def _wait_for_next(self, device: str) -> None:
        """Count down to the next window where the device still shows a code that was just used."""
        now = self._outside.now()
        can_wait = self._way is not None and (self._way.has_human or self._way.name in COMMANDS)
        if can_wait and self._window_of.get(device) == window_of(now):
            self._outside.terminal.count_down(seconds_to_next(now), f"the next code of {device} begins in")

    def _mfa_process(self, step: Step) -> str | None:
        """The command of the first profile served that has one."""
        chains = self._planned.chains
        commands = (chains[name].mfa_process for name in step.profiles if name in chains)
        return next((command for command in commands if command), None)


def _text(step: Step) -> str:
    why = f" ({step.label}: {step.reason})" if step.request.role_arn else ""
    return f"MFA code for {step.request.device}{why}: "

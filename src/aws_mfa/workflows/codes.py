"""
The calls of one run that need a code: each code is sent once, by one process at a time for each device.

A code may be given along: it is good for the first call, and nobody is asked for another. Else codes are asked for, one
after the other, a new one for each try. While one process asks for a code of a device, the others that need one wait;
what it gets serves them too.
"""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING

from aws_mfa.errors import (
    AnswerLost,
    AwsFailed,
    BadCode,
    Cancelled,
    CodeAlreadyUsed,
    NeedsHuman,
    NobodyAnswered,
    RefusedByAws,
    Throttled,
    WrongCode,
)
from aws_mfa.rules.code_windows import checked_code
from aws_mfa.workflows.another_code import AnotherCode
from aws_mfa.workflows.ask_code import is_ours_too
from aws_mfa.workflows.asked_codes import AskedCodes
from aws_mfa.workflows.lent_turn import LentTurn
from aws_mfa.workflows.renew import Renewal, obtain_session

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_mfa.model import Session
    from aws_mfa.rules.session_steps import Plan, Step
    from aws_mfa.workflows.doors_to_people import Turn
    from aws_mfa.workflows.outside import Outside

CURED_BY_NEXT_CODE = (WrongCode, BadCode, AwsFailed, AnswerLost, Throttled)
# What AWS never judged: others may do better. That it failed at each code is for all: they would fail alike.
_NOT_FOR_ALL = (CodeAlreadyUsed, Throttled)
# A person has to find the phone. Then those who wait give up, and are told for whom they waited.
PATIENCE_S = 300.0
# With a code in hand nobody waits for somebody who is being asked: it is good for a minute.
_PATIENCE_WITH_CODE_S = 5.0


class Codes:
    """
    Makes the calls that need a code, one after the other. `token` is a code that was given.

    `keep` stores a session at once: those who wait for our turn to end find it.
    """

    def __init__(
        self, outside: Outside, planned: Plan, *, token: str | None, keep: Callable[[Step, Session], None]
    ) -> None:
        self._outside = outside
        self._planned = planned
        self._keep = keep
        self._given = None if token is None else _GivenCode(token)
        self._another = AnotherCode(outside)

    def session(self, step: Step) -> Session:
        """The step's session: another process's of just now, or our own; raises what the last code was refused with."""
        if self._given is not None:
            return self._with_given(self._given, step)
        session = None
        while session is None:  # another process asks for it now: when our turn comes again, its session is ours too
            session = self._with_asked(step)
        return session

    def _with_given(self, given: _GivenCode, step: Step) -> Session:
        """Whatever it meets is about this code alone: nobody else hears of it."""
        turns, device = self._outside.turns, step.request.device
        with turns.turn(device, patience_s=_PATIENCE_WITH_CODE_S, gives_up_quietly=True):
            found = self._planned.stored.newer(step)
            if found is not None:
                return found
            return self._send(self._renewal(step), checked_code(given.take(step)), step)

    def _with_asked(self, step: Step) -> Session | None:
        """None where another process asks now; those who wait for us need not ask again what would end alike."""
        with self._outside.turns.turn(step.request.device, patience_s=PATIENCE_S, gives_up_quietly=False) as turn:
            found = self._planned.stored.newer(step)
            if found is not None:
                return found
            failure = turn.told(step.question)
            if failure is not None and is_ours_too(failure, self._outside):
                raise failure
            try:
                return self._ask_and_send(step, turn)
            except (RefusedByAws, Cancelled, NobodyAnswered) as error:
                if not isinstance(error, _NOT_FOR_ALL):
                    turn.tell(step.question, error)
                raise

    def _ask_and_send(self, step: Step, turn: Turn) -> Session | None:
        """Each round has a code of its own: sent once, or not at all where another process served us meanwhile."""
        renewal = self._renewal(step)
        lent_turn = LentTurn(step, turn, self._planned.stored, self._outside)
        codes = AskedCodes(step, renewal, lent_turn, self._another, self._outside)
        while (answer := codes.next()) is not None:
            try:
                code = checked_code(answer)
                return lent_turn.session_of_another() or self._send(renewal, code, step)
            except CURED_BY_NEXT_CODE as error:
                codes.refused(error)
        return None

    def _send(self, renewal: Renewal, code: str, step: Step) -> Session:
        session = obtain_session(renewal, code, self._outside)
        # Before all else: a code was spent for it, and who presses Ctrl-C now shall not type another.
        self._keep(step, session)
        self._outside.ledger.note_used(step.request.device, code, self._outside.now())
        self._another.was_used(step.request.device)
        return session

    def _renewal(self, step: Step) -> Renewal:
        base = step.base
        keys = self._planned.users.keys_of(base.section)
        command = self._mfa_process(step)
        return Renewal(keys, step.request, base.region, base.profile, reach=base.reach, mfa_process=command)

    def _mfa_process(self, step: Step) -> str | None:
        """The command of the first profile served that has one."""
        chains = self._planned.chains
        commands = (chains[name].mfa_process for name in step.profiles if name in chains)
        return next((command for command in commands if command), None)


class _GivenCode:
    """A code that was given along: good for one call."""

    def __init__(self, code: str) -> None:
        self._code: str | None = code

    def take(self, step: Step) -> str:
        """The code, which is gone then: `NeedsHuman` for every step after the first."""
        code, self._code = self._code, None
        if code is None:
            raise NeedsHuman(
                f"{step.label} needs a code of its own: {step.reason}",
                f"renew it with the next code: aws-mfa renew {quote((step.profiles or [step.label])[0])}",
            )
        return code

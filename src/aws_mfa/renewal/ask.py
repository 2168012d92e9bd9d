"""
Ask for a code: each provider in its order until one answers; beside the question AWS is asked whose keys these are.

A provider that cannot answer here (no terminal, no display, a command that fails) leaves it to the next; a person who
cancels ends it. Nothing that carries a code is sent from here.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aws_mfa.aws_values.arns import account_of
from aws_mfa.aws_values.codes import checked_code
from aws_mfa.aws_values.durations import check_duration
from aws_mfa.errors import (
    HINT,
    AwsMfaError,
    AwsUnreachable,
    BadInput,
    ClockSkew,
    NeedsHuman,
    NobodyAnswered,
    NotAuthorized,
    RefusedByAws,
    RegionDisabled,
    SessionKeysGiven,
    UnknownDevice,
    UnknownKey,
    WrongSecret,
)
from aws_mfa.prompt.providers import CODE, COMMANDS, CodeQuestion, WrappedProvider
from aws_mfa.system.cancel import Cancellation, passed_on

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from contextlib import AbstractContextManager

    from aws_mfa.interfaces import Interfaces
    from aws_mfa.model import LongTermKeys
    from aws_mfa.prompt.providers import CodeProvider
    from aws_mfa.renewal.steps import Step

    Yield = Callable[[Cancellation], AbstractContextManager[None]]


# What the check beside the question may end it for; anything else is left to the call itself to report.
_DEFINITE = (
    AwsUnreachable,
    ClockSkew,
    RegionDisabled,
    SessionKeysGiven,
    UnknownDevice,
    UnknownKey,
    WrongSecret,
    BadInput,
)


@dataclass(frozen=True)
class GivenCode:
    """What was answered, not looked at yet, and by which provider."""

    text: str
    way: CodeProvider


def ask_code(
    question: CodeQuestion,
    interfaces: Interfaces,
    *,
    check: Callable[[], None] | None = None,
    passed_over: Collection[str] = (),
    yielded: Yield | None = None,
) -> GivenCode:
    """
    Ask for the code; `check` runs beside a question that a person sees, and ends it where it raises.

    So the connection is open when Enter is pressed, and a wrong key, a skewed clock or a dead network ends the
    question before a code is spent. `passed_over` are names of providers; `yielded` surrounds the wait for another
    terminal, and may end it. Raises `NeedsHuman` where no provider can answer, `Cancelled`, and what the check raises.
    """
    ways = [way for way in interfaces.code_providers if way.name not in passed_over and way.can_answer(question)]
    cancellation = running = None
    if check is not None and any(way.has_human for way in ways):
        cancellation = Cancellation()
        running = interfaces.beside(check, cancellation.cancel)
    closed: list[NeedsHuman] = []
    for way in ways:
        try:
            if yielded is None or way.name != CODE:
                text = way.ask(question, cancellation)
            else:
                ours = Cancellation()
                with passed_on(cancellation, ours), yielded(ours):
                    text = way.ask(question, ours)
        except NeedsHuman as error:
            closed.append(error)
            if way.name in COMMANDS:
                interfaces.say(error.message)  # otherwise nobody would ever hear of a command that fails
            continue
        if running is not None:
            running.wait()
        return GivenCode(text, way)
    raise _all_closed(closed, question)


def ends_ours_too(failure: AwsMfaError, interfaces: Interfaces) -> bool:
    """Whether another process's failure ends our question too. A timeout there does not if a person can answer here."""
    if not isinstance(failure, NobodyAnswered):
        return True
    question = CodeQuestion("", "")
    return not any(way.has_human and way.name != CODE and way.can_answer(question) for way in interfaces.code_providers)


def check_signing_keys(step: Step, keys: LongTermKeys, interfaces: Interfaces) -> None:
    """Raise what AWS says for sure about the keys, this clock and the network; stay silent in doubt."""
    request = step.request
    try:
        identity = interfaces.sts(step.base.region, step.base.endpoints).get_caller_identity(keys)
    except _DEFINITE:
        raise
    except AwsMfaError:
        return
    of_device = account_of(request.device)
    if of_device and identity.account and of_device != identity.account:
        raise UnknownDevice(
            f"the device is of account {of_device}, the long-term keys are of {identity.arn}",
            "list the devices of that user with: aws iam list-mfa-devices",
        )
    if not identity.arn.endswith(":root"):
        return
    if request.role_arn:
        raise NotAuthorized("the long-term keys are the root user's, who may assume no role", "use an IAM user's keys")
    check_duration(request.duration_s, "for root", role=False, root=True)


class PatientWay(WrappedProvider):
    """
    Another `CodeProvider` with a time limit, `limit_s` seconds: a server's question is cancelled when nobody answers.

    While it is open, no other process of this user asks for a code of that device: a terminal that nobody looks at
    must not block them.
    """

    def __init__(self, way: CodeProvider, limit_s: float) -> None:
        super().__init__(way)
        self._limit_s = limit_s

    def ask(self, question: CodeQuestion, cancellation: Cancellation | None = None) -> str:
        """What was answered; `NeedsHuman` when the time is over, so that the next provider is tried."""
        ours = Cancellation()
        nobody = NeedsHuman(f"nobody answered within {self._limit_s:g} s")
        timer = threading.Timer(self._limit_s, ours.cancel, [nobody])
        timer.daemon = True
        timer.start()
        try:
            with passed_on(cancellation, ours):
                return super().ask(question, ours)
        finally:
            timer.cancel()


def _all_closed(closed: list[NeedsHuman], question: CodeQuestion) -> NeedsHuman:
    if not closed:
        return NeedsHuman(f"no code of {question.device} can be asked for here", "run it in a terminal")
    if len(closed) == 1:
        return closed[0]
    hints = dict.fromkeys(hint for error in closed for hint in error.hints)
    # A question that was put and not answered is known to all processes that waited for it.
    kind = NobodyAnswered if any(isinstance(error, NobodyAnswered) for error in closed) else NeedsHuman
    return kind("; ".join(dict.fromkeys(error.message for error in closed)), *hints)


def answer_question(given: str | None, interfaces: Interfaces) -> str:
    """
    Answer, and return one line that says whose question it was.

    Raises `BadCode` (the question stays open), `NeedsHuman` where no question is waiting or it has ended meanwhile,
    `RefusedByAws` where the process says that the code did not do.
    """
    code = checked_code(given) if given is not None else None
    terminal = interfaces.terminal
    with interfaces.open_questions.oldest() as question:
        if question is None:
            raise NeedsHuman(
                "no question is waiting", "start what needs a code first, and run this while it waits: aws-mfa code"
            )
        if code is None:
            cancellation = Cancellation()
            if terminal.has_human:
                terminal.say(f"pid {question.pid} waits for a code of {question.device}")
                interfaces.beside(question.wait_for_end, cancellation.cancel)
            code = checked_code(terminal.ask(question.text, cancellation))
        said = question.answer(code)
    if said:
        hints = [line.removeprefix(HINT) for line in said[1:] if line.startswith(HINT)]
        raise RefusedByAws(
            f"pid {question.pid} says: {said[0]}", *hints, "answer again when it asks again: aws-mfa code"
        )
    return f"answered the question of pid {question.pid}"

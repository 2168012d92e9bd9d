"""
Ask for a code: every way in its order until one answers, and beside the question AWS is asked whose keys these are.

A way that is closed here (no terminal, no display, a command that fails) leaves it to the next; a person who says no
ends it. Who comes to a terminal that was another program's is asked there. Nothing is sent that carries a code.
"""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING

from aws_mfa.cancel import Cancellation, passed_on
from aws_mfa.errors import (
    AwsMfaError,
    AwsUnreachable,
    BadInput,
    ClockSkew,
    NeedsHuman,
    NobodyAnswered,
    NotAuthorized,
    RegionDisabled,
    SessionKeysGiven,
    UnknownDevice,
    UnknownKey,
    WrongSecret,
)
from aws_mfa.rules.arns import account_of
from aws_mfa.rules.code_ways import CODE, COMMANDS, CodeQuestion
from aws_mfa.rules.durations import check_duration
from aws_mfa.workflows.look_out import PersonCame, look_out

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from contextlib import AbstractContextManager

    from aws_mfa.model import Identity, SessionRequest
    from aws_mfa.rules.code_ways import CodeWay
    from aws_mfa.workflows.outside import Outside
    from aws_mfa.workflows.renew import Renewal

    Lend = Callable[[Cancellation], AbstractContextManager[None]]

# What the check beside the question may end it for; anything else is left to the call itself to say.
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


class Answer:
    """What was answered, not looked at yet, and the way it came."""

    __slots__ = ("text", "way")

    def __init__(self, text: str, way: CodeWay) -> None:
        self.text = text
        self.way = way


def ask_code(
    renewal: Renewal,
    question: CodeQuestion,
    outside: Outside,
    *,
    checks_keys: bool,
    passed_over: Collection[str] = (),
    lent_turn: Lend | None = None,
) -> Answer:
    """
    Ask for the code; with `checks_keys` AWS is asked whose keys these are, beside a question that a person sees.

    So the connection stands when Enter is pressed, and a wrong key, a skewed clock or a dead network ends the
    question before a code is spent. `passed_over` are names of ways; `lent_turn` surrounds the wait for another
    terminal, and may end it. Raises `NeedsHuman` where no way is open, `Cancelled`, and what the check says.
    """
    ways = [way for way in outside.code_ways if way.name not in passed_over and way.can_answer(question)]
    if not (checks_keys and any(way.has_human for way in ways)):
        return _first_answer(ways, _Put(question, None, lent_turn), outside)
    cancellation = Cancellation()
    check = outside.beside(lambda: check_keys(renewal, outside), cancellation.cancel)
    answer = _first_answer(ways, _Put(question, cancellation, lent_turn), outside)
    check.wait()
    return answer


def is_ours_too(failure: AwsMfaError, outside: Outside) -> bool:
    """Whether how another process's question ended is our end too: nobody there says nothing where a person is here."""
    if not isinstance(failure, NobodyAnswered):
        return True
    question = CodeQuestion("", "")
    return not any(way.has_human and way.name != CODE and way.can_answer(question) for way in outside.code_ways)


def check_keys(renewal: Renewal, outside: Outside) -> None:
    """Raise what AWS says for sure about the keys, this clock and the network; stay silent in doubt."""
    try:
        identity = outside.sts(renewal.region, renewal.reach).get_caller_identity(renewal.keys)
    except _DEFINITE:
        raise
    except AwsMfaError:
        return
    _check_identity(identity, renewal.request)


class _Put:
    """A question and what may end it."""

    __slots__ = ("cancellation", "lent_turn", "question")

    def __init__(self, question: CodeQuestion, cancellation: Cancellation | None, lent_turn: Lend | None) -> None:
        self.question = question
        self.cancellation = cancellation
        self.lent_turn = lent_turn

    def to(self, way: CodeWay, unmanned: Sequence[CodeWay], outside: Outside) -> str:
        """What is answered there; `PersonCame` where somebody comes to one of the `unmanned` ways meanwhile."""
        if way.name != CODE:
            return way.ask(self.question, self.cancellation)
        ours = Cancellation()
        with passed_on(self.cancellation, ours), self.lent_turn(ours) if self.lent_turn else nullcontext():
            try:
                with look_out(unmanned, ours, outside):
                    return way.ask(self.question, ours)
            except PersonCame as error:
                came = error  # it is raised when our turn is our own again
        raise came


def _first_answer(ways: Sequence[CodeWay], put: _Put, outside: Outside) -> Answer:
    while True:
        try:
            return _answer_in_order(ways, put, outside)
        except PersonCame:
            continue


def _answer_in_order(ways: Sequence[CodeWay], put: _Put, outside: Outside) -> Answer:
    closed: list[NeedsHuman] = []
    unmanned: list[CodeWay] = []
    for way in ways:
        try:
            text = put.to(way, unmanned, outside)
        except NeedsHuman as error:
            closed.append(error)
            if not way.has_human:
                unmanned.append(way)
            if way.name in COMMANDS:
                outside.say(error.message)  # or nobody would ever hear of a command that fails
        else:
            return Answer(text, way)
    raise _all_closed(closed, put.question)


def _all_closed(closed: list[NeedsHuman], question: CodeQuestion) -> NeedsHuman:
    if not closed:
        return NeedsHuman(f"there is no way here to ask for a code of {question.device}", "run it in a terminal")
    if len(closed) == 1:
        return closed[0]
    hints = dict.fromkeys(hint for error in closed for hint in error.hints)
    # One that was put and not answered is known to all who waited for it.
    kind = NobodyAnswered if any(isinstance(error, NobodyAnswered) for error in closed) else NeedsHuman
    return kind("; ".join(dict.fromkeys(error.message for error in closed)), *hints)


def _check_identity(identity: Identity, request: SessionRequest) -> None:
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

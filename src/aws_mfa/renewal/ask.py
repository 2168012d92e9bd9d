"""
Ask for a code: try the providers in order until one answers; at the same time ask AWS whose keys these are.

A provider that cannot answer here (no terminal, no display, a command that fails) leaves it to the next; a person who
cancels ends it. `answer_question` is the other side: another process's question. Nothing here sends a code to AWS.
"""

from __future__ import annotations

from contextlib import nullcontext, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aws_mfa.aws_values.arns import account_of
from aws_mfa.aws_values.codes import checked_code
from aws_mfa.aws_values.text import check_duration
from aws_mfa.command_lines import unset_variable
from aws_mfa.errors import (
    HINT,
    AwsMfaError,
    AwsUnreachable,
    BadAnswer,
    BadInput,
    ClockSkew,
    NeedsHuman,
    NobodyAnswered,
    NotAuthorized,
    NoThread,
    RefusedByAws,
    RegionDisabled,
    SessionKeysGiven,
    UnknownDevice,
    UnknownKey,
    WrongSecret,
)
from aws_mfa.prompt.providers import CODE, COMMANDS, VARIABLE, CodeQuestion, WrappedProvider, not_asked, until_good
from aws_mfa.system.cancel import Cancellation, limited

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from contextlib import AbstractContextManager

    from aws_mfa.interfaces import Interfaces
    from aws_mfa.model import LongTermKeys
    from aws_mfa.prompt.providers import CodeProvider
    from aws_mfa.renewal.steps import Step

    Yield = Callable[[Cancellation], AbstractContextManager[None]]


# AWS looks neither at the device nor at the code.
KEYS_REFUSED = (ClockSkew, RegionDisabled, SessionKeysGiven, UnknownKey, WrongSecret)
# For these failures the check ends the question; all others are left to the call itself.
_DEFINITE = (AwsUnreachable, BadInput, *KEYS_REFUSED)


@dataclass(frozen=True)
class GivenCode:
    """An answer, not checked yet (or what was typed cannot be one), and its provider."""

    text: str | BadAnswer
    provider: CodeProvider

    def checked(self) -> str:
        """The six digits; raises `BadAnswer`."""
        if isinstance(self.text, BadAnswer):
            raise self.text
        return checked_code(self.text)


def ask_code(
    question: CodeQuestion,
    interfaces: Interfaces,
    *,
    check: Callable[[], None] | None = None,
    passed_over: Collection[str] = (),
    yielded: Yield | None = None,
) -> GivenCode:
    """
    Ask for the code; `check` runs in a thread while a person sees the question, and ends it by raising.

    So the connection is open when Enter is pressed, and a wrong key, a skewed clock or a dead network costs no code;
    without a thread there is no check. `passed_over` are names of providers. The wait for `aws-mfa code` runs inside
    `yielded`, which may end it. Raises `NeedsHuman` if no provider can answer, and `Cancelled`.
    """
    offered = [one for one in interfaces.code_providers if one.name not in passed_over]
    providers = [one for one in offered if one.can_answer(question)]
    cancellation, running = Cancellation(), None
    if check is not None and any(provider.has_human for provider in providers):
        with suppress(NoThread):
            running = interfaces.beside(check, cancellation.cancel)
    failures: list[NeedsHuman] = []
    for provider in providers:
        try:
            given = _asked(provider, question, cancellation, yielded)
        except NeedsHuman as error:
            failures.append(error)
            if provider.name in COMMANDS:
                interfaces.say(error.message)  # else it would never be shown
        else:
            if running is not None:
                running.wait()
            return given
    raise _joined(failures, offered, question, interfaces)


def _asked(
    provider: CodeProvider, question: CodeQuestion, cancellation: Cancellation, yielded: Yield | None
) -> GivenCode:
    try:
        with yielded(cancellation) if yielded is not None and provider.name == CODE else nullcontext():
            return GivenCode(provider.ask(question, cancellation), provider)
    except BadAnswer as error:
        return GivenCode(error, provider)


def _joined(
    failures: list[NeedsHuman], offered: list[CodeProvider], question: CodeQuestion, interfaces: Interfaces
) -> NeedsHuman:
    """One failure with the reasons of all providers: left out, not there, not answering; also if there is none."""
    left, absent = not_asked(question, offered, interfaces.environ, has_terminal=interfaces.terminal.has_human)
    if not failures and not left:
        why = f": {'; '.join(absent)}" if absent else ""
        return NeedsHuman(f"no code of {question.device} can be asked for here{why}", "run it in a terminal")
    # If the question was shown and not answered, processes that waited for it fail too.
    kind = NobodyAnswered if any(isinstance(error, NobodyAnswered) for error in failures) else NeedsHuman
    reasons = dict.fromkeys(error.message for error in failures)
    hints = dict.fromkeys(hint for error in failures for hint in error.hints)
    if not left:
        return kind("; ".join(reasons), *hints)
    return kind(", and ".join((left, *absent, *reasons)), f"{unset_variable(VARIABLE)}, or name more in it", *hints)


def ends_our_question(failure: AwsMfaError, interfaces: Interfaces) -> bool:
    """Whether another process's failure ends our question too. A timeout there does not if a person can answer here."""
    if not isinstance(failure, NobodyAnswered):
        return True
    question = CodeQuestion("", "")
    return not any(one.has_human and one.name != CODE and one.can_answer(question) for one in interfaces.code_providers)


def check_signing_keys(step: Step, keys: LongTermKeys, interfaces: Interfaces) -> None:
    """Ask AWS whose the keys are; raise what is certain about keys, device, clock and network, ignore the rest."""
    request = step.request
    try:
        identity = interfaces.sts(step.user.region, step.user.endpoints).get_caller_identity(keys)
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
    if not request.is_usual_duration:  # of which AWS gives the root user one hour
        check_duration(request.duration_s, "for root", role=False, root=True)


class TimeLimitedProvider(WrappedProvider):
    """Ends another provider's question after `limit_s` s: while it is open, no other process can ask for the code."""

    def __init__(self, provider: CodeProvider, limit_s: float) -> None:
        super().__init__(provider)
        self._limit_s = limit_s

    def ask(self, question: CodeQuestion, cancellation: Cancellation | None = None) -> str:
        """Raises `NeedsHuman` when the time is over, so that the next provider is tried."""
        with limited(cancellation, self._limit_s) as ours:
            return self._provider.ask(question, ours)


def answer_question(given: str | None, interfaces: Interfaces) -> str:
    """Answer another process's oldest question by the code `given`, or asked for here; return a line that names it."""
    code = checked_code(given) if given is not None else None
    terminal = interfaces.terminal
    with interfaces.remote_questions.oldest() as question:
        if question is None:
            hint = "start what needs a code first, and run this while it waits: aws-mfa code"
            raise NeedsHuman("no question is waiting", hint)
        if code is None:
            cancellation = Cancellation()
            if terminal.has_human:
                terminal.say(f"pid {question.pid} waits for a code of {question.device}")
                with suppress(NoThread):
                    interfaces.beside(question.wait_for_end, cancellation.cancel)
            code = until_good(lambda: checked_code(terminal.ask(question.text, cancellation)), terminal)
        lines = question.answer(code)
    if lines:
        hints = [line.removeprefix(HINT) for line in lines[1:] if line.startswith(HINT)]
        hints.append("answer again when it asks again: aws-mfa code")
        raise RefusedByAws(f"pid {question.pid} says: {lines[0]}", *hints)
    return f"answered the question of pid {question.pid}"

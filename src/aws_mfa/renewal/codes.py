"""
The calls of one run that need a code: lock, ask, send once, write, ask again.

One process at a time asks for a code of a device; the others wait and use the session it gets. If a code is given, it
serves the first call and no other is asked for. Each code is sent once; if the answer is lost, it counts as used.
"""

from __future__ import annotations

from contextlib import contextmanager, suppress
from dataclasses import dataclass
from threading import Event
from typing import TYPE_CHECKING

from aws_mfa.aws_values.codes import checked_code, seconds_to_next, window_of
from aws_mfa.command_lines import quote
from aws_mfa.errors import (
    AnswerLost,
    AwsFailed,
    AwsMfaError,
    BadAnswer,
    Cancelled,
    CodeAlreadyUsed,
    NeedsHuman,
    NobodyAnswered,
    NoThread,
    RefusedByAws,
    Throttled,
    UnknownDevice,
    WrongCode,
)
from aws_mfa.prompt.providers import COMMANDS, QUESTIONS, CodeQuestion
from aws_mfa.renewal.ask import KEYS_REFUSED, ask_code, check_signing_keys, ends_our_question
from aws_mfa.vaults.lookup import note_device

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from aws_mfa.interfaces import Interfaces, PromptLock
    from aws_mfa.model import LongTermKeys, Session
    from aws_mfa.prompt.providers import CodeProvider
    from aws_mfa.renewal.ask import GivenCode
    from aws_mfa.renewal.steps import Step
    from aws_mfa.system.cancel import Cancellation

_CURED_BY_NEXT_CODE = (WrongCode, BadAnswer, AwsFailed, AnswerLost, Throttled)
# AWS did not judge these codes, so other processes may succeed. All other failures would be theirs too.
_NOT_FOR_ALL = (CodeAlreadyUsed, Throttled)
# For these AWS does not look at the code. For what else it refuses (a role's trust policy, say) the code is spent.
_BEFORE_THE_CODE = (*KEYS_REFUSED, UnknownDevice)
# How long a process waits for the question of another one, so that a person has time to find the phone. Then it gives
# up, and names that process.
_PATIENCE_S = 300.0
# A process that already has a code waits 5 s, not for a person: its code is valid for a minute.
_PATIENCE_WITH_CODE_S = 5.0
# A command gives the same code until the window of 30 s is over.
_QUESTIONS_TO_A_COMMAND = 2
_LOOK_EVERY_S = 0.25
# Six looks (1.5 s): a process that takes the lock and finds no terminal either lets go sooner.
_LOOKS_UNTIL_TAKEN = 6


class AskedElsewhere(AwsMfaError):
    """Another process asks a person, or has got the session; it never leaves `Codes`."""


@dataclass
class CodeCall:
    """
    One call that needs a code. `prompt` ends in a colon; `keys` returns the signing keys, when the code is asked for.

    `newer` returns the call's session if another process has stored one since the run began. `write` stores the new
    session, at once, because it cost a code. `sending` is called before a code is sent; `log_level` comes before the
    line that a person reads before the next question. `waits` False: the code is there already (an argument, a pipe),
    so there is no lock: this call waits for no other process, and none learns how it ended. `may_skip`: Enter alone is
    a no, since other calls have been made. `for_sdk`: a question that ended badly just now is not asked again.
    """

    step: Step
    prompt: str
    keys: Callable[[], LongTermKeys]
    newer: Callable[[], Session | None]
    write: Callable[[Session], None]
    mfa_process: str | None = None
    waits: bool = True
    may_skip: bool = False
    for_sdk: bool = False
    sending: Callable[[], None] = lambda: None
    log_level: str = ""


class Codes:
    """Makes the calls that need a code, one after the other. `token` is the code that was given, if any."""

    def __init__(self, interfaces: Interfaces, *, token: str | None) -> None:
        self._interfaces = interfaces
        self._has_code = token is not None
        self._token = token
        self._given_up: set[str] = set()  # names of providers whose codes were refused
        self._last_provider: CodeProvider | None = None
        self._checked: set[str] = set()  # long-term sections whose keys were checked
        self._used_in: dict[str, int] = {}  # by device, the window whose code AWS accepted

    def session(self, call: CodeCall) -> Session:
        """Return the call's session, new or just stored by another process; raises the refusal of the last code."""
        session = None
        while session is None:  # None: another process asks now; its session serves us too
            session = self._locked(call) if call.waits else self._ask_and_send(call, None)
        return session

    def _locked(self, call: CodeCall) -> Session | None:
        """None if another process asks now. A failure that would be theirs too is published for processes that wait."""
        step = call.step
        patience_s = _PATIENCE_WITH_CODE_S if self._has_code else _PATIENCE_S
        locks = self._interfaces.prompt_locks
        with locks.hold(step.request.device, patience_s=patience_s, gives_up_quietly=self._has_code) as lock:
            if (found := call.newer()) is not None:
                return found
            if self._has_code:  # the result is about this code only: nothing is published
                return self._ask_and_send(call, None)
            failure = lock.outcome(step.question)
            if failure is None and call.for_sdk:
                failure = locks.just_ended(step.request.device, step.question)
            if failure is not None and ends_our_question(failure, self._interfaces):
                raise failure
            try:
                return self._ask_and_send(call, lock)
            except (RefusedByAws, Cancelled, NobodyAnswered) as error:
                if not isinstance(error, _NOT_FOR_ALL):
                    lock.publish(step.question, error)
                raise

    def _ask_and_send(self, call: CodeCall, lock: PromptLock | None) -> Session | None:
        """Each round has a code of its own; None if another process asks now, or has got the session."""
        keys = call.keys()
        if self._has_code:
            return self._send(call, keys, checked_code(self._take_token(call.step)))
        failure: AwsMfaError | None = None
        refused: list[str] = []
        while True:
            self._wait_for_next_window(call.step.request.device)
            try:
                given = self._ask(call, keys, lock)
            except AskedElsewhere:
                return None
            except NeedsHuman as error:
                if isinstance(error, NobodyAnswered) and lock is not None and lock.was_yielded and lock.is_taken():
                    return None  # another process has just begun to ask, or to answer
                raise failure or error from None  # AWS's refusal of the last code says more than this
            is_empty = isinstance(given.text, str) and not given.text.strip()
            if call.may_skip and given.provider.has_human and is_empty:
                raise Cancelled("no code was given")
            try:
                code = given.checked()
                found = call.newer() if lock is not None and lock.was_yielded else None
                return found or self._send(call, keys, code)
            except _CURED_BY_NEXT_CODE as error:
                failure = error
                refused.append(given.provider.name)
                self._prepare_next(call, error, given.provider, refused.count(given.provider.name))

    def _ask(self, call: CodeCall, keys: LongTermKeys, lock: PromptLock | None) -> GivenCode:
        step, interfaces = call.step, self._interfaces
        is_first = step.user.section not in self._checked
        for file in (interfaces.config, interfaces.credentials) if call.mfa_process else ():
            file.check_trusted(runs_commands=True)
        given = ask_code(
            CodeQuestion(call.prompt, step.request.device, call.mfa_process),
            interfaces,
            check=(lambda: check_signing_keys(step, keys, interfaces)) if is_first else None,
            passed_over=self._given_up,
            yielded=None if lock is None else lambda cancellation: yielded(lock, call.newer, cancellation, interfaces),
        )
        self._checked.add(step.user.section)
        self._last_provider = given.provider
        return given

    def _send(self, call: CodeCall, keys: LongTermKeys, code: str) -> Session:
        device, interfaces = call.step.request.device, self._interfaces
        call.sending()
        try:
            session = send_code(call.step, keys, code, interfaces)
        except RefusedByAws as error:
            if not isinstance(error, (*_BEFORE_THE_CODE, *_CURED_BY_NEXT_CODE)):
                self._used_in[device] = window_of(interfaces.now())
            raise
        try:
            call.write(session)
        finally:
            interfaces.ledger.note_used(device, code, interfaces.now())
        self._used_in[device] = window_of(interfaces.now())
        return session

    def _take_token(self, step: Step) -> str:
        """The given code; `NeedsHuman` for every call after the first."""
        code, self._token = self._token, None
        if code is None:
            raise NeedsHuman(
                f"{step.label} needs a code of its own: {step.reason}",
                f"renew it with the next code: aws-mfa renew {quote((step.profiles or [step.label])[0])}",
            )
        return code

    def _wait_for_next_window(self, device: str) -> None:
        """Wait if the device still shows the used code: AWS would refuse it. Never for a pipe."""
        provider = self._last_provider
        can_wait = provider is not None and (provider.has_human or provider.name in COMMANDS)
        if can_wait and self._used_in.get(device) == window_of(self._interfaces.now()):
            self._count_down()

    def _prepare_next(self, call: CodeCall, error: AwsMfaError, provider: CodeProvider, times: int) -> None:
        """Prepare for another code, or raise it: a person is asked three times, a command twice, a pipe once."""
        if provider.has_human and times < QUESTIONS:
            for line in (f"{call.log_level}{error.message}", *error.hint_lines):
                provider.say(line)
        elif provider.has_human or provider.name not in COMMANDS:
            raise error
        elif times < _QUESTIONS_TO_A_COMMAND:
            self._count_down()
        else:
            self._given_up.add(provider.name)
            if not any(other.has_human for other in self._interfaces.code_providers):
                raise error
            self._interfaces.say(error.message)

    def _count_down(self) -> None:
        try:
            self._interfaces.terminal.count_down(seconds_to_next(self._interfaces.now()), "next code in")
        except KeyboardInterrupt:
            raise Cancelled("cancelled") from None


def send_code(step: Step, keys: LongTermKeys, code: str, interfaces: Interfaces) -> Session:
    """Send the six digits once and return the session. A code known as used is refused without a call."""
    request, now = step.request, interfaces.now()
    refused, next_in = f"{code} refused in window {window_of(now)}", f"the next one in {seconds_to_next(now)} s"
    hint = "wait for the next code on your device"
    if interfaces.ledger.is_used(request.device, code, now):
        raise CodeAlreadyUsed(f"this code was used before, and AWS accepts each code once; {next_in}", hint)
    if interfaces.ledger.is_used(request.device, refused, now):
        raise WrongCode(f"AWS refused the code of {request.device} just now, so it was not sent again; {next_in}", hint)
    sts = interfaces.sts(step.user.region, step.user.endpoints)
    try:
        return (sts.assume_role if request.role_arn else sts.get_session_token)(keys, request, code)
    except UnknownDevice:  # IAM may have listed it before: it is asked again
        note_device(keys.access_key_id, None, interfaces)
        raise
    except WrongCode:
        interfaces.ledger.note_used(request.device, refused, now)
        raise
    except _BEFORE_THE_CODE:
        raise
    except (RefusedByAws, AnswerLost, KeyboardInterrupt):  # AWS has accepted it, or may have
        interfaces.ledger.note_used(request.device, code, now)
        raise


@contextmanager
def yielded(
    lock: PromptLock, newer: Callable[[], Session | None], cancellation: Cancellation, interfaces: Interfaces
) -> Iterator[None]:
    """
    Release the lock while we wait for another terminal, so that a process with a person at its terminal can ask.

    Our question is cancelled with `AskedElsewhere` once another process asks a person, or has got the session. While a
    person is answering ours we hold the lock, so that other processes wait for the result and do not give up.
    """
    over = Event()

    def watch() -> None:
        looks = 0
        while not over.wait(_LOOK_EVERY_S):
            if cancellation.answering.is_set():
                lock.take_again()
            else:
                lock.release()
            looks = looks + 1 if not cancellation.answering.is_set() and lock.is_taken() else 0
            if looks >= _LOOKS_UNTIL_TAKEN or newer() is not None:
                cancellation.cancel(AskedElsewhere("another process asks for this code"))
                return

    with lock.yielded():
        running = None
        with suppress(NoThread):
            running = interfaces.beside(watch, cancellation.cancel)
        try:
            yield
        finally:
            over.set()
            if running is not None:
                with suppress(AwsMfaError):  # the question had it already
                    running.wait()

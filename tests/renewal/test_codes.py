"""The codes of one run: where each comes from, when it is asked again, that none is sent twice; the lock around it."""

from __future__ import annotations

import threading
from contextlib import nullcontext

import pytest

from aws_mfa.command_lines import quote
from aws_mfa.errors import (
    AnswerLost,
    AwsFailed,
    AwsMfaError,
    AwsUnreachable,
    BadAnswer,
    BadCode,
    Cancelled,
    ClockSkew,
    CodeAlreadyUsed,
    DurationTooLong,
    NeedsHuman,
    NobodyAnswered,
    NotAuthorized,
    NotSetUp,
    Throttled,
    UnknownDevice,
    WrongCode,
    WrongSecret,
)
from aws_mfa.model import Session
from aws_mfa.prompt.providers import CODE, CodeQuestion
from aws_mfa.renewal.codes import AskedElsewhere, CodeCall, Codes, send_code, yielded
from aws_mfa.renewal.request import RenewalRequest
from aws_mfa.renewal.steps import Step
from aws_mfa.renewal.stored import StoredSessions
from aws_mfa.system.cancel import Cancellation
from aws_mfa.vaults.lookup import KnownProfiles
from fakes import (
    DEVICE,
    KEYS,
    NOW,
    AtOnce,
    FakeInterfaces,
    FakeLock,
    FakeProvider,
    FakeTerminal,
    a_session,
    a_step,
    as_interfaces,
    asking,
)
from programs import wait_until
from renewal.test_ask import WithThreads, a_command, a_provider

ROLE = "arn:aws:iam::123456789012:role/Admin"
LEFT_S = 30 - int(NOW) % 30


class Run:
    """The calls of one run: its sessions are `kept`; a session that another process stores is `newer`."""

    def __init__(self, interfaces: FakeInterfaces, token: str | None = None) -> None:
        self.kept: list[Session] = []
        known = KnownProfiles(as_interfaces(interfaces))
        self.stored = StoredSessions(as_interfaces(interfaces), known, RenewalRequest([]), [])
        self.codes = Codes(as_interfaces(interfaces), token=token)

    def session(self, step: Step) -> Session:
        return self.codes.session(self.call(step))

    def call(self, step: Step) -> CodeCall:
        why = f" for {step.label} (4 h sessions need their own code)" if step.request.role_arn else ""
        return CodeCall(
            step,
            f"MFA code for {step.request.device}{why}: ",
            keys=lambda: KEYS,
            newer=lambda: self.stored.newer(step),
            write=self.kept.append,
        )


def asked(interfaces: FakeInterfaces, *answers: str | AwsMfaError, has_human: bool = True) -> Session:
    interfaces.terminal = FakeTerminal(*answers, has_human=has_human)
    return Run(interfaces).session(a_step())


def test_the_question_names_the_device_and_for_a_role_the_reason() -> None:
    interfaces = asking("111111", "222222")
    codes = Run(interfaces)
    got = [codes.session(a_step()), codes.session(a_step("prod", role_arn=ROLE))]
    assert got == codes.kept
    assert [session.assumed_role_arn for session in got] == [None, ROLE]
    assert interfaces.terminal.questions == [
        f"MFA code for {DEVICE}: ",
        f"MFA code for {DEVICE} for prod (4 h sessions need their own code): ",
    ]
    sent = [(action, code) for action, code, _ in interfaces.fake_sts.sent]
    assert sent == [("GetSessionToken", "111111"), ("AssumeRole", "222222")]
    assert interfaces.fake_sts.identity_calls == 1, "keys are checked beside the first question of each user only"


def test_a_second_code_of_the_same_device_waits_for_the_next_window() -> None:
    interfaces = asking("111111", "222222", "333333", "444444")
    codes = Run(interfaces)
    codes.session(a_step())
    assert interfaces.terminal.waited_s == []
    codes.session(a_step(device=f"{DEVICE}-2"))
    assert interfaces.terminal.waited_s == [], "another device shows another code"
    codes.session(a_step("prod", role_arn=ROLE))
    assert interfaces.terminal.waited_s == [LEFT_S]
    interfaces.moment += 60
    codes.session(a_step("prod", role_arn=ROLE))
    assert interfaces.terminal.waited_s == [LEFT_S]


@pytest.mark.parametrize(("failure", "waited_s"), [(NotAuthorized("no"), [LEFT_S]), (WrongSecret("no"), [])])
def test_a_code_that_aws_accepted_for_a_role_that_it_then_refused_is_not_asked_for_again(
    failure: AwsMfaError, waited_s: list[int]
) -> None:
    interfaces = asking("111111", "222222")
    interfaces.fake_sts.answers = [failure]
    codes = Run(interfaces)
    with pytest.raises(type(failure)):
        codes.session(a_step("prod", role_arn=ROLE))
    codes.session(a_step("other", role_arn=ROLE))
    assert interfaces.terminal.waited_s == waited_s


def test_a_pipe_is_not_waited_for() -> None:
    """Both codes were written before the first was asked for."""
    interfaces = asking("111111", "222222", has_human=False)
    codes = Run(interfaces)
    codes.session(a_step())
    codes.session(a_step("prod", role_arn=ROLE))
    assert interfaces.terminal.waited_s == []


def test_a_network_that_fails_beside_the_question_ends_it_for_the_second_user_as_for_the_first() -> None:
    """No code was refused: another one would not help."""
    interfaces = asking("111111", "222222", "333333")
    codes = Run(interfaces)
    codes.session(a_step())
    interfaces.fake_sts.identity = AnswerLost("the connection was cut")
    second = a_step("mfa@other-long-term", device=f"{DEVICE}-2", user="other")
    with pytest.raises(AnswerLost):
        codes.session(second)
    assert len(interfaces.terminal.questions) == 2
    assert len(interfaces.fake_sts.sent) == 1


@pytest.mark.parametrize("failure", [WrongCode("wrong"), AwsFailed("500")])
def test_a_human_is_asked_again_where_the_next_code_may_do(failure: WrongCode) -> None:
    interfaces = FakeInterfaces()
    interfaces.fake_sts.answers = [failure]
    assert asked(interfaces, "111111", "222222").assumed_role_arn is None
    assert [code for _, code, _ in interfaces.fake_sts.sent] == ["111111", "222222"]
    assert interfaces.terminal.said[0] == failure.message


def test_three_questions_are_enough() -> None:
    interfaces = FakeInterfaces()
    with pytest.raises(BadCode):
        asked(interfaces, BadAnswer("control characters"), "2", "3", "444444")
    assert interfaces.terminal.said[0] == "control characters"
    assert len(interfaces.terminal.questions) == 3
    assert interfaces.fake_sts.sent == []


@pytest.mark.parametrize("failure", [NotAuthorized("no"), WrongSecret("no"), WrongCode("wrong, from a pipe")])
def test_after_a_refusal_that_no_code_can_fix_and_of_a_pipe_it_is_not_asked_again(failure: AwsMfaError) -> None:
    interfaces = FakeInterfaces()
    interfaces.fake_sts.answers = [failure]
    with pytest.raises(type(failure)):
        asked(interfaces, "111111", "222222", has_human=not isinstance(failure, WrongCode))
    assert (len(interfaces.terminal.questions), interfaces.terminal.answers) == (1, ["222222"])


def test_a_code_that_was_good_is_never_sent_again() -> None:
    interfaces = FakeInterfaces()
    asked(interfaces, "111111")
    with pytest.raises(CodeAlreadyUsed):
        asked(interfaces, "111111", has_human=False)
    assert len(interfaces.fake_sts.sent) == 1


@pytest.mark.parametrize(("name", "quoted"), [("prod", "prod"), ("my prod", quote("my prod"))])
def test_the_token_serves_one_call_and_no_other_code_is_asked_for(name: str, quoted: str) -> None:
    interfaces = asking("222222")
    codes = Run(interfaces, token="111111")
    codes.session(a_step())
    why = rf"^{name} needs a code of its own: duration_seconds = 14400 > 1 h$"
    with pytest.raises(NeedsHuman, match=why) as refused:
        codes.session(a_step(name, role_arn=ROLE))
    assert refused.value.hints == (f"renew it with the next code: aws-mfa renew {quoted}",)
    assert interfaces.terminal.questions == []


def test_a_token_that_is_refused_is_refused_and_no_other_process_learns_it() -> None:
    interfaces = asking("222222")
    interfaces.fake_sts.answers = [WrongCode("wrong")]
    with pytest.raises(WrongCode):
        Run(interfaces, token="111111").session(a_step())
    assert interfaces.terminal.questions == []
    assert interfaces.prompt_locks.lately == {}


def test_a_session_that_another_process_got_while_we_waited_is_used() -> None:
    interfaces = asking("111111")
    step, theirs = a_step(), a_session()

    def another() -> None:
        interfaces.session_cache.store(step.label, step.inputs, theirs)

    interfaces.prompt_locks.before_us = another
    assert Run(interfaces).session(step) is theirs
    assert interfaces.terminal.questions == []
    assert interfaces.prompt_locks.devices == [DEVICE]


def test_a_session_that_was_there_before_is_not_taken_for_a_new_one() -> None:
    """`--force` asks for another, and so does `--min-remaining`."""
    interfaces = asking("111111")
    step, old = a_step(), a_session(lasts_s=600)
    interfaces.session_cache.store(step.label, step.inputs, old)
    codes = Run(interfaces)
    codes.stored.until(step)
    assert codes.session(step) is not old
    assert len(interfaces.terminal.questions) == 1


def test_what_the_question_before_ended_with_is_not_asked_again() -> None:
    for failure in (Cancelled("pid 7 asked, and the question was cancelled"), NotAuthorized("no")):
        interfaces = FakeInterfaces()
        interfaces.terminal = FakeTerminal("111111")
        step = a_step()
        interfaces.prompt_locks.ended[step.question] = failure
        with pytest.raises(type(failure)):
            Run(interfaces).session(step)
        assert interfaces.terminal.questions == []


@pytest.mark.parametrize("failure", [Cancelled("no"), NobodyAnswered("no one there"), WrongCode("wrong, three times")])
@pytest.mark.parametrize("has_human", [True, False])
def test_an_sdk_that_comes_back_gets_the_failure_of_its_question(failure: AwsMfaError, *, has_human: bool) -> None:
    """But where a person can answer now, nobody's answer before says nothing."""
    interfaces = asking("111111")
    interfaces.terminal.has_human = has_human
    codes, step = Run(interfaces), a_step()
    interfaces.prompt_locks.lately[step.question] = failure
    call = codes.call(step)
    call.for_sdk = True
    if has_human and isinstance(failure, NobodyAnswered):
        assert codes.codes.session(call) in codes.kept
        return
    with pytest.raises(type(failure)):
        codes.codes.session(call)
    assert interfaces.terminal.questions == []
    assert codes.session(step) in codes.kept, "a command that is started again asks again"


def test_a_process_that_has_a_code_ignores_the_failure_of_another() -> None:
    interfaces = FakeInterfaces()
    step = a_step()
    interfaces.prompt_locks.ended[step.question] = Cancelled("cancelled")
    Run(interfaces, token="123456").session(step)
    assert len(interfaces.fake_sts.sent) == 1


@pytest.mark.parametrize(
    ("failure", "is_shared"),
    [
        *((Cancelled("cancelled"), True), (NobodyAnswered("no one there"), True), (NotAuthorized("no"), True)),
        *((UnknownDevice("no"), True), (AwsFailed("503"), True), (Throttled("slow down"), False)),
        *((AwsUnreachable("no network"), False), (AnswerLost("no answer"), False)),
    ],
)
def test_what_another_question_would_not_change_is_left_to_the_others(failure: AwsMfaError, *, is_shared: bool) -> None:
    interfaces = asking("111111", "222222", "333333")
    interfaces.fake_sts.answers = [failure] * 3
    step = a_step()
    with pytest.raises(type(failure)):
        Run(interfaces).session(step)
    assert (step.question in interfaces.prompt_locks.lately) is is_shared


@pytest.mark.parametrize(
    ("refusals", "person", "codes"),
    [
        (1, None, ["111111", "222222"]),
        (2, None, ["111111", "222222"]),
        (2, a_provider("444444"), ["111111", "222222", "444444"]),
        (2, a_provider(name="dialog", closed="no display"), ["111111", "222222"]),
    ],
    ids=["the next one is good", "no person", "a person", "no display"],
)
def test_a_command_gives_its_next_code_when_the_window_is_over_then_a_person_is_asked(
    refusals: int, person: FakeProvider | None, codes: list[str]
) -> None:
    """`mfa_process` prints the code of this window, and AWS accepts each once. AWS's refusal says more than no one."""
    interfaces = FakeInterfaces()
    interfaces.providers = [a_command("111111", "222222", "333333"), *([person] if person else [])]
    interfaces.fake_sts.answers = [WrongCode(f"no {number}") for number in range(refusals)]
    is_good = len(codes) > refusals
    with nullcontext() if is_good else pytest.raises(WrongCode, match=r"^no 1$"):
        Run(interfaces).session(a_step())
    assert [code for _, code, _ in interfaces.fake_sts.sent] == codes
    assert interfaces.terminal.waited_s == [LEFT_S]
    assert interfaces.said == (["no 1"] if person else [])


def test_a_failed_command_is_reported_before_a_person_is_asked() -> None:
    interfaces = FakeInterfaces()
    interfaces.providers = [a_command(closed="op failed"), a_provider("444444")]
    Run(interfaces).session(a_step())
    assert interfaces.said == ["op failed"]


def test_anothers_timeout_is_ignored_if_a_person_can_answer_here() -> None:
    """An IDE's question went unanswered while a person sat at this terminal and waited for it."""
    interfaces = asking("111111")
    step = a_step()
    interfaces.prompt_locks.ended[step.question] = NobodyAnswered("pid 7 asked, and nobody answered")
    Run(interfaces).session(step)
    assert len(interfaces.fake_sts.sent) == 1
    interfaces.terminal = FakeTerminal("222222", has_human=False)
    with pytest.raises(NobodyAnswered):
        Run(interfaces).session(step)


def test_a_session_is_kept_before_anything_else_is_done() -> None:
    """The ledger waits for a lock and a disk: a user who presses Ctrl-C there has spent a code."""
    interfaces = asking("111111")
    codes = Run(interfaces)

    def interrupted(device: str, code: str, now: float) -> None:
        raise KeyboardInterrupt

    interfaces.ledger.note_used = interrupted  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        codes.session(a_step())
    assert len(codes.kept) == 1


class AnotherServes(FakeProvider):
    """The provider `code`; while its question is open another process gets the session. `answer` None: not answered."""

    def __init__(self, interfaces: FakeInterfaces, step: Step, answer: str | None) -> None:
        super().__init__(FakeTerminal(), "code")
        self.theirs = a_session()
        self._interfaces = interfaces
        self._step = step
        self._answer = answer

    def ask(self, question: CodeQuestion, cancellation: Cancellation | None = None) -> str:
        self._interfaces.session_cache.store(self._step.label, self._step.inputs, self.theirs)
        if self._answer is not None:
            return self._answer
        assert cancellation is not None
        wait(cancellation)
        raise AssertionError


@pytest.mark.parametrize(("answer", "holds"), [("111111", 1), (None, 2)])
def test_no_code_is_sent_for_what_another_process_got_while_it_had_our_lock(answer: str | None, holds: int) -> None:
    """With a code typed already, or the question still open: the session is found once the lock is taken again."""
    interfaces = WithThreads()
    step = a_step()
    provider = AnotherServes(interfaces, step, answer)
    interfaces.providers = [provider]
    assert Run(interfaces).session(step) is provider.theirs
    assert interfaces.fake_sts.sent == []
    assert interfaces.prompt_locks.devices == [DEVICE] * holds


# The lock is yielded while no person is here: another process may ask, and ends the wait.


def wait(cancellation: Cancellation) -> None:
    """Until it is cancelled."""
    cancelled = threading.Event()
    cancellation.wake_by(cancelled.set)
    assert cancelled.wait(10)
    cancellation.check()


def nothing_newer() -> None:
    return None


def test_others_have_the_lock_for_as_long_as_it_is_yielded() -> None:
    interfaces = WithThreads()
    lock = FakeLock(interfaces.prompt_locks)
    assert not lock.was_yielded
    with yielded(lock, nothing_newer, Cancellation(), as_interfaces(interfaces)):
        assert interfaces.prompt_locks.log == ["let go"]
    assert interfaces.prompt_locks.log == ["let go", "take again"]
    assert lock.was_yielded


def test_a_session_that_another_process_got_ends_the_wait() -> None:
    interfaces = WithThreads()
    step, cancellation, lock = a_step(), Cancellation(), FakeLock(interfaces.prompt_locks)
    interfaces.session_cache.store(step.label, step.inputs, a_session())
    newer = Run(interfaces).call(step).newer
    with pytest.raises(AskedElsewhere), yielded(lock, newer, cancellation, as_interfaces(interfaces)):
        wait(cancellation)
    assert interfaces.prompt_locks.log == ["let go"], "there is nothing to ask any more"


def test_another_process_that_asks_a_person_ends_the_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aws_mfa.renewal.codes._LOOK_EVERY_S", 0.02)
    interfaces = WithThreads()
    cancellation, lock = Cancellation(), FakeLock(interfaces.prompt_locks)
    interfaces.prompt_locks.is_taken = True
    with pytest.raises(AskedElsewhere), yielded(lock, nothing_newer, cancellation, as_interfaces(interfaces)):
        wait(cancellation)


def test_while_a_person_answers_the_lock_is_ours_and_no_one_ends_the_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aws_mfa.renewal.codes._LOOK_EVERY_S", 0.001)
    interfaces = WithThreads()
    cancellation, lock = Cancellation(), FakeLock(interfaces.prompt_locks)
    interfaces.prompt_locks.is_taken = True
    cancellation.answering.set()
    with yielded(lock, nothing_newer, cancellation, as_interfaces(interfaces)):
        wait_until(lambda: interfaces.prompt_locks.log.count("answered") > 20)
        assert cancellation.error is None


def test_a_process_whose_time_is_over_waits_for_the_one_that_asks_now() -> None:
    interfaces = FakeInterfaces()
    step, theirs = a_step(), a_session()

    class Waits(FakeProvider):
        def ask(self, question: CodeQuestion, cancellation: Cancellation | None = None) -> str:
            interfaces.prompt_locks.is_taken = True
            interfaces.prompt_locks.before_us = lambda: interfaces.session_cache.store(step.label, step.inputs, theirs)
            raise NobodyAnswered("nobody answered within 45 s")

    interfaces.beside = lambda work, failed: AtOnce(lambda: None, failed)  # type: ignore[method-assign]
    interfaces.providers = [Waits(FakeTerminal(), CODE)]
    assert Run(interfaces).session(step) is theirs


# A call with `waits` False: its code is in an argument or a pipe.


def test_where_the_code_is_there_already_no_lock_is_taken_and_no_failure_left_for_others() -> None:
    interfaces = asking("111111", has_human=False)
    interfaces.fake_sts.answers = [WrongCode("wrong")]
    run, step = Run(interfaces), a_step()
    interfaces.prompt_locks.ended[step.question] = Cancelled("cancelled")
    call = run.call(step)
    call.waits = False
    with pytest.raises(WrongCode):
        run.codes.session(call)
    assert (interfaces.prompt_locks.devices, interfaces.prompt_locks.lately) == ([], {})


# What is sent, and what counts as used.


REFUSED = f"AWS refused the code of {DEVICE} just now, so it was not sent again; the next one in 11 s"
USED = "this code was used before, and AWS accepts each code once; the next one in 11 s"


@pytest.mark.parametrize(
    ("failure", "later_s", "says"),
    [
        *((WrongCode("no"), 0, REFUSED), (WrongCode("no"), 11, None), (Throttled("slow down"), 0, USED)),
        *((AwsFailed("500"), 0, USED), (AnswerLost("cut"), 0, USED)),
        *((NotAuthorized("no"), 0, USED), (DurationTooLong("no"), 0, USED), (AwsUnreachable("dns"), 0, None)),
        *((UnknownDevice("no"), 0, None), (WrongSecret("no"), 0, None), (ClockSkew("no"), 0, None)),
    ],
)
def test_a_code_that_aws_refused_or_may_have_used_is_not_sent_again_within_its_window(
    failure: AwsMfaError, later_s: int, says: str | None
) -> None:
    interfaces = FakeInterfaces()
    interfaces.fake_sts.answers = [failure]
    with pytest.raises(type(failure)):
        send_code(a_step(), KEYS, "123456", as_interfaces(interfaces))
    interfaces.moment += later_s
    with pytest.raises(WrongCode, match=says) if says else nullcontext():
        send_code(a_step(), KEYS, "123456", as_interfaces(interfaces))
    assert len(interfaces.fake_sts.sent) == (1 if says else 2)


def test_a_session_that_cannot_be_written_leaves_the_code_noted_as_used() -> None:
    interfaces = FakeInterfaces()
    run = Run(interfaces, token="123456")
    call = run.call(a_step())

    def write(session: Session) -> None:
        raise NotSetUp("disk full")

    call.write = write
    with pytest.raises(NotSetUp):
        run.codes.session(call)
    assert interfaces.ledger.is_used(DEVICE, "123456", interfaces.now())

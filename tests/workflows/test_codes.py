"""The codes of one run: where each comes from, when it is asked again, and that none is sent twice."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from aws_mfa.errors import (
    AnswerLost,
    AwsFailed,
    AwsUnreachable,
    BadCode,
    Cancelled,
    CodeAlreadyUsed,
    NeedsHuman,
    NobodyAnswered,
    NotAuthorized,
    Throttled,
    UnknownDevice,
    WrongCode,
    WrongSecret,
)
from aws_mfa.model import SessionRequest
from aws_mfa.rules.renewal_request import RenewalRequest
from aws_mfa.rules.session_steps import Plan, SourceUser, Step
from aws_mfa.workflows.codes import Codes
from aws_mfa.workflows.known_profiles import KnownProfiles
from aws_mfa.workflows.stored_sessions import StoredSessions
from aws_mfa.workflows.users import Users
from fakes import DEVICE, KEYS, NOW, FakeOutside, FakeTerminal, FakeWay, a_session, as_outside
from workflows.test_ask_code import WithThreads

if TYPE_CHECKING:
    from aws_mfa.errors import AwsMfaError
    from aws_mfa.model import Session
    from aws_mfa.rules.code_ways import CodeQuestion
    from aws_mfa.withdrawal import Withdrawal

ROLE = "arn:aws:iam::123456789012:role/Admin"
LEFT_S = 30 - int(NOW) % 30


def a_step(
    label: str = "mfa@work-long-term", *, device: str = DEVICE, role_arn: str | None = None, user: str = "work"
) -> Step:
    base = SourceUser(user, f"{user}-long-term", KEYS.access_key_id, DEVICE, region="us-east-1", partition="aws")
    request = SessionRequest(device, 14400, role_arn, "ann")
    return Step(label, base, request, (request,) if role_arn else (), reason="duration_seconds = 14400 > 1 h")


def codes_of(outside: FakeOutside, token: str | None = None) -> Codes:
    outside.vaults["keychain"].stored["work-long-term"] = KEYS
    request, known = RenewalRequest([], vault="keychain"), KnownProfiles(as_outside(outside))
    users = Users(as_outside(outside), known, request)
    plan = Plan(request, users, StoredSessions(as_outside(outside), known, request, []))
    return Codes(as_outside(outside), plan, token=token, keep=lambda step, session: None)


def asked(outside: FakeOutside, *answers: str, has_human: bool = True) -> Session:
    outside.terminal = FakeTerminal(*answers, has_human=has_human)
    return codes_of(outside).session(a_step())


def test_the_question_names_the_device_and_for_a_role_the_reason() -> None:
    outside = FakeOutside()
    outside.terminal = FakeTerminal("111111", "222222")
    codes = codes_of(outside)
    codes.session(a_step())
    codes.session(a_step("prod", role_arn=ROLE))
    assert outside.terminal.questions == [
        f"MFA code for {DEVICE}: ",
        f"MFA code for {DEVICE} (prod: duration_seconds = 14400 > 1 h): ",
    ]
    assert [(action, code) for action, code, _ in outside.fake_sts.sent] == [
        ("GetSessionToken", "111111"),
        ("AssumeRole", "222222"),
    ]


def test_a_second_code_of_the_same_device_waits_for_the_next_window() -> None:
    outside = FakeOutside()
    outside.terminal = FakeTerminal("111111", "222222", "333333", "444444")
    codes = codes_of(outside)
    codes.session(a_step())
    assert outside.terminal.waited_s == []
    codes.session(a_step(device=f"{DEVICE}-2"))
    assert outside.terminal.waited_s == [], "another device shows another code"
    codes.session(a_step("prod", role_arn=ROLE))
    assert outside.terminal.waited_s == [LEFT_S]
    outside.moment += 60
    codes.session(a_step("prod", role_arn=ROLE))
    assert outside.terminal.waited_s == [LEFT_S]


def test_nobody_waits_at_a_pipe() -> None:
    """Both codes were written before the first was asked for."""
    outside = FakeOutside()
    outside.terminal = FakeTerminal("111111", "222222", has_human=False)
    codes = codes_of(outside)
    codes.session(a_step())
    codes.session(a_step("prod", role_arn=ROLE))
    assert outside.terminal.waited_s == []


def test_keys_are_checked_beside_the_first_question_of_each_user_only() -> None:
    outside = FakeOutside()
    outside.terminal = FakeTerminal("111111", "222222")
    codes = codes_of(outside)
    codes.session(a_step())
    codes.session(a_step("prod", role_arn=ROLE))
    assert outside.fake_sts.identity_calls == 1


def test_a_network_that_fails_beside_the_question_ends_it_for_the_second_user_as_for_the_first() -> None:
    """No code was refused: another one would not help."""
    outside = FakeOutside()
    outside.terminal = FakeTerminal("111111", "222222", "333333")
    outside.vaults["keychain"].stored["other-long-term"] = KEYS
    codes = codes_of(outside)
    codes.session(a_step())
    outside.fake_sts.identity = AnswerLost("the connection was cut")
    second = a_step("mfa@other-long-term", device=f"{DEVICE}-2", user="other")
    with pytest.raises(AnswerLost):
        codes.session(second)
    assert len(outside.terminal.questions) == 2
    assert len(outside.fake_sts.sent) == 1


@pytest.mark.parametrize("failure", [WrongCode("wrong"), AwsFailed("500")])
def test_a_human_is_asked_again_where_the_next_code_may_do(failure: WrongCode) -> None:
    outside = FakeOutside()
    outside.fake_sts.answers = [failure]
    assert asked(outside, "111111", "222222").assumed_role_arn is None
    assert [code for _, code, _ in outside.fake_sts.sent] == ["111111", "222222"]
    assert outside.terminal.said[0] == failure.message


def test_three_questions_are_enough() -> None:
    outside = FakeOutside()
    with pytest.raises(BadCode):
        asked(outside, "1", "2", "3", "444444")
    assert len(outside.terminal.questions) == 3
    assert outside.fake_sts.sent == []


def test_a_pipe_is_not_asked_again() -> None:
    outside = FakeOutside()
    outside.fake_sts.answers = [WrongCode("wrong")]
    with pytest.raises(WrongCode):
        asked(outside, "111111", "222222", has_human=False)
    assert outside.terminal.answers == ["222222"]


@pytest.mark.parametrize("failure", [NotAuthorized("no"), WrongSecret("no")])
def test_what_no_code_can_cure_is_told_at_once(failure: NotAuthorized) -> None:
    outside = FakeOutside()
    outside.fake_sts.answers = [failure]
    with pytest.raises(type(failure)):
        asked(outside, "111111", "222222")
    assert len(outside.terminal.questions) == 1


def test_a_code_that_was_good_is_never_sent_again() -> None:
    outside = FakeOutside()
    asked(outside, "111111")
    with pytest.raises(CodeAlreadyUsed):
        asked(outside, "111111", has_human=False)
    assert len(outside.fake_sts.sent) == 1


def test_the_token_is_good_for_one_call_and_nobody_is_asked_for_another() -> None:
    outside = FakeOutside()
    outside.terminal = FakeTerminal("222222")
    codes = codes_of(outside, token="111111")
    codes.session(a_step())
    with pytest.raises(NeedsHuman, match=r"^prod needs a code of its own: duration_seconds = 14400 > 1 h$") as refused:
        codes.session(a_step("prod", role_arn=ROLE))
    assert refused.value.hints == ("renew it with the next code: aws-mfa renew prod",)
    assert outside.terminal.questions == []


def test_a_token_that_is_refused_is_refused() -> None:
    outside = FakeOutside()
    outside.terminal = FakeTerminal("222222")
    outside.fake_sts.answers = [WrongCode("wrong")]
    with pytest.raises(WrongCode):
        codes_of(outside, token="111111").session(a_step())
    assert outside.terminal.questions == []


def test_a_profile_of_blanks_is_quoted_in_the_hint() -> None:
    codes = codes_of(FakeOutside(), token="111111")
    codes.session(a_step())
    with pytest.raises(NeedsHuman) as refused:
        codes.session(a_step("my prod", role_arn=ROLE))
    assert refused.value.hints[0].endswith("aws-mfa renew 'my prod'")


def test_a_session_that_another_process_got_while_we_waited_is_ours_too() -> None:
    outside = FakeOutside()
    outside.terminal = FakeTerminal("111111")
    step, theirs = a_step(), a_session()

    def another() -> None:
        outside.session_cache.store(step.label, step.inputs, theirs)

    outside.turns.before_us = another
    assert codes_of(outside).session(step) is theirs
    assert outside.terminal.questions == []
    assert outside.turns.devices == [DEVICE]


def test_a_session_that_was_there_before_is_not_taken_for_a_new_one() -> None:
    """`--force` asks for another, and so does `--min-remaining`."""
    outside = FakeOutside()
    outside.terminal = FakeTerminal("111111")
    step, old = a_step(), a_session(lasts_s=600)
    outside.session_cache.store(step.label, step.inputs, old)
    codes = codes_of(outside)
    codes._planned.stored.until(step.label, step.inputs)
    assert codes.session(step) is not old
    assert len(outside.terminal.questions) == 1


def test_what_the_question_before_ended_with_is_not_asked_again() -> None:
    for failure in (Cancelled("pid 7 asked, and the question was cancelled"), NotAuthorized("no")):
        outside = FakeOutside()
        outside.terminal = FakeTerminal("111111")
        step = a_step()
        outside.turns.ended[step.question] = failure
        with pytest.raises(type(failure)):
            codes_of(outside).session(step)
        assert outside.terminal.questions == []


def test_who_has_a_code_in_hand_does_not_care_for_another_ones_failure() -> None:
    outside = FakeOutside()
    step = a_step()
    outside.turns.ended[step.question] = Cancelled("cancelled")
    codes_of(outside, token="123456").session(step)
    assert len(outside.fake_sts.sent) == 1


@pytest.mark.parametrize(
    ("failure", "is_shared"),
    [
        (Cancelled("cancelled"), True),
        (NobodyAnswered("nobody there"), True),
        (NotAuthorized("no"), True),
        (UnknownDevice("no"), True),
        (AwsFailed("503"), True),
        (Throttled("slow down"), False),
        (AwsUnreachable("no network"), False),
        (AnswerLost("no answer"), False),
    ],
)
def test_what_another_question_would_not_change_is_left_for_the_others(
    failure: AwsMfaError, *, is_shared: bool
) -> None:
    outside = FakeOutside()
    outside.terminal = FakeTerminal("111111", "222222", "333333")
    outside.fake_sts.answers = [failure] * 3
    step = a_step()
    with pytest.raises(type(failure)):
        codes_of(outside).session(step)
    assert (step.question in outside.turns.lately) is is_shared


def test_what_a_code_in_an_argument_met_is_not_left_for_the_others() -> None:
    outside = FakeOutside()
    outside.fake_sts.answers = [WrongCode("wrong")]
    step = a_step()
    with pytest.raises(WrongCode):
        codes_of(outside, token="123456").session(step)
    assert outside.turns.lately == {}


def test_a_command_gives_its_next_code_when_the_window_is_over() -> None:
    """`mfa_process` prints the code of this window, and AWS takes each once."""
    outside = FakeOutside()
    command = FakeTerminal("111111", "222222", "333333", has_human=False)
    outside.ways = [FakeWay(command, "mfa_process")]
    outside.fake_sts.answers = [WrongCode("used")]
    codes_of(outside).session(a_step())
    assert [code for _, code, _ in outside.fake_sts.sent] == ["111111", "222222"]
    assert outside.terminal.waited_s == [LEFT_S]


def test_a_command_that_gives_wrong_codes_is_not_asked_for_ever() -> None:
    outside = FakeOutside()
    outside.ways = [FakeWay(FakeTerminal("111111", "222222", "333333", has_human=False), "mfa_process")]
    outside.fake_sts.answers = [WrongCode("no"), WrongCode("no")]
    with pytest.raises(WrongCode):
        codes_of(outside).session(a_step())
    assert len(outside.fake_sts.sent) == 2


def test_what_a_code_was_spent_for_is_kept_before_the_turn_ends() -> None:
    outside = FakeOutside()
    outside.terminal = FakeTerminal("111111")
    kept: list[Session] = []
    codes = codes_of(outside)
    codes._keep = lambda step, session: kept.append(session)
    assert [codes.session(a_step())] == kept


def test_a_command_whose_codes_are_refused_gives_way_to_a_person() -> None:
    outside = FakeOutside()
    command, person = FakeTerminal("111111", "222222", "333333", has_human=False), FakeTerminal("444444")
    outside.ways = [FakeWay(command, "mfa_process"), FakeWay(person)]
    outside.fake_sts.answers = [WrongCode("no"), WrongCode("no")]
    codes_of(outside).session(a_step())
    assert [code for _, code, _ in outside.fake_sts.sent] == ["111111", "222222", "444444"]
    assert outside.said == ["no"]


def test_what_aws_said_of_a_commands_codes_says_more_than_that_nobody_is_here() -> None:
    outside = FakeOutside()
    command = FakeTerminal("111111", "222222", has_human=False)
    outside.ways = [FakeWay(command, "mfa_process"), FakeWay(FakeTerminal(), "dialog", closed="no display")]
    outside.fake_sts.answers = [WrongCode("no"), WrongCode("not that either")]
    with pytest.raises(WrongCode, match=r"^not that either$"):
        codes_of(outside).session(a_step())
    assert [code for _, code, _ in outside.fake_sts.sent] == ["111111", "222222"]


def test_a_command_that_fails_is_told_before_a_person_is_asked() -> None:
    outside = FakeOutside()
    outside.ways = [FakeWay(FakeTerminal(), "mfa_process", closed="op failed"), FakeWay(FakeTerminal("444444"))]
    codes_of(outside).session(a_step())
    assert outside.said == ["op failed"]


def test_nobody_there_is_no_answer_where_a_person_is_here() -> None:
    """An IDE's question went unanswered while a person sat at this terminal and waited for it."""
    outside = FakeOutside()
    step = a_step()
    outside.turns.ended[step.question] = NobodyAnswered("pid 7 asked, and nobody answered")
    outside.terminal = FakeTerminal("111111")
    codes_of(outside).session(step)
    assert len(outside.fake_sts.sent) == 1
    outside.terminal = FakeTerminal("222222", has_human=False)
    with pytest.raises(NobodyAnswered):
        codes_of(outside).session(step)


def test_a_session_is_kept_before_anything_else_is_done() -> None:
    """The ledger waits for a lock and a disk: who presses Ctrl-C there has spent a code."""
    outside = FakeOutside()
    outside.terminal = FakeTerminal("111111")
    kept: list[Session] = []
    codes = codes_of(outside)
    codes._keep = lambda step, session: kept.append(session)

    def interrupted(device: str, code: str, now: float) -> None:
        raise KeyboardInterrupt

    outside.ledger.note_used = interrupted  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        codes.session(a_step())
    assert len(kept) == 1


class AnotherServes(FakeWay):
    """The way to another terminal; while it is open another process gets the session, and `answer` is typed, or not."""

    def __init__(self, outside: FakeOutside, step: Step, answer: str | None) -> None:
        super().__init__(FakeTerminal(), "code")
        self.theirs = a_session()
        self._outside = outside
        self._step = step
        self._answer = answer

    def ask(self, question: CodeQuestion, withdrawal: Withdrawal | None = None) -> str:
        self._outside.session_cache.store(self._step.label, self._step.inputs, self.theirs)
        if self._answer is not None:
            return self._answer
        assert withdrawal is not None
        withdrawn = threading.Event()
        withdrawal.wake_by(withdrawn.set)
        assert withdrawn.wait(10)
        withdrawal.check()
        raise AssertionError


@pytest.mark.parametrize(("answer", "turns"), [("111111", 1), (None, 2)])
def test_no_code_is_sent_for_what_another_process_got_while_it_had_our_turn(answer: str | None, turns: int) -> None:
    """Whether ours was typed already, or the question is still open; then its session is found in the next turn."""
    outside = WithThreads()
    step = a_step()
    way = AnotherServes(outside, step, answer)
    outside.ways = [way]
    assert codes_of(outside).session(step) is way.theirs
    assert outside.fake_sts.sent == []
    assert outside.turns.devices == [DEVICE] * turns

"""Renewing: what is checked beside the question, what is sent, what is written."""

from __future__ import annotations

import pytest

from aws_mfa.errors import (
    AnswerLost,
    AwsFailed,
    AwsUnreachable,
    BadCode,
    BadInput,
    ClockSkew,
    CodeAlreadyUsed,
    NotAuthorized,
    NotSetUp,
    PermanentKeysInTheWay,
    UnknownDevice,
    WrongCode,
    WrongSecret,
)
from aws_mfa.model import Identity, SessionRequest
from aws_mfa.rules.code_providers import CodeQuestion
from aws_mfa.rules.code_windows import checked_code
from aws_mfa.workflows.ask_code import ask_code
from aws_mfa.workflows.renew import Renewal, obtain_session, write_session
from fakes import ACCOUNT, ANN, DEVICE, KEYS, FakeOutside, FakeTerminal, a_session, as_outside

ROLE = f"arn:aws:iam::{ACCOUNT}:role/Admin"


def a_renewal(role_arn: str | None = None) -> Renewal:
    return Renewal(KEYS, SessionRequest(DEVICE, 43200, role_arn, "ann"), "us-east-1", "work")


def asked(outside: FakeOutside, role_arn: str | None = None, *, first: bool) -> str:
    answer = ask_code(a_renewal(role_arn), CodeQuestion("code?", DEVICE), as_outside(outside), checks_keys=first)
    return checked_code(answer.text)


def test_the_code_comes_back_without_blanks() -> None:
    """Phones show `123 456`."""
    outside = FakeOutside()
    outside.terminal = FakeTerminal(" 123 456 ")
    assert asked(outside, first=True) == "123456"


def test_aws_is_asked_who_the_keys_are_beside_the_first_question_only() -> None:
    outside = FakeOutside()
    outside.terminal = FakeTerminal("123456", "123457")
    asked(outside, first=True)
    asked(outside, first=False)
    assert outside.fake_sts.identity_calls == 1


def test_a_code_from_a_pipe_costs_no_further_request() -> None:
    outside = FakeOutside()
    outside.terminal = FakeTerminal("123456", has_human=False)
    assert asked(outside, first=True) == "123456"
    assert outside.fake_sts.identity_calls == 0


@pytest.mark.parametrize("failure", [WrongSecret("no"), ClockSkew("45 min behind"), AwsUnreachable("no network")])
def test_what_is_certain_ends_the_question_before_a_code_is_spent(failure: WrongSecret) -> None:
    outside = FakeOutside()
    outside.terminal = FakeTerminal("123456")
    outside.fake_sts.identity = failure
    with pytest.raises(type(failure)):
        asked(outside, first=True)
    assert outside.fake_sts.sent == []


def test_a_doubtful_refusal_of_the_check_is_left_to_the_call_itself() -> None:
    """A policy of the network's endpoint may deny GetCallerIdentity and allow GetSessionToken."""
    outside = FakeOutside()
    outside.terminal = FakeTerminal("123456")
    outside.fake_sts.identity = NotAuthorized("denied")
    assert asked(outside, first=True) == "123456"


def test_a_device_of_another_account_is_told_before_a_code_is_spent() -> None:
    outside = FakeOutside()
    outside.terminal = FakeTerminal("123456")
    outside.fake_sts.identity = Identity(ANN.replace(ACCOUNT, "999999999999"), "999999999999", "AIDA")
    with pytest.raises(UnknownDevice, match="999999999999"):
        asked(outside, first=True)


def test_the_root_user_gets_one_hour_at_most_and_no_role() -> None:
    outside = FakeOutside()
    outside.fake_sts.identity = Identity(f"arn:aws:iam::{ACCOUNT}:root", ACCOUNT, ACCOUNT)
    outside.terminal = FakeTerminal("123456", "123456")
    with pytest.raises(BadInput, match="900 to 3600 seconds for the root user"):
        asked(outside, first=True)
    with pytest.raises(NotAuthorized, match="root"):
        asked(outside, ROLE, first=True)


@pytest.mark.parametrize("code", ["12345", "1234567", "12345a", "", "\uff11\uff12\uff13\uff14\uff15\uff16"])
def test_what_is_no_code_is_never_sent(code: str) -> None:
    outside = FakeOutside()
    outside.terminal = FakeTerminal(code)
    with pytest.raises(BadCode, match="six digits"):
        asked(outside, first=False)


def test_a_role_is_assumed_with_the_code_and_no_role_is_an_mfa_session() -> None:
    outside = FakeOutside()
    assert obtain_session(a_renewal(), "123456", as_outside(outside)).assumed_role_arn is None
    assert obtain_session(a_renewal(ROLE), "123457", as_outside(outside)).assumed_role_arn == ROLE
    assert [action for action, _, _ in outside.fake_sts.sent] == ["GetSessionToken", "AssumeRole"]


def test_a_code_known_as_used_is_not_sent_and_the_next_one_is_announced() -> None:
    outside = FakeOutside()
    outside.ledger.note_used(DEVICE, "123456", outside.now())
    with pytest.raises(CodeAlreadyUsed, match="the next one in 11 s"):
        obtain_session(a_renewal(), "123456", as_outside(outside))
    assert outside.fake_sts.sent == []


@pytest.mark.parametrize("failure", [AwsFailed("500"), AnswerLost("cut")])
def test_a_code_without_a_clear_answer_counts_as_used(failure: AwsFailed) -> None:
    outside = FakeOutside()
    outside.fake_sts.answers = [failure]
    with pytest.raises(type(failure)):
        obtain_session(a_renewal(), "123456", as_outside(outside))
    assert outside.ledger.is_used(DEVICE, "123456", outside.now())


@pytest.mark.parametrize("failure", [WrongCode("no"), AwsUnreachable("dns")])
def test_a_refused_code_and_one_that_never_left_are_not_used(failure: WrongCode) -> None:
    outside = FakeOutside()
    outside.fake_sts.answers = [failure]
    with pytest.raises(type(failure)):
        obtain_session(a_renewal(), "123456", as_outside(outside))
    assert not outside.ledger.is_used(DEVICE, "123456", outside.now())


def test_the_section_has_the_contracts_keys_in_the_contracts_order() -> None:
    outside = FakeOutside("# mine\n[work-long-term]\naws_mfa_device = x\n")
    write_session(a_renewal(ROLE), a_session(role_arn=ROLE), "123456", as_outside(outside))
    assert outside.credentials.text == (
        "# mine\n[work-long-term]\naws_mfa_device = x\n\n"
        f"[work]\nassumed_role = True\nassumed_role_arn = {ROLE}\naws_access_key_id = ASIAINVENTED00000001\n"
        "aws_secret_access_key = session/secret\naws_session_token = session/token==\n"
        "aws_security_token = session/token==\nexpiration = 2026-11-22 18:03:19\n"
        "x_security_token_expires = 2026-11-22T18:03:19Z\n"
    )
    assert outside.ledger.is_used(DEVICE, "123456", outside.now())


def test_without_a_role_the_old_roles_line_goes_and_other_keys_stay() -> None:
    outside = FakeOutside(f"[work]\nregion = eu-west-1\nassumed_role_arn = {ROLE}\nexpiration = long ago\n")
    write_session(a_renewal(), a_session(), "123456", as_outside(outside))
    text = outside.credentials.read()
    assert "assumed_role_arn" not in text
    assert text.startswith("[work]\nregion = eu-west-1\nexpiration = 2026-11-22 18:03:19\n")


def test_permanent_keys_that_appeared_meanwhile_are_not_overwritten() -> None:
    """The file is read again after the call: somebody may have run `aws configure` while the code was typed."""
    before = "[work]\naws_access_key_id = AKIAINVENTED\naws_secret_access_key = precious\n"
    outside = FakeOutside(before)
    with pytest.raises(PermanentKeysInTheWay):
        write_session(a_renewal(), a_session(), "123456", as_outside(outside))
    assert outside.credentials.text == before


def test_a_file_that_cannot_be_written_leaves_the_code_noted_as_used() -> None:
    outside = FakeOutside("")
    outside.credentials.failure = NotSetUp("disk full")
    with pytest.raises(NotSetUp):
        write_session(a_renewal(), a_session(), "123456", as_outside(outside))
    assert outside.ledger.is_used(DEVICE, "123456", outside.now())


def test_a_session_that_would_break_the_lines_of_the_file_is_refused() -> None:
    outside = FakeOutside("")
    session = a_session()
    session.access_key_id = "ASIA\n[default]"
    with pytest.raises(AwsFailed):
        write_session(a_renewal(), session, "123456", as_outside(outside))
    assert outside.credentials.text == ""

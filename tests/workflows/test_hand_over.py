"""A session for an SDK: the stored one while enough is left, else a new one; never into the file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from aws_mfa.errors import Cancelled, NeedsHuman, UnknownKey, WrongCode
from aws_mfa.rules.renewal_request import RenewalRequest
from aws_mfa.workflows.hand_over import hand_over
from fakes import DEVICE, KEYS, NOW, FakeIam, FakeOutside, FakeTerminal, a_session, as_outside

if TYPE_CHECKING:
    from aws_mfa.cancel import Cancellation
    from aws_mfa.model import Session

ROLE = "arn:aws:iam::123456789012:role/dev"
CONFIG = f"[profile dev]\naws_mfa_role_arn = {ROLE}\naws_mfa_source_profile = work\n"


def an_outside(*codes: str) -> FakeOutside:
    outside = FakeOutside("", f"{CONFIG}[profile work]\nmfa_serial = {DEVICE}\n")
    outside.vaults["keychain"].stored["work-long-term"] = KEYS
    outside.known_keys.text = "[work-long-term]\nvault = keychain\n"
    outside.terminal = FakeTerminal(*codes)
    return outside


def handed(outside: FakeOutside, profile: str = "dev", *, token: str | None = None, for_sdk: bool = True) -> Session:
    return hand_over(RenewalRequest([profile], token=token, for_sdk=for_sdk), as_outside(outside))[0]


def test_a_new_session_goes_to_the_cache_and_never_into_the_file() -> None:
    """A section in the file would hide the process from SDKs, whatever its line looks like."""
    outside = an_outside("123456")
    assert handed(outside).assumed_role_arn == ROLE
    assert outside.credentials.text == ""
    assert "dev" in outside.session_cache.labels


def test_who_chose_a_device_is_not_asked_which_one_again() -> None:
    """Several plans are made: for as much left as SDKs want, and for what is left."""
    outside = an_outside("2", "123456")
    outside.config.text = CONFIG + "[profile work]\nregion = eu-west-1\n"
    outside.fake_iam = FakeIam([f"{DEVICE}-1", f"{DEVICE}-2"])
    handed(outside)
    menus = [question for question in outside.terminal.questions if "Which one" in question]
    assert len(menus) == 1
    assert outside.fake_sts.sent[0][2].device == f"{DEVICE}-2"


def test_the_stored_session_is_handed_over_without_a_call() -> None:
    outside = an_outside("123456")
    first = handed(outside)
    sent = len(outside.fake_sts.sent)
    assert handed(outside) is first
    assert len(outside.fake_sts.sent) == sent


def test_an_mfa_session_that_aws_refuses_costs_a_code_or_names_the_command() -> None:
    outside = an_outside("111111")
    outside.fake_sts.answers = [a_session(), a_session(lasts_s=3600, role_arn=ROLE)]
    handed(outside)
    outside.moment = NOW + 3600
    outside.fake_sts.answers = [UnknownKey("no")]
    with pytest.raises(NeedsHuman) as failure:
        handed(outside)
    assert failure.value.message.startswith("profile 'dev' needs an MFA code: ")
    assert failure.value.hints[0] == "in a terminal: aws-mfa renew dev"
    outside.terminal = FakeTerminal("222222")
    outside.fake_sts.answers = [a_session(lasts_s=43200), a_session(lasts_s=7200, role_arn=ROLE)]
    assert handed(outside).assumed_role_arn == ROLE
    assert outside.terminal.questions != []


def test_less_than_fifteen_minutes_are_renewed_without_a_question() -> None:
    outside = an_outside("123456")
    outside.fake_sts.answers = [a_session(), a_session(lasts_s=3600, role_arn=ROLE)]
    handed(outside)
    outside.moment = NOW + 3600 - 600
    questions = len(outside.terminal.questions)
    handed(outside)
    assert len(outside.terminal.questions) == questions
    assert [action for action, _, _ in outside.fake_sts.sent] == ["GetSessionToken", "AssumeRole", "AssumeRole"]


def test_where_nobody_is_the_rest_of_a_session_is_better_than_nothing() -> None:
    outside = an_outside("123456")
    outside.fake_sts.answers = [a_session(lasts_s=3000), a_session(lasts_s=3600, role_arn=ROLE)]
    first = handed(outside)
    outside.moment = NOW + 3600 - 300
    outside.terminal = FakeTerminal(has_human=False)
    assert handed(outside) is first


def test_where_nobody_is_and_nothing_stored_the_command_is_named() -> None:
    outside = an_outside()
    outside.terminal = FakeTerminal(has_human=False)
    with pytest.raises(NeedsHuman) as failure:
        handed(outside)
    assert failure.value.hints == ("in a terminal: aws-mfa renew dev",)


def a_short_user_session(outside: FakeOutside) -> Session:
    """Work's own MFA session with ten minutes left: a new one costs a code."""
    outside.fake_sts.answers = [a_session(lasts_s=3600)]
    outside.terminal = FakeTerminal("123456")
    session = hand_over(RenewalRequest(["work"]), as_outside(outside))[0]
    outside.moment = NOW + 3000
    return session


def test_a_short_session_that_needs_a_code_is_asked_for_ahead() -> None:
    outside = an_outside()
    short = a_short_user_session(outside)
    outside.terminal = FakeTerminal("654321")
    assert hand_over(RenewalRequest(["work"]), as_outside(outside))[0] is not short


def test_a_person_who_said_no_gets_the_rest_and_is_not_asked_twice() -> None:
    """SDKs that got little come back at once."""
    outside = an_outside()
    short = a_short_user_session(outside)
    outside.terminal = SaysNo()
    assert handed(outside, "work") is short
    assert handed(outside, "work") is short
    assert len(outside.terminal.questions) == 1


def test_a_person_who_said_no_to_the_question_of_a_command_does_not_want_it_to_run() -> None:
    outside = an_outside()
    a_short_user_session(outside)
    outside.terminal = SaysNo()
    for _ in range(2):
        with pytest.raises(Cancelled):
            handed(outside, "work", for_sdk=False)
    assert len(outside.terminal.questions) == 2, "and who starts it again is asked again"


def test_a_code_that_was_given_is_used_and_its_failure_told() -> None:
    for for_sdk in (False, True):
        outside = an_outside()
        short = a_short_user_session(outside)
        outside.fake_sts.answers = [WrongCode("wrong")]
        with pytest.raises(WrongCode):
            handed(outside, "work", token="111111", for_sdk=for_sdk)
        outside.terminal = SaysNo()
        assert handed(outside, "work") is short
        assert handed(outside, "work", token="222222", for_sdk=for_sdk) is not short


def test_what_stood_in_the_way_of_a_new_session_is_told_to_a_person_and_the_rest_used() -> None:
    outside = an_outside()
    short = a_short_user_session(outside)
    outside.terminal = FakeTerminal(has_human=False)
    assert handed(outside, "work", for_sdk=False) is short
    assert any("what is left of the stored session is used" in line for line in outside.said)


def test_a_person_who_said_no_and_had_nothing_left_has_nothing() -> None:
    outside = an_outside()
    outside.terminal = SaysNo()
    with pytest.raises(Cancelled):
        handed(outside)


def test_a_number_that_was_asked_for_is_a_condition() -> None:
    outside = an_outside()
    a_short_user_session(outside)
    outside.terminal = FakeTerminal(has_human=False)
    with pytest.raises(NeedsHuman):
        hand_over(RenewalRequest(["work"], min_remaining_s=3600), as_outside(outside))
    assert hand_over(RenewalRequest(["work"], min_remaining_s=300), as_outside(outside))[0].expires_at == NOW + 3600


def test_what_is_handed_over_tells_under_what_it_is_stored() -> None:
    outside = an_outside("123456")
    _, plan = hand_over(RenewalRequest(["dev"]), as_outside(outside))
    assert outside.session_cache.one("dev").inputs == dict(plan.of_profile["dev"].inputs)
    assert plan.chains["dev"].base.name == "work"


class SaysNo(FakeTerminal):
    """A person who presses Ctrl-C."""

    def ask(self, question: str, cancellation: Cancellation | None = None) -> str:
        self.questions.append(question)
        raise Cancelled("cancelled")

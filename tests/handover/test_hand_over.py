"""A session for an SDK: the stored one while enough is left, else a new one; never into the file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from aws_mfa.errors import Cancelled, NeedsHuman, UnknownKey, WrongCode
from aws_mfa.handover.hand_over import hand_over
from aws_mfa.renewal.request import RenewalRequest
from fakes import DEVICE, KEYS, NOW, FakeIam, FakeInterfaces, FakeTerminal, a_session, as_interfaces

if TYPE_CHECKING:
    from aws_mfa.model import Session
    from aws_mfa.system.cancel import Cancellation

ROLE = "arn:aws:iam::123456789012:role/dev"
CONFIG = f"[profile dev]\naws_mfa_role_arn = {ROLE}\naws_mfa_source_profile = work\n"


def some_interfaces(*codes: str) -> FakeInterfaces:
    interfaces = FakeInterfaces("", f"{CONFIG}[profile work]\nmfa_serial = {DEVICE}\n")
    interfaces.vaults["keychain"].stored["work-long-term"] = KEYS
    interfaces.known_keys.text = "[work-long-term]\nvault = keychain\n"
    interfaces.terminal = FakeTerminal(*codes)
    return interfaces


def handed(
    interfaces: FakeInterfaces, profile: str = "dev", *, token: str | None = None, for_sdk: bool = True
) -> Session:
    return hand_over(RenewalRequest([profile], token=token, for_sdk=for_sdk), as_interfaces(interfaces))[0]


def test_a_new_session_goes_to_the_cache_and_never_into_the_file() -> None:
    """A section in the file would hide the process from SDKs, whatever its line looks like."""
    interfaces = some_interfaces("123456")
    assert handed(interfaces).assumed_role_arn == ROLE
    assert interfaces.credentials.text == ""
    assert "dev" in interfaces.session_cache.labels


def test_who_chose_a_device_is_not_asked_which_one_again() -> None:
    """Several plans are made: for as much left as SDKs want, and for what is left."""
    interfaces = some_interfaces("2", "123456")
    interfaces.config.text = CONFIG + "[profile work]\nregion = eu-west-1\n"
    interfaces.fake_iam = FakeIam([f"{DEVICE}-1", f"{DEVICE}-2"])
    handed(interfaces)
    menus = [question for question in interfaces.terminal.questions if "Which one" in question]
    assert len(menus) == 1
    assert interfaces.fake_sts.sent[0][2].device == f"{DEVICE}-2"


def test_the_stored_session_is_handed_over_without_a_call() -> None:
    interfaces = some_interfaces("123456")
    first = handed(interfaces)
    sent = len(interfaces.fake_sts.sent)
    assert handed(interfaces) is first
    assert len(interfaces.fake_sts.sent) == sent


def test_an_mfa_session_that_aws_refuses_costs_a_code_or_names_the_command() -> None:
    interfaces = some_interfaces("111111")
    interfaces.fake_sts.answers = [a_session(), a_session(lasts_s=3600, role_arn=ROLE)]
    handed(interfaces)
    interfaces.moment = NOW + 3600
    interfaces.fake_sts.answers = [UnknownKey("no")]
    with pytest.raises(NeedsHuman) as failure:
        handed(interfaces)
    assert failure.value.message.startswith("profile 'dev' needs an MFA code: ")
    assert failure.value.hints[0] == "in a terminal: aws-mfa renew dev"
    interfaces.terminal = FakeTerminal("222222")
    interfaces.fake_sts.answers = [a_session(lasts_s=43200), a_session(lasts_s=7200, role_arn=ROLE)]
    assert handed(interfaces).assumed_role_arn == ROLE
    assert interfaces.terminal.questions != []


def test_less_than_fifteen_minutes_are_renewed_without_a_question() -> None:
    interfaces = some_interfaces("123456")
    interfaces.fake_sts.answers = [a_session(), a_session(lasts_s=3600, role_arn=ROLE)]
    handed(interfaces)
    interfaces.moment = NOW + 3600 - 600
    questions = len(interfaces.terminal.questions)
    handed(interfaces)
    assert len(interfaces.terminal.questions) == questions
    assert [action for action, _, _ in interfaces.fake_sts.sent] == ["GetSessionToken", "AssumeRole", "AssumeRole"]


def test_where_nobody_is_the_rest_of_a_session_is_better_than_nothing() -> None:
    interfaces = some_interfaces("123456")
    interfaces.fake_sts.answers = [a_session(lasts_s=3000), a_session(lasts_s=3600, role_arn=ROLE)]
    first = handed(interfaces)
    interfaces.moment = NOW + 3600 - 300
    interfaces.terminal = FakeTerminal(has_human=False)
    assert handed(interfaces) is first


def test_where_nobody_is_and_nothing_stored_the_command_is_named() -> None:
    interfaces = some_interfaces()
    interfaces.terminal = FakeTerminal(has_human=False)
    with pytest.raises(NeedsHuman) as failure:
        handed(interfaces)
    assert failure.value.hints == ("in a terminal: aws-mfa renew dev",)


def a_short_user_session(interfaces: FakeInterfaces) -> Session:
    """Work's own MFA session with ten minutes left: a new one costs a code."""
    interfaces.fake_sts.answers = [a_session(lasts_s=3600)]
    interfaces.terminal = FakeTerminal("123456")
    session = hand_over(RenewalRequest(["work"]), as_interfaces(interfaces))[0]
    interfaces.moment = NOW + 3000
    return session


def test_a_short_session_that_needs_a_code_is_asked_for_ahead() -> None:
    interfaces = some_interfaces()
    short = a_short_user_session(interfaces)
    interfaces.terminal = FakeTerminal("654321")
    assert hand_over(RenewalRequest(["work"]), as_interfaces(interfaces))[0] is not short


def test_a_person_who_said_no_gets_the_rest_and_is_not_asked_twice() -> None:
    """SDKs that got little come back at once."""
    interfaces = some_interfaces()
    short = a_short_user_session(interfaces)
    interfaces.terminal = SaysNo()
    assert handed(interfaces, "work") is short
    assert handed(interfaces, "work") is short
    assert len(interfaces.terminal.questions) == 1


def test_a_person_who_said_no_to_the_question_of_a_command_does_not_want_it_to_run() -> None:
    interfaces = some_interfaces()
    a_short_user_session(interfaces)
    interfaces.terminal = SaysNo()
    for _ in range(2):
        with pytest.raises(Cancelled):
            handed(interfaces, "work", for_sdk=False)
    assert len(interfaces.terminal.questions) == 2, "and who starts it again is asked again"


def test_a_code_that_was_given_is_used_and_its_failure_told() -> None:
    for for_sdk in (False, True):
        interfaces = some_interfaces()
        short = a_short_user_session(interfaces)
        interfaces.fake_sts.answers = [WrongCode("wrong")]
        with pytest.raises(WrongCode):
            handed(interfaces, "work", token="111111", for_sdk=for_sdk)
        interfaces.terminal = SaysNo()
        assert handed(interfaces, "work") is short
        assert handed(interfaces, "work", token="222222", for_sdk=for_sdk) is not short


def test_what_stood_in_the_way_of_a_new_session_is_told_to_a_person_and_the_rest_used() -> None:
    interfaces = some_interfaces()
    short = a_short_user_session(interfaces)
    interfaces.terminal = FakeTerminal(has_human=False)
    assert handed(interfaces, "work", for_sdk=False) is short
    assert any("the stored session is used for the time it has left" in line for line in interfaces.said)


def test_a_person_who_said_no_and_had_nothing_left_has_nothing() -> None:
    interfaces = some_interfaces()
    interfaces.terminal = SaysNo()
    with pytest.raises(Cancelled):
        handed(interfaces)


def test_a_number_that_was_asked_for_is_a_condition() -> None:
    interfaces = some_interfaces()
    a_short_user_session(interfaces)
    interfaces.terminal = FakeTerminal(has_human=False)
    with pytest.raises(NeedsHuman):
        hand_over(RenewalRequest(["work"], min_remaining_s=3600), as_interfaces(interfaces))
    assert (
        hand_over(RenewalRequest(["work"], min_remaining_s=300), as_interfaces(interfaces))[0].expires_at == NOW + 3600
    )


def test_what_is_handed_over_tells_under_what_it_is_stored() -> None:
    interfaces = some_interfaces("123456")
    _, plan = hand_over(RenewalRequest(["dev"]), as_interfaces(interfaces))
    assert interfaces.session_cache.one("dev").inputs == dict(plan.of_profile["dev"].inputs)
    assert plan.chains["dev"].base.name == "work"


class SaysNo(FakeTerminal):
    """A person who presses Ctrl-C."""

    def ask(self, question: str, cancellation: Cancellation | None = None) -> str:
        self.questions.append(question)
        raise Cancelled("cancelled")

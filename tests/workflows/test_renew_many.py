"""Renewing many: one failure stops nobody else, the file is written once, and no session paid with a code is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from aws_mfa.errors import (
    AwsMfaError,
    BadInput,
    Cancelled,
    NeedsHuman,
    NotAuthorized,
    NotSetUp,
    PermanentKeysInTheWay,
    WrongCode,
)
from aws_mfa.model import Secret, Session
from aws_mfa.rules.ini_edit import with_changes
from aws_mfa.rules.ini_text import section_values
from aws_mfa.rules.session_section import section_of
from aws_mfa.workflows.plans import PlanRequest, plan_sessions
from aws_mfa.workflows.renew_many import Outcome, exit_code_of, renew_many
from fakes import DEVICE, NOW, FakeOutside, FakeSts, FakeTerminal, MemoryFile, a_session, as_outside
from workflows.test_plans import ARN, OURS, an_outside, role

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_mfa.model import LongTermKeys, SessionRequest
    from aws_mfa.withdrawal import Withdrawal


class CountingFile(MemoryFile):
    """Counts its writes."""

    writes = 0
    refuses_to_be_written = False

    def update(self, edit: Callable[[str], str]) -> bool:
        self.writes += 1
        return super().update(edit)

    def check_writable(self) -> None:
        if self.refuses_to_be_written:
            raise NotSetUp("the disk is read-only")


class RoleSts(FakeSts):
    """Makes a session of its own for each request; `refused` are roles that it does not give."""

    def __init__(self, *refused: str) -> None:
        super().__init__()
        self.refused = [f"{ARN}{name}" for name in refused]
        self.signed_with: dict[str, str] = {}
        self.count = 0

    def assume_role(self, keys: LongTermKeys | Session, request: SessionRequest, code: str | None) -> Session:
        self.signed_with[(request.role_arn or "").removeprefix(ARN)] = keys.access_key_id
        return super().assume_role(keys, request, code)

    def _answer(self, action: str, code: str | None, request: SessionRequest) -> Session:
        self.sent.append((action, code, request))
        if request.role_arn in self.refused:
            raise NotAuthorized(f"no {request.role_arn}")
        self.count += 1
        key_id = f"ASIAINVENTED{self.count:08}"
        return Session(key_id, Secret("secret"), Secret("token"), NOW + request.duration_s, request.role_arn)


def a_stage(config: str, *refused: str, credentials: str = "", answers: tuple[str, ...] = ("123456",)) -> FakeOutside:
    outside = an_outside(config, credentials)
    outside.credentials = CountingFile(credentials)
    outside.terminal = FakeTerminal(*answers, has_human=False)
    outside.fake_sts = RoleSts(*refused)
    return outside


def renewed(outside: FakeOutside, *names: str, forced: bool = False, token: str | None = None) -> dict[str, Outcome]:
    planned = plan_sessions(PlanRequest(names or None, forced=forced), as_outside(outside))
    done: list[int] = []
    outcomes = renew_many(planned, as_outside(outside), token=token, done=lambda: done.append(1))
    assert len(done) == len(planned.plan.steps)
    return {outcome.profile: outcome for outcome in outcomes}


def key_id(outside: FakeOutside, name: str) -> str | None:
    return (section_values(outside.credentials.read(), name) or {}).get("aws_access_key_id")


def writes(outside: FakeOutside) -> int:
    assert isinstance(outside.credentials, CountingFile)
    return outside.credentials.writes


def test_all_sessions_come_into_the_file_in_one_write() -> None:
    outside = a_stage(role("dev") + role("prod") + role("deep", "prod"))
    outcomes = renewed(outside)
    assert list(outcomes) == ["dev", "prod", "deep", "work"]
    assert {outcome.place for outcome in outcomes.values()} == {"credentials file"}
    assert writes(outside) == 1
    assert isinstance(outside.fake_sts, RoleSts)
    assert outside.fake_sts.signed_with == {
        "dev": key_id(outside, "work"),
        "prod": key_id(outside, "work"),
        "deep": key_id(outside, "prod"),
    }
    assert len(outside.fake_sts.sent) == 4
    assert outside.session_cache.stored == {}, "each has its place in the file"


def test_an_mfa_session_that_nobody_wanted_itself_is_kept_for_the_next_roles() -> None:
    outside = a_stage(role("dev") + role("deep", "dev"))
    renewed(outside, "deep")
    assert sorted(outside.session_cache.stored) == ["dev", "mfa@work-long-term"]
    assert key_id(outside, "dev") is None


def test_a_refused_role_stops_what_stands_on_it_and_nothing_else() -> None:
    outside = a_stage(role("dev") + role("prod") + role("deep", "prod"), "prod")
    outcomes = renewed(outside)
    errors = {name: outcome.error for name, outcome in outcomes.items() if outcome.error}
    assert list(errors) == ["prod", "deep"]
    assert isinstance(errors["deep"], NotAuthorized)
    assert errors["deep"].message == f"not tried, because prod failed: no {ARN}prod"
    assert (key_id(outside, "dev") is None, key_id(outside, "prod")) == (False, None)
    assert exit_code_of(list(outcomes.values())) == 5


def test_a_code_that_fails_takes_its_own_roles_along_and_no_other_users() -> None:
    other = "arn:aws:iam::123456789012:mfa/other"
    outside = a_stage(role("dev") + role("far", more="").replace(DEVICE, other), answers=("12345", "222222"))
    outcomes = renewed(outside, "dev", "far")
    assert outcomes["dev"].error is not None
    assert outcomes["dev"].error.message.startswith("not tried, because mfa@work-long-term failed: ")
    assert outcomes["far"].error is None


def test_one_code_is_not_sent_for_two_devices() -> None:
    """The second device would count a failed try, and the first would have lost its code."""
    other = "arn:aws:iam::123456789012:mfa/other"
    outside = a_stage(role("dev") + role("far").replace(DEVICE, other))
    with pytest.raises(BadInput, match="codes of 2 devices"):
        renewed(outside, "dev", "far", token="123456")
    assert outside.fake_sts.sent == []


class AdoptingTerminal(FakeTerminal):
    """While this human types the code, `adopt` runs in another window."""

    def __init__(self, config: MemoryFile, adopted: str) -> None:
        super().__init__("123456", has_human=False)
        self._config = config
        self._adopted = adopted

    def ask(self, question: str, withdrawal: Withdrawal | None = None) -> str:
        self._config.text = self._adopted
        return super().ask(question, withdrawal)


def test_a_profile_adopted_while_the_code_was_typed_is_kept_out_of_the_file() -> None:
    """There its session would hide the process, and SDKs would hold on to it after its end."""
    outside = a_stage(role("dev"))
    outside.terminal = AdoptingTerminal(outside.config, role("dev", more=OURS))
    assert renewed(outside, "dev")["dev"].error is None
    assert key_id(outside, "dev") is None
    assert "dev" in outside.session_cache.stored


def test_nobody_there_is_exit_4_and_the_file_stays() -> None:
    outside = a_stage(role("dev"), answers=())
    outcomes = list(renewed(outside, "dev").values())
    assert isinstance(outcomes[0].error, NeedsHuman)
    assert (exit_code_of(outcomes), writes(outside)) == (4, 0)


def test_sessions_that_stand_where_they_are_wanted_are_not_written_again() -> None:
    outside = a_stage(role("dev"))
    renewed(outside)
    outcomes = renewed(outside)
    assert all(outcome.is_reused for outcome in outcomes.values())
    assert writes(outside) == 1


def test_the_users_session_of_the_cache_is_written_where_it_is_wanted() -> None:
    outside = a_stage(role("dev"))
    renewed(outside, "dev")
    outcome = renewed(outside, "work")["work"]
    assert (outcome.is_reused, key_id(outside, "work")) == (True, "ASIAINVENTED00000001")
    assert outcome.expires_at == NOW + 43200


def test_a_better_session_of_the_cache_takes_the_place_of_the_files() -> None:
    """What is said to be good until this evening must be what SDKs find."""
    outside = a_stage(role("dev"))
    renewed(outside, "dev")
    old = with_changes("", "work", section_of(a_session(lasts_s=90)))
    outside.credentials.text = old
    assert renewed(outside, "work")["work"].expires_at == NOW + 43200
    assert key_id(outside, "work") == "ASIAINVENTED00000001"


def test_what_sdks_ask_us_for_comes_into_the_cache_under_its_name() -> None:
    outside = a_stage(role("dev", more=OURS))
    outcome = renewed(outside, "dev")["dev"]
    assert (outcome.place, outcome.is_hidden_from_sdks, key_id(outside, "dev")) == ("session cache", True, None)
    assert sorted(outside.session_cache.stored) == ["dev", "mfa@work-long-term"]
    assert writes(outside) == 0


def twin_of(profile: str) -> str:
    return profile.replace("[profile dev]", "[profile twin]").replace(
        "credential-process dev", "credential-process twin"
    )


@pytest.mark.parametrize("more", ["", OURS])
def test_twins_are_one_call_and_each_has_its_session(more: str) -> None:
    outside = a_stage(role("dev", more=more) + twin_of(role("dev", more=more)))
    outcomes = renewed(outside, "dev", "twin")
    assert len(outside.fake_sts.sent) == 2
    assert [outcome.error for outcome in outcomes.values()] == [None, None]
    if more:
        assert {"dev", "twin"} <= outside.session_cache.stored.keys()
    else:
        assert key_id(outside, "dev") == key_id(outside, "twin") == "ASIAINVENTED00000002"
    assert all(outcome.is_reused for outcome in renewed(outside, "dev", "twin").values())


def test_a_twin_that_is_wanted_later_gets_the_stored_session() -> None:
    config = role("dev", more=OURS) + twin_of(role("dev", more=OURS))
    outside = a_stage(config)
    renewed(outside, "dev")
    assert renewed(outside, "dev", "twin")["twin"].is_reused
    assert "twin" in outside.session_cache.stored


def test_a_session_is_hidden_from_sdks_where_they_see_the_role() -> None:
    """With a hidden key the SDK reads our section; with a plain one it would assume the role itself."""
    hidden = role("dev").replace("role_arn", "aws_mfa_role_arn").replace("source_profile", "aws_mfa_source_profile")
    assert renewed(a_stage(hidden), "dev")["dev"].is_hidden_from_sdks is False
    assert renewed(a_stage(role("dev")), "dev")["dev"].is_hidden_from_sdks is True


def test_a_file_that_cannot_be_written_is_told_before_a_code_is_asked_for() -> None:
    outside = a_stage(role("dev"))
    assert isinstance(outside.credentials, CountingFile)
    outside.credentials.refuses_to_be_written = True
    with pytest.raises(NotSetUp):
        renewed(outside, "dev")
    assert outside.terminal.questions == []


def test_a_write_that_fails_loses_no_session_that_cost_a_code() -> None:
    outside = a_stage(role("dev"))
    outside.credentials.failure = NotSetUp("the disk is full")
    outcomes = renewed(outside)
    assert {name: str(outcome.error) for name, outcome in outcomes.items()} == {
        "dev": "the disk is full",
        "work": "the disk is full",
    }
    outside.credentials.failure = None
    assert all(outcome.is_reused for outcome in renewed(outside).values())
    assert key_id(outside, "dev")


def test_permanent_keys_that_came_into_the_way_meanwhile_are_not_overwritten() -> None:
    outside = a_stage(role("dev") + role("prod"))
    planned = plan_sessions(PlanRequest(None), as_outside(outside))
    outside.credentials.text = "[dev]\naws_access_key_id = AKIANEW\naws_secret_access_key = invented\n"
    outcomes = renew_many(planned, as_outside(outside), token=None, done=lambda: None)
    assert [type(outcome.error) for outcome in outcomes] == [PermanentKeysInTheWay, type(None), type(None)]
    assert (key_id(outside, "dev"), key_id(outside, "prod") is None) == ("AKIANEW", False)


def test_ctrl_c_at_the_second_question_keeps_what_the_first_code_got() -> None:
    class GivesUp(FakeTerminal):
        def ask(self, question: str, withdrawal: Withdrawal | None = None) -> str:
            if self.questions:
                raise Cancelled("cancelled")
            return super().ask(question, withdrawal)

    outside = a_stage(role("dev") + role("long", more="duration_seconds = 14400\n"))
    outside.terminal = GivesUp("123456")
    with pytest.raises(Cancelled):
        renewed(outside, "dev", "long")
    assert sorted(outside.session_cache.stored) == ["mfa@work-long-term"]


def test_an_interruption_of_the_roles_keeps_the_mfa_session() -> None:
    outside = a_stage(role("dev"))

    def interrupted(calls: object, done: object) -> list[object]:
        raise KeyboardInterrupt

    outside.side_by_side = interrupted  # type: ignore[method-assign,assignment]
    with pytest.raises(KeyboardInterrupt):
        renewed(outside, "dev")
    assert sorted(outside.session_cache.stored) == ["mfa@work-long-term"]


def outcome(error: AwsMfaError | None) -> Outcome:
    made = Outcome("dev", None, "")
    made.error = error
    return made


@pytest.mark.parametrize(
    ("errors", "code"),
    [
        ([], 0),
        ([None, None], 0),
        ([None, NeedsHuman("")], 4),
        ([NeedsHuman(""), WrongCode("")], 5),
        ([NotSetUp(""), NeedsHuman("")], 3),
    ],
)
def test_the_exit_code_is_5_where_aws_refused_any(errors: list[AwsMfaError | None], code: int) -> None:
    assert exit_code_of([outcome(error) for error in errors]) == code

"""Renewing many: a failure stops no other profile, the file is written once, no session that cost a code is lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial

import pytest

from aws_mfa import errors
from aws_mfa.aws_values.narrowing import Overlay
from aws_mfa.cli.render import outcome_rows
from aws_mfa.config.edit import with_changes
from aws_mfa.config.ini import section_values
from aws_mfa.model import LongTermKeys, Secret, Session, SessionRequest
from aws_mfa.renewal.calls import Outcome, exit_code_of, first_failure, renew_many
from aws_mfa.renewal.make_plan import make_plan
from aws_mfa.renewal.request import RenewalRequest
from aws_mfa.renewal.write import SectionWriter
from aws_mfa.sessions.file_section import section_of
from aws_mfa.sessions.inputs import stored_name
from aws_mfa.system.cancel import Cancellation
from fakes import DEVICE, KEYS, NOW, FakeInterfaces, FakeSts, FakeTerminal, MemoryFile, a_session, a_step, as_interfaces
from renewal.test_make_plan import ARN, OURS, role, some_interfaces


class CountingFile(MemoryFile):
    """Counts its writes."""

    writes = 0
    refuses_to_be_written = False

    def update(self, edit: Callable[[str], str]) -> bool:
        self.writes += 1
        return super().update(edit)

    def check_writable(self) -> None:
        if self.refuses_to_be_written:
            raise errors.NotSetUp("the disk is read-only")


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
            raise errors.NotAuthorized(f"no {request.role_arn}")
        self.count += 1
        key_id = f"ASIAINVENTED{self.count:08}"
        return Session(key_id, Secret("secret"), Secret("token"), NOW + request.duration_s, request.role_arn)


def a_stage(
    config: str, *refused: str, credentials: str = "", answers: tuple[str, ...] = ("123456",)
) -> FakeInterfaces:
    interfaces = some_interfaces(config, credentials)
    interfaces.credentials = CountingFile(credentials)
    interfaces.terminal = FakeTerminal(*answers, has_human=False)
    interfaces.fake_sts = RoleSts(*refused)
    return interfaces


def renewed(
    interfaces: FakeInterfaces, *names: str, forced: bool = False, token: str | None = None
) -> dict[str, Outcome]:
    planned = make_plan(RenewalRequest(names or None, forced=forced), as_interfaces(interfaces))
    done: list[int] = []

    @contextmanager
    def show(count: int) -> Iterator[Callable[[], None]]:
        before = len(done)
        yield lambda: done.append(1)
        assert len(done) == before + count

    outcomes = renew_many(planned, as_interfaces(interfaces), token=token, show=show)
    return {outcome.profile: outcome for outcome in outcomes}


def key_id(interfaces: FakeInterfaces, name: str) -> str | None:
    return (section_values(interfaces.credentials.read(), name) or {}).get("aws_access_key_id")


def writes(interfaces: FakeInterfaces) -> int:
    assert isinstance(interfaces.credentials, CountingFile)
    return interfaces.credentials.writes


def test_all_sessions_come_into_the_file_in_one_write() -> None:
    interfaces = a_stage(role("dev") + role("prod") + role("deep", "prod"))
    outcomes = renewed(interfaces)
    assert list(outcomes) == ["dev", "prod", "deep", "work"]
    assert {outcome.place for outcome in outcomes.values()} == {"credentials file"}
    assert writes(interfaces) == 1
    assert isinstance(interfaces.fake_sts, RoleSts)
    assert interfaces.fake_sts.signed_with == {
        "dev": key_id(interfaces, "work"),
        "prod": key_id(interfaces, "work"),
        "deep": key_id(interfaces, "prod"),
    }
    assert len(interfaces.fake_sts.sent) == 4
    assert interfaces.session_cache.labels == ["mfa@work-long-term"], "roles cost no code: they are only in the file"


def test_an_mfa_session_that_was_not_wanted_itself_is_stored_for_the_next_roles() -> None:
    interfaces = a_stage(role("dev") + role("deep", "dev"))
    renewed(interfaces, "deep")
    assert interfaces.session_cache.labels == ["dev", "mfa@work-long-term"]
    assert key_id(interfaces, "dev") is None


def test_a_refused_role_stops_only_the_roles_it_signs_for() -> None:
    interfaces = a_stage(role("dev") + role("prod") + role("deep", "prod"), "prod")
    outcomes = renewed(interfaces)
    failed = {name: outcome.error for name, outcome in outcomes.items() if outcome.error}
    assert list(failed) == ["prod", "deep"]
    assert isinstance(failed["deep"], errors.NotAuthorized)
    assert failed["deep"].message == f"not tried, because prod failed: no {ARN}prod"
    assert (key_id(interfaces, "dev") is None, key_id(interfaces, "prod")) == (False, None)
    assert exit_code_of(list(outcomes.values())) == 5


def test_a_code_that_fails_takes_its_own_roles_along_and_no_other_users() -> None:
    other = "arn:aws:iam::123456789012:mfa/other"
    interfaces = a_stage(role("dev") + role("far", more="").replace(DEVICE, other), answers=("12345", "222222"))
    outcomes = renewed(interfaces, "dev", "far")
    assert outcomes["dev"].error is not None
    assert outcomes["dev"].error.message.startswith("not tried, because mfa@work-long-term failed: ")
    assert outcomes["far"].error is None


def test_one_code_is_not_sent_for_two_devices() -> None:
    """The second device would count a failed try, and the first would have lost its code."""
    other = "arn:aws:iam::123456789012:mfa/other"
    interfaces = a_stage(role("dev") + role("far").replace(DEVICE, other))
    with pytest.raises(errors.BadInput, match="codes of 2 devices"):
        renewed(interfaces, "dev", "far", token="123456")
    assert interfaces.fake_sts.sent == []


class GivesUp(FakeTerminal):
    """A person who presses Ctrl-C after these answers."""

    def ask(self, question: str, cancellation: Cancellation | None = None) -> str:
        if not self.answers:
            raise errors.Cancelled("cancelled")
        return super().ask(question, cancellation)


class AdoptingTerminal(FakeTerminal):
    """While this human types the code, `adopt` runs in another window."""

    def __init__(self, config: MemoryFile, adopted: str) -> None:
        super().__init__("123456", has_human=False)
        self._config = config
        self._adopted = adopted

    def ask(self, question: str, cancellation: Cancellation | None = None) -> str:
        self._config.text = self._adopted
        return super().ask(question, cancellation)


def test_a_profile_adopted_while_the_code_was_typed_is_kept_out_of_the_file() -> None:
    """There its session would hide the process, and SDKs would hold on to it after its end."""
    interfaces = a_stage(role("dev"))
    interfaces.terminal = AdoptingTerminal(interfaces.config, role("dev", more=OURS))
    assert renewed(interfaces, "dev")["dev"].error is None
    assert key_id(interfaces, "dev") is None
    assert "dev" in interfaces.session_cache.labels


def test_without_a_person_the_exit_code_is_4_and_the_file_stays() -> None:
    interfaces = a_stage(role("dev"), answers=())
    outcomes = list(renewed(interfaces, "dev").values())
    assert isinstance(outcomes[0].error, errors.NeedsHuman)
    assert (exit_code_of(outcomes), writes(interfaces)) == (4, 0)


def test_sessions_that_are_where_they_are_wanted_are_not_written_again() -> None:
    interfaces = a_stage(role("dev"))
    renewed(interfaces)
    outcomes = renewed(interfaces)
    assert all(outcome.is_reused for outcome in outcomes.values())
    assert writes(interfaces) == 1


@pytest.mark.parametrize("before", ["", with_changes("", "work", section_of(a_session(lasts_s=90)))], ids=["no", "old"])
def test_the_users_session_of_the_cache_is_written_where_it_is_wanted(before: str) -> None:
    """SDKs must find the session whose end is printed, not one that the file had before."""
    interfaces = a_stage(role("dev"))
    renewed(interfaces, "dev")
    interfaces.credentials.text = before
    outcome = renewed(interfaces, "work")["work"]
    assert (outcome.is_reused, outcome.expires_at) == (True, NOW + 43200)
    assert key_id(interfaces, "work") == "ASIAINVENTED00000001"


@pytest.mark.parametrize(
    "process",
    [
        *("aws-mfa credential-process dev", "aws-mfa credential-process --no-keychain dev --vault age"),
        *("my-wrapper dev", "aws-vault export dev", "wsl.exe aws-mfa credential-process other"),
    ],
)
def test_what_sdks_run_a_program_for_comes_into_the_cache_under_its_name(process: str) -> None:
    """A session in the file would be used instead of the program, and never renewed."""
    interfaces = a_stage(role("dev", more=f"credential_process = {process}\n"))
    outcome = renewed(interfaces, "dev")["dev"]
    assert (outcome.place, outcome.is_hidden_from_sdks, key_id(interfaces, "dev")) == ("session cache", True, None)
    assert interfaces.session_cache.labels == ["dev", "mfa@work-long-term"]
    assert writes(interfaces) == 0


def copy_of(profile: str) -> str:
    return profile.replace("[profile dev]", "[profile copy]").replace(
        "credential-process dev", "credential-process copy"
    )


@pytest.mark.parametrize("more", ["", OURS])
def test_equal_profiles_share_one_call_and_each_gets_the_session(more: str) -> None:
    interfaces = a_stage(role("dev", more=more) + copy_of(role("dev", more=more)))
    outcomes = renewed(interfaces, "dev", "copy")
    assert len(interfaces.fake_sts.sent) == 2
    assert [outcome.error for outcome in outcomes.values()] == [None, None]
    if more:
        assert {"dev", "copy"} <= set(interfaces.session_cache.labels)
    else:
        assert key_id(interfaces, "dev") == key_id(interfaces, "copy") == "ASIAINVENTED00000002"
    assert all(outcome.is_reused for outcome in renewed(interfaces, "dev", "copy").values())


def test_an_equal_profile_wanted_later_gets_the_stored_session() -> None:
    config = role("dev", more=OURS) + copy_of(role("dev", more=OURS))
    interfaces = a_stage(config)
    renewed(interfaces, "dev")
    assert renewed(interfaces, "dev", "copy")["copy"].is_reused
    assert "copy" in interfaces.session_cache.labels


def test_a_session_is_hidden_from_sdks_where_they_see_the_role() -> None:
    """With a hidden key the SDK reads our section; with a plain one it would assume the role itself."""
    hidden = role("dev").replace("role_arn", "aws_mfa_role_arn").replace("source_profile", "aws_mfa_source_profile")
    assert renewed(a_stage(hidden), "dev")["dev"].is_hidden_from_sdks is False
    assert renewed(a_stage(role("dev")), "dev")["dev"].is_hidden_from_sdks is True


BOB = "arn:aws:iam::123456789012:mfa/bob"
NOT_TAKEN = "AWS no longer accepts the stored session of mfa@{}-long-term: a new one is needed"


def asked(interfaces: FakeInterfaces) -> int:
    return [action for action, code, _ in interfaces.fake_sts.sent if code].count("GetSessionToken")


def test_two_devices_of_one_user_cost_one_code_each_and_no_more() -> None:
    interfaces = a_stage(role("d1") + role("d2").replace(DEVICE, BOB), answers=("111111", "222222"))
    for name in ("d1", "d2", "d1", "d2"):
        assert renewed(interfaces, name, forced=True)[name].error is None
    assert asked(interfaces) == 2
    assert interfaces.session_cache.labels == ["mfa@work-long-term"] * 2
    assert interfaces.session_cache.forget(["mfa@work-long-term"]) == (["mfa@work-long-term"], [])
    assert interfaces.session_cache.stored == {}


@pytest.mark.parametrize("name", ["dev", "work"])
def test_a_run_in_another_region_needs_no_code(name: str) -> None:
    interfaces = a_stage(role("dev"), answers=("111111", "222222"))
    for region in ("eu-west-1", "us-west-2", "eu-west-1", "us-west-2"):
        interfaces.environ = {"AWS_REGION": region}
        assert renewed(interfaces, name)[name].error is None
    assert asked(interfaces) == 1


def test_a_narrowed_session_and_a_full_one_are_both_stored() -> None:
    interfaces = a_stage(role("long", more="duration_seconds = 14400\n"), answers=("111111", "222222"))
    for overlay in (Overlay(), Overlay(read_only=True)) * 2:
        planned = make_plan(RenewalRequest(["long"], overlay=overlay), as_interfaces(interfaces))
        (outcome,) = renew_many(planned, as_interfaces(interfaces), token=None)
        assert outcome.error is None
    assert len(interfaces.terminal.questions) == 2


class ForgetfulSts(RoleSts):
    """AWS after it has revoked the sessions of these key ids."""

    def __init__(self, failure: type[errors.RefusedByAws] = errors.SessionExpired) -> None:
        super().__init__()
        self.revoked: set[str] = set()
        self._failure = failure

    def revoke_all(self) -> None:
        self.revoked = {f"ASIAINVENTED{number + 1:08}" for number in range(self.count)}

    def assume_role(self, keys: LongTermKeys | Session, request: SessionRequest, code: str | None) -> Session:
        if keys.access_key_id in self.revoked:
            raise self._failure("no")
        return super().assume_role(keys, request, code)


def after_a_revocation(config: str, *names: str, answers: tuple[str, ...], credentials: str = "") -> FakeInterfaces:
    """These were renewed with the first answer; then AWS revoked everything."""
    interfaces = a_stage(config, credentials=credentials, answers=answers)
    interfaces.fake_sts = ForgetfulSts()
    renewed(interfaces, *names)
    interfaces.fake_sts.revoke_all()
    interfaces.fake_sts.sent.clear()
    return interfaces


@pytest.mark.parametrize("failure", [errors.SessionExpired, errors.UnknownKey])
def test_a_stored_session_that_aws_refuses_is_dropped_and_a_code_asked_for(failure: type[errors.RefusedByAws]) -> None:
    interfaces = a_stage(role("dev") + role("prod"), answers=("111111", "222222"))
    interfaces.fake_sts = ForgetfulSts(failure)
    renewed(interfaces, "dev")
    interfaces.fake_sts.revoke_all()
    outcomes = renewed(interfaces, "prod", "dev", forced=True)
    assert [(name, outcome.error) for name, outcome in outcomes.items()] == [("prod", None), ("dev", None)]
    assert asked(interfaces) == 2
    assert interfaces.said == [NOT_TAKEN.format("work")]
    assert renewed(interfaces, "dev", forced=True)["dev"].error is None
    assert asked(interfaces) == 2


@pytest.mark.parametrize("failure", [errors.SessionExpired, errors.UnknownKey])
def test_a_new_mfa_session_that_aws_refuses_is_kept_and_the_refusal_is_the_answer(
    failure: type[errors.RefusedByAws],
) -> None:
    """AWS may refuse whatever signs: each run would drop what the one before had paid for with a code."""
    interfaces = a_stage(role("hub") + role("deep", "hub"), answers=("111111", "222222"))
    interfaces.fake_sts = ForgetfulSts(failure)
    renewed(interfaces, "deep")
    interfaces.fake_sts.revoke_all()
    interfaces.session_cache.age_s = 299
    for _ in range(3):
        error = renewed(interfaces, "deep", forced=True)["deep"].error
        assert isinstance(error, failure)
        assert error.message == "no"
        assert error.hints[0].endswith("aws-mfa forget work")
    assert (asked(interfaces), interfaces.terminal.answers) == (1, ["222222"])
    assert "mfa@work-long-term" in interfaces.session_cache.labels
    interfaces.session_cache.age_s = 300
    assert renewed(interfaces, "deep", forced=True)["deep"].error is None


def test_beside_a_new_session_an_old_one_is_got_anew() -> None:
    interfaces = two_users_revoked("111111", "222222", "333333")
    (new,) = (name for name in interfaces.session_cache.stored if "mfa@bob" in name)
    drop = interfaces.session_cache.drop

    def is_dropped(label: str, inputs: Mapping[str, str], access_key_id: str, *, min_age_s: float = 0.0) -> bool:
        is_new = stored_name(label, inputs) == new and min_age_s > 0
        return not is_new and drop(label, inputs, access_key_id)

    interfaces.session_cache.drop = is_dropped  # type: ignore[method-assign]
    outcomes = renewed(interfaces, "ann-adm", "bob-adm", forced=True)
    assert outcomes["ann-adm"].error is None
    assert isinstance(outcomes["bob-adm"].error, errors.SessionExpired)
    assert interfaces.said == [NOT_TAKEN.format("ann")]


def user_and_role(user: str) -> str:
    device = f"mfa_serial = {DEVICE}" if user == "ann" else f"mfa_serial = {DEVICE[:-3]}{user}"
    return f"[profile {user}]\n{device}\n[profile {user}-adm]\nrole_arn = {ARN}{user}\nsource_profile = {user}\n"


def two_users_revoked(*answers: str) -> FakeInterfaces:
    """AWS has revoked all of ann and bob; carol's are good, and all three have roles."""
    users = ("ann", "bob", "carol")
    interfaces = a_stage("".join(user_and_role(user) for user in users), answers=(*answers, "444444"))
    interfaces.fake_sts = ForgetfulSts()
    for user in users:
        interfaces.vaults["keychain"].stored[f"{user}-long-term"] = KEYS
    renewed(interfaces, "ann-adm", "bob-adm")
    interfaces.fake_sts.revoke_all()
    renewed(interfaces, "carol-adm")
    return interfaces


@pytest.mark.parametrize("has_codes", [True, False])
def test_a_given_code_is_not_used_if_two_devices_need_one_now_and_the_others_are_renewed(*, has_codes: bool) -> None:
    interfaces = two_users_revoked("111111", "222222", "333333")
    interfaces.terminal.answers = ["555555", "666666"] if has_codes else []
    outcomes = renewed(interfaces, "ann-adm", "bob-adm", "carol-adm", forced=True, token="300009")
    kinds = {name: type(first_failure(outcome.error)) for name, outcome in outcomes.items() if outcome.error}
    assert kinds == ({} if has_codes else {"ann-adm": errors.NeedsHuman, "bob-adm": errors.NeedsHuman})
    assert outcomes["carol-adm"].session is not None
    assert "the code given is not used: codes of 2 devices are needed" in interfaces.said
    assert "300009" not in {code for _, code, _ in interfaces.fake_sts.sent}


def test_a_failure_of_the_second_attempt_is_the_outcome_of_its_profiles_only() -> None:
    interfaces = two_users_revoked("111111", "222222", "333333")

    def breaks(text: str) -> None:
        interfaces.said.append(text)
        assert isinstance(interfaces.credentials, CountingFile)
        interfaces.credentials.refuses_to_be_written = True

    interfaces.say = breaks  # type: ignore[method-assign]
    outcomes = renewed(interfaces, "ann-adm", "carol-adm", forced=True)
    assert isinstance(outcomes["ann-adm"].error, errors.NotSetUp)
    assert outcomes["carol-adm"].session is not None


def test_ctrl_c_in_the_second_round_ends_its_question_and_keeps_what_was_got() -> None:
    interfaces = two_users_revoked("111111", "222222", "333333")
    before = key_id(interfaces, "carol-adm")
    interfaces.terminal = GivesUp()
    outcomes = renewed(interfaces, "ann-adm", "carol-adm", forced=True)
    assert isinstance(outcomes["ann-adm"].error, errors.Cancelled)
    assert key_id(interfaces, "carol-adm") not in (None, before)
    with pytest.raises(errors.Cancelled):
        renewed(interfaces, "ann-adm", forced=True)


def test_without_a_person_for_that_the_exit_code_is_4_and_the_next_run_knows() -> None:
    interfaces = after_a_revocation(role("dev"), "dev", answers=("111111",))
    outcome = renewed(interfaces, "dev", forced=True)["dev"]
    assert isinstance(outcome.error, errors.AwsMfaError)
    assert isinstance(first_failure(outcome.error), errors.NeedsHuman)
    assert exit_code_of([outcome]) == 4
    assert make_plan(RenewalRequest(["dev"], forced=True), as_interfaces(interfaces)).codes != []


def test_the_code_that_was_given_along_is_used_for_it() -> None:
    interfaces = after_a_revocation(role("dev"), "dev", answers=("111111",))
    assert renewed(interfaces, "dev", forced=True, token="222222")["dev"].error is None


def test_a_chain_of_stored_sessions_that_are_all_refused_is_gone_back_to_its_beginning() -> None:
    interfaces = after_a_revocation(role("hub") + role("deep", "hub"), "deep", answers=("111111", "222222"))
    assert renewed(interfaces, "deep", forced=True)["deep"].error is None
    assert [action for action, _, _ in interfaces.fake_sts.sent] == ["GetSessionToken", "AssumeRole", "AssumeRole"]


def test_a_session_of_the_file_that_is_refused_stays_there_and_is_not_used() -> None:
    """In the region it was asked in it may be good."""
    interfaces = after_a_revocation(role("dev"), "work", answers=("111111", "222222"))
    before = interfaces.credentials.text
    interfaces.session_cache.stored.clear()
    outcome = renewed(interfaces, "dev", forced=True)["dev"]
    assert outcome.error is None
    assert section_values(interfaces.credentials.read(), "work") == section_values(before or "", "work")


def test_without_may_ask_it_fails_and_nothing_is_asked() -> None:
    interfaces = after_a_revocation(role("dev"), "dev", answers=("111111", "222222"))
    planned = make_plan(RenewalRequest(["dev"], forced=True), as_interfaces(interfaces))
    (outcome,) = renew_many(planned, as_interfaces(interfaces), token=None, may_ask=False)
    assert isinstance(outcome.error, errors.SessionExpired)
    assert outcome.error.message == NOT_TAKEN.format("work")
    assert len(interfaces.terminal.questions) == 1


def test_what_another_process_has_got_meanwhile_is_taken() -> None:
    interfaces = after_a_revocation(role("dev"), "dev", answers=("111111",))
    planned = make_plan(RenewalRequest(["dev"], forced=True), as_interfaces(interfaces))
    (reused,) = planned.reused
    theirs = Session("ASIAOFANOTHER", Secret("secret"), Secret("token"), NOW + 40000)
    interfaces.session_cache.store(reused.label, reused.inputs, theirs)
    (outcome,) = renew_many(planned, as_interfaces(interfaces), token=None)
    assert outcome.error is None


def test_an_unwritable_file_is_reported_before_a_code_is_asked_for() -> None:
    interfaces = a_stage(role("dev"))
    assert isinstance(interfaces.credentials, CountingFile)
    interfaces.credentials.refuses_to_be_written = True
    with pytest.raises(errors.NotSetUp):
        renewed(interfaces, "dev")
    assert interfaces.terminal.questions == []


def test_a_write_that_fails_loses_no_session_that_cost_a_code() -> None:
    interfaces = a_stage(role("dev"))
    interfaces.credentials.failure = errors.NotSetUp("the disk is full")
    outcomes = renewed(interfaces)
    failed = {name: str(outcome.error) for name, outcome in outcomes.items()}
    assert failed == {"dev": "the disk is full", "work": "the disk is full"}
    interfaces.credentials.failure = None
    assert all(outcome.is_reused for outcome in renewed(interfaces).values())
    assert key_id(interfaces, "dev")


@pytest.mark.parametrize("name", ["dev", "work"])
def test_permanent_keys_written_meanwhile_stop_only_their_own_section(name: str) -> None:
    interfaces = a_stage(role("dev") + role("prod"))
    planned = make_plan(RenewalRequest(None), as_interfaces(interfaces))
    keys = f"[{name}]\naws_access_key_id = AKIANEW\naws_secret_access_key = invented\n"
    interfaces.credentials.text = keys
    outcomes = renew_many(planned, as_interfaces(interfaces), token=None)
    refused = {outcome.profile: type(outcome.error) for outcome in outcomes if outcome.error}
    assert refused == {name: errors.PermanentKeysInTheWay}
    assert section_values(interfaces.credentials.read(), name) == section_values(keys, name)
    for other in {"dev", "prod", "work"} - {name}:
        assert (key_id(interfaces, other) or "").startswith("ASIAINVENTED")


TWO_CODES = role("dev") + role("long", more="duration_seconds = 14400\n")


class Interrupted(FakeTerminal):
    """A person who presses Ctrl-C while the second code is waited for."""

    def count_down(self, seconds: int, text: str) -> None:
        raise KeyboardInterrupt


@pytest.mark.parametrize(
    "terminal",
    [GivesUp("123456"), FakeTerminal("123456", "  "), Interrupted("123456", "222222")],
    ids=["Ctrl-C, Ctrl-D, a closed dialog", "Enter alone", "Ctrl-C in the countdown"],
)
def test_a_no_at_the_second_question_ends_that_question_only(terminal: FakeTerminal) -> None:
    """What the first code bought is used; the third question is not asked."""
    interfaces = a_stage(TWO_CODES + role("longer", more="duration_seconds = 20000\n"))
    interfaces.terminal = terminal
    outcomes = renewed(interfaces)
    failed = {name: type(outcome.error) for name, outcome in outcomes.items() if outcome.error}
    assert failed == {"long": errors.Cancelled, "longer": errors.Cancelled}
    assert None not in (key_id(interfaces, "dev"), key_id(interfaces, "work"))
    assert exit_code_of(list(outcomes.values())) == 130
    assert len(terminal.questions) <= 2
    states = [row[1] for row in outcome_rows(list(outcomes.values()), NOW)]
    assert states == ["renewed", "skipped", "skipped", "renewed"]


def test_a_no_at_the_first_question_of_a_run_with_a_stored_mfa_session_skips_its_own_role_only() -> None:
    interfaces = a_stage(TWO_CODES)
    renewed(interfaces, "work")
    interfaces.terminal = GivesUp()
    outcomes = renewed(interfaces)
    assert {name for name, outcome in outcomes.items() if outcome.error} == {"long"}


@pytest.mark.parametrize("names", [("dev",), ("dev", "long")])
def test_a_no_before_anything_was_got_ends_the_run(names: tuple[str, ...]) -> None:
    interfaces = a_stage(TWO_CODES)
    interfaces.terminal = GivesUp()
    with pytest.raises(errors.Cancelled):
        renewed(interfaces, *names)
    assert interfaces.fake_sts.sent == []


class StrictSts(RoleSts):
    """`fresh` is given only to MFA sessions of these codes; `closed` to nobody."""

    def __init__(self, *good: str) -> None:
        super().__init__("closed")
        self.good = good
        self.made: dict[str, str] = {}

    def _answer(self, action: str, code: str | None, request: SessionRequest) -> Session:
        session = super()._answer(action, code, request)
        self.made[session.access_key_id] = code or ""
        return session

    def assume_role(self, keys: LongTermKeys | Session, request: SessionRequest, code: str | None) -> Session:
        if request.role_arn == f"{ARN}fresh" and self.made.get(keys.access_key_id) not in self.good:
            raise errors.NotAuthorized("no")
        return super().assume_role(keys, request, code)


FRESH = role("dev") + role("fresh") + role("top", "fresh") + role("closed")
OLD = "the MFA session is 1 h old, the role may want a newer code: no"


def with_an_old_mfa_session(*answers: str, age_s: float = 3600.0) -> FakeInterfaces:
    interfaces = a_stage(FRESH, answers=("111111", *answers))
    interfaces.fake_sts = StrictSts("222222")
    renewed(interfaces, "work")
    interfaces.session_cache.age_s = age_s
    return interfaces


@pytest.mark.parametrize("token", [None, "222222"], ids=["asked", "given"])
@pytest.mark.parametrize("names", [("fresh",), ("top",), ("dev", "fresh", "top")])
def test_a_role_that_wants_a_newer_code_gets_one(names: tuple[str, ...], token: str | None) -> None:
    interfaces = with_an_old_mfa_session(*(() if token else ("222222",)))
    outcomes = renewed(interfaces, *names, token=token)
    assert {name: outcome.error for name, outcome in outcomes.items()} == dict.fromkeys(names)
    assert (asked(interfaces), interfaces.said) == (2, [OLD])


@pytest.mark.parametrize(
    ("age_s", "token", "codes"), [(299, None, 1), (300, None, 2), (59, "222222", 1), (60, "222222", 2)]
)
def test_an_mfa_session_is_replaced_at_most_once_in_five_minutes(age_s: float, token: str | None, codes: int) -> None:
    """A code that was given for this run may be sent earlier: no SDK can do that again and again."""
    interfaces = with_an_old_mfa_session("222222", "333333", age_s=age_s)
    for _ in range(2):
        outcome = renewed(interfaces, "closed", token=token)["closed"]
        assert isinstance(outcome.error, errors.NotAuthorized)
        interfaces.session_cache.age_s = 0.0
    assert asked(interfaces) == codes
    assert (NOT_SENT in "".join(interfaces.said)) == (token is not None)


NOT_SENT = "the code given is not used: the MFA session is only "


def test_without_a_person_the_exit_code_is_4_with_the_command_and_the_old_session_stays() -> None:
    interfaces = with_an_old_mfa_session()
    outcomes = renewed(interfaces, "dev", "top")
    error = outcomes["top"].error
    assert isinstance(error, errors.NeedsHuman)
    assert error.lines[:2] == (OLD, "hint: in a terminal: aws-mfa renew top")
    assert outcomes["dev"].error is None
    assert exit_code_of(list(outcomes.values())) == 4
    assert renewed(interfaces, "dev", forced=True)["dev"].error is None, "other roles accept the session"


def test_the_age_is_also_known_by_the_end_if_the_clocks_cannot_differ_so_much() -> None:
    interfaces = with_an_old_mfa_session("222222", age_s=0.0)
    interfaces.moment = NOW + 2400
    assert renewed(interfaces, "fresh")["fresh"].error is None
    assert interfaces.said == [OLD.replace("1 h", "40 min")]


@pytest.mark.parametrize("cached_s", [None, 5.0, 347.0])
@pytest.mark.parametrize(("hours", "left_s"), [(8, 28795), (36, 129253)])
def test_the_age_of_a_session_of_the_classic_form_is_by_its_own_duration(
    hours: int, left_s: int, cached_s: float | None
) -> None:
    """The clocks may differ by minutes: what our clock says counts, if the cache has the session."""
    interfaces = a_stage(FRESH, answers=("222222",))
    interfaces.fake_sts = StrictSts("222222")
    step, session = a_step(duration_s=hours * 3600), a_session(lasts_s=left_s)
    SectionWriter(step, "work", as_interfaces(interfaces)).write(session)
    if cached_s is not None:
        interfaces.session_cache.store(step.label, step.inputs, session)
        interfaces.session_cache.age_s = cached_s
    is_old = (hours * 3600 - left_s if cached_s is None else cached_s) > 300
    error = renewed(interfaces, "fresh")["fresh"].error
    assert (type(error), asked(interfaces)) == ((type(None), 1) if is_old else (errors.NotAuthorized, 0))
    assert [line[:29] for line in interfaces.said] == ["the MFA session is 6 min old,"] * is_old


def test_without_may_ask_an_old_mfa_session_is_no_question() -> None:
    interfaces = with_an_old_mfa_session("222222")
    planned = make_plan(RenewalRequest(["fresh"]), as_interfaces(interfaces))
    (outcome,) = renew_many(planned, as_interfaces(interfaces), token=None, may_ask=False)
    assert isinstance(outcome.error, errors.SessionExpired)
    assert (outcome.error.message, asked(interfaces)) == (OLD, 1)


@pytest.mark.parametrize(
    ("age_s", "asked_s", "codes"),
    [
        (0, 13 * 3600, 1),
        (6 * 3600 - 1, 13 * 3600, 1),
        (6 * 3600, 13 * 3600, 2),
        (0, 12 * 3600, 2),
        (3600, 11 * 3600, 2),
    ],
)
def test_an_impossible_minimum_costs_no_code_while_half_is_left(age_s: float, asked_s: float, codes: int) -> None:
    interfaces = a_stage(role("dev"), answers=("111111", "222222"))
    renewed(interfaces, "work")
    interfaces.moment = NOW + age_s
    planned = make_plan(RenewalRequest(["work"], min_remaining_s=asked_s), as_interfaces(interfaces))
    (outcome,) = renew_many(planned, as_interfaces(interfaces), token=None)
    assert (outcome.error, asked(interfaces)) == (None, codes)


def test_a_role_session_that_another_process_gets_meanwhile_is_taken() -> None:
    interfaces = a_stage(role("dev"))
    request = RenewalRequest(["dev"], hands_over=True)
    planned = make_plan(request, as_interfaces(interfaces))
    (step,) = (step for step in planned.steps if step.label == "dev")
    theirs = a_session(lasts_s=3600, role_arn=f"{ARN}dev")
    interfaces.prompt_locks.before_us = partial(interfaces.session_cache.store, "dev", step.inputs, theirs)
    (outcome,) = renew_many(planned, as_interfaces(interfaces), token=None)
    assert outcome.session is theirs
    assert [action for action, _, _ in interfaces.fake_sts.sent] == ["GetSessionToken"]


def test_an_interruption_of_the_roles_keeps_the_mfa_session() -> None:
    interfaces = a_stage(role("dev"))

    def interrupted(calls: object, done: object) -> list[object]:
        raise KeyboardInterrupt

    interfaces.side_by_side = interrupted  # type: ignore[method-assign,assignment]
    with pytest.raises(KeyboardInterrupt):
        renewed(interfaces, "dev")
    assert interfaces.session_cache.labels == ["mfa@work-long-term"]


@pytest.mark.parametrize(
    ("failed", "code"),
    [
        *(
            ([], 0),
            ([None, None], 0),
            ([None, errors.NeedsHuman("")], 4),
            ([errors.NotSetUp(""), errors.NeedsHuman("")], 3),
        ),
        *(
            ([errors.NeedsHuman(""), errors.WrongCode("")], 5),
            ([errors.AwsServerError(""), errors.WrongCode("")], 5),
            ([errors.AwsServerError("")], 6),
        ),
    ],
)
def test_the_exit_code_is_5_where_aws_refused_any(failed: list[errors.AwsMfaError | None], code: int) -> None:
    assert exit_code_of([Outcome("dev", None, "", error=error) for error in failed]) == code

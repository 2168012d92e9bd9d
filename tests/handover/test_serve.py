"""Serving: what is renewed silently, what needs a person, and how requests are answered meanwhile."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from threading import Event

import pytest

from aws_mfa import errors
from aws_mfa.aws_values.narrowing import Overlay
from aws_mfa.handover.renew_ahead import RenewAhead
from aws_mfa.handover.serve import AWAY_FROM_TERMINAL, Served, files_in_the_way, serving
from aws_mfa.model import LongTermKeys, SessionRequest
from aws_mfa.prompt.providers import CODE, DIALOG, PROVIDERS, TERMINAL, CodeQuestion
from aws_mfa.renewal.ask import TimeLimitedProvider
from aws_mfa.renewal.request import RenewalRequest
from aws_mfa.system.cancel import Cancellation
from aws_mfa.vaults.lookup import note_device
from fakes import (
    DEVICE,
    KEYS,
    NOW,
    AtOnce,
    FakeInterfaces,
    FakeProvider,
    FakeTerminal,
    FakeVault,
    a_session,
    as_interfaces,
)

ROLE = "arn:aws:iam::123456789012:role/dev"
CONFIG = f"""
[profile work]
mfa_serial = {DEVICE}
[profile dev]
role_arn = {ROLE}
source_profile = work
region = eu-west-1
[profile ops]
role_arn = {ROLE}2
source_profile = work
"""
MINUTE, HOUR = 60.0, 3600.0


class Stage:
    """An endpoint that serves, with a clock that the test moves; sessions end when STS says."""

    def __init__(self, *profiles: str, codes: tuple[str, ...] = ("123456",)) -> None:
        self.interfaces = FakeInterfaces("", CONFIG)
        self.interfaces.vaults["keychain"].stored["work-long-term"] = KEYS
        self.interfaces.known_keys.text = (
            "[work-long-term]\nvault = keychain\naws_access_key_id = AKIAINVENTEDANNSKEY1\n"
        )
        self.interfaces.terminal = FakeTerminal(*codes)
        self.wanted = RenewalRequest(list(profiles or ("dev",)))
        self.renewals = RenewAhead(self.wanted, as_interfaces(self.interfaces))
        self.sts_lasts(mfa=12 * HOUR)
        self.besides: list[Callable[[], None]] = []
        self.interfaces.beside = self._beside  # type: ignore[method-assign]

    def _beside(self, work: Callable[[], None], failed: Callable[[BaseException], None]) -> AtOnce:
        """Keep the work that starts while the endpoint is open: it would run until the end."""
        if not self.interfaces.fake_endpoint.is_open:
            return AtOnce(work, failed)
        self.besides.append(work)
        return AtOnce(lambda: None, failed)

    def sts_lasts(self, *, mfa: float = 12 * HOUR, role: float = HOUR) -> None:
        """Let STS give an MFA session and role sessions of these lengths, from the moment of the call."""
        sts, interfaces = self.interfaces.fake_sts, self.interfaces

        def session_token(*_: object) -> object:
            sts.sent.append(("GetSessionToken", None, None))  # type: ignore[arg-type]  # the request is not looked at
            return a_session(lasts_s=interfaces.moment - NOW + mfa)

        def role_session(keys: object, request: SessionRequest, code: str | None) -> object:
            sts.sent.append(("AssumeRole", code, request))
            return a_session(lasts_s=interfaces.moment - NOW + role, role_arn=request.role_arn)

        sts.get_session_token = session_token  # type: ignore[method-assign, assignment]
        sts.assume_role = role_session  # type: ignore[method-assign, assignment]

    def sts_fails(self, error: errors.AwsMfaError) -> None:
        def fail(*_: object) -> object:
            raise error

        self.interfaces.fake_sts.assume_role = fail  # type: ignore[method-assign, assignment]
        self.interfaces.fake_sts.get_session_token = fail  # type: ignore[method-assign, assignment]

    def begin(self) -> None:
        self.renewals.get_first()
        self.renewals.hand_out_to(self.interfaces.fake_endpoint)

    def after(self, seconds: float) -> None:
        """Let that much time pass, and the quiet thread run once."""
        self.interfaces.moment += seconds
        self.renewals.renew_quietly()

    def answer(self, profile: str = "dev") -> tuple[int, dict[str, str]]:
        answer = self.interfaces.fake_endpoint.served[profile].answer_at(self.interfaces.moment)
        return answer.status, json.loads(answer.body)

    @property
    def sent(self) -> list[str]:
        return [action for action, _, _ in self.interfaces.fake_sts.sent]

    @property
    def questions(self) -> int:
        return len(self.interfaces.terminal.questions)

    @property
    def said(self) -> str:
        return "\n".join(self.interfaces.said)


def begun(*profiles: str, codes: tuple[str, ...] = ("123456",)) -> Stage:
    stage = Stage(*profiles, codes=codes)
    stage.begin()
    return stage


def test_one_code_serves_all_profiles() -> None:
    stage = begun("dev", "ops", "work")
    assert stage.questions == 1
    assert stage.answer("dev")[1]["RoleArn"] == ROLE
    assert stage.answer("ops")[1]["RoleArn"] == f"{ROLE}2"
    assert "RoleArn" not in stage.answer("work")[1]


def test_each_new_session_that_is_served_is_noted_once() -> None:
    stage = begun("dev", "work")
    noted = stage.interfaces.handed_over
    assert [profile for profile, *_ in noted] == ["dev", "work"]
    stage.after(10 * MINUTE)
    assert len(noted) == 2, "it is still good"
    stage.after(45 * MINUTE)
    assert [(profile, session.expires_at) for profile, session, _ in noted[2:]] == [("dev", NOW + 115 * MINUTE)]
    assert noted[2][2]["role_chain 1"] == ROLE


def test_the_moment_when_the_mfa_session_needs_a_code_is_known_at_the_start() -> None:
    stage = begun("dev", "work")
    first, second = stage.renewals.validity()
    assert first.startswith("serving dev until Sun 07:03:19")
    assert "the MFA session needs a code at Sun 18:03:19" in first
    assert second.endswith("then it needs an MFA code")


@pytest.mark.parametrize(
    ("lasts_s", "after_s", "is_renewed"),
    [(HOUR, 39 * MINUTE, False), (HOUR, 41 * MINUTE, True), (15 * MINUTE, 7 * MINUTE, False), (900, 8 * MINUTE, True)],
)
def test_it_is_renewed_silently_at_20_min_or_half_its_time(lasts_s: float, after_s: float, *, is_renewed: bool) -> None:
    stage = Stage()
    stage.sts_lasts(role=lasts_s)
    stage.begin()
    said, before = list(stage.interfaces.said), stage.answer()[1]["Expiration"]
    stage.after(after_s)
    assert stage.sent == ["GetSessionToken", "AssumeRole", *["AssumeRole"] * is_renewed]
    assert (stage.answer()[1]["Expiration"] > before) == is_renewed
    assert (stage.questions, stage.interfaces.said) == (1, said)


def test_a_new_session_that_ends_earlier_is_not_served_and_not_asked_for_each_time() -> None:
    stage = begun()
    stage.sts_lasts(role=10 * MINUTE)
    stage.after(41 * MINUTE)
    stage.after(5)
    assert stage.sent.count("AssumeRole") == 2
    assert stage.answer()[1]["Expiration"] == "2026-11-22T07:03:19Z"


def test_a_renewal_that_fails_is_tried_again_with_growing_pauses_while_the_old_session_serves() -> None:
    stage = begun()
    stage.sts_fails(errors.AwsUnreachable("no network"))
    for _ in range(10):
        stage.after(40 * MINUTE / 10)
    stage.after(MINUTE)
    assert stage.answer()[0] == 200
    assert stage.said.count("dev: not renewed") == 1
    stage.sts_lasts()
    stage.after(15)
    assert stage.sent.count("AssumeRole") == 1
    stage.after(6)
    assert stage.sent.count("AssumeRole") == 2
    assert "dev: renewed, until" in stage.said


def test_a_clock_that_was_set_back_does_not_delay_the_next_attempt() -> None:
    stage = begun()
    stage.interfaces.moment += 3 * HOUR
    stage.sts_fails(errors.AwsUnreachable("no network"))
    stage.renewals.renew_quietly()
    stage.sts_lasts()
    stage.after(-2.2 * HOUR)
    assert stage.sent.count("AssumeRole") == 2


def test_what_needs_a_code_is_never_asked_for_by_the_quiet_thread_and_opens_no_vault() -> None:
    stage = begun("work")
    stage.interfaces.vaults["keychain"].calls.clear()
    stage.after(12 * HOUR - 19 * MINUTE)
    assert stage.questions == 1
    assert stage.interfaces.vaults["keychain"].calls == []
    assert stage.answer("work")[0] == 200
    assert "in a terminal: aws-mfa renew --min-remaining 21m work" in stage.said


def test_an_mfa_session_that_aws_refuses_is_reported_with_the_command_and_not_asked_for() -> None:
    stage = begun(codes=("123456", "654321"))
    stage.sts_fails(errors.SessionExpired("no"))
    stage.after(41 * MINUTE)
    assert stage.questions == 1
    assert "in a terminal: aws-mfa renew --min-remaining 21m dev" in stage.said
    assert stage.renewals.to_be_asked_for() == ["dev"]
    stage.sts_lasts()
    stage.renewals.ask(["dev"], as_interfaces(stage.interfaces))
    assert stage.questions == 2
    assert stage.answer()[1]["Expiration"] == "2026-11-22T07:44:19Z"


def test_the_end_of_the_mfa_session_is_announced_for_a_role() -> None:
    stage = begun()
    for _ in range(17):
        stage.after(42 * MINUTE)
    assert "dev: will need an MFA code at Sun 18:03:19" in stage.said
    assert stage.answer()[0] == 200
    assert stage.renewals.to_be_asked_for() == []


def test_when_nothing_is_left_the_answer_is_503_with_the_command_to_run() -> None:
    stage = begun("work")
    stage.after(12 * HOUR - MINUTE)
    stage.interfaces.moment += 2 * MINUTE
    status, body = stage.answer("work")
    assert status == 503
    assert "aws-mfa renew" in body["message"]
    assert body["message"].endswith("work")


def test_what_another_process_has_renewed_is_served() -> None:
    stage = begun("work")
    stage.after(12 * HOUR - 10 * MINUTE)
    (label,) = stage.interfaces.session_cache.labels
    stored = stage.interfaces.session_cache.one(label)
    stage.interfaces.session_cache.store(label, stored.inputs, a_session(lasts_s=24 * HOUR))
    stage.after(MINUTE)
    assert stage.answer("work")[1]["Expiration"] == "2026-11-23T06:03:19Z"
    assert stage.renewals.to_be_asked_for() == []


def test_a_code_is_asked_for_when_the_session_gets_short() -> None:
    stage = begun("work", codes=("123456", "654321"))
    stage.after(12 * HOUR - 10 * MINUTE)
    names = stage.renewals.to_be_asked_for()
    assert names == ["work"]
    stage.renewals.ask(names, as_interfaces(stage.interfaces))
    assert stage.questions == 2
    assert stage.answer("work")[1]["Expiration"] == "2026-11-23T05:53:19Z"
    assert stage.renewals.to_be_asked_for() == []


def test_a_cancelled_question_is_asked_again_after_ten_minutes_and_the_session_is_served() -> None:
    stage = begun("work")
    stage.after(12 * HOUR - 19 * MINUTE)
    asking = stage.interfaces.replaced(code_providers=[Refusing("terminal")])
    stage.renewals.ask(["work"], as_interfaces(asking))
    assert stage.answer("work")[0] == 200
    assert "work: not renewed" in stage.said
    stage.after(9 * MINUTE)
    assert stage.renewals.to_be_asked_for() == []
    stage.after(2 * MINUTE)
    assert stage.renewals.to_be_asked_for() == ["work"]


def test_a_question_that_failed_in_another_process_is_not_asked_here() -> None:
    stage = begun("work", codes=("123456", "654321"))
    stage.after(12 * HOUR - 10 * MINUTE)
    failure = errors.UnknownKey("no such key")
    stage.interfaces.prompt_locks.recent_outcome = lambda device, question: failure  # type: ignore[method-assign]
    stage.renewals.ask(["work"], as_interfaces(stage.interfaces))
    assert stage.questions == 1


@pytest.mark.parametrize(("profile", "asked_s"), [("work", 13 * HOUR), ("dev", 2 * HOUR)])
def test_a_time_ahead_that_no_session_has_is_refused_before_the_question(profile: str, asked_s: float) -> None:
    stage = Stage(profile)
    request = RenewalRequest([profile], min_remaining_s=asked_s)
    with pytest.raises(errors.BadInput, match=r"^--min-remaining \d+ h: a session of"):
        RenewAhead(request, as_interfaces(stage.interfaces)).get_first()
    assert (stage.questions, stage.interfaces.fake_sts.sent) == (0, [])


@pytest.mark.parametrize("first", ["dev", "long"])
def test_what_the_first_code_bought_is_served_if_the_second_is_not_given(first: str) -> None:
    stage = Stage(*dict.fromkeys((first, "dev", "long")), codes=("123456", " "))
    stage.interfaces.config.text = (
        f"{CONFIG}[profile long]\nrole_arn = {ROLE}3\nsource_profile = work\nduration_seconds = 9000\n"
    )
    stage.begin()
    assert (stage.renewals.profiles, stage.interfaces.said[0]) == (["dev"], "long is skipped: it is not served")
    assert stage.answer()[0] == 200


def test_without_a_person_at_the_start_a_stored_session_is_served() -> None:
    stage = begun("work")
    stage.interfaces.moment += 12 * HOUR - 10 * MINUTE
    stage.interfaces.terminal = FakeTerminal(has_human=False)
    later = RenewAhead(stage.wanted, as_interfaces(stage.interfaces))
    later.get_first()
    later.hand_out_to(stage.interfaces.fake_endpoint)
    assert stage.answer("work")[0] == 200


def test_without_a_person_and_a_stored_session_the_command_is_named() -> None:
    stage = Stage(codes=())
    for narrowed, words in ((Overlay(), "dev"), (Overlay(read_only=True), "--read-only dev")):
        request = RenewalRequest(["dev"], narrowed)
        with pytest.raises(errors.NeedsHuman) as failure:
            RenewAhead(request, as_interfaces(stage.interfaces)).get_first()
        assert failure.value.hints == (f"in a terminal: aws-mfa renew {words}",)


def test_a_terminal_that_was_closed_ends_nothing() -> None:
    stage = begun("work")

    def closed(text: str) -> None:
        raise OSError(5, "Input/output error")

    stage.interfaces.say = closed  # type: ignore[method-assign]
    stage.after(12 * HOUR - 10 * MINUTE)
    assert stage.answer("work")[0] == 200


def test_inside_serving_the_endpoint_is_open_and_variables_are_two() -> None:
    stage = Stage("dev")
    with serving(stage.wanted, as_interfaces(stage.interfaces), asks_beside=AWAY_FROM_TERMINAL) as served:
        assert stage.interfaces.fake_endpoint.is_open
        assert stage.interfaces.fake_endpoint.served_from_the_start == ["dev"]  # who sees the socket may ask at once
        assert served.endpoint.settings_for("dev") == {
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:4711/dev",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": "/run/invented.token",
        }
        assert served.child_regions("dev") == (stage.interfaces.environ, "eu-west-1")
    assert len(stage.besides) == 2
    assert not stage.interfaces.fake_endpoint.is_open
    for work in stage.besides:
        work()  # both return at once: it is over


def test_the_terminal_of_a_child_is_not_asked() -> None:
    """Not by a vault either: the child would read the passphrase."""
    stage = Stage("work")
    stage.interfaces.providers = [FakeProvider(FakeTerminal("654321"), name) for name in (TERMINAL, DIALOG, CODE)]
    served = Served(as_interfaces(stage.interfaces), stage.interfaces.fake_endpoint, stage.renewals)
    assert [one.name for one in served._asking(AWAY_FROM_TERMINAL).code_providers] == [DIALOG, CODE]
    assert served._asking(PROVIDERS).terminal is stage.interfaces.terminal
    with pytest.raises(errors.NeedsHuman):
        served._asking(AWAY_FROM_TERMINAL).terminal.ask_hidden("Passphrase: ")


@pytest.mark.parametrize(
    "refusal", [errors.NeedsHuman("it needs its passphrase"), errors.KeychainUnavailable("locked")]
)
def test_a_vault_that_would_have_to_ask_waits_for_the_thread_that_may(refusal: errors.AwsMfaError) -> None:
    """Finding a device that neither a profile nor a note names takes the long-term keys: a person is needed."""
    stage = Stage()
    stage.interfaces.config.text = f"[profile work]\n[profile dev]\nrole_arn = {ROLE}\nsource_profile = work\n"
    stage.begin()
    note_device(KEYS.access_key_id, None, as_interfaces(stage.interfaces))
    closed = stage.interfaces.replaced(unattended=True)
    closed.vaults = {"keychain": ClosedVault(refusal)}
    stage.interfaces.unattended_copy = closed
    stage.interfaces.moment = closed.moment = NOW + 50 * MINUTE
    stage.renewals.renew_quietly()
    assert f"dev: not renewed, served until Sun 07:03:19 UTC: {refusal.message}" in stage.said
    assert stage.renewals.to_be_asked_for() == ["dev"]
    stage.renewals.ask(["dev"], as_interfaces(stage.interfaces))
    assert stage.questions == 1  # the one at the start
    assert stage.answer()[1]["Expiration"] == "2026-11-22T07:53:19Z"
    assert stage.renewals.to_be_asked_for() == []


STATIC = "aws_access_key_id = ASIA\naws_secret_access_key = x\n"


@pytest.mark.parametrize(
    ("credentials", "config", "expected"),
    [
        ("", "", []),
        (f"[work]\n{STATIC}", "[default]\nregion = eu-west-1\noutput = json\n", []),
        (f"[default]\n{STATIC}", "", ["AWS_SHARED_CREDENTIALS_FILE"]),
        ("", "[default]\ncredential_process = x\n", ["AWS_CONFIG_FILE"]),
        ("", "[profile default]\nrole_arn = x\n", ["AWS_CONFIG_FILE"]),
        ("[default]\nregion = x\n", "[default]\nsso_session = x\n", ["AWS_CONFIG_FILE"]),
        (f"[default]\n{STATIC}", f"[default]\n{STATIC}", ["AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"]),
        (f"[default-long-term]\n{STATIC}", "[default]\naws_mfa_role_arn = x\n", []),
    ],
)
def test_default_with_credentials_comes_before_the_endpoint(credentials: str, config: str, expected: list[str]) -> None:
    assert files_in_the_way(credentials, config) == expected


class ClosedVault(FakeVault):
    """Would have to ask before it can be read."""

    def __init__(self, refusal: errors.AwsMfaError) -> None:
        super().__init__("keychain")
        self._refusal = refusal

    def load(self, section: str) -> LongTermKeys | None:
        raise self._refusal


def test_a_question_without_an_answer_is_cancelled() -> None:
    with pytest.raises(errors.NeedsHuman, match=r"nobody answered within 0.05 s"):
        TimeLimitedProvider(Silent("dialog"), 0.05).ask(CodeQuestion("MFA code: ", DEVICE))


def test_a_cancellation_reaches_the_provider() -> None:
    cancellation = Cancellation()
    cancellation.cancel(errors.UnknownKey("no such key"))
    with pytest.raises(errors.UnknownKey):
        TimeLimitedProvider(Silent("dialog"), 60).ask(CodeQuestion("MFA code: ", DEVICE), cancellation)


class Silent(FakeProvider):
    """Waits for the cancellation, as a terminal does without a person."""

    def __init__(self, name: str) -> None:
        super().__init__(FakeTerminal(), name)

    def ask(self, question: CodeQuestion, cancellation: Cancellation | None = None) -> str:
        assert cancellation is not None
        woken = Event()
        cancellation.wake_by(woken.set)
        assert woken.wait(10)
        cancellation.wake_by(None)
        cancellation.check()
        return ""


class Refusing(Silent):
    """A user who cancels."""

    def ask(self, question: CodeQuestion, cancellation: Cancellation | None = None) -> str:
        raise errors.Cancelled("cancelled")


def test_a_doubtful_region_is_told_before_the_question() -> None:
    stage = Stage("dev", codes=())
    stage.interfaces.environ = {"AWS_REGION": "eu-centrl-1"}
    with pytest.raises(errors.AwsMfaError):
        stage.renewals.get_first()
    assert stage.said.endswith("do you mean eu-central-1?")


@pytest.mark.parametrize(
    ("line", "overlay", "agent", "status"),
    [
        ("", Overlay(), None, 200),
        ("", Overlay(read_only=True), None, 200),
        ("aws_mfa_agent = read-only", Overlay(), None, 403),
        ("aws_mfa_agent = read-only", Overlay(read_only=True), None, 200),
        ("aws_mfa_agent = read-only", Overlay(), "ci", 200),
        ("aws_mfa_agent = refuse", Overlay(), None, 403),
        ("aws_mfa_agent_duration = 15m", Overlay(), None, 403),
    ],
)
def test_what_a_person_serves_goes_to_an_agent_only_as_far_as_the_rule_gives_it(
    line: str, overlay: Overlay, agent: str | None, status: int
) -> None:
    stage = Stage("dev")
    stage.interfaces.config.text = CONFIG.replace("region = eu-west-1", line)
    stage.interfaces.agent = agent
    renewals = RenewAhead(replace(stage.wanted, overlay=overlay), as_interfaces(stage.interfaces))
    renewals.get_first()
    renewals.hand_out_to(stage.interfaces.fake_endpoint)
    served = stage.interfaces.fake_endpoint.served["dev"]
    assert served.answer_at(NOW, is_agent=True).status == status
    assert served.answer_at(NOW).status == 200

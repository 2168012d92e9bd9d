"""Sessions that GetScopedCredentials makes of a user's MFA session: which calls, which inputs, what is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from aws_mfa.aws_values.narrowing import Overlay
from aws_mfa.aws_values.read_only import READ_ONLY
from aws_mfa.errors import AwsMfaError, BadInput, NotAuthorized, RefusedByRule
from aws_mfa.handover.hand_over import hand_over
from aws_mfa.model import Session, SessionRequest
from aws_mfa.renewal.calls import renew_many
from aws_mfa.renewal.make_plan import make_plan
from aws_mfa.renewal.request import RenewalRequest, source_of_roles
from fakes import ACCOUNT, DEVICE, KEYS, NOW, FakeInterfaces, FakeTerminal, as_interfaces

LISTS = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:List*","Resource":"*"}]}'
ADMIN = f"arn:aws:iam::{ACCOUNT}:role/Admin"
CONFIG = f"""[profile work]
mfa_serial = {DEVICE}
[profile dev]
role_arn = {ADMIN}
source_profile = work
"""


def some_interfaces(config: str = CONFIG, *, codes: int = 1, agent: str | None = None) -> FakeInterfaces:
    interfaces = FakeInterfaces(config=config)
    interfaces.vaults["keychain"].stored["work-long-term"] = KEYS
    interfaces.terminal = FakeTerminal(*(f"{number:06}" for number in range(codes)))
    interfaces.agent = agent
    return interfaces


def got(interfaces: FakeInterfaces, profile: str = "work", **wishes: Any) -> Session:  # noqa: ANN401  # as the request takes them
    session, _ = hand_over(replace(RenewalRequest([profile]), **wishes), as_interfaces(interfaces))
    return session


def sent(interfaces: FakeInterfaces) -> list[str]:
    return [action for action, _, _ in interfaces.fake_sts.sent]


def last(interfaces: FakeInterfaces) -> SessionRequest:
    return interfaces.fake_sts.sent[-1][2]


MFA, SCOPED, ROLE = "GetSessionToken", "GetScopedCredentials", "AssumeRole"


@pytest.mark.parametrize("overlay", [Overlay(read_only=True), Overlay(LISTS)])
def test_one_code_and_one_call_more_and_both_sessions_are_used_again(overlay: Overlay) -> None:
    interfaces = some_interfaces()
    for _ in range(2):
        got(interfaces, overlay=overlay)
    assert sent(interfaces) == [MFA, SCOPED]
    assert last(interfaces).policy == (READ_ONLY if overlay.read_only else LISTS)
    assert last(interfaces).description == "aws-mfa no agent profile=work"
    got(interfaces)
    got(interfaces, "dev")
    assert sent(interfaces) == [MFA, SCOPED, ROLE], "roles are assumed with the whole MFA session"
    got(interfaces, overlay=Overlay('{"Version":"1"}'))
    assert sent(interfaces)[3:] == [SCOPED], "another policy is another session"


def test_what_cannot_be_narrowed_is_refused_before_a_code_is_asked_for() -> None:
    interfaces = some_interfaces(codes=0)
    arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"
    for overlay in (Overlay(None, (arn,)), Overlay(LISTS, (), True), Overlay(None, (arn,), True)):
        with pytest.raises(BadInput, match=r"work is a user's profile: .*takes (no ARNs|one policy)"):
            got(interfaces, overlay=overlay)
    assert sent(interfaces) == []


def test_a_failure_to_narrow_hands_nothing_over_and_costs_no_further_code() -> None:
    interfaces = some_interfaces()
    got(interfaces)
    interfaces.moment += 3600
    interfaces.fake_sts.answers = [NotAuthorized("no")]
    with pytest.raises(NotAuthorized, match="no"):
        got(interfaces, overlay=Overlay(read_only=True))
    assert sent(interfaces) == [MFA, SCOPED]


def test_a_shorter_session_is_made_of_a_whole_one_without_a_code() -> None:
    interfaces = some_interfaces()
    got(interfaces, duration_s=900)
    assert [(action, request.duration_s) for action, _, request in interfaces.fake_sts.sent] == [(MFA, 900)]
    interfaces = some_interfaces()
    got(interfaces)
    got(interfaces, duration_s=900)
    assert (sent(interfaces), last(interfaces).duration_s, last(interfaces).policy) == ([MFA, SCOPED], 900, None)


@pytest.mark.parametrize("for_sdk", [False, True])
def test_a_duration_above_what_is_left_is_refused_before_a_code_is_asked_for(*, for_sdk: bool) -> None:
    narrow = Overlay(read_only=True)
    with pytest.raises(BadInput, match="--duration 13 h: the MFA session lasts 12 h"):
        got(some_interfaces(codes=0), overlay=narrow, duration_s=46800, for_sdk=for_sdk)
    interfaces = some_interfaces()
    got(interfaces)
    interfaces.moment = NOW + 43200 - 3000
    asked: dict[str, Any] = {"overlay": narrow, "duration_s": 3600, "for_sdk": for_sdk}
    if for_sdk:  # it asks again at the end of a shorter one
        got(interfaces, **asked)
        assert sent(interfaces) == [MFA, SCOPED]
    else:
        with pytest.raises(BadInput, match="--duration 1 h: the MFA session has 50 min") as refused:
            got(interfaces, **asked)
        assert refused.value.hints == ("ask for less, or get a new MFA session: aws-mfa renew --force work",)
        assert sent(interfaces) == [MFA]


def test_a_code_is_asked_for_when_too_little_is_left_of_the_mfa_session() -> None:
    interfaces = some_interfaces(codes=2)
    got(interfaces, overlay=Overlay(read_only=True))
    interfaces.moment = NOW + 43200 - 800
    got(interfaces, overlay=Overlay(read_only=True))
    assert sent(interfaces) == [MFA, SCOPED, MFA, SCOPED]


# The rule for agents


def with_line(*lines: str, of: str = "work") -> str:
    return CONFIG.replace(f"[profile {of}]\n", "\n".join([f"[profile {of}]", *lines, ""]))


def test_an_agent_gets_what_the_setting_says_and_the_user_everything() -> None:
    interfaces = some_interfaces(with_line("aws_mfa_agent = read-only"), agent="ci")
    got(interfaces)
    assert (sent(interfaces), last(interfaces).policy) == ([MFA, SCOPED], READ_ONLY)
    assert last(interfaces).description == "aws-mfa agent=ci profile=work"
    interfaces.agent = None
    got(interfaces)
    assert sent(interfaces) == [MFA, SCOPED], "the user gets the MFA session itself"
    interfaces.agent = "codex"
    got(interfaces)
    assert sent(interfaces) == [MFA, SCOPED, SCOPED], "two agents never share one"


def test_the_longest_duration_of_an_agent_needs_no_code_and_no_refusal() -> None:
    interfaces = some_interfaces(with_line("aws_mfa_agent_duration = 15m", "aws_mfa_agent = same"), agent="ci")
    got(interfaces)
    assert (sent(interfaces), last(interfaces).duration_s) == ([MFA, SCOPED], 900)
    interfaces = some_interfaces(with_line("aws_mfa_agent_duration = 15m", of="dev"), agent="ci")
    got(interfaces, "dev", duration_s=3600)
    assert last(interfaces).duration_s == 900


@pytest.mark.parametrize("agent", [None, "ci"])
def test_agent_and_profile_are_in_the_name_of_a_roles_session(agent: str | None) -> None:
    interfaces = some_interfaces(with_line("aws_mfa_agent = same", of="dev"), agent=agent)
    got(interfaces, "dev")
    assert last(interfaces).role_session_name == ("agent=ci,dev,ann" if agent else "ann")
    assert (last(interfaces).tags, last(interfaces).source_identity) == ((), None)


def test_labels_that_a_role_must_allow_are_given_by_a_setting_and_a_profiles_own_name_stays() -> None:
    lines = ("aws_mfa_agent_labels = tags, source_identity", "role_session_name = ann@example.com")
    interfaces = some_interfaces(with_line(*lines, "session_tags = Aws-Mfa-Profile=x", of="dev"), agent="ci")
    got(interfaces, "dev")
    assert last(interfaces).role_session_name == "ann@example.com"
    assert last(interfaces).tags == (("Aws-Mfa-Profile", "x"), ("aws-mfa-agent", "ci"))
    assert last(interfaces).source_identity == "agent=ci,dev,ann"


def test_the_rule_narrows_a_role_by_its_own_call_and_a_narrow_profile_by_one_more() -> None:
    interfaces = some_interfaces(with_line("aws_mfa_agent = read-only", of="dev"), agent="ci")
    got(interfaces, "dev")
    assert sent(interfaces) == [MFA, ROLE]
    assert last(interfaces).policy_arns == ("arn:aws:iam::aws:policy/ReadOnlyAccess",)
    interfaces = some_interfaces(
        with_line("aws_mfa_agent = read-only", "aws_mfa_policy = p.json", of="dev"), agent="ci"
    )
    interfaces.policies["p.json"] = LISTS
    for _ in range(2):
        session = got(interfaces, "dev")
    assert sent(interfaces) == [MFA, ROLE, SCOPED], "policies of one call add up, layers intersect"
    assert (interfaces.fake_sts.sent[1][2].policy, last(interfaces).policy) == (LISTS, READ_ONLY)
    assert session.assumed_role_arn == ADMIN


@pytest.mark.parametrize("profile", ["work", "dev"])
@pytest.mark.parametrize(
    "overlay",
    [Overlay(LISTS), Overlay(None, ("arn:aws:iam::aws:policy/AdministratorAccess",)), Overlay(LISTS, (), True)],
)
def test_flags_never_widen_the_rule(profile: str, overlay: Overlay) -> None:
    interfaces = some_interfaces(with_line("aws_mfa_agent = read-only", of=profile), agent="ci", codes=0)
    with pytest.raises(BadInput, match=r"narrows .* already, and another policy could allow more|takes one policy"):
        got(interfaces, profile, overlay=overlay)
    assert sent(interfaces) == []
    interfaces = some_interfaces(with_line("aws_mfa_agent = read-only", of=profile), agent="ci")
    got(interfaces, profile, overlay=Overlay(read_only=True))
    assert len(sent(interfaces)) == 2, "the same is no conflict"


def test_a_preview_shows_what_an_agent_would_get_from_exec() -> None:
    interfaces = some_interfaces(with_line("aws_mfa_agent = read-only"), agent="ci", codes=0)
    plan = make_plan(RenewalRequest(["work"], is_preview=True), as_interfaces(interfaces))
    assert [(step.needs_code, step.is_scoped) for step in plan.steps] == [(True, False), (False, True)]


def test_a_time_left_above_an_agents_duration_names_the_setting() -> None:
    interfaces = some_interfaces(with_line("aws_mfa_agent_duration = 30m", of="dev"), agent="ci", codes=0)
    with pytest.raises(BadInput, match=r"aws_mfa_agent_duration in .*: an agent's session of dev lasts 30 min at most"):
        got(interfaces, "dev", min_remaining_s=3600)


@pytest.mark.parametrize("agent", ["ci", None])
def test_a_person_who_is_asked_sees_that_an_agent_asks_and_for_what(agent: str | None) -> None:
    interfaces = some_interfaces(agent=agent)
    got(interfaces, "dev")
    (question,) = interfaces.terminal.questions
    assert question == f"MFA code for {DEVICE}{', asked by ci for dev' if agent else ''}: "


@pytest.mark.parametrize("of", ["work", "dev"])
def test_an_arn_has_the_rule_of_a_profile_with_that_role_or_of_the_one_that_it_is_assumed_from(of: str) -> None:
    interfaces = some_interfaces(with_line("aws_mfa_agent = refuse", of=of), agent="ci", codes=0)
    source = source_of_roles([ADMIN], "work", {}, "--source-profile")
    with pytest.raises(RefusedByRule, match=r"aws_mfa_agent in .* = refuse"):
        got(interfaces, ADMIN, source=source)


@pytest.mark.parametrize("config", [with_line("aws_mfa_agent = refuse"), CONFIG])
@pytest.mark.parametrize("wanted", ["work", "work-long-term", ADMIN])
def test_another_name_of_the_same_keys_is_no_way_around_the_rule(config: str, wanted: str) -> None:
    """The section of the keys may also say it: it is the only one that users of the classic form have."""
    interfaces = some_interfaces(config, agent="ci", codes=0)
    line = "aws_mfa_agent = refuse\n" if config == CONFIG else ""
    interfaces.credentials.text = f"[work-long-term]\naws_mfa_device = {DEVICE}\n{line}"
    source = source_of_roles([wanted], "work-long-term", {}, "--source-profile") if wanted == ADMIN else None
    with pytest.raises(RefusedByRule, match=r"aws_mfa_agent in .* = refuse"):
        got(interfaces, wanted, source=source)


@pytest.mark.parametrize(
    ("line", "access", "refused"),
    [
        ("", "", None),
        ("aws_mfa_agent = same", "refuse", None),
        ("aws_mfa_agent = read-only", "", RefusedByRule),
        ("aws_mfa_agent = p.json", "", RefusedByRule),
        ("aws_mfa_agent = refuse", "", RefusedByRule),
        ("aws_mfa_agent_duration = 15m", "", RefusedByRule),
        ("", "read-only", RefusedByRule),
    ],
)
def test_what_is_written_for_everyone_is_not_written_for_an_agent_that_gets_less(
    line: str, access: str, refused: type[AwsMfaError] | None
) -> None:
    interfaces = some_interfaces(with_line(line), agent="ci")
    interfaces.policies["p.json"] = LISTS
    interfaces.environ = {"AWS_MFA_AGENT_ACCESS": access}
    plan = make_plan(RenewalRequest(["work"]), as_interfaces(interfaces))
    (outcome,) = renew_many(plan, as_interfaces(interfaces), token=None)
    assert type(outcome.error) is (refused or type(None))
    assert bool(interfaces.credentials.text) == (refused is None)


def test_what_renew_writes_for_everyone_does_not_bear_the_agents_name() -> None:
    interfaces = some_interfaces(with_line("aws_mfa_agent = same", of="dev"), agent="ci")
    plan = make_plan(RenewalRequest(["dev"]), as_interfaces(interfaces))
    renew_many(plan, as_interfaces(interfaces), token=None)
    assert last(interfaces).role_session_name == "ann"

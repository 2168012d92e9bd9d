"""The planner: the fewest codes, every call behind the one that signs it, and the reason for each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aws_mfa.aws_values.narrowing import Overlay
from aws_mfa.config.chains import Chain, chain_of
from aws_mfa.config.profiles import AwsProfiles
from aws_mfa.renewal.plan import Plan, plan_steps, summary
from aws_mfa.renewal.request import RenewalRequest
from aws_mfa.renewal.steps import Reused, SourceUser, Step
from aws_mfa.renewal.stored import StoredSessions
from aws_mfa.renewal.users import Users
from aws_mfa.sessions.freshness import MARGIN_S
from examples import examples
from fakes import NOW

DEVICE = "arn:aws:iam::123456789012:mfa/ann"
OTHER_DEVICE = "arn:aws:iam::123456789012:mfa/ann-2"
READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"
Stored = dict[str, float]


def role(name: str, source: str = "ann", **settings: object) -> str:
    lines = {"role_arn": f"arn:aws:iam::123456789012:role/{name}", "source_profile": source, **settings}
    return f"[profile {name}]\n" + "".join(f"{key} = {value}\n" for key, value in lines.items())


def wanted_of(
    config: str, *names: str, users: Mapping[str, SourceUser] | None = None
) -> list[tuple[Chain, SourceUser]]:
    """The wanted profiles of a config text; users have their keys in a vault."""
    profiles = AwsProfiles(config, "")
    found = []
    for name in names:
        chain = chain_of(name, profiles, keys_stored=lambda _: True)
        made = a_user(chain.user.name, chain.mfa_serial or DEVICE)
        found.append((chain, (users or {}).get(chain.user.name, made)))
    return found


def a_user(profile: str, device: str | None = DEVICE, partition: str = "aws") -> SourceUser:
    key_id = f"AKIAINVENTED{profile.upper():0>8}"
    return SourceUser(profile, f"{profile}-long-term", key_id, device, region="us-east-1", partition=partition)


def planned(
    config: str,
    *names: str,
    until: Stored | None = None,
    forced: bool = False,
    min_remaining_s: float = MARGIN_S,
    overlay: Overlay | None = None,
    users: Mapping[str, SourceUser] | None = None,
) -> Plan:
    request = RenewalRequest(names, overlay or Overlay(), forced=forced, min_remaining_s=min_remaining_s)
    return plan_of(wanted_of(config, *names, users=users), lambda label, _: (until or {}).get(label), request)


def plan_of(
    wanted: list[tuple[Chain, SourceUser]],
    until: Callable[[str, Mapping[str, str]], float | None],
    request: RenewalRequest | None = None,
) -> Plan:
    """The plan, where stored sessions end as `until` says; no keys of users are read."""
    sessions = cast("StoredSessions", SimpleNamespace(until=lambda step: until(step.label, step.inputs)))
    users = cast("Users", None)
    return plan_steps(wanted, request or RenewalRequest([]), users, sessions, now=NOW, session_name="ann")


def labels(plan: Plan) -> list[str]:
    return [step.label for step in plan.steps]


def codes(plan: Plan) -> list[str]:
    return [step.label for step in plan.codes]


MFA = "mfa@ann-long-term"


def test_roles_of_up_to_one_hour_share_one_mfa_session() -> None:
    plan = planned(role("a") + role("b", duration_seconds=3600) + role("c", duration_seconds=900), "a", "b", "c")
    assert (labels(plan), codes(plan)) == ([MFA, "a", "b", "c"], [MFA])
    mfa, *roles = plan.steps
    assert (mfa.request.role_arn, mfa.request.device, mfa.request.duration_s) == (None, DEVICE, 43200)
    assert mfa.profiles == ["a", "b", "c"]
    assert mfa.reason == "one MFA session serves all roles of up to 1 h"
    assert [step.signed_by for step in roles] == [mfa, mfa, mfa]
    assert [step.request.duration_s for step in roles] == [3600, 3600, 900]
    assert {step.reason for step in roles} == {"assumed with the MFA session"}


def test_a_longer_role_is_assumed_with_the_long_term_keys_and_a_code_of_its_own() -> None:
    """STS counts an MFA session as chaining, and chained sessions last one hour at most."""
    plan = planned(role("long", duration_seconds=3601), "long")
    (step,) = plan.steps
    assert step.signed_by is None
    assert (step.needs_code, step.request.device, step.request.duration_s) == (True, DEVICE, 3601)
    assert step.reason == "duration_seconds = 3601 > 1 h"
    assert plan.notes == {}


def test_the_first_code_is_for_what_serves_most() -> None:
    """`--token` gives one code: the MFA session takes it, in whatever order profiles are wanted."""
    plan = planned(role("long", duration_seconds=14400) + role("short"), "long", "short")
    assert codes(plan) == [MFA, "long"]
    assert list(plan.of_profile) == ["long", "short"], "answers come in the order wanted"


def test_the_summary_names_codes_devices_and_reasons() -> None:
    config = role("a") + role("b") + role("long", duration_seconds=14400)
    both = "one for all roles of up to 1 h, one for long (4 h)"
    assert summary(planned(config, "a", "b", "long")) == f"3 profiles, 2 codes of {DEVICE}: {both}"
    assert summary(planned(config, "long")) == f"1 profile, 1 code of {DEVICE} for long (4 h)"
    assert summary(planned(config, "a")) == f"1 profile, 1 code of {DEVICE}"
    assert summary(planned(config, "a", until={"a": NOW + 3000})) == "1 profile, no code"


def test_the_summary_says_why_a_second_mfa_session_of_a_device_is_needed() -> None:
    config = role("a") + role("b", "copy", duration_seconds=900) + "[profile copy]\nduration_seconds = 7200\n"
    user = SourceUser("copy", "ann-long-term", a_user("ann").access_key_id, DEVICE, region="eu-west-3", partition="aws")
    plan = planned(config, "a", "b", users={"copy": user})
    assert codes(plan) == [MFA, MFA]
    uses = "one for a, one for b (another duration)"
    assert summary(plan) == f"2 profiles, 2 codes of {DEVICE}: {uses}"


@pytest.mark.parametrize(("device", "longest_s"), [("root-account-mfa-device", 3600), ("ann", 43200)])
def test_the_usual_duration_is_one_that_aws_gives_to_this_user(device: str, longest_s: int) -> None:
    arn = DEVICE.replace("ann", device)
    user = SourceUser("work", "work-long-term", "AKIAIOSFODNN7EXAMPLE", arn, region="eu-west-3", partition="aws")
    plan = planned(role("a") + f"[profile work]\nmfa_serial = {arn}\n", "work", users={"work": user})
    assert [step.request.duration_s for step in plan.codes] == [longest_s]


def test_a_stored_session_is_reused_while_good() -> None:
    plan = planned(role("a"), "a", until={"a": NOW + MARGIN_S + 1, MFA: NOW + 40000})
    assert (plan.steps, [one.label for one in plan.reused]) == ([], ["a"]), "no session has to sign for it"
    assert isinstance(plan.of_profile["a"], Reused)
    assert labels(planned(role("a"), "a", until={"a": NOW + MARGIN_S})) == [MFA, "a"]


def test_roles_need_no_code_while_an_mfa_session_is_stored() -> None:
    plan = planned(role("a") + role("b"), "a", "b", until={MFA: NOW + 100})
    assert (labels(plan), codes(plan)) == (["a", "b"], [])
    assert [one.profiles for one in plan.reused] == [["a", "b"]]


def test_a_reused_role_needs_no_mfa_session_for_the_role_behind_it() -> None:
    plan = planned(role("jump") + role("deep", "jump"), "deep", until={"jump": NOW + 600})
    assert (labels(plan), codes(plan)) == (["deep"], [])
    assert plan.steps[0].signed_by is plan.reused[0]


def test_a_session_is_looked_up_with_everything_it_is_asked_with() -> None:
    """The lookup compares them: a changed setting gives other inputs."""
    asked: list[dict[str, str]] = []

    def until(label: str, inputs: Mapping[str, str]) -> None:
        asked.append(dict(inputs))

    for terms in ({}, {"external_id": "invented"}, {"session_tags": "Team=data"}, {"role_session_name": "bob"}):
        plan_of(wanted_of(role("a", **terms), "a"), until)
    plan_of(wanted_of(role("a"), "a", users={"ann": a_user("bob")}), until)
    plan_of(wanted_of(role("a"), "a"), until, RenewalRequest([], Overlay(read_only=True)))
    of_role = [inputs for inputs in asked if "role_chain 1" in inputs]
    assert len(of_role) == 6
    assert len({tuple(inputs.items()) for inputs in of_role}) == 6


def test_min_remaining_is_for_what_is_wanted_and_not_for_what_signs_it() -> None:
    until = {"a": NOW + 3000, MFA: NOW + 3000}
    assert labels(planned(role("a"), "a", until=until, min_remaining_s=3000)) == ["a"]
    assert labels(planned(role("a"), "a", until=until, min_remaining_s=2999)) == []
    assert labels(planned(role("a"), "a", "ann", until=until, min_remaining_s=3000)) == [MFA, "a"]


def test_min_remaining_is_never_less_than_the_margin() -> None:
    assert labels(planned(role("a"), "a", until={"a": NOW + 30}, min_remaining_s=0)) == [MFA, "a"]


def test_force_renews_what_is_wanted_and_not_what_signs_it() -> None:
    until = {"a": NOW + 3000, MFA: NOW + 40000}
    assert labels(planned(role("a"), "a", until=until, forced=True)) == ["a"]
    assert labels(planned(role("a"), "a", "ann", until=until, forced=True)) == [MFA, "a"]


@pytest.mark.parametrize("names", [("jump", "deep"), ("deep", "jump")])
def test_a_forced_role_signs_the_one_behind_it(names: tuple[str, ...]) -> None:
    plan = planned(role("jump") + role("deep", "jump"), *names, until={"jump": NOW + 600, MFA: NOW + 600}, forced=True)
    assert labels(plan) == ["jump", "deep"]
    assert plan.steps[1].signed_by is plan.steps[0]


def test_a_role_assumed_from_a_role_lasts_one_hour_and_says_so() -> None:
    config = role("jump", duration_seconds=7200) + role("deep", "jump", duration_seconds=7200)
    plan = planned(config, "deep")
    made = [(step.label, step.request.duration_s) for step in plan.steps]
    assert made == [(MFA, 43200), ("jump@1h", 3600), ("deep", 3600)]
    note = "duration_seconds in ~/.aws/config [profile {0}] is cut to 1 h: {0} is part of a chain"
    assert plan.notes == {"deep": [note.format("jump"), note.format("deep")]}
    assert plan.steps[2].reason == "assumed from jump"


@pytest.mark.parametrize(
    ("region", "what"),
    [
        ("eu-centrl-1", ["names region eu-centrl-1, which is not a known one: do you mean eu-central-1?"]),
        ("cn-north-1", ["names region cn-north-1 of another partition: it is not used"]),
        ("eu-central-9", []),
    ],
)
def test_a_roles_own_region_that_is_doubtful_or_not_used_is_told(region: str, what: list[str]) -> None:
    plan = planned(role("jump", region=region) + role("deep", "jump"), "deep")
    assert plan.notes.get("deep", []) == [f"region in ~/.aws/config [profile jump] {one}" for one in what]


def test_a_role_cut_for_a_chain_never_takes_the_place_of_its_own_longer_session() -> None:
    """Its own cost a code: under one label the one would drive out the other."""
    config = role("jump", duration_seconds=7200) + role("deep", "jump")
    plan = planned(config, "jump", "deep")
    assert labels(plan) == [MFA, "jump", "jump@1h", "deep"]
    assert codes(plan) == [MFA, "jump"]


def test_several_users_and_devices_each_have_their_own_code() -> None:
    bobs, hardware = "arn:aws-cn:iam::999999999999:mfa/bob", "GAHT12345678"
    others = role("c", mfa_serial=OTHER_DEVICE) + role("d", mfa_serial=hardware)
    config = role("a") + role("b", "bob") + others + role("e")
    plan = planned(config, "a", "b", "c", "d", "e", users={"bob": a_user("bob", bobs, "aws-cn")})
    assert [step.request.device for step in plan.codes] == [DEVICE, bobs, OTHER_DEVICE, hardware]
    assert summary(plan).count(" 1 code of ") == 4


@pytest.mark.parametrize(("until", "made"), [({}, [MFA, "a"]), ({"a": NOW + 600}, [])], ids=["call", "stored session"])
def test_profiles_of_equal_inputs_have_one_session(until: Stored, made: list[str]) -> None:
    plan = planned(role("a") + role("a").replace("[profile a]", "[profile copy]"), "a", "copy", until=until)
    assert labels(plan) == made
    assert plan.of_profile["copy"] is plan.of_profile["a"]
    long = role("a", duration_seconds=7200)
    assert len(planned(long + long.replace("[profile a]", "[profile copy]"), "a", "copy").codes) == 1


def test_a_user_that_is_wanted_is_planned_before_the_roles() -> None:
    """Its own session, with its own demands, is the one the roles share."""
    plan = planned(role("a"), "a", "ann", until={MFA: NOW + 600}, min_remaining_s=6000)
    assert labels(plan) == [MFA, "a"]
    assert plan.steps[1].signed_by is plan.of_profile["ann"] is plan.steps[0]


def test_a_users_own_duration_is_that_of_the_mfa_session() -> None:
    plan = planned("[profile ann]\nduration_seconds = 129600\n" + role("a"), "a", "ann")
    assert [step.request.duration_s for step in plan.steps] == [129600, 3600]


def test_a_duration_beside_a_role_is_no_mfa_sessions() -> None:
    """A profile that names itself as its source: the duration is the role's."""
    plan = planned(role("ann", "ann", duration_seconds=1800), "ann")
    assert [step.request.duration_s for step in plan.steps] == [43200, 1800]


def test_without_a_device_roles_are_assumed_with_the_long_term_keys() -> None:
    plan = planned(role("a", duration_seconds=7200) + role("b", "a"), "a", "b", users={"ann": a_user("ann", None)})
    assert (labels(plan), codes(plan)) == (["a", "b"], [])
    assert [(step.signed_by is None, step.request.duration_s) for step in plan.steps] == [(True, 7200), (False, 3600)]
    assert plan.steps[0].reason == "assumed with the long-term keys: no device is known"


def test_the_overlay_narrows_what_is_wanted_and_not_what_is_on_the_way() -> None:
    overlay = Overlay('{"Statement":[]}', ("arn:aws:iam::aws:policy/Job",), read_only=True)
    plan = planned(role("jump") + role("deep", "jump"), "deep", overlay=overlay)
    mfa, jump, deep = plan.steps
    assert (mfa.request.policy, jump.request.policy, deep.request.policy) == (None, None, '{"Statement":[]}')
    assert (jump.request.policy_arns, deep.request.policy_arns) == ((), ("arn:aws:iam::aws:policy/Job", READ_ONLY))


def test_a_narrowed_role_does_not_sign_for_the_role_behind_it() -> None:
    plan = planned(role("jump") + role("deep", "jump"), "jump", "deep", overlay=Overlay(read_only=True))
    assert labels(plan) == [MFA, "jump", "jump", "deep"]
    assert plan.steps[3].signed_by is plan.steps[2]
    assert (plan.steps[1].request.policy_arns, plan.steps[2].request.policy_arns) == ((READ_ONLY,), ())


def test_read_only_is_given_once_and_in_the_roles_partition() -> None:
    assert Overlay(None, (READ_ONLY,), read_only=True).arns("aws") == (READ_ONLY,)
    assert Overlay(read_only=True).arns("aws-cn") == (READ_ONLY.replace("arn:aws:", "arn:aws-cn:"),)
    assert not Overlay()
    assert all((Overlay("{}"), Overlay(None, (READ_ONLY,)), Overlay(read_only=True)))


def test_session_names_are_the_profiles_else_the_local_users() -> None:
    plan = planned(role("a") + role("b", role_session_name="ann@laptop"), "a", "b")
    assert [step.request.role_session_name for step in plan.steps[1:]] == ["ann", "ann@laptop"]


# Any forest of roles

USERS = ("ann", "bob")
durations = st.sampled_from((None, 900, 3600, 3601, 43200))
devices = st.sampled_from((None, None, OTHER_DEVICE))


@st.composite
def forests(draw: st.DrawFn) -> tuple[str, list[str]]:
    """Role profiles, each upon a user or a role before it, and the profiles that are wanted."""
    names: list[str] = []
    config = ""
    for number in range(draw(st.integers(1, 6))):
        source = draw(st.sampled_from((*USERS, *names)))
        settings = {"duration_seconds": draw(durations), "mfa_serial": draw(devices)}
        given = {key: value for key, value in settings.items() if value is not None}
        config += role(f"r{number}", source, **given)
        names.append(f"r{number}")
    wanted = draw(st.lists(st.sampled_from((*USERS, *names)), min_size=1, unique=True))
    return config, wanted


lifetimes = st.dictionaries(
    st.sampled_from(("mfa@ann-long-term", "mfa@bob-long-term", *(f"r{number}" for number in range(6)))),
    st.sampled_from((NOW - 10, NOW + MARGIN_S, NOW + 600, NOW + 40000)),
)


@examples(150)
@given(forests(), lifetimes, st.booleans(), st.sampled_from((0, 900, 20000)))
def test_every_call_comes_after_the_one_that_signs_it(
    forest: tuple[str, list[str]],
    until: Stored,
    forced: bool,  # noqa: FBT001
    min_remaining_s: float,
) -> None:
    config, names = forest
    plan = planned(config, *names, until=until, forced=forced, min_remaining_s=min_remaining_s)
    assert list(plan.of_profile) == names
    made: list[Step | Reused] = list(plan.reused)
    for step in plan.steps:
        assert step.signed_by in made if step.signed_by is not None else step.needs_code
        assert step.needs_code or step.request.duration_s <= 3600
        made.append(step)
    assert all(found in made for found in plan.of_profile.values())
    assert all(one.expires_at - NOW > MARGIN_S for one in plan.reused)
    assert all(found.profiles for found in made), "each serves a profile"


@examples(150)
@given(forests(), lifetimes)
def test_no_code_more_than_needed(forest: tuple[str, list[str]], until: Stored) -> None:
    """One for each user and device whose MFA session signs something, one for each longer role; and none twice."""
    config, names = forest
    plan = planned(config, *names, until=until)
    signers = {step.signed_by for step in plan.steps if isinstance(step.signed_by, Step)}
    for step in plan.codes:
        is_longer_role = step.request.role_arn is not None and len(step.roles) == 1 and step.request.duration_s > 3600
        is_wanted = step in plan.of_profile.values()
        assert is_wanted if is_longer_role else (is_wanted or step in signers)
    of_devices = Counter((step.user.profile, step.request.device) for step in plan.codes if not step.request.role_arn)
    assert set(of_devices.values()) <= {1}
    assert len({tuple(step.inputs.items()) for step in plan.steps}) == len(plan.steps), "equal sessions are one call"


def test_a_chain_of_hundreds_of_roles_is_planned() -> None:
    names = [f"role{number}" for number in range(450)]
    config = "".join(role(name, before) for before, name in zip(["ann", *names], names, strict=False))
    plan = planned(config, names[-1], names[2])
    assert labels(plan) == [MFA, *names]
    assert plan.steps[3].profiles == [names[2], names[-1]]
    assert [len(step.signers) for step in plan.steps] == [len(step.roles) for step in plan.steps] == list(range(451))

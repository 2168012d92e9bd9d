"""Any profile, default, flags and caller: what a plan hands to an agent lacks nothing of the rule."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from aws_mfa.agents.rule import DEFAULT_VARIABLE
from aws_mfa.aws_values.narrowing import Overlay
from aws_mfa.aws_values.read_only import READ_ONLY
from aws_mfa.config.settings import Given
from aws_mfa.errors import AwsMfaError
from aws_mfa.handover.hand_over import hand_over
from aws_mfa.renewal.make_plan import make_plan
from aws_mfa.renewal.plan import Plan
from aws_mfa.renewal.request import RenewalRequest
from aws_mfa.renewal.steps import Reused, Step
from examples import examples
from fakes import ACCOUNT, DEVICE, KEYS, NOW, FakeInterfaces, FakeTerminal, as_interfaces

READ_ONLY_ARN = "arn:aws:iam::aws:policy/ReadOnlyAccess"
FILES = {name: f'{{"Version":"2012-10-17","Id":"{name}"}}' for name in ("own.json", "agents.json", "default.json")}
ADMIN = f"arn:aws:iam::{ACCOUNT}:role/Admin"
ROLES = {"dev": ADMIN, "far": f"arn:aws:iam::{ACCOUNT}:role/Far", "narrow": f"arn:aws:iam::{ACCOUNT}:role/Narrow"}
SOURCES = {"dev": "work", "far": "dev", "narrow": "work"}
BAD = "everything"

access = st.sampled_from([None, "same", "read-only", "refuse", "agents.json", BAD])
durations = st.sampled_from([None, 900, 3600, 7200])
rules = st.fixed_dictionaries({name: st.tuples(access, durations) for name in ("work", *ROLES)})
defaults = st.sampled_from(["", "same", "read-only", "refuse", "default.json", BAD])
overlays = st.builds(
    Overlay,
    st.sampled_from([None, FILES["own.json"], FILES["agents.json"]]),
    st.sampled_from([(), (READ_ONLY_ARN,), ("arn:aws:iam::aws:policy/AdministratorAccess",)]),
    st.booleans(),
)
requests = st.fixed_dictionaries(
    {
        "overlay": st.just(Overlay()) | overlays,
        "duration_s": st.sampled_from([None, 900, 3600, 43200]),
        "forced": st.booleans(),
        "hands_over": st.booleans(),
        "for_sdk": st.booleans(),
        "min_remaining_s": st.sampled_from([None, 60.0, 3600.0]),
    }
)
names = st.sampled_from(["work", "work-long-term", "includes", *ROLES, ADMIN, f"{ADMIN}2"])
Rules = dict[str, tuple[str | None, int | None]]


def some_interfaces(rules: Rules, default: str) -> FakeInterfaces:
    """The user `work` and three roles, each with its rule; `narrow` has a policy of its own."""
    config = f"[profile includes]\ninclude_profile = work\n[profile work]\nmfa_serial = {DEVICE}\n"
    sections = {"work": config, **{name: f"[profile {name}]\nrole_arn = {arn}\n" for name, arn in ROLES.items()}}
    for name, (access, longest_s) in rules.items():
        sections[name] += f"source_profile = {SOURCES[name]}\n" if name in SOURCES else ""
        sections[name] += f"aws_mfa_agent = {access}\n" if access else ""
        sections[name] += f"aws_mfa_agent_duration = {longest_s}\n" if longest_s else ""
    sections["narrow"] += "aws_mfa_policy = own.json\n"
    interfaces = FakeInterfaces(f"[work-long-term]\naws_mfa_device = {DEVICE}\n", "".join(sections.values()))
    interfaces.vaults["keychain"].stored["work-long-term"] = KEYS
    interfaces.terminal = FakeTerminal(*(f"{number:06}" for number in range(99)))
    interfaces.policies.update(FILES)
    interfaces.environ = {DEFAULT_VARIABLE: default}
    return interfaces


def rule_of(name: str, rules: Rules, default: str) -> tuple[str, int | None]:
    """What the agent gets of this name, as the documents say it: access, and the longest duration."""
    of_role = name if name in rules else "work"
    if name == ADMIN:  # a profile has this role: it counts, but one of the two that narrows comes first
        of_role = min(("dev", "work"), key=lambda one: rules[one][0] in (None, "same"))
    access, longest_s = rules[of_role]
    return access or default or "same", longest_s


def wanted(name: str, request: dict[str, Any]) -> RenewalRequest:
    source = Given("work", "--source-profile") if name.startswith("arn:") else None
    return replace(RenewalRequest([name]), source=source, **request)


def layers(found: Step | Reused) -> list[tuple[str | None, tuple[str, ...]]]:
    """The policies of each layer of the session: of the last AssumeRole, then of GetScopedCredentials."""
    inputs = found.inputs
    number = sum(one.startswith("role_chain ") for one in inputs)
    arns = tuple(inputs[one] for one in sorted(inputs) if one.startswith(f"policy_arns {number} "))
    return [(inputs.get(f"policies {number}"), arns), (inputs.get("scoped_policy"), ())]


def check_kept(plan: Plan, name: str, request: RenewalRequest, access: str, longest_s: int | None) -> None:
    if access in ("refuse", BAD) or (not request.hands_over and (access != "same" or longest_s)):
        assert isinstance(plan.failures[name], AwsMfaError)
        assert (plan.steps, plan.reused, plan.of_profile) == ([], [], {})
        return
    if name not in plan.of_profile:
        assert isinstance(plan.failures[name], AwsMfaError)
        return
    found = plan.of_profile[name]
    policy = {"read-only": READ_ONLY, **FILES}.get(access)
    is_read_only_role = access == "read-only" and any(one.startswith("role_chain ") for one in found.inputs)
    wanted = {(policy, ()), *([(None, (READ_ONLY_ARN,))] if is_read_only_role else [])}
    if policy is not None:
        assert wanted & set(layers(found))
        assert found.inputs["agent"] == "ci", "no session of a person"
    if longest_s is not None:
        assert int(found.inputs["duration_s"]) <= longest_s


@given(rules, defaults, names, requests, requests, st.lists(names, max_size=3), st.floats(0, 43200))
@examples(300)
def test_what_an_agents_plan_hands_over_has_the_rules_policy(
    rules: Rules,
    default: str,
    name: str,
    request: dict[str, Any],
    of_person: dict[str, Any],
    before: list[str],
    seconds: float,
) -> None:
    """A person, and another agent, may have got sessions before, by any flags."""
    interfaces = some_interfaces(rules, default)
    for number, one in enumerate(before):
        interfaces.agent = "other" if number else None
        try:
            hand_over(wanted(one, {**of_person, "min_remaining_s": None}), as_interfaces(interfaces))
        except AwsMfaError:
            continue
    interfaces.agent, interfaces.moment = "ci", NOW + seconds
    asked = wanted(name, request)
    plan = make_plan(asked, as_interfaces(interfaces))
    check_kept(plan, name, asked, *rule_of(name, rules, default))


@given(rules, defaults, names, requests)
@examples(100)
def test_the_session_that_is_handed_over_is_made_by_the_rules_call(
    rules: Rules, default: str, name: str, request: dict[str, Any]
) -> None:
    interfaces, (access, longest_s) = some_interfaces(rules, default), rule_of(name, rules, default)
    interfaces.agent = "ci"
    try:
        hand_over(wanted(name, {**request, "hands_over": True}), as_interfaces(interfaces))
    except AwsMfaError:
        return
    last = interfaces.fake_sts.sent[-1][2]
    assert access not in ("refuse", BAD)
    if access != "same":
        assert {"read-only": READ_ONLY, **FILES}[access] == last.policy or READ_ONLY_ARN in last.policy_arns
    assert longest_s is None or last.duration_s <= longest_s

"""The one rule: profile and caller -> what may be handed out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aws_mfa.agents.rule import granted
from aws_mfa.aws_values.narrowing import EVERYTHING, Grant
from aws_mfa.config.profile import Profile
from aws_mfa.config.profiles import AwsProfiles
from aws_mfa.config.settings import Given
from aws_mfa.errors import AwsMfaError, BadInput, BadProfile, RefusedByRule

POLICY = '{"Version":"2012-10-17"}'


def grant_of(lines: str = "", agent: str | None = "ci", **environ: str) -> Grant:
    """What the agent gets of a profile with these lines."""
    config = f"[profile dev]\nregion = eu-west-1\n{lines}\n"
    profile = AwsProfiles(config, "", "config", "credentials", read_policy=lambda _: POLICY).profile("dev")
    assert isinstance(profile, Profile)
    return granted(profile, agent, environ)


def test_a_person_gets_everything_whatever_the_profile_says() -> None:
    for line in ("", "aws_mfa_agent = refuse", "aws_mfa_agent = p.json", "aws_mfa_agent_duration = 15m"):
        assert grant_of(line, None, AWS_MFA_AGENT_ACCESS="refuse") == EVERYTHING


def test_nothing_set_is_the_same_as_the_user_gets_with_a_line_that_names_the_setting() -> None:
    grant = grant_of()
    assert (grant.is_narrow, grant.agent) == (False, "ci")
    assert grant.notice is not None
    assert "aws_mfa_agent = read-only, in [profile dev]" in grant.notice
    assert grant_of("aws_mfa_agent = same").notice is None
    assert grant_of(AWS_MFA_AGENT_ACCESS="same").notice is None


def test_the_settings_narrow() -> None:
    assert grant_of("aws_mfa_agent = read-only").overlay.read_only
    assert grant_of("aws_mfa_agent = Read-Only").overlay.read_only
    by_file = grant_of("aws_mfa_agent = policies/p.json")
    assert (by_file.overlay.policy, by_file.files) == (POLICY, ("policies/p.json",))
    shorter = grant_of("aws_mfa_agent_duration = 15m")
    assert (shorter.longest_s, shorter.notice) == (900, None)


def test_refused_is_a_line_with_the_setting() -> None:
    with pytest.raises(RefusedByRule, match=r"^aws_mfa_agent in config \[profile dev\] = refuse: agents get no"):
        grant_of("aws_mfa_agent = refuse")
    assert RefusedByRule.exit_code == 5


def test_the_variable_is_for_profiles_that_say_nothing() -> None:
    assert grant_of(AWS_MFA_AGENT_ACCESS="read-only").overlay.read_only
    assert grant_of(AWS_MFA_AGENT_ACCESS="~/p.json").overlay.policy == POLICY
    assert not grant_of("aws_mfa_agent = same", AWS_MFA_AGENT_ACCESS="read-only").is_narrow
    with pytest.raises(RefusedByRule, match=r"^AWS_MFA_AGENT_ACCESS = refuse"):
        grant_of(AWS_MFA_AGENT_ACCESS="refuse")


@pytest.mark.parametrize(
    "value", ["", " ", "readonly", "none", "no", "all", "p.txt", "read-only # mine", "'read-only'", "{}"]
)
def test_an_unknown_value_hands_nothing_over(value: str) -> None:
    with pytest.raises(BadProfile, match="aws_mfa_agent in config"):
        grant_of(f"aws_mfa_agent = {value}")
    if value:
        with pytest.raises(BadInput, match=r"^AWS_MFA_AGENT_ACCESS"):
            grant_of(AWS_MFA_AGENT_ACCESS=value)


@pytest.mark.parametrize("line", ["duration = 5m", "duration = soon", "duration = 13h", "labels = names"])
def test_a_bad_value_beside_it_hands_nothing_over(line: str) -> None:
    with pytest.raises(BadProfile, match=f"aws_mfa_agent_{line.partition(' ')[0]}"):
        grant_of(f"aws_mfa_agent_{line}")


@given(st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0"), max_size=20))
def test_only_the_word_same_or_nothing_at_all_gives_an_agent_everything(value: str) -> None:
    try:
        grant = grant_of(f"aws_mfa_agent = {value}")
    except AwsMfaError:
        return
    assert grant.is_narrow or value.strip().lower() == "same"


# Other names of the same keys or role


ROLE = "arn:aws:iam::123456789012:role/Admin"
NAMES = f"""[profile work]
aws_mfa_agent = refuse
[profile prod]
role_arn = {ROLE}
aws_mfa_agent = refuse
[profile prod-too]
role_arn = {ROLE}
aws_mfa_agent = same
[profile other]
aws_mfa_agent = read-only
[profile own-long-term]
aws_mfa_agent = same
[profile beside]
aws_mfa_agent = refuse
[profile beside-long-term]
aws_mfa_agent_labels = tags
[profile circle]
include_profile = circle
"""


@pytest.mark.parametrize(
    ("name", "source", "access"),
    [
        *(("work-long-term", None, "refuse"), ("work-long-term-long-term", None, "refuse")),
        *((ROLE, "other", "refuse"), (ROLE.lower(), "other", "refuse"), (ROLE, "nobody", "refuse")),
        *((f"{ROLE}2", "other", "read-only"), (f"{ROLE}2", "work-long-term", "refuse"), (f"{ROLE}2", "nobody", None)),
        *(("own-long-term", None, "same"), ("new-long-term", None, None), ("long-term", None, None)),
        ("beside-long-term", None, "refuse"),
    ],
)
def test_another_name_of_the_keys_or_of_the_role_has_the_same_rule(
    name: str, source: str | None, access: str | None
) -> None:
    profiles = AwsProfiles(NAMES, "")
    if name not in ("own-long-term", "beside-long-term"):
        profiles.add(name, {"source_profile": Given(source or "", "--source-profile")})
    profile = profiles.profile(name)
    assert profile is not None
    assert profile.for_agents.agent == access


def test_the_section_of_the_long_term_keys_may_say_it_too() -> None:
    profiles = AwsProfiles("", "[work-long-term]\naws_mfa_agent = read-only\naws_mfa_agent_duration = 15m\n")
    for name in ("work", "work-long-term"):
        profile = profiles.profile(name)
        assert profile is not None
        assert (granted(profile, "ci", {}).overlay.read_only, granted(profile, "ci", {}).longest_s) == (True, 900)

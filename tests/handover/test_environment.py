"""A child works as one profile: it gets that session, that region, and no other credentials to choose from."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aws_mfa.config.chains import chain_of, child_regions
from aws_mfa.config.profiles import AwsProfiles
from aws_mfa.handover.environment import (
    CONFLICTING,
    ENDPOINT,
    REGIONS,
    SESSION,
    change_back,
    change_for,
    child_environment,
    chosen_by_the_user,
    session_variables,
)
from fakes import NOW, a_session

KEYS = {"AWS_ACCESS_KEY_ID": "ASIA", "AWS_SECRET_ACCESS_KEY": "s", "AWS_SESSION_TOKEN": "t"}
FOREIGN = dict.fromkeys((*CONFLICTING, *SESSION, *ENDPOINT), "of another identity")
UNTOUCHED = {
    "PATH": "/bin",
    "AWS_CONFIG_FILE": "/etc/aws",
    "AWS_SHARED_CREDENTIALS_FILE": "/etc/credentials",
    "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
    "AWS_CA_BUNDLE": "/etc/ca.pem",
    "AWS_MFA_VAULT": "file",
    "AWS_MFA_AGE_PASSPHRASE_COMMAND": "pass show x",
    "MFA_DEVICE": "arn:aws:iam::123456789012:mfa/ann",
}


def test_the_session_becomes_four_variables() -> None:
    assert session_variables(a_session(lasts_s=3600)) == {
        "AWS_ACCESS_KEY_ID": "ASIAINVENTED00000001",
        "AWS_SECRET_ACCESS_KEY": "session/secret",
        "AWS_SESSION_TOKEN": "session/token==",
        "AWS_CREDENTIAL_EXPIRATION": "2026-11-22T07:03:19Z",
    }
    assert NOW == 1_795_327_399.0


def test_the_environment_of_a_child_is_exactly_this() -> None:
    """Removed is every variable that SDKs would take for credentials; settings for reaching AWS and aws-mfa stay."""
    found = child_environment({**FOREIGN, **UNTOUCHED}, KEYS, "eu-west-1", "work")
    region = dict.fromkeys(("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_MFA_REGION"), "eu-west-1")
    assert found == {**UNTOUCHED, **KEYS, **region, "AWS_MFA_PROFILE": "work"}


def test_an_endpoint_replaces_keys() -> None:
    """SDKs look at keys first, and would use them instead of the endpoint."""
    endpoint = {"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:4/work", ENDPOINT[1]: "/run/token"}
    found = child_environment(FOREIGN, endpoint, None, "work")
    assert found == {**endpoint, "AWS_MFA_PROFILE": "work"}


@pytest.mark.parametrize(
    ("environ", "profiles_own", "expected"),
    [
        ({}, None, {}),
        ({}, "a-1", {"AWS_REGION": "a-1", "AWS_DEFAULT_REGION": "a-1", "AWS_MFA_REGION": "a-1"}),
        ({"AWS_REGION": "a-1"}, "eu-west-1", {"AWS_REGION": "a-1", "AWS_DEFAULT_REGION": "a-1"}),
        ({"AWS_DEFAULT_REGION": "a-1"}, "eu-west-1", {"AWS_REGION": "a-1", "AWS_DEFAULT_REGION": "a-1"}),
        ({"AWS_REGION": "", "AWS_DEFAULT_REGION": "a-1"}, None, {"AWS_REGION": "a-1", "AWS_DEFAULT_REGION": "a-1"}),
        ({"AWS_REGION": "a-1", "AWS_DEFAULT_REGION": "b-2"}, "c-3", {"AWS_REGION": "a-1", "AWS_DEFAULT_REGION": "b-2"}),
    ],
)
def test_the_users_region_wins_and_both_variables_have_it(
    environ: dict[str, str], profiles_own: str | None, expected: dict[str, str]
) -> None:
    found = child_environment(environ, {}, profiles_own, "work")
    assert {name: value for name, value in found.items() if name != "AWS_MFA_PROFILE"} == expected


def test_names_and_ends_that_prompts_show_for_other_programs_are_removed() -> None:
    """A prompt shows the first that it knows, beside our keys; `env --unset` removes the keys, so the names too."""
    shown = {"AWS_VAULT": "prod", "AWSU_PROFILE": "prod", "AWSUME_PROFILE": "prod", "GRANTED_AWS_ROLE_PROFILE": "prod"}
    child = child_environment({**shown, "AWS_VAULT_BACKEND": "pass"}, KEYS, None, "dev")
    assert child == {**KEYS, "AWS_VAULT_BACKEND": "pass", "AWS_MFA_PROFILE": "dev"}
    assert change_back(shown).applied_to(shown) == {}
    assert set(shown) <= set(change_back({}).removed) & set(change_for({}, KEYS, None, "dev").removed)


def test_the_region_of_the_next_profile_replaces_that_of_the_previous_one() -> None:
    """As in a shell that changes its profile, or an `exec` inside an `exec`."""
    first = child_environment({}, KEYS, "eu-west-1", "work")
    second = child_environment(first, KEYS, "us-east-2", "other")
    assert [second[name] for name in (*REGIONS, "AWS_MFA_REGION")] == ["us-east-2"] * 3
    assert not {*REGIONS, "AWS_MFA_REGION"} & set(child_environment(first, KEYS, None, "other"))


@pytest.mark.parametrize("name", REGIONS)
def test_a_region_chosen_inside_wins_over_the_profiles(name: str) -> None:
    inside = {**child_environment({}, KEYS, "eu-west-1", "work"), name: "ap-south-1"}
    found = child_environment(inside, KEYS, "us-east-2", "other")
    assert [found[one] for one in REGIONS] == ["ap-south-1"] * 2
    assert "AWS_MFA_REGION" not in found


def test_everything_that_was_set_is_removed_but_not_a_region_of_the_users() -> None:
    before = {"PATH": "/bin"}
    inside = child_environment(before, session_variables(a_session()), "eu-west-1", "work")
    assert change_back(inside).applied_to(inside) == before
    inside = child_environment({"AWS_REGION": "a-1"}, KEYS, "eu-west-1", "work")
    assert change_back(inside).applied_to(inside)["AWS_REGION"] == "a-1"


def test_the_region_of_a_profile_does_not_count_as_the_users() -> None:
    """Otherwise STS would be asked in the region of the previous profile, and perhaps for a new code."""
    inside = child_environment({"PATH": "/bin"}, KEYS, "eu-west-1", "work")
    assert not set(REGIONS) & set(chosen_by_the_user(inside))
    chosen = chosen_by_the_user({**inside, "AWS_REGION": "a-1"})
    assert (chosen.get("AWS_REGION"), chosen.get("AWS_DEFAULT_REGION")) == ("a-1", None)
    interfaces = {"AWS_REGION": "a-1"}
    assert chosen_by_the_user(interfaces) is interfaces
    for environ in (inside, {**inside, "AWS_REGION": "a-1"}):
        chosen = chosen_by_the_user(environ)
        assert child_environment(chosen, KEYS, "b-2", "x") == child_environment(environ, KEYS, "b-2", "x")


VALUES = st.sampled_from(["", "eu-west-1", "us-east-1"])


@given(
    environ=st.dictionaries(st.sampled_from([*FOREIGN, *REGIONS, "AWS_MFA_REGION", "AWS_MFA_PROFILE"]), VALUES),
    region=st.one_of(st.none(), VALUES),
)
def test_none_is_both_removed_and_set_and_nothing_foreign_is_left(environ: dict[str, str], region: str | None) -> None:
    change = change_for(environ, KEYS, region, "work")
    assert not set(change.removed) & set(change.set)
    assert len(set(change.removed)) == len(change.removed)
    found = change.applied_to(environ)
    assert set(found) <= {*KEYS, *REGIONS, "AWS_MFA_REGION", "AWS_MFA_PROFILE"}
    assert child_environment(found, KEYS, region, "work") == found, "the same again changes nothing"


CONFIG = """
[profile work]
mfa_serial = {device}
{region}
[profile dev]
role_arn = {role}
source_profile = work
[profile deep]
role_arn = {role}
source_profile = dev
{deep_region}
"""


def found_region(name: str, partition: str = "aws", region: str = "", deep_region: str = "") -> str | None:
    text = CONFIG.format(
        device=f"arn:{partition}:iam::123456789012:mfa/ann",
        role=f"arn:{partition}:iam::123456789012:role/dev",
        region=region,
        deep_region=deep_region,
    )
    chain = chain_of(name, AwsProfiles(text, "", "config", "credentials"), keys_stored=lambda _: True)
    return child_regions(chain, partition, {})[1]


def test_the_region_is_the_profiles_own_or_the_nearest_of_its_chain() -> None:
    assert found_region("deep", region="region = eu-west-1", deep_region="region = us-east-2") == "us-east-2"
    assert found_region("deep", region="region = eu-west-1") == "eu-west-1"
    assert found_region("work", region="region = eu-west-1") == "eu-west-1"


def test_without_a_region_only_other_partitions_have_a_default() -> None:
    assert found_region("deep") is None
    assert found_region("deep", "aws-us-gov") == "us-gov-west-1"
    assert found_region("work", "aws-cn") == "cn-north-1"
    assert found_region("work", "aws-unheard-of") is None


CN, OF_US = "arn:aws-cn:iam::123456789012:", "arn:aws:iam::123456789012:"


@pytest.mark.parametrize(
    ("arn", "own", "environ", "regions"),
    [
        (CN, "cn-northwest-1", {"AWS_REGION": "eu-west-1"}, ("cn-northwest-1",) * 3),
        (CN, "cn-northwest-1", {"AWS_DEFAULT_REGION": "eu-west-1"}, ("cn-northwest-1",) * 3),
        (CN, "", {"AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "us-gov-west-1"}, ("cn-north-1",) * 3),
        (CN, "cn-north-1", {"AWS_REGION": "cn-northwest-1"}, ("cn-northwest-1", "cn-northwest-1", None)),
        (CN, "", {"AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "cn-north-1"}, ("cn-north-1", "cn-north-1", None)),
        (CN, "eu-west-1", {}, ("cn-north-1",) * 3),
        (OF_US, "", {"AWS_REGION": "cn-north-1"}, ("us-east-1",) * 3),
        (OF_US, "cn-north-1", {}, (None, None, None)),
        (OF_US, "eu-west-1", {"AWS_REGION": "mars-orbit-1"}, ("mars-orbit-1", "mars-orbit-1", None)),
    ],
)
def test_a_region_of_another_partition_reaches_no_child(
    arn: str, own: str, environ: dict[str, str], regions: tuple[str | None, ...]
) -> None:
    text = f"[profile work]\nmfa_serial = {arn}mfa/ann\n[profile dev]\nrole_arn = {arn}role/dev\n"
    text += f"source_profile = work\nregion = {own}\n"
    chain = chain_of("dev", AwsProfiles(text, "", "config", "credentials"), keys_stored=lambda _: True)
    kept, region = child_regions(chain, arn.split(":")[1], environ)
    child = child_environment(kept, KEYS, region, "dev")
    assert tuple(map(child.get, (*REGIONS, "AWS_MFA_REGION"))) == regions


def test_no_token_of_a_single_service_is_left_to_the_child() -> None:
    """Botocore signs with it before it looks for credentials: the child would work as another user."""
    environ = {"AWS_BEARER_TOKEN_BEDROCK": "other", "AWS_BEARER_TOKEN_NEXT": "other", "AWS_BEARER": "no token"}
    child = child_environment(environ, {}, None, "work")
    assert [name for name in child if name.startswith("AWS_BEARER")] == ["AWS_BEARER"]
    assert "AWS_BEARER_TOKEN_BEDROCK" in change_for({}, {}, None, "work").removed, "for lines that another shell reads"

"""The region of a profile that is set up: one that exists, of the partition of the keys."""

from __future__ import annotations

import pytest

from aws_mfa.errors import AwsUnreachable, BadInput, UnknownKey
from aws_mfa.model import Identity
from fakes import ACCOUNT, DEVICE, FakeIam, FakeInterfaces, FakeSts
from setup.setting_up import SECRET, interfaces_answering, set_up_with, unattended

CONFIG = "[profile work]\nregion = {}\n"


def region_stored(interfaces: FakeInterfaces, *, region: str | None = None, device: str | None = None) -> str:
    """Set up `work`; the region that is returned and in the file."""
    stored = set_up_with(interfaces, region=region, device=device).region
    assert f"region = {stored}\n" in interfaces.config.read()
    return stored


@pytest.mark.parametrize(
    "typed", ["nonsense", "eu-central", "eu central 1", "ue-central-1", "cn-north-1", "us-gov-west-1"]
)
def test_what_cannot_be_the_region_of_these_keys_is_asked_again(typed: str) -> None:
    interfaces = interfaces_answering(SECRET, typed, "eu-central-1")
    assert region_stored(interfaces) == "eu-central-1"
    assert interfaces.terminal.questions.count("Region [us-east-1]: ") == 2


@pytest.mark.parametrize("flag", ["nonsense", "cn-north-1"])
def test_an_impossible_flag_is_refused_and_nothing_is_stored(flag: str) -> None:
    interfaces = unattended()
    with pytest.raises(BadInput, match="--region"):
        region_stored(interfaces, region=flag)
    assert (interfaces.vaults["keychain"].stored, interfaces.config.text) == ({}, None)


def test_a_region_newer_than_this_program_is_given_by_the_flag() -> None:
    assert region_stored(unattended(), region="nz-south-1") == "nz-south-1"


@pytest.mark.parametrize("has_human", [True, False])
@pytest.mark.parametrize("broken", ["nonsense", "EU CENTRAL", "cn-north-1"])
def test_an_impossible_configured_region_is_reported_and_replaced(broken: str, *, has_human: bool) -> None:
    interfaces = interfaces_answering(
        SECRET, *([""] if has_human else []), config=CONFIG.format(broken), has_human=has_human
    )
    interfaces.sts_of = {"nonsense": FakeSts()}
    interfaces.sts_of["nonsense"].identity = AwsUnreachable("no such host")
    assert region_stored(interfaces) == "us-east-1"
    assert any("it is not used" in line and "~/.aws/config" in line for line in interfaces.said)


@pytest.mark.parametrize(("answer", "stored"), [("y", "eu-central-1"), ("n", "eu-centrl-1")])
@pytest.mark.parametrize("source", ["--region", "AWS_REGION", "the answer", "the profile"])
def test_a_region_that_looks_mistyped_is_questioned(source: str, answer: str, stored: str) -> None:
    typed = ["eu-centrl-1"] if source == "the answer" else []
    config = CONFIG.format("eu-centrl-1") if source == "the profile" else ""
    answers = [SECRET, *typed, answer, *([""] if source in ("AWS_REGION", "the profile") else [])]
    interfaces = interfaces_answering(*answers, config=config or None)
    if source == "AWS_REGION":
        interfaces.environ = {"AWS_REGION": "eu-centrl-1"}
    assert region_stored(interfaces, region="eu-centrl-1" if source == "--region" else None) == stored
    question = f"{source} names region eu-centrl-1, which is not a known one: do you mean eu-central-1? [y/n] "
    assert interfaces.terminal.questions.count(question) == 1


def test_without_a_person_a_region_that_looks_mistyped_is_stored_with_a_warning() -> None:
    interfaces = unattended()
    assert region_stored(interfaces, region="eu-centrl-1") == "eu-centrl-1"
    assert any(line.startswith("warning: --region names region eu-centrl-1") for line in interfaces.terminal.said)


def test_a_variable_that_cannot_be_a_region_is_skipped() -> None:
    interfaces = unattended()
    interfaces.environ = {"AWS_REGION": "nonsense", "AWS_DEFAULT_REGION": "eu-west-3"}
    assert region_stored(interfaces) == "eu-west-3"
    line = "the region given by AWS_REGION is not a region's name: nonsense: it is not used"
    assert interfaces.said == [line]


def test_keys_that_the_configured_partition_does_not_know_are_asked_about() -> None:
    interfaces = interfaces_answering(SECRET, "aws", "", config=CONFIG.format("cn-north-1"))
    interfaces.sts_of = {"cn-north-1": FakeSts()}
    interfaces.sts_of["cn-north-1"].identity = UnknownKey("unknown in China")
    assert region_stored(interfaces) == "us-east-1"
    asked = "Are they keys of the public regions (aws), of GovCloud (gov), or neither? [neither]: "
    assert asked in interfaces.terminal.questions


def test_without_a_person_the_regions_of_other_partitions_are_named() -> None:
    interfaces = unattended()
    interfaces.fake_sts.identity = UnknownKey("unknown", "it was deleted")
    with pytest.raises(UnknownKey) as caught:
        region_stored(interfaces)
    assert caught.value.hints == (
        "it was deleted",
        "keys of another partition: name a region of theirs, us-gov-west-1 or cn-north-1, by --region or AWS_REGION",
    )


def test_unverified_keys_are_of_the_partition_of_their_device() -> None:
    gov = f"arn:aws-us-gov:iam::{ACCOUNT}:mfa/ann"
    interfaces = interfaces_answering(SECRET, "y", "us-west-2", "us-gov-east-1")
    interfaces.fake_sts.identity = AwsUnreachable("no network")
    assert region_stored(interfaces, device=gov) == "us-gov-east-1"


def test_the_likely_region_is_one_of_the_keys() -> None:
    """A practice AWS, or a proxy, may answer for another partition in any region."""
    interfaces = unattended()
    interfaces.fake_sts.identity = Identity(f"arn:aws-cn:iam::{ACCOUNT}:user/ann", ACCOUNT, "AIDAINVENTED")
    interfaces.fake_iam = FakeIam([DEVICE.replace("arn:aws:", "arn:aws-cn:")])
    assert region_stored(interfaces) == "cn-north-1"

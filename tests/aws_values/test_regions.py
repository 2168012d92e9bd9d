from __future__ import annotations

import botocore.session
import pytest

from aws_mfa.aws_values.regions import (
    PARTITIONS,
    check_region_of_keys,
    checked_region,
    choose_region,
    default_region,
    known_region,
    near_region,
    partition_of_keys,
    region_of_form,
)
from aws_mfa.errors import BadInput


def test_the_first_region_given_counts() -> None:
    chosen = choose_region(
        [("--region", None), ("AWS_REGION", ""), ("AWS_DEFAULT_REGION", "eu-west-1"), ("config", "eu-north-1")],
        partition="aws",
    )
    assert (chosen.name, chosen.source, chosen.passed_over) == ("eu-west-1", "AWS_DEFAULT_REGION", ())


def test_a_region_of_another_partition_is_passed_over_with_its_reason() -> None:
    chosen = choose_region([("AWS_REGION", "eu-west-1"), ("config", "us-gov-east-1")], partition="aws-us-gov")
    assert (chosen.name, chosen.source) == ("us-gov-east-1", "config")
    (reason,) = chosen.passed_over
    assert reason == "AWS_REGION names region eu-west-1 of partition aws, the device is in aws-us-gov"


@pytest.mark.parametrize(
    ("partition", "region"),
    [
        *(("aws", "us-east-1"), ("aws-cn", "cn-north-1"), ("aws-us-gov", "us-gov-west-1")),
        *(("aws-iso-b", "us-isob-east-1"), ("aws-eusc", "eusc-de-east-1")),
    ],
)
def test_without_a_region_the_partition_decides(partition: str, region: str) -> None:
    assert default_region(partition) == region
    assert choose_region([], partition=partition).name == region


def test_without_a_region_and_with_a_hardware_serial_it_is_us_east_1() -> None:
    assert choose_region([("AWS_REGION", None)], partition=None).name == "us-east-1"
    assert choose_region([("AWS_REGION", "cn-north-1")], partition=None).name == "cn-north-1"


def test_an_unknown_partition_needs_a_region() -> None:
    with pytest.raises(BadInput, match="aws-mars"):
        choose_region([], partition="aws-mars")
    assert choose_region([("AWS_REGION", "mars-north-1")], partition="aws-mars").name == "mars-north-1"


@pytest.mark.parametrize(
    "name", ["evil.example.com/", "us-east-1.evil.com", "a b", "-a", "EU-WEST-1", "a" * 64, "u:p@h", "eu\nwest"]
)
def test_a_name_that_could_become_part_of_a_host_is_refused(name: str) -> None:
    with pytest.raises(BadInput, match="AWS_REGION"):
        checked_region(name, source="AWS_REGION")


@pytest.mark.parametrize("name", ["nonsense", "eu-central", "eu--1", "eu-central-1a", "aws-global", "eu-1"])
def test_a_name_without_the_form_of_a_region_is_refused(name: str) -> None:
    with pytest.raises(BadInput, match="--region"):
        region_of_form(name, source="--region")


def test_every_partition_has_regions_of_that_form() -> None:
    for partition in PARTITIONS:
        assert known_region(f" {partition.default_region} ", source="the answer") == partition.default_region
        check_region_of_keys(partition.default_region, partition.name, source="the answer")


def test_an_unknown_beginning_is_not_a_known_region() -> None:
    assert region_of_form("ue-central-1", source="--region") == "ue-central-1"
    with pytest.raises(BadInput, match="ue-central-1") as failure:
        known_region("ue-central-1", source="the answer")
    assert "--region ue-central-1" in failure.value.hints[0]


def test_a_region_outside_the_keys_partition_is_refused_with_one_inside() -> None:
    with pytest.raises(BadInput, match=r"cn-north-1, given by --region, is in partition aws-cn") as failure:
        check_region_of_keys("cn-north-1", "aws", source="--region")
    assert failure.value.hints == ("give one of theirs, such as: --region us-east-1",)


@pytest.mark.parametrize(
    ("region", "meant"),
    [
        *(("eu-centrl-1", "eu-central-1"), ("eu-cental-1", "eu-central-1"), ("us-eas-2", "us-east-2")),
        *(("cn-nort-1", "cn-north-1"), ("us-gov-eas-1", "us-gov-east-1"), ("eusc-de-est-1", "eusc-de-east-1")),
        # Newer than the table: another number, or other words.
        *(("eu-central-9", None), ("ap-southeast-12", None), ("mars-orbit-1", None), ("aws-global", None)),
    ],
)
def test_a_region_almost_like_a_known_one_is_doubted(region: str, meant: str | None) -> None:
    assert near_region(region) == meant
    chosen = choose_region([("AWS_REGION", region)], partition=None)
    question = f"AWS_REGION names region {region}, which is not a known one: do you mean {meant}?"
    assert (chosen.name, chosen.notices) == (region, [question] if meant else [])


def test_no_region_of_botocore_is_doubted() -> None:
    for partition in PARTITIONS:
        for name in botocore.session.Session().get_available_regions("sts", partition.name, allow_non_regional=True):
            assert near_region(name) is None, name


@pytest.mark.parametrize("variable", ["AWS_REGION", "AWS_DEFAULT_REGION"])
def test_beside_a_hardware_serial_the_profiles_region_tells_the_partition(variable: str) -> None:
    chosen = choose_region([(variable, "eu-west-1"), ("config", "cn-northwest-1")], partition=None)
    assert (chosen.name, chosen.source) == ("cn-northwest-1", "config")
    what = f"{variable} names region eu-west-1 of partition aws, the profile's region is in aws-cn: it is not used"
    assert chosen.notices == [what]
    assert choose_region([(variable, "cn-north-1"), ("config", "cn-northwest-1")], partition=None).source == variable


@pytest.mark.parametrize(
    ("device", "role_arn", "partition"),
    [
        ("arn:aws:iam::1:mfa/a", "", "aws"),
        ("GAHT12345678", "arn:aws-us-gov:iam::1:role/a", "aws-us-gov"),
        ("GAHT12345678", "", "aws-cn"),
    ],
)
def test_the_partition_of_keys(device: str, role_arn: str, partition: str) -> None:
    assert partition_of_keys(device, role_arn, "cn-north-1") == partition


@pytest.mark.parametrize("partition", [None, "aws-mars"])
def test_an_unknown_partition_refuses_no_region(partition: str | None) -> None:
    check_region_of_keys("cn-north-1", partition, source="--region")

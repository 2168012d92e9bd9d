from __future__ import annotations

import pytest

from aws_mfa.aws_values.regions import (
    PARTITIONS,
    check_region_of_keys,
    checked_region,
    choose_region,
    default_region,
    known_region,
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
    with pytest.raises(BadInput, match=r"cn-north-1, given by --region, is of partition aws-cn") as failure:
        check_region_of_keys("cn-north-1", "aws", source="--region")
    assert failure.value.hints == ("give one of theirs, such as: --region us-east-1",)


@pytest.mark.parametrize("partition", [None, "aws-mars"])
def test_an_unknown_partition_refuses_no_region(partition: str | None) -> None:
    check_region_of_keys("cn-north-1", partition, source="--region")

"""What can be arranged: accounts, users, roles, keys; and what cannot."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from aws_mfa_practice.partitions import IAM_REGIONS, partition_of

if TYPE_CHECKING:
    import boto3

    from aws_mfa_practice import PracticeAws
    from practice.conftest import Connect


def test_every_region_the_sdk_knows_belongs_to_its_partition(sdk: boto3.session.Session) -> None:
    for partition in IAM_REGIONS:
        regions = sdk.get_available_regions("ec2", partition_name=partition)
        assert regions
        assert {partition_of(region) for region in regions} == {partition}


@pytest.mark.parametrize("region", ["", "aws-global", "us-east", "us--1", "mars-east-1", "us-east-1 "])
def test_what_is_no_region_belongs_nowhere(region: str) -> None:
    assert partition_of(region) is None


def test_an_unknown_partition_cannot_be_made(aws: PracticeAws) -> None:
    with pytest.raises(ValueError, match="no such partition: 'aws-mars'"):
        aws.add_account(partition="aws-mars")


def test_a_name_is_taken_once_in_an_account(aws: PracticeAws) -> None:
    aws.account.add_user("ann")
    with pytest.raises(ValueError, match="there is a user 'ann' already"):
        aws.account.add_user("ann")
    assert aws.add_account().add_user("ann").name == "ann"


def test_a_path_is_part_of_a_users_arn(aws: PracticeAws) -> None:
    assert aws.account.add_user("ann", path="/team/").arn.endswith(":user/team/ann")


def test_further_keys_of_a_user_work_beside_the_first(aws: PracticeAws, connect: Connect) -> None:
    ann = aws.account.add_user("ann")
    second = ann.add_keys()
    ann.keys.active = False
    assert connect(second).get_caller_identity()["Arn"] == ann.arn


def test_secrets_do_not_show_in_a_failing_test(aws: PracticeAws) -> None:
    ann = aws.account.add_user("ann")
    phone = ann.add_device()
    shown = f"{ann!r} {aws.account!r}"
    assert ann.keys.access_key_id in shown
    assert ann.keys.secret_access_key not in shown
    assert repr(phone.seed) not in shown

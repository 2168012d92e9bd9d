"""The credentials file as its readers see it: every real client becomes the user whose session was written."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import boto3
import pytest

from aws_mfa.practice import PracticeAws
from real_clients import REAL_CLIENTS

if TYPE_CHECKING:
    from aws_mfa.practice.account import User
    from aws_mfa.practice.totp import Device
    from real_clients import RealClient


@pytest.mark.real
@pytest.mark.parametrize("client", REAL_CLIENTS, ids=lambda client: type(client).__name__)
def test_client_becomes_the_user_of_the_profile(client: RealClient, home: str) -> None:
    with PracticeAws() as aws:
        ann = aws.account.add_user("ann")
        write_profile("work", home, aws.url, ann, ann.add_device())
        assert client.caller_arn("work", {"HOME": home}, aws.url) == ann.arn


def write_profile(profile: str, home: str, url: str, user: User, phone: Device) -> None:
    """Put an MFA session of `user` into the credentials file, in the contract's form."""
    sts = boto3.client(
        "sts",
        endpoint_url=url,
        region_name="eu-west-1",
        aws_access_key_id=user.keys.access_key_id,
        aws_secret_access_key=user.keys.secret_access_key,
    )
    session = sts.get_session_token(SerialNumber=phone.serial, TokenCode=phone.code())["Credentials"]
    sts.close()
    os.mkdir(os.path.join(home, ".aws"))
    with open(os.path.join(home, ".aws", "credentials"), "w", encoding="utf-8") as file:
        file.write(
            f"[{profile}]\n"
            f"assumed_role = False\n"
            f"aws_access_key_id = {session['AccessKeyId']}\n"
            f"aws_secret_access_key = {session['SecretAccessKey']}\n"
            f"aws_session_token = {session['SessionToken']}\n"
            f"aws_security_token = {session['SessionToken']}\n"
            f"expiration = {session['Expiration']:%Y-%m-%d %H:%M:%S}\n"
        )

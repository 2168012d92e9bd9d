"""The profile we write, as its readers see it: every real client becomes the user, or the role, of the session."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from aws_mfa_practice import PracticeAws
from real_clients import REAL_CLIENTS

if TYPE_CHECKING:
    from aws_mfa_practice.account import User
    from aws_mfa_practice.totp import Device
    from real_clients import RealClient


@pytest.mark.real
@pytest.mark.parametrize("client", REAL_CLIENTS, ids=lambda client: type(client).__name__)
def test_client_becomes_the_user_of_the_profile(client: RealClient, home: str) -> None:
    with PracticeAws() as aws:
        ann = aws.account.add_user("ann")
        write_profile("work", home, aws.url, ann, ann.add_device())
        assert client.caller_arn("work", {"HOME": home}, aws.url) == ann.arn


@pytest.mark.real
@pytest.mark.parametrize("client", REAL_CLIENTS, ids=lambda client: type(client).__name__)
def test_client_becomes_the_role_of_the_profile(client: RealClient, home: str) -> None:
    with PracticeAws() as aws:
        ann = aws.account.add_user("ann")
        admin = aws.account.add_role("Admin", trusts=ann, mfa=True)
        flags = ("--assume-role", admin.arn, "--role-session-name", "ann-at-work")
        write_profile("work", home, aws.url, ann, ann.add_device(), *flags)
        assert client.caller_arn("work", {"HOME": home}, aws.url).endswith(":assumed-role/Admin/ann-at-work")


def write_profile(profile: str, home: str, url: str, user: User, phone: Device, *flags: str) -> None:
    """Run the tool as a user of the file vault would, with the code on a pipe."""
    os.mkdir(os.path.join(home, ".aws"))
    with open(os.path.join(home, ".aws", "credentials"), "w", encoding="utf-8") as file:
        file.write(
            f"[{profile}-long-term]\n"
            f"aws_access_key_id = {user.keys.access_key_id}\n"
            f"aws_secret_access_key = {user.keys.secret_access_key}\n"
        )
    ended = subprocess.run(
        [sys.executable, "-m", "aws_mfa", "--profile", profile, "--no-keychain", *flags],
        env={"PATH": os.environ["PATH"], "HOME": home, "AWS_ENDPOINT_URL": url},
        input=f"{phone.code()}\n",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr

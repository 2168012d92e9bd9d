"""The profile we write, as its readers see it: every real client becomes the user, or the role, of the session."""

from __future__ import annotations

import pytest

from classic_stage import ClassicStage
from real_clients import REAL_CLIENTS, RealClient


@pytest.mark.real
@pytest.mark.parametrize("client", REAL_CLIENTS, ids=lambda client: type(client).__name__)
def test_client_becomes_the_user_of_the_profile(client: RealClient, stage: ClassicStage) -> None:
    renew(stage)
    assert client.caller_arn("work", {"HOME": stage.home}, stage.aws.url) == stage.ann.arn


@pytest.mark.real
@pytest.mark.parametrize("client", REAL_CLIENTS, ids=lambda client: type(client).__name__)
def test_client_becomes_the_role_of_the_profile(client: RealClient, stage: ClassicStage) -> None:
    admin = stage.aws.account.add_role("Admin", trusts=stage.ann, mfa=True)
    renew(stage, "--assume-role", admin.arn, "--role-session-name", "ann-at-work")
    arn = client.caller_arn("work", {"HOME": stage.home}, stage.aws.url)
    assert arn.endswith(":assumed-role/Admin/ann-at-work")


def renew(stage: ClassicStage, *flags: str) -> None:
    """Run the tool as a user whose keys are in the credentials file would, with the code on a pipe."""
    stage.write(stage.keys_section("work", aws_mfa_device=""))
    ended = stage.run("--profile", "work", "--no-keychain", *flags, stdin=f"{stage.code()}\n")
    assert ended.code == 0, ended

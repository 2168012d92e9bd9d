"""A duration, a region and a role's ARN for one run, as processes against the practice AWS."""

from __future__ import annotations

import json
import signal
import sys
from urllib.parse import quote

import pytest

from classic_stage import ClassicStage, Ended
from programs import output_of
from scenarios.test_renew_many import parameters, profile, role

pytestmark = pytest.mark.real

PLAIN = {"AWS_MFA_SESSION_STORE": "plain", "AWS_MFA_PROMPT": "terminal"}
WHO = [sys.executable, "-c", "import boto3; print(boto3.client('sts').get_caller_identity()['Arn'])"]
REGION = [sys.executable, "-c", "import os; print(os.environ['AWS_REGION'], os.environ['AWS_MFA_PROFILE'])"]


def ran(stage: ClassicStage, *argv: str, **env: str) -> Ended:
    return stage.run(*argv, env={**PLAIN, **env})


@pytest.mark.parametrize("flags", [[], ["--server"]], ids=["keys", "server"])
def test_a_role_that_no_file_names_is_assumed_for_as_long_as_asked(stage: ClassicStage, flags: list[str]) -> None:
    admin = role(stage, "Admin")
    before = stage.read()
    argv = ("exec", admin.arn, "--source-profile", "default", "--duration", "15m", "--region", "eu-west-1", *flags)
    ended = ran(stage, *argv, "--token", stage.code(), "--", *WHO)
    assert ended.code == 0, ended
    assert ":assumed-role/Admin/ann\n" in ended.out
    assert parameters(stage, admin.arn)["DurationSeconds"] == "900"
    assert stage.read() == before
    # Without another code, from the variable, in another region.
    ended = ran(stage, "exec", admin.arn, "--region", "us-east-2", "--no-input", "--", *REGION, AWS_PROFILE="default")
    assert (ended.code, ended.out) == (0, f"us-east-2 {admin.arn}\n"), ended
    assert ran(stage, "forget", admin.arn).out == f"{admin.arn}: removed from the session cache\n"


def test_a_long_session_of_a_role_has_its_own_code_and_max_session_duration_is_explained(stage: ClassicStage) -> None:
    stage.write(profile("dev", role(stage, "dev").arn), stage.config)
    short = stage.aws.account.add_role("short", trusts=stage.ann, mfa=True)
    ended = ran(stage, "credential-process", "dev", "--duration", "4h", "--token", stage.code())
    assert ended.code == 0, ended
    assert [(one.action, one.parameters["DurationSeconds"]) for one in stage.aws.requests] == [("AssumeRole", "14400")]
    argv = ("exec", short.arn, "--source-profile", "default", "--duration", "4h", "--token", stage.code())
    ended = ran(stage, *argv, "true")
    assert (ended.code, "--duration 3600" in ended.err) == (5, True), ended


def test_what_cannot_be_granted_sends_nothing(stage: ClassicStage) -> None:
    dev = role(stage, "dev")
    deep = stage.aws.account.add_role("deep", trusts=dev)
    stage.write(profile("dev", dev.arn) + profile("deep", deep.arn, "dev"), stage.config)
    for argv in (
        ("dev", "--duration", "10m"),
        ("deep", "--duration", "2h"),
        (deep.arn, "--source-profile", "dev", "--duration", "2h"),
        ("dev", "--region", "cn-north-1"),
        (deep.arn,),
        ("dev", "--source-profile", "default"),
    ):
        for command in ("exec", "env", "serve", "console", "credential-process"):
            ended = ran(stage, command, *argv, "--token", stage.code())
            assert (ended.code, stage.sent()) == (2, []), (command, ended)


def test_a_served_role_is_at_the_path_of_its_arn(stage: ClassicStage) -> None:
    admin = role(stage, "Admin")
    assert ran(stage, "exec", "default", "--token", stage.code(), "true").code == 0
    argv = ("serve", admin.arn, "--source-profile", "default", "--duration", "15m", "--shell", "json", "--no-input")
    process = stage.start(*argv, stdin="", env=PLAIN)
    try:
        assert process.stdout is not None
        lines = []
        for line in process.stdout:
            lines.append(line)
            if line == "}\n":
                break
        variables = json.loads("".join(lines))["profiles"][admin.arn]
        assert variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"].endswith(f"/{quote(admin.arn, safe='')}")
        assert ":assumed-role/Admin/ann\n" in output_of(
            WHO, {**stage.environ, **variables, "AWS_DEFAULT_REGION": "eu-west-1"}
        )
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=20)

"""A duration, a region and a role's ARN for one run, and a narrow profile: processes against the practice AWS."""

from __future__ import annotations

import json
import os
import shlex
import signal
import sys
from urllib.parse import quote

import pytest

from classic_stage import ClassicStage
from programs import output_of
from scenarios.test_renew_many import IN_FILES, NOBODY, READ_ONLY, parameters, profile, role
from users_and_modes import posix_only

pytestmark = pytest.mark.real

WHO = [sys.executable, "-c", "import boto3; print(boto3.client('sts').get_caller_identity()['Arn'])"]
KEY_ID = [sys.executable, "-c", "import boto3; print(boto3.Session(profile_name='prod').get_credentials().access_key)"]
REGION = [sys.executable, "-c", "import os; print(os.environ['AWS_REGION'], os.environ['AWS_MFA_PROFILE'])"]
POLICY = '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:Get*","Resource":"*"}}'


@pytest.mark.parametrize("flags", [[], ["--server"]], ids=["keys", "server"])
def test_a_role_that_no_file_names_is_assumed_for_as_long_as_asked(stage: ClassicStage, flags: list[str]) -> None:
    admin, before = role(stage, "Admin"), stage.read()
    argv = ("exec", admin.arn, "--source-profile", "default", "--duration", "15m", "--region", "eu-west-1", *flags)
    ended = stage.run(*argv, "--token", stage.code(), "--", *WHO, env=IN_FILES)
    assert (ended.code, ":assumed-role/Admin/ann\n" in ended.out) == (0, True), ended
    assert parameters(stage, admin.arn)["DurationSeconds"] == "900"
    assert stage.read() == before
    # Without another code, from the variable, in another region.
    env = {**IN_FILES, "AWS_PROFILE": "default"}
    ended = stage.run("exec", admin.arn, "--region", "us-east-2", "--no-input", "--", *REGION, env=env)
    assert (ended.code, ended.out) == (0, f"us-east-2 {admin.arn}\n"), ended
    assert stage.run("forget", admin.arn, env=IN_FILES).out == f"{admin.arn}: removed from the session cache\n"


def test_a_served_role_is_at_the_path_of_its_arn(stage: ClassicStage) -> None:
    admin = role(stage, "Admin")
    argv = ("serve", admin.arn, "--source-profile", "default", "--duration", "15m", "--shell", "json")
    process = stage.start(*argv, "--token", stage.code(), stdin="", env=IN_FILES)
    try:
        assert process.stdout is not None
        lines = []
        for line in process.stdout:
            lines.append(line)
            if line == "}\n":
                break
        variables = json.loads("".join(lines))["profiles"][admin.arn]
        assert variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"].endswith(f"/{quote(admin.arn, safe='')}")
        of_sdk = output_of(WHO, {**stage.environ, **variables, "AWS_DEFAULT_REGION": "eu-west-1"})
        assert of_sdk.endswith(":assumed-role/Admin/ann\n")
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=20)


def narrow(stage: ClassicStage, path: str) -> str:
    """The adopted profile `prod` with this policy; the path of the policy's file."""
    process = shlex.join(stage.command("credential-process", "prod"))
    more = {"aws_mfa_policy": path, "aws_mfa_policy_arns": READ_ONLY, "credential_process": process}
    stage.write(profile("prod", role(stage, "Admin").arn, **more), stage.config)
    file = os.path.join(stage.home, ".aws", "mfa-policies", "prod.json")
    stage.write(json.dumps(json.loads(POLICY), indent=2), file)
    return file


@pytest.mark.parametrize("path", ["mfa-policies/prod.json", "~/.aws/mfa-policies/prod.json", "$FOLDER/prod.json"])
def test_every_command_gets_the_narrow_session_and_the_policy_is_found_from_anywhere(
    stage: ClassicStage, path: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    env = {**IN_FILES, "FOLDER": os.path.dirname(narrow(stage, path))}
    assert stage.run("renew", "prod", stdin=f"{stage.code()}\n", env=env).code == 0
    document = json.loads(stage.run("credential-process", "prod", env=env).out)
    environ = json.loads(stage.run("env", "prod", "--shell", "json", env=env).out)
    # The SDK runs the line of the file, with another working folder.
    folder = str(tmp_path_factory.mktemp("elsewhere"))
    of_sdk = output_of(KEY_ID, {**stage.environ, **env, "AWS_DEFAULT_REGION": "eu-west-1"}, cwd=folder).strip()
    for key_id in (document["AccessKeyId"], environ["AWS_ACCESS_KEY_ID"], of_sdk):
        terms = stage.aws.sessions[key_id].terms
        assert (terms.policy, terms.policy_arns) == (POLICY, (READ_ONLY,))
    assert stage.sent() == ["GetSessionToken", "AssumeRole"]


@posix_only
def test_a_policy_that_others_can_write_is_refused_by_every_command_and_nothing_is_sent(stage: ClassicStage) -> None:
    os.chmod(narrow(stage, "mfa-policies/prod.json"), 0o666)
    for command in ("renew", "exec", "env", "serve", "console", "credential-process"):
        ended = stage.run(command, "prod", "--token", stage.code(), env=NOBODY)
        assert (ended.code, stage.sent()) == (3, []), (command, ended)
        told = ended.err + ended.out
        assert f"aws_mfa_policy in {stage.config} [profile prod]: " in told, told
        assert "other users can" in told, told

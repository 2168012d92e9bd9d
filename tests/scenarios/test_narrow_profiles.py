"""A profile with `aws_mfa_policy` is narrow in every command, and for an SDK that asks aws-mfa for it."""

from __future__ import annotations

import json
import os
import shlex
import sys

import pytest

from aws_mfa_practice.session_terms import Terms
from classic_stage import ClassicStage
from programs import output_of
from scenarios.test_renew_many import IN_FILES, NOBODY, READ_ONLY, profile, role
from users_and_modes import posix_only

pytestmark = pytest.mark.real

POLICY = '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:Get*","Resource":"*"}}'
KEY_ID = [sys.executable, "-c", "import boto3; print(boto3.Session(profile_name='prod').get_credentials().access_key)"]


def narrow(stage: ClassicStage, path: str, **settings: str) -> None:
    more = {"aws_mfa_policy": path, "aws_mfa_policy_arns": READ_ONLY, **settings}
    stage.write(profile("prod", role(stage, "Admin").arn, **more), stage.config)
    stage.write(json.dumps(json.loads(POLICY), indent=2), os.path.join(stage.home, ".aws", "mfa-policies", "prod.json"))


def terms_of(stage: ClassicStage, access_key_id: str) -> Terms:
    return stage.aws.sessions[access_key_id].terms


@pytest.mark.parametrize("path", ["mfa-policies/prod.json", "~/.aws/mfa-policies/prod.json", "$FOLDER/prod.json"])
def test_every_command_gets_the_narrow_session_and_its_path_is_found_from_anywhere(
    stage: ClassicStage, path: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    process = shlex.join(stage.command("credential-process", "prod"))
    narrow(stage, path, credential_process=process)
    env = {**IN_FILES, "FOLDER": os.path.join(stage.home, ".aws", "mfa-policies")}
    assert stage.run("renew", "prod", stdin=f"{stage.code()}\n", env=env).code == 0
    document = json.loads(stage.run("credential-process", "prod", env=env).out)
    environ = json.loads(stage.run("env", "prod", "--shell", "json", env=env).out)
    # The SDK runs the line of the file, with another working folder.
    folder = str(tmp_path_factory.mktemp("elsewhere"))
    of_sdk = output_of(KEY_ID, {**stage.environ, **env, "AWS_DEFAULT_REGION": "eu-west-1"}, cwd=folder).strip()
    assert {document["AccessKeyId"], environ["AWS_ACCESS_KEY_ID"], of_sdk} <= stage.aws.sessions.keys()
    for key_id in (document["AccessKeyId"], environ["AWS_ACCESS_KEY_ID"], of_sdk):
        terms = terms_of(stage, key_id)
        assert (terms.policy, terms.policy_arns) == (POLICY, (READ_ONLY,))
    assert stage.sent() == ["GetSessionToken", "AssumeRole"]


def test_a_changed_policy_is_a_new_session_without_another_code(stage: ClassicStage) -> None:
    narrow(stage, "mfa-policies/prod.json")
    assert stage.run("exec", "prod", "--token", stage.code(), "true", env=IN_FILES).code == 0
    for count, text in ((2, POLICY), (3, POLICY.replace("Get", "List")), (3, POLICY)):
        stage.write(text, os.path.join(stage.home, ".aws", "mfa-policies", "prod.json"))
        ended = stage.run("credential-process", "prod", env=IN_FILES)
        assert (len(stage.sent()), terms_of(stage, json.loads(ended.out)["AccessKeyId"]).policy) == (count, text)


@posix_only
def test_what_does_not_narrow_is_refused_and_nothing_is_sent(stage: ClassicStage) -> None:
    narrow(stage, "mfa-policies/prod.json")
    path = os.path.join(stage.home, ".aws", "mfa-policies", "prod.json")
    commands = ("renew", "exec", "env", "serve", "console", "credential-process")
    for says in ("other users can", f"there is no file {path}", "is a folder"):
        if says == "other users can":
            os.chmod(path, 0o666)
        elif says == "is a folder":
            os.mkdir(path)
        else:
            os.remove(path)
        for command in commands if says == "other users can" else ("credential-process",):
            ended = stage.run(command, "prod", "--token", stage.code(), env=NOBODY)
            assert (ended.code, stage.sent()) == (3, []), (command, ended)
            assert f"aws_mfa_policy in {stage.config} [profile prod]: " in ended.err + ended.out, ended
            assert says in ended.err + ended.out, ended

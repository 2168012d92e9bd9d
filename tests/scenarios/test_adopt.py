"""`aws-mfa adopt` as a user runs it, and how a real SDK reads the profile before and after."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Generator

import pytest

from aws_mfa_practice import PracticeAws
from aws_mfa_practice.account import User
from classic_stage import ClassicStage
from programs import run_program

pytestmark = pytest.mark.real

posix_scripts = pytest.mark.skipif(os.name == "nt", reason="the stand-in for aws-mfa is a script of POSIX")

DEVICE = "arn:aws:iam::123456789012:mfa/ann"
ROLE = "arn:aws:iam::123456789012:role/Admin"
CONFIG = (
    f"# mine\r\n[profile prod]\r\n  ROLE_ARN : {ROLE}\r\n  source_profile = ann\r\n  mfa_serial = {DEVICE}\r\n"
    f'[profile "two words"]\nregion = eu-west-1\nrole_arn={ROLE}\nsource_profile=ann\nmfa_serial={DEVICE}'
)
SESSION = (
    "\n[prod]\nassumed_role = True\naws_access_key_id = ASIA1\naws_secret_access_key = session/secret\n"
    "aws_session_token = t\naws_security_token = t\nexpiration = 2099-01-01 00:00:00\n"
)
WHO = """
import boto3, sys
print(boto3.Session(profile_name=sys.argv[1]).client("sts").get_caller_identity()["Arn"])
"""
FAKE_AWS_MFA = """#!{python}
import json, sys
if sys.argv[1] == "adopt":
    from aws_mfa.cli.main import main
    sys.exit(main(sys.argv[1:]))
assert sys.argv[1] == "credential-process", sys.argv
print(json.dumps(json.load(open({answers!r}))[sys.argv[2]]))
"""


class Stage(ClassicStage):
    """A home with Ann's keys and two role profiles, and `aws-mfa` with a stand-in for `credential-process`."""

    def __init__(self, home: str, aws: PracticeAws) -> None:
        super().__init__(home, aws)
        self.answers = os.path.join(home, "answers.json")
        self.program = os.path.join(home, "my programs", "aws-mfa")
        self.path_variable = os.pathsep.join((os.path.dirname(self.program), os.environ["PATH"]))
        self.write(FAKE_AWS_MFA.format(python=sys.executable, answers=self.answers), self.program, mode=0o700)
        self.keys = self.keys_section().replace("[default-long-term]", "[ann]")
        self.write(CONFIG, self.config)
        self.write(self.keys)

    def answers_with(self, user: User, *profiles: str) -> None:
        """Let the stand-in give the user's keys for these profiles."""
        keys = user.keys
        document = {"Version": 1, "AccessKeyId": keys.access_key_id, "SecretAccessKey": keys.secret_access_key}
        self.write(json.dumps(dict.fromkeys(profiles, document)), self.answers)

    def adopt(self, *arguments: str) -> Ended:
        return self.python(self.program, "adopt", *arguments)

    def who(self, profile: str) -> Ended:
        """The ARN that boto3 gets for the profile, in a program of its own without a terminal."""
        return self.python("-c", WHO, profile)

    def python(self, *arguments: str) -> Ended:
        own = {"PATH": self.path_variable, "AWS_DEFAULT_REGION": "eu-west-1", "AWS_EC2_METADATA_DISABLED": "true"}
        return run_program([sys.executable, *arguments], {**self.environ, **own})


Ended = subprocess.CompletedProcess[str]


@pytest.fixture
def stage(home: str) -> Generator[Stage]:
    """Ann's home, with a practice AWS that answers."""
    with PracticeAws() as aws:
        yield Stage(home, aws)


@posix_scripts
@pytest.mark.parametrize("profile", ["prod", "two words"])
def test_boto3_asks_for_a_code_before_and_asks_aws_mfa_afterwards(stage: Stage, profile: str) -> None:
    bob = stage.aws.account.add_user("bob")
    stage.answers_with(bob, "prod", "two words")
    before = stage.who(profile)
    assert before.returncode != 0
    assert f"Enter MFA code for {DEVICE}" in before.stderr + before.stdout
    assert stage.adopt(profile).returncode == 0
    after = stage.who(profile)
    assert (after.returncode, after.stdout.strip()) == (0, bob.arn), after.stderr
    assert "MFA code" not in after.stderr
    assert stage.adopt("--undo", profile).returncode == 0
    assert f"Enter MFA code for {DEVICE}" in stage.who(profile).stderr


@posix_scripts
def test_a_program_that_a_search_does_not_find_is_written_with_its_path(stage: Stage) -> None:
    bob = stage.aws.account.add_user("bob")
    stage.answers_with(bob, "prod", "two words")
    stage.path_variable = os.environ["PATH"]
    assert stage.adopt("--all").returncode == 0
    assert f"credential_process = '{stage.program}' credential-process 'two words'" in stage.read(stage.config)
    for profile in ("prod", "two words"):
        after = stage.who(profile)
        assert (after.returncode, after.stdout.strip()) == (0, bob.arn), after.stderr
    stage.path_variable = os.pathsep.join((os.path.dirname(stage.program), os.environ["PATH"]))
    assert stage.adopt("--all", "--undo").returncode == 0
    assert stage.read(stage.config) == CONFIG


@posix_scripts
def test_a_profile_of_sdks_behind_an_adopted_one_goes_on_working(stage: Stage) -> None:
    bob = stage.aws.account.add_user("bob")
    role = stage.aws.account.add_role("Next", trusts=bob, mfa=False)
    stage.write(f"{CONFIG}\n[profile next]\nrole_arn = {role.arn}\nsource_profile = prod\n", stage.config)
    stage.answers_with(bob, "prod")
    assert stage.adopt("prod").returncode == 0
    after = stage.who("next")
    assert after.returncode == 0, after.stderr
    assert ":assumed-role/Next/" in after.stdout


@posix_scripts
def test_a_session_of_aws_mfa_no_longer_comes_before_the_process(stage: Stage) -> None:
    stage.write(stage.keys + SESSION)
    stage.answers_with(stage.ann, "prod")
    ended = stage.adopt("prod")
    assert ended.stdout == "prod: adopted, and its session removed\n"
    assert stage.who("prod").stdout.strip() == stage.ann.arn
    assert stage.read() == f"{stage.keys}\n"


def test_all_and_back_again_byte_for_byte(stage: Stage) -> None:
    ended = stage.adopt("--all")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout == "prod: adopted\ntwo words: adopted\n"
    assert stage.read(stage.config) == (
        f"# mine\r\n[profile prod]\r\n  aws_mfa_ROLE_ARN : {ROLE}\r\n  aws_mfa_source_profile = ann\r\n"
        f"  aws_mfa_mfa_serial = {DEVICE}\r\ncredential_process = aws-mfa credential-process prod\r\n"
        f'[profile "two words"]\nregion = eu-west-1\n{quoted_process()}\naws_mfa_role_arn={ROLE}\n'
        f"aws_mfa_source_profile=ann\naws_mfa_mfa_serial={DEVICE}"
    )
    again = stage.adopt("--all")
    assert again.stdout == "prod: adopted already\ntwo words: adopted already\n"
    assert stage.adopt("--all", "--undo").stdout == "prod: restored\ntwo words: restored\n"
    assert stage.read(stage.config) == CONFIG


def quoted_process() -> str:
    quote = '"' if os.name == "nt" else "'"
    return f"credential_process = aws-mfa credential-process {quote}two words{quote}"

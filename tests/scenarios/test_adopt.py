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
from killed import KILLED_AFTER_RENAMES
from programs import SOURCE, run_program

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


class Stage:
    """A home with Ann's keys and two role profiles, and `aws-mfa` with a stand-in for `credential-process`."""

    def __init__(self, home: str, aws: PracticeAws) -> None:
        self.aws = aws
        self.ann = aws.account.add_user("ann")
        self.home = home
        self.programs = os.path.join(home, "my programs")
        self.answers = os.path.join(home, "answers.json")
        os.mkdir(os.path.join(home, ".aws"))
        os.mkdir(self.programs)
        self.path_variable = os.pathsep.join((self.programs, os.environ["PATH"]))
        self.program = os.path.join(self.programs, "aws-mfa")
        with open(self.program, "w", encoding="utf-8") as file:
            file.write(FAKE_AWS_MFA.format(python=sys.executable, answers=self.answers))
        os.chmod(self.program, 0o700)
        keys = self.ann.keys
        self.keys = (
            f"[ann]\naws_access_key_id = {keys.access_key_id}\naws_secret_access_key = {keys.secret_access_key}\n"
        )
        self.write("config", CONFIG)
        self.write("credentials", self.keys)

    def path(self, name: str) -> str:
        return os.path.join(self.home, ".aws", name)

    def write(self, name: str, text: str) -> None:
        with open(self.path(name), "w", encoding="utf-8", newline="") as file:
            file.write(text)

    def read(self, name: str) -> str:
        with open(self.path(name), encoding="utf-8", newline="") as file:
            return file.read()

    def answers_with(self, user: User, *profiles: str) -> None:
        """Let the stand-in give the user's keys for these profiles."""
        keys = user.keys
        document = {"Version": 1, "AccessKeyId": keys.access_key_id, "SecretAccessKey": keys.secret_access_key}
        with open(self.answers, "w", encoding="utf-8") as file:
            json.dump(dict.fromkeys(profiles, document), file)

    def adopt(self, *arguments: str) -> Ended:
        return self.run(self.program, "adopt", *arguments)

    def who(self, profile: str) -> Ended:
        """The ARN that boto3 gets for the profile, in a program of its own without a terminal."""
        return self.run("-c", WHO, profile)

    def run(self, *arguments: str) -> Ended:
        environment = {
            "PATH": self.path_variable,
            "HOME": self.home,
            "USERPROFILE": self.home,
            "AWS_ENDPOINT_URL": self.aws.url,
            "AWS_DEFAULT_REGION": "eu-west-1",
            "AWS_EC2_METADATA_DISABLED": "true",
            **SOURCE,
        }
        return run_program([sys.executable, *arguments], environment)


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
    assert f"credential_process = '{stage.program}' credential-process 'two words'" in stage.read("config")
    for profile in ("prod", "two words"):
        after = stage.who(profile)
        assert (after.returncode, after.stdout.strip()) == (0, bob.arn), after.stderr
    stage.path_variable = os.pathsep.join((stage.programs, os.environ["PATH"]))
    assert stage.adopt("--all", "--undo").returncode == 0
    assert stage.read("config") == CONFIG


@posix_scripts
def test_a_profile_of_sdks_behind_an_adopted_one_goes_on_working(stage: Stage) -> None:
    bob = stage.aws.account.add_user("bob")
    role = stage.aws.account.add_role("Next", trusts=bob, mfa=False)
    stage.write("config", f"{CONFIG}\n[profile next]\nrole_arn = {role.arn}\nsource_profile = prod\n")
    stage.answers_with(bob, "prod")
    assert stage.adopt("prod").returncode == 0
    after = stage.who("next")
    assert after.returncode == 0, after.stderr
    assert ":assumed-role/Next/" in after.stdout


@posix_scripts
def test_a_session_of_aws_mfa_no_longer_comes_before_the_process(stage: Stage) -> None:
    stage.write("credentials", stage.keys + SESSION)
    stage.answers_with(stage.ann, "prod")
    ended = stage.adopt("prod")
    assert ended.stdout == "prod: adopted, and its session removed\n"
    assert stage.who("prod").stdout.strip() == stage.ann.arn
    assert stage.read("credentials") == f"{stage.keys}\n"


def test_all_and_back_again_byte_for_byte(stage: Stage) -> None:
    ended = stage.adopt("--all")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout == "prod: adopted\ntwo words: adopted\n"
    assert stage.read("config") == (
        f"# mine\r\n[profile prod]\r\n  aws_mfa_ROLE_ARN : {ROLE}\r\n  aws_mfa_source_profile = ann\r\n"
        f"  aws_mfa_mfa_serial = {DEVICE}\r\ncredential_process = aws-mfa credential-process prod\r\n"
        f'[profile "two words"]\nregion = eu-west-1\n{quoted_process()}\naws_mfa_role_arn={ROLE}\n'
        f"aws_mfa_source_profile=ann\naws_mfa_mfa_serial={DEVICE}"
    )
    again = stage.adopt("--all")
    assert again.stdout == "prod: adopted already\ntwo words: adopted already\n"
    assert stage.adopt("--all", "--undo").stdout == "prod: restored\ntwo words: restored\n"
    assert stage.read("config") == CONFIG


def quoted_process() -> str:
    quote = '"' if os.name == "nt" else "'"
    return f"credential_process = aws-mfa credential-process {quote}two words{quote}"


def test_dry_run_shows_the_difference_without_a_secret_and_changes_nothing(stage: Stage) -> None:
    stage.write("credentials", stage.keys + SESSION)
    ended = stage.adopt("prod", "--dry-run")
    assert ended.returncode == 0
    assert "prod: would be adopted, and its session removed" in ended.stderr
    assert f"\n-  ROLE_ARN : {ROLE}\n" in ended.stdout
    assert f"\n+  aws_mfa_ROLE_ARN : {ROLE}\n" in ended.stdout
    assert "\n+credential_process = aws-mfa credential-process prod\n" in ended.stdout
    assert "-aws_secret_access_key = ***\n" in ended.stdout
    assert "session/secret" not in ended.stdout
    assert stage.ann.keys.secret_access_key not in ended.stdout
    assert (stage.read("config"), stage.read("credentials")) == (CONFIG, stage.keys + SESSION)
    assert sorted(os.listdir(os.path.join(stage.home, ".aws"))) == ["config", "credentials"]


def test_a_named_profile_that_is_not_changed_is_exit_3_and_the_others_are_adopted(stage: Stage) -> None:
    ended = stage.adopt("ann", "prod", "nobody")
    assert ended.returncode == 3
    assert ended.stdout == "prod: adopted\n"
    assert ended.stderr.startswith("ann not changed: not a role profile: it has no role_arn\n")
    assert "nobody not changed: there is no profile 'nobody'" in ended.stderr


def test_profiles_that_all_does_not_change_are_named_and_not_a_failure(stage: Stage) -> None:
    stage.write("config", f"{CONFIG}\ncredential_process = other\n")
    ended = stage.adopt("--all")
    assert ended.returncode == 0
    assert 'two words not changed: [profile "two words"]' in ended.stderr


def test_killed_between_the_files_the_old_session_serves_until_the_next_run(stage: Stage) -> None:
    stage.write("credentials", stage.keys + SESSION)
    ended = stage.run("-c", KILLED_AFTER_RENAMES, "1", "adopt", "prod")
    assert ended.returncode != 0, ended.stderr
    assert "aws_mfa_ROLE_ARN" in stage.read("config")
    assert stage.read("credentials") == stage.keys + SESSION
    assert "prod: adopted, and its session removed" in stage.adopt("prod").stdout
    assert stage.read("credentials") == f"{stage.keys}\n"
    stage.adopt("prod", "--undo")
    assert stage.read("config") == CONFIG


@pytest.mark.parametrize("arguments", [(), ("prod", "--all")])
def test_one_of_names_and_all_must_be_given(stage: Stage, arguments: tuple[str, ...]) -> None:
    assert stage.adopt(*arguments).returncode == 2
    assert stage.read("config") == CONFIG

"""`rotate --all`: whose keys are meant, which profiles are only named, and the exit code."""

from __future__ import annotations

import pytest

from aws_mfa.cli.commands import rotate
from aws_mfa.errors import NotSetUp
from cli.commands.running import run_command
from fakes import DEVICE, KEYS, FakeInterfaces

ROLE = "role_arn = arn:aws:iam::123456789012:role/Admin\n"
OTHERS = f"""\
[profile sso]
sso_session = corporate
[profile cloud]
{ROLE}source_profile = sso
[profile broken]
{ROLE}source_profile = nobody
[profile vaulted]
credential_process = aws-vault export vaulted
[profile of-vaulted]
{ROLE}source_profile = vaulted
"""


def test_profiles_without_keys_of_a_user_are_named_and_no_failures(capsys: pytest.CaptureFixture[str]) -> None:
    interfaces = FakeInterfaces("", f"[profile work]\nmfa_serial = {DEVICE}\n{OTHERS}")
    interfaces.vaults["keychain"].stored["work-long-term"] = KEYS
    assert run_command(rotate, interfaces, "--all", "--yes", "--token", "123456") == 0
    assert "work: key ...KEY9 replaces ...KEY1" in capsys.readouterr().out
    named = "left out: sso, vaulted, cloud, broken, of-vaulted (why: aws-mfa plan --all)"
    assert named in interfaces.said


def test_a_user_whose_profile_is_broken_is_a_failure(capsys: pytest.CaptureFixture[str]) -> None:
    keys = "[work-long-term]\naws_access_key_id = AKIA1\naws_secret_access_key = s\n"
    interfaces = FakeInterfaces(keys, f"[profile work]\nmfa_serial = no device\n{OTHERS}")
    with pytest.raises(NotSetUp, match="mfa_serial"):
        run_command(rotate, interfaces, "--all", "--yes", "--token", "123456")


@pytest.mark.parametrize("config", ["", OTHERS, "[profile sso]\nsso_session = corporate\n"])
def test_without_keys_of_any_user_the_exit_code_is_3(config: str) -> None:
    with pytest.raises(NotSetUp):
        run_command(rotate, FakeInterfaces("", config), "--all", "--no-input")

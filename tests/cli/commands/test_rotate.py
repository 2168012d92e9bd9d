"""`rotate --all`: whose keys are meant, which profiles are only named, and the exit code."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aws_mfa.cli.commands import rotate
from aws_mfa.errors import KeychainUnavailable, NotSetUp
from aws_mfa.vaults.journal import INACTIVE, Place, Rotation, rotations_in, with_rotation
from aws_mfa.vaults.keychain.failures import unusable
from cli.commands.running import run_command
from fakes import ANN, DEVICE, KEYS, NOW, FakeInterfaces

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


def test_of_two_rotations_of_a_profile_both_are_continued_and_the_latest_is_taken_back() -> None:
    interfaces = FakeInterfaces("", f"[profile work]\nmfa_serial = {DEVICE}\n")
    place = (Place("keychain", "work-long-term"),)
    off = Rotation("AKIAOLD", ANN, "work", place, NOW - 9, INACTIVE, "AKIANEW", NOW - 9)
    begun = Rotation(KEYS.access_key_id, ANN, "work", place, NOW)
    interfaces.rotations.text = with_rotation(with_rotation("", begun), off)
    interfaces.vaults["keychain"].stored["work-long-term"] = KEYS
    assert run_command(rotate, interfaces, "--rollback", "--no-input", "--token", "123456") == 0
    assert rotations_in(interfaces.rotations.read()) == [off]
    interfaces.rotations.text = with_rotation(with_rotation("", off), replace(off, old_id="AKIAOLDER"))
    run_command(rotate, interfaces, "--resume", "--grace", "3")
    assert interfaces.rotations.read().count("grace_s = 259200") == 2


def test_no_hint_of_a_rotation_that_is_not_over_is_to_replace_its_keys() -> None:
    interfaces = FakeInterfaces("", f"[profile work]\nmfa_serial = {DEVICE}\n")
    begun = Rotation(KEYS.access_key_id, ANN, "work", (Place("keychain", "work-long-term"),), NOW)
    interfaces.rotations.text = with_rotation("", begun)
    interfaces.known_keys.text = f"[work-long-term]\nvault = keychain\naws_access_key_id = {KEYS.access_key_id}\n"
    interfaces.vaults["keychain"].failure = unusable("the keychain is locked", "unlock it")
    with pytest.raises(KeychainUnavailable) as caught:
        run_command(rotate, interfaces, "--resume", "--no-input", "--token", "123456")
    assert caught.value.hints[0] == "unlock it"
    assert "aws-mfa setup" not in "".join(caught.value.hints)


@pytest.mark.parametrize("config", ["", OTHERS, "[profile sso]\nsso_session = corporate\n"])
def test_without_keys_of_any_user_the_exit_code_is_3(config: str) -> None:
    with pytest.raises(NotSetUp):
        run_command(rotate, FakeInterfaces("", config), "--all", "--no-input")

"""`aws-mfa setup` in a process of its own: if it is stopped half way, it leaves what was there before."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from aws_mfa.system.locks import lock
from aws_mfa_practice.account import User
from classic_stage import ClassicStage, Ended
from killed import KILLED_AFTER_RENAMES
from programs import run_program, wait_until
from real_clients import AwsCli1, AwsCli2, Boto3, RealClient

pytestmark = pytest.mark.real
POSIX = pytest.mark.skipif(os.name == "nt", reason="POSIX")


def flags_of(user: User) -> list[str]:
    """The command, with every answer but the secret."""
    key_id, device = user.keys.access_key_id, user.devices[0].serial
    flags = f"setup --profile default --yes --access-key-id {key_id} --device {device} --region us-west-2"
    return flags.split()


def started(stage: ClassicStage, user: User) -> subprocess.Popen[str]:
    process = stage.start(*flags_of(user), stdin=f"{user.keys.secret_access_key}\n")
    assert process.stdin is not None
    process.stdin.close()
    process.stdin = None
    return process


@POSIX
@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP", "SIGINT"])
def test_a_signal_half_way_leaves_the_keys_and_the_device_that_were_there(stage: ClassicStage, name: str) -> None:
    """Half way: another process has the lock of the config file, and set-up waits for it."""
    number = getattr(signal, name)
    bob = stage.aws.account.add_user("bob")
    bob.add_device()
    before, config = stage.read(), "[default]\nregion = eu-central-1\n"
    stage.write(config, stage.config)
    folder, name = os.path.split(stage.config)
    with lock(os.path.join(folder, f".{name}.aws-mfa.lock"), timeout_s=1):
        process = started(stage, bob)
        wait_until(lambda: bob.devices[0].serial in stage.read())
        process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert (stage.read(), stage.read(stage.config)) == (before, config)
    assert process.returncode == (130 if number == signal.SIGINT else -number), (out, err)
    assert "Traceback" not in err


def killed_after(stage: ClassicStage, renames: int, user: User) -> int:
    """Set the user up, killed after so many files were replaced; the exit code."""
    command = [sys.executable, "-c", KILLED_AFTER_RENAMES, str(renames), *flags_of(user)]
    return run_program(command, stage.environ, stdin=f"{user.keys.secret_access_key}\n").returncode


@POSIX
def test_killed_before_any_file_is_replaced_no_key_has_anothers_device(stage: ClassicStage) -> None:
    bob = stage.aws.account.add_user("bob")
    bob.add_device()
    device_of = {user.keys.access_key_id: user.devices[0].serial for user in (stage.ann, bob)}
    secret_of = {user.keys.access_key_id: user.keys.secret_access_key for user in (stage.ann, bob)}
    found = []
    for renames in range(19):
        stage.write(stage.keys_section())
        ended = killed_after(stage, renames, bob)
        left = stage.section("default-long-term")
        assert left["aws_secret_access_key"] == secret_of[left["aws_access_key_id"]]
        assert left.get("aws_mfa_device") in (None, device_of[left["aws_access_key_id"]])
        found.append(left["aws_access_key_id"])
        if ended == 0:
            break
    assert ended == 0
    assert set(found) == set(device_of)


def test_without_a_device_the_last_line_says_what_is_missing(stage: ClassicStage) -> None:
    carol = stage.aws.account.add_user("carol")
    flags = ["setup", "--profile", "my prof", "--access-key-id", carol.keys.access_key_id]
    ended: Ended = stage.run(*flags, stdin=f"{carol.keys.secret_access_key}\n")
    assert ended.code == 0, ended
    device = f"arn:aws:iam::{stage.aws.account.account_id}:mfa/NAME"
    command = f"aws-mfa --profile 'my prof' --device {device}"
    add = "add an MFA device with: aws-mfa enroll 'my prof'"
    assert ended.out.splitlines()[-1] == f"{add}; or get a session with one you have: {command}"
    assert "hint: add an authenticator app: aws-mfa enroll PROFILE" in ended.err
    assert "[profile 'my prof']\n" in stage.read(stage.config)


@pytest.mark.parametrize("form", [["setup", "--access-key-id", "{id}"], ["--setup"]])
def test_a_wrong_secret_names_the_profile_in_its_hint(stage: ClassicStage, form: list[str]) -> None:
    key_id = stage.ann.keys.access_key_id
    words = [word.format(id=key_id) for word in form]
    typed = "" if "--access-key-id" in words else f"{key_id}\n"
    ended = stage.run(*words, "--profile", "q", stdin=f"{typed}{stage.ann.keys.secret_access_key.swapcase()}\n")
    assert "hint: store both again, copied whole: aws-mfa setup --profile q\n" in ended.out + ended.err


@pytest.mark.parametrize("client", [Boto3(), AwsCli1(), AwsCli2()], ids=lambda client: type(client).__name__)
def test_a_profile_of_two_words_is_set_up_renewed_and_read(stage: ClassicStage, client: RealClient) -> None:
    """The SDK for JavaScript ignores such names in both files, quoted or not."""
    keys = stage.ann.keys
    ended = stage.run("--setup", "--profile", "my prof", stdin=f"{keys.access_key_id}\n{keys.secret_access_key}\n")
    assert ended.code == 0, ended
    ended = stage.run("--profile", "my prof", "--token", stage.code())
    assert ended.code == 0, ended
    assert client.caller_arn("my prof", {"HOME": stage.home}, stage.aws.url) == stage.ann.arn

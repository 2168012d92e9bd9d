"""Marked secrets go in; nothing of them comes out but where they belong."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Iterator

import pytest

from aws_mfa_practice import PracticeAws
from aws_mfa_practice.account import User
from programs import run_program

pytestmark = pytest.mark.real

# Every way to make Python talk.
TALKATIVE = {"PYTHONDEVMODE": "1", "PYTHONWARNINGS": "always", "PYTHONASYNCIODEBUG": "1", "PYTHONFAULTHANDLER": "1"}


@pytest.fixture
def aws() -> Iterator[PracticeAws]:
    with PracticeAws() as aws:
        yield aws


def run(home: str, aws: PracticeAws, *argv: str, typed: str = "", **variables: str) -> tuple[int, str]:
    """Exit code, and everything that was said on both streams."""
    ended = run_program(
        [sys.executable, "-m", "aws_mfa", *argv],
        {"PATH": os.environ["PATH"], "HOME": home, "AWS_ENDPOINT_URL": aws.url, **TALKATIVE, **variables},
        stdin=typed,
    )
    return ended.returncode, ended.stdout + ended.stderr


def keep_keys(home: str, user: User) -> None:
    os.makedirs(os.path.join(home, ".aws"), mode=0o700)
    path = os.path.join(home, ".aws", "credentials")
    with open(path, "w", encoding="utf-8", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        file.write(
            f"[work-long-term]\naws_access_key_id = {user.keys.access_key_id}\n"
            f"aws_secret_access_key = {user.keys.secret_access_key}\n"
        )


def sessions_secrets(home: str) -> list[str]:
    with open(os.path.join(home, ".aws", "credentials"), encoding="utf-8") as file:
        lines = [line.strip().partition(" = ") for line in file]
    return [value for key, _, value in lines if key in ("aws_secret_access_key", "aws_session_token")]


def test_a_renewal_prints_no_secret(home: str, aws: PracticeAws) -> None:
    ann = aws.account.add_user("ann")
    keep_keys(home, ann)
    phone = ann.add_device()
    code, said = run(home, aws, "--profile", "work", "--vault", "file", typed=f"{phone.code()}\n")
    assert code == 0, said
    assert len(sessions_secrets(home)) == 3
    assert [secret for secret in sessions_secrets(home) if secret in said] == []


@pytest.mark.parametrize("broken", ["[work]\n{secret}\n", "{secret}\n[work]\n", "[work]\n[work]\nx = {secret}\n"])
def test_a_broken_file_is_reported_without_its_lines(home: str, aws: PracticeAws, broken: str) -> None:
    """Here lines are keys: a parser that quotes the line it stumbled over would print one."""
    ann = aws.account.add_user("ann")
    secret = ann.keys.secret_access_key.replace("=", "x").replace(":", "x")
    keep_keys(home, ann)
    with open(os.path.join(home, ".aws", "credentials"), "a", encoding="utf-8") as file:
        file.write(broken.format(secret=secret))
    code, said = run(home, aws, "--profile", "work", "--token", "123456")
    assert code == 1
    assert "line" in said
    assert secret not in said


def test_set_up_prints_no_secret_and_leaves_it_only_in_the_vault(home: str, aws: PracticeAws) -> None:
    ann = aws.account.add_user("ann")
    ann.add_device()
    passphrase = "canary-passphrase-of-the-vault"
    command = shlex.join([sys.executable, "-c", f"print({passphrase!r})"])
    flags = ("--profile", "work", "--access-key-id", ann.keys.access_key_id, "--vault", "age")
    variables = {"AWS_MFA_AGE_PASSPHRASE_COMMAND": command}
    code, said = run(home, aws, "setup", *flags, typed=f"{ann.keys.secret_access_key}\n", **variables)
    assert code == 0, said
    assert ann.keys.secret_access_key not in said
    assert passphrase not in said
    assert list(files_holding(home, ann.keys.secret_access_key, passphrase)) == []


def test_wrong_secrets_and_wrong_codes_are_reported_without_them(home: str, aws: PracticeAws) -> None:
    ann = aws.account.add_user("ann")
    keep_keys(home, ann)
    ann.add_device()
    _, said = run(home, aws, "--profile", "work", "--vault", "file", typed="987612\n")
    assert "987612" not in said
    assert ann.keys.secret_access_key not in said


def test_the_files_left_behind_are_only_the_users(home: str, aws: PracticeAws) -> None:
    ann = aws.account.add_user("ann")
    keep_keys(home, ann)
    phone = ann.add_device()
    run(home, aws, "--profile", "work", "--vault", "file", typed=f"{phone.code()}\n")
    wide = [path for path in everything_below(home) if os.lstat(path).st_mode & 0o077]
    assert wide == []


def files_holding(folder: str, *secrets: str) -> Iterator[str]:
    for path in everything_below(folder):
        if os.path.isfile(path):
            with open(path, "rb") as file:
                data = file.read()
            if any(secret.encode() in data for secret in secrets):
                yield path


def everything_below(folder: str) -> Iterator[str]:
    for parent, folders, names in os.walk(os.path.join(folder, ".aws")):
        for name in (*folders, *names):
            yield os.path.join(parent, name)

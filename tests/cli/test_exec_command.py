"""What `exec` and `env` make of a session that was handed over, and what they say on the way."""

from __future__ import annotations

import argparse
import json

import pytest

from aws_mfa.cli.commands import env, exec_command
from aws_mfa.errors import AwsMfaError, BadInput, BadProfile, NeedsHuman, NoSuchCommand
from fakes import DEVICE, KEYS, FakeOutside, FakeTerminal, a_session, as_outside

CONFIG = f"[profile work]\nmfa_serial = {DEVICE}\nregion = eu-west-1\n"


def an_outside(*codes: str) -> FakeOutside:
    outside = FakeOutside("", CONFIG)
    outside.vaults["keychain"].stored["work-long-term"] = KEYS
    outside.known_keys.text = "[work-long-term]\nvault = keychain\n"
    outside.terminal = FakeTerminal(*codes)
    outside.environ = {"PATH": "/bin", "AWS_PROFILE": "other"}
    return outside


def run_exec(outside: FakeOutside, *argv: str, command: tuple[str, ...] = ("true",), profile: str = "work") -> int:
    parser = argparse.ArgumentParser()
    exec_command.add_arguments(parser)
    args = parser.parse_args([profile, *argv])
    args.command = list(command)
    return exec_command.run(args, as_outside(outside))


def run_env(outside: FakeOutside, *argv: str) -> int:
    parser = argparse.ArgumentParser()
    env.add_arguments(parser)
    return env.run(parser.parse_args(argv), as_outside(outside))


def test_the_child_gets_session_and_region_and_its_exit_code_is_ours() -> None:
    outside = an_outside("123456")
    outside.child.exit_code = 7
    assert run_exec(outside, command=("aws", "s3", "ls")) == 7
    assert outside.child.command == ["aws", "s3", "ls"]
    assert outside.child.environ["AWS_ACCESS_KEY_ID"] == "ASIAINVENTED00000001"
    assert outside.child.environ["AWS_REGION"] == "eu-west-1"
    assert "AWS_PROFILE" not in outside.child.environ
    assert outside.said == [], "nothing to say, nothing said"


def test_a_shell_is_announced_in_one_line_with_its_end() -> None:
    outside = an_outside("123456")
    run_exec(outside, command=())
    assert outside.child.command == ["/bin/sh"]
    (line,) = outside.said
    assert line.startswith("a shell with the session of work, good until ")
    assert "(12 h)" in line


@pytest.mark.parametrize(("profile", "expected"), [("aws", BadProfile), ("work", NoSuchCommand)])
def test_a_command_without_its_profile_is_told_so(
    profile: str, expected: type[AwsMfaError], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`exec aws s3 ls`: the command is not `s3`."""
    outside = an_outside()

    def not_there(command: object, environ: object) -> None:
        raise NoSuchCommand("command not found: s3")

    monkeypatch.setattr(outside.child, "check", not_there)
    with pytest.raises(expected) as refused:
        run_exec(outside, profile=profile, command=("s3", "ls"))
    is_told = "the profile comes first: aws-mfa exec PROFILE -- aws s3 ls" in refused.value.hints
    assert is_told == (profile == "aws")


def test_a_session_that_is_too_short_is_said_and_used() -> None:
    outside = an_outside("123456")
    outside.fake_sts.answers = [a_session(lasts_s=3600)]
    assert run_exec(outside, "--min-remaining", "6h") == 0
    assert outside.said == ["work: only 1 h left, less than asked: AWS gives no more here"]


def test_no_code_no_child() -> None:
    outside = an_outside()
    with pytest.raises(NeedsHuman):
        run_exec(outside)
    assert outside.child.command == []


def test_the_code_is_never_taken_from_stdin() -> None:
    assert exec_command.READS_PIPE is False
    parser = argparse.ArgumentParser()
    exec_command.add_arguments(parser)
    assert "--token-stdin" not in parser.format_help()


def test_env_writes_for_the_nearest_shell(capsys: pytest.CaptureFixture[str]) -> None:
    outside = an_outside("123456")
    outside.callers = ["fish"]
    assert run_env(outside, "work") == 0
    out = capsys.readouterr().out
    assert "set -gx AWS_ACCESS_KEY_ID 'ASIAINVENTED00000001';\n" in out
    assert out.startswith("set -e AWS_PROFILE ")


def test_env_takes_back_without_a_profile_and_without_a_session(capsys: pytest.CaptureFixture[str]) -> None:
    outside = an_outside()
    assert run_env(outside, "--unset", "--shell", "json") == 0
    assert set(json.loads(capsys.readouterr().out)) >= {"AWS_ACCESS_KEY_ID", "AWS_SESSION_TOKEN", "AWS_MFA_PROFILE"}
    assert outside.terminal.questions == []


def test_env_of_nobody_is_told() -> None:
    with pytest.raises(BadInput, match="PROFILE is missing"):
        run_env(an_outside(), "--shell", "sh")

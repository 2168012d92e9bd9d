"""What `exec` and `env` make of a session that was handed over, and what they say on the way."""

from __future__ import annotations

import argparse
import io
import json
from unittest import mock

import pytest

from aws_mfa.cli.commands import env, exec_command, serve
from aws_mfa.errors import AwsMfaError, BadInput, BadProfile, NeedsHuman, NoSuchCommand
from cli.commands.running import run_command
from fakes import DEVICE, KEYS, FakeInterfaces, FakeScreen, FakeTerminal, a_session
from users_and_modes import posix_only

CONFIG = f"[profile work]\nmfa_serial = {DEVICE}\nregion = eu-west-1\n"


def some_interfaces(*codes: str) -> FakeInterfaces:
    interfaces = FakeInterfaces("", CONFIG)
    interfaces.vaults["keychain"].stored["work-long-term"] = KEYS
    interfaces.known_keys.text = "[work-long-term]\nvault = keychain\n"
    interfaces.terminal = FakeTerminal(*codes)
    interfaces.environ = {"PATH": "/bin", "AWS_PROFILE": "other"}
    return interfaces


def run_exec(
    interfaces: FakeInterfaces, *argv: str, command: tuple[str, ...] = ("true",), profile: str = "work"
) -> int:
    return run_command(exec_command, interfaces, profile, *argv, command=command)


def test_the_child_gets_session_and_region_and_its_exit_code_is_returned() -> None:
    interfaces = some_interfaces("123456")
    interfaces.child.exit_code = 7
    assert run_exec(interfaces, command=("aws", "s3", "ls")) == 7
    assert interfaces.child.command == ["aws", "s3", "ls"]
    assert interfaces.child.environ["AWS_ACCESS_KEY_ID"] == "ASIAINVENTED00000001"
    assert interfaces.child.environ["AWS_REGION"] == "eu-west-1"
    assert "AWS_PROFILE" not in interfaces.child.environ
    assert interfaces.said == [], "nothing to say, nothing said"


def test_a_shell_is_announced_in_one_line_with_its_end() -> None:
    interfaces = some_interfaces("123456")
    run_exec(interfaces, command=())
    assert interfaces.child.command == ["/bin/sh"]
    (line,) = interfaces.said
    assert line.startswith("a shell with the session of work, good until ")
    assert "(12 h)" in line


@pytest.mark.parametrize(("profile", "expected"), [("aws", BadProfile), ("work", NoSuchCommand)])
def test_a_command_without_its_profile_gets_a_hint(
    profile: str, expected: type[AwsMfaError], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`exec aws s3 ls`: the command is not `s3`."""
    interfaces = some_interfaces()

    def not_there(command: object, environ: object) -> None:
        raise NoSuchCommand("command not found: s3")

    monkeypatch.setattr(interfaces.child, "check", not_there)
    with pytest.raises(expected) as refused:
        run_exec(interfaces, profile=profile, command=("s3", "ls"))
    is_told = "the profile comes first: aws-mfa exec PROFILE -- aws s3 ls" in refused.value.hints
    assert is_told == (profile == "aws")


@posix_only
@pytest.mark.parametrize(
    ("command", "line"),
    [
        (("ll",), "bash -ic ll"),
        (("ll", "my file"), """bash -ic 'll '"'"'my file'"'"''"""),
        (("echo $HOME",), "sh -c 'echo $HOME'"),
        (("/bin/no such",), "sh -c '/bin/no such'"),
        (("./none",), None),
    ],
)
def test_what_only_a_shell_can_run_gets_a_hint(
    command: tuple[str, ...], line: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    interfaces = some_interfaces()
    monkeypatch.setattr(interfaces.child, "shell", lambda _: ["/usr/bin/bash"])
    monkeypatch.setattr(interfaces.child, "check", mock.Mock(side_effect=NoSuchCommand("command not found")))
    with pytest.raises(NoSuchCommand) as refused:
        run_exec(interfaces, command=command)
    prefix = "a shell runs its aliases, its builtins and whole lines: aws-mfa exec work --"
    assert refused.value.hints == ((f"{prefix} {line}",) if line else ())


def test_a_session_that_is_too_short_is_reported_and_used() -> None:
    interfaces = some_interfaces("123456")
    interfaces.fake_sts.answers = [a_session(lasts_s=3600)]
    assert run_exec(interfaces, "--min-remaining", "6h") == 0
    assert interfaces.said == ["work: only 1 h left, less than asked: AWS gives no more here"]


def test_no_code_no_child() -> None:
    interfaces = some_interfaces()
    with pytest.raises(NeedsHuman):
        run_exec(interfaces)
    assert interfaces.child.command == []


def test_the_code_is_never_taken_from_stdin() -> None:
    assert exec_command.READS_PIPE is False
    parser = argparse.ArgumentParser()
    exec_command.add_arguments(parser)
    assert "--token-stdin" not in parser.format_help()


def test_env_writes_for_the_nearest_shell(capsys: pytest.CaptureFixture[str]) -> None:
    interfaces = some_interfaces("123456")
    interfaces.callers = ["fish"]
    assert run_command(env, interfaces, "work") == 0
    out = capsys.readouterr().out
    assert "set -gx AWS_ACCESS_KEY_ID 'ASIAINVENTED00000001';\n" in out
    assert out.startswith("set -e AWS_PROFILE ")


def test_env_takes_back_without_a_profile_and_without_a_session(capsys: pytest.CaptureFixture[str]) -> None:
    interfaces = some_interfaces()
    assert run_command(env, interfaces, "--unset", "--shell", "json") == 0
    assert set(json.loads(capsys.readouterr().out)) >= {"AWS_ACCESS_KEY_ID", "AWS_SESSION_TOKEN", "AWS_MFA_PROFILE"}
    assert interfaces.terminal.questions == []


@pytest.mark.parametrize("form", ["sh", "fish", "powershell", "cmd", "dotenv"])
def test_env_refuses_a_name_that_stdout_cannot_hold_before_it_asks(monkeypatch: pytest.MonkeyPatch, form: str) -> None:
    """Inside `for /f` and behind PowerShell's `|` stdout is a pipe in the code page of the machine."""
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(io.BytesIO(), encoding="cp1252"))
    interfaces = some_interfaces("123456")
    for command, argv in ((env, ["\u03b1"]), (serve, ["work", "\u03b1"])):
        with pytest.raises(BadInput, match="its encoding is cp1252"):
            run_command(command, interfaces, *argv, "--shell", form)
    assert interfaces.terminal.questions == []


def test_env_without_a_profile_is_refused() -> None:
    with pytest.raises(BadInput, match="PROFILE is missing"):
        run_command(env, some_interfaces(), "--shell", "sh")


CHOICE = f"""\
[profile first]
include_profile = first
[profile sso]
sso_session = x
{CONFIG}[profile other]
role_arn = arn:aws:iam::210987654321:role/Admin
source_profile = work
"""


@pytest.mark.parametrize("argv", [[], ["--min-remaining", "1h"]])
def test_a_profile_that_is_not_named_is_chosen_from_a_list(argv: list[str]) -> None:
    """Those with a session come first; it begins at the one of AWS_PROFILE; what is left of it is one line."""
    interfaces = some_interfaces("123456")
    interfaces.config.text = CHOICE
    run_exec(interfaces)  # its session is stored
    interfaces.fake_screen = FakeScreen("up", "up", "enter")
    assert run_command(exec_command, interfaces, *argv, command=("true",)) == 0
    assert interfaces.fake_screen.drawn[0].splitlines()[1:5] == [
        "  profile  session    account       role",
        "  work     12 h left  123456789012",
        "  first",
        "> other               210987654321  Admin<",
    ]
    assert interfaces.terminal.said == ["exec work"]
    assert interfaces.child.environ["AWS_MFA_PROFILE"] == "work"


@pytest.mark.parametrize("config", [CHOICE, "[profile sso]\nsso_session = x\n"])
def test_without_a_person_or_a_profile_the_argument_is_asked_for(
    config: str, capsys: pytest.CaptureFixture[str]
) -> None:
    interfaces = some_interfaces()
    interfaces.config.text, interfaces.known_keys.text = config, None
    interfaces.fake_screen = FakeScreen("enter") if config is not CHOICE else None
    with pytest.raises(SystemExit) as ended:
        run_command(exec_command, interfaces, command=("true",))
    assert ended.value.code == 2
    assert "the following arguments are required: PROFILE" in capsys.readouterr().err
    assert interfaces.child.command == []

"""--json-errors: whatever ends a command is one line of JSON on stderr, and nothing else is there."""

from __future__ import annotations

import json
import os
from typing import Any

import pytest

from aws_mfa.cli.commands import console, credential_process, env, exec_command, renew, serve
from aws_mfa.cli.main import main, whole_parser
from aws_mfa.cli.output import print_failures
from aws_mfa.errors import Cancelled, NeedsHuman, NotSetUp, RefusedByAws, WrongCode

FIELDS = ["version", "error", "exit_code", "message", "hints", "run"]
SECRET = "wJalrXUtnFEMI/K7MDENG"
WITH_FLAG = ("exec", "env", "credential-process", "serve", "console", "renew", "plan", "whoami")
MODULES = {
    "exec": exec_command,
    "env": env,
    "credential-process": credential_process,
    "serve": serve,
    "console": console,
    "renew": renew,
}


def failure(argv: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, Any]]:
    """The exit code, and the only line on stderr."""
    code = main(argv)
    err = capsys.readouterr().err
    assert err.count("\n") == 1, err
    assert err.endswith("\n"), err
    return code, json.loads(err)


def raising(error: BaseException, monkeypatch: pytest.MonkeyPatch) -> None:
    def run(*_: object) -> int:
        raise error

    for module in MODULES.values():
        monkeypatch.setattr(module, "run", run)


def test_these_commands_have_the_flag() -> None:
    (commands,) = [action.choices for action in whole_parser()._actions if isinstance(action.choices, dict)]
    assert {name for name, parser in commands.items() if "--json-errors" in parser.format_help()} == set(WITH_FLAG)


@pytest.mark.parametrize("name", MODULES)
def test_every_failure_has_these_fields_and_no_others(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Programs read them: one may be added, none renamed or removed without a new version."""
    error = NeedsHuman("no one\x1b can answer", "in a terminal: aws-mfa renew dev", "b", "c", "d")
    error.command = "aws-mfa renew dev"
    raising(error, monkeypatch)
    code, found = failure([name, "dev", "--json-errors"], capsys)
    assert (code, list(found)) == (4, FIELDS)
    assert found == {
        "version": 1,
        "error": "NeedsHuman",
        "exit_code": 4,
        "message": "no one\x1b can answer",
        "hints": ["in a terminal: aws-mfa renew dev", "b", "c", "d"],
        "run": "aws-mfa renew dev",
    }


@pytest.mark.parametrize(
    ("error", "code", "kind"),
    [
        (WrongCode("no"), 5, "WrongCode"),
        (KeyboardInterrupt(), 130, "Cancelled"),
        (Cancelled("cancelled"), 130, "Cancelled"),
        (ZeroDivisionError(SECRET), 1, "AwsMfaError"),
        (MemoryError(SECRET), 1, "AwsMfaError"),
        (ModuleNotFoundError(SECRET, name="rich"), 3, "NotSetUp"),
        (BrokenPipeError(32, "Broken pipe"), 1, "AwsMfaError"),
        (OSError(28, "No space left on device"), 1, "AwsMfaError"),
    ],
)
def test_what_was_not_expected_is_told_in_the_same_form(
    error: BaseException, code: int, kind: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("aws_mfa.cli.output.drop_output", lambda: None)  # stdout is pytest's
    raising(error, monkeypatch)
    assert main(["console", "--json-errors", "dev"]) == code
    err = capfd.readouterr().err
    found = json.loads(err)
    assert (found["error"], found["exit_code"], found["run"], SECRET in err) == (kind, code, None, False)


@pytest.mark.parametrize(
    ("argv", "message", "hints"),
    [
        (["exec", "--json-errors"], "the following arguments are required: PROFILE; give", ["aws-mfa exec --help"]),
        (["console", "--json-errors"], "the following arguments are required: PROFILE", ["aws-mfa console --help"]),
        (["env", "dev", f"--{SECRET}", "--json-errors"], "one argument too many (not shown", ["aws-mfa env --help"]),
        (
            ["renew", "--json-errors", "--list"],
            "unrecognized arguments: --list",
            ["aws-mfa status", "aws-mfa renew --help"],
        ),
        (["renew", "--json-errors", "--vault", SECRET], "argument --vault: invalid choice", ["aws-mfa renew --help"]),
    ],
)
def test_wrong_usage_too(argv: list[str], message: str, hints: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    code, found = failure(argv, capsys)
    assert (code, found["error"], found["exit_code"], found["hints"]) == (2, "BadInput", 2, hints)
    assert found["message"].startswith(message)
    assert SECRET not in str(found)


def test_help_is_no_failure(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as leaving:
        main(["exec", "--json-errors", "--help"])
    assert (leaving.value.code, capsys.readouterr().err) == (0, "")


@pytest.mark.parametrize("words", [["nothere", "--json-errors"], ["--", "nothere", "--json-errors"]])
def test_the_flag_of_the_commands_own_command_is_not_ours(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["exec", "arn:aws:iam::123456789012:role/dev", *words]) == 127
    assert capsys.readouterr().err.startswith("aws-mfa: ")
    code, found = failure(["exec", "arn:aws:iam::123456789012:role/dev", "--json-errors", *words], capsys)
    assert (code, found["error"]) == (127, "NoSuchCommand")


def test_the_shell_that_evaluates_env_still_fails(capsys: pytest.CaptureFixture[str]) -> None:
    for argv in (["env", "nope", "--shell", "sh"], ["env", "nope", "--shell", "sh", "--wrong"]):
        assert main([*argv, "--json-errors"]) in (2, 3)
        out, err = capsys.readouterr()
        assert (out, err.count("\n")) == (f"(exit {json.loads(err)['exit_code']});\n", 1)


def test_an_sdk_is_told_one_line_without_the_flag(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    raising(NotSetUp("no keys", "aws-mfa setup", "another"), monkeypatch)
    assert main(["credential-process", "dev"]) == 3
    assert capsys.readouterr() == ("", "aws-mfa: no keys; aws-mfa setup\n")


def test_of_many_profiles_the_line_has_the_failure_that_decides_and_each_profiles(
    capsys: pytest.CaptureFixture[str],
) -> None:
    asked = NeedsHuman("no one can answer")
    asked.command = "aws-mfa renew a c"
    assert print_failures({"a": asked, "b": RefusedByAws("no", "see IAM"), "c": asked}, 5) == 5
    err = capsys.readouterr().err
    found = json.loads(err)
    assert (err.count("\n"), list(found)) == (1, [*FIELDS, "profiles"])
    assert (found["error"], found["exit_code"], found["run"]) == ("RefusedByAws", 5, None)
    assert [list(row) for row in found["profiles"]] == [["profile", *FIELDS[1:]]] * 3
    assert [(row["profile"], row["exit_code"], row["run"]) for row in found["profiles"]] == [
        ("a", 4, "aws-mfa renew a c"),
        ("b", 5, None),
        ("c", 4, "aws-mfa renew a c"),
    ]


def test_plan_says_so_of_what_cannot_be_planned(home: str, capsys: pytest.CaptureFixture[str]) -> None:
    os.mkdir(f"{home}/.aws", 0o700)
    with open(f"{home}/.aws/config", "w") as file:
        file.write("[profile a]\nrole_arn = arn:aws:iam::123456789012:role/a\nsource_profile = gone\n")
    os.chmod(f"{home}/.aws/config", 0o600)
    code, found = failure(["plan", "a", "--json-errors", "--no-keychain"], capsys)
    assert (code, found["error"], [row["profile"] for row in found["profiles"]]) == (3, "BadProfile", ["a"])

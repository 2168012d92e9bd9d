"""What `--help` shows: commands in three groups, examples that work as printed, a command's own flags first."""

from __future__ import annotations

import importlib
import re
import shlex

import pytest

from aws_mfa.cli.arguments import Parser, cut_at_command, parsed
from aws_mfa.cli.classic.flags import parse_flags
from aws_mfa.cli.main import COMMANDS, commands_help, main

GROUPS = ["options:", "the code:", "a narrower session:", "where the keys are:", "example:"]


def help_of(argv: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit) as leaving:
        main([*argv, "--help"])
    assert leaving.value.code == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("name", COMMANDS)
def test_an_example_of_each_command_works_as_printed(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    example = help_of([name], capsys).splitlines()[-1]
    found = re.search(r"aws-mfa ([^()]+)", example)
    assert found
    word, *argv = shlex.split(found[1].rstrip('")'))
    assert word == name
    module = importlib.import_module(f"aws_mfa.cli.commands.{COMMANDS[name][0]}")
    parser = Parser(name)
    module.add_arguments(parser)
    parsed(parser, cut_at_command(parser, argv)[0] if getattr(module, "TAKES_COMMAND", False) else argv)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_commands_own_flags_come_first(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    titles = [line for line in help_of([name], capsys).splitlines() if line in GROUPS]
    assert titles == [title for title in GROUPS if title in titles]
    assert (titles[0], titles[-1]) == ("options:", "example:")


def test_every_command_is_in_one_of_three_groups_which_are_about_a_screen() -> None:
    lines = commands_help().splitlines()
    assert [line for line in lines if not line.startswith("  ")] == ["every day:", "once:", "other:"]
    assert {line.split()[0] for line in lines if line.startswith("  ")} == set(COMMANDS)
    assert len(lines) <= 26


def test_help_says_first_how_to_start(capsys: pytest.CaptureFixture[str]) -> None:
    out = help_of([], capsys)
    assert out.split("\n\n")[1] == "start with: aws-mfa setup"
    assert "  aws-mfa --profile work\n  aws-mfa exec prod -- aws s3 ls\n" in out


def test_the_near_name_comes_before_the_list(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse_flags(["conole"], commands_help())
    lines = capsys.readouterr().err.splitlines()
    at = lines.index("aws-mfa: error: there is no command 'conole'")
    assert lines[at + 1 : at + 3] == ["did you mean: console, code", "every day:"]


def test_no_line_of_the_list_of_commands_is_wider_than_a_terminal() -> None:
    assert [line for line in commands_help().splitlines() if len(line) > 80] == []

"""Command lines of each system: what is quoted or joined is split into the same words; hints are that system's."""

from __future__ import annotations

import shlex
from subprocess import list2cmdline

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aws_mfa import command_lines
from aws_mfa.command_lines import command, joined, quote, set_variables, split, unset_variable
from examples import examples


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command_lines, "_WINDOWS", True)


@examples(200)
@given(st.lists(st.text(st.sampled_from("ab \t\\\"'%")), min_size=1))
def test_words_come_back_on_both_systems(words: list[str]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(command_lines, "_WINDOWS", False)
        assert split(joined(words)) == words
        assert joined(words) == shlex.join(words)
        patch.setattr(command_lines, "_WINDOWS", True)
        assert split(joined(words)) == words
        assert split(" ".join(map(quote, words))) == words
        assert joined(words) == list2cmdline(words)


@pytest.mark.usefixtures("windows")
@pytest.mark.parametrize(
    ("line", "words"),
    [
        (r"C:\tools\pass.exe show aws-mfa", [r"C:\tools\pass.exe", "show", "aws-mfa"]),
        (r'"C:\Program Files\x\x.exe" --new "a b"', [r"C:\Program Files\x\x.exe", "--new", "a b"]),
        (r'a"b c"d  e', ["ab cd", "e"]),
        (r'a "" \\ \"', ["a", "", "\\\\", '"']),
        ("it's", ["it's"]),
        ("  ", []),
    ],
)
def test_windows_lines_are_split_as_windows_does(line: str, words: list[str]) -> None:
    assert split(line) == words


@pytest.mark.parametrize("system", [True, False])
def test_an_open_quote_is_refused(monkeypatch: pytest.MonkeyPatch, system: bool) -> None:  # noqa: FBT001
    monkeypatch.setattr(command_lines, "_WINDOWS", system)
    with pytest.raises(ValueError, match="quot"):
        split('a "b')


@pytest.mark.usefixtures("windows")
@pytest.mark.parametrize(
    ("word", "quoted"),
    [("work", "work"), ("my prof", '"my prof"'), ("a&b", '"a&b"'), (r"C:\a\b", r"C:\a\b"), ("", '""')],
)
def test_hints_of_windows_quote_as_its_shells_do(word: str, quoted: str) -> None:
    assert quote(word) == quoted


@pytest.mark.parametrize("is_windows", [True, False])
def test_hints_are_commands_of_the_system(monkeypatch: pytest.MonkeyPatch, is_windows: bool) -> None:  # noqa: FBT001
    monkeypatch.setattr(command_lines, "_WINDOWS", is_windows)
    of_posix = {"ls -ld", "ls -lL", "df -h", "mkdir -p -m 700", "rm", "kill"}
    made = {command(task, "x").removesuffix(" x") for task in command_lines._COMMANDS}
    assert (made & of_posix == set()) if is_windows else (made == of_posix)


@pytest.mark.parametrize(
    ("is_windows", "in_cmd", "set_line", "unset_line"),
    [
        (False, False, "export A=b C='d e'", "unset A"),
        (True, True, 'set "A=b" && set "C=d e"', "set A="),
        (True, False, "$env:A='b'; $env:C='d e'", "Remove-Item Env:A"),
    ],
)
def test_variables_are_set_as_the_shell_does(
    monkeypatch: pytest.MonkeyPatch, *, is_windows: bool, in_cmd: bool, set_line: str, unset_line: str
) -> None:
    monkeypatch.setattr(command_lines, "_WINDOWS", is_windows)
    monkeypatch.setattr(command_lines, "_IN_CMD", in_cmd)
    assert (set_variables(A="b", C="d e"), unset_variable("A")) == (set_line, unset_line)

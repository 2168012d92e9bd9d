"""Programs are found on PATH only, also by the rules of Windows."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from aws_mfa.system.programs import NotStarted, found_program, run_for_answer, system_program
from users_and_modes import posix_only


def put(folder: Path, name: str) -> str:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return str(path)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder, with a program in it."""
    folder = tmp_path / "here"
    put(folder, "aws")
    put(folder, "aws.CMD")
    monkeypatch.chdir(folder)
    return folder


@pytest.mark.parametrize("on_windows", [False, True])
def test_a_program_in_the_working_folder_is_not_found(here: Path, tmp_path: Path, *, on_windows: bool) -> None:
    for path in ("", ".", f".{os.pathsep}", str(tmp_path)):
        assert found_program("aws", {"PATH": path}, on_windows=on_windows) is None
    assert found_program(os.path.join(".", "aws"), {"PATH": str(here)}, on_windows=on_windows) is None


def test_the_first_on_the_path_is_found_with_the_endings_of_windows(here: Path, tmp_path: Path) -> None:
    first, second = put(tmp_path / "a", "aws.CMD"), put(tmp_path / "b", "aws.EXE")
    environ = {"PATH": os.pathsep.join([".", os.path.dirname(first), os.path.dirname(second)]), "PATHEXT": ".EXE;.CMD"}
    assert found_program("aws", environ, on_windows=True) == first
    assert found_program("aws.EXE", environ, on_windows=True) == second
    if os.name != "nt":
        assert found_program("aws", environ, on_windows=False) is None


def test_an_absolute_path_is_itself(here: Path) -> None:
    assert found_program(str(here / "aws"), {}) == str(here / ("aws.CMD" if os.name == "nt" else "aws"))
    assert found_program(str(here / "absent"), {}) is None


def test_a_program_of_windows_is_not_looked_for() -> None:
    path = system_program("taskkill.exe", {"SYSTEMROOT": r"D:\W"})
    assert path.replace("/", "\\") == r"D:\W\System32\taskkill.exe"


@pytest.mark.parametrize("word", ["one-time\0seed", pytest.param("\ud800seed", marks=posix_only)])
def test_a_word_that_the_system_cannot_take_is_a_program_that_is_not_started(word: str) -> None:
    with pytest.raises(NotStarted, match="cannot be started: it holds a character") as caught:
        run_for_answer([sys.executable, word], environ=dict(os.environ), limit_s=5, cancellation=None)
    assert "seed" not in str(caught.value)
    assert caught.value.__suppress_context__

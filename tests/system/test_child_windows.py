"""The child on Windows: found on PATH only, deaf parent, the child's own exit code. Elsewhere Windows is simulated."""

from __future__ import annotations

import importlib
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

import pytest

BREAK = getattr(signal, "SIGBREAK", None) or signal.SIGTERM


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.setattr(signal, "SIGBREAK", BREAK, raising=False)
    monkeypatch.delitem(sys.modules, "aws_mfa.system.child_windows", raising=False)
    with monkeypatch.context() as while_imported:
        while_imported.setattr(sys, "platform", "win32")
        return importlib.import_module("aws_mfa.system.child_windows")


@pytest.mark.real
@pytest.mark.parametrize("code", [0, 7])
def test_the_exit_code_is_the_childs(windows: ModuleType, code: int) -> None:
    assert windows.ended_child([sys.executable, "-c", f"raise SystemExit({code})"], os.environ) == code


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [(0x7FFFFFFF, 0x7FFFFFFF), (0x80000000, -0x80000000), (0xC000013A, 0xC000013A - (1 << 32)), (0xFFFFFFFF, -1)],
)
def test_the_code_of_a_crash_is_one_that_sys_exit_takes(
    windows: ModuleType, monkeypatch: pytest.MonkeyPatch, theirs: int, ours: int
) -> None:
    monkeypatch.setattr(subprocess, "call", lambda *_, **__: theirs)
    assert windows.ended_child([sys.executable], os.environ) == ours


@pytest.mark.parametrize("error", [None, OSError("no"), ValueError("a NUL")])
def test_ctrl_c_and_ctrl_break_are_for_the_child_while_it_runs(
    windows: ModuleType, monkeypatch: pytest.MonkeyPatch, error: Exception | None
) -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, BREAK)]

    def call(command: list[str], env: Mapping[str, str]) -> int:
        assert (command[1:], env) == (["a b", 'say "x"'], {"PATH": os.environ["PATH"]})
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(BREAK)
        if error is not None:
            raise error
        return 3

    monkeypatch.setattr(subprocess, "call", call)
    words = [sys.executable, "a b", 'say "x"']
    if error is None:
        assert windows.ended_child(words, {"PATH": os.environ["PATH"]}) == 3
    else:
        with pytest.raises(type(error)):
            windows.ended_child(words, {"PATH": os.environ["PATH"]})
    assert [signal.getsignal(number) for number in (signal.SIGINT, BREAK)] == before


def test_a_command_is_searched_on_the_path_and_not_in_the_working_folder(
    windows: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """CreateProcess would begin there: a download folder could have an `aws.exe`."""
    here, there = tmp_path / "here", tmp_path / "there"
    for folder in (here, there):
        folder.mkdir()
        (folder / "tool.exe").write_text("")
        (folder / "tool.exe").chmod(0o755)
    monkeypatch.chdir(here)
    assert windows.found_command("tool.exe", {"PATH": str(tmp_path), "PATHEXT": ".EXE"}) is None
    assert windows.found_command("tool.exe", {"PATH": str(there), "PATHEXT": ".EXE"}) == str(there / "tool.exe")
    with pytest.raises(FileNotFoundError) as failure:
        windows.ended_child(["tool.exe"], {"PATH": str(tmp_path), "PATHEXT": ".EXE"})
    assert failure.value.filename == "tool.exe"

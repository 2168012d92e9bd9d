"""The measures of the structure, on a tree made up for it."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path
from types import ModuleType

import pytest

from needs import ROOT

SOURCE = '''"""A module."""
from typing import Protocol

class Port(Protocol):
    def open(self) -> None:
        """Prescribed."""

class Thing:
    def __init__(self) -> None:
        self.name = once_called()

def once_called() -> int:
    """One line, and one mention."""
    return 1

def twice_called() -> int:
    """Two mentions."""
    return 2

A, B = twice_called(), twice_called()

def long() -> int:
    """A docstring."""
%s    return 3
'''


@pytest.fixture
def tool(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    spec = importlib.util.spec_from_file_location("measures", os.path.join(ROOT, "tools", "measures.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "measures", module)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    package = tmp_path / "src" / "aws_mfa" / "package"
    (package.parent / "practice").mkdir(parents=True)
    (tmp_path / "tests").mkdir()
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package.parent / "practice" / "not_counted.py").write_text("x = 1\n" * 1000)
    (package / "one.py").write_text(SOURCE % ("    x = 1\n" * 40))
    for number in range(12):
        (package / f"further_{number}.py").write_text("x = 1\n")
    (tmp_path / "tests" / "test_one.py").write_text("x = 1\n" * 10)
    return tmp_path


def test_the_figures(tool: ModuleType, tree: Path) -> None:
    found = {measure.name: measure for measure in tool.measures(str(tree))}
    assert {name: measure.figure for name, measure in found.items()} == {
        "lines of source": 76,
        "modules": 13,
        "longest function": 43,
        "median function, without docstring": 2,
        "functions of <= 4 lines, mentioned once": 1,
        "entries of the fullest folder": 13,
        "modules above 400 lines": 0,
        "modules below 60 lines": 12,
        "test lines per source line": 0.13,
    }
    exceeded = [name for name, measure in found.items() if measure.is_exceeded]
    assert exceeded == ["longest function", "median function, without docstring", "entries of the fullest folder"]
    (small,) = found["functions of <= 4 lines, mentioned once"].found
    assert small.endswith("once_called")


@pytest.mark.parametrize(("argv", "exit_code"), [([], 0), (["--check"], 1)])
def test_only_a_check_fails(
    tool: ModuleType, tree: Path, monkeypatch: pytest.MonkeyPatch, argv: list[str], exit_code: int
) -> None:
    monkeypatch.setattr(tool, "ROOT", str(tree))
    assert tool.main(argv) == exit_code

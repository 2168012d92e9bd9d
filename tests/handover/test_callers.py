"""The programs above us, as /proc and ps name them."""

from __future__ import annotations

import os
import sys

import pytest

from aws_mfa.handover import callers as module
from needs import needs
from programs import SOURCE, run_program

if sys.platform == "win32":
    pytest.skip("processes of POSIX", allow_module_level=True)

PROGRAM = "from aws_mfa.handover.callers import callers; print(*callers(), sep='\\n')"


@pytest.mark.real
@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "dash"])
def test_the_shell_that_evaluates_our_lines_is_the_nearest_caller(shell: str, home: str) -> None:
    """In `$(...)` the parent is a copy of the shell, of the same name."""
    needs(shell)
    command = f'echo "$({sys.executable} -c "$PROGRAM")"'
    if shell == "fish":
        command = f'{sys.executable} -c "$PROGRAM" | cat'
    env = {"PATH": os.environ["PATH"], "HOME": home, "PROGRAM": PROGRAM, **SOURCE}
    done = run_program([shell, "-c", f"{command}; true"], env)
    assert done.stdout.splitlines()[0] == shell, done


@pytest.mark.real
def test_proc_and_ps_give_the_same() -> None:
    if not os.path.exists("/proc/self/stat"):
        pytest.skip("no /proc here")
    needs("ps")
    mine = os.getpid()
    assert module._above(mine, module._from_ps()) == module._above(mine, module._from_proc()) != []


def test_a_program_whose_name_holds_brackets_is_understood(tmp_path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path = os.path.join(tmp_path, "stat")
    with open(path, "w", encoding="utf-8") as file:
        file.write("12 (a ) R 7 (x)) S 99 12 0\n")
    real = open
    monkeypatch.setattr("builtins.open", lambda _, **options: real(path, **options))
    assert module._stat(12) == (99, "a ) R 7 (x)")


def test_where_the_system_does_not_say_there_are_no_callers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert module._from_ps() == {}
    assert module._above(4711, {}) == []
    assert module._stat(-1) is None


def test_a_circle_of_parents_ends() -> None:
    """Ids are used again while the list is made."""
    assert module._above(2, {2: (3, "a"), 3: (2, "b")})[:3] == ["b", "a", "b"]

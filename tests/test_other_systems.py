"""Every test can be collected on every system: an import that fails there would end the run before its first test."""

from __future__ import annotations

import os
import sys

import pytest

from needs import ROOT
from programs import run_program


@pytest.mark.real
@pytest.mark.parametrize("system", ["darwin", "linux", "win32"])
def test_tests_are_collected_without_what_another_system_has(system: str) -> None:
    """On macOS and Windows without the Linux keychain's libraries, on Windows without POSIX, on Alpine without age."""
    variables = {"SIMULATED_SYSTEM": system, "PYTHONPATH": os.path.join(ROOT, "tests"), "PYTHONDONTWRITEBYTECODE": "1"}
    options = ["-p", "other_system", "-n", "0", "-p", "no:cacheprovider", "-q", "--collect-only"]
    done = run_program([sys.executable, "-m", "pytest", *options], {**os.environ, **variables}, cwd=ROOT)
    assert done.returncode == 0, "\n".join(line for line in done.stdout.splitlines() if "::" not in line)


IGNORING = """
import os, signal, sys
for name in ("SIGALRM", "SIGCHLD", "SIGHUP", "SIGINT", "SIGQUIT", "SIGTERM", "SIGTSTP", "SIGUSR1"):
    signal.signal(getattr(signal, name), signal.SIG_IGN)
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT, signal.SIGTERM])
os.execv(sys.executable, [sys.executable, "-m", "pytest", *sys.argv[1:]])
"""


@pytest.mark.real
@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_a_runner_that_ignores_or_blocks_signals_changes_no_result() -> None:
    """As `nohup` does, `&` in a script, and some CI."""
    chosen = ["tests/system/test_child.py", "tests/scenarios/test_setup.py", "-k", "ctrl_c or kills or signal"]
    command = [sys.executable, "-c", IGNORING, "-n", "0", "-p", "no:cacheprovider", "-q", *chosen]
    done = run_program(command, os.environ, cwd=ROOT, timeout_s=110)
    assert done.returncode == 0, done.stdout

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

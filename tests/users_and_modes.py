"""For tests of files: root, another user, modes, the umask, and another Python."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from programs import run_program

posix_only = pytest.mark.skipif(os.name == "nt", reason="POSIX modes, links and signals")
as_root = pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="only root can become another user")
NOBODY = 65534
ENVIRONMENT = dict(os.environ, PYTHONPATH=os.pathsep.join(sys.path))


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@contextmanager
def umask(mask: int) -> Iterator[None]:
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


def run_python(code: str, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run `code` in another Python."""
    done = run_program([sys.executable, "-c", code, *arguments], ENVIRONMENT)
    assert done.returncode == 0 or not check, done
    return done

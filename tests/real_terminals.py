"""
Programs on a terminal of their own (a pty), as a user starts them: started, looked at, waited for.

POSIX only: a test module that imports this one is skipped elsewhere.
"""

from __future__ import annotations

import re
import sys
import warnings
from typing import TypeAlias

import pytest

if sys.platform == "win32":
    pytest.skip("terminals of POSIX", allow_module_level=True)

from collections.abc import Mapping, Sequence

import pexpect

from programs import wait_until

Pty: TypeAlias = "pexpect.spawn[str]"


def on_a_pty(
    command: Sequence[str], env: Mapping[str, str], *, timeout: float = 20, columns: int = 80, cwd: str | None = None
) -> Pty:
    """Start it; `timeout` in seconds is for each `expect`."""
    program, *arguments = command
    with warnings.catch_warnings():
        # Python 3.12 and later warn when pexpect forks beside pytest-xdist's thread; the child calls exec at once.
        warnings.filterwarnings("ignore", ".*multi-threaded.*", DeprecationWarning)
        child = pexpect.spawn(
            program, arguments, env=dict(env), encoding="utf-8", timeout=timeout, dimensions=(24, columns), cwd=cwd
        )
    # pexpect waits before it types, for programs that are slow to turn echo off: ours are ready when they ask.
    child.delaybeforesend = None
    return child


def end_of(child: Pty) -> tuple[int | None, str]:
    """The exit code, and what was shown up to the end."""
    child.expect(pexpect.EOF)
    child.wait()
    child.close()
    return child.exitstatus, (child.before or "").replace("\r\n", "\n")


def matched(child: Pty, pattern: str) -> re.Match[str]:
    """Wait for the pattern on the screen."""
    child.expect(pattern)
    assert isinstance(child.match, re.Match)
    return child.match


def wait_for_echo(child: Pty, *, on: bool) -> None:
    """Wait until the terminal shows what is typed, or no longer does."""
    wait_until(lambda: child.getecho() is on, limit_s=5)

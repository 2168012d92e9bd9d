"""Programs on a terminal of their own, as a person starts them; for POSIX alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pexpect

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def on_a_pty(
    command: Sequence[str], env: Mapping[str, str], *, timeout: float = 20, columns: int = 80, cwd: str | None = None
) -> pexpect.spawn[str]:
    """Start it; `timeout` in seconds is for each `expect`."""
    program, *arguments = command
    child = pexpect.spawn(
        program, arguments, env=dict(env), encoding="utf-8", timeout=timeout, dimensions=(24, columns), cwd=cwd
    )
    # pexpect waits before it types, for programs that are slow to turn echo off: ours are ready when they ask.
    child.delaybeforesend = None
    return child


def ended(child: pexpect.spawn[str]) -> tuple[int | None, str]:
    """The exit code, and what was shown up to the end."""
    child.expect(pexpect.EOF)
    child.close()
    return child.exitstatus, (child.before or "").replace("\r\n", "\n")

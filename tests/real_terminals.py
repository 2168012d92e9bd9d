"""
Programs on a terminal of their own (a pty, or a window of tmux), as a user starts them: started, looked at, waited for.

POSIX only: a test module that imports this one is skipped elsewhere.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import sys
import tempfile
import time
import warnings
from typing import TypeAlias

import pytest

if sys.platform == "win32":
    pytest.skip("terminals of POSIX", allow_module_level=True)

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import pexpect

from needs import needs
from programs import output_of, wait_until

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


def child_of(pid: int | str | None) -> int:
    """The only child of this process."""
    path = f"/proc/{pid}/task/{pid}/children"
    needs(path)
    with open(path) as children:
        return int(children.read())


class Tmux:
    """A tmux server of its own with one window, of 24 lines, in which a program runs."""

    def __init__(self, folder: str, command: Sequence[str], env: Mapping[str, str], columns: int) -> None:
        self._folder = folder
        self._env = env
        shell = f"{shlex.join(command)}; sleep 30"
        self.does("-f", "/dev/null", "new-session", "-d", "-x", str(columns), "-y", "24", shell)

    def types(self, text: str) -> None:
        self.does("send-keys", "-l", text)

    def presses(self, *keys: str) -> None:
        """Keys by tmux's names: Up, C-z, Enter."""
        self.does("send-keys", *keys)

    def screen(self) -> str:
        """The whole screen, wrapped lines joined."""
        return self.does("capture-pane", "-p", "-J").rstrip()

    def shows(self, text: str) -> str:
        """Wait until the text is on the screen; the whole screen."""
        end_at = time.monotonic() + 10
        while text not in (screen := self.screen()):
            assert time.monotonic() < end_at, screen
            time.sleep(0.05)
        return screen

    def does(self, *arguments: str) -> str:
        return output_of(["tmux", "-S", os.path.join(self._folder, "socket"), *arguments], self._env)


@contextmanager
def in_tmux(command: Sequence[str], env: Mapping[str, str], *, columns: int = 80) -> Iterator[Tmux]:
    """The window, which is closed at the end with what runs in it."""
    needs("tmux")
    folder = tempfile.mkdtemp(prefix="tmux-")  # a socket's path must be short
    window = Tmux(folder, command, env, columns)
    try:
        yield window
    finally:
        window.does("kill-server")
        shutil.rmtree(folder)

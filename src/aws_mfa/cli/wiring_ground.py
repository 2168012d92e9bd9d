"""
What every door of this machine stands on: the variables, the clock, stderr, the terminal, the folder of our state.

A part of `wiring.py`. No door to anything that is heavy, or that may fail.
"""

from __future__ import annotations

import os
import sys
import time
from functools import cached_property
from typing import TYPE_CHECKING

from aws_mfa.adapters.aws_files import state_folder
from aws_mfa.adapters.terminal import NoTerminal, choose_terminal
from aws_mfa.rules.child_environment import chosen_by_the_user
from aws_mfa.rules.shown_text import shown_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_mfa.workflows.doors_to_people import Terminal


class Asking:
    """
    How a run may ask.

    `reads_pipe`: answers may be piped in; `asks_on_stdout`: then the questions go there, as the old tool's did;
    `never_asks`: whoever asks is told that nobody is there; `announces`: somebody reads stderr while a question waits.
    """

    __slots__ = ("announces", "asks_on_stdout", "never_asks", "reads_pipe")

    def __init__(self, *, reads_pipe: bool, asks_on_stdout: bool, never_asks: bool, announces: bool) -> None:
        self.reads_pipe = reads_pipe
        self.asks_on_stdout = asks_on_stdout
        self.never_asks = never_asks
        self.announces = announces


class Ground:
    """The first things that are there; each group of doors is a class that builds on it."""

    def __init__(self, environ: Mapping[str, str], asking: Asking) -> None:
        self.environ = chosen_by_the_user(environ)
        self._asking = asking

    @cached_property
    def terminal(self) -> Terminal:
        """Where questions are asked."""
        if self._asking.never_asks:
            return NoTerminal("run the same without --no-input in a terminal")
        return choose_terminal(reads_pipe=self._asking.reads_pipe, asks_on_stdout=self._asking.asks_on_stdout)

    def say(self, text: str) -> None:
        """Print one line on stderr."""
        # One write: twenty processes that say it at once do not mix their lines.
        sys.stderr.write(f"{shown_text(text)}\n")

    def now(self) -> float:
        """Seconds since the epoch."""
        return time.time()

    def _state(self, name: str) -> str:
        """The path of that name in the folder of our state."""
        return os.path.join(state_folder(self.environ), name)

"""
What every door of this machine stands on: the variables, the clock, stderr, the terminal, the folder of our state.

A part of `wiring.py`. No door to anything that is heavy, or that may fail.
"""

from __future__ import annotations

import os
import sys
import time
from copy import copy
from functools import cached_property
from typing import TYPE_CHECKING

from aws_mfa.adapters.aws_files import state_folder
from aws_mfa.adapters.terminal import NoTerminal, choose_terminal
from aws_mfa.rules.child_environment import chosen_by_the_user
from aws_mfa.rules.shown_text import shown_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from typing_extensions import Self

    from aws_mfa.adapters.terminal import ControllingTerminal, PipedAnswers
    from aws_mfa.workflows.doors_to_people import Terminal

# What holds on to whom it may ask.
_OF_WHOM_IS_ASKED = ("terminal", "code_ways", "fork", "_keychain", "_age_file", "_unattended")


class Asking:
    """
    How a run may ask.

    `reads_pipe`: answers may be piped in; `asks_on_stdout`: then the questions go there, as the old tool's did;
    `never_asks`: whoever asks is told that nobody is there; `announces`: somebody reads stderr while a question waits.
    `at_terminal`: the terminal is ours to ask on, and not another program's.
    """

    __slots__ = ("announces", "asks_on_stdout", "at_terminal", "never_asks", "reads_pipe")

    def __init__(self, *, reads_pipe: bool, asks_on_stdout: bool, never_asks: bool, announces: bool) -> None:
        self.reads_pipe = reads_pipe
        self.asks_on_stdout = asks_on_stdout
        self.never_asks = never_asks
        self.announces = announces
        self.at_terminal = True

    def away_from_terminal(self) -> Asking:
        """The same, while the terminal is another program's."""
        twin = copy(self)
        twin.at_terminal = False
        return twin

    def never(self) -> Asking:
        """The same, with nobody to ask."""
        twin = copy(self)
        twin.never_asks = True
        return twin


class Ground:
    """The first things that are there; each group of doors is a class that builds on it."""

    def __init__(self, environ: Mapping[str, str], asking: Asking) -> None:
        self.environ = chosen_by_the_user(environ)
        self._asking = asking
        self.held_back: list[str] = []

    @cached_property
    def terminal(self) -> Terminal:
        """Where questions are asked."""
        return self._open_terminal(reads_pipe=self._asking.reads_pipe)

    def away_from_terminal(self) -> Self:
        """The same doors, with nobody at the terminal."""
        return self._asking_as(self._asking.away_from_terminal())

    def unattended(self) -> Self:
        """The same doors, with nobody to ask; the same ones each time."""
        return self if self._asking.never_asks else self._unattended

    @cached_property
    def _unattended(self) -> Self:
        return self._asking_as(self._asking.never())

    def _asking_as(self, asking: Asking) -> Self:
        twin = copy(self)
        vars(twin)["_asking"] = asking
        for door in _OF_WHOM_IS_ASKED:
            vars(twin).pop(door, None)
        return twin

    def _open_terminal(self, *, reads_pipe: bool) -> ControllingTerminal | PipedAnswers | NoTerminal:
        """Where questions are asked; every question to a person begins here, whatever it is about."""
        if self._asking.never_asks:
            return NoTerminal("run the same without --no-input in a terminal", because="--no-input forbids to ask")
        if not self._asking.at_terminal:
            return NoTerminal("run aws-mfa renew in another terminal", because="the terminal is the command's")
        return choose_terminal(reads_pipe=reads_pipe, asks_on_stdout=self._asking.asks_on_stdout)

    def say(self, text: str) -> None:
        """Print one line on stderr; where stderr is read when all is over, it is held back until it is known how."""
        if not self._asking.announces:
            self.held_back.append(text)
            return
        # One write: twenty processes that say it at once do not mix their lines.
        sys.stderr.write(f"{shown_text(text)}\n")

    def say_what_was_held_back(self) -> None:
        """For a run that went well: what failed is told in its one line, and nothing beside it."""
        sys.stderr.write("".join(f"{shown_text(text)}\n" for text in self.held_back))

    def now(self) -> float:
        """Seconds since the epoch."""
        return time.time()

    def _state(self, name: str) -> str:
        """The path of that name in the folder of our state."""
        return os.path.join(state_folder(self.environ), name)

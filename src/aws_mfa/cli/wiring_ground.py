"""
What every door of this machine stands on: the variables, the clock, stderr, the terminal, the folder of our state.

A part of `wiring.py`. No door to anything that is heavy, or that may fail. Owns what twins of the doors have in common.
"""

from __future__ import annotations

import os
import sys
import time
from copy import copy
from functools import cached_property
from typing import TYPE_CHECKING

from aws_mfa.adapters.age_passphrase import KnownOfVault
from aws_mfa.adapters.aws_files import state_folder
from aws_mfa.adapters.terminal import NoTerminal, choose_terminal
from aws_mfa.rules.child_environment import chosen_by_the_user
from aws_mfa.rules.shown_text import shown_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from typing_extensions import Self

    from aws_mfa.adapters.aws_http import AwsHttp
    from aws_mfa.adapters.sts import AwsSts
    from aws_mfa.adapters.terminal import ControllingTerminal, PipedAnswers
    from aws_mfa.workflows.doors_to_people import Terminal


class Asking:
    """
    How a run may ask.

    `reads_pipe`: answers may be piped in; `asks_on_stdout`: then the questions go there, as the old tool's did;
    `never_asks`: whoever asks is told that nobody is there; `announces`: somebody reads stderr while a question waits.
    `at_terminal`: the terminal is ours to ask on, and not another program's. `is_unattended`: not a person forbade to
    ask, but the work is of a kind that asks nobody.
    """

    __slots__ = ("announces", "asks_on_stdout", "at_terminal", "is_unattended", "never_asks", "reads_pipe")

    def __init__(self, *, reads_pipe: bool, asks_on_stdout: bool, never_asks: bool, announces: bool) -> None:
        self.reads_pipe = reads_pipe
        self.asks_on_stdout = asks_on_stdout
        self.never_asks = never_asks
        self.announces = announces
        self.at_terminal = True
        self.is_unattended = False

    def away_from_terminal(self) -> Asking:
        """The same, while the terminal is another program's."""
        twin = copy(self)
        twin.at_terminal = False
        return twin

    def never(self) -> Asking:
        """The same, with nobody to ask."""
        twin = copy(self)
        twin.never_asks = twin.is_unattended = True
        return twin


class Shared:
    """
    All that the doors of a run have in common with their twins, who may ask others, or nobody.

    So nothing belongs here that can ask or speak. `age_vault`: what one has asked for, the others know.
    Without `use_keychain` nothing opens the keychain, whatever asks for it.
    """

    __slots__ = ("age_vault", "connections", "environ", "held_back", "sts", "use_keychain")

    def __init__(self, environ: Mapping[str, str], *, use_keychain: bool = True) -> None:
        self.use_keychain = use_keychain
        self.environ = chosen_by_the_user(environ)
        self.held_back: list[str] = []
        self.age_vault = KnownOfVault()
        self.connections: dict[str | None, AwsHttp] = {}
        self.sts: dict[tuple[str, str, AwsHttp], AwsSts] = {}


class Ground:
    """The first things that are there; each group of doors is a class that builds on it, with no state but doors."""

    def __init__(self, asking: Asking, shared: Shared) -> None:
        self.environ = shared.environ
        self._asking = asking
        self._shared = shared

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
        """Doors none of which is open: one that was opened here may hold on to whom it can ask here."""
        twin = self.__new__(type(self))
        Ground.__init__(twin, asking, self._shared)
        return twin

    def _open_terminal(self, *, reads_pipe: bool) -> ControllingTerminal | PipedAnswers | NoTerminal:
        """Where questions are asked; every question to a person begins here, whatever it is about."""
        if self._asking.is_unattended:
            return NoTerminal("run aws-mfa renew in a terminal", because="nobody is asked here")
        if self._asking.never_asks:
            return NoTerminal("run the same without --no-input in a terminal", because="--no-input forbids to ask")
        if not self._asking.at_terminal:
            return NoTerminal("run aws-mfa renew in another terminal", because="the terminal is the command's")
        return choose_terminal(reads_pipe=reads_pipe, asks_on_stdout=self._asking.asks_on_stdout)

    def say(self, text: str) -> None:
        """Print one line on stderr; where stderr is read when all is over, it is held back until it is known how."""
        if not self._asking.announces:
            self._shared.held_back.append(text)
            return
        # One write: twenty processes that say it at once do not mix their lines.
        sys.stderr.write(f"{shown_text(text)}\n")

    def say_what_was_held_back(self) -> None:
        """For a run that went well: what failed is told in its one line, and nothing beside it."""
        sys.stderr.write("".join(f"{shown_text(text)}\n" for text in self._shared.held_back))

    def now(self) -> float:
        """Seconds since the epoch."""
        return time.time()

    def _state(self, name: str) -> str:
        """The path of that name in the folder of our state."""
        return os.path.join(state_folder(self.environ), name)

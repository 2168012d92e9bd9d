"""
Another code after the last one: whether it is asked for, of whom, and when the device shows it.

A person is asked again, a pipe never, a command for its next code. A code that was used is still shown until its
window is over: then we wait, instead of letting AWS refuse it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_mfa.rules.code_providers import COMMANDS
from aws_mfa.rules.code_windows import seconds_to_next, window_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_mfa.errors import AwsMfaError
    from aws_mfa.rules.code_providers import CodeProvider
    from aws_mfa.workflows.outside import Outside

_FROM_PERSON = 3
# A command that gives the code shows the same one until its window is over.
_FROM_COMMAND = 2


class AnotherCode:
    """
    What a run remembers of the codes that it asked for.

    `given_up`: names of the ways whose codes were refused; they are not asked in this run any more.
    """

    def __init__(self, outside: Outside) -> None:
        self.given_up: set[str] = set()
        self._outside = outside
        self._last_way: CodeProvider | None = None
        self._users: set[str] = set()
        self._used_in: dict[str, int] = {}

    def is_first_of(self, user: str) -> bool:
        """Whether none has come yet for this user (his long-term section): then his keys were not checked either."""
        return user not in self._users

    def came_by(self, way: CodeProvider, user: str) -> None:
        """Remember who gave the last code, and for whom."""
        self._last_way = way
        self._users.add(user)

    def was_used(self, device: str) -> None:
        """Remember that AWS took a code of the device in this window."""
        self._used_in[device] = window_of(self._outside.now())

    def wait(self, device: str) -> None:
        """Wait for the next window where the device still shows the code that was used; never at a pipe."""
        way = self._last_way
        can_wait = way is not None and (way.has_human or way.name in COMMANDS)
        if can_wait and self._used_in.get(device) == window_of(self._outside.now()):
            self._count_down(device)

    def prepare(self, error: AwsMfaError, device: str, refused: Sequence[CodeProvider]) -> None:
        """
        Prepare for the code after one that was refused with `error`, which is raised where no other is asked for.

        A person is told why, a command gets the time to show another. `refused`: who gave the codes that were refused
        in this turn, the last one's at the end.
        """
        way = refused[-1]
        if not self._may_ask_again(way, [one.name for one in refused].count(way.name)):
            raise error
        if way.name in self.given_up:
            self._outside.say(error.message)
        elif way.has_human:
            for line in error.lines:
                way.say(line)
        else:
            self._count_down(device)

    def _may_ask_again(self, way: CodeProvider, times_refused: int) -> bool:
        """A person is asked three times, a pipe once; a command twice, then a person where one is."""
        if way.has_human:
            return times_refused < _FROM_PERSON
        if way.name not in COMMANDS:
            return False
        if times_refused < _FROM_COMMAND:
            return True
        self.given_up.add(way.name)
        return any(other.has_human for other in self._outside.code_providers)

    def _count_down(self, device: str) -> None:
        left_s = seconds_to_next(self._outside.now())
        self._outside.terminal.count_down(left_s, f"the next code of {device} begins in")

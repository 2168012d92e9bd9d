"""
Opens the doors to people: the ways to a code, the locks around prompts, the codes known as used, the browser.

A part of `wiring.py`; each door's adapter is loaded on first use. The Protocols: `workflows/doors_to_people.py`.
"""

from __future__ import annotations

from copy import copy
from functools import cached_property
from typing import TYPE_CHECKING

from aws_mfa.cli.wiring_ground import Ground

if TYPE_CHECKING:
    from collections.abc import Sequence

    from typing_extensions import Self

    from aws_mfa.adapters.answering import QuestionFolder
    from aws_mfa.adapters.browser import SystemBrowser
    from aws_mfa.adapters.code_ledger import LedgerFile
    from aws_mfa.adapters.prompt_lock import FileLocks
    from aws_mfa.rules.code_ways import CodeWay


class DoorsToPeople(Ground):
    """Who answers, and who may ask."""

    @cached_property
    def code_ways(self) -> list[CodeWay]:
        """Where a code may come from."""
        from aws_mfa.cli.wiring_code_ways import open_code_ways

        return open_code_ways(
            self.environ,
            self.terminal,
            self._question_folder,
            say=self.say if self._asking.announces else _unheard,
            hands_over=not self._asking.reads_pipe,
            never_asks=self._asking.never_asks,
        )

    def with_code_ways(self, ways: Sequence[CodeWay]) -> Self:
        """The same doors, those that are open already included."""
        twin = copy(self)
        vars(twin)["code_ways"] = list(ways)
        return twin

    @cached_property
    def open_questions(self) -> QuestionFolder:
        """What other processes of this user ask."""
        from aws_mfa.adapters.answering import QuestionFolder

        return QuestionFolder(self._question_folder)

    @cached_property
    def prompt_locks(self) -> FileLocks:
        """Which process may ask for a code."""
        return self._open_locks(came_at=None)

    def waiting_since(self, came_at: float) -> Self:
        """The same doors, counting the wait from `came_at`: failures published since then are reported to us too."""
        twin = copy(self)
        vars(twin)["prompt_locks"] = self._open_locks(came_at=came_at)
        return twin

    def _open_locks(self, *, came_at: float | None) -> FileLocks:
        from aws_mfa.adapters.prompt_lock import FileLocks

        return FileLocks(self._state("turns"), now=self.now, say=self.say, came_at=came_at)

    @cached_property
    def ledger(self) -> LedgerFile:
        """The codes known as used."""
        from aws_mfa.adapters.code_ledger import LedgerFile

        return LedgerFile(self._state("used-codes"))

    @cached_property
    def browser(self) -> SystemBrowser:
        """The browser of whoever sits here."""
        from aws_mfa.adapters.browser import SystemBrowser

        return SystemBrowser(self.environ)

    @property
    def _question_folder(self) -> str:
        return self._state("questions")


def _unheard(text: str) -> None:
    """Where stderr is shown when all is over, it is for what went wrong."""
    del text

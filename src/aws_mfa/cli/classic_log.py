"""The classic form's log: `LEVEL - text` on stdout, silenced below a level; failures with their hints."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from aws_mfa.cli.classic_messages import LEVELS, shown
from aws_mfa.rules.shown_text import shown_text

if TYPE_CHECKING:
    from aws_mfa.cli.classic_messages import Line
    from aws_mfa.errors import AwsMfaError


class ClassicLog:
    """Prints lines at or above its level, at once: a question may follow on another stream."""

    def __init__(self, level: str) -> None:
        self._level = level

    def lines(self, lines: list[Line]) -> None:
        """Print them in order."""
        sys.stdout.write(shown(lines, self._level))
        sys.stdout.flush()

    def line(self, level: str, text: str) -> None:
        """Print one."""
        self.lines([(level, text)])

    def failure(self, error: AwsMfaError) -> None:
        """One line that says what happened, then a line for each way out."""
        self.line("ERROR", error.message)
        if LEVELS["ERROR"] >= LEVELS[self._level]:
            sys.stdout.write("".join(f"{shown_text(line)}\n" for line in error.hint_lines))
            sys.stdout.flush()

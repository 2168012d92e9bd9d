"""
Where our own arguments end and the words of a command begin.

`argparse.REMAINDER` takes our flags behind PROFILE for the command's, and treats `--` differently from version to
version of Python. So the words are cut before argparse sees them: at `--`, or at the second word that is no flag of
ours and no flag's value. What stands behind the cut is never looked at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

_OURS = 1  # PROFILE; the word behind it is the command's


def cut_at_command(parser: argparse.ArgumentParser, argv: list[str]) -> tuple[list[str], list[str]]:
    """Return our own arguments, and the command with its own; [] for no command."""
    valued = _flags_with_value(parser)
    words, at = 0, 0
    while at < len(argv):
        word = argv[at]
        if word == "--":
            return argv[:at], argv[at + 1 :]
        if word == "-" or not word.startswith("-"):
            if words == _OURS:
                return argv[:at], argv[at:]
            words += 1
        at += 2 if word in valued else 1
    return argv, []


def _flags_with_value(parser: argparse.ArgumentParser) -> set[str]:
    actions = parser._actions  # noqa: SLF001  # argparse has no other list of what was declared
    return {flag for action in actions if action.nargs != 0 for flag in action.option_strings}

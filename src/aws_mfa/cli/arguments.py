"""
Parses arguments, and cuts them where the words of another command begin; errors never repeat what was typed.

argparse repeats it, and what follows a mistyped flag, or takes the place of a command, may be a secret that then
stands in a CI log.
"""

from __future__ import annotations

import argparse
import re
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Collection

# argparse quotes values, and only them; where it names an option as it was typed, a value may follow the `=`.
_VALUE_BEGINS = re.compile("""['"=]""")
_CHOICES = "(choose from "
_OURS = 1  # PROFILE; the word behind it is the command's
# A word that cannot be a secret: of the kind that commands and flags are made of.
_PLAIN_WORD = re.compile(r"[a-z][a-z-]{0,19}")


class Parser(argparse.ArgumentParser):
    """`argparse.ArgumentParser`; flags are not abbreviated."""

    def __init__(
        self, prog: str, *, description: str | None = None, epilog: str | None = None, usage: str | None = None
    ) -> None:
        super().__init__(
            prog=prog,
            usage=usage,
            description=description,
            epilog=epilog,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )

    def error(self, message: str) -> NoReturn:
        """End the program with usage on stderr and exit code 2; of argparse's message the value is left out."""
        told = _VALUE_BEGINS.split(message, maxsplit=1)[0].rstrip(": ")
        if "invalid choice" in told and _CHOICES in message:
            told = f"{told} {_CHOICES}{message.rpartition(_CHOICES)[2]}"
        self.refuse(told)

    def refuse(self, message: str) -> NoReturn:
        """The same with a message of ours, as it is."""
        super().error(message)

    def has_flag(self, flag: str) -> bool:
        """Whether there is this flag."""
        return flag in self._option_string_actions

    def shown_flag(self, word: str) -> str:
        """Return what of an unknown flag can be repeated, "" for nothing: a value may be glued to it."""
        name = word.partition("=")[0]
        known = max((flag for flag in self._option_string_actions if name.startswith(flag)), key=len, default=name)
        if known != name:
            return f"{known}..."
        if not name.startswith("--"):
            name = name[:2]
        return name if _PLAIN_WORD.fullmatch(name.lstrip("-")) else ""


def parsed(parser: Parser, argv: list[str], *, commands: Collection[str] = ()) -> argparse.Namespace:
    """Parse, or end the program with usage on stderr and exit code 2; `commands` may stand first only."""
    arguments, unknown = parser.parse_known_args(argv)
    for word in unknown:
        if word in commands:
            parser.refuse(f"the command comes first: aws-mfa {word} [flags]")
    if unknown:
        flags = [parser.shown_flag(word) for word in unknown if word.startswith("-")]
        what = " ".join(filter(None, flags)) or f"{len(unknown)} that no flag takes (not shown: they may be secret)"
        parser.refuse(f"unrecognized arguments: {what}{_where_profiles_go(parser, flags)}")
    return arguments


def shown_word(word: str) -> str:
    """Return the word in quotes, and a stand-in for what may be a secret."""
    return repr(word) if _PLAIN_WORD.fullmatch(word) else "of that name (not shown: it may be secret)"


def cut_at_command(parser: argparse.ArgumentParser, argv: list[str]) -> tuple[list[str], list[str]]:
    """
    Return our own arguments, and the command with its own; [] for no command. What is behind the cut is not looked at.

    Cut at `--`, or at the second word that is no flag of ours and no flag's value.
    """
    actions = parser._actions  # noqa: SLF001  # argparse has no other list of what was declared
    valued = {flag for action in actions if action.nargs != 0 for flag in action.option_strings}
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


def _where_profiles_go(parser: Parser, unknown_flags: list[str]) -> str:
    """Some commands have --profile and some PROFILE, so people type the one where the other is wanted."""
    if parser.has_flag("--profile") and not unknown_flags:
        return f"; the profile is a flag here: {parser.prog} --profile NAME"
    if "--profile" in unknown_flags and "PROFILE" in parser.format_usage():
        return f"; the profile stands by itself: {parser.prog} PROFILE"
    return ""

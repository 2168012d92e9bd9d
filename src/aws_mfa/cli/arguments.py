"""
Arguments parsed: what is unknown is told by its flag alone.

argparse repeats whole arguments, and the one behind a mistyped flag may be a secret that then stands in a CI log.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse
    from collections.abc import Collection


def parsed(parser: argparse.ArgumentParser, argv: list[str], *, commands: Collection[str] = ()) -> argparse.Namespace:
    """Parse, or end the program with usage on stderr and exit code 2; `commands` may stand first only."""
    arguments, unknown = parser.parse_known_args(argv)
    for word in unknown:
        if word in commands:
            parser.error(f"the command comes first: aws-mfa {word} [flags]")
    if unknown:
        flags = [word.partition("=")[0] for word in unknown if word.startswith("-")]
        what = " ".join(flags) or f"{len(unknown)} that no flag takes (not shown: they may be secret)"
        parser.error(f"unrecognized arguments: {what}{_where_profiles_go(parser, flags)}")
    return arguments


def _where_profiles_go(parser: argparse.ArgumentParser, flags: list[str]) -> str:
    """The form without a command has --profile, so people type it behind commands too."""
    if "--profile" not in flags or "PROFILE" not in parser.format_usage():
        return ""
    return f"; the profile stands by itself: {parser.prog} PROFILE"

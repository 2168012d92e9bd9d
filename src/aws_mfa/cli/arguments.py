"""
Parses arguments, and cuts them where another command begins. Its errors never repeat what was typed.

argparse repeats it; but a word after a mistyped flag, or in place of a command, may be a secret, and CI logs keep it.
"""

from __future__ import annotations

import argparse
import os
import re
from typing import TYPE_CHECKING, Any, NoReturn

from aws_mfa.aws_values.text import parse_seconds
from aws_mfa.errors import HINT, BadInput

if TYPE_CHECKING:
    from collections.abc import Collection

# argparse quotes only values; if it names an option as it was typed, a value may follow the `=`.
_VALUE_BEGINS = re.compile("""['"=]""")
_CHOICES = "(choose from "
_OWN_WORDS = 1  # PROFILE; the next word belongs to the command
JSON_ERRORS = "--json-errors"
_PLAIN_WORD = re.compile(r"[a-z][a-z-]{0,19}")  # names of commands and flags look like this; a secret does not

# Flags of 0.0.12's neighbours (aws-vault, granted, awsume and the like) -> what does that here.
_OF_OTHER_TOOLS = {
    **dict.fromkeys(("-d", "--duration", "--role-duration"), "exec, env, serve and console take --duration 8h; "
                    "to renew early: --min-remaining 8h"),
    **dict.fromkeys(("-t", "--mfa-token"), "--token CODE"),
    **dict.fromkeys(("-v", "--verbose", "--debug"), "to see what is done, and why: aws-mfa plan PROFILE"),
    **dict.fromkeys(("-j", "--json"), "aws-mfa env PROFILE --shell json"),
    **dict.fromkeys(("-s", "--ecs-server", "--ec2-server"), "aws-mfa exec --server PROFILE -- COMMAND"),
    **dict.fromkeys(("-r", "--region"), "exec, env, serve and console take --region; else set AWS_REGION, "
                    "or region in the profile"),
    **dict.fromkeys(("-c", "--console"), "aws-mfa console PROFILE"),
    **dict.fromkeys(("-u", "--unset"), "aws-mfa env --unset"),
    **dict.fromkeys(("-l", "--list"), "aws-mfa status"),
    "--backend": "--vault keychain, age or file",
    "--role-arn": "aws-mfa exec ARN --source-profile NAME -- COMMAND",
}  # fmt: skip


def duration(text: str) -> int:
    """The type of a flag: seconds, or `8h`."""
    try:
        return parse_seconds(text, "", has_units=True)
    except BadInput:
        raise argparse.ArgumentTypeError("not a duration, give for example: 8h, 90m or 3600") from None


class Parser(argparse.ArgumentParser):
    """`argparse.ArgumentParser`; flags are not abbreviated. `raises`: wrong usage is a `BadInput`, not printed here."""

    raises = False

    def __init__(self, prog: str, **options: Any) -> None:  # noqa: ANN401  # argparse passes more to subparsers since 3.14
        as_written = argparse.RawDescriptionHelpFormatter
        super().__init__(prog, formatter_class=as_written, allow_abbrev=False, **options)

    def error(self, message: str) -> NoReturn:
        """End the program with usage on stderr and exit code 2; the value is cut from argparse's message."""
        shown = _VALUE_BEGINS.split(message, maxsplit=1)[0].rstrip(": ")
        if "invalid choice" in shown and _CHOICES in message:
            shown = f"{shown} {_CHOICES}{message.rpartition(_CHOICES)[2]}"
        if shown.endswith("required: PROFILE"):  # the account that a command works in is to be seen in its line
            command = _with_profile(self.prog.partition(" ")[2], os.environ.get("AWS_PROFILE") or "PROFILE")
            shown += f"; give the profile without a flag: aws-mfa {command}"
        self.refuse(shown)

    def refuse(self, message: str) -> NoReturn:
        """Like `error`, but the message is printed unchanged."""
        if self.raises:
            text, *hints = message.split(f"\n{HINT}")
            raise BadInput(text, *hints, f"{self.prog} --help")
        super().error(message)

    def shown_flag(self, word: str) -> str:
        """Return the part of an unknown flag that may be printed, "" for none: its end may be a value."""
        name = word.partition("=")[0]
        known = max((flag for flag in self._option_string_actions if name.startswith(flag)), key=len, default=name)
        if known != name:
            return f"{known}..."
        if not name.startswith("--"):
            name = name[:2]
        return name if _PLAIN_WORD.fullmatch(name.lstrip("-")) else ""

    def profile_hint(self, unknown_flags: list[str]) -> str:
        """The hint for users who confuse the two: some commands have --profile, others PROFILE."""
        means_profile = "--profile" in unknown_flags or "-p" in unknown_flags
        if "--profile" in self._option_string_actions and (means_profile or not unknown_flags):
            return f"; the profile is a flag here: {self.prog} --profile NAME"
        if means_profile and "PROFILE" in self.format_usage():
            return f"; the profile is given without a flag: {self.prog} PROFILE"
        hints = dict.fromkeys(_OF_OTHER_TOOLS[flag] for flag in unknown_flags if flag in _OF_OTHER_TOOLS)
        return "".join(f"\n{HINT}{hint}" for hint in hints)


def parsed(parser: Parser, argv: list[str], *, commands: Collection[str] = ()) -> argparse.Namespace:
    """Parse, or end the program with usage on stderr and exit code 2; one of `commands` may only be the first word."""
    if any(word.startswith("--") and word.endswith("=--") for word in argv):
        parser.refuse("a flag has -- in place of its value")  # of which argparse makes a list
    arguments, unknown = parser.parse_known_args(argv)
    for word in unknown:
        if word in commands:
            parser.refuse(f"the command comes first: aws-mfa {_with_profile(word, arguments.profile)}")
    if unknown:
        flags = [parser.shown_flag(word) for word in unknown if word.startswith("-")]
        shown = " ".join(filter(None, flags))
        if shown:
            what = f"unrecognized arguments: {shown}"
        elif len(unknown) == 1:
            what = "one argument too many (not shown, it may be a secret)"
        else:
            what = f"{len(unknown)} arguments too many (not shown, they may be secrets)"
        parser.refuse(f"{what}{parser.profile_hint(flags)}")
    return arguments


def _with_profile(command: str, profile: str | None) -> str:
    """The command with the profile where it belongs; a name that may be a secret is not shown."""
    if not profile or command in ("setup", "import", "code", "demo"):
        return f"{command} [flags]"
    name = profile if _PLAIN_WORD.fullmatch(profile) else "PROFILE"
    return f"{command} {name} {'-- COMMAND' if command == 'exec' else '[flags]'}"


def shown_word(word: str) -> str:
    """Return the word in quotes, or a text in its place if it may be a secret."""
    return repr(word) if _PLAIN_WORD.fullmatch(word) else "of that name (not shown: it may be secret)"


def cut_at_command(parser: argparse.ArgumentParser, argv: list[str]) -> tuple[list[str], list[str]]:
    """
    Return aws-mfa's own arguments, and the command with its own, which are not parsed.

    Cuts at `--`, or at the second word that is neither a flag nor its value; `-- -odd -- true` begins with a profile.
    """
    actions = parser._actions  # noqa: SLF001  # argparse has no other list of what was declared
    valued = {flag for action in actions if action.nargs != 0 for flag in action.option_strings}
    words, at = 0, 0
    while at < len(argv):
        word = argv[at]
        if word == "--":
            profile, behind = argv[at + 1 : at + 2], argv[at + 2 :]
            if not words and profile and (behind[:1] == ["--"] or profile[0].startswith("-")):
                return argv[: at + 2], behind[1:] if behind[:1] == ["--"] else behind
            return argv[:at], argv[at + 1 :]
        if word == "-" or not word.startswith("-"):
            if words == _OWN_WORDS:
                return argv[:at], argv[at:]
            words += 1
        at += 2 if word in valued else 1
    return argv, []

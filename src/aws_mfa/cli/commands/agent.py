"""`aws-mfa agent setup`: print the settings by which a coding tool uses AWS through aws-mfa, write or remove them."""

from __future__ import annotations

import os
from difflib import unified_diff
from typing import TYPE_CHECKING

from aws_mfa.agents.settings import change, text_with
from aws_mfa.agents.tools import TOOLS, left_to_do
from aws_mfa.cli.output import print_lines
from aws_mfa.command_lines import quote
from aws_mfa.config.sections import profile_in_force
from aws_mfa.errors import BrokenFile, NotSetUp, RefusedByRule
from aws_mfa.key_care.importing import ask_consent
from aws_mfa.vaults.lookup import KnownProfiles

if TYPE_CHECKING:
    import argparse

    from aws_mfa.agents.tools import Settings
    from aws_mfa.interfaces import Interfaces

READS_PIPE = False  # a line of a pipe confirms nothing

HELP = """\
Let a coding tool use AWS through aws-mfa, by settings that name the profile and
keep the tool off keys and sessions. aws_mfa_agent says what it gets from AWS.

  aws-mfa agent setup claude|codex|cursor|vscode|mcp [PROFILE]"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    setup = actions.add_parser("setup", help="the settings of a tool", description=HELP)
    add, either = setup.add_argument, setup.add_mutually_exclusive_group().add_argument
    add("tool", choices=tuple(TOOLS), metavar="TOOL", help=f"{', '.join(TOOLS)} (of any MCP client)")
    add("profile", nargs="?", metavar="PROFILE", help="for the agent (default: AWS_PROFILE, else default)")
    either("--write", action="store_true", help="show the difference, ask, and write it")
    either("--undo", action="store_true", help="take back what was written")
    add("--yes", action="store_true", help="write it without a question")


def run(args: argparse.Namespace, interfaces: Interfaces) -> int:
    """Exit code 3 if the file has to be edited by hand."""
    profile, environ = profile_in_force(args.profile, interfaces.environ), interfaces.environ
    there = (interfaces.credentials.path, interfaces.config.path, os.path.dirname(interfaces.known_keys.path))
    files = [*map(os.path.abspath, there), *(f"{one}/aws-mfa" for one in [environ.get("XDG_RUNTIME_DIR")] if one)]
    path, settings = TOOLS[args.tool](profile, os.path.dirname(os.path.dirname(files[2])), files, environ)
    path = os.path.abspath(path)
    if (args.write or args.undo) and interfaces.agent is not None:
        what = f"{interfaces.agent} changes no settings of agents"
        raise RefusedByRule(what, "ask the user to run this in a terminal")
    if args.undo:
        return _take_back((path, settings), interfaces)
    known = KnownProfiles(interfaces)
    known.check()
    found = known.profiles.profile(profile)
    for line in left_to_do(found, files[1], environ) if found else [known.profiles.no_such(profile).message]:
        interfaces.say(line)
    if args.tool == "cursor":
        interfaces.say(f"Cursor has no setting for the profile: start it with AWS_PROFILE={quote(profile)}")
    if not args.write:
        print_lines(text_with((path, settings)).splitlines())
        interfaces.say(f"for {path}; write them: aws-mfa agent setup {args.tool} {quote(profile)} --write")
        return 0

    def confirm(old: str, new: str) -> None:
        was, will_be = (text.expandtabs(4).splitlines() for text in (old, new))
        print_lines(unified_diff(was, will_be, path, path, lineterm=""))
        if not args.yes:
            ask_consent("Write this? [y/n] ", interfaces, look="look first: the same without --write")

    try:
        done = change((path, settings), interfaces, confirm)
    except BrokenFile as error:
        print_lines(text_with((path, settings)).splitlines())
        raise NotSetUp(error.message, "put the settings above in their place by hand") from None
    undo = f"written; take it back with: aws-mfa agent setup {args.tool} --undo"
    print_lines([f"{path}: {'has these settings already' if done is None else undo}"])
    return 0


def _take_back(found: Settings, interfaces: Interfaces) -> int:
    left = change(found, interfaces, None)
    print_lines([f"{found[0]}: {'nothing to take back' if left is None else 'what aws-mfa wrote is taken back'}"])
    for name in left or ():
        interfaces.say(f"not taken back, because it was changed since: {name}")
    return NotSetUp.exit_code if left else 0

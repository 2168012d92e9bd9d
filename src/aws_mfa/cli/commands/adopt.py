"""`aws-mfa adopt`: hide the roles of profiles from SDKs, so that SDKs ask aws-mfa for sessions; or undo it."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from aws_mfa.config.profile_settings import shown
from aws_mfa.errors import BadInput, NotSetUp
from aws_mfa.setup.adopt import AdoptRequest, look, write_adoption
from aws_mfa.setup.adoption import CHANGED, NOT_CHANGED, SESSION_REMOVED, masked_diff

if TYPE_CHECKING:
    import argparse

    from aws_mfa.interfaces import Interfaces

HELP = """\
Let SDKs get the sessions of role profiles from aws-mfa.

An SDK that sees role_arn in a profile assumes the role itself and asks for a
code each time. This puts aws_mfa_ before the keys of the role, which aws-mfa
reads as before, and adds the line
  credential_process = aws-mfa credential-process PROFILE
A session that aws-mfa wrote into the profile's section of the credentials file
would be used instead, so it is removed. Nothing else changes; --undo restores."""

_STATES = {NOT_CHANGED: "adopted already", CHANGED: "adopted", SESSION_REMOVED: "adopted, and its session removed"}
_STATES_OF_UNDO = {NOT_CHANGED: "not adopted, nothing to undo", CHANGED: "restored"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("profiles", nargs="*", metavar="PROFILE", help="role profiles of ~/.aws/config or the credentials file")
    add("--all", action="store_true", help="every role profile that can be adopted")
    add("--undo", action="store_true", help="write the keys of the role again as SDKs read them")
    add("--dry-run", action="store_true", help="show the difference, and change nothing")


def run(args: argparse.Namespace, interfaces: Interfaces) -> int:
    """Adopt or restore, and print a line for each profile; 3 if a profile that was named is not changed."""
    if bool(args.profiles) == args.all:
        raise BadInput("which profiles?", "name them: aws-mfa adopt PROFILE", "or all of them: aws-mfa adopt --all")
    request = AdoptRequest(None if args.all else args.profiles, undoes=args.undo, windows=os.name == "nt")
    if args.dry_run:
        found = look(request, interfaces)
        for file in (found.texts.config, found.texts.credentials):
            sys.stdout.writelines(f"{line}\n" for line in masked_diff(file.text, file.result(), file.where))
    else:
        found = write_adoption(request, interfaces)
    states = _STATES_OF_UNDO if args.undo else _STATES
    for name, state in found.done.items():
        would_be = "would be " if args.dry_run and state != NOT_CHANGED else ""
        interfaces.terminal.say(f"{shown(name)}: {would_be}{states[state]}")
    for name, refused in found.left.items():
        for line in (f"{shown(name)} not changed: {refused.message}", *refused.hint_lines):
            interfaces.terminal.say(line)
    return NotSetUp.exit_code if found.left and not args.all else 0

"""`aws-mfa adopt`: hide the roles of profiles from SDKs, which would ask for a code each time, or show them again."""

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
    from aws_mfa.setup.adopt import Adoption

HELP = """\
Let SDKs get the sessions of role profiles from aws-mfa.

An SDK that sees role_arn in a profile assumes the role itself and asks for a
code each time. This puts aws_mfa_ before the keys of the role, which aws-mfa
reads as before, and adds the line
  credential_process = aws-mfa credential-process PROFILE
A session that aws-mfa wrote into the profile's section of the credentials file
would come before it, and is removed. All else stays; --undo takes it back."""

_WORDS = {NOT_CHANGED: "adopted already", CHANGED: "adopted", SESSION_REMOVED: "adopted, and its session removed"}
_WORDS_OF_UNDO = {NOT_CHANGED: "not adopted, nothing to undo", CHANGED: "restored"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the flags."""
    add = parser.add_argument
    add("profiles", nargs="*", metavar="PROFILE", help="role profiles of ~/.aws/config or the credentials file")
    add("--all", action="store_true", help="every role profile that can be adopted")
    add("--undo", action="store_true", help="write the keys of the role again as SDKs read them")
    add("--dry-run", action="store_true", help="show the difference, and change nothing")


def run(args: argparse.Namespace, interfaces: Interfaces) -> int:
    """Adopt or restore, and tell of each profile; 3 where a profile that was named is left as it is."""
    if bool(args.profiles) == args.all:
        raise BadInput("which profiles?", "name them: aws-mfa adopt PROFILE", "or all of them: aws-mfa adopt --all")
    request = AdoptRequest(None if args.all else args.profiles, undoes=args.undo, windows=os.name == "nt")
    if args.dry_run:
        found = look(request, interfaces)
        for file in (found.texts.config, found.texts.credentials):
            sys.stdout.writelines(f"{line}\n" for line in masked_diff(file.text, file.result(), file.where))
    else:
        found = write_adoption(request, interfaces)
    for line in _lines(found, undoes=args.undo, dry_run=args.dry_run):
        interfaces.terminal.say(line)
    return NotSetUp.exit_code if found.left and not args.all else 0


def _lines(found: Adoption, *, undoes: bool, dry_run: bool) -> list[str]:
    """One line for each profile; below one that is left what could be done."""
    lines = []
    for name, what in found.done.items():
        would_be = "would be " if dry_run and what != NOT_CHANGED else ""
        lines.append(f"{shown(name)}: {would_be}{(_WORDS_OF_UNDO if undoes else _WORDS)[what]}")
    for name, refused in found.left.items():
        lines.append(f"{shown(name)} not changed: {refused.message}")
        lines += refused.hint_lines
    return lines

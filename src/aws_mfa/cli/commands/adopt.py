"""`aws-mfa adopt`: hide the roles of profiles from SDKs, so that SDKs ask aws-mfa for sessions; or undo it."""

from __future__ import annotations

import os
import shutil
import sys
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING

from aws_mfa.cli.output import print_lines
from aws_mfa.cli.render import failure_lines
from aws_mfa.config.profile_settings import shown
from aws_mfa.config.settings import hidden_by
from aws_mfa.errors import BadInput, NotSetUp
from aws_mfa.setup.adopt import AdoptRequest, look, write_adoption
from aws_mfa.setup.adoption import CHANGED, NOT_CHANGED, SESSION_REMOVED, masked_diff

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from aws_mfa.interfaces import Interfaces

HELP = """\
Let SDKs get the sessions of role profiles from aws-mfa.

An SDK that sees role_arn in a profile assumes the role itself and asks for a
code each time. This puts aws_mfa_ before the keys of the role, which aws-mfa
reads as before, and adds the line
  credential_process = aws-mfa credential-process PROFILE
with the full path where a search for aws-mfa does not find this program.
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
    """Adopt or restore, and print a line for each profile; 3 if one that was named, or all of `--all`, are left."""
    if bool(args.profiles) == args.all:
        raise BadInput("which profiles?", "name them: aws-mfa adopt PROFILE", "or all of them: aws-mfa adopt --all")
    program = "" if args.undo else this_program(interfaces.environ, sys.argv[0])
    request = AdoptRequest(None if args.all else args.profiles, program, undoes=args.undo, windows=os.name == "nt")
    if args.dry_run:
        found = look(request, interfaces)
        for file in (found.texts.config, found.texts.credentials):
            sys.stdout.writelines(f"{line}\n" for line in masked_diff(file.text, file.result(), file.where))
    else:
        found = write_adoption(request, interfaces)
    states = _STATES_OF_UNDO if args.undo else _STATES
    for name, state in found.done.items():
        would_be = "would be " if args.dry_run and state != NOT_CHANGED else ""
        line = f"{shown(name)}: {would_be}{states[state]}"
        interfaces.say(line) if args.dry_run else print_lines([line])  # of a dry run stdout is the difference
    for line in failure_lines(found.left, " not changed"):
        interfaces.say(line)
    if found.lost:
        names = ", ".join(map(shown, found.lost))
        interfaces.say(f"SDKs cannot sign for {names} now: the keys of their source are not in the AWS files")
    for line in (*found.doubts(), *hidden_by(interfaces.environ)) if found.done and not args.undo else ():
        interfaces.say(line)
    return NotSetUp.exit_code if found.left and not (args.all and found.done) else 0


def this_program(environ: Mapping[str, str], started_as: str) -> str:
    """What starts this very program from any process, tomorrow too: `aws-mfa` or a path; `NotSetUp` if nothing does."""
    name = "aws-mfa.exe" if os.name == "nt" else "aws-mfa"
    # The scripts' folder: for `python -m aws_mfa`, and where Windows leaves out `.exe`.
    candidates = (os.path.abspath(started_as), os.path.join(sysconfig.get_path("scripts"), name))
    program = next((path for path in candidates if os.path.basename(path) == name and os.path.isfile(path)), None)
    install = "install it to stay: pipx install aws-mfa, or uv tool install aws-mfa"
    if program is None:
        raise NotSetUp("SDKs cannot start this aws-mfa: it has no program of that name", install)
    if any(map(_is_in_cache, (program, os.path.realpath(program)))):
        raise NotSetUp(f"SDKs cannot start this aws-mfa later: {program} is in a cache that is emptied", install)
    activated = os.path.join(environ.get("VIRTUAL_ENV") or os.devnull, os.path.basename(os.path.dirname(program)))
    folders = [folder for folder in environ.get("PATH", "").split(os.pathsep) if os.path.isabs(folder)]
    searched = os.pathsep.join(folder for folder in folders if os.path.normpath(folder) != os.path.normpath(activated))
    found = shutil.which("aws-mfa", path=searched) if searched else None
    return "aws-mfa" if found is not None and os.path.samefile(found, program) else program


def _is_in_cache(path: str) -> bool:
    """Whether a folder above the program's environment, which may be marked, is a cache by name or CACHEDIR.TAG."""
    above = Path(path).parents[2:]
    return any(one.name.lower() in (".cache", "caches") or (one / "CACHEDIR.TAG").is_file() for one in above)

"""`aws-mfa vault`: list long-term keys, move them from vault to vault, remove them."""

from __future__ import annotations

import json
import shutil
import sys
from typing import TYPE_CHECKING

from aws_mfa.aws_values.text import rfc3339_text
from aws_mfa.cli.output import error_fields, print_lines
from aws_mfa.cli.render import JSON_VERSION, failure_lines, table
from aws_mfa.command_lines import quote, unset_variable
from aws_mfa.config.sections import default_long_term, profile_in_force, profile_of
from aws_mfa.errors import BadInput, Cancelled, NotSetUp
from aws_mfa.key_care.importing import ask_consent
from aws_mfa.key_care.rotation import deletion_of
from aws_mfa.key_care.stored_keys import move_stored, removal, remove_stored, stored_keys
from aws_mfa.model import masked
from aws_mfa.renewal.make_plan import check_keys_may_change
from aws_mfa.vaults.choice import VAULTS, choose_vault, noted_creation, noted_vault

if TYPE_CHECKING:
    import argparse

    from aws_mfa.interfaces import Interfaces
    from aws_mfa.key_care.stored_keys import Removal

READS_PIPE = False  # a line of a pipe confirms nothing
_DAY_S, _MOST_SHOWN = 86400, 8

HELP = """\
List long-term keys, move them to another vault, or remove them from one.

  aws-mfa vault list
  aws-mfa vault move PROFILE --to age
  aws-mfa vault remove PROFILE

`list` shows the keys that notes and files name: those of the keychain fork are
found by `aws-mfa import`. AWS is never called."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    of_list = actions.add_parser("list", help="where the keys of each profile are", description="List long-term keys.")
    text = "Store keys in another vault, read them back, and only then remove the original."
    move = actions.add_parser("move", help="move keys to another vault", description=text)
    move.add_argument("profiles", nargs="*", metavar="PROFILE", help="profiles (default: AWS_PROFILE, else default)")
    move.add_argument("--all", action="store_true", help="the keys of every profile")
    move.add_argument("--to", choices=VAULTS, required=True, help="the vault that gets them")
    text = "Remove keys from one vault of this machine. IAM still accepts them."
    remove = actions.add_parser("remove", help="remove keys from a vault", description=text)
    remove.add_argument("profile", metavar="PROFILE", help="the profile whose keys are to be removed")
    remove.add_argument("--vault", choices=VAULTS, help="from this vault (default: where they were stored)")
    for action in (move, remove):
        action.add_argument("--dry-run", action="store_true", help="show what would be done, and change nothing")
        action.add_argument("--yes", action="store_true", help="do it without a question")
    for action in (of_list, move, remove):
        action.add_argument("--json", action="store_true", help="for programs: one JSON document")


def run(args: argparse.Namespace, interfaces: Interfaces) -> int:
    """Exit code 3 if some keys were not moved, or not removed from every place."""
    return {"list": _list, "move": _move, "remove": _remove}[args.action](args, interfaces)


def _list(args: argparse.Namespace, interfaces: Interfaces) -> int:
    (found, lines), notes = stored_keys(interfaces), interfaces.known_keys.read()
    keys, rows = [], []
    for one in found:
        profile, key, places = profile_of(one.name), masked(one.access_key_id), " and ".join(one.in_files)
        created_at = noted_creation(notes, one.access_key_id)
        days = int((interfaces.now() - created_at) / _DAY_S) if created_at else None
        rows.append([profile, one.vault, key, "-" if days is None else f"{days} d", places or "-"])
        row = {"profile": profile, "vault": one.vault, "key": key, "in_files": one.in_files}
        keys.append({**row, "created_at": rfc3339_text(created_at) if created_at else None})
        if places and choose_vault(None, interfaces.environ, noted_vault(notes, one.name)).name != "file":
            lines.append(f"{profile}: in plain text in {places}; move it: aws-mfa import --profile {quote(profile)}")
    if args.json:
        _print_json(keys=keys)
    elif rows:
        width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
        print_lines(table(["profile", "vault", "key", "age", "in plain text in"], rows, width).splitlines())
    else:
        print_lines(["no long-term keys; store some with: aws-mfa setup, or find some with: aws-mfa import"])
    for line in lines:
        interfaces.say(line)
    return 0


def _print_json(**fields: object) -> None:
    print_lines(json.dumps({"version": JSON_VERSION, **fields}, indent=2).splitlines())


def _move(args: argparse.Namespace, interfaces: Interfaces) -> int:
    if args.all and args.profiles:
        raise BadInput("--all and names of profiles contradict each other", "give one of the two")
    profiles = args.profiles or [profile_in_force(None, interfaces.environ)]
    given = [default_long_term(profile_of(profile)) for profile in profiles]
    names = [one.name for one in stored_keys(interfaces)[0]] if args.all else given
    check_keys_may_change(names, interfaces)
    if args.to == "file" and not (args.yes or args.dry_run):
        where = f"in plain text into {interfaces.credentials.path}, where every program of yours can read it"
        ask_consent(f"This writes each secret {where}. Go on? [y/n] ", interfaces)
    moved = move_stored(list(dict.fromkeys(names)), args.to, interfaces, dry_run=args.dry_run)
    done = "would be moved" if args.dry_run else "moved"
    rows, lines = [], [] if moved else ["no long-term keys"]
    for one in moved:
        profile, places = profile_of(one.name), [find.place for find in one.finds]
        key = masked(one.finds[0].keys.access_key_id) if places else None
        state = "failed" if one.error else done if places else "there already"
        row = {"profile": profile, "key": key, "from": places, "to": args.to, "state": state}
        rows.append({**row, **error_fields(one.error)})
        if not one.error:
            what = f"{key} {done} from {' and '.join(places)} to" if places else "already in"
            lines.append(f"{profile}: {what} the {args.to} vault")
    _print_json(keys=rows) if args.json else print_lines(lines)
    failures = {profile_of(one.name): one.error for one in moved if one.error}
    left = [line for one in moved for line in one.left]
    for line in (*failure_lines(failures), *left):
        interfaces.say(line)
    if interfaces.environ.get("AWS_MFA_VAULT", args.to) not in ("", args.to):
        interfaces.say(f"AWS_MFA_VAULT still names another vault: {unset_variable('AWS_MFA_VAULT')}")
    return next((error.exit_code for error in failures.values()), NotSetUp.exit_code if left else 0)


def _remove(args: argparse.Namespace, interfaces: Interfaces) -> int:
    profile = profile_of(args.profile)
    check_keys_may_change([default_long_term(profile)], interfaces)
    found = removal(default_long_term(profile), args.vault, interfaces)
    where = " and ".join(find.place for find in found.finds)
    key_id, copies = found.keys.access_key_id, [copy.place for copy in found.copies]
    asks = not (args.yes or args.dry_run)
    for line in (f"{profile}: {masked(key_id)} in {where}", *_consequences(found)):
        (interfaces.terminal if asks and interfaces.terminal.has_human else interfaces).say(line)
    if asks and (copies or not interfaces.terminal.has_human):
        ask_consent("Remove this copy? [y/n] ", interfaces)
    elif asks and interfaces.terminal.ask("Type the profile's name to remove the last copy: ").strip() != profile:
        raise Cancelled("nothing was changed")
    left = [] if args.dry_run else remove_stored(found, interfaces)
    state = "kept" if left else "would be removed" if args.dry_run else "removed"
    if args.json:
        row = {"profile": profile, "vault": found.vault, "key": masked(key_id), "state": state, "copies": copies}
        _print_json(**row, stops=found.stops)
    else:
        print_lines([f"{profile}: {masked(key_id)} {state} from {where}"])
    for line in left:
        interfaces.say(line)
    if state == "removed":
        delete = f"aws iam delete-access-key --access-key-id {key_id}"
        interfaces.say(f"IAM still accepts the key; delete it there: {delete}")
    return NotSetUp.exit_code if left else 0


def _consequences(found: Removal) -> list[str]:
    copies = " and ".join(copy.place for copy in found.copies)
    last = "no other copy is known on this machine, and IAM does not show the secret again"
    lines = [f"copies stay in {copies}" if copies else last]
    if names := found.stops:
        more = f" and {len(names) - _MOST_SHOWN} more" if len(names) > _MOST_SHOWN else ""
        lines.append(f"profiles that stop working: {', '.join(names[:_MOST_SHOWN])}{more}")
        forget = f"aws-mfa forget {' '.join(map(quote, names)) if not more else 'PROFILE'}"
        lines.append(f"their sessions go on until they end; remove the stored ones with: {forget}")
    delete = deletion_of(found.keys.access_key_id, profile_of(found.name))
    return [*lines, f"to delete the key in IAM, too, do that first: {delete}"]

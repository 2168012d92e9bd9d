"""`aws-mfa import`: move long-term keys into the vault, from the credentials file, the keychain fork, or a download."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_mfa.aws_values.regions import region_of_form
from aws_mfa.cli.commands.setup import next_step
from aws_mfa.cli.options import add_vault_arguments
from aws_mfa.cli.output import print_lines
from aws_mfa.command_lines import command, quote
from aws_mfa.config.profile_names import SetUpHint
from aws_mfa.config.sections import profile_of
from aws_mfa.errors import HINT, AwsMfaError, BadInput, Cancelled, NotSetUp
from aws_mfa.key_care.importing import ask_consent, check_moves, choose_other_vault, move_keys
from aws_mfa.key_care.search import ImportRequest, keys_given, keys_here
from aws_mfa.model import masked
from aws_mfa.setup.as_botocore import AsBotocore, roles_lost
from aws_mfa.setup.setup import FilesOfProfile
from aws_mfa.vaults.choice import vault_of_flags

if TYPE_CHECKING:
    import argparse

    from aws_mfa.interfaces import Document, Interfaces
    from aws_mfa.key_care.search import Importable
    from aws_mfa.key_care.transfer import Move

READS_PIPE = False  # standard input may be the keys themselves
STDIN = "-"
_LOST = (
    (
        "what came through the pipe was not stored, and may be the only copy of a secret; "
        "if IAM has just made that key, delete it: aws iam delete-access-key --user-name NAME --access-key-id ID"
    ),
    "its id is shown by: aws iam list-access-keys --user-name NAME",
)

HELP = """\
Move long-term keys into the vault.

Without FILE: the keys in the credentials file and in the keychain fork's items.
They are stored, read back, and only then removed there; nothing else changes.
With FILE, or - for standard input: the CSV that the IAM console downloads, what
`aws iam create-access-key --output json` prints (other formats are read, too),
or an AWS credentials file. FILE is kept."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("file", nargs="?", metavar="FILE", help="where the keys are, - for standard input")
    add("--profile", metavar="NAME", help="only this profile; for a CSV or JSON its name (default: default)")
    add("--region", metavar="REGION", help="region of a FILE's profile (default: from the partition of the device)")
    suffix_help = "as for aws-mfa: the end of the names of long-term sections (default: long-term)"
    add("--long-term-suffix", "--long-suffix", metavar="SUFFIX", help=suffix_help)
    add("--dry-run", action="store_true", help="show what would be moved, and change nothing")
    add("--replace", action="store_true", help="replace other keys that the vault holds under the same name")
    add("--yes", action="store_true", help="move the keys without a question")
    add_vault_arguments(parser, stores=True)


def run(args: argparse.Namespace, interfaces: Interfaces) -> int:
    """Find, show, ask, check, move, and print what is left to do; 3 if some keys could not be looked at or moved."""
    moved: list[Move] = []
    own = f"aws-mfa import {quote(args.file)}" if args.file else "aws-mfa import"
    own += f" --profile {quote(args.profile)}" if args.profile else ""
    try:
        found = _run(args, interfaces, moved, own)
    except (AwsMfaError, KeyboardInterrupt) as failure:
        error = failure if isinstance(failure, AwsMfaError) else Cancelled("cancelled")
        # Another vault is a flag of this command, too; but keys are not typed here, and most are in the file already.
        hints = [
            f"{hint.text}: {own}{hint.options}" if isinstance(hint, SetUpHint) else hint
            for hint in error.hints
            if not isinstance(hint, SetUpHint) or "--vault age" in hint.options
        ]
        if isinstance(error, BadInput) and not args.profile and (args.file or "").replace("-", "").isalnum():
            hints.append("a profile? aws-mfa import --profile NAME")
        lost = _LOST if args.file == STDIN and not moved else ()
        raise type(error)(error.message, *(hints[:1] if lost else hints), *lost) from None
    lost = _LOST if args.file == STDIN and not moved else ()
    for line in (*found.left, *(f"{HINT}{line}" for line in lost)):
        interfaces.say(line)
    return NotSetUp.exit_code if found.left else 0


def _run(args: argparse.Namespace, interfaces: Interfaces, moved: list[Move], own: str) -> Importable:
    args.region = region_of_form(args.region, source="--region") if args.region else None
    vault, use_keychain = vault_of_flags(args.vault, no_keychain=args.no_keychain)
    request = ImportRequest(
        profile=args.profile, long_term_suffix=args.long_term_suffix, vault=vault, use_keychain=use_keychain
    )
    document = interfaces.document(args.file) if args.file is not None else None
    found = keys_given(document, request, interfaces) if document else keys_here(request, interfaces)
    may_ask = not (args.yes or args.dry_run or args.vault)
    choose_other_vault(found, interfaces, may_ask=may_ask, preview=own if args.dry_run and not args.vault else None)
    if args.yes or args.dry_run or not interfaces.terminal.has_human:
        print_lines(_list(found))
    else:  # part of the question
        for line in _list(found):
            interfaces.terminal.say(line)
    if found.moves and args.dry_run:
        print_lines(["nothing was changed (--dry-run)"])
    elif found.moves:
        _move(found, document, args, interfaces, moved)
    return found


def _move(
    found: Importable, document: Document | None, args: argparse.Namespace, interfaces: Interfaces, moved: list[Move]
) -> None:
    is_document, is_piped = document is not None, args.file == STDIN
    if not args.yes:
        ask_consent(f"{'Store' if is_document else 'Move'} these keys? [y/n] ", interfaces)
    asks = is_document and not (is_piped or args.yes)
    asked = interfaces if asks else interfaces.replaced(away_from_terminal=True)
    check_moves(found, asked, is_document=is_document, is_piped=is_piped, region=args.region)
    files = (interfaces.credentials, interfaces.config)
    was_open = document.others_may_read() if document else sum(file.repair_mode() for file in files) > 0
    linked = interfaces.credentials.linked_inode()
    before = AsBotocore(interfaces.config.read(), interfaces.credentials.read())
    move_keys(found, interfaces, show=print_lines, replaces=args.replace, asks=not args.yes, stored=moved)
    if not moved:
        return
    if linked is not None and any(move.sections(in_config=False) for move in moved):
        still_there = f"{interfaces.credentials.path} has another name (a hard link), which still holds the keys"
        interfaces.say(f"{still_there}: find ~ -xdev -inum {linked}")
    if was_open:
        path = document.name if document else " or ".join(file.path for file in files)
        interfaces.say(f"other users of this machine could read {path}: make new keys soon, and delete these in IAM")
    lines = []
    if document is None:
        lines.append("copies may remain in backups and editors' files: replace keys that anyone else may have seen")
    elif not is_piped:
        lines.append(_what_is_left(found, document.name, args.file))
    after = AsBotocore(interfaces.config.read(), interfaces.credentials.read())
    if lost := [quote(name) for name in roles_lost(before, after)]:
        adopt = f"let them ask aws-mfa: aws-mfa adopt {' '.join(lost)}"
        lines.append(f"SDKs can no longer sign for {', '.join(lost)}; {adopt}")
    print_lines(lines if args.long_term_suffix else lines + _next_steps(moved, interfaces))


def _what_is_left(found: Importable, path: str, file: str) -> str:
    """What to do with a file whose keys were stored: it is deleted only if it holds nothing else."""
    if found.is_alone and not found.left:
        return f"{path} still holds the keys; delete it: {command('remove', file)}"
    numbers = " and ".join(map(str, found.lines))
    where = f"lines {numbers}" if found.lines else "the keys"
    return f"{path} still holds the keys, and more than them: remove {where} there"


def _next_steps(moved: list[Move], interfaces: Interfaces) -> list[str]:
    """Whose keys were moved, and the command that gets sessions with them, unless they have no device."""
    lines: list[str] = []
    usable: list[str] = []
    for move in moved:
        profile = profile_of(move.name)
        device = FilesOfProfile(profile, move.name, interfaces).known_device
        if move.identity:
            region = f", region {move.region}" if move.region else ""
            lines.append(f"{move.name}: {move.identity.arn}, device {device or 'none known'}{region}")
        if device or not move.identity:  # a renewal asks IAM, too
            usable.append(profile)
        else:
            lines.append(next_step(profile, None, move.identity))
    if len(usable) > 1:
        return [*lines, f"get sessions with: aws-mfa renew {' '.join(map(quote, usable))}"]
    return lines + [next_step(profile, "known", None) for profile in usable]


def _list(found: Importable) -> list[str]:
    """Which keys will be moved, from where, to which vault; which places could not be read."""
    lines = []
    if found.keychain_trouble is not None:
        lines.append(f"the keychain was not searched: {found.keychain_trouble.message}")
    if found.moves:
        lines += ["long-term keys found:"]
        for move in found.moves:
            places = " and ".join(find.place for find in move.finds)
            keys = masked(move.keys.access_key_id)
            lines.append(f"  {move.name}: {keys} in {places}, to the {move.vault} vault")
    elif not found.left:
        lines.append(f"no long-term keys found in {' or in '.join(found.looked_at)}")
    return [*lines, *found.notices]

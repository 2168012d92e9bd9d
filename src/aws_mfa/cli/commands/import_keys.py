"""`aws-mfa import`: move long-term keys into the vault, from the credentials file, the keychain fork, or a download."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_mfa.cli.options import NO_KEYCHAIN_HELP
from aws_mfa.cli.output import print_lines
from aws_mfa.command_lines import command, quote
from aws_mfa.config.section_names import profile_of
from aws_mfa.errors import BadInput, NotSetUp
from aws_mfa.key_care.importing import ask_consent, choose_other_vault, move_keys
from aws_mfa.key_care.search import ImportRequest, keys_given, keys_here
from aws_mfa.model import masked
from aws_mfa.vaults.choice import VAULTS, vault_of_flags

if TYPE_CHECKING:
    import argparse

    from aws_mfa.interfaces import Document, Interfaces
    from aws_mfa.key_care.search import Importable

READS_PIPE = False  # standard input may be the keys themselves
STDIN = "-"

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
    suffix_help = "as for aws-mfa: the end of the names of long-term sections (default: long-term)"
    add("--long-term-suffix", "--long-suffix", metavar="SUFFIX", help=suffix_help)
    add("--dry-run", action="store_true", help="show what would be moved, and change nothing")
    add("--replace", action="store_true", help="replace other keys that the vault holds under the same name")
    add("--yes", action="store_true", help="move the keys without a question")
    add = parser.add_argument_group("where the keys are").add_argument
    add("--vault", choices=VAULTS, help="where to store the keys (AWS_MFA_VAULT; default: keychain)")
    add("--no-keychain", action="store_true", help=NO_KEYCHAIN_HELP)


def run(args: argparse.Namespace, interfaces: Interfaces) -> int:
    """Find, show, ask, move, and print what is left to do; 3 if some keys could not be looked at or moved."""
    vault, use_keychain = vault_of_flags(args.vault, no_keychain=args.no_keychain)
    request = ImportRequest(
        profile=args.profile, long_term_suffix=args.long_term_suffix, vault=vault, use_keychain=use_keychain
    )
    document = interfaces.document(args.file) if args.file is not None else None
    found = _given(document, args.file, request, interfaces) if document else keys_here(request, interfaces)
    choose_other_vault(found, interfaces, may_ask=not (args.yes or args.dry_run or args.vault))
    if args.yes or args.dry_run or not interfaces.terminal.has_human:
        print_lines(_list(found))
    else:  # part of the question
        for line in _list(found):
            interfaces.terminal.say(line)
    if found.moves and args.dry_run:
        print_lines(["nothing was changed (--dry-run)"])
    elif found.moves:
        _move(found, document, args, interfaces)
    for line in found.left:
        interfaces.say(line)
    return NotSetUp.exit_code if found.left else 0


def _given(document: Document, file: str, request: ImportRequest, interfaces: Interfaces) -> Importable:
    """The keys in the document; if a bare word names no file, it may be meant as a profile."""
    try:
        return keys_given(document, request, interfaces)
    except BadInput as error:
        if request.profile or not file.replace("-", "").isalnum():
            raise
        raise BadInput(error.message, *error.hints, "a profile? aws-mfa import --profile NAME") from None


def _move(found: Importable, document: Document | None, args: argparse.Namespace, interfaces: Interfaces) -> None:
    if not args.yes:
        ask_consent("Move these keys? [y/n] " if document is None else "Store these keys? [y/n] ", interfaces)
    was_open = interfaces.credentials.repair_mode() if document is None else document.others_may_read()
    linked = interfaces.credentials.linked_inode()
    moved = move_keys(found, interfaces, show=print_lines, replaces=args.replace, asks=not args.yes)
    if not moved:
        return
    if linked is not None and any(move.file_sections for move in moved):
        still_there = f"{interfaces.credentials.path} has another name (a hard link), which still holds the keys"
        interfaces.say(f"{still_there}: find ~ -xdev -inum {linked}")
    path = interfaces.credentials.path if document is None else document.name
    lines = []
    if was_open:
        interfaces.say(f"other users of this machine could read {path}: make new keys soon, and delete these in IAM")
    if document is None:
        lines.append("copies may remain in backups and editors' files: replace keys that anyone else may have seen")
    elif args.file != STDIN:
        delete = command("remove", args.file)
        lines.append(f"{path} still holds the keys; delete it: {delete}")
    if not args.long_term_suffix:
        name = profile_of(moved[0].name)
        flag = "" if name == "default" else f" --profile {quote(name)}"
        several = "see which devices and codes they need: aws-mfa plan --all"
        lines.append(several if len(moved) > 1 else f"get a session with: aws-mfa{flag}")
    print_lines(lines)


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

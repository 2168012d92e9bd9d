"""
Ask AWS about keys, as `setup` does, then move them into the vault: stored, read back, noted, only then cleared.

Keys that AWS refuses are not moved; if it cannot be reached, they are moved unverified, with a message. A key that came
through a pipe may be too new for AWS to know, and the pipe had the only copy: it is stored all the same. If this ends
at any moment, the keys are in their old place, in the vault, or in both, and the next run continues.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from aws_mfa.aws_values import arns
from aws_mfa.command_lines import unset_variable
from aws_mfa.config.ini import check
from aws_mfa.config.sections import profile_of
from aws_mfa.errors import (
    BadInput,
    Cancelled,
    KeychainUnavailable,
    NeedsHuman,
    NoDevice,
    SessionKeysGiven,
    UnknownKey,
    WrongSecret,
)
from aws_mfa.key_care.transfer import with_keys_moved
from aws_mfa.model import masked
from aws_mfa.prompt.providers import say_error
from aws_mfa.renewal.make_plan import check_keys_may_change
from aws_mfa.renewal.users import listed_devices
from aws_mfa.setup.device import device_to_store, may_be_theirs
from aws_mfa.setup.questions import Answers, says_yes
from aws_mfa.setup.region import region_to_store, usable_region, verified
from aws_mfa.setup.setup import FilesOfProfile, file_write
from aws_mfa.vaults.choice import noted_key_id
from aws_mfa.vaults.journal import refuse_rotating
from aws_mfa.vaults.lookup import note_keys

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_mfa.interfaces import Interfaces, Vault
    from aws_mfa.key_care.search import Importable
    from aws_mfa.key_care.transfer import Move

_PAUSES_S = (2, 4, 0)


def ask_consent(question: str, interfaces: Interfaces, look: str = "look first: --dry-run") -> None:
    """Ask once; `Cancelled` for a no, `NeedsHuman` if no person can answer."""
    try:
        agreed = says_yes(interfaces.terminal, question)
    except NeedsHuman:
        raise NeedsHuman("no one can be asked to confirm", "confirm with: --yes", look) from None
    if not agreed:
        raise Cancelled("nothing was changed")


def choose_other_vault(found: Importable, interfaces: Interfaces, *, may_ask: bool, preview: str | None = None) -> None:
    """If the keychain is needed and cannot be used, offer the age vault (`preview`: name it), or raise its trouble."""
    trouble = found.keychain_trouble
    if trouble is None or not any(move.vault == "keychain" for move in found.moves):
        return
    if preview is not None:
        found.notices.append(f"the keychain cannot be used; move the keys with: {preview} --vault age")
        return
    if not (may_ask and interfaces.terminal.has_human):
        raise trouble
    interfaces.terminal.say(trouble.message)
    if not says_yes(interfaces.terminal, "Move the keys into a passphrase-encrypted file (age) instead? [y/n] "):
        raise trouble
    for move in found.moves:
        move.vault = "age" if move.vault == "keychain" else move.vault


def check_moves(
    found: Importable, interfaces: Interfaces, *, is_document: bool, is_piped: bool, region: str | None = None
) -> None:
    """Complete the moves with what AWS says; what it refuses is left, or raised if a document has only these keys."""
    check_keys_may_change([move.name for move in found.moves], interfaces)
    moves, found.moves = found.moves, []
    is_reachable = True
    for move in moves:
        try:
            if is_reachable and all(find.is_of_aws for find in move.finds):
                is_reachable = _check(move, region, interfaces, is_document=is_document, is_piped=is_piped)
            found.moves.append(move)
        except (UnknownKey, WrongSecret, SessionKeysGiven) as error:
            if is_document and len(moves) == 1:
                raise
            found.left.append(f"{move.name} not changed: {error.message}")


def _check(move: Move, given: str | None, interfaces: Interfaces, *, is_document: bool, is_piped: bool) -> bool:
    """Whether AWS answered; then the move has the owner of the keys, and a device and region to be written."""
    files = FilesOfProfile(profile_of(move.name), move.name, interfaces)
    known = move.device or files.known_device
    answers = Answers(device=known, region=given)
    configured = usable_region(files.region, files.region_source, interfaces)
    for pause_s in _PAUSES_S if is_piped else (0,):
        try:
            move.identity, region = verified(move.keys, answers, configured, files.endpoints, interfaces)
            break
        except UnknownKey as error:
            if not is_piped:
                raise
            if not pause_s:
                why = "it is stored unverified, because the pipe may be its only copy"
                interfaces.terminal.say(f"{error.message}: {why}")
                return True
            interfaces.terminal.count_down(pause_s, "AWS does not know this key yet; next try in")
    if move.identity is None:
        return False
    is_kept = noted_key_id(interfaces.known_keys.read(), move.name) in (None, move.keys.access_key_id)
    if not (known and (move.device or is_kept) and may_be_theirs(known, move.identity)):
        devices = partial(listed_devices, move.keys, region, interfaces, files.endpoints)
        try:
            move.found_device = device_to_store(None, known, move.identity, devices, interfaces)
        except NoDevice as error:
            say_error(error, interfaces.terminal)
    if is_document:
        partition = arns.partition_of(move.identity.arn)
        move.region = region_to_store(answers, configured, region, partition, interfaces)
    return True


def move_keys(
    found: Importable,
    interfaces: Interfaces,
    *,
    show: Callable[[list[str]], None],
    replaces: bool,
    asks: bool,
    stored: list[Move],
) -> None:
    """
    Move all keys, and show each; `stored` gets each move once its keys are in the vault.

    `replaces`: also over other keys in a vault, else a person is asked if `asks`.
    """
    vaults = {name: opened_vault(name, interfaces) for name in dict.fromkeys(move.vault for move in found.moves)}
    with interfaces.set_up_lock():
        for move in found.moves:
            names = [move.name, *(find.file_section or "" for find in move.finds)]
            refuse_rotating(names, interfaces.rotations.read(), interfaces.now())
            vault = vaults[move.vault]
            old = vault.load(move.name)
            if old is not None and not old.matches(move.keys) and not replaces:
                new_id, old_id = masked(move.keys.access_key_id), masked(old.access_key_id)
                question = f"{move.name}: replace {old_id} in the {move.vault} vault by {new_id}? [y/n] "
                if not (asks and says_yes(interfaces.terminal, question)):
                    held = f"the {vault.name} vault holds other keys, {old_id}"
                    found.left.append(f"{move.name} not changed: {held}; to replace them by {new_id}: --replace")
                    continue
            found.left += make_move(move, vault, interfaces, stored)
            show([f"{move.name}: {masked(move.keys.access_key_id)} is in the {vault.name} vault"])


def opened_vault(name: str, interfaces: Interfaces) -> Vault:
    """The vault, proved to store and give back, beside files that may be changed; raises what forbids a move."""
    for file in (interfaces.config, interfaces.credentials):
        check(file.read(), where=file.path)
        file.check_trusted()
    vault = interfaces.vault(name)
    vault.check()
    if vault.forgets():
        raise KeychainUnavailable(
            f"this {vault.name} forgets its items at logout: nothing was stored in it",
            unset_variable("KEYRING_PROPERTY_PREFERRED_COLLECTION"),
        )
    return vault


def make_move(move: Move, vault: Vault, interfaces: Interfaces, done: list[Move]) -> list[str]:
    """Store, read back, note, then clear the old places. Returns a line for each place that now holds other keys."""
    path = interfaces.credentials.path
    if vault.name == "file" and move.name in move.sections(in_config=False):
        # `keys_here` refuses this too: the lines stored would be the lines removed.
        raise BadInput(f"the keys of {move.name} are in {path} already", "--vault keychain or age")
    vault.store(move.name, move.keys)
    if (stored := vault.load(move.name)) is None or not stored.matches(move.keys):
        raise KeychainUnavailable(
            f"the {vault.name} vault does not give back what was stored as {move.name}", "nothing was removed"
        )
    done.append(move)
    leaving = {find.in_vault for find in move.finds if find.in_vault}
    note_keys(move.name, vault.name, move.keys, interfaces, leaving or None)
    left = clear_places(move, interfaces)
    if leaving:
        note_keys(move.name, vault.name, move.keys, interfaces, ())
    if move.region:
        header = FilesOfProfile(profile_of(move.name), move.name, interfaces).header
        file_write(interfaces.config, header, {"region": move.region}).make()
    return left


def clear_places(move: Move, interfaces: Interfaces) -> list[str]:
    """Remove the keys from the places where they were found. Returns a line for each that now holds other keys."""
    changed: list[str] = []
    for file in (interfaces.credentials, interfaces.config):
        in_config = file is interfaces.config
        if move.sections(in_config=in_config) or (not in_config and (move.found_device or move.device)):

            def edit(text: str, *, path: str = file.path, in_config: bool = in_config) -> str:
                text, others = with_keys_moved(text, move, where=path, in_config=in_config)
                changed.extend(
                    f"[{section}] of {path} not changed: it got other keys in the meantime" for section in others
                )
                return text

            file.update(edit)
    for name in (find.in_vault for find in move.finds if find.in_vault):
        if name == "fork":
            interfaces.fork.remove_fork(move.name)
            continue
        vault = interfaces.vault(name)
        if (keys := vault.load(move.name)) is None or keys.matches(move.keys):
            vault.remove(move.name)
        else:
            changed.append(f"the {name} vault got other keys of {move.name} in the meantime: they stay there")
    return changed

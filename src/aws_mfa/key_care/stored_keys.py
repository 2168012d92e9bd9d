"""
Where the long-term keys of profiles are stored, and every place of one key; moves and removes keys.

Refuses to search a keychain: it reads items by name, and lists those that are noted. A move stores, reads back, notes,
and only then removes the original, which is read again first: if it ends at any moment, the keys are in the old place,
in the new one or in both, and the same command goes on. A removal touches neither IAM nor stored sessions.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from aws_mfa.command_lines import quote
from aws_mfa.config.chains import chain_of
from aws_mfa.config.edit import without_keys
from aws_mfa.config.ini import section_values, sections
from aws_mfa.config.sections import check_name, default_long_term, profile_of
from aws_mfa.errors import AwsMfaError, NoLongTermKeys, NotSetUp
from aws_mfa.key_care.importing import clear_places, make_move, opened_vault
from aws_mfa.key_care.search import Importable, ImportRequest, finds_in_files
from aws_mfa.key_care.transfer import Find, Move, by_name
from aws_mfa.model import masked
from aws_mfa.setup.questions import user_of
from aws_mfa.vaults.choice import choose_vault, noted_key_id, noted_vault
from aws_mfa.vaults.items import refuse_unfinished
from aws_mfa.vaults.journal import Place, refuse_rotating
from aws_mfa.vaults.lookup import KnownProfiles, check_known, note_keys

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from aws_mfa.interfaces import Interfaces
    from aws_mfa.key_care.access import IamAccess

_SEALED = ("keychain", "age")
_MOST_LOOKED_UP = 100  # in a keychain, each a call to its service


@dataclass
class StoredKeys:
    """Keys of a long-term section; `in_files`: sections that hold them in plain text."""

    name: str
    vault: str
    access_key_id: str
    in_files: list[str] = field(default_factory=list)


def stored_keys(interfaces: Interfaces) -> tuple[list[StoredKeys], list[str]]:
    """The keys that notes and files name, and a line for each that needs care or cannot be read; opens no vault."""
    known = KnownProfiles(interfaces)
    known.check()
    looked = Importable([], [interfaces.credentials.path, interfaces.config.path])
    found: dict[tuple[str, str], StoredKeys] = {}
    for section in sections(known.notes, where=interfaces.known_keys.path):
        note, profile = section.values(), quote(profile_of(section.name))
        key_id, vault = note.get("aws_access_key_id", ""), note.get("vault", "")
        if vault in _SEALED:
            found[section.name, key_id] = StoredKeys(section.name, vault, key_id)
        if left_in := note.get("moved_from"):
            finish = f"aws-mfa vault move {profile} --to {vault}"
            looked.notices.append(f"{profile}: a move has not removed the keys from: {left_in}; go on: {finish}")
    for find in finds_in_files(ImportRequest(only_lists=True), known, looked):
        key_id = find.keys.access_key_id
        found.setdefault((find.name, key_id), StoredKeys(find.name, "file", key_id)).in_files.append(find.place)
    return sorted(found.values(), key=lambda one: one.name), looked.left + looked.notices


def places_of_key(key_id: str, access: IamAccess, interfaces: Interfaces) -> tuple[Place, ...]:
    """Every place that holds the key: the vault in use, those that a note names, sections of both files."""
    known = KnownProfiles(interfaces)
    names = [name for name in known.noted_sections if noted_key_id(known.notes, name) == key_id]
    found = [Place(noted_vault(known.notes, name) or "", name) for name in sorted(names)]
    found.insert(0, Place(access.users.place_of(access.user.section), access.user.section))
    if found[0].vault == "fork":
        hint = f"move it to the vault first: aws-mfa import --profile {quote(access.user.profile)}"
        what = f"key {masked(access.user.access_key_id)} is in the keychain fork's items, which are never written"
        raise NotSetUp(what, hint)
    if found[0].vault != "file":
        users = [one.name for one in known.profiles.all_profiles() if "role_arn" not in one.own]
        found += [Place(found[0].vault, default_long_term(name)) for name in users[:_MOST_LOOKED_UP]]
    for vault, text in (("file", known.credentials_text), ("config", known.config_text)):
        found += [Place(vault, one.name) for one in sections(text) if one.values().get("aws_access_key_id") == key_id]
    if any(place.section == "DEFAULT" for place in found):
        raise NotSetUp(f"key {masked(key_id)} is in [DEFAULT], which is not changed", "move it to a profile's section")
    held = {place: interfaces.vault(place.vault).load(place.section) for place in found}
    return tuple(place for place, pair in held.items() if pair is not None and pair.access_key_id == key_id)


def _finds(name: str, vaults: Iterable[str], interfaces: Interfaces, trouble: list[AwsMfaError] | None) -> list[Find]:
    """The keys of one long-term section in these vaults, and in the files; `trouble` gets why one cannot be read."""
    check_name(name, is_new=False)
    refuse_rotating([name], interfaces.rotations.read(), interfaces.now())
    looked = Importable([], [interfaces.credentials.path, interfaces.config.path])
    in_files = finds_in_files(ImportRequest(profile=profile_of(name)), KnownProfiles(interfaces), looked)
    finds: list[Find] = []
    if looked.left:
        raise NotSetUp(looked.left[0])
    for vault in vaults:
        try:
            if keys := interfaces.vault(vault).load(name):
                refuse_unfinished(name, interfaces.vault(vault).load_next(name))
                finds.append(Find(name, keys, f"the {vault} vault", in_vault=vault))
            if vault == "keychain" and (keys := interfaces.fork.load_fork(name)):
                device = interfaces.fork.fork_device(name)
                finds.append(Find(name, keys, "the keychain fork's items", device, in_vault="fork"))
        except AwsMfaError as error:
            if trouble is None:
                raise
            trouble.append(error)
    return finds + in_files


def _check_user(profile: str, interfaces: Interfaces) -> None:
    """Raise for a name that nothing names, and for a role's, before a vault asks for anything."""
    check_known(profile, interfaces)
    if (user := user_of(profile, KnownProfiles(interfaces).profiles)) != profile:
        raise NoLongTermKeys(f"the keys of {user} sign for this role", f"name {quote(user)} instead")


@dataclass
class Moved(Move):
    """A move and how it ended, without finds if the keys were there already; `left`: lines about what stays."""

    error: AwsMfaError | None = None
    left: list[str] = field(default_factory=list)


def move_stored(names: Collection[str], target: str, interfaces: Interfaces, *, dry_run: bool) -> list[Moved]:
    """Move the keys of each long-term section; one that fails does not stop the others."""
    found = [_movable(name, target, interfaces) for name in names]
    if dry_run or not any(one.finds for one in found):
        return found
    vault = opened_vault(target, interfaces)
    with interfaces.set_up_lock():
        found = [_movable(one.name, target, interfaces) if one.finds else one for one in found]  # as they are now
        for one in found:
            stored: list[Move] = []
            try:
                one.left = make_move(one, vault, interfaces, stored) if one.finds else []
            except AwsMfaError as error:
                what = f"the keys are in the {target} vault, but not removed elsewhere: {error.message}"
                again = type(error)(what, *error.hints[:2], "the same command goes on")
                one.error = again if stored else error
    return found


def _movable(name: str, target: str, interfaces: Interfaces) -> Moved:
    """The move, which looks where the notes say and in the files; into all vaults only if neither names the keys."""
    profile = quote(profile_of(name))
    try:
        note = section_values(interfaces.known_keys.read(), name) or {}
        noted = f"{note.get('vault')} {note.get('moved_from', '')}".replace("fork", "keychain").split()
        finds = _finds(name, [vault for vault in _SEALED if vault in noted], interfaces, None)
        if not finds:
            _check_user(profile_of(name), interfaces)
            trouble: list[AwsMfaError] = [NoLongTermKeys("no long-term keys", f"aws-mfa setup --profile {profile}")]
            if not (finds := _finds(name, _SEALED, interfaces, trouble)):
                raise trouble[-1]
        if target == "file":
            finds = [find for find in finds if find.is_in_config or not find.file_section]
        agreed, conflicts = by_name(find for find in finds if find.in_vault != target)
        held = interfaces.vault(target).load(name) if agreed else None
        if conflicts:
            raise NotSetUp(conflicts[0].removeprefix(f"{name} not changed: "))
        if held is not None and not held.matches(agreed[0][0].keys):
            what = f"the {target} vault holds other keys, {masked(held.access_key_id)}"
            raise NotSetUp(what, f"if those are out of use: aws-mfa vault remove {profile} --vault {target}")
    except AwsMfaError as error:
        return Moved(name, target, [], error=error)
    return Moved(name, target, agreed[0] if agreed else [])


@dataclass
class Removal(Move):
    """A move to nowhere; other `copies` of the keys; profiles that stop working."""

    copies: list[Find] = field(default_factory=list)
    stops: list[str] = field(default_factory=list)


def removal(name: str, vault: str | None, interfaces: Interfaces) -> Removal:
    """Find the keys in the vault named, else in the one noted, else in the first that has them."""
    known, quiet = KnownProfiles(interfaces), interfaces.replaced(unattended=True)
    noted, profile = noted_vault(known.notes, name), profile_of(name)
    choice = choose_vault(vault, interfaces.environ, noted)
    chosen = choice.name if noted or choice.explicit else None
    if chosen is None:
        _check_user(profile, interfaces)
    trouble: list[AwsMfaError] = []  # a copy that cannot be read without a question is not known
    finds = _finds(name, [vault for vault in _SEALED if vault != chosen], quiet, trouble)
    if chosen in _SEALED:
        finds += [find for find in _finds(name, [chosen], interfaces, None) if not find.file_section]
    ours = [find for find in finds if chosen in (None, find.vault)]
    ours = ours or [find for find in finds if chosen == "keychain" and find.vault == "fork"]
    if not ours:
        hints = [f"they are in {find.place}" for find in finds]
        hints += ["or name a vault that must be opened for it: --vault keychain, or age"] if trouble else []
        if noted == chosen:
            hints.append(f"or remove the section [{name}] of {interfaces.known_keys.path}")
        raise NoLongTermKeys(f"the {choice.name} vault has no keys of {profile}", *hints)
    place, keys = ours[0].vault, ours[0].keys
    # A device stays where it is.
    ours = [replace(find, device=None) for find in finds if find.vault == place and find.keys.matches(keys)]
    found = Removal(name, place, ours)
    found.copies = _copies(found, finds, interfaces)
    found.stops = [] if any(copy.name == name for copy in found.copies) else _users_of(name, known)
    return found


def _copies(found: Removal, finds: list[Find], interfaces: Interfaces) -> list[Find]:
    """The same keys elsewhere: those of the finds, and under other names; a note alone is no copy."""
    quiet, keys = interfaces.replaced(unattended=True), found.keys
    finds = [find for find in finds if find.vault != found.vault]
    same_id = (one.name for one in stored_keys(interfaces)[0] if one.access_key_id == keys.access_key_id)
    for name in sorted({*same_id} - {found.name}):
        with suppress(AwsMfaError):
            finds += [replace(one, place=f"{one.place}, as {name}") for one in _finds(name, _SEALED, quiet, [])]
    return [find for find in finds if find.keys.matches(keys)]


def _users_of(name: str, known: KnownProfiles) -> list[str]:
    """The profiles whose chain begins at the keys of this long-term section."""
    using = []
    for profile in dict.fromkeys((profile_of(name), *known.profiles.names())):
        with suppress(AwsMfaError):
            chain = chain_of(profile, known.profiles, keys_stored=known.has_noted_keys)
            if name in (default_long_term(chain.user.name), chain.user.keys_section):
                using.append(profile)
    return using


def remove_stored(found: Removal, interfaces: Interfaces) -> list[str]:
    """Remove the keys and their note; returns a line for each place that holds other keys by now."""
    with interfaces.set_up_lock():
        copies = _copies(found, _finds(found.name, _SEALED, interfaces.replaced(unattended=True), []), interfaces)
        if found.copies and not copies:
            raise NotSetUp("the other copies are gone by now: nothing was removed", "to remove the last one, try again")
        left = clear_places(found, interfaces)
        if not left and noted_vault(interfaces.known_keys.read(), found.name) == found.vault:
            interfaces.known_keys.update(lambda text: without_keys(text, found.name, None))
            for copy in copies:
                if copy.in_vault in _SEALED and copy.name == found.name:
                    note_keys(found.name, copy.in_vault, copy.keys, interfaces)
    return left

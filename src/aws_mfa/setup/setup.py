"""
Set a profile up: vault tested, keys asked and verified, device and region found; then all is stored, or nothing.

The writes are made under one lock, and undone if one fails, as far as nothing else changed meanwhile. Their order is
safe to stop anywhere: the old keys' device is removed first, the new one written last, also while they are undone.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from aws_mfa.aws.endpoints import settings_of_profiles
from aws_mfa.aws_values import arns
from aws_mfa.config.edit import with_changes, without_keys
from aws_mfa.config.ini import check, section_values
from aws_mfa.config.profile_names import header_of, name_profile
from aws_mfa.config.sections import default_long_term
from aws_mfa.errors import HINT, AwsMfaError, KeychainUnavailable, NotSetUp
from aws_mfa.model import LongTermKeys
from aws_mfa.renewal.make_plan import check_keys_may_change
from aws_mfa.renewal.users import listed_devices
from aws_mfa.setup import questions
from aws_mfa.setup.device import device_to_store
from aws_mfa.setup.region import region_to_store, usable_region, verified
from aws_mfa.vaults.items import refuse_unfinished
from aws_mfa.vaults.journal import refuse_rotating
from aws_mfa.vaults.lookup import KnownProfiles, note_keys

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aws_mfa.interfaces import AwsTextFile, Interfaces, Vault
    from aws_mfa.model import Identity
    from aws_mfa.vaults.choice import VaultChoice

DEVICE = "aws_mfa_device"


@dataclass(frozen=True)
class SetUp:
    """What was stored. `identity`: None if AWS was not reached; `plain_copy`: the file still has such keys."""

    profile: str
    vault: str
    identity: Identity | None
    device: str | None
    region: str
    plain_copy: bool


def set_up(answers: questions.Answers, choice: VaultChoice, interfaces: Interfaces) -> SetUp:
    """Ask, verify, store. Raises before anything is stored, or after what was stored is undone."""
    try:
        return _set_up(answers, choice, interfaces)
    except AwsMfaError as error:
        if answers.profile:
            name_profile(error, answers.profile)
        raise


def _set_up(answers: questions.Answers, choice: VaultChoice, interfaces: Interfaces) -> SetUp:
    questions.check_answers(answers)
    for file in (interfaces.credentials, interfaces.config, interfaces.known_keys):
        check(file.read(), where=file.path)
        file.check_trusted()
    interfaces.known_keys.check_writable()
    vault = _usable_vault(choice, interfaces)
    answers.profile = answers.profile or questions.asked_profile(answers, interfaces)
    profile = answers.profile = questions.profile_with_keys(answers.profile, interfaces)
    section = default_long_term(profile)
    check_keys_may_change([section], interfaces)
    old = vault.load(section)
    refuse_unfinished(section, vault.load_next(section))
    refuse_rotating([section], interfaces.rotations.read(), interfaces.now())
    questions.ask_before_replacing(section, old, answers, vault, interfaces)
    keys = questions.asked_keys(answers, interfaces)
    files = FilesOfProfile(profile, section, interfaces)
    configured = usable_region(files.region, files.region_source, interfaces)
    identity, asked_in = verified(keys, answers, configured, files.endpoints, interfaces)
    list_devices = partial(listed_devices, keys, asked_in, interfaces, files.endpoints)
    device = device_to_store(answers.device, files.device, identity, list_devices, interfaces)
    partition = arns.partition_of(identity.arn if identity else device or "")
    region = region_to_store(answers, configured, asked_in, partition, interfaces)
    questions.check_pipe_is_read(interfaces.terminal)
    with interfaces.set_up_lock():
        refuse_rotating([section], interfaces.rotations.read(), interfaces.now())  # one may have begun meanwhile
        found = vault.load(section)
        if not answers.replaces and not same_keys(found, old):
            raise NotSetUp(f"{section} got other keys in the {vault.name} vault meanwhile: nothing was changed")
        writes = writes_of_keys(section, keys, device, found, vault, interfaces)
        writes.append(file_write(interfaces.config, files.header, {"region": region}))
        writes.append(Write(interfaces.credentials.create, lambda: None))
        stuck = f"{section} could not be restored: check the {vault.name} vault and the AWS files"
        store_all(writes, stuck, interfaces)
    left = section_values(interfaces.credentials.read(), section, where=interfaces.credentials.path)
    plain_copy = vault.name != "file" and LongTermKeys.in_section(left) is not None
    return SetUp(profile, vault.name, identity, device, region, plain_copy)


class FilesOfProfile:
    """What the AWS files have for a profile; `device`: the long-term section's, `known_device`: a renewal's."""

    def __init__(self, profile: str, section: str, interfaces: Interfaces) -> None:
        known = KnownProfiles(interfaces)
        self.device = (known.credentials.values(section) or {}).get(DEVICE)
        self.header, values = known.profiles.config_section(profile) or (header_of(profile, ()), {})
        self.region = values.get("region")
        self.region_source = f"[{self.header}] in {interfaces.config.path}"
        self.endpoints = settings_of_profiles(known.profiles, profile, "default")
        self.known_device = found.value("mfa_serial") if (found := known.profiles.profile(profile)) else None


def _usable_vault(choice: VaultChoice, interfaces: Interfaces) -> Vault:
    """The vault chosen, after its check; if the machine has no keychain, the user may choose another."""
    vault = interfaces.vault(choice.name)
    try:
        vault.check()
    except KeychainUnavailable as error:
        if choice.explicit or not interfaces.terminal.has_human:
            raise
        vault = interfaces.vault(questions.other_vault(error, interfaces))
        vault.check()
    return vault


@dataclass
class Write:
    """A write, and how to undo it."""

    make: Callable[[], object]
    undo: Callable[[], object]


def writes_of_keys(
    section: str, keys: LongTermKeys, device: str | None, old: LongTermKeys | None, vault: Vault, interfaces: Interfaces
) -> list[Write]:
    """The writes of the keys, of the note which vault has them, and of the device; `old`: the vault's present keys."""
    file = interfaces.credentials
    stored = (section_values(file.read(), section, where=file.path) or {}).get(DEVICE)

    def take_back() -> None:
        if not same_keys(vault.load(section), keys):
            return  # another program stored others meanwhile
        if old is None:
            vault.remove(section)
        else:
            vault.store(section, old)

    noted = {"vault": vault.name, "aws_access_key_id": keys.access_key_id}
    note_back = file_write(interfaces.known_keys, section, noted).undo
    writes = [
        file_write(file, section, {} if stored == device else {DEVICE: None}),
        Write(lambda: vault.store(section, keys), take_back),
        Write(lambda: note_keys(section, vault.name, keys, interfaces), note_back),
    ]
    if device not in (None, stored):
        writes.append(file_write(file, section, {DEVICE: device}, before={}))
    return writes


def same_keys(one: LongTermKeys | None, other: LongTermKeys | None) -> bool:
    """Whether both are the same keys, or both are missing."""
    return one is other is None or (one is not None and other is not None and one.matches(other))


def store_all(writes: list[Write], what: str, interfaces: Interfaces) -> None:
    """Make all the writes, or none, also if a signal ends the process; `what` is the hint if one cannot be undone."""
    begun: list[Write] = []
    with interfaces.deferred_signals() as held:
        try:
            for write in writes:
                begun.append(write)
                write.make()
                held.check()
        except BaseException as error:
            try:
                for write in reversed(begun):  # not after one that fails: the state is safe now, and might not be then
                    write.undo()
            except Exception:  # noqa: BLE001  # what is reported is the failure that came first
                if isinstance(error, AwsMfaError):
                    raise type(error)(error.message, what, *error.hints) from None
                with suppress(OSError):  # the signal may mean that the terminal was closed
                    interfaces.terminal.say(f"{HINT}{what}")
            raise


def file_write(
    file: AwsTextFile, section: str, changes: Mapping[str, str | None], *, before: Mapping[str, str] | None = None
) -> Write:
    """The write of these values, undone for those that are still ours; `before`: what they were."""
    old = section_values(file.read(), section, where=file.path)
    values = (old or {}) if before is None else before

    def undo(text: str) -> str:
        now = section_values(text, section, where=file.path) or {}
        ours = {key: values.get(key) for key, value in changes.items() if now.get(key) == value}
        return (without_keys if old is None else with_changes)(text, section, ours, where=file.path)

    return Write(_update(file, lambda text: with_changes(text, section, changes, where=file.path)), _update(file, undo))


def _update(file: AwsTextFile, edit: Callable[[str], str]) -> Callable[[], object]:
    """An update that writes only a change: a write that failed can then be undone in a read-only folder."""

    def update() -> None:
        if edit(text := file.read()) != text:
            file.update(edit)

    return update

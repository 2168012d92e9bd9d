"""
Set a profile up: vault tested, keys asked and verified, device and region found; then all is stored, or nothing.

Secrets are asked only after the vault has proved that it can keep them. What is replaced is asked about first.
"""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from aws_mfa.aws.endpoints import settings_of_profiles
from aws_mfa.aws_values import arns
from aws_mfa.config.edit import with_changes, without_keys
from aws_mfa.config.ini import check, section_values, sections
from aws_mfa.config.profile_names import header_of, name_profile
from aws_mfa.config.profiles import AwsProfiles
from aws_mfa.config.section_names import default_long_term
from aws_mfa.errors import HINT, AwsMfaError, KeychainUnavailable
from aws_mfa.model import LongTermKeys
from aws_mfa.renewal.users import listed_devices
from aws_mfa.setup.device import device_to_store
from aws_mfa.setup.questions import ask_before_replacing, asked_keys, asked_profile, check_answers, other_vault
from aws_mfa.setup.region import region_to_store, usable_region, verified
from aws_mfa.vaults.lookup import note_keys

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from aws_mfa.interfaces import AwsTextFile, Interfaces, Vault
    from aws_mfa.model import Identity
    from aws_mfa.setup.questions import Answers
    from aws_mfa.vaults.choice import VaultChoice


DEVICE = "aws_mfa_device"


class Write:
    """A write, and what undoes it."""

    __slots__ = ("take", "take_back")

    def __init__(self, take: Callable[[], object], take_back: Callable[[], object]) -> None:
        self.take = take
        self.take_back = take_back


def writes_of_keys(
    section: str, keys: LongTermKeys, device: str | None, old: LongTermKeys | None, vault: Vault, interfaces: Interfaces
) -> list[Write]:
    """Keys, the note of where they are, and the device; `old` are those that the vault has under this name now."""
    file = interfaces.credentials
    stored = (section_values(file.read(), section, where=file.path) or {}).get(DEVICE)
    note = as_it_was(interfaces.known_keys, section, ("vault", "aws_access_key_id"))
    writes = [
        change(file, section, {} if stored == device else {DEVICE: None}),
        Write(
            lambda: vault.store(section, keys),
            (lambda: vault.remove(section)) if old is None else (lambda: vault.store(section, old)),
        ),
        Write(lambda: note_keys(section, vault.name, keys, interfaces), note),
    ]
    if device not in (None, stored):
        writes.append(Write(_edit(file, section, {DEVICE: device}), _edit(file, section, {DEVICE: None})))
    return writes


def change(file: AwsTextFile, section: str, changes: Mapping[str, str | None]) -> Write:
    """Change keys of a section; back to the old values, and no section where there was none."""
    return Write(_edit(file, section, changes), as_it_was(file, section, changes))


def as_it_was(file: AwsTextFile, section: str, keys: Iterable[str]) -> Callable[[], object]:
    """What gives these keys of the section the values of now again; it removes a section that is not there now."""
    old = section_values(file.read(), section, where=file.path)
    if old is None:
        return _update(file, lambda text: without_keys(text, section, None, where=file.path))
    return _edit(file, section, {key: old.get(key) for key in keys})


def store_all(writes: list[Write], what: str, interfaces: Interfaces) -> None:
    """
    Make all the writes, or none: where one fails, or a signal would end us, everything is put back as it was.

    `what` is the hint for a person where that cannot be done. A signal is heeded between two writes, never in one.
    """
    begun: list[Write] = []
    with interfaces.deferred_signals() as held:
        try:
            for write in writes:
                begun.append(write)
                write.take()
                held.check()
        except BaseException as error:
            if _all_taken_back(begun):
                raise
            if isinstance(error, AwsMfaError):
                raise type(error)(error.message, what, *error.hints) from None
            with suppress(OSError):  # the terminal may be what has gone
                interfaces.terminal.say(f"{HINT}{what}")
            raise


def _all_taken_back(begun: list[Write]) -> bool:
    """Whether they are; the last one first, and none before one that sticks: what is left is safe as it stands."""
    for write in reversed(begun):
        try:
            write.take_back()
        except Exception:  # noqa: BLE001  # the first failure is the one to tell
            return False
    return True


def _edit(file: AwsTextFile, section: str, changes: Mapping[str, str | None]) -> Callable[[], object]:
    return _update(file, lambda text: with_changes(text, section, changes, where=file.path))


def _update(file: AwsTextFile, edit: Callable[[str], str]) -> Callable[[], object]:
    """An update that is none where nothing changes: what never was written can be taken back in a read-only folder."""

    def update() -> None:
        text = file.read()
        if edit(text) != text:
            file.update(edit)

    return update


class SetUp:
    """
    What was stored, for the last lines.

    `identity` is None where AWS could not be reached; `plain_copy` where keys of this profile lie in the file still.
    """

    __slots__ = ("device", "identity", "plain_copy", "profile", "region", "vault")

    def __init__(
        self,
        profile: str,
        vault: str,
        identity: Identity | None,
        device: str | None,
        region: str,
        *,
        plain_copy: bool,
    ) -> None:
        self.profile = profile
        self.plain_copy = plain_copy
        self.vault = vault
        self.identity = identity
        self.device = device
        self.region = region


def set_up(answers: Answers, choice: VaultChoice, interfaces: Interfaces) -> SetUp:
    """Ask, verify, store; raises before anything is stored, and takes back what was stored where a later step fails."""
    try:
        return _set_up(answers, choice, interfaces)
    except AwsMfaError as error:
        if answers.profile:
            name_profile(error, answers.profile)
        raise


def _set_up(answers: Answers, choice: VaultChoice, interfaces: Interfaces) -> SetUp:
    check_answers(answers)
    _check_files(interfaces)
    vault = _usable_vault(choice, interfaces)
    profile = answers.profile = answers.profile or asked_profile(answers, interfaces)
    section = default_long_term(profile)
    old = vault.load(section)
    ask_before_replacing(section, old, answers, vault, interfaces)
    keys = asked_keys(answers, interfaces)
    files = _Files(profile, section, interfaces)
    configured = usable_region(files.region, files.region_source, interfaces)
    identity, asked_in = verified(keys, answers, configured, files.endpoints, interfaces)
    list_devices = partial(listed_devices, keys, asked_in, interfaces, files.endpoints)
    device = device_to_store(answers.device, files.device, identity, list_devices, interfaces)
    partition = arns.partition_of(identity.arn if identity else device or "")
    region = region_to_store(answers, configured, asked_in, partition, interfaces)
    writes = writes_of_keys(section, keys, device, old, vault, interfaces)
    if region != files.region:
        writes.append(change(interfaces.config, files.header, {"region": region}))
    writes.append(Write(interfaces.credentials.create, lambda: None))
    stuck = f"{section} could not be put back as it was: look into the {vault.name} vault and the AWS files"
    store_all(writes, stuck, interfaces)
    left = section_values(interfaces.credentials.read(), section, where=interfaces.credentials.path)
    plain = vault.name != "file" and LongTermKeys.in_section(left) is not None
    return SetUp(profile, vault.name, identity, device, region, plain_copy=plain)


class _Files:
    """What the AWS files say of the profile before it is set up."""

    __slots__ = ("device", "endpoints", "header", "region", "region_source")

    def __init__(self, profile: str, section: str, interfaces: Interfaces) -> None:
        config, credentials = interfaces.config.read(), interfaces.credentials.read()
        config_path, credentials_path = interfaces.config.path, interfaces.credentials.path
        self.device = (section_values(credentials, section, where=credentials_path) or {}).get("aws_mfa_device")
        self.header = header_of(profile, (one.name for one in sections(config, where=config_path)))
        self.region = (section_values(config, self.header, where=config_path) or {}).get("region")
        self.region_source = f"[{self.header}] in {config_path}"
        profiles = AwsProfiles(config, credentials, config_path, credentials_path)
        self.endpoints = settings_of_profiles(profiles, profile, "default")


def _usable_vault(choice: VaultChoice, interfaces: Interfaces) -> Vault:
    """The vault chosen, proved; where the machine has no keychain a person may choose another."""
    vault = interfaces.vault(choice.name)
    try:
        vault.check()
    except KeychainUnavailable as error:
        if choice.explicit or not interfaces.terminal.has_human:
            raise
        vault = interfaces.vault(other_vault(error, interfaces))
        vault.check()
    return vault


def _check_files(interfaces: Interfaces) -> None:
    for file in (interfaces.credentials, interfaces.config, interfaces.known_keys):
        check(file.read(), where=file.path)
    interfaces.known_keys.check_writable()

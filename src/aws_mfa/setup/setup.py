"""
Set a profile up: vault tested, keys asked and verified, device and region found; then all is stored, or nothing.

Secrets are asked only after the vault has proved that it can keep them. What is replaced is asked about first.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from aws_mfa.aws.endpoints import settings_of_profiles
from aws_mfa.aws_values import arns
from aws_mfa.config.ini import check, section_values, sections
from aws_mfa.config.profile_names import header_of, name_profile
from aws_mfa.config.profiles import AwsProfiles
from aws_mfa.config.section_names import default_long_term
from aws_mfa.errors import AwsMfaError, KeychainUnavailable
from aws_mfa.model import LongTermKeys
from aws_mfa.renewal.users import listed_devices
from aws_mfa.setup.device import device_to_store
from aws_mfa.setup.questions import (
    ask_before_replacing,
    asked_keys,
    asked_profile,
    check_answers,
    other_vault,
)
from aws_mfa.setup.region import region_to_store, usable_region, verified
from aws_mfa.setup.setup_writes import Write, change, store_all, writes_of_keys

if TYPE_CHECKING:
    from aws_mfa.interfaces import Interfaces, Vault
    from aws_mfa.model import Identity
    from aws_mfa.setup.questions import Answers
    from aws_mfa.vaults.choice import VaultChoice


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

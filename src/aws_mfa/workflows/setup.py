"""
Set a profile up: vault tested, keys asked and verified, device and region found; then all is stored, or nothing.

Secrets are asked only after the vault has proved that it can keep them. What is replaced is asked about first.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from aws_mfa.errors import AwsMfaError, KeychainUnavailable
from aws_mfa.model import LongTermKeys
from aws_mfa.rules import arns
from aws_mfa.rules.endpoints import settings_of_profiles
from aws_mfa.rules.ini_text import check, section_values, sections
from aws_mfa.rules.profile_names import header_of
from aws_mfa.rules.profiles import AwsProfiles
from aws_mfa.rules.section_names import default_long_term
from aws_mfa.rules.set_up_hint import name_profile
from aws_mfa.workflows.devices import listed_devices
from aws_mfa.workflows.setup_device import device_to_store
from aws_mfa.workflows.setup_questions import (
    ask_before_replacing,
    asked_keys,
    asked_profile,
    check_answers,
    other_vault,
)
from aws_mfa.workflows.setup_region import region_to_store, usable_region, verified
from aws_mfa.workflows.setup_writes import Write, change, store_all, writes_of_keys

if TYPE_CHECKING:
    from aws_mfa.model import Identity
    from aws_mfa.rules.vault_choice import VaultChoice
    from aws_mfa.workflows.doors_to_stores import Vault
    from aws_mfa.workflows.outside import Outside
    from aws_mfa.workflows.setup_questions import Answers


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


def set_up(answers: Answers, choice: VaultChoice, outside: Outside) -> SetUp:
    """Ask, verify, store; raises before anything is stored, and takes back what was stored where a later step fails."""
    try:
        return _set_up(answers, choice, outside)
    except AwsMfaError as error:
        if answers.profile:
            name_profile(error, answers.profile)
        raise


def _set_up(answers: Answers, choice: VaultChoice, outside: Outside) -> SetUp:
    check_answers(answers)
    _check_files(outside)
    vault = _usable_vault(choice, outside)
    profile = answers.profile = answers.profile or asked_profile(answers, outside)
    section = default_long_term(profile)
    old = vault.load(section)
    ask_before_replacing(section, old, answers, vault, outside)
    keys = asked_keys(answers, outside)
    files = _Files(profile, section, outside)
    configured = usable_region(files.region, files.region_source, outside)
    identity, asked_in = verified(keys, answers, configured, files.endpoints, outside)
    list_devices = partial(listed_devices, keys, asked_in, outside, files.endpoints)
    device = device_to_store(answers.device, files.device, identity, list_devices, outside)
    partition = arns.partition_of(identity.arn if identity else device or "")
    region = region_to_store(answers, configured, asked_in, partition, outside)
    writes = writes_of_keys(section, keys, device, old, vault, outside)
    if region != files.region:
        writes.append(change(outside.config, files.header, {"region": region}))
    writes.append(Write(outside.credentials.create, lambda: None))
    stuck = f"{section} could not be put back as it was: look into the {vault.name} vault and the AWS files"
    store_all(writes, stuck, outside)
    left = section_values(outside.credentials.read(), section, where=outside.credentials.path)
    plain = vault.name != "file" and LongTermKeys.in_section(left) is not None
    return SetUp(profile, vault.name, identity, device, region, plain_copy=plain)


class _Files:
    """What the AWS files say of the profile before it is set up."""

    __slots__ = ("device", "endpoints", "header", "region", "region_source")

    def __init__(self, profile: str, section: str, outside: Outside) -> None:
        config, credentials = outside.config.read(), outside.credentials.read()
        config_path, credentials_path = outside.config.path, outside.credentials.path
        self.device = (section_values(credentials, section, where=credentials_path) or {}).get("aws_mfa_device")
        self.header = header_of(profile, (one.name for one in sections(config, where=config_path)))
        self.region = (section_values(config, self.header, where=config_path) or {}).get("region")
        self.region_source = f"[{self.header}] in {config_path}"
        profiles = AwsProfiles(config, credentials, config_path, credentials_path)
        self.endpoints = settings_of_profiles(profiles, profile, "default")


def _usable_vault(choice: VaultChoice, outside: Outside) -> Vault:
    """The vault chosen, proved; where the machine has no keychain a person may choose another."""
    vault = outside.vault(choice.name)
    try:
        vault.check()
    except KeychainUnavailable as error:
        if choice.explicit or not outside.terminal.has_human:
            raise
        vault = outside.vault(other_vault(error, outside))
        vault.check()
    return vault


def _check_files(outside: Outside) -> None:
    for file in (outside.credentials, outside.config, outside.known_keys):
        check(file.read(), where=file.path)
    outside.known_keys.check_writable()

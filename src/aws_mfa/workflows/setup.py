"""
Set a profile up: vault tested, keys asked and verified, device and region found; then all is stored, or nothing.

Secrets are asked only after the vault has proved that it can keep them. What is replaced is asked about first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_mfa.errors import (
    KeychainUnavailable,
    NoDevice,
    RefusedByAws,
    SeveralDevices,
    UnknownKey,
    Unreachable,
)
from aws_mfa.rules import arns
from aws_mfa.rules.classic_settings import config_section_name
from aws_mfa.rules.ini_text import check, section_values
from aws_mfa.rules.regions import checked_region, default_region
from aws_mfa.rules.section_names import long_term_section
from aws_mfa.workflows.devices import discover_device
from aws_mfa.workflows.keys import keys_in_section, note_keys
from aws_mfa.workflows.setup_questions import (
    accept_unverified,
    ask_before_replacing,
    asked_device,
    asked_keys,
    asked_profile,
    asked_region,
    check_answers,
    other_partition,
    other_vault,
)
from aws_mfa.workflows.setup_writes import Write, change, store_all

if TYPE_CHECKING:
    from aws_mfa.model import Identity, LongTermKeys
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
    check_answers(answers)
    _check_files(outside)
    vault = _usable_vault(choice, outside)
    profile = answers.profile or asked_profile(answers, outside)
    section = long_term_section(profile, None)
    old = vault.load(section)
    ask_before_replacing(section, old, answers, vault, outside)
    keys = asked_keys(answers, outside)
    identity, region = _verified(keys, _region_hint(profile, answers, outside), outside)
    device = _device(answers, keys, identity, region, outside)
    header = config_section_name(profile)
    configured = (section_values(outside.config.read(), header) or {}).get("region")
    region = answers.region or configured or asked_region(region, outside)
    writes = [change(outside.credentials, section, {"aws_mfa_device": device})] if device else []
    if region != configured:
        writes.append(change(outside.config, header, {"region": region}))
    writes.append(Write(outside.credentials.create, lambda: None))
    writes.append(Write(lambda: note_keys(section, vault.name, keys, outside), lambda: None))
    store_all(section, keys, old, vault, writes)
    plain = vault.name != "file" and keys_in_section(section_values(outside.credentials.read(), section)) is not None
    return SetUp(profile, vault.name, identity, device, region, plain_copy=plain)


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


def _region_hint(profile: str, answers: Answers, outside: Outside) -> str | None:
    """The region known before the device is: flag, AWS's variables, the partition of the device given, the config."""
    if answers.region:
        return answers.region
    if answers.device:
        partition = arns.partition_of(answers.device)
        return default_region(partition) if partition else None
    variable = outside.environ.get("AWS_REGION") or outside.environ.get("AWS_DEFAULT_REGION")
    configured = section_values(outside.config.read(), config_section_name(profile)) or {}
    found = variable or configured.get("region")
    return checked_region(found, source="AWS_REGION" if variable else outside.config.path) if found else None


def _verified(keys: LongTermKeys, hint: str | None, outside: Outside) -> tuple[Identity | None, str]:
    """Who the keys belong to, and a region of their partition; None where AWS cannot be reached and a person agrees."""
    region = hint or default_region("aws")
    try:
        return outside.sts(region).get_caller_identity(keys), region
    except UnknownKey as error:
        if hint is not None or not outside.terminal.has_human:
            raise
        region = other_partition(error, outside)
    except Unreachable as error:
        accept_unverified(error, outside)
        return None, region
    return outside.sts(region).get_caller_identity(keys), region


def _device(
    answers: Answers, keys: LongTermKeys, identity: Identity | None, region: str, outside: Outside
) -> str | None:
    """Given, found by IAM, or asked; None where nobody can tell now."""
    if answers.device:
        return answers.device
    if identity is None:
        reason = "AWS could not be asked for your MFA device"
    else:
        try:
            return discover_device(keys, region, outside)
        except SeveralDevices:
            raise
        except (NoDevice, RefusedByAws, Unreachable) as error:
            reason = error.message
    outside.terminal.say(reason)
    return asked_device(identity, outside)

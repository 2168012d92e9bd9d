"""
Set a profile up: vault tested, keys asked and verified, device and region found; then all is stored, or nothing.

Secrets are asked only after the vault has proved that it can keep them. What is replaced is asked about first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_mfa.errors import AwsMfaError, BadInput, Cancelled, NeedsHuman, NoDevice, RefusedByAws, UnknownKey, Unreachable
from aws_mfa.model import LongTermKeys, Secret, masked
from aws_mfa.rules import arns
from aws_mfa.rules.classic_settings import config_section_name
from aws_mfa.rules.ini_text import check, section_values, with_changes
from aws_mfa.rules.regions import checked_region, default_region
from aws_mfa.rules.section_names import check_name, long_term_section
from aws_mfa.workflows.devices import discover_device
from aws_mfa.workflows.keys import note_keys

if TYPE_CHECKING:
    from aws_mfa.model import Identity
    from aws_mfa.workflows.outside import AwsTextFile, Outside, Vault

# Where keys without a hint of their partition are looked for; they are valid in one only.
_PARTITIONS = ("aws", "aws-us-gov", "aws-cn")
_SHORTEST_KEY_ID = 16  # https://docs.aws.amazon.com/IAM/latest/APIReference/API_AccessKey.html


class Answers:
    """What flags have answered already: None is asked. `replaces`: yes to every question about replacing."""

    __slots__ = ("access_key_id", "device", "profile", "region", "replaces")

    def __init__(
        self,
        *,
        profile: str | None = None,
        access_key_id: str | None = None,
        device: str | None = None,
        region: str | None = None,
        replaces: bool = False,
    ) -> None:
        self.profile = profile
        self.access_key_id = access_key_id
        self.device = device
        self.region = region
        self.replaces = replaces


class SetUp:
    """What was stored, for the last lines. `identity` is None where AWS could not be reached."""

    __slots__ = ("device", "identity", "profile", "region", "vault")

    def __init__(self, profile: str, vault: str, identity: Identity | None, device: str | None, region: str) -> None:
        self.profile = profile
        self.vault = vault
        self.identity = identity
        self.device = device
        self.region = region


def set_up(answers: Answers, vault: Vault, outside: Outside) -> SetUp:
    """Ask, verify, store; raises before anything is stored, and takes back what was stored where a later step fails."""
    _check_answers(answers)
    _check_files(outside)
    vault.check()
    profile = answers.profile or outside.terminal.ask("Profile name to [default]: ").strip() or "default"
    check_name(profile)
    section = long_term_section(profile, None)
    old = vault.load(section)
    _ask_before_replacing(section, old, answers, vault, outside)
    keys = _asked_keys(answers, outside)
    identity, region = _verified(keys, _region_hint(profile, answers, outside), outside)
    device = _device(answers, keys, identity, region, outside)
    region = _region(profile, answers, device, region, outside)
    _store(section, keys, old, vault, outside, settings=_Settings(profile, section, device, region))
    return SetUp(profile, vault.name, identity, device, region)


class _Settings:
    """The lines that go into the AWS files beside the keys."""

    __slots__ = ("device", "profile", "region", "section")

    def __init__(self, profile: str, section: str, device: str | None, region: str) -> None:
        self.profile = profile
        self.section = section
        self.device = device
        self.region = region

    def write(self, outside: Outside) -> None:
        """Device into the long-term section, region into AWS's config where the profile has none."""
        if self.device:
            _change(outside.credentials, self.section, {"aws_mfa_device": self.device})
        else:
            outside.credentials.create()
        header = config_section_name(self.profile)
        if (section_values(outside.config.read(), header) or {}).get("region") != self.region:
            _change(outside.config, header, {"region": self.region})


def _check_answers(answers: Answers) -> None:
    if answers.profile:
        check_name(answers.profile)
    if answers.access_key_id:
        _checked_key_id(answers.access_key_id)
    if answers.device:
        answers.device = arns.check_device(answers.device, source="--device")
    if answers.region:
        answers.region = checked_region(answers.region, source="--region")


def _check_files(outside: Outside) -> None:
    for file in (outside.credentials, outside.config, outside.known_keys):
        check(file.read(), where=file.path)


def _ask_before_replacing(
    section: str, old: LongTermKeys | None, answers: Answers, vault: Vault, outside: Outside
) -> None:
    if old is None or answers.replaces:
        return
    question = (
        f"{section} has keys in the {vault.name} vault already ({masked(old.access_key_id)}): replace them? [y/n] "
    )
    try:
        answer = outside.terminal.ask(question)
    except NeedsHuman:
        raise NeedsHuman(f"{section} has keys in the {vault.name} vault already", "replace them with: --yes") from None
    if answer.strip().lower() not in ("y", "yes"):
        raise Cancelled("nothing was changed")


def _asked_keys(answers: Answers, outside: Outside) -> LongTermKeys:
    key_id = answers.access_key_id or outside.terminal.ask("aws_access_key_id: ")
    key_id = _checked_key_id(key_id)
    secret = Secret(outside.terminal.ask_hidden("aws_secret_access_key: ").reveal().strip())
    if not secret:
        raise BadInput("You must supply aws_secret_access_key")
    if not secret.reveal().isascii() or not secret.reveal().isprintable() or " " in secret.reveal():
        raise BadInput("the secret access key holds characters that no key has", "copy it again, whole and alone")
    return LongTermKeys(key_id, secret)


def _checked_key_id(text: str) -> str:
    key_id = text.strip()
    if not key_id:
        raise BadInput("You must supply aws_access_key_id")
    if key_id.startswith("ASIA"):
        raise BadInput(
            "an access key id that begins with ASIA is a session's: STS takes long-term keys only",
            "make an access key for the IAM user: its id begins with AKIA",
        )
    if len(key_id) < _SHORTEST_KEY_ID or not (key_id.isascii() and key_id.isalnum()):
        raise BadInput(
            f"an access key id has at least {_SHORTEST_KEY_ID} letters and digits, and nothing else",
            "copy it again from the IAM console: it begins with AKIA",
        )
    return key_id


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
    regions = [hint] if hint else []
    regions += [region for region in map(default_region, _PARTITIONS) if region != hint]
    refused: AwsMfaError | None = None
    for region in regions:
        try:
            return outside.sts(region).get_caller_identity(keys), region
        except UnknownKey as error:
            refused = refused or error  # of the region most likely meant
        except Unreachable as error:
            if refused is not None:
                raise refused from None  # the first partition did answer
            _accept_unverified(error, outside)
            return None, region
    assert refused is not None
    raise refused


def _accept_unverified(error: Unreachable, outside: Outside) -> None:
    outside.terminal.say(f"AWS cannot be asked whether the keys are good: {error.message}")
    if outside.terminal.has_human:
        answer = outside.terminal.ask("Store them unverified? [y/n] ")
        if answer.strip().lower() not in ("y", "yes"):
            raise error


def _device(
    answers: Answers, keys: LongTermKeys, identity: Identity | None, region: str, outside: Outside
) -> str | None:
    """Given, found by IAM, or asked; None where nobody can tell now."""
    if answers.device:
        return answers.device
    try:
        if identity is not None:
            return discover_device(keys, region, outside)
        reason = "AWS could not be asked for your MFA device"
    except NoDevice as error:
        if "several" in error.message and not outside.terminal.has_human:
            raise
        reason = error.message.partition("; ")[2]
    except (RefusedByAws, Unreachable) as error:
        reason = error.message
    outside.terminal.say(reason)
    return _asked_device(identity, outside)


def _asked_device(identity: Identity | None, outside: Outside) -> str | None:
    if not outside.terminal.has_human:
        return None
    likely = _likely_device(identity)
    answer = outside.terminal.ask(f"MFA device, ARN or serial [{likely or 'none'}]: ").strip() or likely
    return arns.check_device(answer, source="the answer") if answer else None


def _likely_device(identity: Identity | None) -> str | None:
    """The console's default: a device named as its user."""
    if identity is None or ":user/" not in identity.arn:
        return None
    partition, name = arns.partition_of(identity.arn), identity.arn.rpartition("/")[2]
    return f"arn:{partition}:iam::{identity.account}:mfa/{name}"


def _region(profile: str, answers: Answers, device: str | None, verified_in: str, outside: Outside) -> str:
    if answers.region:
        return answers.region
    configured = (section_values(outside.config.read(), config_section_name(profile)) or {}).get("region")
    if configured:
        return configured
    partition = arns.partition_of(device) if device else None
    likely = default_region(partition) if partition and verified_in != default_region(partition) else verified_in
    if not outside.terminal.has_human:
        return likely
    answer = outside.terminal.ask(f"Region [{likely}]: ").strip()
    return checked_region(answer, source="the answer") if answer else likely


def _store(
    section: str, keys: LongTermKeys, old: LongTermKeys | None, vault: Vault, outside: Outside, *, settings: _Settings
) -> None:
    """Keys first, then the lines; where the lines cannot be written the vault is put back as it was."""
    vault.store(section, keys)
    try:
        settings.write(outside)
        note_keys(section, vault.name, keys, outside)
    except BaseException:
        if old is None:
            vault.remove(section)
        else:
            vault.store(section, old)
        raise


def _change(file: AwsTextFile, section: str, changes: dict[str, str | None]) -> None:
    file.update(lambda text: with_changes(text, section, changes, where=file.path))

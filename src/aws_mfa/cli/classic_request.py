"""From the classic form's flags, variables and files to what is asked of STS: all is checked before the question."""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING

from aws_mfa.cli.classic_messages import MUST_PROVIDE_DEVICE
from aws_mfa.errors import AwsMfaError, NoDevice, NoLongTermKeys
from aws_mfa.model import SessionRequest
from aws_mfa.rules import arns
from aws_mfa.rules.classic_settings import (
    Sections,
    config_section_name,
    device_in_force,
    duration_in_force,
    role_in_force,
    session_name_in_force,
)
from aws_mfa.rules.durations import check_duration
from aws_mfa.rules.freshness import holds_permanent_keys
from aws_mfa.rules.ini_text import check, section_values
from aws_mfa.rules.regions import choose_region
from aws_mfa.rules.section_names import profile_in_force, section_names
from aws_mfa.workflows.devices import discover_device
from aws_mfa.workflows.keys import find_long_term_keys

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable, Mapping

    from aws_mfa.rules.classic_settings import Given
    from aws_mfa.rules.regions import ChosenRegion
    from aws_mfa.rules.vault_choice import VaultChoice
    from aws_mfa.workflows.keys import FoundKeys
    from aws_mfa.workflows.outside import Outside

_ROOT_DEVICE = ":mfa/root-account-mfa-device"


class ClassicProfile:
    """One profile as the flags name it and the files describe it."""

    def __init__(self, flags: Namespace, environ: Mapping[str, str]) -> None:
        self.flags = flags
        self.environ = environ
        self.name = profile_in_force(flags.profile, environ)
        self.long_term, self.short_term = section_names(self.name, flags.long_term_suffix, flags.short_term_suffix)
        self.long_values: dict[str, str] | None = None
        self.short_values: dict[str, str] | None = None
        self.role: Given | None = None
        self.sections = Sections(self.long_term, {}, self.name, {})

    @property
    def role_arn(self) -> str | None:
        """The role in force."""
        return self.role.value if self.role else None

    def read_credentials(self, text: str, where: str) -> None:
        """Take what the credentials file says; settings of [DEFAULT] count for the long-term section, as ever."""
        own = section_values(text, self.long_term, where=where)
        defaults = section_values(text, "DEFAULT", where=where) or {}
        self.long_values = None if own is None else {**defaults, **own}
        self.short_values = section_values(text, self.short_term, where=where)
        self.role = role_in_force(self.flags.assume_role, self.environ, self.long_values or {}, self.long_term)
        self.sections = Sections(self.long_term, self.long_values or {}, self.name, {})

    def read_config(self, text: str, where: str) -> None:
        """Take what AWS's config file says of the same-named profile."""
        check(text, where=where)
        name = config_section_name(self.name)
        config = section_values(text, name, where=where)
        self.sections = Sections(self.long_term, self.long_values or {}, name, config or {})


def found_keys(profile: ClassicProfile, choice: VaultChoice, outside: Outside) -> FoundKeys:
    """The long-term keys; who has them in the profile's own section only, as AWS's tools write them, is told so."""
    try:
        return find_long_term_keys(profile.long_term, choice, profile.long_values, outside)
    except NoLongTermKeys as error:
        if _is_role_profile(profile, outside):
            hint = f"{profile.name} is a role: aws-mfa renew {quote(profile.name)}"
            raise NoLongTermKeys(error.message, hint) from None
        if not holds_permanent_keys(profile.short_values or {}):
            raise
        hint = (
            f"section [{profile.short_term}] holds long-term keys: aws-mfa import --profile {quote(profile.short_term)}"
        )
        raise NoLongTermKeys(error.message, hint, *error.hints) from None


def _is_role_profile(profile: ClassicProfile, outside: Outside) -> bool:
    """Whether AWS's config gives it a role, seen by SDKs or hidden from them; a file in disorder is another story."""
    try:
        section = section_values(outside.config.read(), config_section_name(profile.name)) or {}
    except AwsMfaError:
        return False
    return any(section.get(key) for key in ("role_arn", "aws_mfa_role_arn"))


def device_known(profile: ClassicProfile, found: FoundKeys, outside: Outside) -> tuple[str, str] | None:
    """The device and its source: given, or stored by the keychain fork; None where IAM must be asked."""
    given = device_in_force(profile.flags.device, profile.environ, profile.sections)
    if given is not None:
        return arns.check_device(given.value, source=given.source), given.source
    stored = outside.fork.fork_device(profile.long_term) if found.place == "fork" else None
    return (arns.check_device(stored, source="the keychain fork"), "the keychain fork") if stored else None


def discovered_device(found: FoundKeys, region: str, outside: Outside) -> str:
    """The device that IAM knows; `NoDevice` begins as the old tool's message does."""
    try:
        return discover_device(found.keys, region, outside)
    except NoDevice as error:
        raise NoDevice(f"{MUST_PROVIDE_DEVICE}; {error.message}", *error.hints) from None


def chosen_region(profile: ClassicProfile, device: str) -> ChosenRegion:
    """AWS's variables, the profile's region, the long-term section's, the partition of device or role."""
    setting = profile.sections.config.get("region"), profile.sections.long_term.get("region")
    partition = arns.partition_of(device) or arns.partition_of(profile.role_arn or "")
    return choose_region(
        (
            ("AWS_REGION", profile.environ.get("AWS_REGION")),
            ("AWS_DEFAULT_REGION", profile.environ.get("AWS_DEFAULT_REGION")),
            (f"region in ~/.aws/config [{profile.sections.config_name}]", setting[0]),
            (f"region in [{profile.long_term}]", setting[1]),
        ),
        partition=partition,
    )


def session_request(
    profile: ClassicProfile, known: tuple[str, str] | None, user_name: Callable[[], str | None]
) -> SessionRequest:
    """Check role, names and duration, and put the request together; the device is "" where IAM must be asked."""
    device, device_source = known or ("", "")
    role = profile.role
    duration_s, duration_source = duration_in_force(profile.flags.duration, profile.environ, profile.sections, role)
    is_root = device.endswith(_ROOT_DEVICE)
    check_duration(duration_s, duration_source, role=role is not None, root=is_root)
    if role is None:
        return SessionRequest(device, duration_s)
    role_arn = arns.check_role(role.value, source=role.source)
    arns.check_same_partition(device, role_arn, device_source=device_source, role_source=role.source)
    name = _session_name(profile, user_name)
    return SessionRequest(device, duration_s, role_arn, name, _external_id(profile.sections))


def _session_name(profile: ClassicProfile, user_name: Callable[[], str | None]) -> str:
    given = session_name_in_force(profile.flags.role_session_name, profile.sections)
    if given is None:
        return arns.sanitised_session_name(user_name())
    return arns.check_session_name(given.value, source=given.source)


def _external_id(sections: Sections) -> str | None:
    given = sections.aws_setting("external_id")
    return None if given is None else arns.check_external_id(given.value, source=given.source)

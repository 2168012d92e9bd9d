"""
Turns the classic form's flags, variables and files into its one call of STS (docs/compatibility.md, section 2).

Checks everything before the code is asked for. Asks nothing, and sends nothing unless IAM must name the device.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from aws_mfa.aws.endpoints import given_sts_url, settings_of_profiles
from aws_mfa.aws_values import arns
from aws_mfa.aws_values.regions import REGION_VARIABLES, choose_region, partition_of_keys
from aws_mfa.aws_values.text import LONGEST_ROOT_SESSION_S, check_duration
from aws_mfa.cli.classic.messages import MUST_PROVIDE_DEVICE
from aws_mfa.command_lines import quote
from aws_mfa.config import settings
from aws_mfa.config.index import SectionIndex
from aws_mfa.config.ini import section_values
from aws_mfa.config.profile_names import bare_name, profile_headers
from aws_mfa.config.profiles import AwsProfiles
from aws_mfa.config.sections import (
    LONG_TERM_KEYS,
    check_name,
    hint_at_default,
    kind_of,
    profile_in_force,
    section_names,
)
from aws_mfa.errors import AwsMfaError, NoDevice, NoLongTermKeys
from aws_mfa.model import LongTermKeys, SessionRequest
from aws_mfa.renewal.steps import SourceUser, Step
from aws_mfa.renewal.users import discover_device
from aws_mfa.vaults.choice import noted_device
from aws_mfa.vaults.lookup import find_long_term_keys

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable, Mapping

    from aws_mfa.aws_values.regions import ChosenRegion
    from aws_mfa.interfaces import Interfaces
    from aws_mfa.vaults.choice import VaultChoice
    from aws_mfa.vaults.lookup import FoundKeys


class ClassicProfile:
    """As flags and files describe it; [DEFAULT] counts for both sections as in the old tool, not in `short_values`."""

    def __init__(self, flags: Namespace, environ: Mapping[str, str], credentials: str, where: str) -> None:
        self.flags = flags
        self.environ = environ
        self.name = profile_in_force(flags.profile, environ)
        self.long_term, self.short_term = section_names(self.name, flags.long_term_suffix, flags.short_term_suffix)
        defaults = section_values(credentials, "DEFAULT", where=where) or {}
        long_values = section_values(credentials, self.long_term, where=where)
        self.long_values = None if long_values is None else {**defaults, **long_values}
        self.short_values = section_values(credentials, self.short_term, where=where)
        check_name(self.short_term, is_new=self.short_values is None)
        self.session_values = None if self.short_values is None else {**defaults, **self.short_values}
        self.role = settings.role_in_force(flags.assume_role, environ, self.long_values or {}, self.long_term)
        self.sections = settings.Sections(self.long_term, self.long_values or {}, self.name, {})

    @property
    def role_arn(self) -> str | None:
        return self.role.value if self.role else None

    def read_config(self, text: str, where: str) -> None:
        index = SectionIndex(text, where)
        header = profile_headers(index.headers()).get(self.name)
        config = (index.values(header) if header is not None else None) or {}
        header = header or settings.config_section_name(self.name)
        self.sections = settings.Sections(self.long_term, self.long_values or {}, header, config)


def found_keys(profile: ClassicProfile, choice: VaultChoice, interfaces: Interfaces) -> FoundKeys:
    """The long-term keys; the hints of `NoLongTermKeys` consider roles, and keys where AWS's own tools write them."""
    try:
        return find_long_term_keys(profile.long_term, choice, profile.long_values, interfaces)
    except NoLongTermKeys as error:
        hints = error.hints
        with suppress(AwsMfaError):  # a broken config file is not what failed here
            profile.read_config(interfaces.config.read(), interfaces.config.path)
        # The role may be visible to SDKs, or hidden from them.
        config = profile.sections.config
        source = config.get("source_profile") or config.get("aws_mfa_source_profile")
        if any(config.get(key) for key in ("role_arn", "aws_mfa_role_arn")):
            hints = (f"{profile.name} is a role: aws-mfa renew {quote(profile.name)}",)
        elif source:
            what = f"{profile.name} has source_profile = {source}, but no role_arn"
            hints = (f"{what}: aws-mfa --profile {quote(bare_name(source))}",)
        elif config.get("include_profile"):
            hints = (f"if the profile that it includes has keys: aws-mfa renew {quote(profile.name)}", *hints)
        if kind_of(profile.short_values) == LONG_TERM_KEYS:
            held, command = "long-term keys", f"aws-mfa import --profile {quote(profile.short_term)}"
            if LongTermKeys.in_section(profile.short_values) is None:
                held, command = "a secret access key without its id", "add its aws_access_key_id there"
            hints = (f"section [{profile.short_term}] holds {held}: {command}",)
        if profile.name.startswith("arn:"):
            hints = (f"that is an ARN, not a profile: aws-mfa --profile NAME --assume-role {profile.name}",)
        hints = (*hint_at_default(profile.name, profile.environ), *hints)
        raise NoLongTermKeys(error.message, *hints) from None


def step_of(profile: ClassicProfile, found: FoundKeys, interfaces: Interfaces, log: Callable[[str, str], None]) -> Step:
    """The one call of this form, after all checks. Its label, the section, lets terminals that wait for it ask once."""
    known = _device_known(profile, found, interfaces)
    request = _request(profile, known, interfaces.user_name)
    region = _region(profile, request.device)
    for line in region.notices:
        log("WARNING", line)
    config, credentials = interfaces.config, interfaces.credentials
    # The profile of the same name, then [default], where the old tool looked.
    profiles = AwsProfiles(config.read(), credentials.read(), config.path, credentials.path)
    endpoints = settings_of_profiles(profiles, profile.name, "default")
    endpoint_url = given_sts_url(interfaces.environ, endpoints)  # a bad URL is refused before the question
    if known is None:
        try:
            request.device = discover_device(found.keys, region.name, interfaces, endpoints, profile=profile.name)
        except NoDevice as error:
            raise NoDevice(f"{MUST_PROVIDE_DEVICE}; {error.message}", *error.hints) from None
        log("INFO", f"MFA device found: {request.device}")
    key_id, partition = found.keys.access_key_id, partition_of_keys(request.device, request.role_arn or "", region.name)
    names = (profile.name, profile.long_term)
    user = SourceUser(*names, key_id, request.device, region.name, partition, endpoint_url, endpoints)
    roles = (request,) if request.role_arn else ()
    return Step(f"[{profile.short_term}] of {credentials.path}", user, request, roles, reason="")


def _device_known(profile: ClassicProfile, found: FoundKeys, interfaces: Interfaces) -> tuple[str, str] | None:
    """The device and its source: configured, of the keychain fork, or noted; None if IAM must be asked."""
    given = settings.device_in_force(profile.flags.device, profile.environ, profile.sections)
    if given is not None:
        return arns.check_device(given.value, source=given.source), given.source
    stored = interfaces.fork.fork_device(profile.long_term) if found.place == "fork" else None
    if stored:
        return arns.check_device(stored, source="the keychain fork"), "the keychain fork"
    noted = noted_device(interfaces.known_keys.read(), found.keys.access_key_id)
    return (noted, "IAM") if noted else None


def _region(profile: ClassicProfile, device: str) -> ChosenRegion:
    variables = ((name, profile.environ.get(name)) for name in REGION_VARIABLES)
    in_files = (profile.sections.config_setting("region"), profile.sections.own_setting("region"))
    given = (*variables, *((one.source, one.value) for one in in_files if one is not None))
    return choose_region(given, partition=arns.partition_of(device) or arns.partition_of(profile.role_arn or ""))


def _request(
    profile: ClassicProfile, known: tuple[str, str] | None, user_name: Callable[[], str | None]
) -> SessionRequest:
    """The request, after checking role, names and duration; the device is "" if IAM must be asked."""
    device, device_source = known or ("", "")
    role, sections = profile.role, profile.sections
    duration_s, duration_source = settings.duration_in_force(profile.flags.duration, profile.environ, sections, role)
    is_root = arns.is_root_device(device)
    is_usual = role is None and duration_source == settings.DEFAULT
    if is_usual and is_root:
        duration_s = LONGEST_ROOT_SESSION_S
    check_duration(duration_s, duration_source, role=role is not None, root=is_root)
    if role is None:
        return SessionRequest(device, duration_s, is_usual_duration=is_usual)
    role_arn = arns.check_role(role.value, source=role.source)
    arns.check_same_partition(device, role_arn, device_source=device_source, role_source=role.source)
    given = settings.session_name_in_force(profile.flags.role_session_name, sections, role)
    if given is None:
        name = arns.sanitised_session_name(user_name())
    else:
        name = arns.check_session_name(given.value, source=given.source)
    external = sections.role_setting("external_id", role)
    external_id = None if external is None else arns.check_external_id(external.value, source=external.source)
    return SessionRequest(device, duration_s, role_arn, name, external_id)

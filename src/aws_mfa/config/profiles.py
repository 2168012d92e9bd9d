"""
Reads profiles from the texts of AWS's config and credentials files, each without reading the others.

Merges the two files as botocore's `full_config` does: `[profile work]` and `[work]` are one profile, and if both have a
key the credentials file wins. Adds hidden keys, the classic form's device, region and duration in `[work-long-term]`,
and aws-vault's `include_profile`: missing settings come from the profile that it names, `[default]` included only so.
"""

from __future__ import annotations

from contextlib import suppress
from functools import cached_property

from aws_mfa.command_lines import quote, set_variables
from aws_mfa.config import profile_names
from aws_mfa.config.index import SectionIndex
from aws_mfa.config.profile import Profile
from aws_mfa.config.profile_settings import (
    CLASSIC_DEVICE,
    KEYS,
    NOT_INHERITED,
    OF_AGENTS,
    SAME,
    check_plain,
    circle,
    nested_block,
    settings_of,
    shown,
)
from aws_mfa.config.sections import (
    INCOMPLETE,
    LONG_TERM_KEYS,
    default_long_term,
    kind_of,
)
from aws_mfa.config.settings import Given, misread
from aws_mfa.errors import BadProfile

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

__all__ = ["AwsProfiles", "Profile"]

_OF_PROFILES = KEYS.union(("output", "aws_access_key_id", "credential_process"))
_LISTED = 10  # names in a message
_RENAME = "rename the section: no tool reads it as it is"


class AwsProfiles:
    """The profiles of two texts, read on first use; paths are for messages, `read_policy` reads a policy's file."""

    def __init__(
        self,
        config_text: str,
        credentials_text: str,
        config_path: str = "~/.aws/config",
        credentials_path: str = "~/.aws/credentials",
        read_policy: Callable[[str], str] = lambda _: "{}",
    ) -> None:
        self._config = SectionIndex(config_text, config_path)
        self.credentials = SectionIndex(credentials_text, credentials_path)
        self.config_path = config_path
        self.where = f"{config_path} or {credentials_path}"
        self.read_policy = read_policy
        self._read: dict[str, Profile | None] = {}
        self._similar: dict[str, list[str]] = {}

    def profile(self, name: str) -> Profile | None:
        """The profile; None if neither file has it or its long-term section."""
        if name not in self._read:
            self._read[name] = self._profile(name)
        return self._read[name]

    def add(self, name: str, settings: dict[str, Given]) -> None:
        """Know a profile that no file has, or another than the file's, from now on."""
        self._read[name] = Profile(name, settings, self)

    def config_section(self, name: str) -> tuple[str, Mapping[str, str]] | None:
        """Header and values of the profile's section of the config file."""
        header = self._header_of(name)
        values = None if header is None else self._config.values(header)
        return None if header is None or values is None else (header, values)

    def names(self) -> list[str]:
        return profile_names.names_in(self._headers_by_name, self.credentials)

    def all_profiles(self) -> Iterator[Profile]:
        return (found for found in map(self.profile, self.names()) if found is not None)

    def no_such(self, name: str, *hints: str) -> BadProfile:
        """The failure for a name that no file has, with similar names, or a few that exist."""
        names, message = self.known_names, f"there is no profile '{shown(name)}' in {self.where}"
        if name.startswith("arn:"):
            values = ((one.name, one.own.get(key)) for one in self.all_profiles() for key in ("role_arn", "mfa_serial"))
            having = [shown(profile) for profile, given in values if given is not None and given.value == name]
            classic = [f"or without a profile for it: aws-mfa exec --source-profile NAME {name}"]
            near = [f"profiles that have it: {', '.join(having)}"] if having else []
            return BadProfile(f"{message}: it is an ARN", *near, *(classic if ":role/" in name else []))
        if name in self.misnamed:
            return BadProfile(f"{message}: {self.misnamed[name]}", _RENAME)
        there = ", ".join(map(shown, names)) if 0 < len(names) <= _LISTED else ""
        near = profile_names.did_you_mean(name, names)
        listed = [f"there are: {there}"] if there else ["list them with: aws-mfa status"] if names else []
        if name == "default" and names:  # users first
            of_user = sorted(self.all_profiles(), key=lambda one: ("role_arn" in one.own, "mfa_serial" not in one.own))
            listed[:0] = [f"name one: {set_variables(AWS_PROFILE=one.name)}" for one in of_user[:1]]
        kept = (hint for hint in hints if not near or "aws-mfa setup" not in hint)
        return BadProfile(message, *(near or listed), *(hint if names else hint.removeprefix("or ") for hint in kept))

    @cached_property
    def known_names(self) -> dict[str, None]:
        return dict.fromkeys(profile_names.known_names(self._headers_by_name, self.credentials))

    @cached_property
    def misnamed(self) -> Mapping[str, str]:
        """The profile meant -> what is wrong, for each header that SDKs do not read as a profile's."""
        found: dict[str, str] = {}
        for index in (self._config, self.credentials):
            is_config = index is self._config
            for header in index.headers():
                name = profile_names.misnamed(header, is_config=is_config)
                if name and not _OF_PROFILES.isdisjoint(index.values(header) or {}):
                    right = shown(profile_names.header_of(name, ()) if is_config else name)
                    found[name] = f"section [{shown(header)}] of {index.where} must be [{right}]"
        return found

    def wrong_header(self, name: str) -> str | None:
        """What is wrong with the header of the profile's section, if the config file has no right one."""
        return None if self.config_section(name) else self.misnamed.get(name)

    def check_header(self, name: str) -> None:
        if wrong := self.wrong_header(name):
            raise BadProfile(wrong, _RENAME)

    def missing(self, given: Given) -> BadProfile:
        """The failure for a key that names a missing profile, which may be a user's that is not set up yet."""
        name, key = profile_names.bare_name(given.value), given.source.partition(" ")[0]
        wrong_header = self.misnamed.get(name)
        why = misread(given.value) or (wrong_header and (wrong_header, _RENAME))
        what = f"names profile '{shown(given.value)}', which does not exist{f': {why[0]}' if why else ''}"
        set_up = f"if it has keys of yours, store them: aws-mfa setup --profile {quote(name)}"
        if given.value not in self._similar and len(self._similar) < _LISTED:  # a search takes 50 ms in a large file
            self._similar[given.value] = profile_names.did_you_mean(given.value, self.known_names)
        near, may_be_new = self._similar.get(given.value, ()), name not in self.known_names and ":" not in name
        hints = [why[1], *near] if why else [*near, *([set_up] if may_be_new else [])]
        error = BadProfile(f"{given.source} {what}", *hints, f"or name another profile in {key}")
        error.shared = f"{key} {what}"
        return error

    def with_included(self, profile: Profile) -> dict[str, Given]:
        """The settings of the profile, and missing ones from those that it includes."""
        settings = dict(profile.own)
        path = [profile.name]
        include = profile.own.get("include_profile")
        while include is not None and include.value:
            if include.value in path:
                raise circle(include, path)
            found = self.profile(include.value)
            if found is None:
                raise self.missing(include)
            path.append(found.name)
            for key, given in found.own.items():
                if key not in NOT_INHERITED and (key not in settings or not settings[key].value):
                    settings[key] = given
            include = found.own.get("include_profile")
        return settings

    def for_agents_of_role(self, arn: Profile) -> Profile:
        """Whose settings count for a role's ARN: a profile that has it, or its source; one that narrows comes first."""
        name = arn.value("source_profile") or ""
        found = []
        for one in self.all_profiles():
            with suppress(BadProfile):  # one that no command can use either
                found += [one] if (one.value("role_arn") or "").lower() == arn.name.lower() else []
        found.append((self.profile(name) or Profile(name, {}, self)).for_agents)
        return min(found, key=lambda one: (one.value("agent") or SAME).strip().lower() == SAME)

    def service_endpoint(self, services: Given, service: str) -> Given | None:
        """The `endpoint_url` for a service in the `[services NAME]` section that a profile's `services` names."""
        check_plain("services", services)
        header = self._services.get(services.value, "")
        values = self._config.values(header)
        if not values:
            reason = f"names a section that {self._config.where} does not have: [services {shown(services.value)}]"
            raise BadProfile(f"{services.source} {reason}", "add the section, or remove the line")
        if service not in values:
            return None
        place = f"{service} in {_place(self._config, header)}"
        block = nested_block(values[service])
        if block is None:
            raise BadProfile(
                f"{place} is not a block of indented 'key = value' lines",
                f"write below '{service} =', indented: endpoint_url = https://HOST",
            )
        url = block.get("endpoint_url")
        return Given(url, f"endpoint_url of {place}") if url else None

    def endpoint_urls(self, profile: Profile) -> Iterator[str]:
        """Every `endpoint_url` of the profile and of the section that its `services` names, for whichever service."""
        url, services = profile.own.get("endpoint_url"), profile.own.get("services")
        if url is not None:
            yield url.value
        header = self._services.get(services.value, "") if services else ""
        for value in (self._config.values(header) or {}).values():
            yield (nested_block(value) or {}).get("endpoint_url", "")

    def _profile(self, name: str) -> Profile | None:
        header, of_config = self.config_section(name) or ("", None)
        of_credentials = self.credentials.values(name)
        long_name = default_long_term(name)
        long_term = self.credentials.values(long_name)
        if of_config is None and of_credentials is None and long_term is None:
            return None
        found = ((of_config, self._config, header), (of_credentials, self.credentials, name))
        sections = [(values, _place(index, at)) for values, index, at in found if values]
        own = settings_of(*sections)
        if long_term or [values for values, _ in sections if CLASSIC_DEVICE in values]:
            _add_classic(own, *sections, long_term=(long_term or {}, _place(self.credentials, long_name)))
        kinds = [kind_of(values) for values, _ in sections]
        has_own_keys = LONG_TERM_KEYS in kinds or INCOMPLETE in kinds
        return Profile(name, own, self, has_own_keys=has_own_keys, has_long_term_section=long_term is not None)

    def _header_of(self, name: str) -> str | None:
        """Search for one profile; make a table of all if the search is not conclusive or many are wanted."""
        many_wanted = self._config.is_complete or self.credentials.is_complete
        can_search = not many_wanted and self._headers_are_plain
        plain = profile_names.plain_headers(self._config.text, name) if can_search else None
        if plain is None:
            return self._headers_by_name.get(name)
        return plain[0] if plain else None

    @cached_property
    def _headers_are_plain(self) -> bool:
        """Whether the file has no quote, no backslash and no blank before a bracket: then no name is quoted."""
        return not any(mark in self._config.text for mark in ("'", '"', "\\", " ]", "\t]", "\r]"))

    @cached_property
    def _headers_by_name(self) -> dict[str, str]:
        return profile_names.profile_headers(self._config.headers())

    @cached_property
    def _services(self) -> dict[str, str]:
        """Name of a `[services NAME]` section -> its header."""
        headers = [header for header in self._config.headers() if header.startswith("services")]
        return {name: header for header in headers if (name := profile_names.second_word(header)) is not None}


def _place(index: SectionIndex, header: str) -> str:
    return f"{index.where} [{shown(header)}]"


def _add_classic(
    own: dict[str, Given], *sections: tuple[Mapping[str, str], str], long_term: tuple[Mapping[str, str], str]
) -> None:
    """Add missing settings from the long-term section, and `aws_mfa_device`, as the classic form reads them."""
    added = settings_of(long_term) if long_term[0] else {}
    may_have_role = "role_arn" in own or "include_profile" in own
    wanted = ("mfa_serial", "region", *OF_AGENTS, *(() if may_have_role else ("duration_seconds",)))
    found = [(key, added[key]) for key in wanted if key in added]
    devices = [(values.get(CLASSIC_DEVICE), place) for values, place in (*reversed(sections), long_term)]
    found += [("mfa_serial", Given(device, f"{CLASSIC_DEVICE} in {place}")) for device, place in devices if device]
    for key, given in found:
        if key not in own or not own[key].value:
            own[key] = given

"""
One profile: its settings, each with the place it comes from, checked when they are asked for.

Refuses with `BadProfile`, which names file, section and key, what AWS would refuse. Where the values come from is for
`profiles`, which keys sign for `profile_chains`.
"""

from __future__ import annotations

from aws_mfa.config.profile_settings import (
    CREDENTIAL_PROCESS,
    device,
    external_id,
    is_our_credential_process,
    mfa_session_duration_s,
    region,
    regional_or_legacy,
    role_arn,
    role_duration_s,
    session_name,
    shown,
    tags_of,
    transitive_keys_of,
)
from aws_mfa.config.section_names import LONG_TERM_SUFFIX, default_long_term

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any, Protocol

    from aws_mfa.config.settings import Given

    class OtherSections(Protocol):
        """What a profile's section points to elsewhere in the files."""

        def with_included(self, profile: Profile) -> Mapping[str, Given]:
            """The profile's settings and those of the profiles it includes."""

        def service_endpoint(self, services: Given, service: str) -> Given | None:
            """The `endpoint_url` of a service in the section that `services` names."""


# Attribute -> the key it is read from, and the check of its value.
_CHECKED: dict[str, tuple[str, Callable[[Given], Any]]] = {
    "role_arn": ("role_arn", role_arn),
    "mfa_serial": ("mfa_serial", device),
    "external_id": ("external_id", external_id),
    "role_session_name": ("role_session_name", session_name),
    "source_identity": ("source_identity", session_name),
    "region": ("region", region),
    "tags": ("session_tags", tags_of),
    "sts_regional_endpoints": ("sts_regional_endpoints", regional_or_legacy),
}
_ATTRIBUTES = {
    **{key: name for name, (key, _) in _CHECKED.items()},
    "duration_seconds": "duration_s",
    "transitive_session_tags": "transitive_tag_keys",
}
_EMPTY: dict[str, tuple[()]] = {"tags": (), "transitive_tag_keys": ()}


class Profile:
    """
    One profile. `own` are the settings of its sections, `settings` those it includes too (standard keys, no secrets).

    `has_own_keys`: static long-term keys stand in its section; `has_long_term_section`: beside it stands one of the
    classic form. `keys_section` is the name under which the vault holds its keys.
    """

    role_arn: str | None  # None for a profile that is an IAM user's
    mfa_serial: str | None  # of this profile alone; the one in force for a chain is the chain's
    external_id: str | None
    role_session_name: str | None
    source_identity: str | None  # the same through a whole chain
    duration_s: int | None  # within the limits of the call
    region: str | None
    tags: tuple[tuple[str, str], ...]  # `session_tags`, in the file's order
    transitive_tag_keys: tuple[str, ...]  # those of the tags that go on to the next role of a chain
    sts_regional_endpoints: str | None  # `regional` or `legacy`

    __slots__ = (
        *("_is_checked", "_others", "_settings", "has_long_term_section", "has_own_keys", "name", "own"),
        *_ATTRIBUTES.values(),
    )

    def __init__(
        self,
        name: str,
        own: Mapping[str, Given],
        others: OtherSections | None = None,
        *,
        has_own_keys: bool = False,
        has_long_term_section: bool = False,
    ) -> None:
        self.name = name
        self.own = own
        self.has_own_keys = has_own_keys
        self.has_long_term_section = has_long_term_section
        self._others = others
        self._settings: Mapping[str, Given] | None = None
        self._is_checked = False

    @property
    def keys_section(self) -> str:
        """`work-long-term`, or `work` itself where its keys stand there or its name says that they do."""
        keys_here = self.has_own_keys or self.name.endswith(LONG_TERM_SUFFIX)
        return self.name if keys_here and not self.has_long_term_section else default_long_term(self.name)

    @property
    def settings(self) -> Mapping[str, Given]:
        """Standard key -> value and source; `BadProfile` where `include_profile` leads nowhere or in a circle."""
        if self._settings is None:
            if self._others is not None and "include_profile" in self.own:
                self._settings = self._others.with_included(self)
            else:
                self._settings = self.own
        return self._settings

    def given(self, key: str) -> Given | None:
        """Value and source of a standard key; empty counts as absent."""
        found = (self._settings or self.settings).get(key)
        return found if found is not None and found.value else None

    def value(self, key: str) -> str | None:
        """Return the value of a standard key as it stands in the file."""
        given = self.given(key)
        return None if given is None else given.value

    def source(self, key: str) -> str:
        """Where the value stands, such as `mfa_serial in ~/.aws/config [profile work]`; the key alone where nowhere."""
        given = self.given(key)
        return f"{key} of profile {shown(self.name)}" if given is None else given.source

    @property
    def source_profile(self) -> str | None:
        """The name of the profile whose session or keys assume the role."""
        return self.value("source_profile")

    @property
    def mfa_process(self) -> str | None:
        """A command that prints the code."""
        return self.value("mfa_process")

    def endpoint_url(self, service: str) -> Given | None:
        """The `endpoint_url` for `sts` or another: of the `[services]` section it names, else its own; not checked."""
        services = self.given("services")
        if services is None or self._others is None:
            return self.given("endpoint_url")
        return self._others.service_endpoint(services, service) or self.given("endpoint_url")

    @property
    def has_credential_process_of_ours(self) -> bool:
        """Whether SDKs ask `aws-mfa credential-process` for this profile."""
        return is_our_credential_process(self.value(CREDENTIAL_PROCESS) or "", self.name)

    def check(self) -> None:
        """Ask for every setting whose shape is known: `BadProfile` for the first that AWS would refuse."""
        if self._is_checked:
            return
        settings = self.settings
        for key in settings:
            if key in _ATTRIBUTES:
                getattr(self, _ATTRIBUTES[key])
        for key, name in _ATTRIBUTES.items():
            if key not in settings:
                setattr(self, name, _EMPTY.get(name))
        self._is_checked = True

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> object:
            """Check a setting when it is asked for first: from then on it is a plain attribute."""
            if name == "duration_s":
                key, check = "duration_seconds", role_duration_s if self.given("role_arn") else mfa_session_duration_s
            elif name == "transitive_tag_keys":
                key, check = "transitive_session_tags", lambda given: transitive_keys_of(given, self.tags)
            elif name in _CHECKED:
                key, check = _CHECKED[name]
            else:
                raise AttributeError(name)
            given = self.given(key)
            value = _EMPTY.get(name) if given is None else check(given)
            setattr(self, name, value)
            return value

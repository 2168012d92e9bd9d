"""
One profile: its settings, each checked when it is first asked for, and the place it comes from.

Values that AWS would refuse are a `BadProfile`, as `profile_settings` checks them; `profiles` reads the files.
"""

from __future__ import annotations

from operator import attrgetter

from aws_mfa.config import profile_settings as read
from aws_mfa.config.profile_settings import CREDENTIAL_PROCESS, check_plain, is_our_credential_process, shown
from aws_mfa.config.sections import LONG_TERM_SUFFIX, default_long_term, profile_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from aws_mfa.config.profiles import AwsProfiles
    from aws_mfa.config.settings import Given


# Attribute -> the key it is read from, and the check of its value.
_CHECKED: dict[str, tuple[str, Callable[[Given], Any]]] = {
    "role_arn": ("role_arn", read.role_arn),
    "mfa_serial": ("mfa_serial", read.device),
    "external_id": ("external_id", read.external_id),
    "role_session_name": ("role_session_name", read.session_name),
    "source_identity": ("source_identity", read.session_name),
    "region": ("region", read.region),
    "tags": ("session_tags", read.tags_of),
    "sts_regional_endpoints": ("sts_regional_endpoints", read.regional_or_legacy),
    "mfa_process": ("mfa_process", attrgetter("value")),
    "agent": ("agent", read.agent_access),
    "agent_duration_s": ("agent_duration", read.agent_duration),
    "agent_labels": ("agent_labels", read.agent_labels),
}
_ATTRIBUTES = {
    **{key: name for name, (key, _) in _CHECKED.items()},
    "duration_seconds": "duration_s",
    **{key: key for key in read.NARROWING},
    "transitive_session_tags": "transitive_tag_keys",
}
_EMPTY: dict[str, tuple[()]] = {"tags": (), "transitive_tag_keys": (), "policy_arns": (), "agent_labels": ()}


class Profile:
    """One profile. `own`: the settings of its sections; `settings`: with those of included profiles. No secrets."""

    settings: Mapping[str, Given]  # without empty ones; `BadProfile` if `include_profile` leads nowhere or in a circle
    role_arn: str | None  # None for a profile that is an IAM user's
    mfa_serial: str | None  # only of this profile: `Chain.mfa_serial` is the one in force
    external_id: str | None
    role_session_name: str | None
    source_identity: str | None  # the same through a whole chain
    duration_s: int | None  # within the limits of the call
    region: str | None
    tags: tuple[tuple[str, str], ...]  # `session_tags`, in the file's order
    transitive_tag_keys: tuple[str, ...]  # those of the tags that go on to the next role of a chain
    sts_regional_endpoints: str | None  # `regional` or `legacy`
    mfa_process: str | None  # a command that prints the code
    policy: str | None  # of the file that `aws_mfa_policy` names, on one line; it and the next narrow a role's sessions
    policy_arns: tuple[str, ...]
    agent: str | None  # what agents get: `same`, `read-only`, `refuse` or the path of a policy
    agent_duration_s: int | None  # how long their sessions last at most
    agent_labels: tuple[str, ...]  # `tags`, `source_identity`: where their name appears too

    __slots__ = (
        *("_is_checked", "_others", "has_long_term_section", "has_own_keys", "name", "own", "settings"),
        *_ATTRIBUTES.values(),
    )

    def __init__(
        self,
        name: str,
        own: Mapping[str, Given],
        others: AwsProfiles | None = None,
        *,
        has_own_keys: bool = False,
        has_long_term_section: bool = False,
    ) -> None:
        self.name = name
        self.own = own
        self.has_own_keys = has_own_keys
        self.has_long_term_section = has_long_term_section
        self._others = others
        self._is_checked = False

    @property
    def keys_section(self) -> str:
        """The vault's name for its keys: `work-long-term`; `work` if that section holds them or its name says so."""
        keys_here = self.has_own_keys or self.name.endswith(LONG_TERM_SUFFIX)
        return self.name if keys_here and not self.has_long_term_section else default_long_term(self.name)

    @property
    def has_credential_process(self) -> bool:
        """Whether SDKs run a program for it, ours or another."""
        return self.given(CREDENTIAL_PROCESS) is not None

    @property
    def has_credential_process_of_ours(self) -> bool:
        """Whether that program is `aws-mfa credential-process`."""
        return is_our_credential_process(self.value(CREDENTIAL_PROCESS) or "", self.name)

    def given(self, key: str) -> Given | None:
        """Value and source of a standard key; empty counts as absent."""
        return self.settings.get(key)

    def value(self, key: str) -> str | None:
        """The value of a standard key, unchecked."""
        given = self.given(key)
        return None if given is None else given.value

    def policy_in(self, given: Given) -> str:
        """The policy in the file that `given` names, checked and on one line."""
        return read.policy_of(given, self._others.read_policy if self._others else str)

    @property
    def narrowing(self) -> Given | None:
        """The first setting that narrows the profile's sessions."""
        return next(filter(None, map(self.given, read.NARROWING)), None)

    @property
    def for_agents(self) -> Profile:
        """Whose settings say what agents get: for `work-long-term`, another name of its keys, those of `work`."""
        others, user = self._others, profile_of(self.name)
        if others is None or self.given("agent") is not None:
            return self
        if self.name.startswith("arn:"):
            return others.for_agents_of_role(self)
        return self if user == self.name else (others.profile(user) or Profile(user, {}, others)).for_agents

    def source(self, key: str) -> str:
        """Where the value is, such as `mfa_serial in ~/.aws/config [profile work]`; without a value, the profile."""
        given = self.given(key)
        return f"{key} of profile {shown(self.name)}" if given is None else given.source

    def endpoint_url(self, service: str) -> Given | None:
        """The `endpoint_url` for `sts` or another: from the `[services]` section it names, else its own. Unchecked."""
        services = self.given("services")
        if services is None or self._others is None:
            return self.given("endpoint_url")
        return self._others.service_endpoint(services, service) or self.given("endpoint_url")

    def check(self) -> None:
        """Check every setting: `BadProfile` for the first that AWS would refuse."""
        if self._is_checked:
            return
        settings = self.settings
        for key, given in settings.items():
            check_plain(key, given)
            if key in _ATTRIBUTES:
                getattr(self, _ATTRIBUTES[key])
        for key, name in _ATTRIBUTES.items():
            if key not in settings:
                setattr(self, name, _EMPTY.get(name))
        self._is_checked = True

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> object:
            """Find or check it when it is first asked for; from then on it is a plain attribute."""
            if name in _CHECKED:
                key, check = _CHECKED[name]
            elif name == "settings":
                others = self._others if "include_profile" in self.own else None
                found = self.own if others is None else others.with_included(self)
                self.settings = {key: given for key, given in found.items() if given.value}
                return self.settings
            elif name == "duration_s":
                key, check = "duration_seconds", lambda given: read.duration_s(given, role=bool(self.given("role_arn")))
            elif name == "transitive_tag_keys":
                key, check = "transitive_session_tags", lambda given: read.transitive_keys_of(given, self.tags)
            elif name == "policy":
                key, check = name, lambda given: read.policy_of(given, self._others.read_policy)
            elif name == "policy_arns":
                key, check = name, lambda given: read.policy_arns_of(given, self.role_arn or "")
            else:
                raise AttributeError(name)
            given = self.given(key)
            if given is not None:
                check_plain(key, given)
            value = _EMPTY.get(name) if given is None else check(given)
            setattr(self, name, value)
            return value

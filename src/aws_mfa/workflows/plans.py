"""
From names of profiles to a plan: chains followed, users found, stored sessions looked up; nothing is asked or sent yet.

(But for a device that no file names: IAM is asked for it.) A profile that cannot be planned does not stop the others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_mfa.errors import AwsMfaError, BadInput
from aws_mfa.rules.arns import sanitised_session_name
from aws_mfa.rules.freshness import MARGIN_S, Fresh, judge
from aws_mfa.rules.ini_text import check, section_values, sections
from aws_mfa.rules.profile_chains import chain_of
from aws_mfa.rules.profiles import AwsProfiles
from aws_mfa.rules.session_plan import make_plan
from aws_mfa.rules.session_steps import Overlay, Wanted
from aws_mfa.workflows.users import Users

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_mfa.rules.profile_chains import Chain
    from aws_mfa.rules.session_steps import Plan
    from aws_mfa.workflows.outside import Outside

_LONG_TERM = "-long-term"


class PlanRequest:
    """What is wanted: profiles by name (None: all), how much of a stored session must be left, and where keys are."""

    __slots__ = ("forced", "min_remaining_s", "no_keychain", "overlay", "profiles", "vault")

    def __init__(
        self,
        profiles: Sequence[str] | None,
        *,
        min_remaining_s: float = MARGIN_S,
        forced: bool = False,
        overlay: Overlay | None = None,
        vault: str | None = None,
        no_keychain: bool = False,
    ) -> None:
        self.profiles = profiles
        self.min_remaining_s = min_remaining_s
        self.forced = forced
        self.overlay = overlay or Overlay()
        self.vault = vault
        self.no_keychain = no_keychain


class Planned:
    """The plan, the chains by profile, the users' keys, and the failure of each profile that could not be planned."""

    __slots__ = ("chains", "failures", "plan", "users")

    def __init__(
        self, plan: Plan, chains: Mapping[str, Chain], users: Users, failures: Mapping[str, AwsMfaError]
    ) -> None:
        self.plan = plan
        self.chains = chains
        self.users = users
        self.failures = failures


def plan_sessions(request: PlanRequest, outside: Outside) -> Planned:
    """Plan the sessions of the profiles wanted; `BadInput` where there are none at all."""
    credentials_text, config_text = outside.credentials.read(), outside.config.read()
    check(credentials_text, where=outside.credentials.path)
    check(config_text, where=outside.config.path)
    profiles = AwsProfiles(config_text, credentials_text, outside.config.path, outside.credentials.path)
    noted = {section.name for section in sections(outside.known_keys.read(), where=outside.known_keys.path)}
    names = request.profiles if request.profiles is not None else _all_names(profiles, noted)
    if not names:
        raise BadInput("no profile has a role or long-term keys", "set one up: aws-mfa setup")
    users = Users(outside, credentials_text, vault=request.vault, no_keychain=request.no_keychain)
    wanted: list[Wanted] = []
    failures: dict[str, AwsMfaError] = {}
    for name in dict.fromkeys(names):
        try:
            chain = chain_of(name, profiles, keys_stored=lambda name: f"{name}{_LONG_TERM}" in noted)
            wanted.append(Wanted(chain, users.base_of(chain)))
        except AwsMfaError as error:
            failures[name] = error
    stored = _Stored(outside, credentials_text, {one.name: one for one in wanted})
    plan = make_plan(
        wanted,
        stored.until,
        now=outside.now(),
        min_remaining_s=request.min_remaining_s,
        forced=request.forced,
        overlay=request.overlay,
        session_name=sanitised_session_name(outside.user_name()),
    )
    return Planned(plan, {one.name: one.chain for one in wanted}, users, failures)


def _all_names(profiles: AwsProfiles, noted: set[str]) -> list[str]:
    """Every profile with a role, with long-term keys of its own, or with keys in a vault."""
    names = [
        profile.name
        for profile in profiles.all_profiles()
        if profile.given("role_arn") or profile.has_own_keys or profile.has_long_term_section
    ]
    return list(dict.fromkeys([*names, *(section.removesuffix(_LONG_TERM) for section in sorted(noted))]))


class _Stored:
    """Stored sessions, in the session cache and in the credentials file."""

    def __init__(self, outside: Outside, credentials_text: str, wanted: Mapping[str, Wanted]) -> None:
        self._outside = outside
        self._credentials_text = credentials_text
        self._wanted = wanted
        self._sections = {one.base.section: one.base.profile for one in wanted.values()}

    def until(self, label: str, inputs: Mapping[str, str]) -> float | None:
        """When the stored session of this label and these inputs ends."""
        found = self._outside.session_cache.find(label, inputs)
        if found is not None:
            return found.expires_at
        name = self._sections.get(label.removeprefix("mfa@")) if label.startswith("mfa@") else label
        if name is None or self._is_cached(name) or "policy_arns 1 1" in inputs or "policies 1" in inputs:
            return None
        return self._in_file(name, _last_role(inputs))

    def _is_cached(self, name: str) -> bool:
        wanted = self._wanted.get(name)
        return wanted is not None and wanted.chain.wanted.has_credential_process_of_ours

    def _in_file(self, name: str, role_arn: str | None) -> float | None:
        """The session of a section of ours: an MFA session of the user, or the role's."""
        values = section_values(self._credentials_text, name, where=self._outside.credentials.path)
        verdict = judge(values, role_arn=role_arn, now=self._outside.now())
        return verdict.expires_at if isinstance(verdict, Fresh) else None


def _last_role(inputs: Mapping[str, str]) -> str | None:
    number = 1
    while f"role_chain {number + 1}" in inputs:
        number += 1
    return inputs.get(f"role_chain {number}")

"""
From names of profiles to a plan: chains followed, users found, stored sessions looked up; nothing is asked or sent yet.

(But for a device that no file names: IAM is asked for it.) A profile that cannot be planned does not stop the others.
"""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING

from aws_mfa.errors import AwsMfaError, BadInput, BadProfile
from aws_mfa.rules.arns import sanitised_session_name
from aws_mfa.rules.freshness import MARGIN_S, holds_permanent_keys
from aws_mfa.rules.ini_text import check, check_if_small, sections
from aws_mfa.rules.profile_chains import chain_of
from aws_mfa.rules.profiles import AwsProfiles
from aws_mfa.rules.section_names import check_name
from aws_mfa.rules.session_plan import make_plan
from aws_mfa.rules.session_steps import Overlay, Wanted
from aws_mfa.workflows.renew import refuse_permanent_keys
from aws_mfa.workflows.stored_sessions import StoredSessions
from aws_mfa.workflows.users import Users

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_mfa.rules.profile_chains import Chain
    from aws_mfa.rules.profiles import Profile
    from aws_mfa.rules.section_index import SectionIndex
    from aws_mfa.rules.session_steps import Plan
    from aws_mfa.workflows.outside import Outside

_LONG_TERM = "-long-term"


class PlanRequest:
    """What is wanted: profiles by name (None: all), how much of a stored session must be left, and where keys are."""

    __slots__ = ("for_sdks", "forced", "min_remaining_s", "no_keychain", "overlay", "profiles", "vault")

    def __init__(
        self,
        profiles: Sequence[str] | None,
        *,
        min_remaining_s: float = MARGIN_S,
        forced: bool = False,
        overlay: Overlay | None = None,
        vault: str | None = None,
        no_keychain: bool = False,
        for_sdks: bool = False,
    ) -> None:
        self.profiles = profiles
        self.for_sdks = for_sdks  # handed over by us, however the profile is written: nothing goes into the file
        self.min_remaining_s = min_remaining_s
        self.forced = forced
        self.overlay = overlay or Overlay()
        self.vault = vault
        self.no_keychain = no_keychain


class Planned:
    """
    The plan, the chains by profile, the users' keys, the sessions stored before.

    `failures`: why a profile could not be planned.
    """

    __slots__ = ("chains", "failures", "plan", "stored", "users")

    def __init__(
        self,
        plan: Plan,
        chains: Mapping[str, Chain],
        users: Users,
        stored: StoredSessions,
        failures: Mapping[str, AwsMfaError],
    ) -> None:
        self.plan = plan
        self.chains = chains
        self.users = users
        self.stored = stored
        self.failures = failures


def plan_sessions(request: PlanRequest, outside: Outside) -> Planned:
    """Plan the sessions of the profiles wanted; `BadInput` where there are none at all."""
    credentials_text, config_text = outside.credentials.read(), outside.config.read()
    check(credentials_text, where=outside.credentials.path)
    # Only read, section by section; the credentials file is to be written too.
    check_if_small(config_text, where=outside.config.path)
    profiles = AwsProfiles(config_text, credentials_text, outside.config.path, outside.credentials.path)
    noted = {section.name for section in sections(outside.known_keys.read(), where=outside.known_keys.path)}
    names = request.profiles if request.profiles is not None else _all_names(profiles, noted, request.overlay)
    credentials = profiles.credentials
    users = Users(outside, credentials_text, vault=request.vault, no_keychain=request.no_keychain)
    wanted: list[Wanted] = []
    failures: dict[str, AwsMfaError] = {}
    for name in dict.fromkeys(names):
        try:
            chain = chain_of(name, profiles, keys_stored=lambda name: f"{name}{_LONG_TERM}" in noted)
            _check_overlay(chain, request.overlay)
            one = Wanted(chain, users.base_of(chain))
            _check_section(one, credentials)
            wanted.append(one)
        except AwsMfaError as error:
            failures[name] = error
    stored = StoredSessions(outside, credentials, wanted, for_sdks=request.for_sdks)
    plan = make_plan(
        wanted,
        stored.until,
        now=outside.now(),
        min_remaining_s=request.min_remaining_s,
        forced=request.forced,
        overlay=request.overlay,
        session_name=sanitised_session_name(outside.user_name()),
    )
    return Planned(plan, {one.name: one.chain for one in wanted}, users, stored, failures)


def _all_names(profiles: AwsProfiles, noted: set[str], overlay: Overlay) -> list[str]:
    """
    Every profile with a role; without an overlay also those with a long-term section, or with keys in a vault.

    Users whose keys stand in the profile's own section are left out: there is no place for their session.
    """
    names = [profile.name for profile in profiles.all_profiles() if _has_role(profile)]
    if not overlay:
        known = (*profiles.credentials.headers(), *sorted(noted))
        names += [section.removesuffix(_LONG_TERM) for section in known if section.endswith(_LONG_TERM)]
    if not names:
        raise BadInput(
            "no profile has a role, or long-term keys elsewhere than in its own section",
            "set one up: aws-mfa setup",
            "or move the keys of your profiles to the vault: aws-mfa import",
        )
    return names


def _has_role(profile: Profile) -> bool:
    """One that cannot be read counts as well: its failure is to be shown."""
    try:
        return profile.given("role_arn") is not None
    except BadProfile:
        return True


def _check_overlay(chain: Chain, overlay: Overlay) -> None:
    """AWS cannot narrow an MFA session: whoever wanted less would get everything."""
    if overlay and not chain.hops:
        raise BadInput(
            f"{chain.wanted.name} is a user's profile: policies and --read-only narrow role sessions alone",
            "name profiles with a role, or leave the policies away",
        )


def _check_section(wanted: Wanted, credentials: SectionIndex) -> None:
    """Refuse, before a code is asked for, a session that could not be written where SDKs look for it."""
    name = wanted.name
    if wanted.chain.wanted.has_credential_process_of_ours:
        return
    check_name(name)
    if holds_permanent_keys(credentials.values(name) or {}):
        refuse_permanent_keys(credentials.text, name, credentials.where)
    if wanted.base.section == name:
        raise BadInput(
            f"[{name}] is where long-term keys belong: no session is written there",
            f"name the profile: {quote(name.removesuffix(_LONG_TERM))}",
        )

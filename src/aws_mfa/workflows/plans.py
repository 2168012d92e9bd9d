"""
From names of profiles to a plan: chains followed, users found, stored sessions looked up; nothing is asked or sent yet.

(But for a device that no file names: IAM is asked for it.) A profile that cannot be planned does not stop the others.
"""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING

from aws_mfa.errors import AwsMfaError, BadInput, BadProfile, NotSetUp
from aws_mfa.rules.arns import sanitised_session_name
from aws_mfa.rules.ini_text import check, check_if_small
from aws_mfa.rules.profile_chains import chain_of
from aws_mfa.rules.profiles import AwsProfiles
from aws_mfa.rules.section_names import LONG_TERM_SUFFIX, check_name, profile_of
from aws_mfa.rules.session_plan import make_plan
from aws_mfa.rules.session_policies import check_policy_partitions
from aws_mfa.rules.session_section import refuse_permanent_keys
from aws_mfa.rules.session_steps import Overlay, Wanted
from aws_mfa.workflows.noted_keys import NotedKeys
from aws_mfa.workflows.stored_sessions import StoredSessions
from aws_mfa.workflows.users import Users

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from aws_mfa.rules.profile_chains import Chain
    from aws_mfa.rules.profiles import Profile
    from aws_mfa.rules.section_index import SectionIndex
    from aws_mfa.rules.session_steps import Plan
    from aws_mfa.workflows.outside import Outside
    from aws_mfa.workflows.plan_request import PlanRequest


class Planned:
    """
    What was asked for, the plan, the chains by profile, the users' keys, the sessions stored before.

    `failures`: why a profile could not be planned.
    """

    __slots__ = ("chains", "failures", "plan", "request", "stored", "users")

    def __init__(
        self,
        request: PlanRequest,
        plan: Plan,
        chains: Mapping[str, Chain],
        users: Users,
        stored: StoredSessions,
        failures: Mapping[str, AwsMfaError],
    ) -> None:
        self.request = request
        self.plan = plan
        self.chains = chains
        self.users = users
        self.stored = stored
        self.failures = failures


def plan_sessions(request: PlanRequest, outside: Outside) -> Planned:
    """Plan the sessions of the profiles wanted; `BadInput` where there are none at all."""
    credentials_text, profiles = _read_files(outside)
    noted = NotedKeys(outside)
    names = request.profiles if request.profiles is not None else _all_names(profiles, noted, request.overlay)
    users = Users(
        outside,
        credentials_text,
        vault=request.vault,
        no_keychain=request.no_keychain,
        devices=request.devices,
    )
    wanted, failures = _wanted(names, request.overlay, profiles, noted, users)
    stored = StoredSessions(
        outside, profiles.credentials, wanted, for_sdks=request.for_sdks, refused_key_ids=request.refused_key_ids
    )
    plan = make_plan(
        wanted,
        stored.until,
        now=outside.now(),
        min_remaining_s=request.min_remaining_s,
        forced=request.forced,
        overlay=request.overlay,
        session_name=sanitised_session_name(outside.user_name()),
    )
    return Planned(request, plan, {one.name: one.chain for one in wanted}, users, stored, failures)


def _read_files(outside: Outside) -> tuple[str, AwsProfiles]:
    """The credentials file's text, and the profiles of both files."""
    credentials_text, config_text = outside.credentials.read(), outside.config.read()
    check(credentials_text, where=outside.credentials.path)
    # Only read, section by section; the credentials file is to be written too.
    check_if_small(config_text, where=outside.config.path)
    return credentials_text, AwsProfiles(config_text, credentials_text, outside.config.path, outside.credentials.path)


def _wanted(
    names: Iterable[str], overlay: Overlay, profiles: AwsProfiles, noted: NotedKeys, users: Users
) -> tuple[list[Wanted], dict[str, AwsMfaError]]:
    """What can be planned, and by name why another profile cannot."""
    wanted: list[Wanted] = []
    failures: dict[str, AwsMfaError] = {}
    for name in dict.fromkeys(names):
        try:
            chain = chain_of(name, profiles, keys_stored=noted.are_stored, in_vault=users.vault.has_keys)
            _check_overlay(chain, overlay)
            one = Wanted(chain, users.base_of(chain))
            _check_section(one, profiles.credentials)
            wanted.append(one)
        except AwsMfaError as error:
            failures[name] = users.vault.explained(error)
    return wanted, failures


def _all_names(profiles: AwsProfiles, noted: NotedKeys, overlay: Overlay) -> list[str]:
    """
    Every profile with a role; without an overlay also those with a long-term section, or with keys in a vault.

    Users whose keys stand in the profile's own section are left out: there is no place for their session.
    """
    names = [profile.name for profile in profiles.all_profiles() if _has_role(profile)]
    if not overlay:
        known = (*profiles.credentials.headers(), *sorted(noted.sections))
        names += [profile_of(section) for section in known if section.endswith(LONG_TERM_SUFFIX)]
    if not names and not noted.sections and not profiles.names():
        raise NotSetUp(
            "nothing is set up here yet: there is no profile",
            "store long-term keys: aws-mfa setup",
            "or those of a download: aws-mfa import FILE",
        )
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
    """AWS cannot narrow an MFA session: whoever wanted less would get everything. Nor by another partition's policy."""
    if overlay and not chain.hops:
        raise BadInput(
            f"{chain.wanted.name} is a user's profile: policies and --read-only narrow role sessions alone",
            "name profiles with a role, or leave the policies away",
        )
    if chain.hops:
        check_policy_partitions(overlay.policy_arns, chain.wanted.role_arn or "")


def _check_section(wanted: Wanted, credentials: SectionIndex) -> None:
    """Refuse, before a code is asked for, a session that could not be written where SDKs look for it."""
    name = wanted.name
    if wanted.chain.wanted.has_credential_process_of_ours:
        return
    values = credentials.values(name)
    check_name(name, is_new=values is None)
    refuse_permanent_keys(values, name, credentials.where)
    if wanted.base.section == name:
        raise BadInput(
            f"[{name}] is where long-term keys belong: no session is written there",
            f"name the profile: {quote(profile_of(name))}",
        )

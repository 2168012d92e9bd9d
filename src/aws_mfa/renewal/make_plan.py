"""
Make a plan from names of profiles: follow the chains, find the users, look up stored sessions. `renewal/plan` decides.

Nothing is asked or sent, except that IAM is asked for a device that no file names. A profile that cannot be planned
does not stop the others.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from aws_mfa.aws_values.arns import check_role, is_root_device, sanitised_session_name
from aws_mfa.aws_values.narrowing import EVERYTHING
from aws_mfa.aws_values.policies import check_policy_partitions
from aws_mfa.aws_values.text import LONGEST_MFA_SESSION_S, LONGEST_ROLE_SESSION_S, check_duration, duration_text
from aws_mfa.command_lines import quote, set_variables
from aws_mfa.config.chains import chain_of
from aws_mfa.config.profile import Profile
from aws_mfa.config.profile_names import header_of, misnamed
from aws_mfa.config.sections import LONG_TERM_SUFFIX, check_name, hint_at_default, profile_of
from aws_mfa.config.settings import Given
from aws_mfa.errors import AwsMfaError, BadInput, BadProfile, NotSetUp, PermanentKeysInTheWay, RefusedByRule
from aws_mfa.renewal.plan import LONGEST_CHAINED_S, plan_steps
from aws_mfa.renewal.request import is_arn
from aws_mfa.renewal.steps import Reused, Step
from aws_mfa.renewal.stored import StoredSessions
from aws_mfa.renewal.users import Users
from aws_mfa.sessions.file_section import refuse_permanent_keys
from aws_mfa.vaults.lookup import KnownProfiles

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from aws_mfa.aws_values.narrowing import Grant, Overlay
    from aws_mfa.config.chains import Chain
    from aws_mfa.config.index import SectionIndex
    from aws_mfa.interfaces import Interfaces
    from aws_mfa.renewal.plan import Plan
    from aws_mfa.renewal.request import RenewalRequest
    from aws_mfa.renewal.steps import SourceUser
    from aws_mfa.vaults.lookup import QuietVault

_SOURCE_VARIABLE = "AWS_PROFILE"
_ONE_OF = "narrow it by one of: --read-only, --allow 'ec2:Describe*,s3:List*', --policy FILE"
_MOST_LOOKED_UP = 100  # in a keychain, each a call to its service


def make_plan(request: RenewalRequest, interfaces: Interfaces, known: KnownProfiles | None = None) -> Plan:
    """Plan the sessions of the wanted profiles; `BadInput` if there are none. `known`: files that were read already."""
    known = known or KnownProfiles(interfaces)
    known.check()
    users = Users(interfaces, known, request)
    others: dict[str, str] = {}
    names = request.profiles if request.profiles is not None else _all_names(known, request, users.quiet_vault, others)
    wanted: list[tuple[Chain, SourceUser]] = []
    failures: dict[str, AwsMfaError] = {}
    notes: dict[str, list[str]] = {}
    grants: dict[str, Grant] = {}
    for name in dict.fromkeys(names):
        try:
            chain = wanted_chain(name, known, request, users)
            grant = interfaces.grant(chain.wanted)
            _check_narrowing(chain, request, grant)
            # What renew writes is for everyone and bears no agent's name; of less than that a preview shows exec's.
            grants[name] = grant if request.hands_over or grant.is_narrow else EVERYTHING
            check_duration_asked(chain, chain.mfa_serial, request.duration_s)
            user = users.user_of(chain)
            check_duration_asked(chain, user.device, request.duration_s)
            notes[name] = [grant.notice] if grant.notice and not request.overlay else []
            if not request.hands_over:
                notes[name] += _notes_of_section(chain, user, known.credentials, is_preview=request.is_preview)
            if request.is_preview and name in known.profiles.misnamed:
                notes[name].append(known.profiles.misnamed[name])
            wanted.append((chain, user))
        except AwsMfaError as error:
            failures[name] = users.quiet_vault.explained(error)
            error.hints = (*hint_at_default(name, interfaces.environ), *error.hints)
    stored = StoredSessions(interfaces, known, request, wanted)
    user_name = sanitised_session_name(interfaces.user_name())
    with stored.listed():
        plan = plan_steps(wanted, request, users, stored, now=interfaces.now(), session_name=user_name, grants=grants)
    plan.failures, plan.others = failures, others
    for name, lines in notes.items():
        if lines:
            plan.notes.setdefault(name, []).extend(lines)
    return plan


def wanted_chain(name: str, known: KnownProfiles, request: RenewalRequest, users: Users) -> Chain:
    """The chain of a profile, or of a role's ARN with `request.source`; raises what `chain_of` raises, `BadInput`."""
    source = request.source
    if source is not None and is_arn(name) and (source.source != _SOURCE_VARIABLE or not known.profiles.profile(name)):
        arn = check_role(name, source="PROFILE")
        if not source.value:
            raise BadInput(
                f"no profile is named to assume the role {name} from",
                "name the one that has your long-term keys: --source-profile NAME",
                f"or for all commands of a shell: {set_variables(AWS_PROFILE='NAME')}",
            )
        known.profiles.add(name, {"role_arn": Given(arn, "PROFILE"), "source_profile": source})
    return chain_of(name, known.profiles, keys_stored=known.has_noted_keys, in_vault=users.quiet_vault.has_keys)


def check_duration_asked(chain: Chain, device: str | None, duration_s: int | None) -> None:
    """Raise `BadInput`, before a code is asked for, if AWS does not grant `--duration` to the wanted profile."""
    if duration_s is None:
        return
    roles, wanted = chain.role_chain, chain.wanted
    check_duration(duration_s, "--duration", role=bool(roles), root=is_root_device(device or ""))
    if len(roles) > 1 and duration_s > LONGEST_CHAINED_S:
        raise BadInput(
            f"--duration {duration_text(duration_s)}: {wanted.name} is assumed from the role of {roles[-2].name}, and "
            f"AWS gives such a session {duration_text(LONGEST_CHAINED_S)} at most",
            f"ask for less: --duration {LONGEST_CHAINED_S}",
            f"or name the profile of a user, such as {chain.user.name}, in {wanted.source('source_profile')}",
        )


def renewal_of(profile: str, plan: Plan, interfaces: Interfaces) -> Step | Reused:
    """The call for another session of this planned profile, from the files the plan has read and the current stores."""
    wanted = [(plan.chains[profile], plan.of_profile[profile].user)]
    request = replace(plan.request, forced=True)
    session_name = sanitised_session_name(interfaces.user_name())
    again = plan_steps(
        wanted, request, plan.users, plan.stored, now=interfaces.now(), session_name=session_name, grants=plan.grants
    )
    return again.of_profile[profile]


def check_possible(plan: Plan, min_remaining_s: float | None, now: float) -> None:
    """Raise `BadInput` before a question if no session of a wanted profile can have so much time left."""
    asked_s = plan.request.duration_s or 0
    for name, found in plan.of_profile.items():
        granted_s = plan.grants[name].longest_s if name in plan.grants else None
        if granted_s is not None and (min_remaining_s or 0) > granted_s:
            source = plan.chains[name].wanted.for_agents.source("agent_duration")
            raise BadInput(
                f"{source}: an agent's session of {name} lasts {duration_text(granted_s)} at most", "ask for less"
            )
        check_lasts(plan.chains[name], int(found.inputs["duration_s"]), min_remaining_s)
        signer = found.signed_by if isinstance(found, Step) and found.is_scoped else None
        if signer is None or (plan.request.for_sdk and asked_s <= int(signer.inputs["duration_s"])):
            continue  # an SDK asks again at the end of a shorter one
        longest_s = signer.expires_at - now if isinstance(signer, Reused) else signer.request.duration_s
        if asked_s > longest_s:
            text = duration_text(longest_s)
            left = f"has {text} left" if isinstance(signer, Reused) else f"lasts {text}"
            raise BadInput(
                f"--duration {duration_text(asked_s)}: the MFA session {left}, and what is made of it ends with it",
                f"ask for less, or get a new MFA session: aws-mfa renew --force {quote(plan.chains[name].user.name)}",
            )


def check_lasts(chain: Chain, duration_s: int, min_remaining_s: float | None) -> None:
    """The same for one profile, whose sessions last `duration_s`."""
    if min_remaining_s is None or min_remaining_s <= duration_s:
        return
    name, roles = chain.wanted.name, len(chain.role_chain)
    longest_s = (LONGEST_MFA_SESSION_S, LONGEST_ROLE_SESSION_S, LONGEST_CHAINED_S)[min(roles, 2)]
    what = "a role assumed from a role" if roles > 1 else "it"
    hint = f"ask for less: {what} lasts {duration_text(longest_s)} at most"
    if min_remaining_s <= longest_s:
        hint = f"or set duration_seconds of [{header_of(name, ())}]: it may be {longest_s} at most, if AWS allows it"
    asked = duration_text(min_remaining_s)
    hints = [f"ask for longer sessions: --duration {min_remaining_s:.0f}"] if min_remaining_s <= longest_s else []
    hints += [] if hints and is_arn(name) else [hint]
    raise BadInput(f"--min-remaining {asked}: a session of {name} lasts {duration_text(duration_s)}", *hints)


def _all_names(known: KnownProfiles, request: RenewalRequest, vault: QuietVault, others: dict[str, str]) -> list[str]:
    """
    Every profile with a role; without an overlay also those with a long-term section, or with keys in a vault.

    Users whose keys are in their own section only in a preview: their session could not be stored. `others`: the rest.
    """
    profiles = known.profiles
    names, users, unread = [], [], suppress(BadProfile)
    for profile in profiles.all_profiles():
        # One that cannot be read counts too, so that its failure is shown.
        with unread:
            if profile.given("role_arn") is None:
                users.append(profile)
                continue
        names.append(profile.name)
    if not request.overlay:
        sections = (*known.credentials.headers(), *sorted(known.noted_sections))
        names += [profile_of(section) for section in sections if section.endswith(LONG_TERM_SUFFIX)]
        found = {*names}
        users = [one for one in users if one.name not in found and not misnamed(one.name, is_config=False)]
        asked = [one.name for one in users if not one.has_own_keys][:_MOST_LOOKED_UP]
        names += [name for name in asked if vault.trouble is None and vault.has_keys(name)]
        names += [one.name for one in users if one.has_own_keys and request.is_preview and one.given("mfa_serial")]
    found = {*names}
    for one in users:
        if one.name not in found:
            why = "long-term keys are in its own section" if one.has_own_keys else "neither a role nor long-term keys"
            included = one.given("include_profile")
            why = f"include_profile = {included.value}, and --all does not name it" if included else why
            others[one.name] = f"{why}: no session is renewed"
    others.update((name, why) for name, why in profiles.misnamed.items() if name not in found)
    if not names:
        raise vault.explained(_nothing_to_plan(known, others))
    return names


def _nothing_to_plan(known: KnownProfiles, others: Mapping[str, str]) -> AwsMfaError:
    if not (others or known.noted_sections or known.profiles.names()):
        return NotSetUp(
            "nothing is set up here yet: there is no profile",
            "store long-term keys: aws-mfa setup",
            "or those of a download: aws-mfa import FILE",
        )
    left_out = "; ".join(f"{name}: {why}" for name, why in others.items())
    return BadInput(
        f"no profile has a role, or long-term keys elsewhere than in its own section ({left_out})",
        "set one up: aws-mfa setup",
        "or move the keys of your profiles to the vault: aws-mfa import",
    )


def _check_narrowing(chain: Chain, request: RenewalRequest, grant: Grant) -> None:
    """Refuse what cannot be narrowed, and two policies of one session, which allow what either of them allows."""
    overlay, name = request.overlay, chain.wanted.name
    if not (request.hands_over or request.is_preview):
        check_gets_everything(name, grant, "renew writes sessions for everyone")
    check_flags(chain, overlay, grant)
    if overlay and not chain.role_chain and not request.hands_over:
        raise BadInput(
            f"{name} is a user's profile: renew writes the whole MFA session, with which roles are assumed",
            f"give a narrower one to one program: aws-mfa exec {quote(name)} --read-only -- COMMAND",
        )
    if not chain.role_chain and overlay.policy_arns:
        raise BadInput(f"{name} is a user's profile: GetScopedCredentials takes no ARNs of managed policies", _ONE_OF)
    if overlay.policy_arns:
        check_policy_partitions(overlay.policy_arns, chain.wanted.role_arn or "")


def check_gets_everything(name: str, grant: Grant, why: str) -> None:
    """Raise `RefusedByRule` for an agent that gets less than the user: it gets nothing that is for others, too."""
    if grant.is_narrow:
        hint = f"an agent gets its own session by: aws-mfa exec {quote(name)} -- COMMAND"
        raise RefusedByRule(f"{grant.source}: agents get less of {name} than the user, and {why}", hint)


def check_profiles_give_everything(
    names: Iterable[str], known: KnownProfiles, interfaces: Interfaces, why: str
) -> str | None:
    """The same for profiles of these names, whether they exist or not; the first one's notice, if there is one."""
    grants = []
    for name in names if interfaces.agent is not None else ():
        grant = interfaces.grant(known.profiles.profile(name) or Profile(name, {}, known.profiles))
        check_gets_everything(name, grant, why)
        grants.append(grant)
    return grants[0].notice if grants else None


def check_keys_may_change(sections: Iterable[str], interfaces: Interfaces) -> None:
    """The same for what moves, replaces or removes the keys of these sections, by whatever profile's name."""
    if interfaces.agent is not None:
        known = KnownProfiles(interfaces)
        names = [name for section in sections for name in names_of_keys(section, known)]
        check_profiles_give_everything(names, known, interfaces, "do not change its keys and devices")


def names_of_keys(section: str, known: KnownProfiles) -> list[str]:
    """The names of profiles under which the keys of this section may be used: `work-keys` with a suffix by `work`."""
    return [*(name for name in known.profiles.names() if section.startswith(f"{name}-")), section]


def check_flags(chain: Chain, overlay: Overlay, grant: Grant) -> None:
    """Flags never widen: `BadInput` if the profile, or the rule for agents, narrows the session in another way."""
    narrowing, rule = chain.wanted.narrowing, grant.overlay
    source = narrowing.source if narrowing else grant.source if rule and rule != overlay else None
    if not chain.role_chain and overlay.read_only and (overlay.policy is not None or overlay.policy_arns):
        raise BadInput(f"{chain.wanted.name} is a user's profile: its session takes one policy", _ONE_OF)
    if overlay and source is not None:
        raise BadInput(
            f"{source} narrows {chain.wanted.name} already, and another policy could allow more",
            "leave out --policy, --policy-arn, --allow and --read-only, or use a profile without that setting",
        )


def _notes_of_section(chain: Chain, user: SourceUser, credentials: SectionIndex, *, is_preview: bool) -> list[str]:
    """Before a code is asked for, refuse a session that could not be written where SDKs read it; a preview notes it."""
    name = chain.wanted.name
    if chain.wanted.has_credential_process:
        return []
    values = credentials.values(name)
    check_name(name, is_new=values is None)
    try:
        refuse_permanent_keys(values, name, credentials.where)
    except PermanentKeysInTheWay as refused:
        if not is_preview:
            raise
        return [f"{refused.message}, so renew refuses; exec, env and credential-process use the session"]
    if user.section == name and name.endswith(LONG_TERM_SUFFIX):
        raise BadInput(
            f"[{name}] is for long-term keys: no session is written there",
            f"name the profile: {quote(profile_of(name))}",
        )
    return []

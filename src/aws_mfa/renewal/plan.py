"""
The plan: wanted profiles + stored sessions + now -> the STS calls to make, the codes they need, and why. Pure.

An MFA session carries the proof of MFA, so one code serves every role of up to one hour; a longer role session is
assumed directly with the long-term keys and a code of its own, because STS counts an MFA session as chaining. A role
assumed from a role lasts one hour at most. Reading files and finding users is for `renewal/make_plan`.

Limits: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html#iam-term-role-chaining
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from aws_mfa.aws_values.arns import agent_session_name, is_root_device, partition_of
from aws_mfa.aws_values.narrowing import EVERYTHING, NOTHING_NARROWER, agent_tags, description_of
from aws_mfa.aws_values.regions import REGION_VARIABLES, doubt_about, is_in
from aws_mfa.aws_values.text import DEFAULT_MFA_SESSION_S, DEFAULT_ROLE_SESSION_S, LONGEST_ROOT_SESSION_S, duration_text
from aws_mfa.config.chains import child_regions
from aws_mfa.config.sections import LONG_TERM_KEYS, kind_of
from aws_mfa.model import SessionRequest
from aws_mfa.renewal.steps import Reused, Step
from aws_mfa.sessions.freshness import MARGIN_S
from aws_mfa.sessions.inputs import INPUTS
from aws_mfa.sessions.places import cut_label, mfa_label

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from aws_mfa.aws_values.narrowing import Grant
    from aws_mfa.config.chains import Chain
    from aws_mfa.config.profiles import Profile
    from aws_mfa.errors import AwsMfaError
    from aws_mfa.renewal.request import RenewalRequest
    from aws_mfa.renewal.steps import SourceUser
    from aws_mfa.renewal.stored import StoredSessions
    from aws_mfa.renewal.users import Users

LONGEST_CHAINED_S = 3600
_WORDS = {"access_key_id": "key", "duration_s": "duration"}


@dataclass(eq=False)
class Plan:
    """
    The steps in an order in which they can be made, the stored sessions used, the result of each profile, its sources.

    `failures`: why a profile could not be planned. `notes`: lines for the user about one. `others`: profiles of the
    files that are not planned, and why. `grants`: what the caller may get of each profile.
    """

    request: RenewalRequest
    users: Users
    stored: StoredSessions
    chains: Mapping[str, Chain] = field(default_factory=dict)
    failures: Mapping[str, AwsMfaError] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)
    reused: list[Reused] = field(default_factory=list)
    of_profile: dict[str, Step | Reused] = field(default_factory=dict)
    notes: dict[str, list[str]] = field(default_factory=dict)
    others: Mapping[str, str] = field(default_factory=dict)
    grants: Mapping[str, Grant] = field(default_factory=dict)

    def of_session(self, session: Step | Reused) -> str:
        """The profiles that get this session, and its label if that is not a profile's name."""
        names = ", ".join(name for name in session.profiles if self.of_profile[name] is session)
        is_role = "role_chain 1" in session.inputs
        return names if names and is_role else f"{names} ({session.label})" if names else session.label

    @property
    def codes(self) -> list[Step]:
        """The steps that need a code, each its own."""
        return [step for step in self.steps if step.needs_code]

    def verb_to_renew(self, profile: str) -> str:
        """The command that gets this session on a terminal: `renew` refuses a section that holds long-term keys."""
        return "exec" if kind_of(self.stored.file.values(profile)) == LONG_TERM_KEYS else "renew"

    def child_regions(self, profile: str, environ: Mapping[str, str]) -> tuple[Mapping[str, str], str | None]:
        """The environment and the region for a child with this profile's session: see `chains.child_regions`."""
        if self.request.region is not None:
            own = {name: value for name, value in environ.items() if name not in REGION_VARIABLES}
            return own, self.request.region
        return child_regions(self.chains[profile], self.of_profile[profile].user.partition, environ)

    @property
    def every_notice(self) -> tuple[str, ...]:
        """The lines for the user about all profiles."""
        notes = (f"{name}: {note}" for name, notes in self.notes.items() for note in notes)
        return (*self.users.notices, *notes)

    def notices(self, profile: str) -> tuple[str, ...]:
        """The lines for the user when this profile's session is handed over."""
        return (*self.users.notices, *self.notes.get(profile, ()))


def plan_steps(
    wanted: Sequence[tuple[Chain, SourceUser]],
    request: RenewalRequest,
    users: Users,
    stored: StoredSessions,
    *,
    now: float,
    session_name: str = "aws-mfa",
    grants: Mapping[str, Grant] | None = None,
) -> Plan:
    """Plan the sessions of the wanted profiles, each given as its chain and the user at the chain's beginning."""
    chains = {chain.wanted.name: chain for chain, _ in wanted}
    plan = Plan(request, users, stored, chains, grants=grants or {})
    planner = _Planner(plan, now, session_name)
    # Short chains first: if a user's own session is wanted, all roles of the user share it; so do roles in chains.
    for chain, user in sorted(wanted, key=lambda one: len(one[0].role_chain)):
        planner.add(chain, user)
    # The first code is for the MFA session: it serves more than one role.
    plan.steps.sort(key=lambda step: (len(step.signers), step.request.role_arn is not None))
    plan.of_profile = {name: plan.of_profile[name] for name in plan.chains}
    return plan


class _Planner:
    """Adds wanted profiles to the plan one by one; equal inputs give one step."""

    def __init__(self, plan: Plan, now: float, session_name: str) -> None:
        self._plan = plan
        self._request = plan.request
        self._now = now
        self._session_name = session_name
        self._known: dict[str, Step | Reused] = {}
        self._mfa_steps: dict[tuple[SourceUser, int], Step] = {}

    def add(self, chain: Chain, user: SourceUser) -> None:
        """Plan one profile's session and the sessions that sign for it."""
        for role in chain.role_chain:
            region, source = role.region or "", role.source("region")
            note = doubt_about(region, source)
            if region and not is_in(region, user.partition):
                note = f"{source} names region {region} of another partition: it is not used"
            if note:
                self._plan.notes.setdefault(chain.wanted.name, []).append(note)
        found = self._role_session(chain, user) if chain.role_chain else self._user_session(chain, user)
        self._plan.of_profile[chain.wanted.name] = found
        serves: Step | Reused | None = found
        while serves is not None:
            serves.profiles.append(chain.wanted.name)
            serves = serves.signed_by if isinstance(serves, Step) else None

    def _user_session(self, chain: Chain, user: SourceUser) -> Step | Reused:
        """The MFA session, or what GetScopedCredentials makes of it: narrower, or shorter without a code."""
        grant, asked_s = self._grant_of(chain), self._request.duration_s
        whole = self._mfa_step(chain, user, None)
        policy, duration_s = (self._request.overlay or grant.overlay).inline, shortest(asked_s, grant.longest_s)
        is_shorter = asked_s is not None and (self._plan.stored.until(whole) or 0.0) - self._now >= asked_s
        if policy is None and grant.longest_s is None and not is_shorter:
            return self._mfa_session(chain, user, is_wanted=True)
        return self._scoped(chain, user, whole, policy, duration_s, partial(self._mfa_session, chain, user))

    def _role_session(self, chain: Chain, user: SourceUser) -> Step | Reused:
        """The role's session. If its profile narrows it and the rule does too, GetScopedCredentials adds a layer."""
        requests, policy = self._requests(chain, user), self._grant_of(chain).overlay.inline
        if policy is None or chain.wanted.narrowing is None:
            return self._role(chain, user, requests, is_wanted=True)
        role = _role_step(chain, user, requests, len(requests) - 1)
        return self._scoped(chain, user, role, policy, None, partial(self._role, chain, user, requests))

    def _scoped(
        self,
        chain: Chain,
        user: SourceUser,
        whole: Step,
        policy: str | None,
        duration_s: int | None,
        signer: Callable[..., Step | Reused],
    ) -> Step | Reused:
        """The session that GetScopedCredentials makes of `whole`, which must last as long as this one is needed."""
        name, agent = chain.wanted.name, self._grant_of(chain).agent
        request = SessionRequest(
            "",
            duration_s or whole.request.duration_s,
            whole.request.role_arn,
            policy=policy,
            is_usual_duration=duration_s is None,
            description=description_of(name, agent),
            agent=agent,
        )
        step = Step(name, user, request, whole.roles, reason="narrowed by GetScopedCredentials")
        found = self._found(step, is_wanted=True)
        if found is not None:
            return found
        needed_s = self._request.needed_s(step.inputs, costs_code=True)
        return self._made(step, signed_by=signer(is_wanted=False, needed_s=needed_s))

    def _grant_of(self, chain: Chain) -> Grant:
        return self._plan.grants.get(chain.wanted.name, EVERYTHING)

    def _mfa_session(
        self, chain: Chain, user: SourceUser, *, is_wanted: bool, needed_s: float | None = None
    ) -> Step | Reused:
        step = self._mfa_step(chain, user, self._request.duration_s if is_wanted else None)
        return self._found(step, is_wanted=is_wanted, needed_s=needed_s) or self._made(step, signed_by=None)

    def _mfa_step(self, chain: Chain, user: SourceUser, asked_s: int | None) -> Step:
        # In a role profile `duration_seconds` is the role's.
        of_profile = asked_s or (None if chain.user.role_arn else chain.user.duration_s)
        usual_s = LONGEST_ROOT_SESSION_S if is_root_device(user.device or "") else DEFAULT_MFA_SESSION_S
        duration_s = of_profile or usual_s
        step = self._mfa_steps.get((user, duration_s))
        if step is None:
            request = SessionRequest(user.device or "", duration_s, is_usual_duration=not of_profile)
            reason = "one MFA session serves all roles of up to 1 h"
            step = self._mfa_steps[user, duration_s] = Step(mfa_label(user.section), user, request, (), reason=reason)
        return step

    def _role(
        self,
        chain: Chain,
        user: SourceUser,
        requests: list[SessionRequest],
        *,
        is_wanted: bool,
        needed_s: float | None = None,
    ) -> Step | Reused:
        """Plan the last role's session, and those before it in the chain back to the first stored one."""
        last = len(requests) - 1
        to_make: list[Step] = []
        found: Step | Reused | None = None
        for number in range(last, -1, -1):
            step = _role_step(chain, user, requests, number)
            is_last = number == last
            found = self._found(step, is_wanted=is_wanted and is_last, needed_s=needed_s if is_last else None)
            if found is not None:
                break
            to_make.append(step)
        if found is None and not requests[0].device and user.device:
            found = self._mfa_session(chain, user, is_wanted=False)
        for step in reversed(to_make):
            found = self._made(step, signed_by=found)
        assert found is not None
        return found

    def _requests(self, chain: Chain, user: SourceUser) -> list[SessionRequest]:
        """One request per role of the chain, with the duration cut if STS would refuse it."""
        roles, device = chain.role_chain, user.device or ""
        grant = self._grant_of(chain)
        wanted_s = shortest(self._request.duration_s or _asked_s(roles[-1]), grant.longest_s) or 0
        if len(roles) == 1 and (not device or wanted_s > LONGEST_CHAINED_S):
            return [self._role_request(roles[0], device, wanted_s, grant)]
        requests = []
        for role in roles:
            duration_s = wanted_s if role is roles[-1] else _asked_s(role)
            if duration_s > LONGEST_CHAINED_S and (device or role is not roles[0]):
                note = f"{role.source('duration_seconds')} is cut to 1 h: {role.name} is part of a chain"
                self._plan.notes.setdefault(chain.wanted.name, []).append(note)
                duration_s = LONGEST_CHAINED_S
            requests.append(self._role_request(role, "", duration_s, grant if role is roles[-1] else None))
        return requests

    def _role_request(self, role: Profile, device: str, duration_s: int, grant: Grant | None) -> SessionRequest:
        """The request for a role; `grant` is that of the wanted profile, None for the roles before it."""
        name, tags, identity = self._session_name, role.tags, role.source_identity
        agent = grant.agent if grant else None
        if grant is not None and agent is not None:
            name = agent_session_name(agent, role.name, name)
            identity = identity or (name if grant.source_identity else None)
            tags += agent_tags(agent, role.name, tags) if grant.tags else ()
        overlay = NOTHING_NARROWER
        if grant is not None:  # `make_plan` refuses flags for a profile that narrows itself; the rule is a layer then
            overlay = self._request.overlay or (NOTHING_NARROWER if role.narrowing else grant.overlay)
        return SessionRequest(
            device,
            duration_s,
            role.role_arn,
            role.role_session_name or name,  # a trust policy may demand the profile's
            role.external_id,
            tags=tags,
            transitive_tag_keys=role.transitive_tag_keys,
            source_identity=identity,
            policy=overlay.policy if overlay else role.policy,
            policy_arns=overlay.arns(partition_of(role.role_arn or "") or "aws") if overlay else role.policy_arns,
            agent=agent,
        )

    def _found(self, step: Step, *, is_wanted: bool, needed_s: float | None = None) -> Step | Reused | None:
        """The equal step planned before, or the stored session with `needed_s` left; None: it must be made."""
        known = self._known.get(step.key)
        # What only signs for others is not renewed before its end.
        forced = is_wanted and self._request.forced
        if needed_s is None:
            needed_s = self._request.needed_s(step.inputs, costs_code=step.needs_code) if is_wanted else MARGIN_S
        if isinstance(known, Step) or (known is not None and not forced and known.expires_at - self._now > needed_s):
            return known
        # Looked up even when forced, so that a session stored later can be recognised as new.
        stored = Reused(step, self._plan.stored.until(step) or 0.0)
        left_s = 0.0 if forced else stored.expires_at - self._now
        if left_s <= needed_s:
            step.rest = stored if left_s > MARGIN_S else None
            return None
        self._known[step.key] = stored
        self._plan.reused.append(stored)
        return stored

    def _made(self, step: Step, *, signed_by: Step | Reused | None) -> Step:
        step.signed_by = signed_by
        self._plan.steps.append(step)
        self._known[step.key] = step
        return step


def _role_step(chain: Chain, user: SourceUser, requests: list[SessionRequest], number: int) -> Step:
    role, request = chain.role_chain[number], requests[number]
    is_wanted = number == len(requests) - 1
    # Wanted for itself, the first role would last longer and need a code; this session must not replace that one.
    is_other = not is_wanted and number == 0 and request.duration_s < _asked_s(role)
    if request.device:
        reason = f"duration_seconds = {request.duration_s} > 1 h"
    elif number > 0:
        reason = f"assumed from {chain.role_chain[number - 1].name}"
    elif user.device:
        reason = "assumed with the MFA session"
    else:
        reason = "assumed with the long-term keys: no device is known"
    label = cut_label(role.name) if is_other else role.name
    return Step(label, user, request, tuple(requests[: number + 1]), reason=reason)


def shortest(*durations_s: int | None) -> int | None:
    """The shortest of those that are given."""
    return min((one for one in durations_s if one is not None), default=None)


def _asked_s(role: Profile) -> int:
    return role.duration_s or DEFAULT_ROLE_SESSION_S


def summary(plan: Plan) -> str:
    """`3 profiles, 2 codes of arn:...:mfa/ann: one for all roles of up to 1 h, one for prod-admin (4 h)`."""
    count = len(plan.of_profile)
    profiles = f"{count} profile{'' if count == 1 else 's'}"
    of_device: dict[str, list[Step]] = {}
    for step in plan.codes:
        of_device.setdefault(step.request.device, []).append(step)
    return f"{profiles}, {'; '.join(_codes_of(device, steps) for device, steps in of_device.items()) or 'no code'}"


def _codes_of(device: str, steps: list[Step]) -> str:
    """How many codes one device must show: one for each MFA session, which roles share, one for each longer role."""
    shared = [step for step in steps if not step.request.role_arn]
    uses = ["all roles of up to 1 h"] if len(shared) == 1 else []
    for step in shared if not uses else ():
        differing = [name for name in INPUTS if step.inputs.get(name) != shared[0].inputs.get(name)]
        why = f" (another {' and '.join(_WORDS.get(name, name) for name in differing)})" if differing else ""
        uses.append(f"{', '.join(step.profiles)}{why}")
    uses += [f"{step.label} ({duration_text(step.request.duration_s)})" for step in steps if step.request.role_arn]
    if len(steps) > 1:
        return f"{len(steps)} codes of {device}: {', '.join(f'one for {use}' for use in uses)}"
    return f"1 code of {device}" if shared else f"1 code of {device} for {uses[0]}"

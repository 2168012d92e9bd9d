"""
Wanted profiles + stored sessions + now -> the STS calls to be made, the codes they need, and why.

An MFA session carries the proof of MFA, so one code serves every role of up to one hour; a longer role session is
assumed directly with the long-term keys and a code of its own, because STS counts an MFA session as chaining. A role
assumed from a role lasts one hour at most. Pure: stored sessions are looked up through `StoredSessions.until`.

Limits: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html#iam-term-role-chaining
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_mfa.aws_values.arns import partition_of
from aws_mfa.aws_values.durations import DEFAULT_MFA_SESSION_S, DEFAULT_ROLE_SESSION_S
from aws_mfa.model import SessionRequest
from aws_mfa.renewal.steps import Plan, Reused, Step
from aws_mfa.sessions.freshness import MARGIN_S
from aws_mfa.sessions.labels import cut_label, mfa_label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_mfa.config.chains import Chain
    from aws_mfa.config.profiles import Profile
    from aws_mfa.renewal.request import RenewalRequest
    from aws_mfa.renewal.steps import SourceUser
    from aws_mfa.renewal.stored import StoredSessions
    from aws_mfa.renewal.users import Users

LONGEST_CHAINED_S = 3600


def make_plan(
    wanted: Sequence[tuple[Chain, SourceUser]],
    request: RenewalRequest,
    users: Users,
    stored: StoredSessions,
    *,
    now: float,
    session_name: str = "aws-mfa",
) -> Plan:
    """
    Plan the sessions of the wanted profiles, each given as its chain and the user at the chain's beginning.

    A stored session is reused while more than `request.needed_s` is left of it; `request.forced` renews what is wanted
    itself, not the MFA session behind it.
    """
    plan = Plan(request, users, stored, {chain.wanted.name: chain for chain, _ in wanted})
    planner = _Planner(plan, now, session_name)
    # Users first: their own session, if it is wanted, is the one that all their roles share. So with roles of chains.
    for chain, base in sorted(wanted, key=lambda one: len(one[0].role_chain)):
        planner.add(chain, base)
    # The code given first is for the MFA session: it serves more than one role.
    plan.steps.sort(key=lambda step: (step.depth, step.request.role_arn is not None))
    plan.of_profile = {name: plan.of_profile[name] for name in plan.chains}
    return plan


class _Planner:
    """Adds wanted profiles to the plan one by one; sessions with equal inputs are one."""

    def __init__(self, plan: Plan, now: float, session_name: str) -> None:
        self._plan = plan
        self._request = plan.request
        self._now = now
        self._session_name = session_name
        self._known: dict[tuple[tuple[str, str], ...], Step | Reused] = {}
        self._mfa_steps: dict[tuple[SourceUser, int], Step] = {}

    def add(self, chain: Chain, base: SourceUser) -> None:
        """Plan one profile's session and what it is signed with."""
        found = self._role(chain, base) if chain.role_chain else self._mfa_session(chain, base, is_wanted=True)
        self._plan.of_profile[chain.wanted.name] = found
        serves: Step | Reused | None = found
        while serves is not None:
            serves.profiles.append(chain.wanted.name)
            serves = serves.signed_by if isinstance(serves, Step) else None

    def _mfa_session(self, chain: Chain, base: SourceUser, *, is_wanted: bool) -> Step | Reused:
        # A duration beside a role is the role's.
        of_profile = None if chain.base.role_arn else chain.base.duration_s
        duration_s = of_profile or DEFAULT_MFA_SESSION_S
        step = self._mfa_steps.get((base, duration_s))
        if step is None:
            request = SessionRequest(base.device or "", duration_s)
            reason = "one MFA session serves all roles of up to 1 h"
            step = self._mfa_steps[base, duration_s] = Step(mfa_label(base.section), base, request, (), reason=reason)
        return self._found(step, is_wanted=is_wanted) or self._made(step, signed_by=None)

    def _role(self, chain: Chain, base: SourceUser) -> Step | Reused:
        """The wanted role's session; back along its chain as far as sessions must be made, and no further."""
        requests = self._requests(chain, base)
        last = len(requests) - 1
        to_make: list[Step] = []
        found: Step | Reused | None = None
        for number in range(last, -1, -1):
            step = _role_step(chain, base, requests, number)
            found = self._found(step, is_wanted=number == last)
            if found is not None:
                break
            to_make.append(step)
        if found is None and not requests[0].device and base.device:
            found = self._mfa_session(chain, base, is_wanted=False)
        for step in reversed(to_make):
            found = self._made(step, signed_by=found)
        assert found is not None
        return found

    def _requests(self, chain: Chain, base: SourceUser) -> list[SessionRequest]:
        """One request per role of the chain, its duration cut where STS would refuse it."""
        roles, device = chain.role_chain, base.device or ""
        if len(roles) == 1 and (not device or _asked_s(roles[0]) > LONGEST_CHAINED_S):
            return [self._role_request(roles[0], device, _asked_s(roles[0]), is_wanted=True)]
        requests = []
        for role in roles:
            duration_s = _asked_s(role)
            if duration_s > LONGEST_CHAINED_S and (device or role is not roles[0]):
                note = f"{role.source('duration_seconds')} is cut to 1 h: {role.name} is part of a chain"
                self._plan.notes.setdefault(chain.wanted.name, []).append(note)
                duration_s = LONGEST_CHAINED_S
            requests.append(self._role_request(role, "", duration_s, is_wanted=role is roles[-1]))
        return requests

    def _role_request(self, role: Profile, device: str, duration_s: int, *, is_wanted: bool) -> SessionRequest:
        overlay = self._request.overlay
        return SessionRequest(
            device,
            duration_s,
            role.role_arn,
            role.role_session_name or self._session_name,
            role.external_id,
            tags=role.tags,
            transitive_tag_keys=role.transitive_tag_keys,
            source_identity=role.source_identity,
            policy=overlay.policy if is_wanted else None,
            policy_arns=overlay.arns(partition_of(role.role_arn or "") or "aws") if is_wanted and overlay else (),
        )

    def _found(self, step: Step, *, is_wanted: bool) -> Step | Reused | None:
        """A step with equal inputs planned before, or the stored session that makes it needless; None: to be made."""
        known = self._known.get(step.key)
        forced = is_wanted and self._request.forced
        needed_s = self._request.needed_s(step.inputs) if is_wanted else MARGIN_S
        if isinstance(known, Step) or (known is not None and not forced and known.expires_at - self._now > needed_s):
            return known
        # Looked up even when forced, so that a session stored later can be recognised as new.
        expires_at = self._plan.stored.until(step.label, step.inputs)
        left_s = 0.0 if forced or expires_at is None else expires_at - self._now
        if left_s <= needed_s:
            step.rest = Reused(step, expires_at) if expires_at is not None and left_s > MARGIN_S else None
            return None
        assert expires_at is not None
        stored = Reused(step, expires_at)
        self._known[step.key] = stored
        self._plan.reused.append(stored)
        return stored

    def _made(self, step: Step, *, signed_by: Step | Reused | None) -> Step:
        step.signed_by = signed_by
        self._plan.steps.append(step)
        self._known[step.key] = step
        return step


def _role_step(chain: Chain, base: SourceUser, requests: list[SessionRequest], number: int) -> Step:
    role, request = chain.role_chain[number], requests[number]
    is_wanted = number == len(requests) - 1
    # Wanted itself, the first role would last longer and cost a code: that session is not to be replaced by this.
    is_other = not is_wanted and number == 0 and request.duration_s < _asked_s(role)
    if request.device:
        reason = f"duration_seconds = {request.duration_s} > 1 h"
    elif number > 0:
        reason = f"assumed from {chain.role_chain[number - 1].name}"
    elif base.device:
        reason = "assumed with the MFA session"
    else:
        reason = "assumed with the long-term keys: no device is known"
    label = cut_label(role.name) if is_other else role.name
    return Step(label, base, request, tuple(requests[: number + 1]), reason=reason)


def _asked_s(role: Profile) -> int:
    return role.duration_s or DEFAULT_ROLE_SESSION_S

"""
Wanted profiles + stored sessions + now -> the STS calls to be made, the codes they need, and why.

An MFA session carries the proof of MFA, so one code serves every role of up to one hour; a longer role session is
assumed directly with the long-term keys and a code of its own, because STS counts an MFA session as chaining. A role
assumed from a role lasts one hour at most. Pure: stored sessions are looked up through a function that is handed in.

Limits: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html#iam-term-role-chaining
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_mfa.model import SessionRequest
from aws_mfa.rules.arns import partition_of
from aws_mfa.rules.durations import DEFAULT_MFA_SESSION_S, DEFAULT_ROLE_SESSION_S
from aws_mfa.rules.freshness import MARGIN_S
from aws_mfa.rules.session_labels import cut_label, mfa_label
from aws_mfa.rules.session_steps import Overlay, Plan, Reused, Step

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from aws_mfa.rules.profiles import Profile
    from aws_mfa.rules.session_steps import Base, Wanted

    # (label, inputs of the request) -> seconds since the epoch at which a stored session ends; None: there is none.
    StoredUntil = Callable[[str, Mapping[str, str]], float | None]

LONGEST_CHAINED_S = 3600


def make_plan(
    wanted: Sequence[Wanted],
    stored_until: StoredUntil,
    *,
    now: float,
    min_remaining_s: float = MARGIN_S,
    forced: bool = False,
    overlay: Overlay | None = None,
    session_name: str = "aws-mfa",
) -> Plan:
    """
    Plan the sessions of the wanted profiles.

    A stored session is reused while more than `min_remaining_s` is left of it (never less than the margin); `forced`
    renews what is wanted itself, not the MFA session behind it.
    """
    planner = _Planner(stored_until, now, max(min_remaining_s, MARGIN_S), overlay or Overlay(), session_name)
    # Users first: their own session, if it is wanted, is the one that all their roles share. So with roles of chains.
    for one in sorted(wanted, key=lambda one: len(one.chain.hops)):
        planner.add(one, forced=forced)
    plan = planner.plan
    # The code given first is for the MFA session: it serves more than one role.
    plan.steps.sort(key=lambda step: (step.depth, step.request.role_arn is not None))
    plan.of_profile = {one.name: plan.of_profile[one.name] for one in wanted}
    return plan


class _Planner:
    """Adds wanted profiles one by one; sessions with equal inputs are one."""

    def __init__(
        self, stored_until: StoredUntil, now: float, min_remaining_s: float, overlay: Overlay, session_name: str
    ) -> None:
        self.plan = Plan()
        self._stored_until = stored_until
        self._now = now
        self._min_remaining_s = min_remaining_s
        self._overlay = overlay
        self._session_name = session_name
        self._known: dict[tuple[tuple[str, str], ...], Step | Reused] = {}
        self._mfa_steps: dict[tuple[Base, int], Step] = {}

    def add(self, wanted: Wanted, *, forced: bool) -> None:
        """Plan one profile's session and what it is signed with."""
        hops = wanted.chain.hops
        if hops:
            requests = self._requests(wanted)
            found = self._role(wanted, requests, forced=forced)
        else:
            found = self._mfa_session(wanted, is_wanted=True, forced=forced)
        self.plan.of_profile[wanted.name] = found
        serves: Step | Reused | None = found
        while serves is not None:
            serves.profiles.append(wanted.name)
            serves = serves.signed_by if isinstance(serves, Step) else None

    def _mfa_session(self, wanted: Wanted, *, is_wanted: bool, forced: bool) -> Step | Reused:
        base = wanted.base
        # A duration beside a role is the role's.
        of_profile = None if wanted.chain.base.role_arn else wanted.chain.base.duration_s
        duration_s = of_profile or DEFAULT_MFA_SESSION_S
        step = self._mfa_steps.get((base, duration_s))
        if step is None:
            request = SessionRequest(base.device or "", duration_s)
            reason = "one MFA session serves all roles of up to 1 h"
            step = self._mfa_steps[base, duration_s] = Step(mfa_label(base.section), base, request, (), reason=reason)
        return self._found(step, is_wanted=is_wanted, forced=forced) or self._made(step, signed_by=None)

    def _role(self, wanted: Wanted, requests: list[SessionRequest], *, forced: bool) -> Step | Reused:
        """The wanted role's session; back along its chain as far as sessions must be made, and no further."""
        last = len(requests) - 1
        to_make: list[Step] = []
        found: Step | Reused | None = None
        for number in range(last, -1, -1):
            step = self._role_step(wanted, requests, number)
            found = self._found(step, is_wanted=number == last, forced=forced and number == last)
            if found is not None:
                break
            to_make.append(step)
        if found is None and not requests[0].device and wanted.base.device:
            found = self._mfa_session(wanted, is_wanted=False, forced=False)
        for step in reversed(to_make):
            found = self._made(step, signed_by=found)
        assert found is not None
        return found

    def _role_step(self, wanted: Wanted, requests: list[SessionRequest], number: int) -> Step:
        hop, request = wanted.chain.hops[number], requests[number]
        is_wanted = number == len(requests) - 1
        # Wanted itself, the first role would last longer and cost a code: that session is not to be replaced by this.
        is_other = not is_wanted and number == 0 and request.duration_s < _asked_s(hop)
        label = cut_label(hop.name) if is_other else hop.name
        return Step(label, wanted.base, request, tuple(requests[: number + 1]), reason=_why(wanted, number, request))

    def _requests(self, wanted: Wanted) -> list[SessionRequest]:
        """One request per role of the chain, its duration cut where STS would refuse it."""
        hops, device = wanted.chain.hops, wanted.base.device or ""
        if len(hops) == 1 and (not device or _asked_s(hops[0]) > LONGEST_CHAINED_S):
            return [self._role_request(hops[0], device, _asked_s(hops[0]), is_wanted=True)]
        requests = []
        for hop in hops:
            duration_s = _asked_s(hop)
            if duration_s > LONGEST_CHAINED_S and (device or hop is not hops[0]):
                note = f"{hop.source('duration_seconds')} is cut to 1 h: {hop.name} is part of a chain"
                self.plan.notes.setdefault(wanted.name, []).append(note)
                duration_s = LONGEST_CHAINED_S
            requests.append(self._role_request(hop, "", duration_s, is_wanted=hop is hops[-1]))
        return requests

    def _role_request(self, hop: Profile, device: str, duration_s: int, *, is_wanted: bool) -> SessionRequest:
        return SessionRequest(
            device,
            duration_s,
            hop.role_arn,
            hop.role_session_name or self._session_name,
            hop.external_id,
            tags=hop.tags,
            transitive_tag_keys=hop.transitive_tag_keys,
            source_identity=hop.source_identity,
            policy=self._overlay.policy if is_wanted else None,
            policy_arns=self._overlay.arns(partition_of(hop.role_arn or "") or "aws") if is_wanted else (),
        )

    def _found(self, step: Step, *, is_wanted: bool, forced: bool) -> Step | Reused | None:
        """A step with equal inputs planned before, or the stored session that makes it needless; None: to be made."""
        known = self._known.get(step.key)
        needed_s = self._min_remaining_s if is_wanted else MARGIN_S
        if isinstance(known, Step) or (known is not None and not forced and known.expires_at - self._now > needed_s):
            return known
        # Looked for in any case: who finds another there later knows that it is new.
        expires_at = self._stored_until(step.label, step.inputs)
        if forced or expires_at is None or expires_at - self._now <= needed_s:
            return None
        found = self._known[step.key] = Reused(step, expires_at)
        self.plan.reused.append(found)
        return found

    def _made(self, step: Step, *, signed_by: Step | Reused | None) -> Step:
        step.signed_by = signed_by
        self.plan.steps.append(step)
        self._known[step.key] = step
        return step


def _asked_s(hop: Profile) -> int:
    return hop.duration_s or DEFAULT_ROLE_SESSION_S


def _why(wanted: Wanted, number: int, request: SessionRequest) -> str:
    hops = wanted.chain.hops
    if request.device:
        return f"duration_seconds = {request.duration_s} > 1 h"
    if number > 0:
        return f"assumed from {hops[number - 1].name}"
    return (
        "assumed with the MFA session" if wanted.base.device else "assumed with the long-term keys: no device is known"
    )

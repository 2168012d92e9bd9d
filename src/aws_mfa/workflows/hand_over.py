"""
Hand one profile's session over: the stored one while enough is left of it, else a new one.

SDKs ask again at once when less than fifteen minutes are left, so a session that is handed to them has more; where
none can be had now (nobody there to type a code, or a person said no), what is left of the stored one is better than
nothing. Nothing is written into the credentials file.
"""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING

from aws_mfa.errors import AwsMfaError, NeedsHuman
from aws_mfa.rules.freshness import MARGIN_S
from aws_mfa.rules.session_steps import Reused, Step
from aws_mfa.workflows.plans import PlanRequest, plan_sessions
from aws_mfa.workflows.renew_many import renew_many

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_mfa.model import Session
    from aws_mfa.rules.profile_chains import Chain
    from aws_mfa.rules.session_steps import Overlay
    from aws_mfa.workflows.outside import Outside
    from aws_mfa.workflows.plans import Planned

# botocore/credentials.py, RefreshableCredentials: `_advisory_refresh_timeout`; the other SDKs do much the same.
LEFT_FOR_SDKS_S = 900


class HandOver:
    """
    What is wanted: one profile's session, with `min_remaining_s` left.

    None: fifteen minutes if they can be had, else what there is; a number that was asked for is a condition.
    """

    __slots__ = ("min_remaining_s", "no_keychain", "overlay", "profile", "token", "vault")

    def __init__(
        self,
        profile: str,
        *,
        min_remaining_s: float | None = None,
        overlay: Overlay | None = None,
        token: str | None = None,
        vault: str | None = None,
        no_keychain: bool = False,
    ) -> None:
        self.profile = profile
        self.min_remaining_s = min_remaining_s
        self.overlay = overlay
        self.token = token
        self.vault = vault
        self.no_keychain = no_keychain


class HandedOver:
    """A session, the profile's chain, and under which label and inputs the session is stored."""

    __slots__ = ("chain", "inputs", "label", "notices", "session")

    def __init__(
        self, session: Session, chain: Chain, label: str, inputs: Mapping[str, str], notices: tuple[str, ...]
    ) -> None:
        self.session = session
        self.chain = chain
        self.label = label
        self.inputs = inputs
        self.notices = notices


def hand_over(wanted: HandOver, outside: Outside) -> HandedOver:
    """Return the profile's session; raises what planning and renewing raise, `NeedsHuman` with the command to run."""
    enough_s = LEFT_FOR_SDKS_S if wanted.min_remaining_s is None else wanted.min_remaining_s
    planned = _planned(wanted, outside, enough_s)
    session = _stored(planned, wanted.profile)
    if session is not None:
        return _handed(planned, wanted.profile, session)
    if wanted.min_remaining_s is not None:
        return _handed(planned, wanted.profile, _renewed(planned, wanted, outside))
    rest = _planned(wanted, outside, MARGIN_S)
    rest_of_session = _stored(rest, wanted.profile)
    if rest_of_session is None:
        return _handed(planned, wanted.profile, _renewed(planned, wanted, outside))
    if _was_refused_lately(planned, outside):
        return _handed(rest, wanted.profile, rest_of_session)
    try:
        return _handed(planned, wanted.profile, _renewed(planned, wanted, outside))
    except AwsMfaError:
        return _handed(rest, wanted.profile, rest_of_session)


def _renewed(planned: Planned, wanted: HandOver, outside: Outside) -> Session:
    (outcome,) = renew_many(planned, outside, token=wanted.token, done=lambda: None)
    if outcome.session is not None:
        return outcome.session
    error = _first_failure(outcome.error)
    if isinstance(error, NeedsHuman):
        command = f"in a terminal: aws-mfa renew {quote(wanted.profile)}"
        raise NeedsHuman(f"profile {wanted.profile!r} needs an MFA code: {error.message}", command)
    raise error


def _first_failure(error: AwsMfaError | None) -> AwsMfaError:
    """For one profile it says more than that of the last role in its chain, 'not tried, because ...'."""
    while error is not None and isinstance(error.__cause__, AwsMfaError):
        error = error.__cause__
    return error or AwsMfaError("the session got lost", "try again")


def _planned(wanted: HandOver, outside: Outside, min_remaining_s: float) -> Planned:
    request = PlanRequest(
        [wanted.profile],
        min_remaining_s=min_remaining_s,
        overlay=wanted.overlay,
        vault=wanted.vault,
        no_keychain=wanted.no_keychain,
        for_sdks=True,
    )
    planned = plan_sessions(request, outside)
    for error in planned.failures.values():
        raise error
    return planned


def _stored(planned: Planned, profile: str) -> Session | None:
    """The session that the plan reuses; None where it wants a call, or the session is gone meanwhile."""
    found = planned.plan.of_profile[profile]
    if not isinstance(found, Reused):
        return None
    try:
        return planned.stored.session(found)
    except AwsMfaError:
        return None


def _was_refused_lately(planned: Planned, outside: Outside) -> bool:
    """Whether a person said no minutes ago: an SDK that comes again at once must not ask twice."""
    return any(outside.turns.told_lately(step.request.device, step.question) for step in planned.plan.codes)


def _handed(planned: Planned, profile: str, session: Session) -> HandedOver:
    found: Step | Reused = planned.plan.of_profile[profile]
    notes = planned.plan.notes.get(profile, [])
    label = profile if planned.chains[profile].hops else found.label
    return HandedOver(session, planned.chains[profile], label, found.inputs, (*planned.users.notices, *notes))

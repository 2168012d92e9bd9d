"""
Hand one profile's session over: the stored one while enough is left of it, else a new one.

SDKs ask again at once when less than fifteen minutes are left, so a session that is handed to them has more; where
none can be had now (nobody there to type a code), what is left of the stored one is better than nothing.
"""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING

from aws_mfa.errors import AwsMfaError, NeedsHuman
from aws_mfa.rules.freshness import MARGIN_S
from aws_mfa.rules.session_steps import Reused
from aws_mfa.workflows.plans import PlanRequest, plan_sessions
from aws_mfa.workflows.renew_many import renew_many

if TYPE_CHECKING:
    from aws_mfa.model import Session
    from aws_mfa.workflows.outside import Outside
    from aws_mfa.workflows.plans import Planned

# botocore/credentials.py, RefreshableCredentials: `_advisory_refresh_timeout`; the other SDKs do much the same.
LEFT_FOR_SDKS_S = 900


def session_for(profile: str, outside: Outside) -> Session:
    """Return the profile's session; raises what planning and renewing raise, `NeedsHuman` with the command to run."""
    planned = _planned(profile, outside, LEFT_FOR_SDKS_S)
    session = _stored(planned, profile)
    if session is not None:
        return session
    (outcome,) = renew_many(planned, outside, token=None, done=lambda: None)
    if outcome.session is not None:
        return outcome.session
    session = _stored(_planned(profile, outside, MARGIN_S), profile)
    if session is not None:
        return session
    if isinstance(outcome.error, NeedsHuman):
        raise NeedsHuman(f"profile {profile!r} needs an MFA code", f"in a terminal: aws-mfa renew {quote(profile)}")
    raise outcome.error or AwsMfaError(f"no session for profile {profile!r}", "try again")


def _planned(profile: str, outside: Outside, min_remaining_s: float) -> Planned:
    planned = plan_sessions(PlanRequest([profile], min_remaining_s=min_remaining_s, for_sdks=True), outside)
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

"""
The sessions that are served: what is wanted, the first ones, with a question where need be, later ones, the next code.

Nothing is remembered here; `renew_ahead` decides when.
"""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING

from aws_mfa.errors import AwsMfaError, NeedsHuman
from aws_mfa.rules.freshness import MARGIN_S
from aws_mfa.rules.session_labels import mfa_label
from aws_mfa.rules.session_steps import Reused, Step
from aws_mfa.workflows.plan_request import PlanRequest
from aws_mfa.workflows.plans import plan_sessions
from aws_mfa.workflows.renew_many import first_failure, renew_many

if TYPE_CHECKING:
    from aws_mfa.model import Session
    from aws_mfa.rules.session_steps import Overlay
    from aws_mfa.workflows.outside import Outside
    from aws_mfa.workflows.plans import Planned

    Results = dict[str, Session | AwsMfaError]


class Serve:
    """
    What is wanted: profiles, and what narrows and signs their sessions.

    `port` 0: any that is free. `token` is the code for the first sessions. Sessions are renewed when less than
    `ahead_s` seconds are left, shorter ones at half their time.
    """

    __slots__ = ("ahead_s", "no_keychain", "overlay", "port", "profiles", "token", "vault")

    def __init__(
        self,
        profiles: list[str],
        *,
        port: int = 0,
        ahead_s: float = 1200.0,
        overlay: Overlay | None = None,
        token: str | None = None,
        vault: str | None = None,
        no_keychain: bool = False,
    ) -> None:
        self.profiles = list(dict.fromkeys(profiles))
        self.port = port
        self.ahead_s = ahead_s
        self.overlay = overlay
        self.token = token
        self.vault = vault
        self.no_keychain = no_keychain


def planned_sessions(
    wanted: Serve, names: list[str], outside: Outside, *, left_s: float, forced: bool = False
) -> Planned:
    """Plan these of the wanted profiles, stored sessions with more than `left_s` seconds reused; nothing is sent."""
    request = PlanRequest(
        names,
        min_remaining_s=left_s,
        forced=forced,
        overlay=wanted.overlay,
        vault=wanted.vault,
        no_keychain=wanted.no_keychain,
        for_sdks=True,
    )
    return plan_sessions(request, outside)


def first_sessions(wanted: Serve, planned: Planned, outside: Outside) -> dict[str, Session]:
    """
    Each profile's session, asking where a code is needed; what is left of a stored one where no new one can be had.

    Raises the first failure, `NeedsHuman` with the command to run.
    """
    for error in planned.failures.values():
        raise error
    sessions = {}
    for name, result in carried_out(planned, outside, wanted.token).items():
        sessions[name] = _rest(wanted, name, outside, result) if isinstance(result, AwsMfaError) else result
    return sessions


def carried_out(planned: Planned, outside: Outside, token: str | None, *, may_ask: bool = True) -> Results:
    """
    Each profile's session or failure; raises `Cancelled`, and what renewing raises before it begins.

    Without `may_ask` it is `SessionExpired` where a stored session that AWS does not take any more cost a code.
    """
    results: Results = {}
    for outcome in renew_many(planned, outside, token=token, may_ask=may_ask):
        found = planned.plan.of_profile.get(outcome.profile)
        if outcome.error is None and isinstance(found, Reused):
            results[outcome.profile] = planned.stored.session(found)
        else:
            results[outcome.profile] = outcome.error or outcome.session or AwsMfaError("no session", "try again")
    return results


def code_needed_at(wanted: Serve, name: str, session: Session, outside: Outside) -> float | None:
    """When this profile will need a code next, as far as that can be told; None: never, or behind a longer chain."""
    try:
        planned = planned_sessions(wanted, [name], outside, left_s=MARGIN_S, forced=True)
    except AwsMfaError:
        return None
    found = planned.plan.of_profile.get(name)
    while isinstance(found, Step) and not found.needs_code:
        found = found.signed_by
    if isinstance(found, Step):
        return session.expires_at
    is_mfa_session = found is not None and found.label == mfa_label(found.base.section)
    return found.expires_at if found is not None and is_mfa_session else None


def _rest(wanted: Serve, name: str, outside: Outside, error: AwsMfaError) -> Session:
    planned = planned_sessions(wanted, [name], outside, left_s=MARGIN_S)
    found = planned.plan.of_profile.get(name)
    if isinstance(found, Reused):
        return planned.stored.session(found)
    error = first_failure(error)
    if isinstance(error, NeedsHuman):
        command = f"in a terminal: aws-mfa renew {quote(name)}"
        raise NeedsHuman(f"profile {name!r} needs an MFA code: {error.message}", command)
    raise error

"""
Renew many profiles: the codes first, then all roles side by side, then one write of the file.

One that fails does not stop the others; what is signed with a session that could not be had fails with its reason.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from aws_mfa.errors import AwsMfaError, BadInput, Cancelled, NotAuthorized, RefusedByAws
from aws_mfa.rules.session_steps import Reused, Step
from aws_mfa.workflows.codes import Codes
from aws_mfa.workflows.keep_sessions import Keeper

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_mfa.model import LongTermKeys, Session
    from aws_mfa.workflows.keep_sessions import Got
    from aws_mfa.workflows.outside import Outside
    from aws_mfa.workflows.plans import Planned


class Outcome:
    """What became of one profile: `session` until `expires_at` in `place`, or the `error`."""

    __slots__ = ("error", "expires_at", "is_hidden_from_sdks", "is_reused", "place", "profile", "role_arn", "session")

    def __init__(self, profile: str, role_arn: str | None, place: str) -> None:
        self.profile = profile
        self.role_arn = role_arn
        self.place = place
        # An SDK that sees `role_arn` does not look at the session: it assumes the role itself, and asks for a code.
        self.is_hidden_from_sdks = False
        self.is_reused = False
        self.expires_at: float | None = None
        self.error: AwsMfaError | None = None
        self.session: Session | None = None  # what was got just now; a reused one is where it was


def renew_many(planned: Planned, outside: Outside, *, token: str | None, done: Callable[[], None]) -> list[Outcome]:
    """
    Carry the plan out; one outcome per profile, in the order wanted. `done` is told of each call, after the questions.

    Raises `NotSetUp` where the file cannot be replaced, before a code is asked for. Ctrl-C keeps what was got.
    """
    keeper = Keeper(planned, outside)
    devices = {step.request.device for step in planned.plan.codes}
    if token is not None and len(devices) > 1:
        raise BadInput(
            f"one code, and codes of {len(devices)} devices are needed", "renew one user's profiles at a time"
        )
    if planned.plan.steps:
        keeper.check_writable()
    try:
        _make_calls(planned, outside, keeper, Codes(outside, planned, token=token, keep=keeper.keep_at_once), done)
    finally:
        keeper.keep()
    return _outcomes(planned, keeper)


def exit_code_of(outcomes: list[Outcome]) -> int:
    """5 if AWS refused any, else the first failure's, else 0."""
    errors = [outcome.error for outcome in outcomes if outcome.error is not None]
    if any(isinstance(error, RefusedByAws) for error in errors):
        return RefusedByAws.exit_code
    return errors[0].exit_code if errors else 0


def first_failure(error: AwsMfaError | None) -> AwsMfaError:
    """For one profile it says more than that of the last role in its chain, 'not tried, because ...'."""
    while error is not None and isinstance(error.__cause__, AwsMfaError):
        error = error.__cause__
    return error or AwsMfaError("the session got lost", "try again")


def _make_calls(planned: Planned, outside: Outside, keeper: Keeper, codes: Codes, done: Callable[[], None]) -> None:
    """Those with a code one after the other; then all that are as deep in their chains at once."""
    with_code = planned.plan.codes
    for step in with_code:
        keeper.got[step] = _attempt(lambda step=step: codes.session(step))  # type: ignore[misc]  # bound by default
    for _ in with_code:
        done()
    others = [step for step in planned.plan.steps if not step.needs_code]
    for _, steps in groupby(others, key=lambda step: step.depth):
        group = list(steps)
        calls = [_call_of(step, planned, outside, keeper) for step in group]
        keeper.got.update(zip(group, outside.side_by_side(calls, done), strict=True))


def _call_of(step: Step, planned: Planned, outside: Outside, keeper: Keeper) -> Callable[[], Got]:
    """The call of a role, signed with what was got before it; it returns its failure."""

    def call() -> Session:
        base = step.base
        if not step.request.role_arn:
            raise NotAuthorized(f"no MFA device is known for {base.profile}", "name it: mfa_serial = ARN")
        keys = _signer(step, planned, keeper)
        return outside.sts(base.region, base.endpoint_url).assume_role(keys, step.request, None)

    return lambda: _attempt(call)


def _signer(step: Step, planned: Planned, keeper: Keeper) -> LongTermKeys | Session:
    signer = step.signed_by
    if signer is None:
        return planned.users.keys_of(step.base.section)
    got = keeper.got_of(signer)
    if isinstance(got, AwsMfaError):
        raise type(got)(f"not tried, because {signer.label} failed: {got.message}", *got.hints) from got
    return got


def _outcomes(planned: Planned, keeper: Keeper) -> list[Outcome]:
    """One per profile, failures of planning last."""
    outcomes = [_outcome(name, planned, keeper) for name in planned.plan.of_profile]
    for name, error in planned.failures.items():
        outcome = Outcome(name, None, "")
        outcome.error = error
        outcomes.append(outcome)
    return outcomes


def _outcome(name: str, planned: Planned, keeper: Keeper) -> Outcome:
    profile, found = planned.chains[name].wanted, planned.plan.of_profile[name]
    outcome = Outcome(name, profile.role_arn, keeper.place_of(name))
    outcome.is_hidden_from_sdks = profile.role_arn is not None and profile.source("role_arn").startswith("role_arn ")
    if isinstance(found, Reused):
        outcome.is_reused, outcome.expires_at = True, found.expires_at
    elif isinstance(got := keeper.got_of(found), AwsMfaError):
        outcome.error = got
    else:
        outcome.expires_at, outcome.session = got.expires_at, got
    outcome.error = keeper.refused.get(name, outcome.error)
    return outcome


def _attempt(call: Callable[[], Session]) -> Got:
    """The session or the failure; Ctrl-C ends everything."""
    try:
        return call()
    except Cancelled:
        raise
    except AwsMfaError as error:
        return error

"""
Carry one plan out: the codes first, then all roles side by side, then one write of the file.

One that fails does not stop the others; what is signed with a session that could not be had fails with its reason.
"""

from __future__ import annotations

from contextlib import contextmanager
from itertools import groupby
from typing import TYPE_CHECKING

from aws_mfa.errors import AwsMfaError, BadInput, Cancelled, NotAuthorized, SessionExpired, UnknownKey
from aws_mfa.rules.session_steps import Reused, Step
from aws_mfa.workflows.codes import Codes
from aws_mfa.workflows.keep_sessions import Keeper

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from aws_mfa.model import LongTermKeys, Session
    from aws_mfa.rules.session_steps import Plan
    from aws_mfa.workflows.keep_sessions import Got
    from aws_mfa.workflows.outside import Outside

    # So many calls begin inside the `with`; what it gives is told of each that is done. No question comes inside.
    ShowCalls = Callable[[int], AbstractContextManager[Callable[[], None]]]

NOT_TAKEN = (SessionExpired, UnknownKey)
"""How AWS refuses a session that signs."""


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


@contextmanager
def unseen(_count: int) -> Iterator[Callable[[], None]]:
    """Show nothing of the calls."""
    yield lambda: None


def carry_out(
    planned: Plan, outside: Outside, token: str | None, show: ShowCalls
) -> tuple[list[Outcome], list[Reused]]:
    """
    One outcome per profile, in the order wanted, and the stored sessions that AWS does not take any more.

    Raises `NotSetUp` where the file cannot be replaced, before a code is asked for. Ctrl-C keeps what was got.
    """
    keeper = Keeper(planned, outside)
    if token is not None and (count := count_of_devices(planned)) > 1:
        raise BadInput(f"one code, and codes of {count} devices are needed", "renew one user's profiles at a time")
    if planned.steps:
        keeper.check_writable()
    try:
        _make_calls(planned, outside, keeper, Codes(outside, planned, token=token, keep=keeper.keep_at_once), show)
    finally:
        keeper.keep()
    refused = {
        step.signed_by: None
        for step, got in keeper.got.items()
        if isinstance(step.signed_by, Reused) and isinstance(got, NOT_TAKEN)
    }
    return _outcomes(planned, keeper), list(refused)


def count_of_devices(planned: Plan) -> int:
    """How many devices the codes of the plan come from: no code is good for two."""
    return len({step.request.device for step in planned.codes})


def _make_calls(planned: Plan, outside: Outside, keeper: Keeper, codes: Codes, show: ShowCalls) -> None:
    """Those with a code one after the other; then all that are as deep in their chains at once."""
    for step in planned.codes:
        keeper.got[step] = _attempt(lambda step=step: codes.session(step))  # type: ignore[misc]  # bound by default
    others = [step for step in planned.steps if not step.needs_code]
    with show(len(others)) as done:
        for _, steps in groupby(others, key=lambda step: step.depth):
            group = list(steps)
            calls = [_call_of(step, planned, outside, keeper) for step in group]
            keeper.got.update(zip(group, outside.side_by_side(calls, done), strict=True))


def _call_of(step: Step, planned: Plan, outside: Outside, keeper: Keeper) -> Callable[[], Got]:
    """The call of a role, signed with what was got before it; it returns its failure."""

    def call() -> Session:
        base = step.base
        if not step.request.role_arn:
            raise NotAuthorized(f"no MFA device is known for {base.profile}", "name it: mfa_serial = ARN")
        keys = _signer(step, planned, keeper)
        return outside.sts(base.region, base.reach).assume_role(keys, step.request, None)

    return lambda: _attempt(call)


def _signer(step: Step, planned: Plan, keeper: Keeper) -> LongTermKeys | Session:
    signer = step.signed_by
    if signer is None:
        return planned.users.keys_of(step.base.section)
    got = keeper.got_of(signer)
    if isinstance(got, AwsMfaError):
        raise type(got)(f"not tried, because {signer.label} failed: {got.message}", *got.hints) from got
    return got


def _outcomes(planned: Plan, keeper: Keeper) -> list[Outcome]:
    """One per profile, failures of planning last."""
    outcomes = [_outcome(name, planned, keeper) for name in planned.of_profile]
    for name, error in planned.failures.items():
        outcome = Outcome(name, None, "")
        outcome.error = error
        outcomes.append(outcome)
    return outcomes


def _outcome(name: str, planned: Plan, keeper: Keeper) -> Outcome:
    profile, found = planned.chains[name].wanted, planned.of_profile[name]
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

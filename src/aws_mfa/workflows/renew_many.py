"""
Renew many profiles: the plan is carried out; what a stored session should sign that AWS refuses is planned anew.

AWS refuses a session before its time where it was revoked, or is not known in this place. It is dropped, and said.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_mfa.errors import AwsMfaError, RefusedByAws, SessionExpired
from aws_mfa.rules.session_steps import Reused
from aws_mfa.workflows.carry_out import carry_out, unseen
from aws_mfa.workflows.plans import plan_sessions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_mfa.workflows.carry_out import Outcome, ShowCalls
    from aws_mfa.workflows.outside import Outside
    from aws_mfa.workflows.plans import Planned


def renew_many(
    planned: Planned, outside: Outside, *, token: str | None, show: ShowCalls = unseen, may_ask: bool = True
) -> list[Outcome]:
    """
    Carry the plan out; one outcome per profile, in the order wanted. Raises what `carry_out` raises.

    Without `may_ask` what would have to be planned anew, with a code, has failed: `SessionExpired`.
    """
    outcomes, refused = carry_out(planned, outside, token, show)
    failed = {outcome.profile for outcome in outcomes if outcome.error is not None}
    names = [name for name in dict.fromkeys(name for one in refused for name in one.profiles) if name in failed]
    if not names:
        return outcomes
    again = _planned_without(refused, names, planned, outside)
    if again.plan.codes and not may_ask:
        return [_without_signer(one, refused) if one.profile in names else one for one in outcomes]
    if may_ask:
        outside.say(_not_taken(refused[0]))
    # Of a chain of stored sessions the next one back may be refused too. A code that was needed before has been sent.
    token = None if planned.plan.codes else token
    anew = renew_many(again, outside, token=token, show=show, may_ask=may_ask)
    outcome_of = {outcome.profile: _with_session(outcome, again) for outcome in anew}
    return [outcome_of.get(outcome.profile, outcome) for outcome in outcomes]


def exit_code_of(outcomes: list[Outcome]) -> int:
    """5 if AWS refused any, else the first failure's, else 0."""
    errors = [outcome.error for outcome in outcomes if outcome.error is not None]
    if any(error.exit_code == RefusedByAws.exit_code for error in errors):
        return RefusedByAws.exit_code
    return errors[0].exit_code if errors else 0


def first_failure(error: AwsMfaError | None) -> AwsMfaError:
    """For one profile it says more than that of the last role in its chain, 'not tried, because ...'."""
    while error is not None and isinstance(error.__cause__, AwsMfaError):
        error = error.__cause__
    return error or AwsMfaError("the session got lost", "try again")


def _planned_without(refused: Sequence[Reused], names: list[str], planned: Planned, outside: Outside) -> Planned:
    key_ids = []
    for one in refused:
        key_id = planned.stored.session(one).access_key_id
        key_ids.append(key_id)
        # One that stands in the credentials file is left there: in another region it may be good.
        outside.session_cache.drop(one.label, one.inputs, key_id)
    return plan_sessions(planned.request.without(key_ids, names), outside)


def _without_signer(outcome: Outcome, refused: Sequence[Reused]) -> Outcome:
    outcome.error = SessionExpired(_not_taken(next(one for one in refused if outcome.profile in one.profiles)))
    return outcome


def _not_taken(refused: Reused) -> str:
    return f"AWS does not take the stored session of {refused.label} any more: a new one is needed"


def _with_session(outcome: Outcome, planned: Planned) -> Outcome:
    """Another process may have got it meanwhile; whoever asks for it has the first plan, where it was to be got."""
    found = planned.plan.of_profile.get(outcome.profile)
    if isinstance(found, Reused) and outcome.error is None:
        outcome.session = planned.stored.session(found)
    return outcome

"""
Renew many profiles: the plan's calls are made; calls whose stored signing session AWS refused are planned again.

AWS refuses a session before its time where it was revoked, or is not known in this place. It is dropped, with a
message. One that a code was spent for minutes ago is kept, and the refusal is the answer: else each run would spend
another.
"""

from __future__ import annotations

from dataclasses import replace
from shlex import quote
from typing import TYPE_CHECKING

from aws_mfa.errors import AwsMfaError, Cancelled, RefusedByAws, SessionExpired
from aws_mfa.renewal.calls import NOT_TAKEN, count_of_devices, make_calls, unseen
from aws_mfa.renewal.make_plan import plan_sessions
from aws_mfa.renewal.steps import Reused
from aws_mfa.sessions.labels import mfa_label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_mfa.interfaces import Interfaces
    from aws_mfa.renewal.calls import Outcome, ShowCalls
    from aws_mfa.renewal.steps import Plan

# SDKs ask again at once, and AWS may refuse whatever signs: one code in five minutes at most.
_NEW_S = 300.0


def renew_many(
    planned: Plan, interfaces: Interfaces, *, token: str | None, show: ShowCalls = unseen, may_ask: bool = True
) -> list[Outcome]:
    """
    Make the plan's calls; one outcome per profile, in the order wanted. Raises what `make_calls` raises at once.

    What stops the profiles that are planned again is their outcome: the others' stand. Only Ctrl-C ends everything.
    Without `may_ask` what would have to be planned again, with a code, has failed: `SessionExpired`.
    """
    outcomes, refused = make_calls(planned, interfaces, token, show)
    dropped = [one for one in refused if _is_dropped(one, planned, interfaces)]
    _add_way_out(outcomes, [one for one in refused if one not in dropped])
    failed = {one.profile: one for one in outcomes if one.error is not None}
    names = [name for name in dict.fromkeys(name for one in dropped for name in one.profiles) if name in failed]
    if not names:
        return outcomes
    try:
        key_ids = planned.request.refused_key_ids.union(planned.stored.session(one).access_key_id for one in dropped)
        again = plan_sessions(replace(planned.request, profiles=names, refused_key_ids=key_ids), interfaces)
        if again.codes and not may_ask:
            for one in reversed(dropped):
                for name in failed.keys() & one.profiles:
                    failed[name].error = SessionExpired(_not_taken(one))
            return outcomes
        if may_ask:
            interfaces.say(_not_taken(dropped[0]))
        # Of a chain of stored sessions the next one back may be refused too. A code that was needed before was sent.
        token = None if planned.codes else _usable(token, again, interfaces)
        renewed = {one.profile: one for one in renew_many(again, interfaces, token=token, show=show, may_ask=may_ask)}
    except Cancelled:
        raise
    except AwsMfaError as error:
        renewed = {name: replace(failed[name], error=error) for name in names}
    else:
        _add_stored(renewed, again)
    return [renewed.get(outcome.profile, outcome) for outcome in outcomes]


def exit_code_of(outcomes: list[Outcome]) -> int:
    """5 if AWS refused any, else the first failure's, else 0."""
    errors = [outcome.error for outcome in outcomes if outcome.error is not None]
    if any(error.exit_code == RefusedByAws.exit_code for error in errors):
        return RefusedByAws.exit_code
    return errors[0].exit_code if errors else 0


def first_failure(error: AwsMfaError | None) -> AwsMfaError:
    """For one profile, what stopped its chain says more than the last role's 'not tried, because ...'."""
    while error is not None and isinstance(error.__cause__, AwsMfaError):
        error = error.__cause__
    return error or AwsMfaError("the session got lost", "try again")


def _is_dropped(refused: Reused, planned: Plan, interfaces: Interfaces) -> bool:
    """Drop it, unless it is an MFA session of just now: another would cost the next code. Whether it was dropped."""
    min_age_s = _NEW_S if refused.label == mfa_label(refused.base.section) else 0.0
    key_id = planned.stored.session(refused).access_key_id
    # One in the credentials file is left there: in another region it may be good.
    return interfaces.session_cache.drop(refused.label, refused.inputs, key_id, min_age_s=min_age_s)


def _add_way_out(outcomes: Sequence[Outcome], kept: Sequence[Reused]) -> None:
    for one in kept:
        user = quote(one.base.profile)
        hint = f"the MFA session was got minutes ago; for another, with a new code: aws-mfa forget {user}"
        for outcome in (outcome for outcome in outcomes if outcome.profile in one.profiles and outcome.error):
            error = first_failure(outcome.error)
            if isinstance(error, NOT_TAKEN):
                outcome.error = type(error)(error.message, hint, *error.hints)


def _usable(token: str | None, planned: Plan, interfaces: Interfaces) -> str | None:
    """The code that was given, unless it would have to serve several devices."""
    if token is not None and (count := count_of_devices(planned)) > 1:
        interfaces.say(f"the code given is not used: codes of {count} devices are needed")
        return None
    return token


def _add_stored(outcomes: dict[str, Outcome], planned: Plan) -> None:
    """What another process got meanwhile: the first plan, which callers have, wanted calls for it."""
    for name, outcome in outcomes.items():
        found = planned.of_profile.get(name)
        if isinstance(found, Reused) and outcome.error is None:
            outcome.session = planned.stored.session(found)


def _not_taken(refused: Reused) -> str:
    return f"AWS does not take the stored session of {refused.label} any more: a new one is needed"

"""
Make the calls of a plan: first those with a code, then all roles in parallel, then one write of the file.

A call that fails does not stop the others; calls that its session would have signed fail with its reason. What AWS
refuses to a stored session is planned again without it, unless that cost a code minutes ago: then the refusal is the
result, or each run would cost another code.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING

from aws_mfa.aws_values.text import duration_text
from aws_mfa.command_lines import quote
from aws_mfa.errors import (
    AwsMfaError,
    BadInput,
    Cancelled,
    NeedsHuman,
    NotAuthorized,
    RefusedByAws,
    SessionExpired,
    UnknownKey,
)
from aws_mfa.model import Session
from aws_mfa.renewal.codes import CodeCall, Codes
from aws_mfa.renewal.make_plan import make_plan
from aws_mfa.renewal.steps import Reused, Step
from aws_mfa.renewal.write import SessionWriter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from contextlib import AbstractContextManager

    from aws_mfa.interfaces import Interfaces
    from aws_mfa.model import LongTermKeys
    from aws_mfa.renewal.plan import Plan
    from aws_mfa.renewal.write import Got

    # Gets the number of calls inside the `with`, and yields a function to call after each; no question is asked inside.
    ShowCalls = Callable[[int], AbstractContextManager[Callable[[], None]]]


_NOT_TAKEN = (SessionExpired, UnknownKey)
# SDKs ask again at once, and AWS may refuse any session: at most one code in five minutes. A code that was given for
# this run is used even if the MFA session is newer, but not if it is of the same minute.
_NEW_S, _NEW_BESIDE_CODE_S = 300.0, 60.0
# How much AWS's clock may differ from ours: it accepts no request beyond that.
_CLOCKS_DIFFER_S = 900.0


@dataclass
class Outcome:
    """
    The result of one profile: a session until `expires_at` in `place`, or the `error`.

    `session` is set if it is new; a reused one is where it was. `is_hidden_from_sdks`: an SDK that finds `role_arn`
    ignores the session, assumes the role itself, and asks for a code. `is_narrow`: by a setting of the profile.
    """

    profile: str
    role_arn: str | None
    place: str
    is_hidden_from_sdks: bool = False
    is_narrow: bool = False
    is_reused: bool = False
    expires_at: float | None = None
    error: AwsMfaError | None = None
    session: Session | None = None


@contextmanager
def unseen(_count: int) -> Iterator[Callable[[], None]]:
    yield lambda: None


def make_calls(
    plan: Plan, interfaces: Interfaces, token: str | None, show: ShowCalls
) -> tuple[list[Outcome], list[Reused]]:
    """Return one outcome per profile, in the order wanted, and the stored sessions that AWS refused."""
    if token is not None and (count := count_of_devices(plan)) > 1:
        raise BadInput(f"one code, and codes of {count} devices are needed", "renew one user's profiles at a time")
    writer, codes = SessionWriter(plan, interfaces), Codes(interfaces, token=token)
    if plan.steps:
        writer.check()
    others = [step for step in plan.steps if not step.needs_code]
    try:
        _call_with_codes(plan, codes, writer)
        with show(len(others)) as done:
            for _, steps in groupby(others, key=lambda step: len(step.signers)):
                group = list(steps)  # equally deep in their chains: none signs for another
                calls = [partial(_attempt, _without_code, step, plan, interfaces, writer) for step in group]
                writer.got.update(zip(group, interfaces.side_by_side(calls, done), strict=True))
    finally:
        writer.write()
    refused = {
        step.signed_by: None
        for step, got in writer.got.items()
        if isinstance(step.signed_by, Reused)
        and isinstance(
            got, (*_NOT_TAKEN, NotAuthorized) if step.signed_by.is_mfa_session and not step.is_scoped else _NOT_TAKEN
        )
    }
    outcomes = [_outcome(name, plan, writer) for name in plan.of_profile]
    outcomes += [Outcome(name, None, "", error=error) for name, error in plan.failures.items()]
    return outcomes, list(refused)


def _call_with_codes(plan: Plan, codes: Codes, writer: SessionWriter) -> None:
    """Make the calls that need a code. If a person cancels one, the rest is skipped; `Cancelled` if that is all."""
    steps = plan.codes
    for number, step in enumerate(steps):
        try:
            writer.got[step] = codes.session(_code_call(step, plan, writer, may_skip=number > 0))
        except Cancelled as error:
            skipped = dict.fromkeys(steps[number:], error)
            if not writer.got and all(skipped.keys() & {one, *one.signers} for one in plan.steps):
                raise
            writer.got.update(skipped)
            return
        except AwsMfaError as error:
            writer.got[step] = error


def count_of_devices(plan: Plan) -> int:
    """The number of devices whose codes the plan needs: a code is valid for one."""
    return len({step.request.device for step in plan.codes})


def _code_call(step: Step, plan: Plan, writer: SessionWriter, *, may_skip: bool) -> CodeCall:
    """The question gives the reason for a role's own code; `mfa_process` is that of the first profile that has one."""
    lasts = duration_text(step.request.duration_s)
    why = f" for {step.label} ({lasts} sessions need their own code)" if step.request.role_arn else ""
    # A person who answers from another terminal must see that an agent asks, and for what.
    agent = next(filter(None, (plan.grants[name].agent for name in step.profiles if name in plan.grants)), None)
    why += f", asked by {agent} for {', '.join(step.profiles)}" if agent else ""
    commands = (plan.chains[name].mfa_process for name in step.profiles)
    return CodeCall(
        step,
        f"MFA code for {step.request.device}{why}: ",
        keys=lambda: plan.users.keys_of(step.user.section),
        newer=lambda: plan.stored.newer(step),
        write=lambda session: writer.write_at_once(step, session),
        mfa_process=next((command for command in commands if command), None),
        may_skip=may_skip,
        for_sdk=plan.request.for_sdk,
    )


def _without_code(step: Step, plan: Plan, interfaces: Interfaces, writer: SessionWriter) -> Session:
    """Call AssumeRole or GetScopedCredentials, signed with the session before it, or with the long-term keys."""
    user, signer = step.user, step.signed_by
    if not (step.request.role_arn or step.is_scoped):
        raise NotAuthorized(f"no MFA device is known for {user.profile}", "name it: mfa_serial = ARN")
    if signer is None:
        keys: LongTermKeys | Session = plan.users.keys_of(user.section)
    elif isinstance(got := writer.got_of(signer), AwsMfaError):
        raise type(got)(f"not tried, because {signer.label} failed: {got.message}", *got.hints) from got
    else:
        keys = got
    sts = interfaces.sts(user.region, user.endpoints)

    def call() -> Session:
        if step.is_scoped and isinstance(keys, Session):
            return sts.get_scoped_credentials(keys, step.request, left_s=int(keys.expires_at - interfaces.now()))
        return sts.assume_role(keys, step.request, None)

    if not plan.request.hands_over:
        return call()
    # Many processes of one program want the same session at the same moment: one gets it for all.
    with interfaces.one_caller(step.key):
        session = plan.stored.newer(step, in_file=False)
        if session is None:
            session = call()
            writer.write_at_once(step, session)
    return session


def _outcome(name: str, plan: Plan, writer: SessionWriter) -> Outcome:
    profile, found = plan.chains[name].wanted, plan.of_profile[name]
    outcome = Outcome(name, profile.role_arn, writer.place_of(name))
    outcome.is_hidden_from_sdks = profile.role_arn is not None and profile.source("role_arn").startswith("role_arn ")
    outcome.is_narrow = profile.narrowing is not None
    if isinstance(found, Reused):
        outcome.is_reused, outcome.expires_at = True, found.expires_at
        if plan.request.refused_key_ids:  # another process stored it meanwhile: in the callers' plan it is a call
            outcome.session = plan.stored.session(found)
    elif isinstance(got := writer.got_of(found), AwsMfaError):
        outcome.error = got
    else:
        outcome.expires_at, outcome.session = got.expires_at, got
    outcome.error = writer.not_written.get(name, outcome.error)
    return outcome


def _attempt(call: Callable[..., Session], *arguments: object) -> Got:
    try:
        return call(*arguments)
    except AwsMfaError as error:
        return error


def renew_many(
    plan: Plan, interfaces: Interfaces, *, token: str | None, show: ShowCalls = unseen, may_ask: bool = True
) -> list[Outcome]:
    """
    Make the plan's calls; return one outcome per profile, in the order wanted. Raises what the first attempt raises.

    An error in the second attempt is the outcome of its profiles and does not change the others; it raises `Cancelled`
    if there are no others. Without `may_ask` that error is `SessionExpired` if the attempt would need a code.
    """
    outcomes, refused = make_calls(plan, interfaces, token, show)
    failed = {one.profile: one for one in outcomes if one.error is not None and not isinstance(one.error, Cancelled)}
    # A code that the first plan needed is used.
    token = None if plan.codes else token
    reasons = _reasons_to_plan_again(refused, failed, plan, interfaces, has_code=token is not None)
    why = {name: reason for one, reason in reversed(reasons.items()) for name in one.profiles if name in failed}
    if not why:
        return outcomes
    names = [name for name in failed if name in why]
    key_ids = plan.request.refused_key_ids.union(plan.stored.session(one).access_key_id for one in reasons)
    try:
        again = make_plan(replace(plan.request, profiles=names, refused_key_ids=key_ids), interfaces)
        if may_ask:
            interfaces.say(why[names[0]])
        elif again.codes:
            raise SessionExpired(why[names[0]])
        if token is not None and (count := count_of_devices(again)) > 1:
            interfaces.say(f"the code given is not used: codes of {count} devices are needed")
            token = None
        # AWS may refuse the next stored session of a chain too.
        renewed = {one.profile: one for one in renew_many(again, interfaces, token=token, show=show, may_ask=may_ask)}
    except AwsMfaError as error:
        if isinstance(error, Cancelled) and all(outcome.error for outcome in outcomes):
            raise
        renewed = {name: replace(failed[name], error=error) for name in names}
    for name, outcome in renewed.items():
        if isinstance(failure := first_failure(outcome.error), NeedsHuman):
            command = replace(plan.request, profiles=[name]).renew_command(plan.verb_to_renew(name))
            outcome.error = NeedsHuman(why[name], f"in a terminal: {command}", *failure.hints)
    return [renewed.get(outcome.profile, outcome) for outcome in outcomes]


def _reasons_to_plan_again(
    refused: list[Reused], failed: Mapping[str, Outcome], plan: Plan, interfaces: Interfaces, *, has_code: bool
) -> dict[Reused, str]:
    """
    The refused sessions that can be replaced, each with a line for the user; the hints of new ones say what to do.

    One that AWS no longer accepts (it was revoked, or is unknown in this place) is dropped. An MFA session that is only
    too old for a role (its trust policy has `aws:MultiFactorAuthAge`) is kept, because other roles accept it.
    """
    reasons: dict[Reused, str] = {}
    for one in refused:
        outcomes = {name: failed[name] for name in one.profiles if name in failed}
        errors = {name: first_failure(outcome.error) for name, outcome in outcomes.items()}
        not_taken = [name for name, error in errors.items() if isinstance(error, _NOT_TAKEN)]
        key_id, min_age_s = plan.stored.session(one).access_key_id, _NEW_S if one.is_mfa_session else 0.0
        refusal = next((error for error in errors.values() if isinstance(error, NotAuthorized)), None)
        if refusal is not None and not not_taken:
            age_s = _age_s(one, plan, interfaces)
            if age_s >= (_NEW_BESIDE_CODE_S if has_code else _NEW_S):
                age = duration_text(age_s)
                reasons[one] = f"the MFA session is {age} old, the role may want a newer code: {refusal.message}"
            elif has_code:
                interfaces.say(f"the code given is not used: the MFA session is only {duration_text(age_s)} old")
        # A session in the credentials file is kept: at another endpoint it may be valid.
        elif interfaces.session_cache.drop(one.label, one.inputs, key_id, min_age_s=min_age_s):
            reasons[one] = f"AWS no longer accepts the stored session of {one.label}: a new one is needed"
        else:
            user = quote(one.user.profile)
            hint = f"the MFA session is minutes old; for another, with a new code: aws-mfa forget {user}"
            for name in not_taken:
                outcomes[name].error = type(errors[name])(errors[name].message, hint, *errors[name].hints)
    return reasons


def _age_s(one: Reused, plan: Plan, interfaces: Interfaces) -> float:
    """How old the session is at least: since it was stored, by our clock, or by its end, which AWS's clock says."""
    inputs = plan.stored.own_inputs(one)
    by_end_s = max(int(inputs["duration_s"]) - (one.expires_at - interfaces.now()), 0.0)
    stored_s = interfaces.session_cache.stored_s_ago(one.label, inputs)
    return by_end_s if stored_s is None or by_end_s > _NEW_S + _CLOCKS_DIFFER_S else stored_s


def exit_code_of(outcomes: list[Outcome]) -> int:
    """130 if a person skipped any, 5 if AWS refused any, else the first failure's, else 0."""
    codes = [outcome.error.exit_code for outcome in outcomes if outcome.error is not None]
    return next((code for code in (Cancelled.exit_code, RefusedByAws.exit_code, *codes) if code in codes), 0)


def first_failure(error: AwsMfaError | None) -> AwsMfaError:
    """The failure that stopped a profile's chain says more than the last role's 'not tried, because ...'."""
    while error is not None and isinstance(error.__cause__, AwsMfaError):
        error = error.__cause__
    return error or AwsMfaError("the session is lost", "try again")

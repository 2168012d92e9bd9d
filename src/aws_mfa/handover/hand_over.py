"""
Hand one profile's session over: the stored one while enough is left of it, else a new one.

SDKs ask again at once when less than fifteen minutes are left, so a session that is handed to them has more; where
none can be had now (no one there to type a code, or a person said no), what is left of the stored one is better than
nothing. Nothing is written into the credentials file.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from aws_mfa.config.chains import region_of_child
from aws_mfa.errors import AwsMfaError, Cancelled, NeedsHuman
from aws_mfa.renewal.ask import ends_ours_too
from aws_mfa.renewal.calls import first_failure, renew_many
from aws_mfa.renewal.make_plan import plan_sessions
from aws_mfa.renewal.steps import Reused
from aws_mfa.sessions.entry import text_of_inputs
from aws_mfa.sessions.fingerprint import FingerprintedSession
from aws_mfa.sessions.inputs import stored_name

if TYPE_CHECKING:
    from aws_mfa.interfaces import Interfaces, Watch
    from aws_mfa.model import Session
    from aws_mfa.renewal.request import RenewalRequest
    from aws_mfa.renewal.steps import Plan
    from aws_mfa.vaults.lookup import KnownProfiles


def hand_over(
    request: RenewalRequest, interfaces: Interfaces, known: KnownProfiles | None = None, watch: Watch | None = None
) -> tuple[Session, Plan]:
    """
    Return the profile's session and the plan it comes from, with the profile's chain and what is to be said.

    `known`: files that were read already, and the `watch` that began before. Raises what planning and renewing raise,
    `NeedsHuman` with the command to run.
    """
    if watch is None and request.is_plain:
        watch = interfaces.watch_files()
    plan = plan_sessions(replace(request, hands_over=True), interfaces, known)
    for error in plan.failures.values():
        raise error
    session = _session(plan, interfaces)
    if watch is not None and request.is_plain:
        _note(session, plan, watch, interfaces)
    return session, plan


def _session(plan: Plan, interfaces: Interfaces) -> Session:
    """What is stored, or new; where there is no new one, what is left, unless a number of seconds is a condition."""
    request = plan.request
    found = plan.of_profile[request.profile]
    if isinstance(found, Reused):
        return plan.stored.session(found)
    if request.min_remaining_s is not None or found.rest is None:
        return _renewed(plan, interfaces)
    rest = plan.stored.session(found.rest)
    if request.for_sdk and request.token is None and _was_refused_lately(plan, interfaces):
        return rest
    try:
        return _renewed(plan, interfaces)
    except AwsMfaError as error:
        # A code that was given is to be used, and who says no at a question does not want the command to run.
        if request.token is not None or (isinstance(error, Cancelled) and not request.for_sdk):
            raise
        if not request.for_sdk:
            interfaces.say(f"what is left of the stored session is used: {error.message}")
        return rest


def _renewed(plan: Plan, interfaces: Interfaces) -> Session:
    request = plan.request
    (outcome,) = renew_many(plan, interfaces, token=request.token)
    if outcome.session is not None:
        return outcome.session
    error = first_failure(outcome.error)
    if isinstance(error, NeedsHuman):
        command = f"in a terminal: {request.renew_command()}"
        others = [hint for hint in error.hints if not hint.startswith("run ")]  # the command says where to run what
        raise NeedsHuman(f"profile {request.profile!r} needs an MFA code: {error.message}", command, *others)
    raise error


def _was_refused_lately(plan: Plan, interfaces: Interfaces) -> bool:
    """Whether a person said no minutes ago: an SDK that comes again at once must not ask twice."""
    failures = (interfaces.prompt_locks.recent_outcome(step.request.device, step.question) for step in plan.codes)
    return any(failure is not None and ends_ours_too(failure, interfaces) for failure in failures)


def _note(session: Session, plan: Plan, watch: Watch, interfaces: Interfaces) -> None:
    """Let the same request be answered without a plan, where this session is in the cache and stays the answer."""
    profile = plan.request.profile
    chain, found = plan.chains[profile], plan.of_profile[profile]
    if not plan.users.is_told_by_files(chain):
        return
    try:
        region = region_of_child(chain)
    except AwsMfaError:
        return
    label = profile if chain.role_chain else found.label
    stored = interfaces.session_cache.load(label, found.inputs)
    if stored is not None and stored.access_key_id == session.access_key_id:
        watch.note(
            profile, FingerprintedSession(stored_name(label, found.inputs), text_of_inputs(found.inputs), region)
        )

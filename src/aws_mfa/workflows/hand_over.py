"""
Hand one profile's session over: the stored one while enough is left of it, else a new one.

SDKs ask again at once when less than fifteen minutes are left, so a session that is handed to them has more; where
none can be had now (nobody there to type a code, or a person said no), what is left of the stored one is better than
nothing. Nothing is written into the credentials file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_mfa.errors import AwsMfaError, Cancelled, NeedsHuman
from aws_mfa.rules.freshness import LEFT_FOR_SDKS_S, MARGIN_S, needed_by_sdks
from aws_mfa.rules.regions import region_of_child
from aws_mfa.rules.session_entries import text_of_inputs
from aws_mfa.rules.session_steps import Reused, Step
from aws_mfa.rules.session_witness import Witnessed
from aws_mfa.rules.stored_names import stored_name
from aws_mfa.workflows.ask_code import ends_ours_too
from aws_mfa.workflows.plan_request import PlanRequest
from aws_mfa.workflows.plans import plan_sessions
from aws_mfa.workflows.renew_many import first_failure, renew_many

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_mfa.model import Session
    from aws_mfa.rules.profile_chains import Chain
    from aws_mfa.workflows.doors_to_stores import Watch
    from aws_mfa.workflows.hand_over_request import HandOver
    from aws_mfa.workflows.outside import Outside
    from aws_mfa.workflows.plans import Planned


class HandedOver:
    """
    A session, the profile's chain, and under which label and inputs the session is stored.

    `is_told_by_files`: while the files stay as they are, the same request has the same inputs.
    """

    __slots__ = ("chain", "inputs", "is_told_by_files", "label", "notices", "session")

    def __init__(
        self,
        session: Session,
        chain: Chain,
        label: str,
        inputs: Mapping[str, str],
        notices: tuple[str, ...],
        *,
        is_told_by_files: bool = False,
    ) -> None:
        self.is_told_by_files = is_told_by_files
        self.session = session
        self.chain = chain
        self.label = label
        self.inputs = inputs
        self.notices = notices


def hand_over(wanted: HandOver, outside: Outside) -> HandedOver:
    """Return the profile's session; raises what planning and renewing raise, `NeedsHuman` with the command to run."""
    if not wanted.is_plain:
        return _hand_over(wanted, outside)
    watch = outside.watch_files()
    handed = _hand_over(wanted, outside)
    _note(handed, wanted.profile, watch, outside)
    return handed


def _hand_over(wanted: HandOver, outside: Outside) -> HandedOver:
    planned = _planned(wanted, outside)
    session = _stored(planned, wanted.profile)
    if session is not None:
        return _handed(planned, wanted.profile, session)
    if wanted.min_remaining_s is not None:
        return _handed(planned, wanted.profile, _renewed(planned, wanted, outside))
    rest = _plan(planned.request.with_remaining(MARGIN_S), outside)
    rest_of_session = _stored(rest, wanted.profile)
    if rest_of_session is None:
        return _handed(planned, wanted.profile, _renewed(planned, wanted, outside))
    if wanted.for_sdk and wanted.token is None and _was_refused_lately(planned, outside):
        return _handed(rest, wanted.profile, rest_of_session)
    try:
        return _handed(planned, wanted.profile, _renewed(planned, wanted, outside))
    except AwsMfaError as error:
        # A code that was given is to be used, and who says no at a question does not want the command to run.
        if wanted.token is not None or (isinstance(error, Cancelled) and not wanted.for_sdk):
            raise
        if not wanted.for_sdk:
            outside.say(f"what is left of the stored session is used: {error.message}")
        return _handed(rest, wanted.profile, rest_of_session)


def _note(handed: HandedOver, profile: str, watch: Watch, outside: Outside) -> None:
    """Let the same request be answered without a plan, where this session is in the cache and stays the answer."""
    if not handed.is_told_by_files:
        return
    try:
        region = region_of_child(handed.chain)
    except AwsMfaError:
        return
    stored = outside.session_cache.load(handed.label, handed.inputs)
    if stored is not None and stored.access_key_id == handed.session.access_key_id:
        inputs_text = text_of_inputs(handed.inputs)
        watch.note(profile, Witnessed(stored_name(handed.label, handed.inputs), inputs_text, region))


def _renewed(planned: Planned, wanted: HandOver, outside: Outside) -> Session:
    (outcome,) = renew_many(planned, outside, token=wanted.token)
    if outcome.session is not None:
        return outcome.session
    error = first_failure(outcome.error)
    if isinstance(error, NeedsHuman):
        command = f"in a terminal: {wanted.renew_command()}"
        others = [hint for hint in error.hints if not hint.startswith("run ")]  # the command says where to run what
        raise NeedsHuman(f"profile {wanted.profile!r} needs an MFA code: {error.message}", command, *others)
    raise error


def _planned(wanted: HandOver, outside: Outside) -> Planned:
    """As much left as is wanted; of sessions that never have fifteen minutes left, half their time."""
    given_s = wanted.min_remaining_s
    request = PlanRequest(
        [wanted.profile],
        min_remaining_s=LEFT_FOR_SDKS_S if given_s is None else given_s,
        overlay=wanted.overlay,
        vault=wanted.vault,
        no_keychain=wanted.no_keychain,
        for_sdks=True,
    )
    planned = _plan(request, outside)
    needed_s = needed_by_sdks(planned.plan.of_profile[wanted.profile].inputs)
    if given_s is not None or needed_s == LEFT_FOR_SDKS_S:
        return planned
    return _plan(request.with_remaining(needed_s), outside)


def _plan(request: PlanRequest, outside: Outside) -> Planned:
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
    failures = (outside.prompt_locks.recent_outcome(step.request.device, step.question) for step in planned.plan.codes)
    return any(failure is not None and ends_ours_too(failure, outside) for failure in failures)


def _handed(planned: Planned, profile: str, session: Session) -> HandedOver:
    found: Step | Reused = planned.plan.of_profile[profile]
    notes = planned.plan.notes.get(profile, [])
    chain = planned.chains[profile]
    return HandedOver(
        session,
        chain,
        profile if chain.hops else found.label,
        found.inputs,
        (*planned.users.notices, *notes),
        is_told_by_files=planned.users.is_told_by_files(chain),
    )

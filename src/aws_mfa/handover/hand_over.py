"""
Get one profile's session for a program: the stored one while it lasts long enough, else a new one.

SDKs ask again at once when less than fifteen minutes are left, so they get a session that lasts longer. If no new one
can be got now (no one can type a code, or the user cancelled), the stored one is used for the time it has left. Writes
nothing into the credentials file.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from aws_mfa.aws_values.narrowing import NOTHING_NARROWER
from aws_mfa.errors import AwsMfaError, Cancelled, NeedsHuman
from aws_mfa.prompt.providers import TERMINAL
from aws_mfa.renewal.ask import ends_our_question
from aws_mfa.renewal.calls import first_failure, renew_many
from aws_mfa.renewal.make_plan import check_possible, make_plan
from aws_mfa.renewal.steps import Reused
from aws_mfa.sessions.fingerprint import FingerprintedSession, wish_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_mfa.interfaces import Interfaces, Watch
    from aws_mfa.model import Session
    from aws_mfa.prompt.providers import CodeProvider
    from aws_mfa.renewal.plan import Plan
    from aws_mfa.renewal.request import RenewalRequest
    from aws_mfa.vaults.lookup import KnownProfiles


def hand_over(
    request: RenewalRequest, interfaces: Interfaces, known: KnownProfiles | None = None, watch: Watch | None = None
) -> tuple[Session, Plan]:
    """
    Return the profile's session and its plan; print the plan's notices before a question: a wrong region costs a code.

    An SDK's user gets them only with a question, where it is asked: SDKs show our stderr after a failure only. `known`:
    files that were read after the `watch` began. Raises what planning and renewing raise, `NeedsHuman` with a command.
    """
    if watch is None and request.is_plain:
        watch = interfaces.watch_files()
    plan = make_plan(replace(request, hands_over=True), interfaces, known)
    for error in plan.failures.values():
        raise with_command(error, request, plan, interfaces.reading_agent) if interfaces.reading_agent else error
    check_possible(plan, request.min_remaining_s, interfaces.now())
    told: Sequence[str] = ()
    if not request.for_sdk or (plan.codes and request.token is None):
        terminals = (one for one in interfaces.code_providers if one.name == TERMINAL and one.has_human)
        place = next(terminals, interfaces) if request.for_sdk else interfaces
        told = tell(plan.notices(request.profile), place)
    session = _session(plan, interfaces)
    if not request.for_sdk:
        tell(plan.notices(request.profile), interfaces, told)
    if watch is not None and request.is_plain:
        _note_answer(session, plan, watch, interfaces)
    interfaces.note_hand_over(request.profile, session, plan.of_profile[request.profile].inputs)
    return session, plan


def tell(notices: Sequence[str], place: Interfaces | CodeProvider, told: Sequence[str] = ()) -> Sequence[str]:
    """Print the notices that were not `told`, and return all of them: finding keys while renewing adds some."""
    for notice in notices:
        if notice not in told:
            place.say(notice)
    return notices


def _session(plan: Plan, interfaces: Interfaces) -> Session:
    """The stored session or a new one; if a new one fails, the stored one, unless the request names a minimum."""
    request = plan.request
    found = plan.of_profile[request.profile]
    if isinstance(found, Reused):
        return plan.stored.session(found)
    if request.min_remaining_s is not None or found.rest is None:
        return _renewed(plan, interfaces)
    rest = plan.stored.session(found.rest)
    if request.for_sdk and request.token is None:
        # If the user cancelled minutes ago, an SDK that comes again at once must not ask a second time.
        failures = (interfaces.prompt_locks.recent_outcome(step.request.device, step.question) for step in plan.codes)
        if any(failure is not None and ends_our_question(failure, interfaces) for failure in failures):
            return rest
    try:
        return _renewed(plan, interfaces)
    except AwsMfaError as error:
        # A code that was given must be used; a user who cancels the question does not want the command to run.
        if request.token is not None or (isinstance(error, Cancelled) and not request.for_sdk):
            raise
        if not request.for_sdk:
            interfaces.say(f"the stored session is used for the time it has left: {error.message}")
        return rest


def _renewed(plan: Plan, interfaces: Interfaces) -> Session:
    request = plan.request
    (outcome,) = renew_many(plan, interfaces, token=request.token)
    if outcome.session is not None:
        return outcome.session
    raise with_command(first_failure(outcome.error), request, plan, interfaces.reading_agent)


def with_command(error: AwsMfaError, request: RenewalRequest, plan: Plan, agent: str | None) -> AwsMfaError:
    """The error; a `NeedsHuman` has the command after which the same call needs no person, and no hints for agents."""
    if not isinstance(error, NeedsHuman):
        return error
    name, verb = request.profile, plan.verb_to_renew(request.profile)
    codes = [step for step in plan.codes if name in step.profiles]
    is_safe = name in plan.chains and (  # else `renew` would write into the file what is too much for this agent
        not plan.grants[name].is_narrow or plan.chains[name].wanted.has_credential_process_of_ours
    )
    if agent and not (is_safe and codes and all(step.request.role_arn is None for step in codes)):
        verb = f"whoami --agent {agent}"  # the agent's own session, in the cache
    elif agent or (request.overlay and not plan.chains[name].role_chain):  # narrowed later: the MFA session is whole
        needed = [request.needed_s(step.inputs, costs_code=True) for step in codes if step.rest]
        left_s = max(needed, default=request.min_remaining_s)  # `renew` would keep what is too short here
        request = replace(request, overlay=NOTHING_NARROWER, duration_s=None, min_remaining_s=left_s)
    command = request.renew_command(verb)
    needs = f"profile {name!r} needs {'a person' if agent and not codes else 'an MFA code'}"
    # The first hint says where to run what.
    hints = [hint for hint in error.hints if not hint.startswith(("run ", "in a terminal: "))]
    made = NeedsHuman(f"{needs}: {error.message}", f"in a terminal: {command}", *hints)
    if agent:
        made = NeedsHuman(f"{needs}: ask the user to run: {command}")
    made.command = command
    return made


def _note_answer(session: Session, plan: Plan, watch: Watch, interfaces: Interfaces) -> None:
    """Write the fingerprint that answers the same request without a plan, if the cache has this session."""
    profile = plan.request.profile
    chain, found = plan.chains[profile], plan.of_profile[profile]
    policies = [role.value("policy") or "" for role in chain.role_chain if role.policy]
    policies += plan.grants[profile].files
    if not plan.users.are_named_by_files(chain) or any("$" in path or "%" in path for path in policies):
        return
    try:
        environ, region = plan.child_regions(profile, interfaces.environ)
    except AwsMfaError:
        return
    if environ is not interfaces.environ:
        return  # the hot path would give the child the region of another partition
    label = profile if chain.role_chain else found.label
    stored = interfaces.session_cache.find(label, found.inputs)
    if stored is not None and stored.session().access_key_id == session.access_key_id:
        paths = [interfaces.policy_file(path).path for path in policies]
        wish = wish_of(interfaces.agent, read_only=plan.request.overlay.read_only)
        watch.note(profile, FingerprintedSession(stored.name, found.key, region), paths, wish=wish)

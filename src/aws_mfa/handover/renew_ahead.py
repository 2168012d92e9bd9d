"""
Keep the sessions of some profiles valid: a thread that never asks renews them ahead of time.

What needs no code is renewed when `ahead_s` are left, and tried again after growing pauses if that fails; a session
that another process has stored is taken over. A code that will be needed is announced ahead of time, and asked for only
by `ask`. Whatever fails, a session that is still valid is served.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from aws_mfa.agents.rule import granted
from aws_mfa.aws_values.narrowing import NOTHING_NARROWER
from aws_mfa.aws_values.text import local_text
from aws_mfa.command_lines import quote
from aws_mfa.errors import AwsMfaError, Cancelled, KeychainUnavailable, NeedsHuman, SessionExpired
from aws_mfa.handover.hand_over import tell, with_command
from aws_mfa.renewal.calls import first_failure, renew_many
from aws_mfa.renewal.make_plan import check_possible, make_plan, renewal_of
from aws_mfa.renewal.steps import Reused, Step
from aws_mfa.sessions.container import ServedSession
from aws_mfa.sessions.freshness import MARGIN_S
from aws_mfa.vaults.lookup import KnownProfiles

if TYPE_CHECKING:
    from aws_mfa.interfaces import Endpoint, Interfaces
    from aws_mfa.model import Session
    from aws_mfa.renewal.plan import Plan
    from aws_mfa.renewal.request import RenewalRequest

    Results = dict[str, Session | AwsMfaError]

_AHEAD_S = 1200.0
_ANY_AGENT = "an-agent"
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 10.0, 120.0
# The pause between looks for a session that needs a code: another process may have stored one.
_LOOK_AGAIN_S = 20.0
# The pause after a question that was cancelled or not answered.
_ASK_AGAIN_S = 600.0


@dataclass
class _ServedProfile:
    """One profile: its session, when to renew it, and what was printed about it. Moments in seconds since the epoch."""

    session: Session
    ahead_s: float
    code_at: float | None
    needs_human: bool = False
    try_at: float = 0.0
    pause_s: float = _FIRST_PAUSE_S
    ask_at: float = 0.0
    said: set[str] = field(default_factory=set)

    def until(self) -> str:
        """How long it is valid, and when a code will be needed."""
        until = f"until {local_text(self.session.expires_at)}"
        if self.code_at is None:
            return until
        if self.code_at == self.session.expires_at:
            return f"{until}; then it needs an MFA code"
        return f"{until}; the MFA session needs a code at {local_text(self.code_at)}"


class RenewAhead:
    """Sessions of the request's profiles; `plan`: of the first ones. `renew_quietly` and `ask` may run in threads."""

    def __init__(self, request: RenewalRequest, interfaces: Interfaces) -> None:
        self._ahead_s = _AHEAD_S if request.min_remaining_s is None else request.min_remaining_s
        self._min_remaining_s = request.min_remaining_s
        self._request = replace(request, hands_over=True, min_remaining_s=self._ahead_s)
        self._interfaces = interfaces
        self._endpoint: Endpoint | None = None
        self._served: dict[str, _ServedProfile] = {}
        self._lock = threading.Lock()
        self.known: KnownProfiles
        self.plan: Plan

    def get_first(self) -> None:
        """Get a session for each profile, asking for codes, or raise the first failure; a cancelled one is skipped."""
        self.known = KnownProfiles(self._interfaces)
        self.plan = plan = make_plan(self._request, self._interfaces, self.known)
        for error in plan.failures.values():
            raise error
        check_possible(plan, self._min_remaining_s, self._interfaces.now())
        told, skipped = tell(plan.every_notice, self._interfaces), dict[str, Cancelled]()
        for name, result in _results(plan, self._interfaces, self._request.token).items():
            try:
                self._take(name, self._or_stored(name, result), plan)
            except Cancelled as error:
                skipped[name] = error
        if not self._served:
            raise next(iter(skipped.values()))
        tell(
            (*plan.every_notice, *(f"{name} is skipped: it is not served" for name in skipped)), self._interfaces, told
        )

    def _or_stored(self, name: str, result: Session | AwsMfaError) -> Session:
        """The session, or for a failure a stored one that is still valid; else raises the first failure."""
        if not isinstance(result, AwsMfaError):
            return result
        found = self.plan.of_profile[name]
        rest = found.rest if isinstance(found, Step) else None
        if rest is not None and rest.expires_at - self._interfaces.now() > MARGIN_S:
            return self.plan.stored.session(rest)
        request = replace(self._request, profiles=[name], min_remaining_s=self._min_remaining_s)
        raise with_command(first_failure(result), request, self.plan, self._interfaces.reading_agent)

    @property
    def profiles(self) -> list[str]:
        """The profiles that are served."""
        return list(self._served)

    def hand_out_to(self, endpoint: Endpoint) -> None:
        """Let the endpoint answer with these sessions, now and after each renewal."""
        self._endpoint = endpoint
        for name, served in self._served.items():
            endpoint.hand_out(name, self._answers_of(name, served.session))

    def _answers_of(self, name: str, session: Session, failure: AwsMfaError | None = None) -> ServedSession:
        """What is served. A person's session does not go to an agent, if the rule leaves agents less of the profile."""
        line = None
        if self._interfaces.agent is None:
            try:
                grant = granted(self.plan.chains[name].wanted, _ANY_AGENT, self._interfaces.environ)
                is_fit = grant.longest_s is None and grant.overlay in (NOTHING_NARROWER, self._request.overlay)
            except AwsMfaError:
                is_fit = False
            serve = f"aws-mfa serve {quote(name)} --agent NAME"
            line = None if is_fit else f"agents get less of {name} than what is served here; for them: {serve}"
        return ServedSession(name, session, failure, line)

    def validity(self) -> list[str]:
        """A line for each profile: how long its session is valid, and when a code will be needed."""
        return [f"serving {name} {served.until()}" for name, served in self._served.items()]

    def renew_quietly(self) -> None:
        """Renew what ends soon and needs no code, take over what others stored, announce codes; never raises."""
        for name, served in self._served.items():
            now = self._interfaces.now()
            if served.code_at is not None and served.code_at - now <= self._ahead_s and not served.needs_human:
                self._say_once(name, f"{name}: will need an MFA code at {local_text(served.code_at)}")
            # The second comparison: a clock that was set back must not delay the next attempt.
            if served.session.expires_at - now <= served.ahead_s and not now < served.try_at <= now + _LONGEST_PAUSE_S:
                self._attempt(name, served)

    def to_be_asked_for(self) -> list[str]:
        """The profiles that need a code now, or a vault to be opened, and whose question was not just cancelled."""
        now = self._interfaces.now()
        return [name for name, served in self._served.items() if served.needs_human and served.ask_at <= now]

    def ask(self, names: list[str], asking: Interfaces) -> None:
        """Ask for what these profiles need, through `asking`; prints the result, never raises."""
        for name in names:
            self._served[name].ask_at = self._interfaces.now() + _ASK_AGAIN_S
        try:
            left_s = min(self._served[name].ahead_s for name in names)
            plan = make_plan(self._again(names, left_s), asking)
            if any(asking.prompt_locks.recent_outcome(step.request.device, step.question) for step in plan.codes):
                return
            results = _results(plan, asking, None)
        except Exception as error:  # noqa: BLE001  # whatever it is, valid sessions are served
            results = dict.fromkeys(names, _reportable(error))
        for name, result in results.items():
            if isinstance(result, AwsMfaError):
                self._not_renewed(name, _reportable(result))
            else:
                self._take(name, result, plan)

    def _again(self, names: list[str], left_s: float) -> RenewalRequest:
        """The request for these profiles; a device that IAM did not list before is looked up again."""
        return replace(self._request, profiles=names, min_remaining_s=left_s, devices={})

    def _attempt(self, name: str, served: _ServedProfile) -> None:
        served.try_at = self._interfaces.now() + served.pause_s
        try:
            quiet = self._interfaces.replaced(unattended=True)
            plan = make_plan(self._again([name], served.ahead_s), quiet)
            if plan.codes:
                self._wait_for_code(name, served, plan)
                return
            result = _results(plan, quiet, None, may_ask=False)[name]
        except Exception as error:  # noqa: BLE001  # whatever it is, a valid session is served
            result = _reportable(error)
        if isinstance(result, SessionExpired):
            self._wait_for_code(name, served, plan)
        elif isinstance(result, AwsMfaError):
            # This thread asks for no passphrase and does not unlock the keychain; `ask` may.
            served.needs_human |= isinstance(result, (NeedsHuman, KeychainUnavailable))
            served.pause_s = min(2 * served.pause_s, _LONGEST_PAUSE_S)
            self._not_renewed(name, result)
        else:
            self._take(name, result, plan)

    def _wait_for_code(self, name: str, served: _ServedProfile, plan: Plan) -> None:
        served.needs_human = True
        served.try_at = self._interfaces.now() + _LOOK_AGAIN_S
        minutes = round(served.ahead_s / 60) + 1
        request = replace(self._request, profiles=[name], min_remaining_s=60 * minutes)
        command = with_command(NeedsHuman(""), request, plan, self._interfaces.reading_agent).command
        self._not_renewed(name, NeedsHuman("it needs an MFA code", f"in a terminal: {command}"))

    def _take(self, name: str, session: Session, plan: Plan) -> None:
        """Serve this session from now on, unless it ends before the one that is served."""
        with self._lock:
            before = self._served.get(name)
            if before is not None and before.session.expires_at >= session.expires_at:
                return
            # A session of fifteen minutes never has twenty left: it is renewed at half its time.
            left_s = session.expires_at - self._interfaces.now()
            ahead_s = min(self._ahead_s, max(left_s / 2, MARGIN_S))
            served = _ServedProfile(session, ahead_s, _code_needed_at(name, session, plan, self._interfaces))
            self._served[name] = served
        self._interfaces.note_hand_over(name, session, plan.of_profile[name].inputs)
        if self._endpoint is not None:
            self._endpoint.hand_out(name, self._answers_of(name, session))
            if before is not None and before.said:
                self._say(f"{name}: renewed, {served.until()}")

    def _not_renewed(self, name: str, error: AwsMfaError) -> None:
        """Print the failure once, and answer with it when the session has expired."""
        session = self._served[name].session
        if self._endpoint is not None:
            self._endpoint.hand_out(name, self._answers_of(name, session, error))
        until = f"served until {local_text(session.expires_at)}"
        self._say_once(name, f"{name}: not renewed, {until}: {'; '.join([error.message, *error.hints[:1]])}")

    def _say_once(self, name: str, line: str) -> None:
        said = self._served[name].said
        if line not in said:
            said.add(line)
            self._say(line)

    def _say(self, line: str) -> None:
        """Print the line, if the terminal is still open: serving goes on after it was closed."""
        with suppress(OSError, ValueError):
            self._interfaces.say(line)


def _reportable(error: Exception) -> AwsMfaError:
    """The error if it is an `AwsMfaError`; else one with only its class, because its text may quote a secret."""
    if isinstance(error, Cancelled):
        return Cancelled("the question was cancelled; it is not asked again for 10 minutes")
    return error if isinstance(error, AwsMfaError) else AwsMfaError(f"unexpected {type(error).__name__}")


def _results(plan: Plan, interfaces: Interfaces, token: str | None, *, may_ask: bool = True) -> Results:
    """Each profile's session or failure; without `may_ask`, `SessionExpired` if only a code can replace a session."""
    results: Results = {}
    for outcome in renew_many(plan, interfaces, token=token, may_ask=may_ask):
        found = plan.of_profile.get(outcome.profile)
        if outcome.error is None and isinstance(found, Reused):
            results[outcome.profile] = plan.stored.session(found)
        else:
            results[outcome.profile] = outcome.error or outcome.session or AwsMfaError("no session", "try again")
    return results


def _code_needed_at(name: str, session: Session, plan: Plan, interfaces: Interfaces) -> float | None:
    """When this profile will need a code next; None: never, or unknown, because its chain has further roles."""
    found: Step | Reused | None = renewal_of(name, plan, interfaces)
    while isinstance(found, Step) and not found.needs_code:
        found = found.signed_by
    if isinstance(found, Step):
        return session.expires_at
    return found.expires_at if found is not None and found.is_mfa_session else None

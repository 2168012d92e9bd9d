"""
Keep the sessions of some profiles good for as long as we live: renewed ahead, by a thread that never asks.

What needs no code is renewed when `ahead_s` are left, tried again with growing pauses where that fails; what another
process has renewed is taken from where it stored it. What needs a code is told ahead of time, and asked for only by
`ask`. A session that is still good is served through all of this.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from shlex import quote
from typing import TYPE_CHECKING

from aws_mfa.errors import AwsMfaError, Cancelled, KeychainUnavailable, NeedsHuman, SessionExpired
from aws_mfa.rules.container_credentials import Held
from aws_mfa.rules.freshness import MARGIN_S
from aws_mfa.rules.regions import region_of_child
from aws_mfa.rules.timestamps import local_text
from aws_mfa.workflows.served_sessions import carried_out, code_needed_at, first_sessions, planned_sessions

if TYPE_CHECKING:
    from aws_mfa.model import Session
    from aws_mfa.workflows.doors_to_programs import Endpoint
    from aws_mfa.workflows.outside import Outside
    from aws_mfa.workflows.served_sessions import Results, Serve

_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 10.0, 120.0
# How often is looked whether another process has got what needs a code.
_LOOK_AGAIN_S = 20.0
# After a question that was refused, or that nobody answered.
_ASK_AGAIN_S = 600.0


class _Kept:
    """One profile: its session, when to renew it, and what was told about it. Moments in seconds since the epoch."""

    __slots__ = ("ahead_s", "ask_at", "code_at", "needs_person", "pause_s", "session", "told", "try_at")

    def __init__(self, session: Session, ahead_s: float, code_at: float | None) -> None:
        self.session = session
        self.ahead_s = ahead_s
        self.code_at = code_at
        self.needs_person = False
        self.try_at = 0.0
        self.pause_s = _FIRST_PAUSE_S
        self.ask_at = 0.0
        self.told: set[str] = set()

    def until(self) -> str:
        """Until when it is good, and when a code will be needed."""
        until = f"until {local_text(self.session.expires_at)}"
        if self.code_at is None:
            return until
        if self.code_at == self.session.expires_at:
            return f"{until}; then it needs an MFA code"
        return f"{until}; the MFA session needs a code at {local_text(self.code_at)}"


class RenewAhead:
    """The sessions of what is `wanted`. `renew_quietly` and `ask` may run in two threads."""

    def __init__(self, wanted: Serve, outside: Outside) -> None:
        self._wanted = wanted
        self._outside = outside
        self._endpoint: Endpoint | None = None
        self._kept: dict[str, _Kept] = {}
        self._regions: dict[str, str | None] = {}
        self._lock = threading.Lock()

    def get_first(self) -> None:
        """Get a session for each profile, asking where a code is needed; raises the first failure."""
        wanted, outside = self._wanted, self._outside
        planned = planned_sessions(wanted, wanted.profiles, outside, left_s=wanted.ahead_s)
        sessions = first_sessions(wanted, planned, outside)
        self._regions = {name: region_of_child(chain) for name, chain in planned.chains.items()}
        for notice in planned.users.notices:
            outside.say(notice)
        for name, session in sessions.items():
            self._take(name, session)

    def hand_out_to(self, endpoint: Endpoint) -> None:
        """Let the endpoint answer with these sessions, now and after each renewal; say until when that is."""
        self._endpoint = endpoint
        for name, kept in self._kept.items():
            endpoint.hand_out(name, Held(name, kept.session))
            self._outside.say(f"serving {name} {kept.until()}")

    def region_of(self, profile: str) -> str | None:
        """The region that the AWS files give the profile."""
        return self._regions.get(profile)

    def renew_quietly(self) -> None:
        """Renew what is short and needs no code, take what others renewed, tell what will be needed; never raises."""
        for name, kept in self._kept.items():
            now = self._outside.now()
            self._tell_ahead(name, kept, now)
            # A clock that was set back must not put this off.
            if kept.session.expires_at - now <= kept.ahead_s and not now < kept.try_at <= now + _LONGEST_PAUSE_S:
                self._attempt(name, kept)

    def to_be_asked_for(self) -> list[str]:
        """The profiles that need a code now, or a vault to be opened, and whose question was not refused lately."""
        now = self._outside.now()
        return [name for name, kept in self._kept.items() if kept.needs_person and kept.ask_at <= now]

    def ask(self, names: list[str], asking: Outside) -> None:
        """Ask for what these profiles need, through the doors `asking`; tells what comes of it, never raises."""
        for name in names:
            self._kept[name].ask_at = self._outside.now() + _ASK_AGAIN_S
        try:
            left_s = min(self._kept[name].ahead_s for name in names)
            planned = planned_sessions(self._wanted, names, asking, left_s=left_s)
            if any(
                asking.prompt_locks.recent_outcome(step.request.device, step.question) for step in planned.plan.codes
            ):
                return
            results: Results = carried_out(planned, asking, None)
        except Exception as error:  # noqa: BLE001  # whatever it is, the sessions that are good are served
            results = dict.fromkeys(names, _as_ours(error))
        for name, result in results.items():
            if isinstance(result, AwsMfaError):
                self._not_renewed(name, result)
            else:
                self._take(name, result)

    def _attempt(self, name: str, kept: _Kept) -> None:
        kept.try_at = self._outside.now() + kept.pause_s
        try:
            quiet = self._outside.replaced(unattended=True)
            planned = planned_sessions(self._wanted, [name], quiet, left_s=kept.ahead_s)
            if planned.plan.codes:
                self._wait_for_code(name, kept)
                return
            result = carried_out(planned, quiet, None, may_ask=False)[name]
        except Exception as error:  # noqa: BLE001  # whatever it is, the session that is good is served
            result = _as_ours(error)
        if isinstance(result, SessionExpired):
            self._wait_for_code(name, kept)
        elif isinstance(result, AwsMfaError):
            # Here nobody is asked for a passphrase, nor to unlock the keychain; `ask` may be.
            kept.needs_person |= isinstance(result, (NeedsHuman, KeychainUnavailable))
            kept.pause_s = min(2 * kept.pause_s, _LONGEST_PAUSE_S)
            self._not_renewed(name, result)
        else:
            self._take(name, result)

    def _wait_for_code(self, name: str, kept: _Kept) -> None:
        kept.needs_person = True
        kept.try_at = self._outside.now() + _LOOK_AGAIN_S
        minutes = round(kept.ahead_s / 60) + 1
        command = f"aws-mfa renew --min-remaining {minutes}m {quote(name)}"
        self._not_renewed(name, NeedsHuman("it needs an MFA code", f"in a terminal: {command}"))

    def _take(self, name: str, session: Session) -> None:
        """Serve this session from now on, unless it ends before the one we have."""
        with self._lock:
            before = self._kept.get(name)
            if before is not None and before.session.expires_at >= session.expires_at:
                return
            # A session of fifteen minutes never has twenty left.
            left_s = session.expires_at - self._outside.now()
            ahead_s = min(self._wanted.ahead_s, max(left_s / 2, MARGIN_S))
            kept = _Kept(
                session, ahead_s, code_needed_at(self._wanted, name, session, self._outside.replaced(unattended=True))
            )
            self._kept[name] = kept
        if self._endpoint is not None:
            self._endpoint.hand_out(name, Held(name, session))
            if before is not None and before.told:
                self._say(f"{name}: renewed, {kept.until()}")

    def _not_renewed(self, name: str, error: AwsMfaError) -> None:
        """Let requests that come too late know why, and tell it once."""
        session = self._kept[name].session
        if self._endpoint is not None:
            self._endpoint.hand_out(name, Held(name, session, error))
        until = f"served until {local_text(session.expires_at)}"
        self._tell_once(name, f"{name}: not renewed, {until}: {'; '.join([error.message, *error.hints[:1]])}")

    def _tell_ahead(self, name: str, kept: _Kept, now: float) -> None:
        if kept.code_at is not None and kept.code_at - now <= self._wanted.ahead_s and not kept.needs_person:
            self._tell_once(name, f"{name}: will need an MFA code at {local_text(kept.code_at)}")

    def _tell_once(self, name: str, line: str) -> None:
        told = self._kept[name].told
        if line not in told:
            told.add(line)
            self._say(line)

    def _say(self, line: str) -> None:
        """Whoever started us may have closed the terminal since; that is no reason to serve no more."""
        with suppress(OSError, ValueError):
            self._outside.say(line)


def _as_ours(error: Exception) -> AwsMfaError:
    """The class alone of what is not ours: its text may quote a secret."""
    if isinstance(error, Cancelled):
        return Cancelled("the question was cancelled; it is not asked again for 10 minutes")
    return error if isinstance(error, AwsMfaError) else AwsMfaError(f"unexpected {type(error).__name__}")

"""
Renew many profiles: the codes first, then all roles side by side, then one write of the file.

One that fails does not stop the others; what is signed with a session that could not be had fails with its reason.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from aws_mfa.errors import AwsMfaError, NotAuthorized, RefusedByAws
from aws_mfa.rules.freshness import Fresh, judge
from aws_mfa.rules.ini_edit import with_all_changes
from aws_mfa.rules.ini_text import section_values
from aws_mfa.rules.session_section import section_of, session_in
from aws_mfa.rules.session_steps import Reused, Step
from aws_mfa.workflows.codes import Codes
from aws_mfa.workflows.renew import refuse_permanent_keys

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aws_mfa.model import LongTermKeys, Session
    from aws_mfa.workflows.outside import Outside
    from aws_mfa.workflows.plans import Planned

    Got = Session | AwsMfaError

IN_FILE, IN_CACHE = "credentials file", "session cache"


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
    """Carry the plan out; one outcome per profile, in the order wanted. `done` is told after each call."""
    run = _Run(planned, outside)
    codes = Codes(outside, planned.users, token=token)
    for step in planned.plan.codes:
        run.got[step] = _attempt(lambda step=step: codes.session(step))  # type: ignore[misc]  # mypy: bound by default
        done()
    others = [step for step in planned.plan.steps if not step.needs_code]
    for _, steps in groupby(others, key=lambda step: step.depth):
        group = list(steps)
        results = outside.side_by_side([run.call_of(step) for step in group], done)
        run.got.update(zip(group, results, strict=True))
    run.remember()
    return run.outcomes()


def exit_code_of(outcomes: list[Outcome]) -> int:
    """5 if AWS refused any, else the first failure's, else 0."""
    errors = [outcome.error for outcome in outcomes if outcome.error is not None]
    if any(isinstance(error, RefusedByAws) for error in errors):
        return RefusedByAws.exit_code
    return errors[0].exit_code if errors else 0


class _Run:
    """What was got so far, and where it goes."""

    def __init__(self, planned: Planned, outside: Outside) -> None:
        self.got: dict[Step, Got] = {}
        self._planned = planned
        self._outside = outside
        self._refused: dict[str, AwsMfaError] = {}

    def call_of(self, step: Step) -> Callable[[], Got]:
        """The call of a role, signed with what was got before it; it returns its failure."""
        return lambda: _attempt(lambda: self._assume(step))

    def remember(self) -> None:
        """Shared and adopted sessions into the cache, all others into the file at once."""
        cache, plan = self._outside.session_cache, self._planned.plan
        in_file = {name: found for name, found in plan.of_profile.items() if self._place(name) == IN_FILE}
        for step, got in self.got.items():
            written = [name for name in step.profiles if in_file.get(name) is step]
            # An MFA session is kept for roles too, where a file section of ours does not hold it already.
            if not isinstance(got, AwsMfaError) and not written:
                cache.store(step.label, step.inputs, got)
        self._write({name: session for name, found in in_file.items() if (session := self._to_write(name, found))})

    def outcomes(self) -> list[Outcome]:
        """One per profile, failures of planning last."""
        found = [self._outcome(name) for name in self._planned.plan.of_profile]
        for name, error in self._planned.failures.items():
            outcome = Outcome(name, None, "")
            outcome.error = error
            found.append(outcome)
        return found

    def _assume(self, step: Step) -> Session:
        base = step.base
        sts = self._outside.sts(base.region, base.endpoint_url)
        keys = self._signer(step)
        if not step.request.role_arn:
            raise NotAuthorized(f"no MFA device is known for {base.profile}", "name it: mfa_serial = ARN")
        return sts.assume_role(keys, step.request, None)

    def _signer(self, step: Step) -> LongTermKeys | Session:
        signer = step.signed_by
        if signer is None:
            return self._planned.users.keys[step.base.section]
        got = self.got[signer] if isinstance(signer, Step) else self._stored(signer)
        if isinstance(got, AwsMfaError):
            raise type(got)(f"not tried, because {signer.label} failed: {got.message}", *got.hints)
        return got

    def _stored(self, reused: Reused) -> Got:
        session = self._outside.session_cache.load(reused.label, reused.inputs)
        name = reused.base.profile if reused.label.startswith("mfa@") else reused.label
        session = session or self._in_file(name)
        return session or AwsMfaError(f"the stored session of {reused.label} is gone", "try again")

    def _in_file(self, name: str) -> Session | None:
        from_text = self._outside.credentials
        return session_in(section_values(from_text.read(), name, where=from_text.path))

    def _to_write(self, name: str, found: Step | Reused) -> Session | None:
        if isinstance(found, Step):
            got = self.got[found]
            return None if isinstance(got, AwsMfaError) else got
        values = section_values(self._outside.credentials.read(), name, where=self._outside.credentials.path)
        role_arn = self._planned.chains[name].wanted.role_arn
        if isinstance(judge(values, role_arn=role_arn, now=self._outside.now()), Fresh):
            return None
        stored = self._stored(found)
        return None if isinstance(stored, AwsMfaError) else stored

    def _write(self, sessions: Mapping[str, Session]) -> None:
        if not sessions:
            return
        path = self._outside.credentials.path

        def edit(text: str) -> str:
            changes = {}
            for name, session in sessions.items():
                try:
                    refuse_permanent_keys(text, name, path)
                    changes[name] = section_of(session)
                except AwsMfaError as error:
                    self._refused[name] = error
            return with_all_changes(text, changes, where=path)

        self._outside.credentials.update(edit)

    def _place(self, name: str) -> str:
        return IN_CACHE if self._planned.chains[name].wanted.has_credential_process_of_ours else IN_FILE

    def _outcome(self, name: str) -> Outcome:
        found = self._planned.plan.of_profile[name]
        outcome = Outcome(name, self._planned.chains[name].wanted.role_arn, self._place(name))
        source = self._planned.chains[name].wanted.source("role_arn")
        outcome.is_hidden_from_sdks = outcome.role_arn is not None and source.startswith("role_arn ")
        if isinstance(found, Reused):
            outcome.is_reused, outcome.expires_at = True, found.expires_at
        elif isinstance(got := self.got[found], AwsMfaError):
            outcome.error = got
        else:
            outcome.expires_at, outcome.session = got.expires_at, got
        outcome.error = self._refused.get(name, outcome.error)
        return outcome


def _attempt(call: Callable[[], Session]) -> Got:
    try:
        return call()
    except AwsMfaError as error:
        return error

"""
The calls of one plan: those with a code first, then all roles side by side, then one write of the file.

One that fails does not stop the others; what is signed with a session that could not be had fails with its reason.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING

from aws_mfa.errors import AwsMfaError, BadInput, Cancelled, NotAuthorized, SessionExpired, UnknownKey
from aws_mfa.renewal.codes import CodeCall, Codes
from aws_mfa.renewal.steps import Reused, Step
from aws_mfa.renewal.write import SessionWriter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from aws_mfa.interfaces import Interfaces
    from aws_mfa.model import LongTermKeys, Session
    from aws_mfa.renewal.steps import Plan
    from aws_mfa.renewal.write import Got

    # So many calls begin inside the `with`; what it gives is called after each that is done. No question comes inside.
    ShowCalls = Callable[[int], AbstractContextManager[Callable[[], None]]]

NOT_TAKEN = (SessionExpired, UnknownKey)
"""How AWS refuses a session that signs."""


@dataclass
class Outcome:
    """
    What became of one profile: the session until `expires_at` in `place`, or the `error`.

    `session` is what was got just now; a reused one is where it was. `is_hidden_from_sdks`: an SDK that sees `role_arn`
    does not look at the session, it assumes the role itself, and asks for a code.
    """

    profile: str
    role_arn: str | None
    place: str
    is_hidden_from_sdks: bool = False
    is_reused: bool = False
    expires_at: float | None = None
    error: AwsMfaError | None = None
    session: Session | None = None


@contextmanager
def unseen(_count: int) -> Iterator[Callable[[], None]]:
    """Show nothing of the calls."""
    yield lambda: None


def make_calls(
    planned: Plan, interfaces: Interfaces, token: str | None, show: ShowCalls
) -> tuple[list[Outcome], list[Reused]]:
    """
    One outcome per profile, in the order wanted, and the stored sessions that AWS does not take any more.

    Raises `NotSetUp` where the file cannot be replaced, before a code is asked for. Ctrl-C keeps what was got.
    """
    if token is not None and (count := count_of_devices(planned)) > 1:
        raise BadInput(f"one code, and codes of {count} devices are needed", "renew one user's profiles at a time")
    writer, codes = SessionWriter(planned, interfaces), Codes(interfaces, token=token)
    if planned.steps:
        writer.check_writable()
    others = [step for step in planned.steps if not step.needs_code]
    try:
        for step in planned.codes:
            writer.got[step] = _attempt(codes.session, _code_call(step, planned, writer))
        with show(len(others)) as done:
            for _, steps in groupby(others, key=lambda step: step.depth):
                group = list(steps)  # they are as deep in their chains: none signs for another
                calls = [partial(_attempt, _assume_role, step, planned, interfaces, writer) for step in group]
                writer.got.update(zip(group, interfaces.side_by_side(calls, done), strict=True))
    finally:
        writer.write()
    refused = {
        step.signed_by: None
        for step, got in writer.got.items()
        if isinstance(step.signed_by, Reused) and isinstance(got, NOT_TAKEN)
    }
    outcomes = [_outcome(name, planned, writer) for name in planned.of_profile]
    outcomes += [Outcome(name, None, "", error=error) for name, error in planned.failures.items()]
    return outcomes, list(refused)


def count_of_devices(planned: Plan) -> int:
    """How many devices the codes of the plan come from: no code is good for two."""
    return len({step.request.device for step in planned.codes})


def _code_call(step: Step, planned: Plan, writer: SessionWriter) -> CodeCall:
    """The question names the reason for a role's own code; the command is the first served profile's that has one."""
    why = f" ({step.label}: {step.reason})" if step.request.role_arn else ""
    chains = planned.chains
    commands = (chains[name].mfa_process for name in step.profiles if name in chains)
    return CodeCall(
        step,
        f"MFA code for {step.request.device}{why}: ",
        keys=lambda: planned.users.keys_of(step.base.section),
        newer=lambda: planned.stored.newer(step),
        write=lambda session: writer.write_at_once(step, session),
        mfa_process=next((command for command in commands if command), None),
    )


def _assume_role(step: Step, planned: Plan, interfaces: Interfaces, writer: SessionWriter) -> Session:
    """The call of a role, signed with what was got before it."""
    base, signer = step.base, step.signed_by
    if not step.request.role_arn:
        raise NotAuthorized(f"no MFA device is known for {base.profile}", "name it: mfa_serial = ARN")
    if signer is None:
        keys: LongTermKeys | Session = planned.users.keys_of(base.section)
    elif isinstance(got := writer.got_of(signer), AwsMfaError):
        raise type(got)(f"not tried, because {signer.label} failed: {got.message}", *got.hints) from got
    else:
        keys = got
    return interfaces.sts(base.region, base.endpoints).assume_role(keys, step.request, None)


def _outcome(name: str, planned: Plan, writer: SessionWriter) -> Outcome:
    profile, found = planned.chains[name].wanted, planned.of_profile[name]
    outcome = Outcome(name, profile.role_arn, writer.place_of(name))
    outcome.is_hidden_from_sdks = profile.role_arn is not None and profile.source("role_arn").startswith("role_arn ")
    if isinstance(found, Reused):
        outcome.is_reused, outcome.expires_at = True, found.expires_at
    elif isinstance(got := writer.got_of(found), AwsMfaError):
        outcome.error = got
    else:
        outcome.expires_at, outcome.session = got.expires_at, got
    outcome.error = writer.refused.get(name, outcome.error)
    return outcome


def _attempt(call: Callable[..., Session], *arguments: object) -> Got:
    """The session or the failure; Ctrl-C ends everything."""
    try:
        return call(*arguments)
    except Cancelled:
        raise
    except AwsMfaError as error:
        return error

"""
A plan in one line: how many profiles, how many codes of which device, and why more than one.

Pure; the words a person reads before the first question.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_mfa.rules.session_inputs import INPUTS

if TYPE_CHECKING:
    from aws_mfa.rules.session_steps import Plan, Step

_WORDS = {"access_key_id": "key", "duration_s": "duration"}
_ORDINALS = ("a second", "a third", "a fourth", "a further")


def summary(plan: Plan) -> str:
    """`3 profiles, 1 code of arn:...:mfa/ann; prod-admin needs a second one: duration_seconds = 14400 > 1 h`."""
    count = len(plan.of_profile)
    profiles = f"{count} profile{'' if count == 1 else 's'}"
    codes = plan.codes
    if not codes:
        return f"{profiles}, no code"
    devices = dict.fromkeys(step.request.device for step in codes)
    return (
        f"{profiles}, {', '.join(_codes_of([step for step in codes if step.request.device == one]) for one in devices)}"
    )


def _codes_of(steps: list[Step]) -> str:
    """What one device must show: a code for each MFA session that is shared, then one for each longer role."""
    first, *others = sorted(steps, key=lambda step: bool(step.request.role_arn))
    why = f" for {first.label}: {first.reason}" if first.request.role_arn else ""
    more = [f"{step.label} needs {_ORDINALS[min(n, 3)]} one: {_reason(step, first)}" for n, step in enumerate(others)]
    return "; ".join([f"1 code of {first.request.device}{why}", *more])


def _reason(step: Step, first: Step) -> str:
    """Of an MFA session it is not that it is shared: one is there already."""
    if step.request.role_arn:
        return step.reason
    others = [_WORDS.get(name, name) for name in INPUTS if step.inputs.get(name) != first.inputs.get(name)]
    return f"{', '.join(step.profiles)}: another {' and '.join(others)}"

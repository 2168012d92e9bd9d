"""
The nouns of a plan: the user whose keys sign, the calls, the stored sessions that make calls needless, the plan.

Every call knows all its inputs, because a stored session is compared by them. What is decided with these nouns is in
`session_plan`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aws_mfa.aws.endpoints import NO_SETTINGS
from aws_mfa.sessions.inputs import INPUTS, inputs_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_mfa.aws.endpoints import EndpointSettings
    from aws_mfa.config.chains import Chain
    from aws_mfa.errors import AwsMfaError
    from aws_mfa.model import SessionRequest
    from aws_mfa.renewal.request import RenewalRequest
    from aws_mfa.renewal.stored import StoredSessions
    from aws_mfa.renewal.users import Users

_WORDS = {"access_key_id": "key", "duration_s": "duration"}
_ORDINALS = ("a second", "a third", "a fourth", "a further")


@dataclass(frozen=True, eq=False)
class SourceUser:
    """
    An IAM user as the planner knows it: whose long-term keys sign, with which device, in which region.

    `device` is None for a user without MFA; `profile` is the name that `section` (`<profile>-long-term`) belongs to.
    `endpoints` is how AWS is reached, `endpoint_url` what comes of that: the address given for STS, None for AWS's own.
    """

    profile: str
    section: str
    access_key_id: str
    device: str | None
    region: str
    partition: str
    endpoint_url: str | None = None
    endpoints: EndpointSettings = NO_SETTINGS


class Step:
    """
    One STS call.

    `label` names the session it makes: a profile, or `mfa@<long-term section>`. `signed_by` is the call or the stored
    session whose credentials sign, None: the long-term keys. `roles` are the role requests from the first assumed to
    this one, `profiles` the wanted profiles it serves. `rest` is a stored session that is good, for less time than is
    wanted.
    """

    __slots__ = ("base", "inputs", "key", "label", "profiles", "reason", "request", "rest", "roles", "signed_by")

    def __init__(
        self, label: str, base: SourceUser, request: SessionRequest, roles: tuple[SessionRequest, ...], *, reason: str
    ) -> None:
        self.label = label
        self.base = base
        self.request = request
        self.roles = roles
        self.reason = reason
        self.inputs: dict[str, str] = inputs_of(
            {
                "access_key_id": base.access_key_id,
                "partition": base.partition,
                "endpoint": base.endpoint_url,
                "region": base.region,
                "device": base.device,
                "duration_s": request.duration_s,
                "role_chain": [role.role_arn for role in roles],
                "role_session_names": [role.role_session_name for role in roles],
                "external_ids": [role.external_id for role in roles],
                "tags": [dict(role.tags) or None for role in roles],
                "transitive_tag_keys": [role.transitive_tag_keys or None for role in roles],
                "source_identities": [role.source_identity for role in roles],
                "policies": [role.policy for role in roles],
                "policy_arns": [role.policy_arns or None for role in roles],
            }
        )
        self.key = tuple(self.inputs.items())  # equal for calls that are the same
        self.signed_by: Step | Reused | None = None
        self.rest: Reused | None = None
        self.profiles: list[str] = []

    @property
    def needs_code(self) -> bool:
        """Whether the call carries a code."""
        return bool(self.request.device)

    @property
    def question(self) -> str:
        """Equal for steps, of whichever process, that are the same session."""
        return "\n".join([self.label, *(f"{name} = {value}" for name, value in sorted(self.inputs.items()))])

    @property
    def depth(self) -> int:
        """How many calls must be made before this one."""
        depth, signer = 0, self.signed_by
        while isinstance(signer, Step):
            depth, signer = depth + 1, signer.signed_by
        return depth


class Reused:
    """A stored session that is good until `expires_at` (seconds since the epoch): no call."""

    __slots__ = ("base", "expires_at", "inputs", "label", "profiles")

    def __init__(self, step: Step, expires_at: float) -> None:
        self.label = step.label
        self.base = step.base
        self.inputs = step.inputs
        self.expires_at = expires_at
        self.profiles: list[str] = []


@dataclass(eq=False)
class Plan:
    """
    Steps in an order in which they can be made, sessions that are reused, and what each wanted profile ends with.

    Beside it what it was made of: the request, the chains by profile, the users' keys, the sessions stored before.
    `failures`: why a profile could not be planned. `notes`: what is to be said of a profile.
    """

    request: RenewalRequest
    users: Users
    stored: StoredSessions
    chains: Mapping[str, Chain] = field(default_factory=dict)
    failures: Mapping[str, AwsMfaError] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)
    reused: list[Reused] = field(default_factory=list)
    of_profile: dict[str, Step | Reused] = field(default_factory=dict)
    notes: dict[str, list[str]] = field(default_factory=dict)

    @property
    def codes(self) -> list[Step]:
        """The steps that need a code, one each."""
        return [step for step in self.steps if step.needs_code]

    def notices(self, profile: str) -> tuple[str, ...]:
        """What is to be said when this profile's session is handed over."""
        return (*self.users.notices, *self.notes.get(profile, ()))


def summary(plan: Plan) -> str:
    """`3 profiles, 1 code of arn:...:mfa/ann; prod-admin needs a second one: duration_seconds = 14400 > 1 h`."""
    count = len(plan.of_profile)
    profiles = f"{count} profile{'' if count == 1 else 's'}"
    codes = plan.codes
    if not codes:
        return f"{profiles}, no code"
    devices = dict.fromkeys(step.request.device for step in codes)
    of_each = [_codes_of([step for step in codes if step.request.device == device]) for device in devices]
    return f"{profiles}, {', '.join(of_each)}"


def _codes_of(steps: list[Step]) -> str:
    """What one device must show: a code for each MFA session that is shared, then one for each longer role."""
    first, *others = sorted(steps, key=lambda step: bool(step.request.role_arn))
    why = f" for {first.label}: {first.reason}" if first.request.role_arn else ""
    parts = [f"1 code of {first.request.device}{why}"]
    for number, step in enumerate(others):
        reason = step.reason
        if not step.request.role_arn:  # that an MFA session is shared explains no second one
            other = [_WORDS.get(name, name) for name in INPUTS if step.inputs.get(name) != first.inputs.get(name)]
            reason = f"{', '.join(step.profiles)}: another {' and '.join(other)}"
        parts.append(f"{step.label} needs {_ORDINALS[min(number, 3)]} one: {reason}")
    return "; ".join(parts)

"""
What a plan consists of: the user whose keys sign, the STS calls (`Step`), the stored sessions that replace calls.

Every step has all its inputs, because stored sessions are compared by them. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aws_mfa.aws.endpoints import NO_SETTINGS
from aws_mfa.sessions.entry import text_of_inputs
from aws_mfa.sessions.inputs import inputs_of
from aws_mfa.sessions.places import mfa_label

if TYPE_CHECKING:
    from aws_mfa.aws.endpoints import EndpointSettings
    from aws_mfa.model import SessionRequest


@dataclass(frozen=True, eq=False)
class SourceUser:
    """An IAM user at the beginning of a chain; `endpoint_url`: the STS address of `endpoints`, None for AWS's own."""

    profile: str
    section: str
    access_key_id: str
    device: str | None
    region: str
    partition: str
    endpoint_url: str | None = None
    endpoints: EndpointSettings = NO_SETTINGS


@dataclass(eq=False)
class Step:
    """
    One STS call; `label` names the session it makes: a profile, or `mfa@<long-term section>`.

    `signed_by` is what signs, None: the long-term keys; `roles` are the requests from the first assumed to this one,
    `profiles` the wanted ones that it serves. `rest` is a stored session with less time left than is wanted.
    """

    label: str
    user: SourceUser
    request: SessionRequest
    roles: tuple[SessionRequest, ...]
    reason: str
    signed_by: Step | Reused | None = None
    rest: Reused | None = None
    profiles: list[str] = field(default_factory=list)
    needs_code: bool = field(init=False)
    inputs: dict[str, str] = field(init=False)
    key: str = field(init=False)

    def __post_init__(self) -> None:
        user, roles = self.user, self.roles
        self.needs_code = bool(self.request.device)
        self.inputs = inputs_of(
            {
                "access_key_id": user.access_key_id,
                "partition": user.partition,
                "endpoint": user.endpoint_url,
                "device": user.device,
                "duration_s": self.request.duration_s,
                "role_chain": [role.role_arn for role in roles],
                "role_session_names": [role.role_session_name for role in roles],
                "external_ids": [role.external_id for role in roles],
                "tags": [dict(role.tags) if role.tags else None for role in roles],
                "transitive_tag_keys": [role.transitive_tag_keys or None for role in roles],
                "source_identities": [role.source_identity for role in roles],
                "policies": [role.policy for role in roles],
                "policy_arns": [role.policy_arns or None for role in roles],
                "scoped_policy": self.request.policy if self.is_scoped else None,
                "scoped_description": self.request.description,
                "agent": self.request.agent,
            }
        )
        self.key = text_of_inputs(self.inputs)

    @property
    def is_scoped(self) -> bool:
        """Whether it is GetScopedCredentials, which narrows or shortens the session that signs."""
        return self.request.description is not None

    @property
    def question(self) -> str:
        """A text that is equal for equal steps, also of other processes."""
        return "\n".join([self.label, *(f"{name} = {value}" for name, value in sorted(self.inputs.items()))])

    @property
    def signers(self) -> list[Step]:
        """The calls that must be made before this one, the last of them first."""
        signers, signer = [], self.signed_by
        while isinstance(signer, Step):
            signers.append(signer)
            signer = signer.signed_by
        return signers


class Reused:
    """A stored session that is used instead of a call; it is valid until `expires_at` (seconds since the epoch)."""

    def __init__(self, step: Step, expires_at: float) -> None:
        self.label = step.label
        self.user = step.user
        self.inputs = step.inputs
        self.key = step.key
        self.expires_at = expires_at
        self.profiles: list[str] = []

    @property
    def is_mfa_session(self) -> bool:
        return self.label == mfa_label(self.user.section)

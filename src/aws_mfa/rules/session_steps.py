"""
The nouns of a plan: the user whose keys sign, what is wanted, the calls, the stored sessions that make calls needless.

Every call knows all its inputs, because a stored session is compared by them. What is decided with these nouns is in
`session_plan`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_mfa.rules.endpoints import NO_SETTINGS
from aws_mfa.rules.session_inputs import inputs_of
from aws_mfa.rules.session_policies import read_only_arn

if TYPE_CHECKING:
    from aws_mfa.model import SessionRequest
    from aws_mfa.rules.endpoints import EndpointSettings
    from aws_mfa.rules.profile_chains import Chain
    from aws_mfa.rules.session_inputs import Value


class Base:
    """
    An IAM user as the planner knows it: whose long-term keys sign, with which device, in which region.

    `device` is None for a user without MFA; `profile` is the name that `section` (`<profile>-long-term`) belongs to.
    `endpoints` is how AWS is reached, `endpoint_url` what comes of that: the address given for STS, None for AWS's own.
    """

    __slots__ = ("access_key_id", "device", "endpoint_url", "endpoints", "partition", "profile", "region", "section")

    def __init__(
        self,
        profile: str,
        section: str,
        access_key_id: str,
        device: str | None,
        *,
        region: str,
        partition: str,
        endpoint_url: str | None = None,
        endpoints: EndpointSettings = NO_SETTINGS,
    ) -> None:
        self.profile = profile
        self.section = section
        self.access_key_id = access_key_id
        self.device = device
        self.region = region
        self.partition = partition
        self.endpoint_url = endpoint_url
        self.endpoints = endpoints


class Wanted:
    """A profile that shall have a session: its chain, and the user at the chain's beginning."""

    __slots__ = ("base", "chain")

    def __init__(self, chain: Chain, base: Base) -> None:
        self.chain = chain
        self.base = base

    @property
    def name(self) -> str:
        """The profile's name."""
        return self.chain.wanted.name


class Overlay:
    """What the command line adds to every role wanted: a policy, policy ARNs, ReadOnlyAccess."""

    __slots__ = ("policy", "policy_arns", "read_only")

    def __init__(
        self, policy: str | None = None, policy_arns: tuple[str, ...] = (), *, read_only: bool = False
    ) -> None:
        self.policy = policy
        self.policy_arns = policy_arns
        self.read_only = read_only

    def arns(self, partition: str) -> tuple[str, ...]:
        """The policy ARNs for a role of the partition."""
        read_only = (read_only_arn(partition),) if self.read_only else ()
        return tuple(dict.fromkeys((*self.policy_arns, *read_only)))

    def flags(self) -> list[str]:
        """The flags that say the same; a policy's text came from a file, whose name nobody kept."""
        own = ["--read-only"] if self.read_only else []
        arns = [word for arn in self.policy_arns for word in ("--policy-arn", arn)]
        return [*own, *arns, *(["--policy", "FILE"] if self.policy is not None else [])]

    def __bool__(self) -> bool:
        return self.read_only or self.policy is not None or bool(self.policy_arns)


class Step:
    """
    One STS call.

    `label` names the session it makes: a profile, or `mfa@<long-term section>`. `signed_by` is the call or the stored
    session whose credentials sign, None: the long-term keys. `roles` are the role requests from the first assumed to
    this one, `profiles` the wanted profiles it serves.
    """

    __slots__ = ("base", "inputs", "key", "label", "profiles", "reason", "request", "roles", "signed_by")

    def __init__(
        self, label: str, base: Base, request: SessionRequest, roles: tuple[SessionRequest, ...], *, reason: str
    ) -> None:
        self.label = label
        self.base = base
        self.request = request
        self.roles = roles
        self.reason = reason
        self.inputs = inputs_of(_values(base, request, roles))
        self.key = tuple(self.inputs.items())  # equal for calls that are the same
        self.signed_by: Step | Reused | None = None
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


class Plan:
    """Steps in an order in which they can be made, sessions that are reused, and what each wanted profile ends with."""

    __slots__ = ("notes", "of_profile", "reused", "steps")

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.reused: list[Reused] = []
        self.of_profile: dict[str, Step | Reused] = {}
        self.notes: dict[str, list[str]] = {}

    @property
    def codes(self) -> list[Step]:
        """The steps that need a code, one each."""
        return [step for step in self.steps if step.needs_code]


def _values(base: Base, request: SessionRequest, roles: tuple[SessionRequest, ...]) -> dict[str, Value]:
    """Everything that makes this session what it is: who signs, where, with which device, through which roles."""
    return {
        "access_key_id": base.access_key_id,
        "partition": base.partition,
        "endpoint": base.endpoint_url,
        "region": base.region,
        "device": base.device,
        "duration_s": request.duration_s,
        "role_chain": [role.role_arn for role in roles],
        "role_session_names": [role.role_session_name for role in roles],
        "external_ids": [role.external_id for role in roles],
        "tags": [dict(role.tags) for role in roles],
        "transitive_tag_keys": [list(role.transitive_tag_keys) for role in roles],
        "source_identities": [role.source_identity for role in roles],
        "policies": [role.policy for role in roles],
        "policy_arns": [list(role.policy_arns) for role in roles],
    }

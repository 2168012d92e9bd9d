"""
Long-term keys, sessions, requests to STS and identities: plain classes without I/O, on the hot path.

A secret is a `Secret` from the moment it is read.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping


class Secret:
    """Text that must not be printed, formatted, compared by accident or serialised; `reveal()` is the only way out."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself; a test holds the list of all callers."""
        return self._text

    def matches(self, other: Secret) -> bool:
        return self._text == other._text

    def __bool__(self) -> bool:
        return bool(self._text)

    def __repr__(self) -> str:
        return "<secret>"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return "<secret>"

    def __reduce_ex__(self, protocol: object) -> str:
        raise TypeError("a secret cannot be serialised")


class LongTermKeys:
    """Access key id and secret of an IAM user (`AKIA...`)."""

    __slots__ = ("access_key_id", "secret_access_key")

    def __init__(self, access_key_id: str, secret_access_key: Secret) -> None:
        self.access_key_id = access_key_id
        self.secret_access_key = secret_access_key

    @classmethod
    def in_section(cls, values: Mapping[str, str] | None) -> LongTermKeys | None:
        """The keys in a section of an AWS file, whatever else it contains; None unless both are there."""
        key_id, secret = map((values or {}).get, ("aws_access_key_id", "aws_secret_access_key"))
        return cls(key_id, Secret(secret)) if key_id and secret else None

    def matches(self, other: LongTermKeys) -> bool:
        return self.access_key_id == other.access_key_id and self.secret_access_key.matches(other.secret_access_key)

    def __repr__(self) -> str:
        return f"LongTermKeys({masked(self.access_key_id)})"


class Session:
    """
    Short-term credentials (`ASIA...`) as STS returned them.

    `expires_at` is in seconds since the epoch; `assumed_role_arn` is the role asked for, None for an MFA session.
    """

    __slots__ = ("access_key_id", "assumed_role_arn", "expires_at", "secret_access_key", "session_token")

    def __init__(
        self,
        access_key_id: str,
        secret_access_key: Secret,
        session_token: Secret,
        expires_at: float,
        assumed_role_arn: str | None = None,
    ) -> None:
        self.access_key_id = access_key_id
        self.secret_access_key = secret_access_key
        self.session_token = session_token
        self.expires_at = expires_at
        self.assumed_role_arn = assumed_role_arn

    def __repr__(self) -> str:
        return f"Session({masked(self.access_key_id)})"


class SessionRequest:
    """
    What STS is asked for: a role's session if `role_arn` is given, else an MFA session. `duration_s` is in seconds.

    With a `description` it is GetScopedCredentials instead: a session of the signing session's identity, narrowed by
    `policy` (JSON), or shorter. `is_usual_duration`: no one chose it. `agent` is the agent that it is for. The rest is
    only for roles: `tags` are pairs of key and value, `transitive_tag_keys` name those that the next role of a chain
    inherits, `policy` and the managed `policy_arns` narrow the session.
    """

    __slots__ = (
        *("device", "duration_s", "external_id", "policy", "policy_arns", "role_arn", "role_session_name"),
        *("agent", "description", "is_usual_duration", "source_identity", "tags", "transitive_tag_keys"),
    )

    def __init__(
        self,
        device: str,
        duration_s: int,
        role_arn: str | None = None,
        role_session_name: str | None = None,
        external_id: str | None = None,
        *,
        tags: tuple[tuple[str, str], ...] = (),
        transitive_tag_keys: tuple[str, ...] = (),
        source_identity: str | None = None,
        policy: str | None = None,
        policy_arns: tuple[str, ...] = (),
        is_usual_duration: bool = False,
        description: str | None = None,
        agent: str | None = None,
    ) -> None:
        self.device = device
        self.is_usual_duration = is_usual_duration
        self.description = description
        self.agent = agent
        self.duration_s = duration_s
        self.role_arn = role_arn
        self.role_session_name = role_session_name
        self.external_id = external_id
        self.tags = tags
        self.transitive_tag_keys = transitive_tag_keys
        self.source_identity = source_identity
        self.policy = policy
        self.policy_arns = policy_arns


class Identity:
    """The answer of `GetCallerIdentity`: whose credentials signed."""

    __slots__ = ("account", "arn", "user_id")

    def __init__(self, arn: str, account: str, user_id: str) -> None:
        self.arn = arn
        self.account = account
        self.user_id = user_id


def masked(access_key_id: str) -> str:
    """The last four characters of a key id: enough to tell two keys apart."""
    return f"...{access_key_id[-4:]}"

"""
Keys: long-term ones and issued sessions, invented afresh at random and shaped like AWS's.

No constant here looks like a key, so nothing of the practice AWS can be mistaken for a leak.
"""

from __future__ import annotations

import base64
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aws_mfa_practice.session_terms import NO_TERMS, Terms

if TYPE_CHECKING:
    from typing import TypeAlias

    from aws_mfa_practice.account import AssumedRole, User
    from aws_mfa_practice.callers import Caller
    from aws_mfa_practice.federated_user import FederatedUser

    Principal: TypeAlias = User | AssumedRole | FederatedUser

_BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_SECRET_BYTES = 30  # 40 characters of base64
_TOKEN_BYTES = 295  # one more than a multiple of three: the token ends with "=="


def invent_id(prefix: str) -> str:
    """An id as IAM makes them: four letters for the kind, 16 characters at random."""
    return prefix + "".join(secrets.choice(_BASE32) for _ in range(16))


def invent_secret() -> str:
    """A secret access key: 40 characters."""
    return base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def invent_session_token() -> str:
    """A session token: 396 characters, always with `/`, `+` and `=` in it, so that sloppy escaping shows."""
    while True:
        token = base64.b64encode(secrets.token_bytes(_TOKEN_BYTES)).decode()
        if "/" in token and "+" in token:
            return token


@dataclass
class LongTermKeys:
    """
    Access key id (`AKIA...`) and secret of a user or of root; set `active` to False to switch them off.

    Before `works_from` no service knows them: new keys are not known everywhere at once.
    """

    owner: User = field(repr=False)
    access_key_id: str = field(default_factory=lambda: invent_id("AKIA"))
    secret_access_key: str = field(default_factory=invent_secret, repr=False)
    active: bool = True
    created_at: float = 0.0
    works_from: float = 0.0
    last_used: LastUse | None = None


@dataclass(frozen=True)
class LastUse:
    """When keys signed a request, and for which service where."""

    at: float
    service: str
    region: str


@dataclass(frozen=True)
class Session:
    """
    Short-term credentials (`ASIA...`) as issued; `has_mfa` is what `aws:MultiFactorAuthPresent` says.

    `issued_at` is when the code came, for `aws:MultiFactorAuthAge`. A role session has terms, and knows who asked for
    it and with which credentials. Each of the `layers` of session policies must allow what it calls; the last
    `scoped_count` of them came from GetScopedCredentials.
    """

    principal: Principal
    expires_at: int
    has_mfa: bool
    terms: Terms = NO_TERMS
    asked_by: Caller | None = None
    issued_at: float = 0.0
    layers: tuple[tuple[str, ...], ...] = ()
    scoped_count: int = 0
    access_key_id: str = field(default_factory=lambda: invent_id("ASIA"))
    secret_access_key: str = field(default_factory=invent_secret, repr=False)
    session_token: str = field(default_factory=invent_session_token, repr=False)

    @property
    def chain(self) -> tuple[str, ...]:
        """The ARNs of who assumed what: the user first, this session's own last."""
        if self.asked_by is None:
            return (self.principal.arn,)
        before = self.asked_by.session.chain if self.asked_by.session else (self.asked_by.principal.arn,)
        return (*before, self.principal.arn)

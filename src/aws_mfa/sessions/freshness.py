"""
Is the session in this section still good? The verdict carries its reason (docs/compatibility.md, section 4).

On the hot path: plain classes, and no imports but light modules of our own.
"""

from __future__ import annotations

from aws_mfa.aws_values.text import parse_moment
from aws_mfa.config.sections import LONG_TERM_KEYS, kind_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

MARGIN_S = 60
"""A session with no more than this left counts as expired: a request that is signed now must still arrive."""

REQUIRED_KEYS = (
    *("assumed_role", "aws_access_key_id", "aws_secret_access_key"),
    *("aws_session_token", "aws_security_token", "expiration"),
)


class Fresh:
    """Good until `expires_at` (seconds since the epoch), `left_s` seconds from now."""

    __slots__ = ("expires_at", "left_s")

    def __init__(self, expires_at: float, left_s: float) -> None:
        self.expires_at = expires_at
        self.left_s = left_s


class Missing:
    """There is no such section."""


class OtherRole:
    """The session is for another role than requested; None means no role."""

    __slots__ = ("asked", "stored")

    def __init__(self, stored: str | None, asked: str | None) -> None:
        self.stored = stored
        self.asked = asked


class Incomplete:
    """Keys of the session are absent or empty, or its expiration is unreadable; it may be for another role too."""

    __slots__ = ("keys", "other_role")

    def __init__(self, keys: tuple[str, ...], other_role: OtherRole | None = None) -> None:
        self.keys = keys
        self.other_role = other_role


class Expired:
    """Expired `-left_s` seconds ago, or `left_s` seconds are left, no more than the margin."""

    __slots__ = ("left_s",)

    def __init__(self, left_s: float) -> None:
        self.left_s = left_s


class PermanentKeys:
    """The section holds long-term keys: it is not a session, and must not be overwritten."""


Verdict = Fresh | Missing | Incomplete | OtherRole | Expired | PermanentKeys


def judge(
    section: Mapping[str, str] | None, *, role_arn: str | None, now: float, margin_s: float = MARGIN_S
) -> Verdict:
    """Judge the short-term section against the role requested (None: no role) at the moment `now`."""
    if section is None:
        return Missing()
    if kind_of(section) == LONG_TERM_KEYS:
        return PermanentKeys()
    stored = section.get("assumed_role_arn") or None
    other_role = OtherRole(stored, role_arn) if stored != role_arn else None
    missing = tuple(key for key in REQUIRED_KEYS if not section.get(key))
    if missing:
        return Incomplete(missing, other_role)
    if other_role is not None:
        return other_role
    expires_at = parse_moment(section["expiration"])
    if expires_at is None:
        return Incomplete(("expiration",))
    left_s = expires_at - now
    return Fresh(expires_at, left_s) if left_s > margin_s else Expired(left_s)

"""
What keys a section of an AWS file has: an IAM user's, a session's, or none. On the hot path: imports nothing.

The section's lines decide, not its name. Every command asks `kind_of`, and none ever overwrites `LONG_TERM_KEYS`.
Whether a session is still good: `freshness`.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

LONG_TERM_KEYS = "long-term keys"
OUR_SESSION = "a session that aws-mfa wrote"
FOREIGN_SESSION = "a session of another tool"
INCOMPLETE = "an access key id without its secret"
NOTHING = "no keys"
SESSIONS = (OUR_SESSION, FOREIGN_SESSION)

_MARKS_OF_OURS = ("assumed_role", "expiration", "aws_session_token")
_MARKS_OF_A_SESSION = (*_MARKS_OF_OURS, "aws_security_token")


def kind_of(section: Mapping[str, str] | None) -> str:
    """
    One of the five kinds above for the keys (lower case) and values of a section; an empty value counts as absent.

    An id with `AKIA` is an IAM user's even beside a token: `aws configure` leaves the old token when it replaces the
    keys. So is a mistyped one (in quotes, on the next line, in lower case): it cannot sign, but its secret may be the
    only copy. For an id with another prefix, or a secret without its id, the other lines decide. An id without its
    secret can be overwritten, since IAM shows it again; a secret cannot.
    """
    section = section or {}
    key_id, has_secret = section.get("aws_access_key_id") or "", bool(section.get("aws_secret_access_key"))
    is_session = key_id.startswith("ASIA")
    if not (has_secret or is_session):
        return INCOMPLETE if key_id else NOTHING
    if not is_session and ("AKIA" in key_id.upper() or not any(map(section.get, _MARKS_OF_A_SESSION))):
        return LONG_TERM_KEYS
    return OUR_SESSION if all(map(section.get, _MARKS_OF_OURS)) else FOREIGN_SESSION

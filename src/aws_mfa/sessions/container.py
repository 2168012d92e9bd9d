"""
The container credentials protocol: which path is whose, and what a request for it is answered with.

A session that is over is never answered with: then 503, and the command that helps. Pure; the server that speaks HTTP
is in `aws_mfa.server`.

Source: https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from aws_mfa.aws_values.timestamps import rfc3339_text

if TYPE_CHECKING:
    from aws_mfa.errors import AwsMfaError
    from aws_mfa.model import Session

_OK, _NO_SESSION = 200, 503


class Answer:
    """HTTP status and JSON body; the body of a 200 is secret."""

    __slots__ = ("body", "status")

    def __init__(self, status: int, body: bytes) -> None:
        self.status = status
        self.body = body


class ServedSession:
    """
    What a profile's requests are answered with: its session until that ends, then why there is none.

    `failure` is what the last renewal met, None where it was not tried or went well.
    """

    __slots__ = ("_document", "_over", "expires_at")

    def __init__(self, profile: str, session: Session, failure: AwsMfaError | None = None) -> None:
        self.expires_at = session.expires_at
        self._document = Answer(_OK, _document(session))
        ended = f"the session of profile {profile!r} ended at {rfc3339_text(session.expires_at)}"
        why = [failure.message, *failure.hints[:1]] if failure else []
        self._over = refusal(_NO_SESSION, "SessionExpired", "; ".join([ended, *why]))

    def answer_at(self, now: float) -> Answer:
        """The answer at `now`, in seconds since the epoch."""
        return self._document if now < self.expires_at else self._over


def refusal(status: int, code: str, message: str) -> Answer:
    """An answer in the form in which SDKs show it."""
    return Answer(status, json.dumps({"code": code, "message": message}).encode())


def path_of(profile: str) -> str:
    """`/work`; what is not plain in a URL is percent-encoded, slashes too."""
    return f"/{quote(profile, safe='')}"


def profile_at(target: str) -> str | None:
    """The profile that the target of a request names, however it is encoded; a query says nothing. None: no path."""
    path, _, _ = target.partition("?")
    return unquote(path[1:]) if path.startswith("/") else None


def _document(session: Session) -> bytes:
    values = {
        "AccessKeyId": session.access_key_id,
        "SecretAccessKey": session.secret_access_key.reveal(),
        "Token": session.session_token.reveal(),
        "Expiration": rfc3339_text(session.expires_at),
    }
    if session.assumed_role_arn:
        values["RoleArn"] = session.assumed_role_arn
    return json.dumps(values).encode()

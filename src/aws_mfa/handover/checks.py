"""
Who may ask the endpoint: programs of this machine that know the token, and no page in a browser.

Host is checked against DNS rebinding; Origin and the Fetch headers are sent by browsers alone. Nothing is said about
profiles before the token was right, and the token is compared in constant time.
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from aws_mfa.sessions.container import refusal

if TYPE_CHECKING:
    from email.message import Message

    from aws_mfa.model import Secret
    from aws_mfa.sessions.container import Answer

_OF_BROWSERS = ("Origin", "Sec-Fetch-Site", "Sec-Fetch-Mode")


class Gate:
    """Judges a request by its method and headers."""

    __slots__ = ("_hosts", "_token")

    def __init__(self, token: Secret, port: int) -> None:
        self._token = token.reveal().encode("ascii")
        self._hosts = (f"127.0.0.1:{port}", f"localhost:{port}")

    def refused(self, method: str, headers: Message) -> Answer | None:
        """The refusal; None where the request may be answered."""
        if (_only(headers, "Host") or "").strip().lower() not in self._hosts:
            return refusal(403, "WrongHost", "this endpoint answers to 127.0.0.1 and localhost alone")
        if any(name in headers for name in _OF_BROWSERS):
            return refusal(403, "BrowserRefused", "this endpoint does not answer pages of a browser")
        if method != "GET":
            return refusal(405, "MethodNotAllowed", "this endpoint answers GET alone")
        if "Transfer-Encoding" in headers or {"0", *headers.get_all("Content-Length", [])} != {"0"}:
            return refusal(413, "BodyRefused", "this endpoint takes no body")
        given = (_only(headers, "Authorization") or "").strip().encode("utf-8", "replace")
        if not hmac.compare_digest(given, self._token):
            where = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE names its file"
            return refusal(401, "WrongToken", f"the token of this endpoint is missing or wrong: {where}")
        return None


def _only(headers: Message, name: str) -> str | None:
    """The header's value; None where it is missing, or given twice: then nobody knows which one counts."""
    values = headers.get_all(name, [])
    return values[0] if len(values) == 1 else None

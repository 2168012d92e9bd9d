"""Requests signed by hand, which can be falsified, the plain HTTP that carries them, and the SDK's refusals."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import http.client
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit

import pytest

from aws_mfa_practice.moments import signing_date


@dataclass
class HandSigned:
    """A request signed by hand: change any field after `sign` and it no longer fits its signature."""

    access_key_id: str
    secret_access_key: str
    form: dict[str, str]
    signed_at: float
    session_token: str | None = None
    region: str = "us-east-1"
    service: str = "sts"
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)

    def sign(self, host: str, *, signed: str | None = None) -> HandSigned:
        """Fill in body and headers; `signed` names the headers to sign, all of them by default."""
        date = signing_date(self.signed_at)
        self.body = urlencode(self.form).encode()
        self.headers = {"host": host, "x-amz-date": date}
        if self.session_token is not None:
            self.headers["x-amz-security-token"] = self.session_token
        names = signed or ";".join(sorted(self.headers))
        lines = "".join(f"{name}:{self.headers[name]}\n" for name in names.split(";"))
        canonical = "\n".join(("POST", "/", "", lines, names, hashlib.sha256(self.body).hexdigest()))
        scope = f"{date[:8]}/{self.region}/{self.service}/aws4_request"
        text = "\n".join(("AWS4-HMAC-SHA256", date, scope, hashlib.sha256(canonical.encode()).hexdigest()))
        key = f"AWS4{self.secret_access_key}".encode()
        for part in scope.split("/"):
            key = hmac.digest(key, part.encode(), "sha256")
        signature = hmac.digest(key, text.encode(), "sha256").hex()
        self.headers["authorization"] = (
            f"AWS4-HMAC-SHA256 Credential={self.access_key_id}/{scope}, SignedHeaders={names}, Signature={signature}"
        )
        return self


@dataclass(frozen=True)
class Reply:
    """What came back from a request sent by hand."""

    status: int
    headers: dict[str, str]
    body: str


def send(url: str, request: HandSigned, method: str = "POST", target: str = "/") -> Reply:
    """Send the request as it is."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=5)
    with contextlib.closing(connection):
        connection.request(method, target, request.body, request.headers)
        response = connection.getresponse()
        return Reply(response.status, dict(response.getheaders()), response.read().decode())


def refusal_of(call: Callable[[], object]) -> tuple[int, str, str]:
    """Let a real SDK call, expect a refusal, and give its status, code and message."""
    with pytest.raises(Exception, match="An error occurred") as caught:
        call()
    response = vars(caught.value)["response"]
    error = response["Error"]
    return response["ResponseMetadata"]["HTTPStatusCode"], error["Code"], error["Message"]

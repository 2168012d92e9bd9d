"""
Signature Version 4: what a request claims about its signer, and whether the claim holds.

Both forms are read: the `Authorization` header and the query string (presigned). A claim is checked for
its scope, its moment and its signature, in this order; this module does not look up the key.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aws_mfa_practice.canonical import canonical_request, query_fields
from aws_mfa_practice.moments import read_signing_date, signing_date
from aws_mfa_practice.refusals import bad_signature, incomplete_signature, not_signed

if TYPE_CHECKING:
    from aws_mfa_practice.received import Received

ALGORITHM = "AWS4-HMAC-SHA256"
TERMINATOR = "aws4_request"
WINDOW_S = 15 * 60
SCOPE_PARTS = 5
_AUTHORIZATION_PARTS = ("Credential", "Signature", "SignedHeaders")
_QUERY_PARTS = ("X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature", "X-Amz-SignedHeaders", "X-Amz-Date")


@dataclass(frozen=True)
class Claim:
    """What a request claims about its signer; nothing is proven yet."""

    access_key_id: str
    scope_day: str
    region: str
    service: str
    terminator: str
    signed_at: str
    signed_headers: tuple[str, ...]
    signature: str
    session_token: str | None


def read_claim(received: Received) -> Claim:
    """The claim in the header or in the query; a `Refusal` if there is none or it cannot be read."""
    fields = dict(query_fields(received.query))
    authorization = received.first("Authorization")
    if authorization is not None:
        parts = _authorization_parts(authorization)
        signed_at = received.first("X-Amz-Date")
        if signed_at is None:
            raise incomplete_signature(
                "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. "
                + _hashed(authorization)
            )
        return _claim(parts, signed_at, received.first("X-Amz-Security-Token"))
    if "X-Amz-Signature" not in fields and "X-Amz-Algorithm" not in fields:
        raise not_signed()
    for name in _QUERY_PARTS:
        if not fields.get(name):
            raise incomplete_signature(f"AWS query-string parameters must include '{name}'.")
    _require_algorithm(fields["X-Amz-Algorithm"])
    parts = {name: fields[f"X-Amz-{name}"] for name in _AUTHORIZATION_PARTS}
    return _claim(parts, fields["X-Amz-Date"], fields.get("X-Amz-Security-Token"))


def check_scope(claim: Claim, service: str) -> None:
    """Refuse a credential scope of another service, day or kind."""
    if claim.terminator != TERMINATOR:
        raise bad_signature(
            f"Credential should be scoped with a valid terminator: '{TERMINATOR}', not '{claim.terminator}'."
        )
    if claim.service != service:
        raise bad_signature(f"Credential should be scoped to correct service: '{service}'.")
    if claim.scope_day != claim.signed_at[:8]:
        raise bad_signature(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
            f"'{claim.scope_day}' != '{claim.signed_at[:8]}', from '{claim.signed_at}'."
        )


def check_moment(claim: Claim, now: float) -> None:
    """Refuse a request signed more than 15 minutes before or after `now`."""
    signed_at, now = read_signing_date(claim.signed_at), int(now)
    earliest, latest = now - WINDOW_S, now + WINDOW_S
    if signed_at < earliest:
        raise bad_signature(
            f"Signature expired: {claim.signed_at} is now earlier than {signing_date(earliest)} "
            f"({signing_date(now)} - 15 min.)"
        )
    if signed_at > latest:
        raise bad_signature(
            f"Signature not yet current: {claim.signed_at} is still later than {signing_date(latest)} "
            f"({signing_date(now)} + 15 min.)"
        )


def check_signature(received: Received, claim: Claim, secret_access_key: str) -> None:
    """Refuse a signature that this secret does not make over this request, or that covers too little of it."""
    for name in ("host", *(name.lower() for name, _ in received.headers if name.lower().startswith("x-amz-"))):
        if name not in claim.signed_headers:
            raise bad_signature(f"'{name}' must be a 'SignedHeader' in the AWS Authorization.")
    if not hmac.compare_digest(_signature(received, claim, secret_access_key), claim.signature.encode()):
        raise bad_signature()


def _signature(received: Received, claim: Claim, secret_access_key: str) -> bytes:
    scope = (claim.scope_day, claim.region, claim.service, claim.terminator)
    request_hash = hashlib.sha256(canonical_request(received, claim.signed_headers).encode()).hexdigest()
    text = "\n".join((ALGORITHM, claim.signed_at, "/".join(scope), request_hash))
    key = f"AWS4{secret_access_key}".encode()
    for part in scope:
        key = hmac.digest(key, part.encode(), "sha256")
    return hmac.digest(key, text.encode(), "sha256").hex().encode()


def _authorization_parts(authorization: str) -> dict[str, str]:
    algorithm, _, rest = authorization.strip().partition(" ")
    _require_algorithm(algorithm)
    parts: dict[str, str] = {}
    for piece in rest.split(","):
        name, equals, value = piece.strip().partition("=")
        if not equals:
            raise incomplete_signature(
                f"'{name}' not a valid key=value pair (missing equal-sign) in Authorization header: "
                + _hashed(authorization)
            )
        parts[name] = value
    missing = [
        f"Authorization header requires '{name}' parameter. " for name in _AUTHORIZATION_PARTS if name not in parts
    ]
    if missing:
        raise incomplete_signature("".join(missing) + _hashed(authorization))
    return parts


def _claim(parts: dict[str, str], signed_at: str, session_token: str | None) -> Claim:
    scope = parts["Credential"].split("/")
    if len(scope) != SCOPE_PARTS:
        raise incomplete_signature(
            "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, "
            f"got '{parts['Credential']}'"
        )
    # strptime would also take "2026112T..." and other near misses.
    if not re.fullmatch(r"[0-9]{8}T[0-9]{6}Z", signed_at):
        raise incomplete_signature(f"Date must be in ISO-8601 'basic format'. Got '{signed_at}'.")
    try:
        read_signing_date(signed_at)
    except ValueError:
        raise incomplete_signature(f"Date must be in ISO-8601 'basic format'. Got '{signed_at}'.") from None
    access_key_id, day, region, service, terminator = scope
    headers = tuple(parts["SignedHeaders"].split(";"))
    return Claim(access_key_id, day, region, service, terminator, signed_at, headers, parts["Signature"], session_token)


def _require_algorithm(algorithm: str) -> None:
    if algorithm != ALGORITHM:
        raise incomplete_signature(f"Unsupported AWS 'algorithm': '{algorithm}'.")


def _hashed(authorization: str) -> str:
    digest = base64.b64encode(hashlib.sha256(authorization.encode()).digest()).decode()
    return f"(Hashed with SHA-256 and encoded with Base64) Authorization={digest}"

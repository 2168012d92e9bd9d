"""
The canonical request of Signature Version 4, rebuilt from what was received.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aws_mfa_practice.received import Received

_UNRESERVED = "-_.~"


def canonical_request(received: Received, signed_headers: Iterable[str]) -> str:
    """The text whose hash is signed: method, path, query, the signed headers and the hash of the body."""
    names = list(signed_headers)
    header_lines = "".join(f"{name}:{_header_value(received, name)}\n" for name in names)
    return "\n".join(
        (
            received.method,
            quote(received.path, safe="/" + _UNRESERVED),
            _canonical_query(received.query),
            header_lines,
            ";".join(names),
            hashlib.sha256(received.body).hexdigest(),
        )
    )


def query_fields(query: str) -> list[tuple[str, str]]:
    """Names and values of a query string, decoded; a `+` stays a `+`, as in SigV4."""
    pieces = (piece.partition("=") for piece in query.split("&") if piece)
    return [(unquote(name), unquote(value)) for name, _, value in pieces]


def _canonical_query(query: str) -> str:
    encoded = (
        (quote(name, safe=_UNRESERVED), quote(value, safe=_UNRESERVED))
        for name, value in query_fields(query)
        if name != "X-Amz-Signature"
    )
    return "&".join(f"{name}={value}" for name, value in sorted(encoded))


def _header_value(received: Received, name: str) -> str:
    return ",".join(" ".join(value.split()) for value in received.values_of(name))

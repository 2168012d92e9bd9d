"""
A request as it came in: bytes and header lines, nothing decided yet.

Form parameters are read strictly: bad UTF-8 or a name given twice is refused rather than guessed at.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qsl

from aws_mfa_practice.refusals import Refusal


@dataclass(frozen=True)
class Received:
    """One HTTP request; `headers` keeps order and repetition, `path` and `query` are as on the wire."""

    method: str
    path: str
    query: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def values_of(self, header: str) -> list[str]:
        """All values of a header, in order; the name's case does not matter."""
        return [value for name, value in self.headers if name.lower() == header.lower()]

    def first(self, header: str) -> str | None:
        """The first value of a header; None if it is missing."""
        return next(iter(self.values_of(header)), None)

    def parameters(self) -> dict[str, str]:
        """The form (the body, or the query where there is none) without the signature's own fields."""
        try:
            raw = self.body.decode("ascii") or self.query
            pairs = parse_qsl(raw, keep_blank_values=True, strict_parsing=bool(raw), errors="strict")
        except ValueError:
            raise Refusal(400, "MalformedQueryString", "The query string is malformed") from None
        named = {name: value for name, value in pairs if not name.startswith("X-Amz-")}
        if len(named) != sum(not name.startswith("X-Amz-") for name, _ in pairs):
            raise Refusal(400, "MalformedQueryString", "A parameter is given more than once")
        return named

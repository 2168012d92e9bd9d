"""
Answers: AWS's XML, and the HTTP answer that carries it.

An `Answer` is a value until the server writes it, so that a fault can distort it on the way.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TypeAlias

    from aws_mfa_practice.refusals import Refusal

    Result: TypeAlias = "Mapping[str, str | Result | Sequence[Result] | Sequence[str]]"

NAMESPACES = {"sts": "https://sts.amazonaws.com/doc/2011-06-15/", "iam": "https://iam.amazonaws.com/doc/2010-05-08/"}


@dataclass(frozen=True)
class Answer:
    """What goes back: `delivery` says how much of it, after `delay_s` seconds."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = "text/xml"
    error_code: str | None = None
    delivery: Literal["whole", "truncated", "reset"] = "whole"
    delay_s: float = 0.0


def success(service: str, action: str, result: Result, request_id: str) -> Answer:
    """The answer to a call that was allowed."""
    of_result = f"<{action}Result>{_xml(result)}</{action}Result>" if result else ""
    text = (
        f'<{action}Response xmlns="{NAMESPACES[service]}">'
        f"{of_result}"
        f"<ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata>"
        f"</{action}Response>"
    )
    return Answer(200, text.encode())


def failure(service: str, refusal: Refusal, request_id: str) -> Answer:
    """The answer to a call that was refused, or that AWS failed to process."""
    kind = "Sender" if refusal.status < 500 else "Receiver"  # noqa: PLR2004 - HTTP's own border
    text = (
        f'<ErrorResponse xmlns="{NAMESPACES[service]}">'
        f"<Error><Type>{kind}</Type><Code>{refusal.code}</Code><Message>{escape(refusal.message)}</Message></Error>"
        f"<RequestId>{request_id}</RequestId>"
        "</ErrorResponse>"
    )
    return Answer(refusal.status, text.encode(), error_code=refusal.code)


def _xml(result: Result) -> str:
    return "".join(f"<{name}>{_xml_value(value)}</{name}>" for name, value in result.items())


def _xml_value(value: str | Result | Sequence[Result] | Sequence[str]) -> str:
    if isinstance(value, str):
        return escape(value)
    if isinstance(value, Mapping):
        return _xml(value)
    return "".join(f"<member>{_xml_value(item)}</member>" for item in value)

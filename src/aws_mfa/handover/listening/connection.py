"""
One connection of the endpoint: reads requests within limits of size and time, and answers each in one write.

`http.server` parses the head but does not read it: it limits a line to 64 KiB and each read to a time, so a client that
sends a byte every few seconds could keep its connection for hours. Nothing of a request is ever logged.
"""

from __future__ import annotations

import http
import io
import socket
import time
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING

from aws_mfa.sessions.container import refusal

if TYPE_CHECKING:
    from collections.abc import Callable
    from email.message import Message

    from aws_mfa.sessions.container import EndpointAnswer

HEAD_LIMIT_BYTES = 8192
READ_LIMIT_S = 5.0
_END_OF_HEAD = b"\r\n\r\n"
# The connection stays open after answers with these; another status closes it.
_STAYS_OPEN = (200, 404, 503)


class Connection(BaseHTTPRequestHandler):
    """Answers with `answer_to(method, headers, target)` while whole requests come within `READ_LIMIT_S` seconds."""

    protocol_version = "HTTP/1.1"

    def __init__(self, request: socket.socket, answer_to: Callable[[str, Message, str], EndpointAnswer]) -> None:
        self._answer_to = answer_to
        self._early = b""
        super().__init__(request, None, None)  # type: ignore[arg-type]  # address and server are not looked at

    def setup(self) -> None:
        """Open no buffered files: `handle_one_request` reads the socket."""
        self.connection = self.request
        if self.connection.family == socket.AF_INET:
            self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def finish(self) -> None:
        """Do nothing: the caller closes the connection."""

    def handle_one_request(self) -> None:
        self.close_connection = True
        head = self._read_head()
        if head is None:
            return
        self.raw_requestline, _, headers = head.partition(b"\n")
        self.rfile = io.BytesIO(headers)
        if self.parse_request():
            self._deliver(self._answer_to(self.command, self.headers, self.path))

    def handle_expect_100(self) -> bool:
        """Refuse: a body would follow."""
        self._deliver(refusal(413, "BodyRefused", "this endpoint takes no body"))
        return False

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Refuse what `http.server` cannot parse, as JSON and without quoting it."""
        del message, explain
        self._deliver(refusal(code, "BadRequest", "this is not an HTTP request that can be answered"))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # http.server's signature
        """Print nothing: no part of a request is logged."""

    def _read_head(self) -> bytes | None:
        """Request line and headers; None if the client left, took too long, or sent too much."""
        gives_up_at = time.monotonic() + READ_LIMIT_S
        head, self._early = self._early, b""
        while (end := head.find(_END_OF_HEAD)) < 0 and len(head) <= HEAD_LIMIT_BYTES:
            left_s = gives_up_at - time.monotonic()
            if left_s <= 0:
                return None
            self.connection.settimeout(left_s)
            part = self.connection.recv(HEAD_LIMIT_BYTES)
            if not part:
                return None
            head += part
        if end < 0 or end > HEAD_LIMIT_BYTES:
            self._deliver(refusal(431, "TooLarge", f"a request has {HEAD_LIMIT_BYTES} bytes at most"))
            return None
        end += len(_END_OF_HEAD)
        self._early = head[end:]
        return head[:end]

    def _deliver(self, answer: EndpointAnswer) -> None:
        if answer.status not in _STAYS_OPEN:
            self.close_connection = True
        lines = (
            f"HTTP/1.1 {answer.status} {http.HTTPStatus(answer.status).phrase}",
            "Server: aws-mfa",
            "Content-Type: application/json",
            f"Content-Length: {len(answer.body)}",
            "Cache-Control: no-store",
            "X-Content-Type-Options: nosniff",
            f"Connection: {'close' if self.close_connection else 'keep-alive'}",
            "\r\n",
        )
        # One write, so that head and body are sent in one segment.
        self.connection.sendall("\r\n".join(lines).encode("ascii") + answer.body)

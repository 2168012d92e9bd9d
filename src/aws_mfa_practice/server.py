"""
The practice AWS over HTTP, on loopback and nowhere else.

One thread per connection, kept alive as AWS keeps it. Bodies above 1 MiB and clients that send nothing for
some seconds are refused. `stop` ends every connection and waits for every thread.
"""

from __future__ import annotations

import contextlib
import http
import http.server
import ipaddress
import socket
import socketserver
import struct
import sys
import threading
from typing import TYPE_CHECKING

from aws_mfa_practice.received import Received

if TYPE_CHECKING:
    import ssl

    from aws_mfa_practice.answers import Answer
    from aws_mfa_practice.service import Service

BODY_LIMIT_BYTES = 1024 * 1024
IDLE_LIMIT_S = 10.0
# struct linger is two shorts on Windows and two ints elsewhere.
_LINGER_NOT = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)


def require_loopback(host: str) -> None:
    """Refuse any address but 127.0.0.0/8 and ::1: codes and keys arrive here in clear text."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        address = None
    if address is None or not (address.is_loopback and (address.version == 4 or address == ipaddress.IPv6Address(1))):  # noqa: PLR2004
        raise ValueError(f"the practice AWS serves loopback addresses only (127.0.0.1, ::1), not {host!r}")


class Handler(http.server.BaseHTTPRequestHandler):
    """A connection: answers one request after the other until either side closes it."""

    protocol_version = "HTTP/1.1"
    timeout = IDLE_LIMIT_S
    disable_nagle_algorithm = True
    server: HttpServer

    def do_GET(self) -> None:
        """Answer a presigned request."""
        self._deliver(self._answer(b""))

    def do_POST(self) -> None:
        """Answer a signed form."""
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or "Transfer-Encoding" in self.headers:
            self.send_error(411)
        elif int(length) > BODY_LIMIT_BYTES:
            self.send_error(413)
        else:
            self._deliver(self._answer(self.rfile.read(int(length))))

    def _answer(self, body: bytes) -> Answer:
        path, _, query = self.path.partition("?")
        return self.server.service.answer(Received(self.command, path, query, tuple(self.headers.items()), body))

    def _deliver(self, answer: Answer) -> None:
        self.server.stopping.wait(self.server.latency_s + answer.delay_s)
        if answer.delivery == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT)
            self.close_connection = True
            return
        body = answer.body
        if answer.delivery == "truncated":
            body = body[: len(body) // 2]
            self.close_connection = True
        # One write, so that head and body leave in one segment.
        self.wfile.write(_head(answer) + body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's signature
        """Print nothing: `PracticeAws.requests` is the log."""


def _head(answer: Answer) -> bytes:
    phrase, _ = Handler.responses[http.HTTPStatus(answer.status)]
    fields = {"Content-Type": answer.content_type, "Content-Length": str(len(answer.body)), **answer.headers}
    lines = [f"HTTP/1.1 {answer.status} {phrase}", *(f"{name}: {value}" for name, value in fields.items()), "", ""]
    return "\r\n".join(lines).encode("latin-1")


class HttpServer(socketserver.TCPServer):
    """Accepts connections, and knows all that are open so that it can end them."""

    allow_reuse_address = False
    request_queue_size = 128

    def __init__(self, host: str, service: Service, ssl_context: ssl.SSLContext | None) -> None:
        require_loopback(host)
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.service = service
        self.latency_s = 0.0
        self.stopping = threading.Event()
        self._ssl_context = ssl_context
        self._lock = threading.Lock()
        self._open: dict[threading.Thread, socket.socket] = {}
        super().__init__((host, 0), Handler)
        self._acceptor = threading.Thread(target=self._accept, name="practice-aws", daemon=True)
        self._acceptor.start()

    def process_request(self, request: socket.socket, client_address: object) -> None:  # type: ignore[override]
        """Serve the connection in its own thread."""
        thread = threading.Thread(target=self._converse, args=(request, client_address), daemon=True)
        with self._lock:
            self._open[thread] = request
        thread.start()

    def stop(self) -> None:
        """End all connections and wait for their threads; nothing is left open."""
        self.stopping.set()
        with contextlib.suppress(OSError), socket.create_connection(self.server_address[:2]):  # type: ignore[arg-type]
            pass  # wakes the acceptor
        self._acceptor.join()
        self.server_close()
        with self._lock:
            still_open = dict(self._open)
        for thread, connection in still_open.items():
            with contextlib.suppress(OSError):
                # Not SSLSocket's method: it would remove the TLS state that another thread is using.
                socket.socket.shutdown(connection, socket.SHUT_RDWR)
            thread.join()

    def _accept(self) -> None:
        while not self.stopping.is_set():
            self.handle_request()

    def _converse(self, request: socket.socket, client_address: object) -> None:
        connection = request
        try:
            if self._ssl_context is not None:
                connection = self._secured(request, self._ssl_context)
            Handler(connection, client_address, self)
        except OSError:
            pass  # the client closed, sent nothing for too long, or refused our certificate
        finally:
            self.shutdown_request(connection)
            with self._lock:
                del self._open[threading.current_thread()]

    def _secured(self, request: socket.socket, ssl_context: ssl.SSLContext) -> socket.socket:
        request.settimeout(IDLE_LIMIT_S)
        connection = ssl_context.wrap_socket(request, server_side=True, do_handshake_on_connect=False)
        with self._lock:
            self._open[threading.current_thread()] = connection
        try:
            if self.stopping.is_set():
                raise ConnectionAbortedError  # `stop` may have looked before this connection was known
            connection.do_handshake()
        except OSError:
            connection.close()
            raise
        return connection

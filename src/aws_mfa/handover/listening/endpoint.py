"""
The local endpoint: a listener on 127.0.0.1, the checks of each request, and the answer for each profile.

Answers come from memory: no user is asked and AWS is not called while a client waits. A request must show the token,
and must not come from a page in a browser: `Host` is checked against DNS rebinding, and only browsers send `Origin` and
the Fetch headers. Before the token was right, no answer mentions a profile. `unix_socket` has another listener and
other checks; the answers and the limits are these.

The number of connections is bounded. When all are in use, the one that has been quiet longest is closed for a new one,
but not within `LEAST_QUIET_S` of an answer. A connection without the token may be closed after `UNKNOWN_SPARED_S`, so
a flood by other local users only delays new connections.
"""

from __future__ import annotations

import hmac
import secrets
import socket
import sys
import threading
import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from aws_mfa.errors import BadInput
from aws_mfa.handover.environment import ENDPOINT
from aws_mfa.handover.listening.connection import Connection
from aws_mfa.handover.listening.token_file import TokenFile
from aws_mfa.model import Secret
from aws_mfa.sessions.container import path_of, profile_at, refusal
from aws_mfa.system.core_dumps import forbid_core_dumps
from aws_mfa.system.threads import start_thread

if TYPE_CHECKING:
    from collections.abc import Callable
    from email.message import Message

    from typing_extensions import Self

    from aws_mfa.sessions.container import EndpointAnswer, ServedSession

MOST_CONNECTIONS = 128
LEAST_QUIET_S = 1.0
"""A connection is not closed for this long after an answer to a request with the token."""
UNKNOWN_SPARED_S = 0.05
"""The same before the first answer. A client that connects sends its request at once; SDKs wait a second or two."""
BACKLOG = 512
_HOST = "127.0.0.1"
_TOKEN_BYTES = 32
_PAUSE_S = 0.01
_OF_BROWSERS = ("Origin", "Sec-Fetch-Site", "Sec-Fetch-Mode")


@dataclass
class _Client:
    """A connection's thread, and until when the connection is not closed for another one, by `time.monotonic`."""

    thread: threading.Thread
    spared_until: float


class Listening:
    """An endpoint inside its `with`. A subclass listens (`_open`), and refuses senders that are not to be answered."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._listener: socket.socket
        self._served: dict[str, ServedSession] = {}
        self._clients: dict[socket.socket, _Client] = {}
        self._lock = threading.Lock()  # of `_clients`
        self._stopping = threading.Event()
        self._closing = ExitStack()

    def __enter__(self) -> Self:
        forbid_core_dumps()
        with ExitStack() as stack:
            self._open(stack)
            self._acceptor = start_thread(self._accept, "endpoint")
            self._closing = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        with self._closing:
            self._stopping.set()
            with suppress(OSError), socket.socket(self._listener.family) as waking:
                # Wakes `accept` on every system; closing the listener does not.
                waking.settimeout(1)
                waking.connect(self._listener.getsockname())
            self._hung_up()  # the acceptor's own thread may be answering one
            self._acceptor.join()
            for client in self._hung_up():
                client.thread.join()

    def _open(self, closing: ExitStack) -> None:
        """Listen with `_listener`; `closing` gets what is undone at the end."""
        raise NotImplementedError

    def _admits(self, _connection: socket.socket) -> bool:
        """Whether a connection is kept at all; another one is closed unread."""
        return True

    def _hung_up(self) -> list[_Client]:
        with self._lock:
            still_open = list(self._clients.items())
        for connection, _ in still_open:
            _hang_up(connection)
        return [client for _, client in still_open]

    def hand_out(self, profile: str, served: ServedSession) -> None:
        """Answer requests for the profile with this from now on."""
        self._served[profile] = served

    def _answer(self, connection: socket.socket, method: str, headers: Message, target: str) -> EndpointAnswer:
        refused = self._refusal_of(method, headers)
        if refused is not None:
            return refused
        self._is_active(connection)  # before the answer: a client that has it already counts as active
        name, served = profile_at(target), self._served.copy()
        found = next(iter(served.values())) if name == "" and len(served) == 1 else served.get(name or "")
        if found is None:
            what = f"nothing is served at this path; served here: {', '.join(map(path_of, served))}"
            return refusal(404, "NoSuchProfile", what, profiles=list(served))
        return found.answer_at(self._now(), is_agent="Agent" in headers)

    def _refusal_of(self, method: str, headers: Message) -> EndpointAnswer | None:
        """The refusal; None if the request may be answered."""
        if method != "GET":
            return refusal(405, "MethodNotAllowed", "this endpoint answers only GET")
        if "Transfer-Encoding" in headers or {"0", *headers.get_all("Content-Length", [])} != {"0"}:
            return refusal(413, "BodyRefused", "this endpoint takes no body")
        return None

    def _accept(self) -> None:
        """The acceptor's thread: a thread for each connection, until `_stopping`."""
        while not self._stopping.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                # The client left before it was accepted, or there are no descriptors left: those come back.
                self._stopping.wait(_PAUSE_S)
                continue
            if not self._admits(connection):
                connection.close()
                continue
            self._close_quietest_if_full()
            thread = threading.Thread(target=self._converse, args=(connection,), daemon=True)
            with self._lock:
                self._clients[connection] = _Client(thread, time.monotonic() + UNKNOWN_SPARED_S)
            try:
                thread.start()
            except (RuntimeError, MemoryError):  # the system has no thread left: one client after the other
                self._clients[connection].thread = threading.current_thread()
                self._converse(connection)

    def _close_quietest_if_full(self) -> None:
        """Return when there is a place for one more connection: one has ended, or was quiet for long enough."""
        while not self._stopping.is_set():
            with self._lock:
                if len(self._clients) < MOST_CONNECTIONS:
                    return
                quietest, client = min(self._clients.items(), key=lambda each: each[1].spared_until)
                wait_s = client.spared_until - time.monotonic()
                if wait_s <= 0:
                    del self._clients[quietest]
            if wait_s <= 0:
                _hang_up(quietest)
                client.thread.join()
                return
            self._stopping.wait(min(wait_s, _PAUSE_S))

    def _converse(self, connection: socket.socket) -> None:
        try:
            with connection, suppress(OSError):  # the client left, or said nothing for too long
                Connection(connection, partial(self._answer, connection))
        finally:
            with self._lock:
                self._clients.pop(connection, None)

    def _is_active(self, connection: socket.socket) -> None:
        with self._lock:
            if connection in self._clients:
                self._clients[connection].spared_until = time.monotonic() + LEAST_QUIET_S


class LocalEndpoint(Listening):
    """An `Endpoint` inside its `with`; the private `folder` gets the token's file. `BadInput` if the port is taken."""

    def __init__(self, folder: str, port: int, now: Callable[[], float]) -> None:
        super().__init__(now)
        token = Secret(secrets.token_urlsafe(_TOKEN_BYTES))
        self._listener = _listen(port)
        self._port: int = self._listener.getsockname()[1]
        self._token = token.reveal().encode("ascii")
        self._file = TokenFile(folder, token)
        self.token_file = self._file.path

    def _open(self, closing: ExitStack) -> None:
        closing.callback(self._listener.close)
        closing.enter_context(self._file)

    def url_of(self, profile: str) -> str:
        """The URL of the profile's session."""
        return f"http://{_HOST}:{self._port}{path_of(profile)}"

    def settings_for(self, profile: str) -> dict[str, str]:
        """The environment variables that send SDKs to the profile's session; neither value is secret."""
        return dict(zip(ENDPOINT, (self.url_of(profile), self.token_file), strict=True))

    def _refusal_of(self, method: str, headers: Message) -> EndpointAnswer | None:
        """The refusal; None if the request may be answered. The token is compared in constant time."""
        hosts = (f"{_HOST}:{self._port}", f"localhost:{self._port}")
        if (_only(headers, "Host") or "").strip().lower() not in hosts:
            return refusal(403, "WrongHost", "this endpoint answers only to the names 127.0.0.1 and localhost")
        if any(name in headers for name in _OF_BROWSERS):
            return refusal(403, "BrowserRefused", "this endpoint does not answer pages of a browser")
        refused = super()._refusal_of(method, headers)
        given = (_only(headers, "Authorization") or "").strip().encode("utf-8", "replace")
        if refused is None and not hmac.compare_digest(given, self._token):
            where = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE names its file"
            return refusal(401, "WrongToken", f"the token of this endpoint is missing or wrong: {where}")
        return refused


def _hang_up(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    if sys.platform == "win32":
        connection.close()  # there `shutdown` does not wake the thread that reads


def _only(headers: Message, name: str) -> str | None:
    """The header's value; None if it is missing, or given twice, which leaves open which one counts."""
    values = headers.get_all(name, [])
    return values[0] if len(values) == 1 else None


def _listen(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        # On Windows SO_REUSEADDR would let another program take over the port and answer instead of us.
        if hasattr(socket, "SO_EXCLUSIVEADDRUSE"):
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((_HOST, port))
        listener.listen(BACKLOG)
    except (OSError, OverflowError) as error:
        listener.close()
        why = getattr(error, "strerror", None) or "no such port"
        raise BadInput(f"port {port} of {_HOST} cannot be used: {why}", "leave out --port for a free one") from None
    return listener

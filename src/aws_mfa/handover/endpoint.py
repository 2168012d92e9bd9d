"""
The endpoint: a listener on 127.0.0.1, a bounded number of connections, and what each profile is answered with.

Answers come from memory; nobody is asked and nothing is called while a client waits. When there are too many
connections a quiet one makes room, so that no flood keeps others out; but none that has only just come or been
answered: rather the next one waits to be accepted. Who has not shown the token is spared for a moment alone: any user
of the machine can connect, and what waits is accepted at the pace at which these go.
"""

from __future__ import annotations

import hmac
import secrets
import socket
import threading
import time
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING

from aws_mfa.errors import BadInput
from aws_mfa.handover.connection import Connection
from aws_mfa.handover.token_file import TokenFile
from aws_mfa.model import Secret
from aws_mfa.sessions.container import path_of, profile_at, refusal
from aws_mfa.system.core_dumps import forbid_core_dumps

if TYPE_CHECKING:
    from collections.abc import Callable
    from email.message import Message

    from typing_extensions import Self

    from aws_mfa.sessions.container import EndpointAnswer, ServedSession


_OF_BROWSERS = ("Origin", "Sec-Fetch-Site", "Sec-Fetch-Mode")


class Gate:
    """Judges a request by its method and headers."""

    __slots__ = ("_hosts", "_token")

    def __init__(self, token: Secret, port: int) -> None:
        self._token = token.reveal().encode("ascii")
        self._hosts = (f"127.0.0.1:{port}", f"localhost:{port}")

    def refused(self, method: str, headers: Message) -> EndpointAnswer | None:
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


MOST_CONNECTIONS = 128
LEAST_QUIET_S = 1.0
"""So long a connection is spared after an answer to a request with the token."""
UNKNOWN_SPARED_S = 0.05
"""So long it is before the first. A client that connects sends its request at once; SDKs wait a second or two."""
_HOST = "127.0.0.1"
_TOKEN_BYTES = 32
_BACKLOG = 512
_PAUSE_S = 0.01


class LocalEndpoint:
    """
    Fulfils the Protocol `Endpoint`; serves inside its `with`.

    `folder` is private and takes the token's file, `port` 0 lets the system choose; `now` gives seconds since the
    epoch. Raises `BadInput` where the port is taken, `NotSetUp` where the file cannot be written.
    """

    def __init__(self, folder: str, port: int, now: Callable[[], float]) -> None:
        token = Secret(secrets.token_urlsafe(_TOKEN_BYTES))
        self._listener = _listen(port)
        self._port: int = self._listener.getsockname()[1]
        self._gate = Gate(token, self._port)
        self._file = TokenFile(folder, token)
        self._now = now
        self._held: dict[str, ServedSession] = {}
        self._open: dict[socket.socket, _Talk] = {}
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._closing = ExitStack()
        self._acceptor = threading.Thread(target=self._accept, name="endpoint", daemon=True)

    def __enter__(self) -> Self:
        forbid_core_dumps()
        with ExitStack() as stack:
            stack.callback(self._listener.close)
            stack.enter_context(self._file)
            self._closing = stack.pop_all()
        self._acceptor.start()
        return self

    def __exit__(self, *_: object) -> None:
        with self._closing:
            self._stopping.set()
            with suppress(OSError):
                # Wakes `accept`, on every system; closing alone does not.
                socket.create_connection((_HOST, self._port), timeout=1).close()
            self._acceptor.join()
            with self._lock:
                still_open = list(self._open.items())
            for connection, talk in still_open:
                _end(connection)
                talk.thread.join()

    @property
    def token_file(self) -> str:
        """The path of the file that holds the token."""
        return self._file.path

    def url_of(self, profile: str) -> str:
        """Where the profile's session is asked for."""
        return f"http://{_HOST}:{self._port}{path_of(profile)}"

    def hand_out(self, profile: str, held: ServedSession) -> None:
        """Answer requests for the profile with this from now on."""
        self._held[profile] = held

    def _answer_to(self, target: str) -> EndpointAnswer:
        held = self._held.get(profile_at(target) or "")
        if held is None:
            served = ", ".join(map(path_of, self._held))
            return refusal(404, "NoSuchProfile", f"nothing is served at this path; served here: {served}")
        return held.answer_at(self._now())

    def _accept(self) -> None:
        while not self._stopping.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                # The client left before it was accepted, or there are no descriptors left: those come back.
                self._stopping.wait(_PAUSE_S)
                continue
            self._make_room()
            if not self._is_talked_to(connection):
                self._stopping.wait(_PAUSE_S)

    def _is_talked_to(self, connection: socket.socket) -> bool:
        """Start a thread for the connection; False, and it is closed, where the system has none left."""
        thread = threading.Thread(target=self._converse, args=(connection,), daemon=True)
        with self._lock:
            self._open[connection] = _Talk(thread)
        try:
            thread.start()
        except (RuntimeError, MemoryError):
            with self._lock:
                self._open.pop(connection, None)
            connection.close()
            return False
        return True

    def _make_room(self) -> None:
        """Return when one more connection may be talked to; as soon as one of the others ends, or has been quiet."""
        while not self._stopping.is_set():
            with self._lock:
                if len(self._open) < MOST_CONNECTIONS:
                    return
                quietest, talk = min(self._open.items(), key=lambda each: each[1].spared_until)
                wait_s = talk.spared_until - time.monotonic()
                if wait_s <= 0:
                    del self._open[quietest]
            if wait_s <= 0:
                _end(quietest)
                talk.thread.join()
                return
            self._stopping.wait(min(wait_s, _PAUSE_S))

    def _converse(self, connection: socket.socket) -> None:
        try:
            with connection, suppress(OSError):  # the client went away, or said nothing for too long
                Connection(connection, self._gate, self._answer_to, lambda: self._is_active(connection))
        finally:
            with self._lock:
                self._open.pop(connection, None)

    def _is_active(self, connection: socket.socket) -> None:
        with self._lock:
            if connection in self._open:
                self._open[connection].spare(LEAST_QUIET_S)


class _Talk:
    """A connection's thread, and until when the connection is spared, by `time.monotonic`."""

    __slots__ = ("spared_until", "thread")

    def __init__(self, thread: threading.Thread) -> None:
        self.thread = thread
        self.spare(UNKNOWN_SPARED_S)

    def spare(self, seconds: float) -> None:
        """From now on."""
        self.spared_until = time.monotonic() + seconds


def _listen(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        # Not SO_REUSEADDR, which on Windows lets another program take the port: nobody else may answer in our place.
        if hasattr(socket, "SO_EXCLUSIVEADDRUSE"):
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((_HOST, port))
        listener.listen(_BACKLOG)
    except (OSError, OverflowError) as error:
        listener.close()
        why = getattr(error, "strerror", None) or "no such port"
        raise BadInput(f"port {port} of {_HOST} cannot be had: {why}", "leave --port away for a free one") from None
    return listener


def _end(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)

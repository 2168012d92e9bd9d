"""
Who is connected to an open question: what has come from each so far, and when we hang up.

What goes over the socket, in lines: we tell what is asked (JSON); six digits come; we say `taken` or `malformed`, and
to the one whose code was taken what became of it. A client that hangs, drops or talks nonsense is hung up on, and
changes nothing.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import time
from typing import TYPE_CHECKING

from aws_mfa.adapters.question_sockets import is_trusted
from aws_mfa.errors import BadCode
from aws_mfa.rules.code_windows import checked_code
from aws_mfa.rules.shown_text import shown_text

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

# Somebody who looks for the phone; then we hang up.
PATIENCE_WITH_CLIENT_S = 120.0
# A question that would be over waits so much longer for those who are connected then, once.
EXTENSION_S = 60.0
TAKEN, MALFORMED = b"taken\n", b"malformed\n"
_LONGEST_LINE = 64
_MOST_CLIENTS = 16


class Answerer:
    """
    The other end whose code was taken, or nobody: it is told what became of its code until one of us hangs up.

    It takes the descriptor of `connection`, and closes it when forgotten: the word on a code comes after its question.
    """

    def __init__(self, connection: socket.socket | None = None) -> None:
        self._fd = -1 if connection is None else connection.detach()

    def tell(self, text: str) -> None:
        """Send one line; whoever has gone misses it."""
        if self._fd != -1:
            with contextlib.suppress(OSError):
                os.write(self._fd, f"{shown_text(text)}\n".encode())

    def close(self) -> None:
        """Hang up: there is nothing more to tell."""
        fd, self._fd = self._fd, -1
        if fd != -1:
            os.close(fd)

    def __del__(self) -> None:
        self.close()


class Clients:
    """
    Those connected to one question, each told `told`; `changed` is called when one comes or goes.

    For the thread that listens; `patience_s` alone is for any.
    """

    def __init__(self, told: bytes, changed: Callable[[], object]) -> None:
        self._told = told
        self._changed = changed
        self._clients: dict[socket.socket, _Client] = {}

    @property
    def patience_s(self) -> float:
        """How much longer the question waits for those who are connected; 0 where nobody is."""
        return EXTENSION_S if self._clients else 0.0

    def seconds_to_first_limit(self) -> float | None:
        """When the next of them is to be hung up on; None where nobody is connected."""
        limits = [client.gives_up_at for client in self._clients.values()]
        return max(0.0, min(limits) - time.monotonic()) if limits else None

    def accept(self, selector: selectors.BaseSelector, listener: socket.socket) -> None:
        """Let one more in, and tell it what is asked. Raises OSError where no descriptor is left."""
        try:
            connection, _ = listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return  # it has gone again
        connection.setblocking(False)
        if not is_trusted(connection):
            connection.close()
            return
        if len(self._clients) >= _MOST_CLIENTS:
            self._hang_up(selector, self._oldest_silent())
        # Counted before it is told: a person who sees the question is waited for.
        self._clients[connection] = _Client()
        self._changed()
        selector.register(connection, selectors.EVENT_READ)
        if not _send(connection, self._told):
            self._hang_up(selector, connection)

    def read(self, selector: selectors.BaseSelector, connection: socket.socket) -> tuple[str, Answerer] | None:
        """Take what has come: the code with whom it came from, once it is whole."""
        client = self._clients[connection]
        try:
            part = connection.recv(_LONGEST_LINE)
        except OSError:
            part = b""
        client.line += part
        if b"\n" in client.line:
            code = _taken(connection, client.line)
            if code is not None:
                del self._clients[connection]  # it is the answerer's now
                return code, Answerer(connection)
            self._hang_up(selector, connection)
        elif not part or len(client.line) > _LONGEST_LINE:
            self._hang_up(selector, connection)
        return None

    def hang_up_late(self, selector: selectors.BaseSelector) -> None:
        """Hang up on those who have had their time."""
        now = time.monotonic()
        for connection in [one for one, client in self._clients.items() if client.gives_up_at <= now]:
            self._hang_up(selector, connection)

    def hang_up_all(self, selector: selectors.BaseSelector) -> None:
        """Hang up: the question is over."""
        for connection in list(self._clients):
            self._hang_up(selector, connection)

    def _oldest_silent(self) -> socket.socket:
        """Who has been connected for longest without a word; else for longest."""
        return min(self._clients, key=lambda connection: bool(self._clients[connection].line))

    def _hang_up(self, selector: selectors.BaseSelector, connection: socket.socket) -> None:
        del self._clients[connection]
        selector.unregister(connection)
        connection.close()
        self._changed()


class _Client:
    """Who is connected: what has come of the line, and when we hang up."""

    __slots__ = ("gives_up_at", "line")

    def __init__(self) -> None:
        self.line = b""
        self.gives_up_at = time.monotonic() + PATIENCE_WITH_CLIENT_S


def _taken(connection: socket.socket, came: bytes) -> str | None:
    """The code in the first line, once its sender knows that it is taken; None for what is no code."""
    try:
        code = checked_code(came.partition(b"\n")[0].decode("ascii", "replace"))
    except BadCode:
        _send(connection, MALFORMED)
        return None
    return code if _send(connection, TAKEN) else None


def _send(connection: socket.socket, line: bytes) -> bool:
    try:
        return connection.send(line) == len(line)
    except OSError:
        return False

"""
A question that any process of this user may answer while it is open: `aws-mfa code` in another terminal.

What goes over the socket, in lines: we tell what is asked (JSON); six digits come; we say `taken` or `malformed`, and
to the one whose code was taken what became of it. A client that hangs, drops or talks nonsense leaves the question as
it was. A courtesy: where no socket can be had the question is as good without. No code is kept, logged or in a message.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import socket
import threading
import time
from typing import TYPE_CHECKING

from aws_mfa.adapters.question_sockets import HAS_SOCKETS, is_trusted, new_path, open_socket, remove_dead_sockets
from aws_mfa.errors import AwsMfaError, BadCode
from aws_mfa.rules.code_windows import checked_code
from aws_mfa.rules.shown_text import shown_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from aws_mfa.rules.code_ways import CodeQuestion
    from aws_mfa.withdrawal import Withdrawal

# Whoever is connected is typing: somebody who has the phone in hand is waited for this long in all.
PATIENCE_WITH_CLIENT_S = 120.0
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


class WaitingQuestion:
    """
    An open question; `code` is there when it was answered from elsewhere, by `answerer`.

    `answered` is called in the listening thread. Without a `listener` nobody can answer.
    """

    def __init__(self, listener: socket.socket | None, question: CodeQuestion, answered: Callable[[], object]) -> None:
        self.code: str | None = None
        self.answerer = Answerer()
        self.is_open = listener is not None
        self._answered = answered
        self._told = _what_is_asked(question)
        self._changed = threading.Event()
        self._clients: dict[socket.socket, _Client] = {}
        self._thread: threading.Thread | None = None
        if listener is not None:
            self._stop, stopped = socket.socketpair()
            self._thread = threading.Thread(target=self._listen, args=(listener, stopped), daemon=True)
            self._thread.start()

    def wait(self, patience_s: float, withdrawal: Withdrawal) -> None:
        """
        Return when it is answered, and after `patience_s` seconds in which nobody came.

        Whoever is connected is waited for, two minutes in all. Raises the withdrawal's error.
        """
        began_at = time.monotonic()
        withdrawal.wake_by(self._changed.set)
        try:
            while self.code is None:
                withdrawal.check()
                patience_now_s = max(patience_s, PATIENCE_WITH_CLIENT_S) if self._clients else patience_s
                left_s = began_at + patience_now_s - time.monotonic()
                if left_s <= 0:
                    break
                self._changed.wait(left_s)
                self._changed.clear()
        finally:
            withdrawal.wake_by(None)

    def close(self) -> None:
        """Listen no longer; `code` does not change after this."""
        if self._thread is not None:
            self._stop.close()
            self._thread.join()

    def _listen(self, listener: socket.socket, stopped: socket.socket) -> None:
        with listener, stopped, selectors.DefaultSelector() as selector:
            listener.setblocking(False)
            selector.register(listener, selectors.EVENT_READ)
            selector.register(stopped, selectors.EVENT_READ)
            with contextlib.suppress(OSError):  # no descriptor left to accept with: the question goes on without
                while self.code is None and self._serve(selector, listener, stopped):
                    pass
            for connection in list(self._clients):
                self._hang_up(selector, connection)
        if self.code is not None:
            self._changed.set()
            self._answered()

    def _serve(self, selector: selectors.BaseSelector, listener: socket.socket, stopped: socket.socket) -> bool:
        """Look at what has come in; False when the question has ended."""
        for key, _ in selector.select(self._seconds_to_first_limit()):
            if key.fileobj is stopped:
                return False
            if key.fileobj is listener:
                self._accept(selector, listener)
            elif isinstance(key.fileobj, socket.socket) and not self._read(key.fileobj):
                self._hang_up(selector, key.fileobj)
            if self.code is not None:
                return False
        now = time.monotonic()
        for connection in [one for one, client in self._clients.items() if client.gives_up_at <= now]:
            self._hang_up(selector, connection)
        return True

    def _seconds_to_first_limit(self) -> float | None:
        limits = [client.gives_up_at for client in self._clients.values()]
        return max(0.0, min(limits) - time.monotonic()) if limits else None

    def _accept(self, selector: selectors.BaseSelector, listener: socket.socket) -> None:
        try:
            connection, _ = listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return  # it has gone again
        connection.setblocking(False)
        if len(self._clients) >= _MOST_CLIENTS or not is_trusted(connection):
            connection.close()
            return
        # Counted before it is told: a person who sees the question is waited for.
        self._clients[connection] = _Client()
        self._changed.set()
        selector.register(connection, selectors.EVENT_READ)
        if not _send(connection, self._told):
            self._hang_up(selector, connection)

    def _read(self, connection: socket.socket) -> bool:
        """Take what has come; whether the connection is still of use."""
        client = self._clients[connection]
        try:
            part = connection.recv(_LONGEST_LINE)
        except OSError:
            return False
        client.line += part
        if b"\n" not in client.line:
            return bool(part) and len(client.line) <= _LONGEST_LINE
        try:
            code = checked_code(client.line.partition(b"\n")[0].decode("ascii", "replace"))
        except BadCode:
            _send(connection, MALFORMED)
            return False
        if not _send(connection, TAKEN):
            return False
        del self._clients[connection]  # it is the answerer's now
        self.answerer = Answerer(connection)
        self.code = code
        return True

    def _hang_up(self, selector: selectors.BaseSelector, connection: socket.socket) -> None:
        del self._clients[connection]
        selector.unregister(connection)
        connection.close()
        self._changed.set()


class _Client:
    """Who is connected: what has come of the line, and when we hang up."""

    __slots__ = ("gives_up_at", "line")

    def __init__(self) -> None:
        self.line = b""
        self.gives_up_at = time.monotonic() + PATIENCE_WITH_CLIENT_S


@contextlib.contextmanager
def waiting_question(folder: str, question: CodeQuestion, answered: Callable[[], object]) -> Iterator[WaitingQuestion]:
    """Have the question wait in the folder for the length of a `with`; nobody can answer where that cannot be."""
    path = new_path(folder)
    waiting = None
    try:
        waiting = WaitingQuestion(_opened(path), question, answered)
        yield waiting
    finally:
        with contextlib.suppress(OSError):
            os.unlink(path)
        if waiting is not None:
            waiting.close()


def _opened(path: str) -> socket.socket | None:
    if not HAS_SOCKETS:
        return None
    try:
        remove_dead_sockets(os.path.dirname(path))
        return open_socket(path)
    except (AwsMfaError, OSError):
        return None  # a file system without sockets, a folder that is not ours, a path too long


def _what_is_asked(question: CodeQuestion) -> bytes:
    """Nothing but what a person needs to know: our arguments may hold what others must not see."""
    asked = {"pid": os.getpid(), "device": question.device, "text": question.text}
    return f"{json.dumps(asked)}\n".encode()


def _send(connection: socket.socket, line: bytes) -> bool:
    try:
        return connection.send(line) == len(line)
    except OSError:
        return False

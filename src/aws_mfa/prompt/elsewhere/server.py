"""
Questions that any process of this user may answer while they are open: `aws-mfa code` in another terminal.

Serves one client at a time, for 60 s; without a socket the question works as usual. The code is not put into a message.

The protocol, in lines: the server sends what is asked (JSON); the client sends six digits; the server answers `taken`
or `malformed`, and after `taken` what became of the code. A client that hangs or sends anything else is disconnected.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import socket
import threading
import time
from functools import partial
from typing import TYPE_CHECKING

from aws_mfa.aws_values.codes import checked_code
from aws_mfa.aws_values.text import shown_text
from aws_mfa.errors import AwsMfaError, BadCode, NeedsHuman, NobodyAnswered, NoThread
from aws_mfa.prompt.elsewhere.sockets import (
    MALFORMED,
    TAKEN,
    is_trusted,
    new_path,
    open_socket,
    remove_dead_sockets,
)
from aws_mfa.prompt.providers import CODE, TERMINAL, WrappedProvider
from aws_mfa.system.cancel import Cancellation, passed_on
from aws_mfa.system.threads import MOMENT_S, after, start_thread
from aws_mfa.system.unix_sockets import HAS_SOCKETS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from aws_mfa.prompt.providers import CodeProvider, CodeQuestion

# Enough to go to a terminal, and to wait there for the next code (30 s); SDKs that started us wait at least a minute.
PATIENCE_S = 45.0
# How long a client may take to send a code.
CLIENT_LIMIT_S = 60.0
# How much longer a question waits, once, for a client that is connected when its time is over.
EXTENSION_S = CLIENT_LIMIT_S
_LONGEST_LINE = 64


class Reply:
    """The connection to the client whose code was taken; it has a descriptor of its own, as the reply comes later."""

    def __init__(self, connection: socket.socket | None = None) -> None:
        self._fd = -1 if connection is None else connection.detach()

    def send(self, text: str) -> None:
        """Send one line; a client that has disconnected misses it."""
        if self._fd != -1:
            with contextlib.suppress(OSError):
                os.write(self._fd, f"{shown_text(text)}\n".encode())

    def close(self) -> None:
        fd, self._fd = self._fd, -1
        if fd != -1:
            os.close(fd)

    def __del__(self) -> None:
        self.close()


class AnswerServer:
    """The server of a question; after the answer `code` and `reply` are set, and its thread calls `answered`."""

    def __init__(self, listener: socket.socket | None, question: CodeQuestion, answered: Callable[[], object]) -> None:
        self.code: str | None = None
        self.reply = Reply()
        self.is_open = listener is not None
        # Only what a person needs to know: the command line of this process may contain secrets.
        asked = {"pid": os.getpid(), "device": question.device, "text": question.text}
        self._asked = f"{json.dumps(asked)}\n".encode()
        self._answered = answered
        self._has_client = False
        self._changed = threading.Event()
        self._thread: threading.Thread | None = None
        if listener is not None:
            self._stop, stopped = socket.socketpair()
            try:
                self._thread = start_thread(partial(self._listen, listener, stopped))
            except NoThread:  # only the provider can answer
                self.is_open = False
                for opened in (listener, stopped, self._stop):
                    opened.close()

    def wait(self, patience_s: float, cancellation: Cancellation) -> None:
        """Return when it is answered, or after `patience_s`; a client connected then gets `EXTENSION_S` more."""
        began_at = time.monotonic()
        cancellation.wake_by(self._changed.set)
        try:
            while self.code is None:
                cancellation.check()
                (cancellation.answering.set if self._has_client else cancellation.answering.clear)()
                extension_s = EXTENSION_S if self._has_client else 0.0
                left_s = began_at + patience_s + extension_s - time.monotonic()
                if left_s <= 0:
                    break
                self._changed.wait(left_s)
                self._changed.clear()
        finally:
            cancellation.wake_by(None)

    def close(self) -> None:
        """Stop listening; `code` does not change after this."""
        if self._thread is not None:
            self._stop.close()
            self._thread.join()

    def _listen(self, listener: socket.socket, stopped: socket.socket) -> None:
        with listener, stopped:
            listener.setblocking(False)
            with contextlib.suppress(OSError):  # no descriptor left for `accept`: only the provider can answer now
                while self.code is None and _has_come(listener, stopped, None):
                    try:
                        connection, _ = listener.accept()
                    except (BlockingIOError, ConnectionAbortedError):
                        continue  # the client has disconnected again
                    with connection:
                        if is_trusted(connection):
                            self._serve(connection, stopped)
        if self.code is not None:
            self._changed.set()
            self._answered()

    def _serve(self, connection: socket.socket, stopped: socket.socket) -> None:
        """Send one client what is asked, and take its code."""
        # Set before sending: the question waits for a person who may have seen it.
        self._has_client = True
        self._changed.set()
        with contextlib.suppress(OSError):
            connection.setblocking(False)
            connection.send(self._asked)
            try:
                code = checked_code(_line_from(connection, stopped).decode("ascii", "replace"))
            except BadCode:
                connection.send(MALFORMED)
            else:
                connection.send(TAKEN)
                self.reply = Reply(connection)  # before `code`: another thread that sees the code uses it
                self.code = code
        self._has_client = False
        self._changed.set()


class AnsweredElsewhere(WrappedProvider):
    """Asks another provider and serves `aws-mfa code`; the first answer counts, and a connected client has its time."""

    def __init__(self, provider: CodeProvider, folder: str, announce: Callable[[str], object] = bool) -> None:
        super().__init__(provider)
        self._folder = folder
        self._announce = announce
        self._reply = Reply()

    def ask(self, question: CodeQuestion, cancellation: Cancellation | None = None) -> str:
        """Return the answer from here or elsewhere; raises what the other provider raises."""
        self._reply.close()
        ours = Cancellation()
        typed, failure = "", None
        answered = _Answered("answered elsewhere")
        waiting = f"waiting for a code of {question.device}: answer the {self.name}, or in any terminal: aws-mfa code"
        with (
            passed_on(cancellation, ours),
            answer_server(self._folder, question, lambda: ours.cancel(answered)) as elsewhere,
            after(None if self.name == TERMINAL else MOMENT_S, lambda: self._announce(waiting)),
            contextlib.suppress(_Answered),
        ):
            try:
                typed = self._provider.ask(question, ours)
            except NeedsHuman as error:
                failure = error
                elsewhere.wait(0, ours)
        if elsewhere.code is not None:
            # Even if something was typed at the same moment: the client was sent `taken`.
            self._reply = elsewhere.reply
            if self._provider.name == TERMINAL:  # a dialog has closed, which says enough
                self._provider.say("answered in another terminal")
            return elsewhere.code
        if failure is not None:
            raise failure
        return typed

    def say(self, text: str) -> None:
        """Show the line here, and send it to the client that answered."""
        super().say(text)
        self._reply.send(text)


class WaitingProvider:
    """A `CodeProvider` that waits for `aws-mfa code`; `has_reader`: a person may read that it waits (not in CI)."""

    name = CODE
    has_human = True

    def __init__(
        self, folder: str, *, announce: Callable[[str], None], has_reader: bool, patience_s: float = PATIENCE_S
    ) -> None:
        self._folder = folder
        self._announce = announce
        self._has_reader = has_reader
        self._patience_s = patience_s
        self._reply = Reply()

    def can_answer(self, _question: CodeQuestion) -> bool:
        return self._has_reader and HAS_SOCKETS

    def ask(self, question: CodeQuestion, cancellation: Cancellation | None = None) -> str:
        """Wait; raises `NobodyAnswered`, `NeedsHuman` if there is no socket, or the cancellation's error."""
        self._reply.close()
        with answer_server(self._folder, question, lambda: None) as elsewhere:
            if not elsewhere.is_open:
                raise NeedsHuman("a question cannot be left open here for another terminal", "run it in a terminal")
            self._announce(
                f"waiting {self._patience_s:g} s for a code of {question.device}: answer in any terminal: aws-mfa code"
            )
            elsewhere.wait(self._patience_s, cancellation or Cancellation())
        if elsewhere.code is None:
            raise NobodyAnswered(
                f"nobody answered from another terminal within {self._patience_s:g} s", "run it in a terminal"
            )
        self._reply = elsewhere.reply
        return elsewhere.code

    def say(self, text: str) -> None:
        self._announce(text)
        self._reply.send(text)


class _Answered(AwsMfaError):
    """Ends the question that is open here; it never leaves this module."""


@contextlib.contextmanager
def answer_server(folder: str, question: CodeQuestion, answered: Callable[[], object]) -> Iterator[AnswerServer]:
    """Serve the question at a socket in `folder` for the length of a `with`; not open if there can be no socket."""
    path = new_path(folder)
    listener, server = None, None
    try:
        if HAS_SOCKETS:
            with contextlib.suppress(AwsMfaError, OSError):
                remove_dead_sockets(folder)
                listener = open_socket(path)
        server = AnswerServer(listener, question, answered)
        yield server
    finally:
        with contextlib.suppress(OSError):
            os.unlink(path)
        if server is not None:
            server.close()


def _line_from(connection: socket.socket, stopped: socket.socket) -> bytes:
    """The client's line; OSError if it disconnects, sends too much, takes too long, or the question has ended."""
    ends_at = time.monotonic() + CLIENT_LIMIT_S
    data = b""
    while b"\n" not in data:
        is_in_time = len(data) <= _LONGEST_LINE and _has_come(connection, stopped, ends_at - time.monotonic())
        part = connection.recv(_LONGEST_LINE) if is_in_time else b""
        if not part:
            raise ConnectionAbortedError
        data += part
    return data.partition(b"\n")[0]


def _has_come(waited_for: socket.socket, stopped: socket.socket, timeout_s: float | None) -> bool:
    """Whether there is something to read within the time, and the question has not ended."""
    with selectors.DefaultSelector() as selector:  # not `select.select`: it fails for descriptors above 1023
        selector.register(waited_for, selectors.EVENT_READ)
        selector.register(stopped, selectors.EVENT_READ)
        ready = [key.fileobj for key, _ in selector.select(timeout_s)]
    return bool(ready) and stopped not in ready

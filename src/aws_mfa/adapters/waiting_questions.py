"""
A question that any process of this user may answer while it is open: `aws-mfa code` in another terminal.

Owns the socket's life, the thread that listens and the wait; who is connected, and what is said, is in
`question_clients.py`. A courtesy: where no socket can be had the question is as good without. No code is kept, logged
or in a message.
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

from aws_mfa.adapters.question_clients import Answerer, Clients
from aws_mfa.adapters.question_sockets import HAS_SOCKETS, new_path, open_socket, remove_dead_sockets
from aws_mfa.errors import AwsMfaError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from aws_mfa.cancel import Cancellation
    from aws_mfa.rules.code_ways import CodeQuestion


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
        self._changed = threading.Event()
        self._clients = Clients(_what_is_asked(question), self._changed.set)
        self._thread: threading.Thread | None = None
        if listener is not None:
            self._stop, stopped = socket.socketpair()
            self._thread = threading.Thread(target=self._listen, args=(listener, stopped), daemon=True)
            self._thread.start()

    def wait(self, patience_s: float, cancellation: Cancellation) -> None:
        """
        Return when it is answered, and after `patience_s` seconds in which nobody came.

        Whoever is connected then is waited for, a minute more in all. Raises the cancellation's error.
        """
        began_at = time.monotonic()
        cancellation.wake_by(self._changed.set)
        try:
            while self.code is None:
                cancellation.check()
                left_s = began_at + patience_s + self._clients.patience_s - time.monotonic()
                if left_s <= 0:
                    break
                self._changed.wait(left_s)
                self._changed.clear()
        finally:
            cancellation.wake_by(None)

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
            self._clients.hang_up_all(selector)
        if self.code is not None:
            self._changed.set()
            self._answered()

    def _serve(self, selector: selectors.BaseSelector, listener: socket.socket, stopped: socket.socket) -> bool:
        """Look at what has come in; False when the question has ended."""
        for key, _ in selector.select(self._clients.seconds_to_first_limit()):
            if key.fileobj is stopped:
                return False
            if key.fileobj is listener:
                self._clients.accept(selector, listener)
            elif isinstance(key.fileobj, socket.socket):
                taken = self._clients.read(selector, key.fileobj)
                if taken is not None:
                    # In this order: whoever sees the code finds who answered.
                    code, self.answerer = taken
                    self.code = code
                    return False
        self._clients.hang_up_late(selector)
        return True


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

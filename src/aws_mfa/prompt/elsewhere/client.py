"""
The client of `server.py`: answers the question of another process from this process's terminal.

The code goes only to a process of this user or of root. A process that is stopped, serves another client, or sends
nothing for two seconds is skipped.
"""

from __future__ import annotations

import contextlib
import json
import select
import socket
import time
from typing import TYPE_CHECKING

from aws_mfa.errors import NeedsHuman, NotSetUp
from aws_mfa.prompt.elsewhere.sockets import TAKEN, live_sockets
from aws_mfa.system.unix_sockets import HAS_SOCKETS

if TYPE_CHECKING:
    from collections.abc import Iterator

# AWS answers in less; a process that goes on after its question sends nothing more.
_OUTCOME_S = 5.0
_TALK_S = 2.0
_MOST_BYTES = 16 * 1024


class RemoteQuestion:
    """Implements the Protocol `RemoteQuestion` over a connection; `asked` is what the process sent."""

    def __init__(self, connection: socket.socket, asked: dict[str, object]) -> None:
        self._connection = connection
        self.pid = int(str(asked["pid"]))
        self.device = str(asked["device"])
        self.text = str(asked["text"])

    def wait_for_end(self) -> None:
        """Wait until the process sends something (the reply to our answer), or closes the connection."""
        try:
            select.select([self._connection], [], [])
            is_over = not self._connection.recv(1, socket.MSG_PEEK)
        except (OSError, ValueError):
            return  # this process has closed the connection
        if is_over:
            raise self._over()

    def answer(self, code: str) -> list[str]:
        try:
            self._connection.sendall(f"{code}\n".encode())
            is_taken = _read(self._connection, len(TAKEN), _TALK_S) == TAKEN
        except OSError:
            is_taken = False
        if not is_taken:
            raise self._over()
        with contextlib.suppress(OSError):
            return _read(self._connection, _MOST_BYTES, _OUTCOME_S).decode(errors="replace").splitlines()
        return []

    def _over(self) -> NeedsHuman:
        return NeedsHuman(f"the question of pid {self.pid} is no longer open", "see whether another is: aws-mfa code")


class QuestionFolder:
    """Implements the Protocol `RemoteQuestions` with the sockets in `folder`."""

    def __init__(self, folder: str) -> None:
        self._folder = folder

    @contextlib.contextmanager
    def oldest(self) -> Iterator[RemoteQuestion | None]:
        """Raises `NotSetUp` on Windows, and if others may write to the folder."""
        if not HAS_SOCKETS:
            raise NotSetUp(
                "questions cannot be answered from another terminal on Windows",
                "answer it where it is asked, or give the code as an argument: aws-mfa renew PROFILE --token CODE",
            )
        with contextlib.closing(live_sockets(self._folder)) as connections:
            for connection in connections:
                with connection:
                    try:
                        line = _read(connection, _MOST_BYTES, _TALK_S, to_line_end=True)
                        question = RemoteQuestion(connection, json.loads(line))
                    except (OSError, ValueError, KeyError, TypeError, RecursionError):  # no question came in time
                        continue
                    yield question
                    return
        yield None


def _read(connection: socket.socket, most_bytes: int, limit_s: float, *, to_line_end: bool = False) -> bytes:
    """Return what comes until the other end disconnects, `most_bytes` are there, or the time is over."""
    ends_at = time.monotonic() + limit_s
    data = b""
    while len(data) < most_bytes and not (to_line_end and data.endswith(b"\n")):
        left_s = ends_at - time.monotonic()
        if left_s <= 0 or not select.select([connection], [], [], left_s)[0]:
            break
        if not (part := connection.recv(most_bytes - len(data))):
            break
        data += part
    return data

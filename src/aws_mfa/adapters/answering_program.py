"""
Programs that are run for what they print: a password manager, ykman, a dialog.

Owns their stdin, stderr, environment, time limit and end. No shell, nothing secret on their argv, and whatever ends
the wait (the limits, a cancellation, Ctrl-C) ends the program and all it started. One that ends by itself may leave
something running: the agents of gpg and of password managers, what holds a clipboard. That is left alone, and no
longer read from. What was printed is for the caller alone: it never gets into a message.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

from aws_mfa.adapters.found_programs import system_program
from aws_mfa.adapters.program_output import output_of
from aws_mfa.errors import Cancelled

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from aws_mfa.cancel import Cancellation

_NOT_FOR_CHILDREN = (
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_SECURITY_TOKEN",
    *("AWS_ACCESS_KEY", "AWS_SECRET_KEY"),  # the keys' names in the SDKs for Java 1 and Go 1
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
)
_BEARER = "AWS_BEARER_TOKEN_"
_PS_LIMIT_S = 2.0


class Ended:
    """How a program ended: exit code (negative: a signal), what it printed, what it said where that was caught."""

    __slots__ = ("code", "stderr", "stdout")

    def __init__(self, code: int, stdout: bytes, stderr: bytes) -> None:
        self.code = code
        self.stdout = stdout
        self.stderr = stderr


def without_credentials(environ: Mapping[str, str]) -> dict[str, str]:
    """
    The environment for a program that has no use for the credentials of whoever called us.

    What it starts, logs or crashes with would get them too. One that does speak to AWS names a profile. All else
    stays: managers are unlocked by variables (`OP_SESSION_...`, `GPG_TTY`), and displays are found by them.
    """
    return {
        name: value for name, value in environ.items() if name not in _NOT_FOR_CHILDREN and not name.startswith(_BEARER)
    }


def words_of(line: str) -> list[str] | str:
    """The user's command line as it is run, without a shell; `ValueError` where it is none."""
    if os.name == "nt":
        return line  # CreateProcess splits it by the rules of Windows, where a backslash is part of a path
    words = shlex.split(line)
    if not words:
        raise ValueError
    return words


def run_for_answer(
    command: list[str] | str,
    *,
    environ: Mapping[str, str],
    limit_s: float,
    cancellation: Cancellation | None,
    lent: tuple[int, int] | None = None,
    keeps_terminal: bool = False,
    catches_stderr: bool = False,
) -> Ended:
    """
    Run the program to its end. `lent`: the terminal as its stdin and stderr; else it gets no stdin.

    Without a terminal it gets a session of its own, so that it cannot open the terminal behind our back either, unless
    it `keeps_terminal`; its stderr is ours unless it is caught. Raises OSError and ValueError (it cannot be started),
    `TookTooLong`, `PrintedTooMuch`, `Cancelled` (Ctrl-C), or the cancellation's error.
    """
    if cancellation is not None:
        cancellation.check()
    leads_session = lent is None and not keeps_terminal
    stdin, stderr = lent or (subprocess.DEVNULL, subprocess.PIPE if catches_stderr else None)
    try:
        process = subprocess.Popen(  # noqa: S603  # the user's own command or a program on PATH, and no shell
            command,
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=stderr,
            env=without_credentials(environ),
            start_new_session=leads_session,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0) if leads_session else 0,
        )
        with process, _ended_after(process, leads_session=leads_session):
            stdout, said = output_of(process, limit_s, cancellation)
    except KeyboardInterrupt:
        raise Cancelled("cancelled") from None
    return Ended(process.returncode, stdout, said)


@contextlib.contextmanager
def _ended_after(process: subprocess.Popen[bytes], *, leads_session: bool) -> Iterator[None]:
    try:
        yield
    finally:
        _end(process, leads_session=leads_session)


def _end(process: subprocess.Popen[bytes], *, leads_session: bool) -> None:
    """Nothing happens to one that has ended. SIGKILL: one that ignores less would hold up whoever waits for it."""
    if process.poll() is not None:
        return
    if sys.platform == "win32":
        _quietly([system_program("taskkill.exe", os.environ), "/F", "/T", "/PID", str(process.pid)])
        process.kill()
    elif leads_session:
        with contextlib.suppress(OSError):
            os.killpg(process.pid, signal.SIGKILL)
    else:
        # It shares our process group, as it must to read from the terminal; so its own are found one by one. Left
        # alive, they would fight for the terminal with the next question.
        for pid in _with_descendants(process.pid):
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)


def _with_descendants(pid: int) -> list[int]:
    pairs = [line.split() for line in _quietly(["ps", "-A", "-o", "pid=", "-o", "ppid="]).splitlines()]
    family = [pid]
    for member in family:  # it grows while it is walked
        family += [int(child) for child, parent in pairs if parent == str(member).encode()]
    return family


def _quietly(command: list[str]) -> bytes:
    """What a helper of the system prints; nothing where there is no such program."""
    try:
        return subprocess.run(  # noqa: S603
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            timeout=_PS_LIMIT_S, check=False,
        ).stdout  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return b""

"""
Runs programs for what they print (a password manager, ykman, a dialog), and finds programs on PATH.

Uses no shell, puts no secret on argv, and no output into a message. When the wait ends (a limit, a cancellation,
Ctrl-C), the program and all it started are killed. Waits for the end of the program, not of its pipe: what it leaves
running (agents of gpg and password managers, a clipboard) may hold the pipe for hours; it is neither killed nor read,
but a thread remains. Programs are not looked for in the working folder, which other users may be able to write.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from functools import partial
from typing import IO, TYPE_CHECKING

from aws_mfa.command_lines import split
from aws_mfa.errors import Cancelled, NoThread
from aws_mfa.system.cancel import Cancellation
from aws_mfa.system.threads import deferred_signals, start_thread

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

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
LIMIT_BYTES = 64 * 1024
# How soon the end of a program is noticed while another process holds its pipe; also Ctrl-C on Windows.
_SLICE_S = 0.1
_FIRST_PAUSE_S = 0.001
# A filter behind the program (`> >(tail -1)`) ends shortly after it.
_GRACE_S = 0.25
_PART_BYTES = 4096
_BAD_WORD = "it holds a character that the system does not accept (NUL, or one outside the locale)"
_ENDINGS = ".COM;.EXE;.BAT;.CMD"


@dataclass(frozen=True, repr=False)  # what was printed may be a secret
class Ended:
    """How a program ended: exit code (negative: a signal), stdout, and stderr if that was captured."""

    code: int
    stdout: bytes
    stderr: bytes


class ProgramFailed(Exception):
    """No answer; the text says why, continues a sentence that begins with the program's name, and quotes no output."""


class NotStarted(ProgramFailed):
    """The system could not start the program; `reason` is the system's text."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"cannot be started: {reason}")
        self.reason = reason


class TookTooLong(ProgramFailed):
    """The program did not end within its limit."""


def without_credentials(environ: Mapping[str, str]) -> dict[str, str]:
    """
    The environment without AWS credentials, for a program that does not need those of this program's caller.

    A program that calls AWS names a profile. All other variables are kept: password managers are unlocked by variables
    (`OP_SESSION_...`, `GPG_TTY`), and displays are found through them.
    """
    kept = (name for name in environ if name not in _NOT_FOR_CHILDREN and not name.startswith(_BEARER))
    return {name: environ[name] for name in kept}


def words_of(line: str) -> list[str] | str:
    """The user's command line as it is run, without a shell; `ProgramFailed` if it is not a command line."""
    if os.name == "nt" and "\0" not in line:
        return line  # CreateProcess splits it: on Windows a backslash is part of a path
    with contextlib.suppress(ValueError):  # its text may quote the command
        if "\0" not in line and (words := split(line)):
            return words
    raise ProgramFailed("is not a command line: a quote is not closed, or it is empty")


def run_for_answer(
    command: list[str] | str,
    *,
    environ: Mapping[str, str],
    limit_s: float,
    cancellation: Cancellation | None,
    tty: tuple[int, int] | None = None,
    keeps_terminal: bool = False,
    catches_stderr: bool = False,
) -> Ended:
    """
    Run the program (words, or a command line); raises `ProgramFailed`, `Cancelled`, or the error of the cancellation.

    `tty`: descriptors of the terminal, for its stdin and stderr. Otherwise it gets no stdin, this program's stderr
    (`catches_stderr`: captured), and its own session, so it cannot open the terminal (`keeps_terminal`: it can).
    """
    cancellation = cancellation or Cancellation()
    cancellation.check()
    leads_session = tty is None and not keeps_terminal
    stdin, stderr = tty or (subprocess.DEVNULL, subprocess.PIPE if catches_stderr else None)
    try:
        with contextlib.ExitStack() as at_the_end:
            with deferred_signals():  # one that ends us while it starts would leave it running
                process = subprocess.Popen(  # noqa: S603  # the user's own command or a program on PATH, and no shell
                    words_of(command) if isinstance(command, str) else command,
                    stdin=stdin, stdout=subprocess.PIPE, stderr=stderr, env=without_credentials(environ),
                    start_new_session=leads_session,
                    creationflags=leads_session * getattr(subprocess, "CREATE_NO_WINDOW", 0),
                )  # fmt: skip
                at_the_end.enter_context(process)
                at_the_end.callback(_end, process, leads_session=leads_session)
            stdout, said = _output_of(process, limit_s, cancellation)
    except KeyboardInterrupt:
        raise Cancelled("cancelled") from None
    except NoThread as error:
        raise ProgramFailed(f"cannot be read: {error.message}") from None
    except (OSError, ValueError) as error:  # the text of a ValueError quotes the word
        raise NotStarted(getattr(error, "strerror", _BAD_WORD) or type(error).__name__) from None
    return Ended(process.returncode, stdout, said)


def _end(process: subprocess.Popen[bytes], *, leads_session: bool) -> None:
    """Kill it and all it started, if it still runs. SIGKILL: it may ignore weaker signals, and the caller waits."""
    if process.poll() is not None:
        return
    if sys.platform == "win32":
        _quietly([system_program("taskkill.exe", os.environ), "/F", "/T", "/PID", str(process.pid)])
        process.kill()
    elif leads_session:
        with contextlib.suppress(OSError):
            os.killpg(process.pid, signal.SIGKILL)
    else:
        # It is in this process group, so that it can read from the terminal. Its descendants are found one by one:
        # alive, they would compete with the next question for the terminal.
        pairs = [line.split() for line in _quietly(["ps", "-A", "-o", "pid=", "-o", "ppid="]).splitlines()]
        family = [process.pid]
        for member in family:  # the list grows during the loop
            family += [int(child) for child, parent in pairs if parent == str(member).encode()]
        for pid in family:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)


def _quietly(command: list[str]) -> bytes:
    """What a program of the system prints; nothing if it does not exist or takes too long."""
    try:
        return subprocess.run(  # noqa: S603
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            timeout=_PS_LIMIT_S, check=False,
        ).stdout  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return b""


def _output_of(process: subprocess.Popen[bytes], limit_s: float, cancellation: Cancellation) -> tuple[bytes, bytes]:
    """Its stdout and stderr, cut at the limit, after its end; raises `ProgramFailed` or the cancellation's error."""
    reader = _Reader([process.stdout, process.stderr])
    process.stdout = process.stderr = None  # the reader closes them
    try:
        reader.start()
        cancellation.wake_by(reader.changed.set)
        _read_to_end(process, reader, limit_s, cancellation)
    finally:
        reader.is_over = True
        cancellation.wake_by(None)
    stdout, stderr = reader.taken
    return bytes(stdout), bytes(stderr)


def _read_to_end(process: subprocess.Popen[bytes], reader: _Reader, limit_s: float, cancellation: Cancellation) -> None:
    end_at = time.monotonic() + limit_s
    is_over, pause_s = False, _FIRST_PAUSE_S
    while reader.streams or not is_over:
        if not is_over and process.poll() is not None:
            is_over, end_at = True, time.monotonic() + _GRACE_S
        left_s = max(0.0, end_at - time.monotonic())
        has_come = reader.changed.wait(min(left_s, _SLICE_S if reader.streams else pause_s))
        reader.changed.clear()
        pause_s = min(2 * pause_s, _SLICE_S)
        cancellation.check()
        if len(reader.taken[0]) > LIMIT_BYTES:
            raise ProgramFailed(f"printed more than {LIMIT_BYTES // 1024} KiB")
        if is_over and not has_come and left_s == 0:
            return
        if not is_over and left_s == 0:
            raise TookTooLong(f"did not end within {limit_s:g} s")


class _Reader:
    """
    Reads pipes, each in a thread (Windows cannot wait for pipes); `streams` are those not at their end, by number.

    `changed` is set when more has come. Beyond the limit it reads, but keeps nothing. Once `is_over` is set, each
    thread closes its pipe when more comes, or its end.
    """

    def __init__(self, streams: Sequence[IO[bytes] | None]) -> None:
        self.taken = [bytearray() for _ in streams]
        self.streams = {number: stream for number, stream in enumerate(streams) if stream is not None}
        self.changed = threading.Event()
        self.is_over = False

    def start(self) -> None:
        """Raises `NoThread`."""
        for number in list(self.streams):
            start_thread(partial(self._read, number))

    def _read(self, number: int) -> None:
        while (part := os.read(self.streams[number].fileno(), _PART_BYTES)) and not self.is_over:
            if len(self.taken[number]) <= LIMIT_BYTES:
                self.taken[number] += part
            self.changed.set()
        self.streams.pop(number).close()
        self.changed.set()


def found_program(name: str, environ: Mapping[str, str], *, on_windows: bool = os.name == "nt") -> str | None:
    """The absolute path of a program on PATH; `name` may be an absolute path itself. None if there is none."""
    if not os.path.isabs(name) and os.path.dirname(name):
        return None
    folders = [""] if os.path.isabs(name) else environ.get("PATH", os.defpath).split(os.pathsep)
    endings = [ending for ending in (environ.get("PATHEXT") or _ENDINGS).split(";") if ending] if on_windows else []
    if not on_windows or name.upper().endswith(tuple(ending.upper() for ending in endings)):
        endings = [""]
    for path in (os.path.join(folder, name + ending) for folder in folders for ending in endings):
        if os.path.isabs(path) and shutil.which(path) is not None:
            return path
    return None


def system_program(name: str, environ: Mapping[str, str]) -> str:
    """The absolute path of a program that is part of Windows."""
    return os.path.join(environ.get("SYSTEMROOT") or r"C:\Windows", "System32", name)

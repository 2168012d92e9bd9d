"""
Programs that are run for what they print (a password manager, ykman, a dialog), and where a program lies.

Owns their stdin, stderr, environment, limits and end. No shell, nothing secret on their argv, and whatever ends the
wait (the limits, a cancellation, Ctrl-C) ends the program and all it started. The program's end counts, not the end
of its pipe: what it leaves running (the agents of gpg and of password managers, what holds a clipboard) may hold that
for hours; it is left alone, and no longer read from. What was printed is for the caller alone: it never gets into a
message or an exception. A program is looked for on PATH, never in the working folder, which may be somebody else's.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import shlex
import shutil
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from aws_mfa.errors import Cancelled

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from typing_extensions import Self

    from aws_mfa.system.cancel import Cancellation

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
# How soon the end of a program is seen whose pipe somebody else still holds; and Ctrl-C on Windows.
_SLICE_S = 0.1
_FIRST_PAUSE_S = 0.001
# A filter behind the program (`> >(tail -1)`) ends a moment after it.
_GRACE_S = 0.25
_PART_BYTES = 4096
_ENDINGS = ".COM;.EXE;.BAT;.CMD"


@dataclass(frozen=True, repr=False)  # what was printed may be a secret
class Ended:
    """How a program ended: exit code (negative: a signal), what it printed, what it said where that was caught."""

    code: int
    stdout: bytes
    stderr: bytes


class ProgramFailed(Exception):
    """It gave no answer; the text says why, to stand behind the program's name, and quotes nothing of it."""


class NotStarted(ProgramFailed):
    """The system did not start it; `reason` is what the system said."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"cannot be started: {reason}")
        self.reason = reason


class TookTooLong(ProgramFailed):
    """It did not end within its limit."""


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
    Run the program, words or the user's command line, to its end. `lent`: the terminal as its stdin and stderr.

    Else it gets no stdin, our stderr unless it is caught, and a session of its own, so that it cannot open the terminal
    either, unless it `keeps_terminal`. Raises `ProgramFailed`, `Cancelled` (Ctrl-C), or the cancellation's error.
    """
    if cancellation is not None:
        cancellation.check()
    leads_session = lent is None and not keeps_terminal
    stdin, stderr = lent or (subprocess.DEVNULL, subprocess.PIPE if catches_stderr else None)
    try:
        process = subprocess.Popen(  # noqa: S603  # the user's own command or a program on PATH, and no shell
            words_of(command) if isinstance(command, str) else command,
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=stderr,
            env=without_credentials(environ),
            start_new_session=leads_session,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0) if leads_session else 0,
        )
        with process, contextlib.ExitStack() as at_the_end:
            at_the_end.callback(_end, process, leads_session=leads_session)
            stdout, said = _output_of(process, limit_s, cancellation)
    except KeyboardInterrupt:
        raise Cancelled("cancelled") from None
    except OSError as error:
        raise NotStarted(error.strerror or type(error).__name__) from None
    except ValueError:  # `from None`: it may quote the command
        raise ProgramFailed("is not a command line: a quote is not closed, or it is empty") from None
    return Ended(process.returncode, stdout, said)


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


def _output_of(
    process: subprocess.Popen[bytes], limit_s: float, cancellation: Cancellation | None
) -> tuple[bytes, bytes]:
    """
    What it printed on stdout and on stderr (cut at the limit), where these are pipes, once it has ended.

    Raises `ProgramFailed` or the cancellation's error: then it may still run.
    """
    streams = [process.stdout, process.stderr]
    process.stdout = process.stderr = None  # they are the reader's now, and closed by it
    with _READER(streams) as reader:
        try:
            if cancellation is not None:
                cancellation.wake_by(reader.wake)
            _read_to_end(process, reader, limit_s, cancellation)
        finally:
            if cancellation is not None:
                cancellation.wake_by(None)
        stdout, stderr = reader.taken
        return bytes(stdout), bytes(stderr)


def _read_to_end(
    process: subprocess.Popen[bytes],
    reader: _BySelector | _ByThreads,
    limit_s: float,
    cancellation: Cancellation | None,
) -> None:
    end_at = time.monotonic() + limit_s
    is_over, pause_s = False, _FIRST_PAUSE_S
    while reader.is_open or not is_over:
        if not is_over and process.poll() is not None:
            is_over, end_at = True, time.monotonic() + _GRACE_S
        left_s = max(0.0, end_at - time.monotonic())
        has_come = reader.wait(min(left_s, _SLICE_S if reader.is_open else pause_s))
        pause_s = min(2 * pause_s, _SLICE_S)
        if cancellation is not None:
            cancellation.check()
        if len(reader.taken[0]) > LIMIT_BYTES:
            raise ProgramFailed(f"printed more than {LIMIT_BYTES // 1024} KiB")
        if is_over and not has_come and left_s == 0:
            return
        if not is_over and left_s == 0:
            raise TookTooLong(f"did not end within {limit_s:g} s")


class _Reader:
    """Takes what comes; of what is beyond the limit, only that it came."""

    def __init__(self, streams: Sequence[IO[bytes] | None]) -> None:
        self.taken = [bytearray() for _ in streams]
        self._open = {number: stream for number, stream in enumerate(streams) if stream is not None}

    @property
    def is_open(self) -> bool:
        """Whether more may come."""
        return bool(self._open)

    def _take(self, number: int) -> bool:
        """Read once; False at the end."""
        part = os.read(self._open[number].fileno(), _PART_BYTES)
        if len(self.taken[number]) <= LIMIT_BYTES:
            self.taken[number] += part
        return bool(part)

    def _close(self, number: int) -> None:
        self._open.pop(number).close()


class _BySelector(_Reader):
    """For POSIX: nothing is left behind, whoever holds the other end."""

    def __enter__(self) -> Self:
        self._woken, self._wake = os.pipe()
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._woken, selectors.EVENT_READ)
        for number, stream in self._open.items():
            self._selector.register(stream, selectors.EVENT_READ, number)
        return self

    def __exit__(self, *_: object) -> None:
        self._selector.close()
        for stream in self._open.values():
            stream.close()
        os.close(self._woken)
        os.close(self._wake)

    def wake(self) -> None:
        """End the wait; any thread may, once."""
        os.write(self._wake, b"!")

    def wait(self, timeout_s: float) -> bool:
        """Take what comes within the time; whether anything did."""
        ready = self._selector.select(timeout_s)
        for key, _ in ready:
            if isinstance(key.data, int) and not self._take(key.data):
                self._selector.unregister(key.fileobj)
                self._close(key.data)
        return bool(ready)


class _ByThreads(_Reader):
    """For Windows, whose pipes cannot be waited for: a thread stays while somebody holds the other end in silence."""

    def __enter__(self) -> Self:
        self._changed = threading.Event()
        self._is_over = False
        for number in list(self._open):
            threading.Thread(target=self._read, args=(number,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        """The threads close what they read, when there is more of it or an end."""
        self._is_over = True

    def wake(self) -> None:
        """End the wait; any thread may."""
        self._changed.set()

    def wait(self, timeout_s: float) -> bool:
        """Wait for what comes within the time; whether anything did."""
        has_come = self._changed.wait(timeout_s)
        self._changed.clear()
        return has_come

    def _read(self, number: int) -> None:
        while self._take(number) and not self._is_over:
            self._changed.set()
        self._close(number)
        self._changed.set()


_READER: type[_BySelector | _ByThreads] = _ByThreads if os.name == "nt" else _BySelector


def found_program(name: str, environ: Mapping[str, str], *, on_windows: bool = os.name == "nt") -> str | None:
    """The absolute path of a program that is on PATH, or is named by such a path; None for any other."""
    folders = [""] if os.path.isabs(name) else environ.get("PATH", os.defpath).split(os.pathsep)
    if not os.path.isabs(name) and os.path.dirname(name):
        return None
    names = _with_endings(name, environ.get("PATHEXT") or _ENDINGS) if on_windows else [name]
    for path in (os.path.join(folder, each) for folder in folders for each in names):
        if os.path.isabs(path) and shutil.which(path) is not None:
            return path
    return None


def system_program(name: str, environ: Mapping[str, str]) -> str:
    """The whole path of a program of Windows itself."""
    return os.path.join(environ.get("SYSTEMROOT") or r"C:\Windows", "System32", name)


def _with_endings(name: str, endings: str) -> list[str]:
    known = [ending for ending in endings.split(";") if ending]
    if name.upper().endswith(tuple(ending.upper() for ending in known)):
        return [name]
    return [name + ending for ending in known]

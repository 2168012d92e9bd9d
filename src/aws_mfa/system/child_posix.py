"""
Runs a command as a child process on POSIX, so that this process behaves to its caller as the command would.

Passes signals on; those of the terminal (Ctrl-C) go to both processes, and this one only survives them. It stops after
the child has stopped (Ctrl-Z), so that the caller's shell returns; never earlier, or the child would read what is typed
to that shell. The child stays in this process group: the terminal treats other groups as background jobs.
"""

from __future__ import annotations

import os
import resource
import select
import signal
import subprocess
import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from aws_mfa.system.core_dumps import core_limit_for_child

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from types import FrameType
    from typing import Any

    from typing_extensions import Self


assert sys.platform != "win32"  # for the type checker


_PASSED_ON = (signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2, signal.SIGCONT)
_SENT_BY_TERMINALS = (signal.SIGINT, signal.SIGQUIT, signal.SIGTSTP)
_AT_ONCE = 4096  # bytes, one for each signal


class _Relay:
    """Passes signals on to the child; those that come before it is started are sent then."""

    def __init__(self) -> None:
        self._pid: int | None = None
        self._early: list[int] = []

    def __call__(self, number: int, frame: FrameType | None) -> None:
        del frame
        if number in _SENT_BY_TERMINALS and _foreground_group() == os.getpgrp():
            return
        if self._pid is None:
            self._early.append(number)
        else:
            _send(self._pid, number)

    def begin(self, pid: int) -> None:
        self._pid = pid
        for number in self._early:
            _send(pid, number)


def ended_child(command: Sequence[str], environ: Mapping[str, str]) -> int:
    """Run it to its end in the main thread; the exit code, -N if signal N killed it. Raises `OSError`, `ValueError`."""
    relay = _Relay()
    with _handled_by(relay):
        # Not `close_fds`: the child gets the descriptors this process was given; those opened here are not inheritable.
        with core_limit_for_child():
            child = subprocess.Popen(list(command), env=dict(environ), close_fds=False)  # noqa: S603  # the user's command
        with _Changes() as changes:
            relay.begin(child.pid)
            child.returncode = _exit_code_of(child.pid, changes)
    return child.returncode


def end_by_signal(number: int) -> None:
    """Die by the signal, without a core file, which would hold keys. Returns if that signal does not kill."""
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with suppress(OSError, ValueError):  # SIGKILL has no handler
        signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)


def _exit_code_of(pid: int, changes: _Changes) -> int:
    while True:
        found, status = os.waitpid(pid, os.WNOHANG | os.WUNTRACED)
        if not found:
            changes.wait()
        elif not os.WIFSTOPPED(status):
            return os.waitstatus_to_exitcode(status)
        elif _foreground_group() is not None:
            # Stop as Ctrl-Z does: the system ignores SIGTSTP if no shell could continue this process group. SIGCONT is
            # passed on.
            with _handled_by(signal.SIG_DFL, [signal.SIGTSTP]):
                signal.raise_signal(signal.SIGTSTP)  # to this thread: it stops before the handler is restored


class _Changes:
    """Waits for any signal, the child's end too; one just before a blocking `waitpid` would be handled at its end."""

    def __enter__(self) -> Self:
        self._reader, self._writer = os.pipe()
        os.set_blocking(self._writer, False)
        self._earlier = signal.set_wakeup_fd(self._writer, warn_on_full_buffer=False)
        self._earlier_handler = signal.signal(signal.SIGCHLD, lambda *_: None)
        return self

    def __exit__(self, *failure: object) -> None:
        signal.signal(signal.SIGCHLD, self._earlier_handler or signal.SIG_DFL)
        signal.set_wakeup_fd(self._earlier)
        os.close(self._reader)
        os.close(self._writer)

    def wait(self) -> None:
        select.select([self._reader], [], [])
        os.read(self._reader, _AT_ONCE)


@contextmanager
def _handled_by(
    handler: Callable[[int, FrameType | None], Any] | signal.Handlers,
    numbers: Sequence[int] = (*_PASSED_ON, *_SENT_BY_TERMINALS),
) -> Iterator[None]:
    """Use this handler while inside; signals ignored at the start (`nohup`) stay ignored, by the child too."""
    before = {number: signal.getsignal(number) for number in numbers}
    taken = [number for number, found in before.items() if found is not signal.SIG_IGN]
    try:
        for number in taken:
            signal.signal(number, handler)
        yield
    finally:
        for number in taken:
            signal.signal(number, before[number] or signal.SIG_DFL)


def _send(pid: int, number: int) -> None:
    with suppress(OSError):  # it has ended, or now belongs to another user
        os.kill(pid, number)


def _foreground_group() -> int | None:
    """The process group that the terminal sends signals to; None without a controlling terminal."""
    try:
        fd = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY)
    except OSError:
        return None
    try:
        return os.tcgetpgrp(fd)
    except OSError:
        return None
    finally:
        os.close(fd)

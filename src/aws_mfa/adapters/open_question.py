"""
One open question on a POSIX terminal: who owns the terminal's modes and the signals until the line is there.

The kernel edits the line. Whatever ends a question, the terminal is left as it was found: echo on, cursor on a
fresh line, and nothing of a half-typed secret left for the shell to show. No `getpass`: it leaves echo off after
SIGTERM, and throws away what was typed early.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
import termios
import threading
from typing import TYPE_CHECKING

from aws_mfa.errors import Cancelled, InputEnded

assert sys.platform != "win32"  # tells the type checker which platform this module is for

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType, TracebackType

    from typing_extensions import Self

    from aws_mfa.cancel import Cancellation

_READ_SIZE = 8192  # above the kernel's line buffer, so that one read takes the whole line
_LOCAL_FLAGS = 3  # the place of the local flags in what tcgetattr returns

# These cancel a question: Ctrl-C and Ctrl-\.
_CANCELLING = (signal.SIGINT, signal.SIGQUIT)
# These keep their effect (to end or to suspend the process), with the terminal put right before.
_PASSED_ON = (signal.SIGTERM, signal.SIGHUP, signal.SIGTSTP)


class OpenQuestion:
    """
    A context manager: inside it the question is on the screen and `read_line` may be called, once.

    Raises OSError and termios.error where the terminal is gone.
    """

    def __init__(self, fd: int, question: str, *, hidden: bool) -> None:
        self._fd = fd
        self._question = question
        self._hidden = hidden
        self._is_open = True
        self._on_fresh_line = False
        self._modes_found = termios.tcgetattr(fd)
        self._earlier_handlers: dict[int, object] = {}

    def __enter__(self) -> Self:
        try:
            self._take_signals()
            self._put()
        except BaseException:
            self.__exit__(*sys.exc_info())
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._is_open = False
        self._show_typing()
        if kind is not None:
            self._drop_typed()
        if not self._on_fresh_line:
            with contextlib.suppress(OSError):  # the terminal is gone
                write_all(self._fd, "\n")
        for number, handler in self._earlier_handlers.items():
            signal.signal(number, handler)  # type: ignore[arg-type]  # what getsignal returned

    def read_line(self, cancellation: Cancellation | None) -> bytes:
        """Wait for the line, or for the cancellation, whose error is then raised."""
        with _woken_by(cancellation) as wakers, _woken_by_signals() as signalled:
            line = b""
            while not line.endswith(b"\n"):
                # select, not poll: poll does not work on terminals of macOS.
                ready, _, _ = select.select([self._fd, *wakers, *signalled], [], [])
                for reader in set(signalled).intersection(ready):
                    os.read(reader, _READ_SIZE)  # their handlers have run
                if cancellation is not None:
                    cancellation.check()
                if self._fd in ready:
                    part = os.read(self._fd, _READ_SIZE)
                    if not part:
                        break
                    line += part
        if not line:
            raise InputEnded("the input ended before the answer")
        self._on_fresh_line = line.endswith(b"\n") and not self._hidden
        return line

    def _put(self) -> None:
        if self._hidden:
            self._hide_typing()
        write_all(self._fd, self._question)

    def _hide_typing(self) -> None:
        modes = list(self._modes_found)
        modes[_LOCAL_FLAGS] &= ~(termios.ECHO | termios.ECHONL)
        # Not TCSAFLUSH: an answer typed or pasted before the question appears is an answer. Nor TCSADRAIN: it waits
        # for ever on a terminal stopped with Ctrl-S.
        termios.tcsetattr(self._fd, termios.TCSANOW, modes)

    def _show_typing(self) -> None:
        """Put the modes back as they were found; again and again does no harm."""
        if self._hidden and in_foreground(self._fd):
            with contextlib.suppress(termios.error):  # the terminal is gone: nothing is left to restore
                termios.tcsetattr(self._fd, termios.TCSANOW, self._modes_found)

    def _drop_typed(self) -> None:
        """What is half typed, or follows in a paste, was for this question: the shell shall not get it."""
        if in_foreground(self._fd):
            with contextlib.suppress(termios.error):
                termios.tcflush(self._fd, termios.TCIFLUSH)

    def _take_signals(self) -> None:
        if threading.current_thread() is not threading.main_thread():
            return
        for number in (*_CANCELLING, *_PASSED_ON):
            handler = signal.getsignal(number)
            if handler not in (signal.SIG_IGN, None):  # nohup ignores SIGHUP, and means it
                self._earlier_handlers[number] = handler
                signal.signal(number, self._on_signal)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        # Restored here and not only on the way out: a second signal could interrupt that way.
        self._show_typing()
        self._drop_typed()
        if number in _CANCELLING:
            raise Cancelled("cancelled")
        self._pass_on(number, frame)
        # Still here: continued after a suspension, or another handler dealt with it. What was typed is gone, and the
        # shell has scrolled the question away.
        if self._is_open:
            self._put()

    def _pass_on(self, number: int, frame: FrameType | None) -> None:
        handler = self._earlier_handlers[number]
        if callable(handler):
            handler(number, frame)
            return
        signal.signal(number, signal.SIG_DFL)
        signal.raise_signal(number)  # not os.kill: this thread is to stop or die here, before the next line
        signal.signal(number, self._on_signal)


@contextlib.contextmanager
def _woken_by(cancellation: Cancellation | None) -> Iterator[list[int]]:
    """Descriptors that become readable when the question is cancelled."""
    if cancellation is None:
        yield []
        return
    reader, writer = os.pipe()
    try:
        cancellation.wake_by(lambda: os.write(writer, b"!"))
        yield [reader]
    finally:
        cancellation.wake_by(None)
        os.close(reader)
        os.close(writer)


@contextlib.contextmanager
def _woken_by_signals() -> Iterator[list[int]]:
    """
    A descriptor that becomes readable when a signal comes; none outside the main thread, where no handler runs.

    One that came just before the wait, or that the kernel gave to another thread, would be heeded at the next key.
    """
    if threading.current_thread() is not threading.main_thread():
        yield []
        return
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    earlier = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    try:
        yield [reader]
    finally:
        signal.set_wakeup_fd(earlier)
        os.close(reader)
        os.close(writer)


def in_foreground(fd: int) -> bool:
    """Whether the terminal is ours: in the background it is another's, and touching it stops the process group."""
    try:
        return os.tcgetpgrp(fd) == os.getpgrp()
    except OSError:
        return True  # not our controlling terminal: no job control, no background


def write_all(fd: int, text: str) -> None:
    """Write the text to the terminal; what cannot be encoded is shown as an escape."""
    rest = text.encode(errors="backslashreplace")
    while rest:
        rest = rest[os.write(fd, rest) :]

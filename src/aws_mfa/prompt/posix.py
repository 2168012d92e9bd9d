"""
The controlling terminal on POSIX: questions and answers go through /dev/tty, never through stdin, stdout or stderr.

Owns the terminal's modes and the signals while a question is open. The kernel edits the line. Whatever ends a question,
the terminal is left as it was found: echo on, cursor on a fresh line, and nothing of a half-typed secret left for the
shell to show. Where there is no terminal it refuses; it never falls back to reading stdin with echo, as `getpass` does,
which also leaves echo off after SIGTERM and throws away what was typed early. Nor does it ask where the terminal
belongs to another program now: that would stop our whole process group, with the IDE or the Terraform run that started
us, and whatever lock we hold.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
import termios
import threading
import time
from typing import TYPE_CHECKING

from aws_mfa.aws_values.text import shown_text
from aws_mfa.errors import Cancelled, InputEnded, NeedsHuman
from aws_mfa.model import Secret
from aws_mfa.prompt.typed_line import answer_in

assert sys.platform != "win32"  # tells the type checker which platform this module is for

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType, TracebackType

    from typing_extensions import Self

    from aws_mfa.system.cancel import Cancellation

CONTROLLING_TERMINAL = "/dev/tty"
_READ_SIZE = 8192  # above the kernel's line buffer, so that one read takes the whole line
_LOCAL_FLAGS = 3  # the place of the local flags in what tcgetattr returns

# These cancel a question: Ctrl-C and Ctrl-\.
_CANCELLING = (signal.SIGINT, signal.SIGQUIT)
# These keep their effect (to end or to suspend the process), with the terminal put right before.
_PASSED_ON = (signal.SIGTERM, signal.SIGHUP, signal.SIGTSTP)


class ControllingTerminal:
    """
    A human at a terminal device; it is opened for each question, so nothing is held.

    Ask from the main thread: Python runs signal handlers nowhere else, so a question put from another thread
    is not cancelled by Ctrl-C and does not restore echo when the process is killed.
    """

    has_human = True

    def __init__(self, path: str = CONTROLLING_TERMINAL) -> None:
        self._path = path

    def ask(self, question: str, cancellation: Cancellation | None = None) -> str:
        """
        Ask with echo.

        Raises `Cancelled`, `BadInput`, `NeedsHuman` (no terminal, or we are in its background), or the cancellation's.
        """
        return self._answer_to(question, cancellation, hidden=False)

    def ask_hidden(self, question: str, cancellation: Cancellation | None = None) -> Secret:
        """Ask without echo; raises as `ask` does."""
        return Secret(self._answer_to(question, cancellation, hidden=True))

    def say(self, text: str) -> None:
        """Print one line on the terminal, from the background too."""
        _flush_streams()
        with _opened(self._path) as fd, _not_stopped_by_writing():
            write_all(fd, shown_text(text) + "\n")

    def count_down(self, seconds: int, text: str) -> None:
        """Show the seconds that are left on one line, and take the line away."""
        _flush_streams()
        with _opened(self._path) as fd, _not_stopped_by_writing():
            for left in range(seconds, 0, -1):
                write_all(fd, f"\r{shown_text(text)} {left:2d} s ")
                time.sleep(1)
            write_all(fd, "\r" + " " * (len(text) + 7) + "\r")

    def is_ours(self) -> bool:
        """Whether we may read from it: True also where it is gone, for then asking says so."""
        try:
            with _opened(self._path) as fd:
                return in_foreground(fd)
        except NeedsHuman:
            return True

    def _answer_to(self, question: str, cancellation: Cancellation | None, *, hidden: bool) -> str:
        _flush_streams()
        with _opened(self._path) as fd:
            if not in_foreground(fd):
                if cancellation is not None:
                    cancellation.check()
                raise NeedsHuman("the terminal belongs to another program now", "run it in the terminal's foreground")
            with TerminalPrompt(fd, shown_text(question), hidden=hidden) as asked:
                return answer_in(asked.read_line(cancellation))


def terminal_opens(path: str = CONTROLLING_TERMINAL) -> bool:
    """Whether there is a terminal behind the path: /dev/tty exists in every container and opens in few."""
    try:
        with _opened(path) as fd:
            return os.isatty(fd)
    except NeedsHuman:
        return False


@contextlib.contextmanager
def lent_terminal(path: str = CONTROLLING_TERMINAL) -> Iterator[tuple[int, int] | None]:
    """
    Descriptors for the stdin and stderr of a program that may ask a human; None where there is no terminal for it.

    Nor is there one while it belongs to another program. The modes are put back after: a program that is ended in
    the middle of its question leaves echo off.
    """
    if not terminal_opens(path):
        yield None
        return
    with _opened(path) as fd:
        if not in_foreground(fd):
            yield None
            return
        _flush_streams()
        modes_found = termios.tcgetattr(fd)
        try:
            yield fd, fd
        finally:
            if in_foreground(fd):
                termios.tcsetattr(fd, termios.TCSANOW, modes_found)


@contextlib.contextmanager
def _opened(path: str) -> Iterator[int]:
    try:
        # O_NOCTTY: a daemon that asks must not gain a controlling terminal by it.
        fd = os.open(path, os.O_RDWR | os.O_NOCTTY)
    except OSError:
        raise NeedsHuman("there is no terminal to ask on", "run the command in a terminal") from None
    try:
        yield fd
    except (OSError, termios.error):
        raise NeedsHuman("the terminal is gone", "run the command in a terminal") from None
    finally:
        os.close(fd)


@contextlib.contextmanager
def _not_stopped_by_writing() -> Iterator[None]:
    """After `stty tostop` a terminal stops whoever writes from the background, unless SIGTTOU is blocked."""
    blocked_before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTTOU])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked_before)


def _flush_streams() -> None:
    """What was said before the question appears before it."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, OSError, ValueError):  # absent, broken pipe, closed
            stream.flush()


class TerminalPrompt:
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

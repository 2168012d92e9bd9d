"""
The controlling terminal on POSIX: questions and answers go through /dev/tty, never through stdin, stdout or stderr.

However a question ends, the terminal is as before: echo on, the cursor on a fresh line, nothing of a half-typed secret
left for the shell. Without a terminal it refuses; `getpass` would read stdin with echo, and leaves echo off after
SIGTERM. Nor does it ask while the terminal belongs to another program: that would stop our whole process group, with
the IDE or the Terraform run that started us, and with any lock we hold.
"""

from __future__ import annotations

import codecs
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
from aws_mfa.prompt.screen import ENTER_SCREEN, LEAVE_SCREEN, SHOW_CURSOR, picture, read_key
from aws_mfa.prompt.typed_line import CONTROLLING_TERMINAL, Console, answer_in, fitted, flush_streams, width_of
from aws_mfa.system.cancel import Cancellation

assert sys.platform != "win32"  # for the type checker

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import FrameType, TracebackType

    from typing_extensions import Self

_READ_SIZE = 8192  # above the kernel's line buffer: one read takes the whole line
_COLUMNS = 80  # of a terminal that does not tell
_ROWS = 24
_LOCAL_FLAGS, _CHARACTERS = 3, 6  # indexes in what tcgetattr returns

# These cancel a question: Ctrl-C and Ctrl-\.
_CANCELLING = (signal.SIGINT, signal.SIGQUIT)
# These still end or suspend the process, after the terminal is restored.
_PASSED_ON = (signal.SIGTERM, signal.SIGHUP, signal.SIGTSTP)


class ControllingTerminal(Console):
    """
    Questions at a terminal device, which is opened for each of them.

    Ask from the main thread: in another one Ctrl-C does not cancel, and a killed process leaves echo off.
    """

    def _print(self, text: str) -> None:
        flush_streams()
        with _opened(self._path) as fd, _not_stopped_by_writing():
            write_all(fd, text)

    def count_down(self, seconds: int, text: str) -> None:
        """Show the seconds left on one line, then erase it; the line ends if something else does."""
        flush_streams()
        with _opened(self._path) as fd, _not_stopped_by_writing():
            try:
                for left in range(seconds, 0, -1):
                    line = fitted(shown_text(text), f" {left:2d} s ", _columns(fd))
                    write_all(fd, f"\r{line}")
                    time.sleep(1)
            except BaseException:
                write_all(fd, "\n")
                raise
            write_all(fd, f"\r{fitted('', ' ' * width_of(line), _columns(fd))}\r")

    def is_ours(self) -> bool:
        """Whether we may read from it; True also if it is gone: the question then reports that."""
        try:
            with _opened(self._path) as fd:
                return in_foreground(fd)
        except NeedsHuman:
            return True

    @contextlib.contextmanager
    def screen(self, *, inverts: bool) -> Iterator[KeyScreen]:
        """The whole terminal, in the main thread; raises `NeedsHuman` if it goes."""
        flush_streams()
        with _opened(self._path) as fd, KeyScreen(fd, inverts=inverts) as screen:
            yield screen

    def _read(self, question: str, cancellation: Cancellation | None, *, hidden: bool) -> str:
        flush_streams()
        cancellation = cancellation or Cancellation()
        with _opened(self._path) as fd:
            if not in_foreground(fd):
                cancellation.check()
                raise NeedsHuman("the terminal belongs to another program now", "run it in the terminal's foreground")
            with TerminalPrompt(fd, question, hidden=hidden) as asked:
                # Inside, so that the rest of a paste that is refused does not reach the shell.
                return answer_in(asked.read_line(cancellation))


def _columns(fd: int) -> int:
    """The terminal's width, asked each time: windows are resized."""
    try:
        return os.get_terminal_size(fd).columns or _COLUMNS
    except OSError:
        return _COLUMNS


def terminal_opens(path: str = CONTROLLING_TERMINAL) -> bool:
    """Whether the path opens a terminal: /dev/tty exists in every container, but opens in few."""
    try:
        with _opened(path) as fd:
            return os.isatty(fd)
    except NeedsHuman:
        return False


@contextlib.contextmanager
def child_terminal(path: str = CONTROLLING_TERMINAL) -> Iterator[tuple[int, int] | None]:
    """Descriptors for a program that may ask a human, None in the background; killed, it cannot leave echo off."""
    if not terminal_opens(path):
        yield None
        return
    with _opened(path) as fd:
        if not in_foreground(fd):
            yield None
            return
        flush_streams()
        modes_found = termios.tcgetattr(fd)
        try:
            yield fd, fd
        finally:
            if in_foreground(fd):
                termios.tcsetattr(fd, termios.TCSANOW, modes_found)


@contextlib.contextmanager
def _opened(path: str) -> Iterator[int]:
    try:
        # O_NOCTTY: a daemon must not get a controlling terminal by asking.
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
    """After `stty tostop` a process that writes from the background is stopped, unless it blocks SIGTTOU."""
    blocked_before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTTOU])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked_before)


class TerminalPrompt:
    """While inside, the question is on the screen; `read_line` may be called once. Raises OSError, termios.error."""

    signals: tuple[signal.Signals, ...] = (*_CANCELLING, *_PASSED_ON)

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
        self._restore(drops_typed=kind is not None)
        if not self._on_fresh_line:
            with contextlib.suppress(OSError):  # the terminal is gone
                write_all(self._fd, "\n")
        for number, handler in self._earlier_handlers.items():
            signal.signal(number, handler)  # type: ignore[arg-type]  # what getsignal returned

    def read_line(self, cancellation: Cancellation) -> bytes:
        """Wait for the line; a cancellation raises its error."""
        with _woken_by(cancellation) as waker:
            line = b""
            while not line.endswith(b"\n"):
                # select, not poll: on macOS poll does not work on terminals.
                ready, _, _ = select.select([self._fd, waker], [], [])
                if waker in ready:
                    os.read(waker, _READ_SIZE)  # the signals' handlers have run
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
            modes = list(self._modes_found)
            modes[_LOCAL_FLAGS] &= ~(termios.ECHO | termios.ECHONL)
            # Not TCSAFLUSH: an answer typed or pasted before the question appears is an answer. Nor TCSADRAIN: it waits
            # for ever on a terminal stopped with Ctrl-S.
            termios.tcsetattr(self._fd, termios.TCSANOW, modes)
        write_all(self._fd, self._question)

    def _restore(self, *, drops_typed: bool) -> None:
        """Restore the modes, perhaps repeatedly; `drops_typed`: and drop the rest, which was not for the shell."""
        if in_foreground(self._fd):
            with contextlib.suppress(termios.error):  # the terminal is gone
                if self._hidden:
                    termios.tcsetattr(self._fd, termios.TCSANOW, self._modes_found)
                if drops_typed:
                    termios.tcflush(self._fd, termios.TCIFLUSH)

    def _take_signals(self) -> None:
        if threading.current_thread() is not threading.main_thread():
            return
        for number in self.signals:
            handler = signal.getsignal(number)
            if handler not in (signal.SIG_IGN, None):  # nohup ignores SIGHUP on purpose
                self._earlier_handlers[number] = handler
                signal.signal(number, self._on_signal)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        # Here and not only in `__exit__`: a second signal could interrupt that.
        self._restore(drops_typed=True)
        if number in _CANCELLING:
            raise Cancelled("cancelled")
        handler = self._earlier_handlers[number]
        if callable(handler):
            handler(number, frame)
        else:
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)  # not os.kill: this thread must stop or die before the next line
            signal.signal(number, self._on_signal)
        # Continued after a suspension, or another handler dealt with the signal. The typed text is discarded and the
        # question has scrolled away: print it again.
        if self._is_open:
            self._put()


class KeyScreen(TerminalPrompt):
    """A context manager: inside it keys come one by one, without echo, and signals are dealt with as at a question."""

    signals = (*_CANCELLING, *_PASSED_ON, signal.SIGCONT, signal.SIGWINCH)

    def __init__(self, fd: int, *, inverts: bool) -> None:
        super().__init__(fd, "", hidden=True)
        self._inverts = inverts
        self._is_drawn = self._is_asking = False
        self._on_fresh_line = True
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._drawn: tuple[Sequence[str], int] = ((), 0)

    @property
    def size(self) -> tuple[int, int]:
        columns, rows = os.get_terminal_size(self._fd)
        return columns or _COLUMNS, rows or _ROWS

    def draw(self, lines: Sequence[str], at: int) -> None:
        self._drawn = lines, at
        below = f"\n{SHOW_CURSOR}" if self._is_asking else ""
        self._write(picture(lines, at, self.size, inverts=self._inverts) + below)

    def key(self, wait_s: float | None) -> str:
        return read_key(self._typed, wait_s)

    @contextlib.contextmanager
    def question(self) -> Iterator[None]:
        """The modes of a question, below what is drawn."""
        self._is_asking = True
        try:
            termios.tcsetattr(self._fd, termios.TCSANOW, self._modes_found)
            self.draw(*self._drawn)
            yield
        finally:
            self._is_asking = False
            termios.tcflush(self._fd, termios.TCIFLUSH)  # a second Enter was for the question
            self._put()

    def _put(self) -> None:
        if not self._is_asking:
            modes = list(self._modes_found)
            modes[_LOCAL_FLAGS] &= ~(termios.ICANON | termios.ECHO | termios.IEXTEN)
            modes[_CHARACTERS] = [*modes[_CHARACTERS]]
            modes[_CHARACTERS][termios.VMIN], modes[_CHARACTERS][termios.VTIME] = 1, 0
            termios.tcsetattr(self._fd, termios.TCSANOW, modes)
        if not self._is_drawn:
            self._is_drawn = True
            self._write(ENTER_SCREEN)
        self.draw(*self._drawn)

    def _restore(self, *, drops_typed: bool) -> None:
        if self._is_drawn:
            with contextlib.suppress(OSError):  # the terminal is gone
                self._write(LEAVE_SCREEN)
            self._is_drawn = False
        super()._restore(drops_typed=drops_typed)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if number not in (signal.SIGCONT, signal.SIGWINCH):  # these wake `_typed`
            super()._on_signal(number, frame)
        elif self._is_open and not self._is_asking and in_foreground(self._fd):
            self._put()  # the shell set other modes after SIGSTOP, which cannot be handled

    def _typed(self, wait_s: float | None) -> str:
        """One byte after the other: what follows the last key is for the command that follows."""
        text = ""
        with _woken_by(Cancellation()) as waker:
            while not text and self._fd in select.select([self._fd, waker], [], [], wait_s)[0]:
                byte = os.read(self._fd, 1)
                if not byte:
                    raise InputEnded("the input ended")
                text = self._decoder.decode(byte)
        return text

    def _write(self, text: str) -> None:
        if in_foreground(self._fd):  # else another program draws on it
            write_all(self._fd, text)


@contextlib.contextmanager
def _woken_by(cancellation: Cancellation) -> Iterator[int]:
    """
    A descriptor that becomes readable when the question is cancelled and, in the main thread, when a signal comes.

    Without it a signal that came just before `select`, or to another thread, would have no effect until the next key.
    """
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    has_handlers = threading.current_thread() is threading.main_thread()
    earlier = signal.set_wakeup_fd(writer, warn_on_full_buffer=False) if has_handlers else -1
    try:
        cancellation.wake_by(lambda: os.write(writer, b"!"))
        yield reader
    finally:
        cancellation.wake_by(None)
        if has_handlers:
            signal.set_wakeup_fd(earlier)
        os.close(reader)
        os.close(writer)


def in_foreground(fd: int) -> bool:
    """Whether we are in the terminal's foreground: a question from the background stops the process group."""
    try:
        return os.tcgetpgrp(fd) == os.getpgrp()
    except OSError:
        return True  # not our controlling terminal: there is no background


def write_all(fd: int, text: str) -> None:
    """Write all of the text; what cannot be encoded becomes an escape."""
    rest = text.encode(errors="backslashreplace")
    while rest:
        rest = rest[os.write(fd, rest) :]

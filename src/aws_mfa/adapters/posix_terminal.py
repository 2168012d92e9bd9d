"""
The controlling terminal on POSIX: questions and answers go through /dev/tty, never through stdin, stdout or stderr.

Where there is none it refuses; it never falls back to reading stdin with echo, as `getpass` does. Nor does it ask
where the terminal belongs to another program now: that would stop our whole process group, with the IDE or the
Terraform run that started us, and whatever lock we hold.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import termios
import time
from typing import TYPE_CHECKING

from aws_mfa.adapters.open_question import OpenQuestion, in_foreground, write_all
from aws_mfa.adapters.typed_line import answer_in
from aws_mfa.errors import NeedsHuman
from aws_mfa.model import Secret
from aws_mfa.rules.shown_text import shown_text

assert sys.platform != "win32"  # tells the type checker which platform this module is for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aws_mfa.cancel import Cancellation

CONTROLLING_TERMINAL = "/dev/tty"


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
            with OpenQuestion(fd, shown_text(question), hidden=hidden) as asked:
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

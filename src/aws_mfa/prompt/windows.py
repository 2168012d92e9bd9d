"""
The console on Windows: CONIN$ and CONOUT$ through msvcrt, never stdin, stdout or stderr.

Edits the line (Backspace only) and prints the echo: no mode has to be restored. Polls for keys, because Windows cannot
wait for a console and a thread at once.
"""

from __future__ import annotations

import contextlib
import ctypes
import msvcrt
import os
import sys
import time
from typing import TYPE_CHECKING

from aws_mfa.errors import Cancelled, InputEnded, NeedsHuman
from aws_mfa.prompt.typed_line import CONTROLLING_TERMINAL, Console, answer_in, flush_streams

assert sys.platform == "win32"  # for the type checker

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aws_mfa.system.cancel import Cancellation

_KEYBOARD = "CONIN$"

_POLL_INTERVAL_S = 0.03
_CTRL_C, _CTRL_D, _CTRL_Z, _BACKSPACE = "\x03", "\x04", "\x1a", "\x08"
_PREFIXES_OF_SPECIAL_KEYS = ("\x00", "\xe0")  # arrows and function keys come as two characters


class ControllingTerminal(Console):
    """Questions at the console."""

    def count_down(self, seconds: int, text: str) -> None:
        self.say(f"{text} {seconds} s")
        time.sleep(seconds)

    def is_ours(self) -> bool:
        """Always: a console has no background."""
        return True

    def _read(self, question: str, cancellation: Cancellation | None, *, hidden: bool) -> str:
        flush_streams()
        self._print(question)
        try:
            line = self._read_line(cancellation, hidden=hidden)
        except KeyboardInterrupt:
            raise Cancelled("cancelled") from None
        finally:
            self._print("\n")
        # msvcrt gives UTF-16 units: characters above U+FFFF come as two.
        return answer_in(line.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").encode())

    def _read_line(self, cancellation: Cancellation | None, *, hidden: bool) -> str:
        line = ""
        while True:
            key = _next_key(cancellation)
            if key in ("\r", "\n"):
                return line
            if key == _CTRL_C:
                raise Cancelled("cancelled")
            if key in (_CTRL_Z, _CTRL_D) and not line:
                raise InputEnded("the input ended before the answer")
            if key == _BACKSPACE:
                if line[-1:] >= " " and not hidden:
                    self._print("\b \b")
                line = line[:-1]
            else:
                line += key
                if key >= " " and not hidden:
                    self._print(key)

    def _print(self, text: str) -> None:
        try:
            with open(self._path, "w", encoding="utf-8", errors="backslashreplace") as console:
                console.write(text)
        except OSError:
            raise NeedsHuman("there is no terminal to ask on", "run the command in a terminal") from None


def terminal_opens(path: str = CONTROLLING_TERMINAL) -> bool:
    """
    Whether this process has a console that a person can see.

    Programs with windows (editors, IDEs) start others with a console that has none (`CREATE_NO_WINDOW`). It opens, but
    no one sees the question. Source: https://learn.microsoft.com/windows/console/getconsolewindow
    """
    with contextlib.suppress(OSError), open(path, "w", encoding="utf-8"):
        return bool(ctypes.windll.kernel32.GetConsoleWindow())
    return False


@contextlib.contextmanager
def child_terminal(path: str = CONTROLLING_TERMINAL) -> Iterator[tuple[int, int] | None]:
    """Descriptors for stdin and stderr of a program that may ask a human; None without a console."""
    if not terminal_opens(path):
        yield None
        return
    with contextlib.ExitStack() as at_the_end:
        keyboard = os.open(_KEYBOARD, os.O_RDWR)
        at_the_end.callback(os.close, keyboard)
        screen = os.open(path, os.O_RDWR)
        at_the_end.callback(os.close, screen)
        yield keyboard, screen


def _next_key(cancellation: Cancellation | None) -> str:
    """Return the next character typed; skip special keys."""
    while True:
        if cancellation is not None:
            cancellation.check()
        if not msvcrt.kbhit():
            time.sleep(_POLL_INTERVAL_S)
            continue
        key = msvcrt.getwch()
        # A special key's second character is there at once; a single "\xe0" is a letter.
        if key in _PREFIXES_OF_SPECIAL_KEYS and msvcrt.kbhit():
            msvcrt.getwch()
            continue
        return key

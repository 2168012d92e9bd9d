"""
Where questions are asked: at the terminal, through a pipe, or nowhere; `choose_terminal` finds out which.

The three have the same methods, so no other module asks whether it is interactive. None of them hangs if no one can
answer, except the form without a command: a person's, on a pipe whose writer leaves it open. `TerminalProvider` makes a
code provider of each; `FunctionProvider` asks a function of the Python program that uses this package.
"""

from __future__ import annotations

import os
import stat
import sys
import threading
import time
from contextlib import nullcontext, suppress
from typing import TYPE_CHECKING

from aws_mfa.aws_values.text import shown_text
from aws_mfa.errors import Cancelled, NeedsHuman
from aws_mfa.model import Secret
from aws_mfa.prompt.providers import TERMINAL
from aws_mfa.prompt.typed_line import CONTROLLING_TERMINAL, LONGEST_ANSWER, answer_in
from aws_mfa.system.cancel import Cancellation
from aws_mfa.system.input_file import read_line, read_line_in_time
from aws_mfa.system.threads import NoAnswer, answer_within

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import TextIO

    from aws_mfa.prompt.providers import CodeQuestion, Terminal


if sys.platform == "win32":
    from aws_mfa.prompt.windows import ControllingTerminal, child_terminal, terminal_opens
else:
    from aws_mfa.prompt.posix import ControllingTerminal, child_terminal, terminal_opens


__all__ = ["NO_TERMINAL", "ControllingTerminal", "NoTerminal", "PipedAnswers", "child_terminal", "choose_terminal"]

# The name of a terminal on stdin that is not our controlling terminal (`setsid aws-mfa`, some containers).
_TERMINAL_ON_STDIN = "/dev/stdin"
_MOST_LINES = 50
NO_TERMINAL = "there is no terminal to ask on"


def print_notice(text: str) -> None:
    """Print one line on stderr, or drop it: a Python program that uses this package may have closed its stderr."""
    with suppress(AttributeError, OSError, ValueError):
        sys.stderr.write(f"{shown_text(text)}\n")  # one write: lines of twenty processes do not mix


class NoTerminal:
    """The terminal of a process that has none: every question is a `NeedsHuman` with the hints given."""

    has_human = False

    def __init__(self, *hints: str, because: str = NO_TERMINAL) -> None:
        self._hints = hints or ("run the command in a terminal",)
        self.because = because

    def ask(self, question: str, cancellation: Cancellation | None = None) -> str:
        if cancellation is not None:
            cancellation.check()
        raise NeedsHuman(f"{self.because}: {_quoted(question)}", *self._hints)

    def ask_hidden(self, question: str, cancellation: Cancellation | None = None) -> Secret:
        return Secret(self.ask(question, cancellation))

    def lines_left(self) -> int:
        return 0

    def say(self, text: str) -> None:
        print_notice(text)

    def draw(self, _lines: Sequence[str]) -> None:
        raise NeedsHuman(self.because, *self._hints)

    def count_down(self, seconds: int, text: str) -> None:
        del text
        time.sleep(seconds)


class PipedAnswers:
    """
    Answers piped in, one line each: `echo 123456 | aws-mfa`.

    `has_human` is False: the pipe was written before the question was known, so a menu or a second question is useless.
    Only the answer's line is read: the rest may be for a child.
    """

    has_human = False

    def __init__(self, fd: int = 0, *, asks_on_stdout: bool = True, is_limited: bool = False) -> None:
        self._fd = fd
        self._is_limited = is_limited or not asks_on_stdout
        self._asks_on_stdout = asks_on_stdout
        self._ahead: list[bytes] = []
        self._is_read = False
        self._reading = threading.Lock()

    def ask(self, question: str, cancellation: Cancellation | None = None) -> str:
        """Return the next line. Raises `NeedsHuman` at the end of input, `BadAnswer`, or the cancellation's error."""
        if cancellation is not None:
            cancellation.check()
        self._print(shown_text(question))
        try:
            # A thread that `lines_left` gave up still takes the next line.
            with nullcontext() if self._ahead else self._reading:
                read = read_line_in_time if self._is_limited else read_line
                line = self._ahead.pop(0) if self._ahead else read(self._fd, LONGEST_ANSWER + 1)
        except KeyboardInterrupt:
            raise Cancelled("cancelled") from None
        except OSError as error:
            raise NeedsHuman(f"standard input cannot be read: {error.strerror}") from None
        if not line:
            self._print("\n")
            raise NeedsHuman(
                f"standard input ended before the answer to: {_quoted(question)}",
                "pipe the answers in, one a line, or run the command in a terminal",
            )
        if not self._asks_on_stdout:
            self._print("\n")
        return answer_in(line)

    def ask_hidden(self, question: str, cancellation: Cancellation | None = None) -> Secret:
        answer = Secret(self.ask(question, cancellation))
        if self._asks_on_stdout:
            self._print("\n")  # `ask` prints none on stdout, as 0.0.12 did not
        return answer

    def lines_left(self) -> int:
        """As in `Terminal`; a writer that neither writes nor ends within a second has no more lines."""
        while not self._is_read and len(self._ahead) <= _MOST_LINES:
            self._is_read = True
            with suppress(NoAnswer, OSError):
                self._is_read = not answer_within(1.0, self._read_ahead, on_delay=lambda: None)
        return len(b"".join(self._ahead).rstrip().splitlines())

    def _read_ahead(self) -> bytes:
        with self._reading:
            line = read_line(self._fd, LONGEST_ANSWER + 1)
            self._ahead += [line] if line else []
        return line

    def say(self, text: str) -> None:
        self._print(shown_text(text) + "\n")

    def draw(self, _lines: Sequence[str]) -> None:
        raise NeedsHuman(NO_TERMINAL, "run the command in a terminal")

    def count_down(self, seconds: int, text: str) -> None:
        self.say(f"{text} {seconds} s")
        time.sleep(seconds)

    def _print(self, text: str) -> None:
        stream = sys.stdout if self._asks_on_stdout else sys.stderr
        print(text, end="", flush=True, file=stream)


def choose_terminal(
    *, reads_pipe: bool, asks_on_stdout: bool = True, limit_s: float | None = None, stdin: TextIO | None = None
) -> ControllingTerminal | PipedAnswers | NoTerminal:
    """
    Choose where to ask: a pipe or file on stdin if `reads_pipe`, else the terminal (for `limit_s` s), else nowhere.

    A command that other programs start must not set `reads_pipe`: an SDK may give it a pipe that is never written to.
    """
    stdin = stdin or sys.stdin  # None where the process was started with descriptor 0 closed
    if reads_pipe and stdin is not None and _holds_answers(stdin):
        return PipedAnswers(stdin.fileno(), asks_on_stdout=asks_on_stdout, is_limited=bool(limit_s))
    path = own_terminal()
    return ControllingTerminal(path, limit_s=limit_s) if path else NoTerminal()


def own_terminal() -> str | None:
    """The path of the terminal of this process, None without one."""
    return next(filter(terminal_opens, (CONTROLLING_TERMINAL, _TERMINAL_ON_STDIN)), None)


def _holds_answers(stdin: TextIO) -> bool:
    try:
        mode = os.fstat(stdin.fileno()).st_mode
    except (OSError, ValueError):  # closed since, or not a file
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISREG(mode) or stat.S_ISSOCK(mode)


def _quoted(question: str) -> str:
    return question.strip().rstrip(":?")


class TerminalProvider:
    """Implements the Protocol `CodeProvider`; always tried, because asking says why it cannot be answered here."""

    name = TERMINAL

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal

    @property
    def has_human(self) -> bool:
        """False for a pipe, and for a terminal that belongs to another program at the moment."""
        is_elsewhere = isinstance(self._terminal, ControllingTerminal) and not self._terminal.is_ours()
        return self._terminal.has_human and not is_elsewhere

    def can_answer(self, _question: CodeQuestion) -> bool:
        return True

    def ask(self, question: CodeQuestion, cancellation: Cancellation | None = None) -> str:
        return self._terminal.ask(question.text, cancellation)

    def say(self, text: str) -> None:
        self._terminal.say(text)


class FunctionProvider:
    """Implements the Protocol `CodeProvider` with a function of the calling program, such as the built-in `input`."""

    name = TERMINAL
    has_human = True

    def __init__(self, ask: Callable[[str], str]) -> None:
        self._ask = ask
        self._said: list[str] = []

    def can_answer(self, _question: CodeQuestion) -> bool:
        return True

    def ask(self, question: CodeQuestion, cancellation: Cancellation | None = None) -> str:
        """Return what the function returns. A cancellation cannot interrupt it: it is checked before and after."""
        cancellation = cancellation or Cancellation()
        cancellation.check()
        text, self._said = "\n".join(map(shown_text, [*self._said, question.text])), []
        answer = self._ask(text)
        cancellation.check()
        return answer

    def say(self, text: str) -> None:
        """Put the line above the next question: there is no other channel."""
        self._said.append(text)

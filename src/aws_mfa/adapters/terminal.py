"""
Where questions are asked: at the terminal, down a pipe, or nowhere; `choose_terminal` finds out which.

The three have the same methods, so nothing else in the project asks whether it is interactive. None of them hangs
where nobody can answer, except on a pipe that its writer leaves open: there the writer is the human.
"""

from __future__ import annotations

import os
import stat
import sys
import time
from typing import TYPE_CHECKING

from aws_mfa.adapters.typed_line import LONGEST_ANSWER, answer_in
from aws_mfa.errors import Cancelled, NeedsHuman
from aws_mfa.model import Secret
from aws_mfa.rules.shown_text import shown_text

if sys.platform == "win32":
    from aws_mfa.adapters.windows_console import ControllingTerminal, lent_terminal, terminal_opens
else:
    from aws_mfa.adapters.posix_terminal import ControllingTerminal, lent_terminal, terminal_opens

if TYPE_CHECKING:
    from typing import NoReturn, TextIO

    from aws_mfa.cancel import Cancellation

__all__ = ["NO_TERMINAL", "ControllingTerminal", "NoTerminal", "PipedAnswers", "choose_terminal", "lent_terminal"]

# A terminal on stdin that is not ours to control (`setsid aws-mfa`, some containers) is reached by this name.
_TERMINAL_ON_STDIN = "/dev/stdin"
NO_TERMINAL = "there is no terminal to ask on"


class NoTerminal:
    """The terminal of a process that has none: every question is a `NeedsHuman` with the hints given."""

    has_human = False

    def __init__(self, *hints: str, because: str = NO_TERMINAL) -> None:
        self._hints = hints or ("run the command in a terminal",)
        self.because = because

    def ask(self, question: str, cancellation: Cancellation | None = None) -> str:
        """Refuse."""
        self._refuse(question, cancellation)

    def ask_hidden(self, question: str, cancellation: Cancellation | None = None) -> Secret:
        """Refuse."""
        self._refuse(question, cancellation)

    def say(self, text: str) -> None:
        """Print one line on stderr, where the talk of a program without a terminal goes."""
        print(shown_text(text), file=sys.stderr)  # noqa: T201  # this is the door itself

    def count_down(self, seconds: int, text: str) -> None:
        """Wait; nobody looks."""
        del text
        time.sleep(seconds)

    def _refuse(self, question: str, cancellation: Cancellation | None) -> NoReturn:
        if cancellation is not None:
            cancellation.check()
        raise NeedsHuman(f"{self.because}: {_quoted(question)}", *self._hints)


class PipedAnswers:
    """
    Answers piped in, one line each: `echo 123456 | aws-mfa`.

    Questions go to stdout, as they always have, or to stderr where stdout carries data.
    `has_human` is False: what is in the pipe was written before the question was known, so there is no use in a menu
    or in asking again. Nothing beyond the answer's line is read: the rest may be for a child.
    """

    has_human = False

    def __init__(self, fd: int = 0, *, asks_on_stdout: bool = True) -> None:
        self._fd = fd
        self._asks_on_stdout = asks_on_stdout

    def ask(self, question: str, cancellation: Cancellation | None = None) -> str:
        """The next line. Raises `NeedsHuman` at the end of input, `BadInput`, or an earlier cancellation's error."""
        if cancellation is not None:
            cancellation.check()
        self._print(shown_text(question))
        try:
            line = self._read_line()
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
        """The next line, as `ask` reads it; what was not shown ends with the newline that Enter would have made."""
        answer = Secret(self.ask(question, cancellation))
        if self._asks_on_stdout:
            self._print("\n")  # where `ask` itself must not: there the old tool printed none
        return answer

    def say(self, text: str) -> None:
        """Print one line on stdout, where the questions are."""
        self._print(shown_text(text) + "\n")

    def count_down(self, seconds: int, text: str) -> None:
        """Wait, and say so once."""
        self.say(f"{text} {seconds} s")
        time.sleep(seconds)

    def _read_line(self) -> bytes:
        line = b""
        while len(line) <= LONGEST_ANSWER + 1 and not line.endswith(b"\n"):
            byte = os.read(self._fd, 1)
            if not byte:
                break
            line += byte
        return line

    def _print(self, text: str) -> None:
        stream = sys.stdout if self._asks_on_stdout else sys.stderr
        print(text, end="", flush=True, file=stream)  # this is the door itself


def choose_terminal(
    *, reads_pipe: bool, asks_on_stdout: bool = True, stdin: TextIO | None = None
) -> ControllingTerminal | PipedAnswers | NoTerminal:
    """
    The place to ask questions: a pipe or file on stdin where `reads_pipe`, else the terminal, else nowhere.

    `reads_pipe` is for commands that people pipe answers into. Programs that are started by others must not set it:
    an SDK may hand them a pipe that nobody ever writes to. /dev/null and a closed stdin are no pipe.
    """
    stdin = stdin or sys.stdin  # None where the process was started with descriptor 0 closed
    if reads_pipe and stdin is not None and _holds_answers(stdin):
        return PipedAnswers(stdin.fileno(), asks_on_stdout=asks_on_stdout)
    if terminal_opens():
        return ControllingTerminal()
    if terminal_opens(_TERMINAL_ON_STDIN):
        return ControllingTerminal(_TERMINAL_ON_STDIN)
    return NoTerminal()


def _holds_answers(stdin: TextIO) -> bool:
    try:
        mode = os.fstat(stdin.fileno()).st_mode
    except (OSError, ValueError):  # closed since, or no file at all
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISREG(mode) or stat.S_ISSOCK(mode)


def _quoted(question: str) -> str:
    return question.strip().rstrip(":?")

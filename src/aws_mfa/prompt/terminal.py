"""
Where questions are asked: at the terminal, down a pipe, or nowhere (`choose_terminal` finds out); or of our caller.

The terminals have the same methods, so nothing else in the project asks whether it is interactive. None of them hangs
where nobody can answer, except on a pipe that its writer leaves open: there the writer is the human. A terminal that
belongs to another program now refuses by itself. As code providers they stand under the name `terminal`; so does the
function by which a Python program that called us answers.
"""

from __future__ import annotations

import os
import stat
import sys
import time
from typing import TYPE_CHECKING

from aws_mfa.aws_values.text import shown_text
from aws_mfa.errors import Cancelled, NeedsHuman
from aws_mfa.model import Secret
from aws_mfa.prompt.providers import TERMINAL
from aws_mfa.prompt.typed_line import LONGEST_ANSWER, answer_in

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import NoReturn, Protocol, TextIO

    from aws_mfa.prompt.providers import CodeQuestion
    from aws_mfa.system.cancel import Cancellation

    class Terminal(Protocol):
        """What is needed of a terminal here; `NoTerminal` is one too."""

        @property
        def has_human(self) -> bool:
            """Whether somebody can be asked again."""

        def ask(self, question: str, cancellation: Cancellation | None = None) -> str:
            """Ask with echo."""

        def say(self, text: str) -> None:
            """Print one line where the questions are."""


if sys.platform == "win32":
    from aws_mfa.prompt.windows import ControllingTerminal, lent_terminal, terminal_opens
else:
    from aws_mfa.prompt.posix import ControllingTerminal, lent_terminal, terminal_opens


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
        print(shown_text(text), file=sys.stderr)  # noqa: T201  # this is where talk is printed

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
        print(text, end="", flush=True, file=stream)


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


class TerminalProvider:
    """Fulfils the Protocol `CodeProvider`."""

    name = TERMINAL

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal

    @property
    def has_human(self) -> bool:
        """Whether there is a person, and not a pipe, nor a terminal that is another program's now."""
        lent_out = isinstance(self._terminal, ControllingTerminal) and not self._terminal.is_ours()
        return self._terminal.has_human and not lent_out

    def can_answer(self, question: CodeQuestion) -> bool:
        """Always: where there is none, asking says so."""
        del question
        return True

    def ask(self, question: CodeQuestion, cancellation: Cancellation | None = None) -> str:
        """The line typed; raises what the terminal raises."""
        return self._terminal.ask(question.text, cancellation)

    def say(self, text: str) -> None:
        """Print one line where the questions are."""
        self._terminal.say(text)


class AskedCaller:
    """Fulfils the Protocol `CodeProvider`. `ask` is such as the built-in `input`."""

    name = TERMINAL
    has_human = True

    def __init__(self, ask: Callable[[str], str]) -> None:
        self._ask = ask
        self._said: list[str] = []

    def can_answer(self, question: CodeQuestion) -> bool:
        """Always: the program says so."""
        del question
        return True

    def ask(self, question: CodeQuestion, cancellation: Cancellation | None = None) -> str:
        """Return what the function returns; a cancellation cannot end it, so it is looked at before and after."""
        if cancellation is not None:
            cancellation.check()
        text, self._said = "\n".join([*self._said, question.text]), []
        answer = self._ask(text)
        if cancellation is not None:
            cancellation.check()
        return answer

    def say(self, text: str) -> None:
        """Tell it with the next question: there is no other channel."""
        self._said.append(text)

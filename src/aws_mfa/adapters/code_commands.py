"""
Codes from a command: the profile's `mfa_process`, such as `op item get aws --otp` or `pass otp aws`.

Owns the running of it and the reading of what it printed. No shell runs it, no message quotes its arguments (some
people write the seed there) or its output. A command that fails is no failure of ours: the next way is tried.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from aws_mfa.adapters.answering_program import run_for_answer, words_of
from aws_mfa.adapters.program_output import PrintedTooMuch, TookTooLong
from aws_mfa.adapters.terminal import lent_terminal
from aws_mfa.errors import NeedsHuman
from aws_mfa.rules.code_ways import MFA_PROCESS
from aws_mfa.rules.shown_text import shown_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager
    from typing import TypeAlias

    from aws_mfa.cancel import Cancellation
    from aws_mfa.rules.code_ways import CodeQuestion

    Lend: TypeAlias = Callable[[], AbstractContextManager[tuple[int, int] | None]]

TIME_LIMIT_S = 60.0
_DIGITS = 6


class MfaProcessWay:
    """Fulfils the Protocol `CodeWay`; the command gets the terminal, if there is one, to ask for a touch or a PIN."""

    name = MFA_PROCESS
    has_human = False

    def __init__(
        self, environ: Mapping[str, str], *, time_limit_s: float = TIME_LIMIT_S, lend: Lend = lent_terminal
    ) -> None:
        self._environ = environ
        self._time_limit_s = time_limit_s
        self._lend = lend

    def can_answer(self, question: CodeQuestion) -> bool:
        """Whether the profile has such a command."""
        return question.command is not None

    def ask(self, question: CodeQuestion, cancellation: Cancellation | None = None) -> str:
        """The code printed. `NeedsHuman` where there is none; `Cancelled` on Ctrl-C; or the cancellation's error."""
        command = question.command or ""
        with self._lend() as lent:
            try:
                words = words_of(command)
                ended = run_for_answer(
                    words, environ=self._environ, limit_s=self._time_limit_s, cancellation=cancellation, lent=lent
                )
            except TookTooLong:
                raise _failed(command, f"did not end within {self._time_limit_s:g} s") from None
            except PrintedTooMuch as error:
                raise _failed(command, str(error)) from None
            except OSError as error:
                raise _failed(command, f"cannot be started: {error.strerror}") from None
            except ValueError:  # `from None`: it may quote the command
                raise _failed("", "is not a command line: a quote is not closed, or it is empty") from None
        if ended.code != 0:
            raise _failed(command, f"failed with exit code {ended.code}")
        code = code_in(ended.stdout)
        if code is None:
            raise _failed(command, "printed no code of six digits")
        return code

    def say(self, text: str) -> None:
        """Nobody reads it: a command answers here."""


def code_in(output: bytes) -> str | None:
    """
    The code in what a program printed: the last line that is one (`123456`, `123 456`).

    Else the last word of the last line, after a label (`aws:ann  123456`).
    """
    lines = [line.split() for line in output.decode("ascii", "replace").splitlines() if line.strip()]
    for words in reversed(lines):
        if _is_code("".join(words)):
            return "".join(words)
    return lines[-1][-1] if lines and _is_code(lines[-1][-1]) else None


def _is_code(text: str) -> bool:
    return len(text) == _DIGITS and text.isascii() and text.isdigit()


def _failed(command: str, what: str) -> NeedsHuman:
    return NeedsHuman(
        f"the profile's mfa_process{_program_in(command)} {what}",
        "it must print the six digits; no shell runs it: ~, $NAME and | are not expanded",
    )


def _program_in(command: str) -> str:
    """The program's name alone; nothing where the first word is an assignment, as for a shell: it may be a seed."""
    name = os.path.basename(words_of(command)[0]) if command and os.name != "nt" else ""
    return f" ({shown_text(name)})" if name and "=" not in name else ""

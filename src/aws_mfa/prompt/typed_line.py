"""
One line from a terminal or a pipe: bytes in, the answer out; and what the consoles of POSIX and Windows have in common.

Refuses what no person meant to type. Drops what keys without a letter send (cursor keys, function keys), and tabs at
both ends. Blanks there stay: a passphrase may have some. No message quotes the line: it may be a secret.
"""

from __future__ import annotations

import re
import sys
from contextlib import suppress
from typing import TYPE_CHECKING
from unicodedata import combining, east_asian_width

from aws_mfa.aws_values.text import shown_text
from aws_mfa.errors import BadAnswer
from aws_mfa.model import Secret
from aws_mfa.system.cancel import limited
from aws_mfa.system.input_file import text_of_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_mfa.system.cancel import Cancellation

# The kernel edits lines in a buffer of this size and silently drops what does not fit (termios(3), "Canonical and
# noncanonical mode"; MAX_CANON on macOS): an answer that fills it may have been cut, so it is refused.
_LINE_BUFFER = 1024 if sys.platform == "darwin" else 4096

CONTROLLING_TERMINAL = "CONOUT$" if sys.platform == "win32" else "/dev/tty"

LONGEST_ANSWER = _LINE_BUFFER - 2
"""In bytes, without the line's end."""

# What a terminal sends for a key without a character, and around pasted text if an earlier program left "bracketed
# paste" on (ECMA-48, 5.4). The console of Linux sends ESC [ [ A for F1.
_KEYS = re.compile(r"(?:\x1b\[|\x9b)\[?[0-?]*[ -/]*[@-~]|\x1bO[0-?]*[@-~]")
_ENDS = re.compile(r"^[ \t]+|[ \t]+$")


def answer_in(line: bytes) -> str:
    """Return the answer without its line end; `BadAnswer` if too long, not UTF-8, or with control characters."""
    if len(line.rstrip(b"\r\n")) > LONGEST_ANSWER:
        raise BadAnswer(f"the answer is longer than {LONGEST_ANSWER} bytes", "answer with one line, not with a file")
    try:
        text = _KEYS.sub("", text_of_line(line))
    except UnicodeDecodeError:
        # `from None`: the decoder's error holds the bytes.
        raise BadAnswer("the answer is not UTF-8 text", "set the terminal to UTF-8 and type it again") from None
    text = _ENDS.sub(lambda blanks: blanks[0].replace("\t", ""), text)
    if any(character < " " or "\x7f" <= character <= "\x9f" for character in text):
        raise BadAnswer(
            "the answer holds control characters, such as a tab in the middle",
            "type it again, or paste it without them",
        )
    return text


def width_of(text: str) -> int:
    """How many columns of a terminal the text takes."""
    return len(text) if text.isascii() else sum(0 if combining(c) else 1 + (east_asian_width(c) in "WF") for c in text)


def fitted(text: str, end: str, columns: int) -> str:
    """Text and end on one line, of the text no more than fits: the line must be narrower than the terminal."""
    while text and width_of(text + end) >= columns:
        text = text[:-1]
    return text + end if text else end[: columns - 1]


def flush_streams() -> None:
    """Flush stdout and stderr, so that earlier output appears before the question."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, OSError, ValueError):  # absent, broken pipe, closed
            stream.flush()


class Console:
    """A terminal whose subclass prints and reads; each question and each line is made safe here."""

    has_human = True

    def __init__(self, path: str = CONTROLLING_TERMINAL, *, limit_s: float | None = None) -> None:
        self._path = path
        self._limit_s = limit_s  # how long a question waits: an agent's terminal may have no person

    def ask(self, question: str, cancellation: Cancellation | None = None) -> str:
        """Raises `Cancelled`, `BadAnswer`, `NeedsHuman` (no terminal, or in its background), or the cancellation's."""
        with limited(cancellation, self._limit_s) as ours:
            return self._read(shown_text(question), ours, hidden=False)

    def ask_hidden(self, question: str, cancellation: Cancellation | None = None) -> Secret:
        with limited(cancellation, self._limit_s) as ours:
            return Secret(self._read(shown_text(question), ours, hidden=True))

    def lines_left(self) -> int:
        return 0

    def say(self, text: str) -> None:
        """Print one line, even from the background."""
        self._print(shown_text(text) + "\n")

    def draw(self, lines: Sequence[str]) -> None:
        self._print("".join(f"{line}\n" for line in lines))

    def _read(self, question: str, cancellation: Cancellation | None, *, hidden: bool) -> str:
        raise NotImplementedError

    def _print(self, text: str) -> None:
        raise NotImplementedError

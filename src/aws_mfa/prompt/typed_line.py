"""
One line from a terminal or a pipe: bytes in, the answer out. Pure; refuses what no person meant to type.

Drops what keys without a letter send (cursor keys, function keys), and tabs at both ends. Blanks there stay: a
passphrase may have some. No message quotes the line: it may be a secret.
"""

from __future__ import annotations

import re
import sys

from aws_mfa.errors import BadAnswer
from aws_mfa.system.input_file import text_of_line

# The kernel edits lines in a buffer of this size and silently drops what does not fit (termios(3), "Canonical and
# noncanonical mode"; MAX_CANON on macOS): an answer that fills it may have been cut, so it is refused.
_LINE_BUFFER = 1024 if sys.platform == "darwin" else 4096

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

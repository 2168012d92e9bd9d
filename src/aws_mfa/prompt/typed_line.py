"""
One line from a terminal or a pipe: bytes in, the answer out. Pure; refuses what no person meant to type.

No message quotes the line: it may be a secret.
"""

from __future__ import annotations

import sys

from aws_mfa.errors import BadInput

# The kernel edits lines in a buffer of this size and silently drops what does not fit (termios(3), "Canonical and
# noncanonical mode"; MAX_CANON on macOS): an answer that fills it may have been cut, so it is refused.
_LINE_BUFFER = 1024 if sys.platform == "darwin" else 4096

LONGEST_ANSWER = _LINE_BUFFER - 2
"""In bytes, without the line's end."""

# Terminals put these around pasted text if an earlier program left "bracketed paste" on.
_PASTE_MARKERS = ("\x1b[200~", "\x1b[201~")


def answer_in(line: bytes) -> str:
    """Return the answer without its line end; `BadInput` if too long, not UTF-8, or with control characters."""
    content = line.rstrip(b"\r\n")
    if len(content) > LONGEST_ANSWER:
        raise BadInput(f"the answer is longer than {LONGEST_ANSWER} bytes", "answer with one line, not with a file")
    try:
        text = content.decode()
    except UnicodeDecodeError:
        # `from None`: the decoder's error holds the bytes.
        raise BadInput("the answer is not UTF-8 text", "set the terminal to UTF-8 and type it again") from None
    for marker in _PASTE_MARKERS:
        text = text.replace(marker, "")
    if any(character < " " or "\x7f" <= character <= "\x9f" for character in text):
        raise BadInput(
            "the answer holds control characters, such as a tab or an arrow key",
            "type it again, or paste it without them",
        )
    return text

"""
Text as it may be shown: one line, without anything a terminal would obey.

Names come from files, variables and answers that others may have written: an escape sequence, a line break that forges
a line of this program, or a character that reverses the reading direction is spelt out. On the hot path.
"""

from __future__ import annotations


def shown_text(text: str) -> str:
    r"""Return the text with what cannot be printed spelt out, such as `\x1b`."""
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else ascii(character)[1:-1] for character in text)

"""
Text that is safe to print: one line, without anything that a terminal would execute. On the hot path.

Names come from files, variables and answers that other people may have written. An escape sequence, a line break that
forges a line of this program, or a character that reverses the reading direction is printed as its escape.
"""

from __future__ import annotations


def shown_text(text: str) -> str:
    r"""The text with each unprintable character replaced by its escape, such as `\x1b`."""
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else ascii(character)[1:-1] for character in text)

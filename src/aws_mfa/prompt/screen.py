"""
A terminal that is drawn on and read key by key: what keys are called, and what a terminal is sent. `posix` opens it.

It shows its second screen meanwhile, so what was there before comes back. Every line is made safe and cut here. Refuses
to colour: the selected line is inverted. Windows is left out: there `Interfaces.screen` is None.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from aws_mfa.aws_values.text import shown_text
from aws_mfa.prompt.typed_line import fitted, width_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

# A key without a character is one of these words, any other key is its character.
UP, DOWN, PAGE_UP, PAGE_DOWN = "up", "down", "page up", "page down"
ENTER, ESCAPE, BACKSPACE, CLEAR, END = "enter", "escape", "backspace", "clear", "end"
_KEYS = {
    "\r": ENTER, "\n": ENTER, "\x1b": ESCAPE, "\x7f": BACKSPACE, "\b": BACKSPACE, "\x15": CLEAR, "\x04": END,
    "\x10": UP, "\x1b[A": UP, "\x1bOA": UP, "\x0e": DOWN, "\x1b[B": DOWN, "\x1bOB": DOWN,
    "\x1b[5~": PAGE_UP, "\x1b[6~": PAGE_DOWN,
}  # fmt: skip
# The beginning of what a key without a character sends; the console of Linux sends ESC [ [ A for F1.
_UNFINISHED = re.compile(r"|\x1b(?:\[\[?[0-?]*[ -/]*|O[0-?]*)?")
_REST_COMES_WITHIN_S = 0.05  # after that a single ESC is the key Esc

SHOW_CURSOR = "\x1b[?25h"
ENTER_SCREEN, LEAVE_SCREEN = "\x1b[?1049h", f"\x1b[H\x1b[J\x1b[?1049l{SHOW_CURSOR}"


def key_in(typed: str) -> str | None:
    """The name of a key, or its character; "" for one that has no use here, None if the rest of it is to come."""
    if _UNFINISHED.fullmatch(typed):
        return None
    return _KEYS.get(typed, typed if len(typed) == 1 and typed.isprintable() else "")


def read_key(read: Callable[[float | None], str], wait_s: float | None) -> str:
    """The next key; `read` gives a character, "" if none comes within the time."""
    typed = ""
    while (key := key_in(typed)) is None:
        part = read(_REST_COMES_WITHIN_S if typed else wait_s)
        if not part:
            return _KEYS.get(typed, "")
        typed += part
    return key


def cut(text: str, columns: int) -> str:
    """As much of the text as is narrower than so many columns; `~` ends what was cut."""
    return text if width_of(text) < columns else fitted(text, "~", columns)


def picture(lines: Sequence[str], at: int, size: tuple[int, int], *, inverts: bool) -> str:
    """What draws the lines over those there were; the one with the number `at` is selected."""
    columns, rows = size
    shown = [cut(shown_text(line), columns) for line in lines[:rows]]
    if inverts and 0 <= at < len(shown):
        shown[at] = f"\x1b[7m{shown[at]}\x1b[m"
    drawn = "\x1b[K\n".join(shown)
    return f"\x1b[?25l\x1b[H{drawn}\x1b[J"

"""
Rows -> a table for people: as wide as it needs to be where it is piped, else as wide as the terminal.

No word is ever broken: ARNs are for copying, and half a word reads like another. Where a terminal is too narrow for
that, each row is shown as one line per fact.
"""

from __future__ import annotations

import io
import re

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table

from aws_mfa.rules.shown_text import shown_text

_UNBOUNDED = 10_000
_GAP = "  "
# What has nothing to say in its column is left out where each fact has a line.
_NOTHING = ("", "-")
# In place of the blank in `12 h`, which is one word; shown texts hold none of their own, it is not printable.
_NO_BREAK = "\ue000"
_BEFORE_UNIT = re.compile(r"(?<=\d) (?=(?:h|min|s)\b)")


def table(header: list[str], rows: list[list[str]], width: int | None) -> str:
    """A table without lines; `width` None: as wide as it needs to be."""
    shown = [[_BEFORE_UNIT.sub(_NO_BREAK, shown_text(text)) for text in row] for row in rows]
    widths = _widths([header, *shown], width)
    text = _one_line_per_fact(header, shown) if widths is None else _side_by_side(header, shown, widths)
    return text.replace(_NO_BREAK, " ")


def _widths(lines: list[list[str]], width: int | None) -> list[int] | None:
    """How wide each column is, the widest made narrow before another is; None where a word would have to be broken."""
    columns = list(zip(*lines, strict=True))
    widths = [max(map(cell_len, column)) for column in columns]
    if width is None:
        return widths
    least = [max((cell_len(word) for text in column for word in text.split(" ")), default=0) for column in columns]
    least[0] = widths[0]
    space = width - len(_GAP) * (len(columns) - 1)
    for number in sorted(range(len(columns)), key=widths.__getitem__, reverse=True):
        too_much = max(0, sum(widths) - space)
        widths[number] = max(least[number], widths[number] - too_much)
    return widths if sum(widths) <= space else None


def _side_by_side(header: list[str], rows: list[list[str]], widths: list[int]) -> str:
    made = Table(box=None, pad_edge=False, show_edge=False)
    for title, width in zip(header, widths, strict=True):
        made.add_column(title, width=width)
    for row in rows:
        made.add_row(*row)
    out = io.StringIO()
    Console(file=out, width=_UNBOUNDED, color_system=None, markup=False, emoji=False, highlight=False).print(made)
    return "".join(f"{line.rstrip()}\n" for line in out.getvalue().splitlines())


def _one_line_per_fact(header: list[str], rows: list[list[str]]) -> str:
    wide = max(map(len, header))
    facts = [[(title, text) for title, text in zip(header, row, strict=True) if text not in _NOTHING] for row in rows]
    return "\n".join("".join(f"{title:{wide}}{_GAP}{text}\n" for title, text in row) for row in facts)

"""
A list that a person looks through: rows that typed words filter, one of them selected; and the choice of one profile.

The list is a value: a key makes another one. Refuses to know what is in the rows beyond their text.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from aws_mfa.aws_values.text import shown_text
from aws_mfa.errors import Cancelled
from aws_mfa.prompt.screen import BACKSPACE, CLEAR, DOWN, END, ENTER, ESCAPE, PAGE_DOWN, PAGE_UP, UP, cut
from aws_mfa.prompt.typed_line import width_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_mfa.interfaces import Screen

    Row = Sequence[str]

_STEPS = {UP: -1, DOWN: 1, PAGE_UP: -10, PAGE_DOWN: 10}
_GAP = "  "
BESIDE_ROWS = 3  # columns: the mark of the selected row, and the last one, which stays empty
_LEAST = 10  # a column that would be narrower is left out


@dataclass(frozen=True)
class Listing:
    """Rows that begin with a profile's name; `found`: numbers of those with all words of `typed`; `at`: in `found`."""

    header: Row
    rows: Sequence[Row]
    typed: str = ""
    found: Sequence[int] = ()
    widths: Sequence[int] = ()
    at: int = 0

    @property
    def name(self) -> str | None:
        return self.rows[self.found[self.at]][0] if self.found else None

    def filtered(self, typed: str, name: str | None = None) -> Listing:
        """With another filter; the profile of this name is selected if it is found, else the first one."""
        words = typed.casefold().split()
        texts = (" ".join(row).casefold() for row in self.rows)
        found = [number for number, text in enumerate(texts) if all(word in text for word in words)]
        at = next((at for at, number in enumerate(found) if self.rows[number][0] == name), 0)
        cells = zip(self.header, *(self.rows[number] for number in found), strict=True)
        widths = [max(width_of(shown_text(cell)) for cell in column) for column in cells]
        return replace(self, typed=typed, found=found, widths=widths, at=at)

    def moved(self, key: str) -> Listing:
        """What a key does that moves the selection; the same for any other key."""
        return replace(self, at=max(0, min(self.at + _STEPS.get(key, 0), len(self.found) - 1)))

    def pressed(self, key: str) -> Listing:
        """What a key does while the filter is typed."""
        if key in (BACKSPACE, CLEAR, ESCAPE):
            return self.filtered(self.typed[:-1] if key == BACKSPACE else "", self.name)
        return self.filtered(self.typed + key) if len(key) == 1 else self.moved(key)

    def lines(self, columns: int, rows: int) -> tuple[list[str], int]:
        """The header and as many rows, with the selected one among them; and the number of its line."""
        first = max(0, min(self.at - (rows - 1) // 2, len(self.found) - rows))
        shown = [self.rows[number] for number in self.found[first : first + rows]]
        selected = self.at - first + 1
        space, widths, lines = columns - BESIDE_ROWS, list[int](), list[str]()
        for width in self.widths:
            given = min(width, columns // 2, space)
            if widths and given < min(width, _LEAST):
                break
            widths.append(given)
            space -= given + len(_GAP)
        for number, row in enumerate((self.header, *shown)):
            cells = (cut(shown_text(cell), width + 1) for cell, width in zip(row, widths, strict=False))
            padded = (cell + " " * (width - width_of(cell)) for cell, width in zip(cells, widths, strict=True))
            lines.append(f"{'>' if number == selected else ' '} {_GAP.join(padded).rstrip()}")
        return lines, selected


def listing(header: Row, rows: Sequence[Row], name: str | None = None) -> Listing:
    """A list of all rows, with this profile selected."""
    return Listing(header, rows).filtered("", name)


def choose(screen: Screen, found: Listing) -> str:
    """The name of the profile chosen; `Cancelled` for Esc, Ctrl-C and Ctrl-D."""
    while True:
        columns, rows = screen.size
        lines, at = found.lines(columns, max(rows - 4, 1))
        below = f"{len(found.found)} of {len(found.rows)}  Enter takes it  Esc cancels  arrows move  letters filter"
        screen.draw([f"profile: {found.typed}_", *lines, "", below], at + 1)
        key = screen.key(None)
        if key in (ESCAPE, END):
            raise Cancelled("cancelled")
        if key == ENTER and found.name is not None:
            return found.name
        found = found.pressed(key)

"""
The live view of `aws-mfa status --watch`: a list of profiles, drawn again each second, that renews the selected one.

The caller reads the rows and renews. Refuses to end for a failure.
"""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from aws_mfa.aws_values.text import shown_text
from aws_mfa.errors import AwsMfaError
from aws_mfa.prompt.screen import DOWN, END, ENTER, ESCAPE, UP
from aws_mfa.views.choose import BESIDE_ROWS, listing

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from aws_mfa.interfaces import Screen
    from aws_mfa.views.choose import Listing, Row

_HELP = "r renew  R renew even if good  q quit"
_RENEWING = (ENTER, "r", "R")
_MOVES = {"j": DOWN, "k": UP}
_TICK_S = 1.0


def watch(
    screen: Screen,
    read: Callable[[int], tuple[Row, Sequence[Row]]],
    about: Callable[[str | None], Sequence[str]],
    renew: Callable[[str, bool], Sequence[str]],
) -> None:
    """Until q or Ctrl-D. `read`: header, rows. `about`, `renew`: what to say of a profile (flag: even if good)."""
    found = listing(*read(screen.size[0] - BESIDE_ROWS))
    notes: Sequence[str] = ()
    while True:
        lines, at = drawn(found, notes or about(found.name), screen.size)
        screen.draw(lines, at)
        key, name = screen.key(_TICK_S), found.name
        if key in ("q", END):
            return
        if key in _RENEWING and name is not None:
            screen.draw([*lines[:-1], f"renewing {name}"], at)
            with screen.question():
                notes = renew(name, key == "R")
        elif key == ESCAPE:
            notes = ()
        elif key:
            found = found.moved(_MOVES.get(key, key))
        if not key or key in _RENEWING:
            try:
                found = listing(*read(screen.size[0] - BESIDE_ROWS), found.name)
            except AwsMfaError as error:  # a file that is being edited
                notes = error.lines


def drawn(found: Listing, notes: Sequence[str], size: tuple[int, int]) -> tuple[list[str], int]:
    """What is drawn, with a line left for a question; and the number of the selected line."""
    columns, rows = size
    wrapped = [part for note in notes for part in textwrap.wrap(shown_text(note), max(columns - 1, 1))]
    wrapped = wrapped[: max(rows // 2 - 2, 1)]
    lines, at = found.lines(columns, max(rows - len(wrapped) - 4, 1))
    return [*lines, "", *wrapped, _HELP], at

"""
A window of tmux as a picture, in a dark and in a light theme; and what a QR code reader finds in it.

Blocks and blanks are drawn as terminals draw them, every other character as a small box.
"""

from __future__ import annotations

import os
import re
from itertools import pairwise

from needs import needs
from programs import run_program
from real_terminals import Tmux

BLACK, WHITE = 0, 255
THEMES = {"dark": (WHITE, BLACK), "light": (BLACK, WHITE)}  # of the text, of the background
WIDTH, HEIGHT = 4, 8  # of a cell, in pixels
_SEQUENCE = re.compile("\x1b\\[([0-9;]*)m")
_COLOURS = {"16": BLACK, "231": WHITE}
_ROWS_OF_INK = {" ": range(0), "▀": range(HEIGHT // 2), "▄": range(HEIGHT // 2, HEIGHT), "█": range(HEIGHT)}


def picture(window: Tmux, theme: str, columns: int) -> bytes:
    """The whole window as a PGM file."""
    lines = window.does("capture-pane", "-p", "-e", "-N").split("\n")[:-1]
    rows: list[bytes] = []
    style = dict.fromkeys(("38", "48", "7"), "")
    for line in lines:
        cells = _cells(line, style, theme)
        cells += [(" ", *THEMES[theme])] * (columns - len(cells))
        rows += [b"".join(_pixels(*cell, row) for cell in cells[:columns]) for row in range(HEIGHT)]
    return f"P5 {columns * WIDTH} {len(rows)} 255\n".encode() + b"".join(rows)


def _cells(line: str, style: dict[str, str], theme: str) -> list[tuple[str, int, int]]:
    """Each character with the colours of its text and of its background; the style goes on to the next line."""
    found = []
    parts = _SEQUENCE.split(line)
    for number, part in enumerate(parts):
        if number % 2:
            _apply(part, style)
            continue
        ink, paper = THEMES[theme]
        ink, paper = _COLOURS.get(style["38"], ink), _COLOURS.get(style["48"], paper)
        found += [(character, *((paper, ink) if style["7"] else (ink, paper))) for character in part]
    return found


def _apply(sequence: str, style: dict[str, str]) -> None:
    words = sequence.split(";")
    if words[0] in ("", "0"):
        style.update(dict.fromkeys(style, ""))
    style.update({"7": "yes"} if "7" in words[:1] + words[1:2] else {})
    style.update({"7": ""} if "27" in words else {})
    for kind, form in pairwise(words):
        if kind in ("38", "48") and form == "5":
            style[kind] = words[words.index(kind) + 2]
    style.update({"38": ""} if "39" in words else {})
    style.update({"48": ""} if "49" in words else {})


def _pixels(character: str, ink: int, paper: int, row: int) -> bytes:
    """One row of a cell's pixels."""
    if character in _ROWS_OF_INK:
        return bytes([ink if row in _ROWS_OF_INK[character] else paper]) * WIDTH
    return bytes([paper, *[ink if 1 < row < HEIGHT - 1 else paper] * (WIDTH - 2), paper])


def qr_codes_in(image: bytes, folder: str, *, reads_inverted: bool = False) -> list[str]:
    """The texts of the QR codes in the picture; one that is white on black only with `reads_inverted`."""
    needs("zbarimg")
    path = os.path.join(folder, "screen.pgm")
    with open(path, "wb") as file:
        file.write(image)
    flags = ["--set", f"test-inverted={int(reads_inverted)}", "--raw", "--quiet"]
    return run_program(["zbarimg", *flags, path], dict(os.environ)).stdout.splitlines()

"""
The QR code of a new MFA device's seed, drawn with characters. Pure; what it returns is for the terminal only.

In colour it is black on white, whatever the background is. Without colour it is drawn for a dark background, and
inverted for a light one. Without Unicode each module is two blanks wide, so that it is twice as high.

The text in it: https://github.com/google/google-authenticator/wiki/Key-Uri-Format
"""

from __future__ import annotations

import sys
from itertools import groupby
from typing import TYPE_CHECKING
from urllib.parse import quote

import segno

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_mfa.model import Secret

ROWS_BELOW = 2  # what to do with it, and the question
_QUIET_ZONE, _NARROW_QUIET_ZONE = 4, 1  # in modules; four are the standard's
# Of the 256 colours: each theme has another black and white among the first 16.
_BLACK_ON_WHITE, _ON_BLACK, _ON_WHITE = "\x1b[38;5;16;48;5;231m", "\x1b[48;5;16m", "\x1b[48;5;231m"
_REVERSED, _PLAIN = "\x1b[7m", "\x1b[0m"
_HALVES = " ▀▄█"  # by what is inked: 1 the upper module, 2 the lower one


def qr_modules(label: str, seed: Secret) -> list[list[bool]]:
    """What an authenticator app scans, dark modules True, with its quiet zone; `label` names the app's entry."""
    # In parts: base32 alone takes 5.5 bits a character, so that the code fits a terminal of 24 rows.
    parts = [f"otpauth://totp/AWS:{quote(label, safe='@')}?secret=", seed.reveal(), "&issuer=AWS"]
    code = segno.make(parts, error="l", micro=False)  # type: ignore[arg-type]  # segno takes lists; its types do not
    return [[bool(module) for module in row] for row in code.matrix_iter(border=_QUIET_ZONE)]


def drawn(
    modules: Sequence[Sequence[bool]], environ: Mapping[str, str], size: tuple[int, int], *, is_inverted: bool = False
) -> list[str]:
    """The lines that show the modules; [] if the terminal is too narrow. The variables say what it can show."""
    is_windows = sys.platform == "win32"  # where Windows Terminal, which names itself, is sure to have colours
    locale = next(filter(None, map(environ.get, ("LC_ALL", "LC_CTYPE", "LANG"))), "")
    takes_colour = "WT_SESSION" in environ if is_windows else environ.get("TERM", "dumb") != "dumb"
    has_colour = takes_colour and not environ.get("NO_COLOR")
    ink = has_colour != is_inverted  # the modules that a glyph, or a coloured blank, stands for: dark or light
    is_halved = is_windows or "utf" in locale.lower()
    wide, high = (1, 2) if is_halved else (2, 1)
    fits = wide * len(modules) <= size[0] and len(modules) / high + ROWS_BELOW <= size[1]
    cut = 0 if fits else _QUIET_ZONE - _NARROW_QUIET_ZONE
    inked = [[module is ink for module in row[cut : len(row) - cut]] for row in modules[cut : len(modules) - cut]]
    if wide * len(inked) > size[0]:
        return []
    if is_halved:
        inked += [[not ink] * len(inked[0])] * (len(inked) % 2)
        halves = (zip(*rows, strict=True) for rows in zip(inked[::2], inked[1::2], strict=True))
        lines = ["".join(_HALVES[upper + 2 * lower] for upper, lower in row) for row in halves]
        return [f"{_BLACK_ON_WHITE}{line}{_PLAIN}" for line in lines] if has_colour else lines
    on, off = (_ON_BLACK, _ON_WHITE) if has_colour else (_REVERSED, _PLAIN)
    runs_of = ([f"{on if ink else off}{'  ' * len(list(run))}" for ink, run in groupby(row)] for row in inked)
    return [f"{''.join(runs)}{_PLAIN}" for runs in runs_of]

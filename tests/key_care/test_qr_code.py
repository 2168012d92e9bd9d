"""The QR code fits terminals, and what is drawn for one background is the opposite for the other."""

from __future__ import annotations

import pytest

from aws_mfa.key_care.qr_code import Screen, drawn, qr_modules, screen_of
from aws_mfa.model import Secret

SEED = Secret("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567" * 2)  # as long as AWS's
MODULES = qr_modules("ann@123456789012", SEED)


def test_the_code_of_a_short_name_fits_a_terminal_of_24_rows_with_the_question() -> None:
    assert len(drawn(MODULES, Screen(80, 24))) == 23


def test_the_longest_name_fits_80_columns() -> None:
    assert drawn(qr_modules(f"{'n' * 64}@123456789012", SEED), Screen(80, 24)) != []


@pytest.mark.parametrize(("has_unicode", "columns"), [(True, 45), (False, 78)])
def test_a_terminal_that_is_too_narrow_gets_no_part_of_it(columns: int, *, has_unicode: bool) -> None:
    assert drawn(MODULES, Screen(columns, 24, has_unicode=has_unicode)) != []
    assert drawn(MODULES, Screen(columns - 1, 24, has_unicode=has_unicode)) == []


def test_no_escape_sequence_is_needed_without_colour() -> None:
    plain = drawn(MODULES, Screen(80, 24, has_colour=False))
    assert set("".join(plain)) == set(" ▀▄█")
    inverted = drawn(MODULES, Screen(80, 24, has_colour=False), is_inverted=True)
    assert [line.translate(str.maketrans(" ▀▄█", "█▄▀ ")) for line in inverted] == plain


def test_without_unicode_all_is_ascii() -> None:
    for has_colour in (True, False):
        assert "".join(drawn(MODULES, Screen(80, 50, has_colour=has_colour, has_unicode=False))).isascii()


@pytest.mark.parametrize(
    ("environ", "is_windows", "has_colour", "has_unicode"),
    [
        ({"TERM": "xterm", "LANG": "en_US.UTF-8"}, False, True, True),
        ({"TERM": "xterm", "LANG": "en_US.UTF-8", "LC_ALL": "C"}, False, True, False),
        ({"TERM": "xterm", "LC_CTYPE": "C.utf8", "NO_COLOR": "1"}, False, False, True),
        ({"TERM": "dumb"}, False, False, False),
        ({}, True, False, True),
        ({"WT_SESSION": "1"}, True, True, True),
    ],
)
def test_what_a_terminal_shows(
    environ: dict[str, str], *, is_windows: bool, has_colour: bool, has_unicode: bool
) -> None:
    found = screen_of(environ, 80, 24, is_windows=is_windows)
    assert (found.has_colour, found.has_unicode) == (has_colour, has_unicode)

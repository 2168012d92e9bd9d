"""The QR code fits terminals, and what is drawn for one background is the opposite for the other."""

from __future__ import annotations

import sys

import pytest

from aws_mfa.key_care.qr_code import drawn, qr_modules
from aws_mfa.model import Secret

SEED = Secret("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567" * 2)  # as long as AWS's
MODULES = qr_modules("ann@123456789012", SEED)
XTERM = {"TERM": "xterm", "LANG": "en_US.UTF-8"}
ASCII = {**XTERM, "LC_ALL": "C"}
PLAIN = {"NO_COLOR": "1"}


@pytest.fixture(autouse=True)
def on_posix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")


def test_it_fits_a_terminal_of_24_rows_with_what_is_below() -> None:
    """The margin is narrower there."""
    assert (len(drawn(MODULES, XTERM, (80, 25))), len(drawn(MODULES, XTERM, (80, 24)))) == (23, 20)
    assert len(drawn(qr_modules("ann.lee-2@123456789012", SEED), XTERM, (80, 24))) <= 22


def test_the_longest_name_fits_80_columns() -> None:
    assert drawn(qr_modules(f"{'n' * 64}@123456789012", SEED), XTERM, (80, 99)) != []


@pytest.mark.parametrize(("environ", "columns"), [(XTERM, 39), (ASCII, 78)])
def test_a_terminal_that_is_too_narrow_gets_no_part_of_it(environ: dict[str, str], columns: int) -> None:
    assert drawn(MODULES, environ, (columns, 99)) != []
    assert drawn(MODULES, environ, (columns - 1, 99)) == []


def test_no_escape_sequence_is_needed_without_colour() -> None:
    plain = drawn(MODULES, {**XTERM, **PLAIN}, (80, 99))
    assert set("".join(plain)) == set(" ▀▄█")
    inverted = drawn(MODULES, {**XTERM, **PLAIN}, (80, 99), is_inverted=True)
    assert [line.translate(str.maketrans(" ▀▄█", "█▄▀ ")) for line in inverted] == plain


def test_without_unicode_all_is_ascii() -> None:
    for environ in (ASCII, {**ASCII, **PLAIN}):
        assert "".join(drawn(MODULES, environ, (80, 99))).isascii()


@pytest.mark.parametrize(
    ("environ", "platform", "has_colour", "has_unicode"),
    [
        (XTERM, "linux", True, True),
        (ASCII, "linux", True, False),
        ({"TERM": "xterm", "LC_CTYPE": "C.utf8", **PLAIN}, "linux", False, True),
        ({"TERM": "dumb", "LANG": "C.UTF-8"}, "linux", False, True),
        ({}, "win32", False, True),
        ({"WT_SESSION": "1"}, "win32", True, True),
    ],
)
def test_what_a_terminal_shows(
    environ: dict[str, str], platform: str, monkeypatch: pytest.MonkeyPatch, *, has_colour: bool, has_unicode: bool
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    shown = "".join(drawn(MODULES, environ, (80, 99)))
    assert ("\x1b[" in shown, "▀" in shown) == (has_colour, has_unicode)

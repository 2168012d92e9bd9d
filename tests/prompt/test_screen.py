"""Keys as terminals send them, and what is drawn; the screen itself is tested with the commands that use it."""

from __future__ import annotations

import pytest

from aws_mfa.prompt.screen import key_in, picture, read_key


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        *(("a", "a"), ("ä", "ä"), (" ", " "), ("\r", "enter"), ("\n", "enter"), ("\x7f", "backspace")),
        *(("\x1b[A", "up"), ("\x1bOB", "down"), ("\x10", "up"), ("\x0e", "down"), ("\x1b[6~", "page down")),
        *(("\x15", "clear"), ("\x04", "end"), ("\x1b[1;5C", ""), ("\x1b[[A", ""), ("\x1bx", ""), ("\x01", "")),
        *((part, None) for part in ("", "\x1b", "\x1b[", "\x1b[[", "\x1b[1;5", "\x1bO")),
    ],
)
def test_a_key_has_a_name_or_is_a_character(typed: str, key: str | None) -> None:
    assert key_in(typed) == key


@pytest.mark.parametrize(
    ("typed", "keys"),
    [("x\x1b[Ay", ["x", "up", "y"]), ("\x1b", ["escape"]), ("\x1b[[Bq", ["", "q"]), ("\x1b[", [""]), ("", [""])],
)
def test_keys_are_read_one_by_one_and_a_single_escape_is_the_key_esc(typed: str, keys: list[str]) -> None:
    left = list(typed)
    assert [read_key(lambda _: left.pop(0) if left else "", None) for _ in keys] == keys
    assert left == []


def test_lines_are_cut_and_made_safe_and_no_more_than_fit() -> None:
    shown = picture(["a" * 50, "b\x1b[31m\u202e", "\u540d\u524d" * 9, "gone"], 1, (20, 3), inverts=True)
    assert shown.removeprefix("\x1b[?25l\x1b[H").removesuffix("\x1b[J").split("\x1b[K\n") == [
        "a" * 18 + "~", "\x1b[7mb\\x1b[31m\\u202e\x1b[m", ("\u540d\u524d" * 9)[:9] + "~",
    ]  # fmt: skip


def test_without_colours_nothing_is_inverted() -> None:
    assert "\x1b[7m" not in picture(["a"], 0, (20, 3), inverts=False)

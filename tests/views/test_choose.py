"""The list that a person looks through: what keys make of it, and how it is drawn."""

from __future__ import annotations

import pytest

from aws_mfa.errors import Cancelled
from aws_mfa.prompt.typed_line import width_of
from aws_mfa.views.choose import Listing, choose, listing
from fakes import FakeScreen

ROWS = [("prod-admin", "1111", "Admin"), ("dev", "2222", "Developer"), ("Ops\x1b", "1111", "Admin"), ("名前", "", "")]
HEADER = ("profile", "account", "role")


def pressed(*keys: str, found: Listing | None = None) -> Listing:
    found = found or listing(HEADER, ROWS)
    for key in keys:
        found = found.pressed(key)
    return found


@pytest.mark.parametrize(
    ("keys", "names"),
    [
        ("PROD", ["prod-admin"]),
        ("adm 11", ["prod-admin", "Ops\x1b"]),
        ("11 ops", ["Ops\x1b"]),
        ("nothing", []),
        (" ", ["prod-admin", "dev", "Ops\x1b", "名前"]),
    ],
)
def test_every_typed_word_is_looked_for_in_the_whole_row(keys: str, names: list[str]) -> None:
    found = pressed(*keys)
    assert [found.rows[number][0] for number in found.found] == names
    assert found.name == (names[0] if names else None)


def test_backspace_and_clear_find_more_again_and_keep_the_selection() -> None:
    assert pressed(*"opsx", "backspace").name == "Ops\x1b"
    assert pressed(*"ops", "clear").name == "Ops\x1b"
    assert pressed(*"ops", "clear").typed == ""


def test_the_selection_stays_in_the_list() -> None:
    moves = [("up",), ("down",), ("page down",), ("page down", "up"), ("page down", "page up"), ("x", "y", "down")]
    names = [pressed(*keys).name for keys in moves]
    assert names == ["prod-admin", "dev", "名前", "Ops\x1b", "prod-admin", None]


@pytest.mark.parametrize("columns", [1, 10, 40, 80])
@pytest.mark.parametrize("rows", [1, 2, 3, 9])
def test_the_selected_row_is_always_among_those_drawn(columns: int, rows: int) -> None:
    many = [(f"profile-{number}", "名" * 30, "x" * 99) for number in range(7)]
    for number in range(7):
        lines, at = listing(HEADER, many, name=f"profile-{number}").lines(columns, rows)
        assert len(lines) == min(rows, 7) + 1
        assert [line[0] for line in lines] == [">" if here == at else " " for here in range(len(lines))]
        assert lines[at].startswith(f"> profile-{number}"[: columns // 2])


def test_columns_are_aligned_and_names_made_safe() -> None:
    lines, at = listing(HEADER, ROWS, name="dev").lines(80, 20)
    assert (lines[at], at) == ("> dev         2222     Developer", 2)
    assert lines[3] == "  Ops\\x1b     1111     Admin"
    assert lines[4] == "  名前"
    assert width_of(lines[0][: lines[0].index("account")]) == lines[at].index("2222")


def test_enter_takes_the_selected_profile_and_not_an_empty_list() -> None:
    screen = FakeScreen(*"zz", "enter", "clear", "", "down", "enter")
    assert choose(screen, listing(HEADER, ROWS)) == "dev"
    lines = screen.drawn[2].splitlines()
    assert lines[:2] == ["profile: zz_", "  profile  account  role"]
    assert lines[-1] == "0 of 4  Enter takes it  Esc cancels  arrows move  letters filter"


@pytest.mark.parametrize("key", ["escape", "end"])
def test_esc_and_ctrl_d_cancel(key: str) -> None:
    with pytest.raises(Cancelled):
        choose(FakeScreen(key), listing(HEADER, ROWS))

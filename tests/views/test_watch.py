"""The live view: what keys do, what is drawn, and that nothing but a key ends it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from aws_mfa.errors import Cancelled
from aws_mfa.views.choose import listing
from aws_mfa.views.watch import drawn, watch
from fakes import FakeScreen

HEADER = ("profile", "valid until")
NAMES = ["dev", "prod", "prod-eu", "test"]


class Profiles:
    """Rows that count, and renewals that answer with a line."""

    def __init__(self) -> None:
        self.reads = 0
        self.renewed: list[tuple[str, bool]] = []
        self.screen = FakeScreen()
        self.answer = ["renewed"]
        self.about: Callable[[str | None], list[str]] = lambda _: []

    def read(self, _columns: int) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
        self.reads += 1
        return HEADER, [(name, f"read {self.reads}") for name in NAMES]

    def renew(self, name: str, anew: bool) -> list[str]:  # noqa: FBT001
        assert self.screen.is_asking, "the question has the terminal"
        self.renewed.append((name, anew))
        return self.answer

    def watched(self, *keys: str, size: tuple[int, int] = (80, 24)) -> list[str]:
        self.screen = FakeScreen(*keys, "q", size=size)
        watch(self.screen, self.read, self.about, self.renew)
        assert self.screen.keys == []
        return self.screen.drawn


def test_it_is_read_again_each_second_and_not_for_a_key() -> None:
    shown = Profiles().watched("", "j", "")
    assert [picture.splitlines()[1].split()[-1] for picture in shown] == ["1<", "2<", "2", "3"]
    assert shown[-1].splitlines()[2] == "> prod     read 3<", "the selection is the profile's"
    assert shown[-1].splitlines()[-1] == "r renew  R renew even if good  q quit"


def test_keys_move_and_renew_the_selected_profile() -> None:
    profiles = Profiles()
    profiles.watched("r", "j", "enter", "down", "R", "k", "k", "k", "r")
    assert profiles.renewed == [("dev", False), ("prod", False), ("prod-eu", True), ("dev", False)]


def test_what_a_renewal_says_is_below_the_list_until_esc() -> None:
    profiles = Profiles()
    profiles.answer = ["prod: no: " + "why " * 30, "hint: do\x1b that"]
    shown = profiles.watched("j", "r", "", "escape")
    assert shown[2].splitlines()[-1] == "renewing prod"
    assert shown[3].splitlines()[-4].startswith("prod: no: why")
    assert shown[3].splitlines()[-2] == "hint: do\\x1b that"
    assert shown[4].splitlines()[-2] == shown[3].splitlines()[-2]
    assert "hint" not in shown[5]


def test_what_there_is_to_say_about_the_selected_profile_is_below_the_list() -> None:
    profiles = Profiles()
    profiles.about = lambda name: [f"{name} is broken"] if name == "prod" else []
    shown = profiles.watched("j", "r", "escape", "k")
    assert ["prod is broken" in picture for picture in shown] == [False, True, True, False, True, False]


def test_ctrl_d_ends_it_and_ctrl_c_cancels() -> None:
    profiles = Profiles()
    watch(FakeScreen("end"), profiles.read, profiles.about, profiles.renew)
    with pytest.raises(Cancelled):
        watch(FakeScreen(), profiles.read, profiles.about, profiles.renew)


@pytest.mark.parametrize("columns", [1, 20, 40, 120])
@pytest.mark.parametrize("rows", [1, 3, 6, 24])
def test_the_selected_row_is_drawn_in_every_window(columns: int, rows: int) -> None:
    found = listing(HEADER, [(f"p{number}", "x" * 99) for number in range(50)], name="p40")
    lines, at = drawn(found, ["note " * 40], (columns, rows))
    assert lines[at].startswith(f"> {'p40'[: columns // 2]}")
    assert len(lines) < max(rows, 6)


def test_no_profile_is_no_failure() -> None:
    profiles = Profiles()
    screen = FakeScreen("r", "j", "q")
    watch(screen, lambda _: (HEADER, []), profiles.about, profiles.renew)
    assert profiles.renewed == []

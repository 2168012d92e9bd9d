"""Who is asked through which doors: those for a program that owns the terminal, and those for nobody."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from adapters.test_age_file import QuickAge
from aws_mfa.adapters import age_file
from aws_mfa.adapters.terminal import NoTerminal
from aws_mfa.cli import wiring_ground, wiring_stores
from aws_mfa.cli.wiring import RealOutside
from aws_mfa.errors import KeychainUnavailable, NeedsHuman
from aws_mfa.model import Secret, Session
from fakes import KEYS, FakeTerminal

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_mfa.adapters.keychain import IdentityItem
    from aws_mfa.model import LongTermKeys
    from aws_mfa.workflows.outside import Outside

SECTION = "work-long-term"
AWAY: list[Callable[[RealOutside], RealOutside]] = [
    lambda outside: outside.away_from_terminal(),
    lambda outside: outside.unattended(),
]


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> FakeTerminal:
    """The terminal that this process would find, whose human knows the passphrase."""
    terminal = FakeTerminal(*["open sesame"] * 9)
    monkeypatch.setattr(wiring_ground, "choose_terminal", lambda **_: terminal)
    return terminal


@pytest.fixture
def environ(home: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """A home whose age vault holds keys."""
    environ = {"HOME": home, "PATH": os.environ["PATH"]}
    monkeypatch.setattr(age_file, "passphrase", QuickAge())
    command = {"AWS_MFA_AGE_PASSPHRASE_COMMAND": "echo open sesame"}
    RealOutside(environ={**environ, **command}).vault("age").store(SECTION, KEYS)
    return environ


def keys_in(outside: Outside) -> LongTermKeys | None:
    return outside.vault("age").load(SECTION)


@pytest.mark.parametrize("away", AWAY)
@pytest.mark.parametrize("is_open", [False, True])
def test_away_from_the_terminal_no_passphrase_is_asked_for(
    terminal: FakeTerminal, environ: dict[str, str], away: Callable[[RealOutside], RealOutside], *, is_open: bool
) -> None:
    """Also where the vault's door was open before, with the terminal behind it."""
    outside = RealOutside(environ=environ)
    if is_open:
        outside.vault("age")
    with pytest.raises(NeedsHuman, match="passphrase"):
        keys_in(away(outside))
    assert terminal.questions == []
    with pytest.raises(NeedsHuman):
        away(outside).with_code_providers([]).terminal.ask("MFA code: ")


@pytest.mark.parametrize("away", AWAY)
def test_a_passphrase_that_was_given_is_known_away_from_the_terminal(
    terminal: FakeTerminal, environ: dict[str, str], away: Callable[[RealOutside], RealOutside]
) -> None:
    outside = RealOutside(environ=environ)
    twin = away(outside)
    assert keys_in(outside.with_code_providers([])) is not None
    assert keys_in(twin) is not None
    assert len(terminal.questions) == 1


def test_no_input_asks_nobody_and_a_command_gives_the_passphrase(
    terminal: FakeTerminal, environ: dict[str, str]
) -> None:
    with pytest.raises(NeedsHuman, match="passphrase"):
        keys_in(RealOutside(environ=environ, never_asks=True))
    environ["AWS_MFA_AGE_PASSPHRASE_COMMAND"] = "echo open sesame"
    assert keys_in(RealOutside(environ=environ, never_asks=True)) is not None
    assert terminal.questions == []


@pytest.mark.usefixtures("terminal")
def test_a_keychain_may_ask_by_its_window_while_a_child_owns_the_terminal_and_nowhere_else(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[bool] = []
    monkeypatch.setattr("aws_mfa.adapters.keychain.open_keychain", lambda *_, may_ask, **__: asked.append(may_ask))
    monkeypatch.setattr(wiring_stores, "open_seal", lambda *_, may_ask: asked.append(may_ask))
    outside = RealOutside(environ=environ)
    for doors in (outside, outside.away_from_terminal(), outside.unattended(), RealOutside(never_asks=True)):
        doors.vault("keychain")
        doors._open_seal()
    assert asked == [True, True, True, True, False, False, False, False]


@pytest.mark.usefixtures("terminal")
def test_what_is_sealed_is_opened_without_a_window_by_nobody_also_when_it_was_opened_with_one(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server at night waits for no window, whatever it did while somebody was there."""
    asked: list[bool] = []

    def open_identity_item(_environ: object, *, may_ask: bool) -> IdentityItem:
        asked.append(may_ask)
        raise KeychainUnavailable("it is locked")

    monkeypatch.setattr("aws_mfa.adapters.keychain.open_identity_item", open_identity_item)
    outside = RealOutside(environ={**environ, "AWS_MFA_SESSION_STORE": "sealed"})
    session = Session("ASIA", Secret("secret"), Secret("token"), outside.now() + 3600)
    doors = (outside, outside.unattended(), outside.away_from_terminal(), outside.with_code_providers([]).unattended())
    for one in doors:
        assert not one.session_cache.store("work", {}, session)
    assert asked == [True, False, True, False]


@pytest.mark.parametrize("away", AWAY)
def test_of_the_session_cache_nothing_is_said_on_the_terminal_that_is_away(
    terminal: FakeTerminal, environ: dict[str, str], away: Callable[[RealOutside], RealOutside]
) -> None:
    outside = RealOutside(environ=environ)
    session = Session("\ud800", Secret("secret"), Secret("token"), outside.now() + 3600)
    for doors in (outside, away(outside)):
        assert not doors.session_cache.store("work", {}, session)
        assert len(terminal.said) == 1


@pytest.mark.usefixtures("terminal")
@pytest.mark.parametrize("away", AWAY)
def test_a_twin_begins_with_every_door_closed(
    environ: dict[str, str], away: Callable[[RealOutside], RealOutside]
) -> None:
    outside = RealOutside(environ=environ)
    first = set(vars(outside))
    for name in dir(type(outside)):
        getattr(outside, name)
    assert len(vars(outside)) > len(first) + 10
    assert set(vars(away(outside))) == first


def test_the_unattended_doors_are_the_same_each_time(environ: dict[str, str]) -> None:
    """A keychain that hung is not asked again."""
    outside = RealOutside(environ=environ)
    assert outside.unattended() is outside.unattended()
    assert outside.unattended().unattended() is outside.unattended()
    assert isinstance(outside.away_from_terminal().unattended().terminal, NoTerminal)

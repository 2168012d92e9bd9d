"""Who may be asked: while another program owns the terminal, and in work that asks no one."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from adapters.test_age_file import QuickAge
from aws_mfa.adapters import age_file
from aws_mfa.adapters.terminal import NoTerminal
from aws_mfa.cli import wiring
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
    lambda outside: outside.replaced(away_from_terminal=True),
    lambda outside: outside.replaced(unattended=True),
]


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> FakeTerminal:
    """The terminal that this process would find, whose human knows the passphrase."""
    terminal = FakeTerminal(*["open sesame"] * 9)
    monkeypatch.setattr(wiring, "choose_terminal", lambda **_: terminal)
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
    """Also where the vault was open before, and would ask at the terminal."""
    outside = RealOutside(environ=environ)
    if is_open:
        outside.vault("age")
    with pytest.raises(NeedsHuman, match="passphrase"):
        keys_in(away(outside))
    assert terminal.questions == []
    with pytest.raises(NeedsHuman):
        away(outside).replaced(code_providers=[]).terminal.ask("MFA code: ")


@pytest.mark.parametrize("away", AWAY)
def test_a_passphrase_that_was_given_is_known_away_from_the_terminal(
    terminal: FakeTerminal, environ: dict[str, str], away: Callable[[RealOutside], RealOutside]
) -> None:
    outside = RealOutside(environ=environ)
    away_copy = away(outside)
    assert keys_in(outside.replaced(code_providers=[])) is not None
    assert keys_in(away_copy) is not None
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
    monkeypatch.setattr(wiring, "open_seal", lambda *_, may_ask: asked.append(may_ask))
    outside = RealOutside(environ=environ)
    for one in (
        outside,
        outside.replaced(away_from_terminal=True),
        outside.replaced(unattended=True),
        RealOutside(never_asks=True),
    ):
        one.vault("keychain")
        one._open_seal()
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
    copies = (
        outside,
        outside.replaced(unattended=True),
        outside.replaced(away_from_terminal=True),
        outside.replaced(code_providers=[]).replaced(unattended=True),
    )
    for one in copies:
        assert not one.session_cache.store("work", {}, session)
    assert asked == [True, False, True, False]


@pytest.mark.parametrize("away", AWAY)
def test_of_the_session_cache_nothing_is_said_on_the_terminal_that_is_away(
    terminal: FakeTerminal, environ: dict[str, str], away: Callable[[RealOutside], RealOutside]
) -> None:
    outside = RealOutside(environ=environ)
    session = Session("\ud800", Secret("secret"), Secret("token"), outside.now() + 3600)
    for one in (outside, away(outside)):
        assert not one.session_cache.store("work", {}, session)
        assert len(terminal.said) == 1


@pytest.mark.usefixtures("terminal")
@pytest.mark.parametrize("away", AWAY)
def test_a_copy_that_asks_other_people_opens_its_parts_anew(
    environ: dict[str, str], away: Callable[[RealOutside], RealOutside]
) -> None:
    outside = RealOutside(environ=environ)
    first = set(vars(outside))
    for name in dir(type(outside)):
        getattr(outside, name)
    assert len(vars(outside)) > len(first) + 10
    assert set(vars(away(outside))) == first


def test_the_unattended_copy_is_the_same_each_time(environ: dict[str, str]) -> None:
    """A keychain that hung is not asked again."""
    outside = RealOutside(environ=environ)
    assert outside.replaced(unattended=True) is outside.replaced(unattended=True)
    assert outside.replaced(unattended=True).replaced(unattended=True) is outside.replaced(unattended=True)
    assert isinstance(outside.replaced(away_from_terminal=True).replaced(unattended=True).terminal, NoTerminal)

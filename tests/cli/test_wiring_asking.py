"""Who may be asked: while another program owns the terminal, and in work that asks no one."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable

import pytest

from aws_mfa.cli import wiring
from aws_mfa.cli.wiring import RealInterfaces
from aws_mfa.errors import KeychainUnavailable, NeedsHuman, Unreachable
from aws_mfa.interfaces import Interfaces
from aws_mfa.model import LongTermKeys, Secret, Session
from aws_mfa.prompt.terminal import NoTerminal
from aws_mfa.system.locks import lock
from aws_mfa.vaults.keychain.vault import IdentityItem
from fakes import KEYS, FakeTerminal
from vaults.test_age import with_fake_age

SECTION = "work-long-term"
AWAY: list[Callable[[RealInterfaces], RealInterfaces]] = [
    lambda interfaces: interfaces.replaced(away_from_terminal=True),
    lambda interfaces: interfaces.replaced(unattended=True),
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
    with_fake_age(monkeypatch)
    command = {"AWS_MFA_AGE_PASSPHRASE_COMMAND": "echo open sesame"}
    RealInterfaces(environ={**environ, **command}).vault("age").store(SECTION, KEYS)
    return environ


def keys_in(interfaces: Interfaces) -> LongTermKeys | None:
    return interfaces.vault("age").load(SECTION)


@pytest.mark.parametrize("away", AWAY)
@pytest.mark.parametrize("is_open", [False, True])
def test_away_from_the_terminal_no_passphrase_is_asked_for(
    terminal: FakeTerminal, environ: dict[str, str], away: Callable[[RealInterfaces], RealInterfaces], *, is_open: bool
) -> None:
    """Also where the vault was open before, and would ask at the terminal."""
    interfaces = RealInterfaces(environ=environ)
    if is_open:
        interfaces.vault("age")
    with pytest.raises(NeedsHuman, match="passphrase"):
        keys_in(away(interfaces))
    assert terminal.questions == []
    with pytest.raises(NeedsHuman):
        away(interfaces).replaced(code_providers=[]).terminal.ask("MFA code: ")


@pytest.mark.parametrize("away", AWAY)
def test_a_passphrase_that_was_given_is_known_away_from_the_terminal(
    terminal: FakeTerminal, environ: dict[str, str], away: Callable[[RealInterfaces], RealInterfaces]
) -> None:
    interfaces = RealInterfaces(environ=environ)
    away_copy = away(interfaces)
    assert keys_in(interfaces.replaced(code_providers=[])) is not None
    assert keys_in(away_copy) is not None
    assert len(terminal.questions) == 1


def test_no_input_asks_nothing_a_command_gives_the_passphrase(terminal: FakeTerminal, environ: dict[str, str]) -> None:
    with pytest.raises(NeedsHuman, match="passphrase"):
        keys_in(RealInterfaces(environ=environ, never_asks=True))
    environ["AWS_MFA_AGE_PASSPHRASE_COMMAND"] = "echo open sesame"
    assert keys_in(RealInterfaces(environ=environ, never_asks=True)) is not None
    assert terminal.questions == []


@pytest.mark.usefixtures("terminal")
def test_a_keychain_may_ask_by_its_window_while_a_child_owns_the_terminal_and_nowhere_else(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[bool] = []
    monkeypatch.setattr("aws_mfa.vaults.keychain.vault.open_keychain", lambda *_, may_ask, **__: asked.append(may_ask))
    monkeypatch.setattr(wiring, "open_seal", lambda *_, may_ask: asked.append(may_ask))
    interfaces = RealInterfaces(environ=environ)
    for one in (
        interfaces,
        interfaces.replaced(away_from_terminal=True),
        interfaces.replaced(unattended=True),
        RealInterfaces(never_asks=True),
    ):
        one.vault("keychain")
        one._open_seal()
    assert asked == [True, True, True, True, False, False, False, False]


@pytest.mark.usefixtures("terminal")
def test_an_unattended_copy_opens_the_seal_without_a_window_even_if_one_was_shown_before(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server at night waits for no window, even if a person unlocked the keychain before."""
    asked: list[bool] = []

    def open_identity_item(_environ: object, *, may_ask: bool) -> IdentityItem:
        asked.append(may_ask)
        raise KeychainUnavailable("it is locked")

    monkeypatch.setattr("aws_mfa.vaults.keychain.vault.open_identity_item", open_identity_item)
    interfaces = RealInterfaces(environ={**environ, "AWS_MFA_SESSION_STORE": "sealed"})
    session = Session("ASIA", Secret("secret"), Secret("token"), interfaces.now() + 3600)
    copies = (
        interfaces,
        interfaces.replaced(unattended=True),
        interfaces.replaced(away_from_terminal=True),
        interfaces.replaced(code_providers=[]).replaced(unattended=True),
    )
    for one in copies:
        assert not one.session_cache.store("work", {}, session)
    assert asked == [True, False, True, False]


@pytest.mark.parametrize("away", AWAY)
def test_the_session_cache_prints_nothing_on_the_terminal(
    terminal: FakeTerminal,
    environ: dict[str, str],
    away: Callable[[RealInterfaces], RealInterfaces],
    capsys: pytest.CaptureFixture[str],
) -> None:
    interfaces = RealInterfaces(environ=environ)
    session = Session("\ud800", Secret("secret"), Secret("token"), interfaces.now() + 3600)
    for one in (interfaces, away(interfaces)):
        assert not one.session_cache.store("work", {}, session)
        assert (terminal.said, capsys.readouterr().err.count("\n")) == ([], 1)


@pytest.mark.usefixtures("terminal")
@pytest.mark.parametrize("away", AWAY)
def test_a_copy_that_asks_other_people_opens_its_parts_anew(
    environ: dict[str, str], away: Callable[[RealInterfaces], RealInterfaces]
) -> None:
    interfaces = RealInterfaces(environ=environ)
    first = set(vars(interfaces))
    for name in dir(type(interfaces)):
        getattr(interfaces, name)
    assert len(vars(interfaces)) > len(first) + 10
    assert set(vars(away(interfaces))) == first


def test_the_unattended_copy_is_the_same_each_time(environ: dict[str, str]) -> None:
    """A keychain that hung is not asked again."""
    interfaces = RealInterfaces(environ=environ)
    assert interfaces.replaced(unattended=True) is interfaces.replaced(unattended=True)
    assert interfaces.replaced(unattended=True).replaced(unattended=True) is interfaces.replaced(unattended=True)
    assert isinstance(interfaces.replaced(away_from_terminal=True).replaced(unattended=True).terminal, NoTerminal)


def test_one_process_at_a_time_makes_the_call_for_a_session_if_there_can_be_a_lock(home: str) -> None:
    interfaces = RealInterfaces(environ={"HOME": home, "USERPROFILE": home})
    folder = os.path.join(home, ".aws", "mfa", "prompt-locks")
    with RealInterfaces(environ={**interfaces.environ, "AWS_MFA_SESSION_STORE": "none"}).one_caller("dev"):
        assert not os.path.exists(folder), "where nothing is stored, no other process could use the session"
    with interfaces.one_caller("dev"):
        (name,) = os.listdir(folder)
        with pytest.raises(Unreachable), lock(os.path.join(folder, name), timeout_s=0):
            pass
    with lock(os.path.join(folder, name), timeout_s=0):
        pass
    shutil.rmtree(folder)
    with open(folder, "w", encoding="utf-8"):
        pass
    with interfaces.one_caller("dev"):
        assert os.path.isfile(folder)


@pytest.mark.parametrize(
    ("flag", "variables", "has_terminal", "reader"),
    [
        ("ci", {}, True, None),
        ("ci", {}, False, "ci"),
        ("ci", {"CLAUDECODE": "1"}, True, "ci"),
        (None, {"CLAUDECODE": "1"}, True, "claude-code"),
        (None, {}, False, None),
    ],
)
def test_a_person_at_a_terminal_who_asks_for_an_agent_is_no_agent(
    monkeypatch: pytest.MonkeyPatch,
    flag: str | None,
    variables: dict[str, str],
    *,
    has_terminal: bool,
    reader: str | None,
) -> None:
    monkeypatch.setattr(wiring, "own_terminal", lambda: "/dev/tty" if has_terminal else None)
    interfaces = RealInterfaces(environ=variables, given_agent=flag)
    assert interfaces.reading_agent == reader
    assert interfaces.agent == (flag or reader)

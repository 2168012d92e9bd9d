"""Sealed sessions with a real keychain and the real `age`."""

from __future__ import annotations

import json
import os
import sys

import pytest

from aws_mfa.errors import KeychainUnavailable
from aws_mfa.model import LongTermKeys, Secret, Session
from aws_mfa.sessions.cache import SessionCache
from aws_mfa.sessions.inputs import stored_name
from aws_mfa.sessions.stores import open_stores
from aws_mfa.vaults.keychain.vault import WAITING, open_identity_item, open_keychain
from aws_mfa.vaults.seal import AgeSeal
from needs import needs
from programs import output_of, start_program
from real_keychains import RealKeychain, a_bus, gnome_keyring

pytestmark = [pytest.mark.real, pytest.mark.skipif(sys.platform != "linux", reason="keychains of Linux desktops")]

__all__ = ["gnome_keyring"]  # a fixture

NOW = 1795327399.0
INPUTS = {"access_key_id": "AKIAIOSFODNN7EXAMPLE"}
SESSION = Session("ASIAIOSFODNN7EXAMPLE", Secret("wJalrXUtnFEMI"), Secret("IQoJb3Jp"), NOW + 3600)

STORE_AT_ONCE = """
import os, sys
from aws_mfa.vaults.seal import AgeSeal
from aws_mfa.vaults.keychain.vault import open_identity_item
from aws_mfa.sessions.cache import SessionCache
from aws_mfa.sessions.stores import open_stores
from aws_mfa.model import Secret, Session
state = os.environ["HOME"] + "/.aws/mfa"
stores = open_stores(os.environ, state, lambda: AgeSeal(open_identity_item(os.environ), state + "/session-store.lock"))
cache = SessionCache(stores, now=lambda: 0.0, say=print)
cache.store(sys.argv[1], {}, Session("ASIA1", Secret("s"), Secret("t"), 3600.0))
"""


def state_of(session: RealKeychain) -> str:
    return os.path.join(session.home, ".aws", "mfa")


def cache_of(session: RealKeychain, said: list[str], store: str = "sealed", now: float = NOW) -> SessionCache:
    """The cache in a process that has just started in that session."""
    stores = open_stores(
        {"AWS_MFA_SESSION_STORE": store},
        state_of(session),
        lambda: AgeSeal(open_identity_item(session.environ), os.path.join(state_of(session), "session-store.lock")),
    )
    return SessionCache(stores, now=lambda: now, say=said.append)


def keyring(session: RealKeychain, *arguments: str) -> str:
    return output_of([sys.executable, "-m", "keyring", *arguments], session.environ).strip()


def test_a_sealed_session_is_opened_by_the_next_process_and_by_age_itself(gnome_keyring: RealKeychain) -> None:
    """So users can read what is stored without this tool."""
    needs("age")
    said: list[str] = []
    cache_of(gnome_keyring, said).store("work", INPUTS, SESSION)
    found = cache_of(gnome_keyring, said).find("work", INPUTS)
    assert found is not None
    assert found.session().secret_access_key.reveal() == "wJalrXUtnFEMI"
    item = json.loads(keyring(gnome_keyring, "get", "aws-mfa", "[session-store]"))
    identity = gnome_keyring.write("identity", item["age_identity"] + "\n")
    path = os.path.join(state_of(gnome_keyring), "sessions", f"session-{stored_name('work', INPUTS)}.age")
    with open(path, "rb") as file:
        head, _, sealed = file.read().partition(b"\n\n")
    assert head == b"aws-mfa sealed session 1\nexpires = 2026-11-22T07:03:19Z\nrole = "
    with open(path, "wb") as file:
        file.write(sealed)
    opened = output_of(["age", "-d", "-i", identity, path], os.environ)
    assert opened.startswith("aws-mfa session 1\nexpires = ")
    assert said == []


def test_processes_that_begin_at_once_share_one_identity(gnome_keyring: RealKeychain) -> None:
    """Else what all but the last of them sealed could not be opened."""
    environ = {**gnome_keyring.environ, "AWS_MFA_SESSION_STORE": "sealed"}
    labels = ["a", "b", "c", "d", "e"]
    workers = [start_program([sys.executable, "-c", STORE_AT_ONCE, label], environ) for label in labels]
    assert [worker.communicate(timeout=60) for worker in workers] == [("", "")] * len(labels)
    said: list[str] = []
    cache = cache_of(gnome_keyring, said, now=0.0)
    assert all(cache.find(label, {}) is not None for label in labels)
    assert said == []


def test_removing_the_item_ends_every_sealed_session(gnome_keyring: RealKeychain) -> None:
    said: list[str] = []
    cache_of(gnome_keyring, said).store("work", INPUTS, SESSION)
    keyring(gnome_keyring, "del", "aws-mfa", "[session-store]")
    assert cache_of(gnome_keyring, said).find("work", INPUTS) is None
    assert said == ["dropped the stored session of 'work': it is sealed, and the keychain no longer has what opens it"]


def test_a_locked_keychain_is_reported_and_nothing_plain_is_written(gnome_keyring: RealKeychain) -> None:
    said: list[str] = []
    cache_of(gnome_keyring, said, store="").store("work", INPUTS, SESSION)
    gnome_keyring.lock()
    cache = cache_of(gnome_keyring, said, store="")
    assert cache.find("work", INPUTS) is None
    cache.store("home", INPUTS, SESSION)
    assert len(said) == 2
    assert all("the keychain is locked" in line for line in said)
    sessions = os.listdir(os.path.join(state_of(gnome_keyring), "sessions"))
    assert [name for name in sessions if name.startswith("session-")] == [f"session-{stored_name('work', INPUTS)}.age"]


@pytest.mark.parametrize(("may_ask", "printed"), [(True, f"{WAITING}\n"), (False, "")])
def test_a_keychain_that_hangs_is_named_before_the_limit_ends_the_wait(
    gnome_keyring: RealKeychain, capfd: pytest.CaptureFixture[str], *, may_ask: bool, printed: str
) -> None:
    """The hot path opens it first, where nothing else has printed a word."""
    gnome_keyring.freeze()
    item = open_identity_item(gnome_keyring.environ, may_ask=may_ask)
    item._time_limit_s = 4.0
    with pytest.raises(KeychainUnavailable, match="did not answer within 4 s"):
        item.identity()
    assert capfd.readouterr().err == printed


def test_keys_of_a_section_with_the_items_name_are_stored_beside_the_identity(gnome_keyring: RealKeychain) -> None:
    said: list[str] = []
    cache_of(gnome_keyring, said).store("work", INPUTS, SESSION)
    vault = open_keychain(gnome_keyring.environ)
    vault.store("[session-store]", LongTermKeys("AKIAIOSFODNN7EXAMPLE", Secret("s")))
    assert cache_of(gnome_keyring, said).find("work", INPUTS) is not None
    assert vault.load("[session-store]") is not None
    assert said == []


def test_without_any_keychain_the_default_is_plain_and_says_so() -> None:
    said: list[str] = []
    with a_bus() as session:
        cache_of(session, said, store="").store("work", INPUTS, SESSION)
        assert cache_of(session, said, store="").find("work", INPUTS) is not None
        folder = os.path.join(state_of(session), "sessions")
        assert said == [
            f"no runtime folder and no keychain here: sessions are stored in {folder} (0600, not encrypted)"
        ]

from __future__ import annotations

import itertools
import json
import shlex
import signal
import threading
import time
from collections.abc import Callable
from functools import partial
from types import SimpleNamespace

import pytest

from aws_mfa.errors import KeychainUnavailable, NotSetUp
from aws_mfa.interfaces import Vault
from aws_mfa.model import LongTermKeys, Secret
from aws_mfa.system import threads as this_machine
from aws_mfa.vaults.keychain.failures import absent
from aws_mfa.vaults.keychain.vault import CHECK_USER, Keychain

KEYS = LongTermKeys("AKIAIOSFODNN7EXAMPLE", Secret("wJalrXUtnFEMI/K7MDENG"))
OTHER_KEYS = LongTermKeys("AKIAI44QH8DHBEXAMPLE", Secret("je7MtGbClwBF/2Zp9Utk"))
LABEL = ("aws-mfa", "work-long-term")


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aws_mfa.vaults.keychain.vault._PAUSES_S", (0, 0))


class DictBackend:
    """A keychain in memory that counts what is written."""

    name = "a dict"
    asks = False
    replaces_in_place = True

    def __init__(self) -> None:
        self.items: dict[tuple[str, str], str] = {}
        self.writes = 0

    def forgets(self) -> bool:
        return False

    def get(self, service: str, user: str) -> str | None:
        return self.items.get((service, user))

    find = get

    def set(self, service: str, user: str, value: str) -> None:
        self.writes += 1
        self.items[service, user] = value

    def delete(self, service: str, user: str) -> None:
        # As keyring does: deleting what is not there is an error.
        del self.items[service, user]


class CaseFolding(DictBackend):
    """As file backends on a file system that ignores case."""

    def get(self, service: str, user: str) -> str | None:
        return super().get(service, user.lower())

    def set(self, service: str, user: str, value: str) -> None:
        super().set(service, user.lower(), value)

    def delete(self, service: str, user: str) -> None:
        super().delete(service, user.lower())


class Forgetful(DictBackend):
    """As keyring's `null`: everything succeeds and nothing is kept."""

    def set(self, service: str, user: str, value: str) -> None:
        self.writes += 1


class Undeletable(DictBackend):
    """Removes nothing."""

    def delete(self, service: str, user: str) -> None:
        pass


class Raising(DictBackend):
    """Fails with whatever it is given."""

    def __init__(self, error: BaseException) -> None:
        super().__init__()
        self.error = error

    def get(self, service: str, user: str) -> str | None:
        raise self.error


class Frozen(DictBackend):
    """Answers when it is thawed, too late."""

    def __init__(self, *, asks: bool = False) -> None:
        super().__init__()
        self.asks = asks
        self.thawed = threading.Event()
        self.calls = 0

    def get(self, service: str, user: str) -> str | None:
        self.calls += 1
        self.thawed.wait()
        return None


def keychain(backend: DictBackend, time_limit_s: float | None = 5.0) -> Keychain:
    return Keychain(lambda: backend, time_limit_s=time_limit_s)


def holds(vault: Vault, keys: LongTermKeys) -> bool:
    """Whether the vault has these keys; every `Keychain` here is passed as a `Vault`."""
    found = vault.load("work-long-term")
    return found is not None and found.matches(keys)


def test_keys_are_stored_as_one_line_of_json_under_the_sections_name() -> None:
    backend = DictBackend()
    keychain(backend).store("work-long-term", KEYS)
    assert json.loads(backend.items[LABEL]) == {
        "v": 1,
        "section": "work-long-term",
        "aws_access_key_id": "AKIAIOSFODNN7EXAMPLE",
        "aws_secret_access_key": "wJalrXUtnFEMI/K7MDENG",
    }
    assert "\n" not in backend.items[LABEL]


def test_what_is_stored_is_loaded_and_the_same_keys_are_not_written_again() -> None:
    """At every write macOS revokes "Always Allow"."""
    backend = DictBackend()
    vault = keychain(backend)
    vault.store("work-long-term", KEYS)
    assert vault.name == "keychain"
    assert holds(vault, KEYS)
    assert vault.load("home-long-term") is None
    vault.store("work-long-term", KEYS)
    assert backend.writes == 1


def test_further_fields_of_an_item_survive_new_keys() -> None:
    backend = DictBackend()
    vault = keychain(backend)
    vault.store("work-long-term", KEYS)
    backend.items[LABEL] = json.dumps({**json.loads(backend.items[LABEL]), "device": "GAHT12345678"})
    vault.store("work-long-term", OTHER_KEYS)
    stored = json.loads(backend.items[LABEL])
    assert (stored["device"], stored["aws_access_key_id"]) == ("GAHT12345678", "AKIAI44QH8DHBEXAMPLE")


def test_a_second_pair_is_exchanged_in_one_write_and_not_lost() -> None:
    backend = DictBackend()
    vault = keychain(backend)
    vault.store("work-long-term", KEYS)
    vault.store_next("work-long-term", OTHER_KEYS)
    writes = backend.writes
    vault.exchange("work-long-term")
    beside = vault.load_next("work-long-term")
    assert backend.writes == writes + 1
    assert beside is not None
    assert (holds(vault, OTHER_KEYS), beside.matches(KEYS)) == (True, True)
    for change in (partial(vault.store, "work-long-term", KEYS), partial(vault.remove, "work-long-term")):
        with pytest.raises(NotSetUp, match="the rotation of work-long-term is not over"):
            change()
    vault.store_next("work-long-term", None)
    assert vault.load_next("work-long-term") is None


def test_a_keychain_that_loses_what_is_written_is_noticed() -> None:
    with pytest.raises(KeychainUnavailable, match="did not give back what was written"):
        keychain(Forgetful()).store("work-long-term", KEYS)
    with pytest.raises(KeychainUnavailable, match="did not give back what was written"):
        keychain(Forgetful()).check()


class Slow(DictBackend):
    """Answers before it has written, as KWallet on a busy machine; the second read finds it."""

    def __init__(self) -> None:
        super().__init__()
        self.late: dict[tuple[str, str], str] = {}

    def set(self, service: str, user: str, value: str) -> None:
        self.late[service, user] = value

    def get(self, service: str, user: str) -> str | None:
        found = super().get(service, user)
        self.items.update(self.late)
        return found


def test_a_keychain_that_writes_a_moment_later_has_written() -> None:
    backend = Slow()
    keychain(backend).store("work-long-term", KEYS)
    assert holds(keychain(backend), KEYS)


class CutShort(DictBackend):
    """One write is cut; the next would succeed."""

    def set(self, service: str, user: str, value: str) -> None:
        self.writes += 1
        self.items[service, user] = value if self.writes != 2 else value[:20]


def test_a_write_that_goes_wrong_leaves_the_old_keys() -> None:
    backend = CutShort()
    keychain(backend).store("work-long-term", KEYS)
    with pytest.raises(KeychainUnavailable, match="did not give back"):
        keychain(backend).store("work-long-term", OTHER_KEYS)
    assert holds(keychain(backend), KEYS)


class Killed(BaseException):
    """The process ends here."""


class DeletesFirst(DictBackend):
    """As keyring's macOS backend: `set` deletes the item, then adds it. The step `fails_at` fails; killed, all do."""

    replaces_in_place = False

    def __init__(self, error: BaseException | None = None) -> None:
        super().__init__()
        self.error = error
        self.steps, self.fails_at = 0, 0

    def _step(self) -> None:
        self.steps += 1
        is_killed = isinstance(self.error, Killed) and self.steps > self.fails_at > 0
        if self.error is not None and (self.steps == self.fails_at or is_killed):
            raise self.error

    def set(self, service: str, user: str, value: str) -> None:
        self._step()
        self.items.pop((service, user), None)
        self._step()
        super().set(service, user, value)

    def delete(self, service: str, user: str) -> None:
        self._step()
        super().delete(service, user)


def pairs(vault: Keychain) -> tuple[str, str | None]:
    """The ids of the keys and of the second pair."""
    keys, beside = vault.load("work-long-term"), vault.load_next("work-long-term")
    assert keys is not None
    return keys.access_key_id, beside.access_key_id if beside else None


@pytest.mark.parametrize("fails_at", range(1, 6))
@pytest.mark.parametrize("is_exchange", [False, True])
@pytest.mark.parametrize("error", [Killed(), RuntimeError("denied")])
def test_a_backend_that_deletes_before_it_writes_loses_no_pair(
    error: BaseException, fails_at: int, *, is_exchange: bool
) -> None:
    """Killed or refused at any step of a write, both pairs are there: as before it, or as after it."""
    backend = DeletesFirst(error)
    vault = keychain(backend)
    vault.store("work-long-term", KEYS)
    if is_exchange:
        vault.store_next("work-long-term", OTHER_KEYS)
    before = pairs(vault)
    backend.steps, backend.fails_at = 0, fails_at
    change = partial(vault.exchange if is_exchange else partial(vault.store_next, keys=OTHER_KEYS), "work-long-term")
    after = (OTHER_KEYS.access_key_id, KEYS.access_key_id)
    after = after if is_exchange else (KEYS.access_key_id, OTHER_KEYS.access_key_id)
    try:
        change()
    except (Killed, KeychainUnavailable):
        backend.error = None
        assert pairs(keychain(backend)) in ((before, after) if isinstance(error, Killed) else (before,))
    else:
        assert pairs(vault) == after
    keychain(backend).store_next("work-long-term", None)
    assert list(backend.items) == [LABEL], "the next write puts the item back and removes the copy"
    keychain(backend).remove("work-long-term")
    assert backend.items == {}


def test_a_reader_during_a_write_puts_nothing_back() -> None:
    """It could put an old pair over what the writer writes next."""
    backend = DeletesFirst()
    keychain(backend).store("work-long-term", KEYS)
    backend.items[LABEL[0], f"{LABEL[1]} [copy]"] = backend.items.pop(LABEL)
    before = dict(backend.items)
    found = keychain(backend).load("work-long-term")
    assert found is not None
    assert found.matches(KEYS)
    assert backend.items == before


def test_the_check_leaves_nothing_behind_and_touches_no_keys() -> None:
    backend = DictBackend()
    backend.items[LABEL] = "whatever"
    keychain(backend).check()
    assert (backend.writes, backend.items) == (1, {LABEL: "whatever"})


def test_the_check_notices_an_item_that_cannot_be_removed() -> None:
    with pytest.raises(KeychainUnavailable, match="still has the item that was removed") as failure:
        keychain(Undeletable()).check()
    assert failure.value.hints[0].startswith(f"remove it: keyring del aws-mfa {CHECK_USER}-")


class Watched(DictBackend):
    """Calls `meanwhile` when an item is there, before it can be removed; remembers the items' names."""

    def __init__(self, meanwhile: Callable[[Watched], None] = lambda _: None) -> None:
        super().__init__()
        self.meanwhile = meanwhile
        self.users: set[str] = set()

    def set(self, service: str, user: str, value: str) -> None:
        super().set(service, user, value)
        self.users.add(user)

    def delete(self, service: str, user: str) -> None:
        self.meanwhile(self)
        super().delete(service, user)


def test_each_check_has_an_item_of_its_own_and_one_that_is_gone_is_no_failure() -> None:
    backend = Watched(lambda seen: seen.items.clear())
    keychain(backend).check()
    keychain(backend).check()
    assert (len(backend.users), backend.items) == (2, {})


@pytest.mark.parametrize("name", [name for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)])
def test_a_signal_during_the_check_leaves_no_item_and_takes_effect_after_it(name: str) -> None:
    number, seen = getattr(signal, name), []
    backend = Watched(lambda _: signal.raise_signal(number))
    earlier = signal.signal(number, lambda *_: seen.append(dict(backend.items)))
    try:
        keychain(backend).check()
    finally:
        signal.signal(number, earlier)
    assert seen == [{}]


def test_remove_removes_and_where_there_is_nothing_does_nothing() -> None:
    backend = DictBackend()
    vault = keychain(backend)
    vault.remove("work-long-term")
    vault.store("work-long-term", KEYS)
    vault.remove("work-long-term")
    assert backend.items == {}


@pytest.mark.parametrize("value", ["wJalrXUtnFEMI", "[]", '{"v": 7}', '{"aws_secret_access_key": "wJalrXUtnFEMI"}'])
def test_a_broken_item_is_reported_without_its_value_and_can_be_removed(value: str) -> None:
    backend = DictBackend()
    backend.items[LABEL] = value
    vault = keychain(backend)
    with pytest.raises(NotSetUp) as failure:
        vault.load("work-long-term")
    assert "keychain item 'aws-mfa' / 'work-long-term' cannot be read" in failure.value.message
    assert "wJalr" not in failure.value.message + "".join(failure.value.hints)
    vault.remove("work-long-term")
    assert backend.items == {}


def test_an_item_of_a_newer_format_is_neither_read_nor_overwritten() -> None:
    backend = DictBackend()
    backend.items[LABEL] = '{"v": 2, "sealed": "wJalrXUtnFEMI"}'
    vault = keychain(backend)
    uses: list[Callable[[], object]] = [partial(vault.load, LABEL[1]), partial(vault.store, LABEL[1], KEYS)]
    for use in uses:
        with pytest.raises(NotSetUp, match="a newer aws-mfa wrote it") as failure:
            use()
        assert failure.value.hints == ("update this aws-mfa: pipx upgrade aws-mfa",)
    assert backend.writes == 0


def test_a_hint_with_a_profiles_name_is_one_word_for_a_shell() -> None:
    """Else a config file from another person could run a command by the name of a profile."""
    backend = DictBackend()
    name = "x;id>pwned;-long-term"
    backend.items["aws-mfa", name] = "no JSON"
    with pytest.raises(NotSetUp) as broken:
        keychain(backend).load(name)
    backend.delete = lambda service, user: None  # type: ignore[method-assign]
    with pytest.raises(KeychainUnavailable) as kept:
        keychain(backend).remove(name)
    hints = [hint for failure in (broken, kept) for hint in failure.value.hints if "keyring del" in hint]
    assert [shlex.split(hint.partition(": ")[2]) for hint in hints] == [["keyring", "del", "aws-mfa", name]] * 2


def test_where_case_is_ignored_another_sections_keys_are_neither_used_nor_overwritten_nor_removed() -> None:
    backend = CaseFolding()
    vault = keychain(backend)
    vault.store("prod-long-term", KEYS)
    before = dict(backend.items)
    assert vault.load("Prod-long-term") is None
    with pytest.raises(KeychainUnavailable, match="cannot distinguish 'Prod-long-term' from 'prod-long-term'"):
        vault.store("Prod-long-term", OTHER_KEYS)
    vault.remove("Prod-long-term")
    assert backend.items == before


def test_the_forks_items_are_read_and_removed_and_never_written() -> None:
    backend = DictBackend()
    vault = keychain(backend)
    assert (vault.load_fork("work-long-term"), vault.fork_device("work-long-term")) == (None, None)
    backend.items = {
        ("aws:access_key_id", "work-long-term"): KEYS.access_key_id,
        ("aws:secret_access_key", "work-long-term"): KEYS.secret_access_key.reveal(),
        ("aws:mfa_device", "work-long-term"): "arn:aws:iam::123456789012:mfa/ann",
    }
    found = vault.load_fork("work-long-term")
    assert found is not None
    assert found.matches(KEYS)
    assert vault.fork_device("work-long-term") == "arn:aws:iam::123456789012:mfa/ann"
    vault.remove_fork("work-long-term")
    vault.remove_fork("work-long-term")
    assert (backend.items, backend.writes) == ({}, 0)


def test_a_keychain_that_hangs_costs_its_time_limit_once() -> None:
    """The second call fails at once: three profiles do not take 20 s each."""
    backend = Frozen()
    vault = keychain(backend, time_limit_s=0.2)
    with pytest.raises(KeychainUnavailable, match=r"did not answer within 0\.2 s"):
        vault.load("work-long-term")
    began_at = time.monotonic()
    with pytest.raises(KeychainUnavailable, match=r"did not answer within 0\.2 s"):
        vault.load("home-long-term")
    assert backend.calls == 1
    assert time.monotonic() - began_at < 0.1
    backend.thawed.set()


def test_a_window_that_is_not_answered_is_reported_as_a_locked_keychain() -> None:
    backend = Frozen(asks=True)
    with pytest.raises(KeychainUnavailable, match=r"locked, and its window was not answered within 0\.1 s"):
        keychain(backend, time_limit_s=0.1).load("work-long-term")
    backend.thawed.set()


def test_a_keychain_that_asks_the_user_has_no_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """An hour passes between two calls of the clock."""
    hours = itertools.count(0.0, 3600.0)
    monkeypatch.setattr(this_machine, "time", SimpleNamespace(monotonic=lambda: next(hours)))
    limited, patient = Frozen(), Frozen()
    with pytest.raises(KeychainUnavailable):
        keychain(limited).load("work-long-term")
    threading.Timer(0.3, patient.thawed.set).start()
    assert keychain(patient, time_limit_s=None).load("work-long-term") is None
    limited.thawed.set()


@pytest.mark.parametrize(
    "error", [RuntimeError("wJalrXUtnFEMI"), KeyError("wJalrXUtnFEMI"), OSError(2, "wJalrXUtnFEMI")]
)
def test_no_text_of_a_foreign_error_is_shown(error: Exception) -> None:
    with pytest.raises(KeychainUnavailable) as failure:
        keychain(Raising(error)).load("work-long-term")
    assert "wJalr" not in failure.value.message + "".join(failure.value.hints)
    assert failure.value.__suppress_context__


def test_an_absent_keychain_is_searched_for_once_when_it_is_first_used() -> None:
    tries: list[int] = []

    def opener() -> DictBackend:
        tries.append(1)
        raise absent("no D-Bus session")

    vault = Keychain(opener)
    assert tries == []
    of_section = (vault.load, partial(vault.store, keys=KEYS), vault.remove, vault.load_fork)
    for call in (vault.check, *(partial(one, "work-long-term") for one in of_section)):
        with pytest.raises(KeychainUnavailable, match="this machine has no keychain to use: no D-Bus session"):
            call()
    assert len(tries) == 1


class Counting(DictBackend):
    """Notes which items are searched for."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, str]] = []

    def find(self, service: str, user: str) -> str | None:
        self.found.append((service, user))
        return self.get(service, user)


def test_a_key_id_of_the_fork_without_its_secret_is_not_a_pair_and_is_read_once() -> None:
    backend = Counting()
    backend.items["aws:access_key_id", "work-long-term"] = "AKIAIOSFODNN7EXAMPLE"
    vault = keychain(backend)
    assert vault.load_fork("work-long-term") is None
    assert vault.fork_key_id("work-long-term") == "AKIAIOSFODNN7EXAMPLE"
    assert backend.found == [("aws:access_key_id", "work-long-term"), ("aws:secret_access_key", "work-long-term")]
    assert vault.fork_key_id("home-long-term") is None

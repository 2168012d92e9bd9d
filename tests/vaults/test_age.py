from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from aws_mfa.errors import BadInput, BrokenFile, KeychainUnavailable, NotSetUp
from aws_mfa.interfaces import Vault
from aws_mfa.model import LongTermKeys, Secret
from aws_mfa.vaults import age as age_file
from aws_mfa.vaults import seal
from aws_mfa.vaults.age import AgeFile

KEYS = LongTermKeys("AKIAIOSFODNN7EXAMPLE", Secret("wJalrXUtnFEMI/K7MDENG"))
OTHER_KEYS = LongTermKeys("AKIAI44QH8DHBEXAMPLE", Secret("je7MtGbClwBF/2Zp9Utk"))


class Asker:
    """A user who types these passphrases, the last one again and again; `asked` says which kind was asked for."""

    def __init__(self, *passphrases: str, tries: int = 1) -> None:
        self.passphrases = list(passphrases or ["correct horse"])
        self.tries = tries
        self.asked: list[str] = []

    def __call__(self, *, new: bool) -> Secret:
        self.asked.append("new" if new else "known")
        return Secret(self.passphrases.pop(0) if self.passphrases[1:] else self.passphrases[0])


class Refused(Exception):
    """In place of age's error: these tests run where there is no wheel of pyrage, too."""


class FakeAge:
    """In place of age's passphrase module, without its second per call; it encrypts nothing."""

    decrypted = 0

    def encrypt(self, plain: bytes, passphrase: str) -> bytes:
        return b"age " + passphrase.encode() + b"\n" + plain

    def decrypt(self, data: bytes, passphrase: str) -> bytes:
        self.decrypted += 1
        head, _, plain = data.partition(b"\n")
        if not head.startswith(b"age "):
            raise Refused("Incomplete header")
        if head != b"age " + passphrase.encode():
            raise Refused("Decryption failed")
        return plain


@pytest.fixture
def fake_age(monkeypatch: pytest.MonkeyPatch) -> FakeAge:
    return with_fake_age(monkeypatch)


def with_fake_age(monkeypatch: pytest.MonkeyPatch) -> FakeAge:
    made = FakeAge()
    monkeypatch.setattr(age_file, "passphrase", made, raising=False)
    monkeypatch.setattr(age_file, "DecryptError", Refused, raising=False)
    monkeypatch.setattr(seal, "HAS_AGE", True)
    return made


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "mfa" / "keys.age")


def raw(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()


def make(path: str, data: bytes) -> None:
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(data)


def holds(vault: Vault, section: str, keys: LongTermKeys) -> bool:
    """Whether the vault has these keys; every `AgeFile` here is passed as a `Vault`."""
    found = vault.load(section)
    return found is not None and found.matches(keys)


def test_what_is_stored_is_loaded_by_another_process(fake_age: FakeAge, path: str) -> None:
    AgeFile(path, Asker()).store("work-long-term", KEYS)
    AgeFile(path, Asker()).store("home-long-term", OTHER_KEYS)
    vault = AgeFile(path, Asker())
    assert vault.name == "age"
    assert holds(vault, "work-long-term", KEYS)
    assert holds(vault, "home-long-term", OTHER_KEYS)
    assert vault.load("play-long-term") is None


def test_the_passphrase_is_asked_once_per_process_and_the_file_decrypted_once(fake_age: FakeAge, path: str) -> None:
    AgeFile(path, Asker()).store("work-long-term", KEYS)
    asker = Asker()
    vault = AgeFile(path, asker)
    fake_age.decrypted = 0
    for _ in range(3):
        vault.load("work-long-term")
    assert (asker.asked, fake_age.decrypted) == (["known"], 1)


def test_without_a_file_only_storing_asks_for_a_new_passphrase(fake_age: FakeAge, path: str) -> None:
    asker = Asker()
    vault = AgeFile(path, asker)
    assert vault.load("work-long-term") is None
    vault.remove("work-long-term")
    assert asker.asked == []
    assert not os.path.exists(path)
    vault.check()
    vault.store("work-long-term", KEYS)
    assert asker.asked == ["new"]


def test_a_wrong_passphrase_is_reported_and_the_next_one_may_be_right(fake_age: FakeAge, path: str) -> None:
    AgeFile(path, Asker()).store("work-long-term", KEYS)
    before = raw(path)
    asker = Asker("wrong")
    vault = AgeFile(path, asker)
    acts: list[Callable[[], object]] = [vault.check, lambda: vault.load("x"), lambda: vault.store("x", KEYS)]
    for act in acts:
        with pytest.raises(BadInput, match="the passphrase does not open"):
            act()
    assert raw(path) == before
    asker.passphrases = ["correct horse"]
    assert vault.load("work-long-term") is not None


def test_an_empty_passphrase_is_refused(fake_age: FakeAge, path: str) -> None:
    with pytest.raises(BadInput, match="an empty passphrase protects nothing"):
        AgeFile(path, Asker("")).store("work-long-term", KEYS)
    assert not os.path.exists(path)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no modes")
def test_file_and_folder_are_private(fake_age: FakeAge, path: str) -> None:
    AgeFile(path, Asker()).store("work-long-term", KEYS)
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    assert stat.S_IMODE(os.stat(os.path.dirname(path)).st_mode) == 0o700


def test_the_same_keys_are_not_written_again(fake_age: FakeAge, path: str) -> None:
    AgeFile(path, Asker()).store("work-long-term", KEYS)
    before = os.stat(path).st_mtime_ns, os.stat(path).st_ino
    AgeFile(path, Asker()).store("work-long-term", KEYS)
    assert (os.stat(path).st_mtime_ns, os.stat(path).st_ino) == before


def test_a_second_pair_changes_places_with_the_keys_and_is_not_lost(fake_age: FakeAge, path: str) -> None:
    vault = AgeFile(path, Asker())
    assert vault.load_next("work-long-term") is None
    vault.store("work-long-term", KEYS)
    vault.store_next("work-long-term", OTHER_KEYS)
    vault.exchange("work-long-term")
    beside = AgeFile(path, Asker()).load_next("work-long-term")
    assert beside is not None
    assert beside.matches(KEYS)
    assert holds(AgeFile(path, Asker()), "work-long-term", OTHER_KEYS)
    with pytest.raises(NotSetUp, match="the rotation of work-long-term is not over"):
        vault.remove("work-long-term")
    with pytest.raises(BrokenFile, match="it has no aws_access_key_id"):
        vault.store_next("home-long-term", KEYS)
    vault.store_next("work-long-term", None)
    assert vault.load_next("work-long-term") is None


def test_remove_removes_one_entry_and_keeps_the_others_with_their_further_fields(fake_age: FakeAge, path: str) -> None:
    entry = {"aws_access_key_id": "AKIA1", "aws_secret_access_key": "s", "note": "mine"}
    make(
        path, fake_age.encrypt(json.dumps({"work-long-term": entry, "home-long-term": entry}).encode(), "correct horse")
    )
    AgeFile(path, Asker()).remove("work-long-term")
    assert json.loads(fake_age.decrypt(raw(path), "correct horse")) == {"home-long-term": entry}


def test_what_was_written_is_decrypted_again_before_it_counts_as_stored(
    fake_age: FakeAge, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lose(path: str, data: bytes) -> None:
        make(path, fake_age.encrypt(b"{}", "correct horse"))

    monkeypatch.setattr(age_file, "replace_privately", lose)
    with pytest.raises(KeychainUnavailable, match="does not hold what was written to it"):
        AgeFile(path, Asker()).store("work-long-term", KEYS)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"wJalrXUtnFEMI", "it is not JSON"),
        (b"\xff", "it is not UTF-8"),
        (b'["wJalrXUtnFEMI"]', "it is not a JSON object"),
        (b'{"work-long-term": "wJalrXUtnFEMI"}', "an entry is not a JSON object"),
        (b'{"work-long-term": {"aws_secret_access_key": "wJalrXUtnFEMI"}}', "it has no aws_access_key_id"),
    ],
)
def test_what_is_not_keys_is_reported_without_value(fake_age: FakeAge, path: str, content: bytes, reason: str) -> None:
    make(path, fake_age.encrypt(content, "correct horse"))
    with pytest.raises(BrokenFile, match=reason) as failure:
        AgeFile(path, Asker()).load("work-long-term")
    assert "wJalr" not in failure.value.message + "".join(failure.value.hints)


def test_an_entry_of_a_newer_format_is_not_overwritten(fake_age: FakeAge, path: str) -> None:
    make(path, fake_age.encrypt(b'{"work-long-term": {"v": 2}}', "correct horse"))
    with pytest.raises(BrokenFile, match="a newer aws-mfa wrote it") as failure:
        AgeFile(path, Asker()).store("work-long-term", KEYS)
    assert failure.value.hints == ("update this aws-mfa: pipx upgrade aws-mfa",)


def test_a_file_that_is_not_an_age_file_is_reported_and_not_changed(path: str) -> None:
    make(path, b"wJalrXUtnFEMI")
    with pytest.raises(BrokenFile, match="is damaged, or is not a file that age encrypted with a passphrase"):
        AgeFile(path, Asker()).store("work-long-term", KEYS)
    assert raw(path) == b"wJalrXUtnFEMI"


def test_a_busy_moment_makes_no_file_too_slow(fake_age: FakeAge, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine was measured while another process was using it."""
    make(path, fake_age.encrypt(b"{}", "correct horse"))
    busy, decrypt = [True] * 4, fake_age.decrypt

    def measured(data: bytes, passphrase: str) -> bytes:
        if busy:
            busy.pop()
            raise Refused("Excessive work parameter for passphrase.")
        return decrypt(data, passphrase)

    monkeypatch.setattr(fake_age, "decrypt", measured)
    monkeypatch.setattr(age_file, "_PAUSE_S", 0)
    assert AgeFile(path, Asker()).load("work-long-term") is None
    busy[:] = [True] * 5
    with pytest.raises(BrokenFile, match="was made by a faster machine"):
        AgeFile(path, Asker()).load("work-long-term")


def test_a_file_that_takes_too_long_here_is_refused_at_once(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a hostile file could keep the machine busy for hours."""
    monkeypatch.setattr(age_file, "_PAUSE_S", 0)
    header = b"age-encryption.org/v1\n-> scrypt TaZT5JapRjU1Ts0CYVgxLw 30\n" + b"A" * 43 + b"\n--- " + b"A" * 43 + b"\n"
    make(path, header + b"A" * 64)
    with pytest.raises(BrokenFile, match="was made by a faster machine"):
        AgeFile(path, Asker()).load("work-long-term")


def test_a_folder_in_its_place_is_reported(path: str) -> None:
    os.makedirs(path)
    with pytest.raises((NotSetUp, BrokenFile), match=r"keys\.age"):
        AgeFile(path, Asker()).load("work-long-term")


def test_a_passphrase_may_be_tried_three_times_and_not_more(fake_age: FakeAge, path: str) -> None:
    AgeFile(path, Asker()).store("work-long-term", KEYS)
    assert holds(AgeFile(path, Asker("wrong", "Wrong", "correct horse", tries=3)), "work-long-term", KEYS)
    asker = Asker("a", "b", "c", "correct horse", tries=3)
    with pytest.raises(BadInput, match="does not open"):
        AgeFile(path, asker).load("work-long-term")
    assert asker.passphrases == ["correct horse"]


@pytest.mark.parametrize("call", ["check", "load", "store", "remove"])
def test_without_its_library_nothing_is_asked_and_the_command_to_install_it_is_named(
    fake_age: FakeAge, path: str, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    make(path, fake_age.encrypt(b"{}", "correct horse"))
    monkeypatch.setattr(seal, "HAS_AGE", False)
    monkeypatch.delattr(age_file, "DecryptError")
    asker = Asker()
    arguments: list[object] = [] if call == "check" else ["work-long-term"]
    with pytest.raises(NotSetUp, match=r"the age vault cannot be used: the library pyrage .* -m pip install pyrage"):
        getattr(AgeFile(path, asker), call)(*arguments, *([KEYS] if call == "store" else []))
    assert asker.asked == []

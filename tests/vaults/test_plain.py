"""The vault `file`: two lines of a section, and nothing else is changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from aws_mfa.config.files import AwsFile
from aws_mfa.errors import BrokenFile, NotSetUp, PermanentKeysInTheWay
from aws_mfa.model import LongTermKeys, Secret
from aws_mfa.vaults.plain import KeyFile

KEYS = LongTermKeys("AKIAINVENTEDANNSKEY1", Secret("invented/secret"))
REST = "# mine\n[work-long-term]\naws_mfa_device = x\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "credentials"


def test_keys_are_stored_loaded_and_removed_and_other_lines_stay(path: Path) -> None:
    path.write_text(REST)
    vault = KeyFile(AwsFile(str(path)))
    vault.store("work-long-term", KEYS)
    loaded = vault.load("work-long-term")
    assert loaded is not None
    assert loaded.matches(KEYS)
    assert path.read_text().startswith(REST)
    vault.remove("elsewhere-long-term")
    assert path.read_text().startswith(REST)
    vault.remove("work-long-term")
    assert path.read_text() == REST


@pytest.mark.parametrize("text", ["", "[work-long-term]\naws_access_key_id = AKIA\n", "[other]\nx = y\n"])
def test_an_id_or_a_secret_without_the_other_is_not_a_pair_of_keys(path: Path, text: str) -> None:
    path.write_text(text)
    assert KeyFile(AwsFile(str(path))).load("work-long-term") is None


def test_a_broken_file_fails_the_check_before_keys_are_asked_for(path: Path) -> None:
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(BrokenFile):
        KeyFile(AwsFile(str(path))).check()


def test_a_secret_without_its_id_is_neither_replaced_nor_removed(path: Path) -> None:
    path.write_text(text := "[work-long-term]\naws_secret_access_key = the/only/copy\n")
    vault = KeyFile(AwsFile(str(path)))
    with pytest.raises(PermanentKeysInTheWay, match="a secret access key without its id"):
        vault.load("work-long-term")  # what set-up and import do first, before they ask
    with pytest.raises(PermanentKeysInTheWay):
        vault.store("work-long-term", KEYS)
    with pytest.raises(PermanentKeysInTheWay):
        vault.remove("work-long-term")
    assert path.read_text() == text


def test_a_second_pair_is_beside_the_keys_and_nothing_else_changes(path: Path) -> None:
    path.write_text(text := f"{REST}\n[work]\nregion = x\n")
    vault, other = KeyFile(AwsFile(str(path))), LongTermKeys("AKIAOTHER", Secret("s"))
    vault.store("work-long-term", KEYS)
    before = path.read_text()
    vault.store_next("work-long-term", other)
    vault.exchange("work-long-term")
    pairs = vault.load("work-long-term"), vault.load_next("work-long-term")
    assert [keys and keys.access_key_id for keys in pairs] == ["AKIAOTHER", KEYS.access_key_id]
    with pytest.raises(NotSetUp, match="the rotation of work-long-term is not over"):
        vault.store("work-long-term", KEYS)
    with pytest.raises(NotSetUp, match="the rotation of work-long-term is not over"):
        vault.remove("work-long-term")
    vault.exchange("work-long-term")
    vault.store_next("work-long-term", None)
    assert path.read_text() == before
    vault.remove("work-long-term")
    assert path.read_text() == text
    with pytest.raises(NotSetUp, match="cannot be changed: it has no aws_access_key_id"):
        vault.store_next("work-long-term", other)

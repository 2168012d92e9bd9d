"""The vault `age` and the `age` program open each other's files."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from aws_mfa.errors import BadInput, BrokenFile
from aws_mfa.model import LongTermKeys, Secret
from aws_mfa.vaults.age import AgeFile
from needs import needs
from real_terminals import end_of, on_a_pty, wait_for_echo

pytestmark = [pytest.mark.real, pytest.mark.skipif(sys.platform == "win32", reason="age asks on a pty")]

PASSPHRASE = "correct horse battery"
KEYS = LongTermKeys("AKIAIOSFODNN7EXAMPLE", Secret("wJalrXUtnFEMI/K7MDENG"))


class Typed:
    """Types one passphrase."""

    tries = 1

    def __init__(self, passphrase: str = PASSPHRASE) -> None:
        self.passphrase = passphrase

    def __call__(self, *, new: bool) -> Secret:
        return Secret(self.passphrase)


def age(*arguments: str, questions: int) -> None:
    """Run the age program and answer each of its questions with the passphrase."""
    needs("age")
    child = on_a_pty(["age", *arguments], os.environ, timeout=60)
    for _ in range(questions):
        child.expect("passphrase.*:")
        wait_for_echo(child, on=False)
        child.sendline(PASSPHRASE)
    status, shown = end_of(child)
    assert status == 0, shown


def test_the_age_program_opens_what_we_store(tmp_path: Path) -> None:
    path, opened = str(tmp_path / "keys.age"), str(tmp_path / "opened.json")
    AgeFile(path, Typed()).store("work-long-term", KEYS)
    age("-d", "-o", opened, path, questions=1)
    with open(opened, encoding="ascii") as file:
        found = json.load(file)
    assert found["work-long-term"]["aws_access_key_id"] == "AKIAIOSFODNN7EXAMPLE"
    assert found["work-long-term"]["aws_secret_access_key"] == "wJalrXUtnFEMI/K7MDENG"


def test_we_open_what_the_age_program_makes_and_add_to_it(tmp_path: Path) -> None:
    path, plain = str(tmp_path / "keys.age"), tmp_path / "plain.json"
    plain.write_text('{"home-long-term": {"aws_access_key_id": "AKIA1", "aws_secret_access_key": "s"}}')
    age("-p", "-a", "-o", path, str(plain), questions=2)
    vault = AgeFile(path, Typed())
    home = vault.load("home-long-term")
    assert home is not None
    assert home.access_key_id == "AKIA1"
    vault.store("work-long-term", KEYS)
    work, home = vault.load("work-long-term"), vault.load("home-long-term")
    assert home is not None
    assert work is not None
    assert work.matches(KEYS)


def test_a_wrong_passphrase_and_a_damaged_file_are_reported(tmp_path: Path) -> None:
    path = str(tmp_path / "keys.age")
    AgeFile(path, Typed()).store("work-long-term", KEYS)
    with pytest.raises(BadInput, match="the passphrase does not open"):
        AgeFile(path, Typed("wrong")).load("work-long-term")
    with open(path, "rb+") as file:
        file.seek(-1, os.SEEK_END)
        last = file.read(1)
        file.seek(-1, os.SEEK_END)
        file.write(bytes([last[0] ^ 1]))
    with pytest.raises(BrokenFile, match="is damaged"):
        AgeFile(path, Typed()).load("work-long-term")

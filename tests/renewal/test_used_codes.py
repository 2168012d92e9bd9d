"""The ledger of used codes: remembers what was sent, contains no code, and never stops a run."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

import pytest

from aws_mfa.renewal.used_codes import REMEMBERED_S, LedgerFile

DEVICE = "arn:aws:iam::123456789012:mfa/ann"
NOW = 1_795_327_399.0


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "mfa" / "used-codes")


def test_a_code_is_known_as_used_by_every_later_process(path: str) -> None:
    LedgerFile(path).note_used(DEVICE, "123456", NOW)
    assert LedgerFile(path).is_used(DEVICE, "123456", NOW + 29)


def test_codes_and_devices_are_distinguished(path: str) -> None:
    ledger = LedgerFile(path)
    ledger.note_used(DEVICE, "123456", NOW)
    assert not ledger.is_used(DEVICE, "123457", NOW)
    assert not ledger.is_used(f"{DEVICE}2", "123456", NOW)


def test_a_code_is_forgotten_when_aws_could_not_accept_it_any_more(path: str) -> None:
    """Six digits come again: a code of this morning may be right this evening."""
    ledger = LedgerFile(path)
    ledger.note_used(DEVICE, "123456", NOW)
    assert not ledger.is_used(DEVICE, "123456", NOW + REMEMBERED_S)
    ledger.note_used(DEVICE, "654321", NOW + REMEMBERED_S)
    with open(path, encoding="ascii") as file:
        assert len(file.read().splitlines()) == 1


def test_only_the_owner_can_read_the_file_and_it_contains_no_code(path: str) -> None:
    LedgerFile(path).note_used(DEVICE, "123456", NOW)
    with open(path, encoding="ascii") as file:
        assert "123456" not in file.read()
    if sys.platform == "win32":
        return  # there are no such modes
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    assert stat.S_IMODE(os.stat(os.path.dirname(path)).st_mode) == 0o700


@pytest.mark.parametrize("damage", [b"", b"\xff\xfe", b"zz\n1 x\n", b"00\nno\n", b"00" * 32 + b"\nno-moment x\n"])
def test_a_damaged_ledger_is_an_empty_one_and_is_replaced(path: str, damage: bytes) -> None:
    os.makedirs(os.path.dirname(path))
    with open(path, "wb") as file:
        file.write(damage)
    ledger = LedgerFile(path)
    assert not ledger.is_used(DEVICE, "123456", NOW)
    ledger.note_used(DEVICE, "123456", NOW)
    assert ledger.is_used(DEVICE, "123456", NOW)


def test_a_ledger_that_cannot_be_written_is_no_failure(path: str) -> None:
    """A file is in the place of its folder: the code is sent anyway, and AWS refuses a used one."""
    with open(os.path.dirname(path), "wb"):
        pass
    ledger = LedgerFile(path)
    ledger.note_used(DEVICE, "123456", NOW)
    assert not ledger.is_used(DEVICE, "123456", NOW)

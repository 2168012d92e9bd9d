"""What the notes beside the vaults say of a key."""

from __future__ import annotations

from aws_mfa.vaults.choice import noted_creation, noted_key_id, with_creation, with_note
from fakes import KEYS, NOW, OTHER_KEYS


def test_the_creation_of_a_key_is_noted_to_the_second_and_forgotten_with_the_key() -> None:
    before = with_note("", "work-long-term", "keychain", KEYS.access_key_id)
    notes = with_creation(before, KEYS.access_key_id, NOW)
    assert noted_creation(notes, KEYS.access_key_id) == NOW
    assert noted_creation(notes, OTHER_KEYS.access_key_id) is None
    assert noted_key_id(notes, "work-long-term") == KEYS.access_key_id
    assert noted_creation(with_creation(notes, KEYS.access_key_id, None), KEYS.access_key_id) is None


def test_a_damaged_moment_is_no_moment() -> None:
    notes = with_creation("", KEYS.access_key_id, NOW).replace("2026", "soon")
    assert noted_creation(notes, KEYS.access_key_id) is None

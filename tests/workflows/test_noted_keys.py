from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from aws_mfa.errors import BrokenFile
from aws_mfa.workflows.noted_keys import NotedKeys
from fakes import FakeOutside, as_outside

if TYPE_CHECKING:
    from aws_mfa.workflows.outside import Outside

NOTE = "[work-long-term]\nvault = keychain\n\n[session of home]\nsession = ASIA\n"


def noted(text: str | None) -> Outside:
    outside = FakeOutside()
    outside.known_keys.text = text
    return as_outside(outside)


def test_keys_are_stored_for_the_profile_whose_long_term_section_is_noted() -> None:
    keys = NotedKeys(noted(NOTE))
    assert keys.are_stored("work")
    assert not keys.are_stored("work-long-term")
    assert not keys.are_stored("home")


def test_without_a_note_nothing_is_stored() -> None:
    assert not NotedKeys(noted(None)).sections


def test_a_note_that_cannot_be_read_is_told_with_its_name() -> None:
    with pytest.raises(BrokenFile, match="known-keys"):
        NotedKeys(noted("vault = keychain\n"))

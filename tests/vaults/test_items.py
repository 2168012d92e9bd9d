from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aws_mfa.errors import NotSetUp
from aws_mfa.model import LongTermKeys, Secret
from aws_mfa.vaults import items as key_items

KEYS = LongTermKeys("AKIAIOSFODNN7EXAMPLE", Secret("wJalrXUtnFEMI/K7MDENG"))


@given(section=st.text(), key_id=st.text(min_size=1), secret=st.text(min_size=1))
def test_any_keys_are_read_as_written_and_the_value_is_one_line(section: str, key_id: str, secret: str) -> None:
    keys = LongTermKeys(key_id, Secret(secret))
    text = key_items.write_object(key_items.with_keys({}, section, keys))
    assert key_items.keys_of(key_items.read_object(text)).matches(keys)
    assert len(text.splitlines()) == 1


def test_further_fields_are_kept_and_an_item_of_a_newer_format_is_not_overwritten() -> None:
    item = key_items.with_keys({"note": "the old laptop's", "aws_access_key_id": "AKIAOLD"}, "work", KEYS)
    assert (item["note"], item["aws_access_key_id"]) == ("the old laptop's", KEYS.access_key_id)
    with pytest.raises(key_items.UnreadableItem, match="a newer aws-mfa wrote it"):
        key_items.with_keys({"v": 2}, "work", KEYS)


def test_an_item_made_by_hand_needs_only_the_keys() -> None:
    item = key_items.read_object('{"aws_access_key_id": "AKIA1", "aws_secret_access_key": "s"}')
    assert key_items.keys_of(item).access_key_id == "AKIA1"
    assert key_items.is_for(item, "any-section")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("wJalrXUtnFEMI/K7MDENG", "it is not JSON"),
        ("[" * 100_000, "it is not JSON"),
        ('["wJalrXUtnFEMI"]', "it is not a JSON object"),
        ('{"v": 2, "aws_access_key_id": "AKIA1", "aws_secret_access_key": "s"}', "a newer aws-mfa wrote it"),
        ('{"v": 1, "aws_secret_access_key": "wJalrXUtnFEMI"}', "it has no aws_access_key_id"),
        ('{"v": 1, "aws_access_key_id": "AKIA1", "aws_secret_access_key": 5}', "it has no aws_secret_access_key"),
        ('{"v": 1, "aws_access_key_id": "AKIA1", "aws_secret_access_key": ""}', "it has no aws_secret_access_key"),
    ],
)
def test_an_unreadable_item_is_refused_with_a_reason_that_quotes_nothing(text: str, reason: str) -> None:
    with pytest.raises(key_items.UnreadableItem) as failure:
        key_items.keys_of(key_items.read_object(text))
    assert str(failure.value) == reason
    assert failure.value.__cause__ is None


def test_a_second_pair_is_kept_beside_the_keys_and_changes_places_with_them() -> None:
    other = LongTermKeys("AKIAOTHER", Secret("s"))
    item = key_items.with_next(key_items.with_keys({"note": "n"}, "work", KEYS), other)
    assert key_items.keys_of(item).matches(KEYS)
    changed = key_items.exchanged(item)
    beside = key_items.next_keys_of(changed)
    assert key_items.keys_of(changed).matches(other)
    assert beside is not None
    assert beside.matches(KEYS)
    assert (changed["note"], key_items.exchanged(changed)) == ("n", item)
    assert key_items.with_next(item, None) == key_items.with_keys({"note": "n"}, "work", KEYS)
    with pytest.raises(key_items.UnreadableItem, match="it has no next_access_key_id"):
        key_items.exchanged(key_items.with_next(item, None))


def test_other_keys_are_not_stored_over_two_pairs_and_the_same_ones_are() -> None:
    other = LongTermKeys("AKIAOTHER", Secret("s"))
    item = key_items.with_next(key_items.with_keys({}, "work", KEYS), other)
    assert key_items.with_keys(item, "work", KEYS) == item
    for keys in (other, LongTermKeys(KEYS.access_key_id, Secret("another"))):
        with pytest.raises(NotSetUp, match="the rotation of work is not over") as caught:
            key_items.with_keys(item, "work", keys)
        assert "aws-mfa rotate --resume" in caught.value.hints[0]

"""
Long-term keys as JSON, one object per long-term section, in the keychain and in the age file.

Owns the format: `{"v": 1, "section": ..., "aws_access_key_id": ..., "aws_secret_access_key": ...}`. Further fields are
kept; `v` and `section` may be missing, so that users can make an item by hand. No message quotes a value.

While keys are rotated, a second pair is beside them, in `next_access_key_id` and `next_secret_access_key`: it is in the
same item, so that one write exchanges the two. Refuses to store other keys until the rotation is over: either pair may
be the only one that works.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from aws_mfa.errors import NotSetUp
from aws_mfa.model import LongTermKeys, Secret, masked

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Item = Mapping[str, object]

FORMAT_VERSION = 1
KEY_ID_FIELD = "aws_access_key_id"
SECRET_FIELD = "aws_secret_access_key"  # noqa: S105 - the name of a field
_NEXT_FIELDS = ("next_access_key_id", "next_secret_access_key")
KEY_FIELDS = (KEY_ID_FIELD, SECRET_FIELD, *_NEXT_FIELDS)


class UnreadableItem(Exception):
    """What is stored is not the JSON of long-term keys; the text says why."""


class NewerItem(UnreadableItem):
    """A newer version of aws-mfa wrote it: nothing is wrong with it."""


def hints_for(error: UnreadableItem, *otherwise: str) -> tuple[str, ...]:
    """Hints for the error: never to remove keys that a newer version can read."""
    return ("update this aws-mfa: pipx upgrade aws-mfa",) if isinstance(error, NewerItem) else otherwise


def read_object(text: str) -> dict[str, object]:
    """The JSON object in `text`; raises `UnreadableItem`."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        # `from None`: a JSON error carries the whole document, and here that is a secret.
        raise UnreadableItem("it is not JSON") from None
    if not isinstance(found, dict):
        raise UnreadableItem("it is not a JSON object")
    return found


def write_object(item: Item) -> str:
    """One line of ASCII: `pass` keeps only the first line of a value."""
    return json.dumps(item)


def keys_of(item: object) -> LongTermKeys:
    """The keys in an item; raises `UnreadableItem`."""
    if not isinstance(item, dict):
        raise UnreadableItem("it is not a JSON object")
    _refuse_newer(item)
    key_id, secret = item.get(KEY_ID_FIELD), item.get(SECRET_FIELD)
    if not (isinstance(key_id, str) and key_id):
        raise UnreadableItem(f"it has no {KEY_ID_FIELD}")
    if not (isinstance(secret, str) and secret):
        raise UnreadableItem(f"it has no {SECRET_FIELD}")
    return LongTermKeys(key_id, Secret(secret))


def is_for(item: Item, section: str) -> bool:
    """Whether the item belongs to this section: a keychain that ignores case returns `prod` when asked for `Prod`."""
    return item.get("section", section) == section


def with_keys(item: Item, section: str, keys: LongTermKeys) -> dict[str, object]:
    """The item with these keys; its further fields are kept. Raises `UnreadableItem` for a newer format."""
    _refuse_newer(item)
    wanted = {**item, "v": FORMAT_VERSION, "section": section, **_fields((KEY_ID_FIELD, SECRET_FIELD), keys)}
    if any(wanted[field] != item.get(field) for field in (KEY_ID_FIELD, SECRET_FIELD)):
        refuse_unfinished(section, next_keys_of(item))
    return wanted


def next_keys_of(item: Item) -> LongTermKeys | None:
    """The second pair of keys in the item."""
    key_id, secret = map(item.get, _NEXT_FIELDS)
    is_pair = isinstance(key_id, str) and isinstance(secret, str) and key_id and secret
    return LongTermKeys(str(key_id), Secret(str(secret))) if is_pair else None


def with_next(item: Item, keys: LongTermKeys | None) -> dict[str, object]:
    """The item with this second pair beside its keys, or without one; raises `UnreadableItem`."""
    keys_of(item)
    rest = {field: value for field, value in item.items() if field not in _NEXT_FIELDS}
    return rest if keys is None else {**rest, **_fields(_NEXT_FIELDS, keys)}


def exchanged(item: Item) -> dict[str, object]:
    """The item whose two pairs have changed places; raises `UnreadableItem`."""
    keys, beside = keys_of(item), next_keys_of(item)
    if beside is None:
        raise UnreadableItem(f"it has no {_NEXT_FIELDS[0]}")
    return {**with_next(item, keys), **_fields((KEY_ID_FIELD, SECRET_FIELD), beside)}


def refuse_unfinished(section: str, beside: LongTermKeys | None) -> None:
    """Raise `NotSetUp` if there is a second pair: what replaces or removes the item would lose it."""
    if beside is not None:
        raise NotSetUp(
            f"the rotation of {section} is not over: {masked(beside.access_key_id)} is stored beside its keys",
            "finish it: aws-mfa rotate --resume; if only an inactive key is left: aws-mfa rotate --resume --delete",
            "or go back: aws-mfa rotate --rollback",
        )


class ItemVault:
    """The writes of a vault, each an edit of one item; `_edit` makes it and reads it back."""

    def _edit(self, section: str, edit: Callable[[dict[str, object]], dict[str, object]]) -> None:
        raise NotImplementedError

    def forgets(self) -> bool:
        return False

    def store(self, section: str, keys: LongTermKeys) -> None:
        self._edit(section, lambda item: with_keys(item, section, keys))

    def store_next(self, section: str, keys: LongTermKeys | None) -> None:
        self._edit(section, lambda item: with_next(item, keys))

    def exchange(self, section: str) -> None:
        self._edit(section, exchanged)


def _fields(names: tuple[str, ...], keys: LongTermKeys) -> dict[str, object]:
    return dict(zip(names, (keys.access_key_id, keys.secret_access_key.reveal()), strict=True))


def _refuse_newer(item: Item) -> None:
    if item.get("v", FORMAT_VERSION) != FORMAT_VERSION:
        raise NewerItem("a newer aws-mfa wrote it")

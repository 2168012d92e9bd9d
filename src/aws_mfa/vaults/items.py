"""
Long-term keys as JSON, one object per long-term section, in the keychain and in the age file.

Owns the format: `{"v": 1, "section": ..., "aws_access_key_id": ..., "aws_secret_access_key": ...}`. Further fields are
kept; `v` and `section` may be missing, so that users can make an item by hand. No message quotes a value.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from aws_mfa.model import LongTermKeys, Secret

if TYPE_CHECKING:
    from collections.abc import Mapping

    Item = Mapping[str, object]

FORMAT_VERSION = 1
KEY_ID_FIELD = "aws_access_key_id"
SECRET_FIELD = "aws_secret_access_key"  # noqa: S105 - the name of a field


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
    return {
        **item,
        "v": FORMAT_VERSION,
        "section": section,
        KEY_ID_FIELD: keys.access_key_id,
        SECRET_FIELD: keys.secret_access_key.reveal(),
    }


def _refuse_newer(item: Item) -> None:
    if item.get("v", FORMAT_VERSION) != FORMAT_VERSION:
        raise NewerItem("a newer aws-mfa wrote it")

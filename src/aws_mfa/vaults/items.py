"""
Long-term keys as JSON, one object per long-term section, in the keychain and in the age file; and what keys look like.

Owns the format: `{"v": 1, "section": ..., "aws_access_key_id": ..., "aws_secret_access_key": ...}`. Further fields are
kept; `v` and `section` may be missing, so that users can make an item by hand. Refuses what it does not understand and
says why. Keys are checked when they are typed or read, before they are stored or sent. No message quotes a value.

Limits: https://docs.aws.amazon.com/IAM/latest/APIReference/API_AccessKey.html
"""

from __future__ import annotations

import json
from string import ascii_letters, digits
from typing import TYPE_CHECKING

from aws_mfa.aws_values.codes import looks_like_key_id, looks_like_secret
from aws_mfa.model import LongTermKeys, Secret

if TYPE_CHECKING:
    from collections.abc import Mapping

    Item = Mapping[str, object]


FORMAT_VERSION = 1
KEY_ID_FIELD = "aws_access_key_id"
SECRET_FIELD = "aws_secret_access_key"  # noqa: S105 - the name of a field
_SHORTEST_KEY_ID, _USUAL_KEY_ID, _USUAL_SECRET = 16, 20, 40
_OF_A_SECRET = frozenset(ascii_letters + digits + "/+=")


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


def trouble_with_key_id(access_key_id: str) -> str | None:
    """Why this cannot be a long-term access key id; None if it can."""
    if access_key_id.startswith("ASIA"):
        return "an access key id that begins with ASIA is a session's: STS accepts long-term keys only"
    if looks_like_secret(access_key_id):
        return "this looks like a secret access key, not like an access key id (not shown)"
    if len(access_key_id) < _SHORTEST_KEY_ID or not (access_key_id.isascii() and access_key_id.isalnum()):
        return f"an access key id has at least {_SHORTEST_KEY_ID} letters and digits, and nothing else"
    return None


def trouble_with_secret(secret: Secret) -> str | None:
    """Why this cannot be a secret access key; None if it can."""
    text = secret.reveal()
    if looks_like_key_id(text):
        return "this is an access key id, not a secret access key"
    if not text or not (text.isascii() and text.isprintable()) or " " in text:
        return "the secret access key holds characters that no key has"
    return None


def trouble_in_file(key: str, value: str) -> tuple[str, str] | None:
    """Why the value of this key in an AWS file cannot sign, and a hint; None if it may, for not all keys are AWS's."""
    if key == KEY_ID_FIELD and (value.startswith("ASIA") or looks_like_secret(value)):
        hint = "write the id of an IAM user's keys there: long-term keys begin with AKIA"
        return trouble_with_key_id(value) or "", hint
    if not value.isascii() or " " in value:
        return "it holds characters that no key has", "copy it again from where it was made"
    return None


def doubt_about_key_id(access_key_id: str) -> str | None:
    """What is unusual about an id: AWS documents 16 to 128 characters, so it is used all the same."""
    usual = len(access_key_id) == _USUAL_KEY_ID and access_key_id.isalnum() and access_key_id == access_key_id.upper()
    return None if usual else f"the access key id is unusual: AWS's have {_USUAL_KEY_ID} capital letters and digits"


def has_odd_characters(secret: Secret) -> bool:
    """Whether a secret has other characters than AWS's, such as those of a remark in its place."""
    return not set(secret.reveal()) <= _OF_A_SECRET


def doubt_about_secret(secret: Secret) -> str | None:
    """What is unusual about a secret: AWS documents no length, so it is used all the same."""
    usual = len(secret.reveal()) == _USUAL_SECRET and not has_odd_characters(secret)
    return None if usual else f"the secret access key is unusual: AWS's have {_USUAL_SECRET} letters, digits, / and +"

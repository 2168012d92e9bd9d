"""
The tags of a role session, as aws-vault writes them in AWS's config file: `session_tags`, `transitive_session_tags`.

Owns their limits. What policies and tags take packed is for AWS to judge: only it can pack them.

Limits: https://docs.aws.amazon.com/STS/latest/APIReference/API_Tag.html and
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html
"""

from __future__ import annotations

from aws_mfa.errors import BadProfile

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from aws_mfa.config.settings import Given

_MOST_TAGS = 50
_LONGEST_TAG_KEY = 128
_LONGEST_TAG_VALUE = 256
_TAG_MARKS = frozenset(" _.:/=+-@")
_TAGS_HINT = "write them as: session_tags = Team=data,Project=atlas"


def tags_of(given: Given) -> tuple[tuple[str, str], ...]:
    """`Team=data,Project=atlas` as aws-vault reads it -> pairs; the packed size is for AWS to judge."""
    pairs: dict[str, tuple[str, str]] = {}
    for part in given.value.split(","):
        key, equals, value = (piece.strip() for piece in part.partition("="))
        trouble = "a part of it is not key=value" if not equals else _trouble_with_tag(key, value)
        if trouble is None and key.lower() in pairs:
            trouble = f"tag {key!a} stands twice (AWS does not tell capitals from small letters)"
        if trouble:
            raise BadProfile(f"{given.source}: {trouble}", _TAGS_HINT)
        pairs[key.lower()] = (key, value)
    if len(pairs) > _MOST_TAGS:
        raise BadProfile(f"{given.source}: {len(pairs)} tags, and AWS takes {_MOST_TAGS}", _TAGS_HINT)
    return tuple(pairs.values())


def transitive_keys_of(given: Given, tags: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """Keys separated by commas, each one of `tags`: AWS refuses others."""
    keys = tuple(dict.fromkeys(key for key in map(str.strip, given.value.split(",")) if key))
    known = {key.lower() for key, _ in tags}
    for key in keys:
        if key.lower() not in known:
            hint = "list under transitive_session_tags only keys of session_tags"
            raise BadProfile(f"{given.source}: {_shown(key)} is not one of the profile's session_tags", hint)
    return keys


def _trouble_with_tag(key: str, value: str) -> str | None:
    if not 1 <= len(key) <= _LONGEST_TAG_KEY:
        return f"a tag's key has {len(key)} characters, and AWS takes 1 to {_LONGEST_TAG_KEY}"
    if len(value) > _LONGEST_TAG_VALUE:
        return f"the value of tag {key!a} has {len(value)} characters, and AWS takes 0 to {_LONGEST_TAG_VALUE}"
    if key.lower().startswith("aws:"):
        return f"tag {key!a} begins with aws:, which AWS keeps for itself"
    if not all(character.isalnum() or character in _TAG_MARKS for character in key + value):
        return f"tag {key!a} holds a character AWS does not take: letters, digits, blanks and _.:/=+-@ are taken"
    return None


def _shown(key: str) -> str:
    return ascii(key[:_LONGEST_TAG_KEY])

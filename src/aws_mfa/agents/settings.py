"""
Settings written to the file of a coding tool, and taken back: to the byte, if the file is as it was written.

A journal has the text before and after; it is written first, so what a killed process wrote can be taken back. From a
file that was changed since, only what was written is removed; what has another value by then stays, and is named.
JSON keeps its order and indentation. Refuses JSON with comments, and TOML that has the same tables.
"""

from __future__ import annotations

import json
import os
import re
from contextlib import suppress
from typing import TYPE_CHECKING

from aws_mfa.agents.tools import BEGIN, END
from aws_mfa.aws_values.policies import without_repetition
from aws_mfa.errors import BrokenFile

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from aws_mfa.agents.tools import Settings
    from aws_mfa.interfaces import Interfaces

_BLOCK = re.compile(rf"{BEGIN}.*?{END}\n{{0,2}}", re.DOTALL)
_TABLES = r"shell_environment_policy|sandbox_\w+|default_permissions|permissions(?=\s*[=\]]|[\s.\"']+aws-mfa)"
_CONFLICT = re.compile(rf"""^\s*\[?[\s"']*({_TABLES})\b|({BEGIN})""", re.MULTILINE)
_INDENT = re.compile(r'\n([ \t]+)"')
_ABSENT = object()


def change(wanted: Settings, interfaces: Interfaces, confirm: Callable[..., None] | None) -> list[str] | None:
    """Write after `confirm(old text, new text)`, or take back (None); the names of what stays, None if all does."""
    path, file, left = wanted[0], interfaces.settings_file(wanted[0]), list[str]()
    # Private: the settings of a tool may have secrets of that tool.
    journal = interfaces.settings_file(os.path.join(os.path.dirname(interfaces.known_keys.path), "agent-settings"))
    now, noted = file.read() if file.exists() else None, _parsed(journal.read(), journal.path)
    try:
        before = now if now is None or path not in noted else _taken_back(now, noted[path], path, left)
    except (AttributeError, LookupError, TypeError):
        raise BrokenFile(
            f"{journal.path}: damaged: what it says of {path} cannot be read", "remove that file"
        ) from None
    after = text_with(wanted, now or "") if confirm else before
    if after == now:
        return left or None
    if confirm:
        confirm(now or "", after or "")
    with interfaces.set_up_lock():
        noted = _parsed(journal.read(), journal.path) | {path: {"before": before, "after": [now, after]}}
        journal.replace(json.dumps(noted))
        file.replace(after, if_still=now or "")
        if not confirm:
            del noted[path]
            journal.replace(json.dumps(noted))
    return left


def text_with(wanted: Settings, old: str = "") -> str:
    """`old` with the settings in it; `BrokenFile` if that has to be done by hand."""
    path, settings = wanted
    if isinstance(settings, dict):
        return _edited(old, path, lambda value: _merged(value, settings))
    rest = _BLOCK.sub("", old)
    if found := _CONFLICT.search(rest):
        raise BrokenFile(f"{path}: not changed, because it has settings under {found[1] or found[2]}")
    return old if settings in old else f"{settings}\n{rest}" if rest else settings


def _taken_back(now: str, noted: dict[str, Any], path: str, left: list[str]) -> str | None:
    before: str | None = noted["before"]
    if now in (before, *noted["after"]):
        return before
    after = noted["after"][-1] or ""
    if block := _BLOCK.search(after):
        left += [] if block[0] in now else ["the block of aws-mfa"]
        return now.replace(block[0], "", 1)
    old, new = _parsed(before or "", path), _parsed(after, path)
    return _edited(now, path, lambda value: _without(value, old, new, left))


def _parsed(text: str, where: str) -> dict[str, Any]:
    try:
        found = json.loads(text.strip() or "{}", object_pairs_hook=without_repetition)
    except (ValueError, RecursionError):
        found = None  # and no word of the error, which holds the text
    if not isinstance(found, dict):
        raise BrokenFile(f"{where}: not changed, because it has comments, has a key twice or is not a JSON object")
    return found


def _edited(old: str, path: str, edit: Callable[[object], object]) -> str:
    new = edit(value := _parsed(old, path))
    indent = found[1] if (found := _INDENT.search(old)) else "  "
    text = ""
    with suppress(ValueError):  # a number that is too large for Python would be written as a word
        text = json.dumps(new, indent=indent, ensure_ascii=False, allow_nan=False)
    if not text:
        raise BrokenFile(f"{path}: not changed, because a number in it is too large")
    text += "\n" if old.endswith("\n") or not old.strip() else ""
    return old if new == value else text.replace("\n", "\r\n") if "\r\n" in old else text


def _merged(old: object, new: object) -> object:
    """Objects and lists get what they lack; other values are replaced, a list too if the new one is a tuple."""
    if isinstance(new, dict):
        old = old if isinstance(old, dict) else {}
        return {**old, **{key: _merged(old.get(key), value) for key, value in new.items()}}
    if isinstance(old, list) and isinstance(new, list):
        return [*old, *(one for one in new if one not in old)]
    return list(new) if isinstance(new, tuple) else new


def _without(now: object, before: object, after: object, left: list[str], name: str = "") -> object:
    """`now` with the way from `before` to `after` taken back."""
    if isinstance(now, dict) and isinstance(after, dict):
        old = before if isinstance(before, dict) else {}
        ours = [key for key in now if key in after and after[key] != old.get(key, _ABSENT)]
        taken = {key: _without(now[key], old.get(key, _ABSENT), after[key], left, f"{name}.{key}") for key in ours}
        found: object = {key: value for key, value in {**now, **taken}.items() if value is not _ABSENT}
    elif isinstance(now, list) and isinstance(after, list):
        found = [one for one in now if one not in after or (isinstance(before, list) and one in before)]
    else:
        left += [] if now == after else [name[1:]]
        return before if now == after else now
    return found if found or isinstance(before, type(found)) else before

"""
Two texts of an AWS file -> what differs, as a unified diff that may be shown.

Here lines are keys. So a value is shown only where its key is known to be no secret; of every other line, comments
too, for people park old keys in them, only what it is.
"""

from __future__ import annotations

from difflib import unified_diff
from typing import TYPE_CHECKING

from aws_mfa.rules.ini_text import OF_ALL, delimiter_in, indent_of, line_end, sections
from aws_mfa.rules.profile_keys import CREDENTIAL_PROCESS, HIDDEN, OF_THE_ROLE
from aws_mfa.rules.shown_text import shown_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aws_mfa.rules.ini_text import Entry, Section

_LONGEST_KEY = 64
_SHOWN = OF_THE_ROLE | frozenset(("region", "output", "include_profile", "assumed_role_arn", "expiration"))
_MASK = "***"


def masked_diff(before: str, after: str, path: str) -> list[str]:
    """
    The lines of the diff, none where nothing differs; each hunk is named by its section.

    Section by section: `difflib` takes a minute for ten thousand at once. Text before the first section is not looked
    at, nor are sections that `before` does not have, nor `[DEFAULT]`, which is never changed.
    """
    lines = [f"--- {path}", f"+++ {path}"]
    new = {section.name: section for section in sections(after)}
    for section in (one for one in sections(before) if one.name != OF_ALL):
        old_lines = _shown_lines(before, section)
        new_lines = _shown_lines(after, new[section.name]) if section.name in new else []
        hunks = list(unified_diff(old_lines, new_lines, lineterm=""))[2:]
        lines += [f"@@ [{section.name}] @@" if line.startswith("@@") else line for line in hunks]
    return [shown_text(line) for line in lines] if len(lines) > len(("---", "+++")) else []


def _shown_lines(text: str, section: Section) -> list[str]:
    shown = [f"[{section.name}]"]
    at = line_end(text, section.header_start)
    for entry in section.entries:
        for number, (start, end) in enumerate(entry.lines):
            shown += _other_lines(text[at:start])
            shown.append(_first_line(text[start:end], entry) if number == 0 else f"{entry.indent}  {_MASK}")
            at = end
    return [*shown, *_other_lines(text[at : section.end])]


def _first_line(line: str, entry: Entry) -> str:
    line = line.rstrip()
    if not _is_key(entry.key):
        return f"{entry.indent}{_MASK}"  # a secret that lost its key and ends in "=" reads as a key
    is_shown = entry.key.removeprefix(HIDDEN) in _SHOWN or _asks_us(entry)
    at = delimiter_in(line) + 1
    blanks = indent_of(line[at:])
    return line if is_shown or not entry.value else f"{line[: at + blanks]}{_MASK}"


def _is_key(text: str) -> bool:
    is_word = len(text) <= _LONGEST_KEY and text.replace("_", "").isalnum()
    return text in _SHOWN or (is_word and "_" in text.strip("_"))


def _asks_us(entry: Entry) -> bool:
    return entry.key == CREDENTIAL_PROCESS and entry.value.startswith("aws-mfa credential-process ")


def _other_lines(text: str) -> Iterator[str]:
    """Blank lines and comments."""
    for line in text.removesuffix("\n").split("\n") if text else ():
        stripped = line.strip()
        yield f"{stripped[0]} {_MASK}" if stripped else ""

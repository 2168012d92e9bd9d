"""
Two texts of an AWS file -> what differs, as a unified diff that may be shown.

Here lines are keys. So a value is shown only where its key is known to be no secret; of every other line, comments
too, for people park old keys in them, only what it is.
"""

from __future__ import annotations

from difflib import unified_diff
from typing import TYPE_CHECKING

from aws_mfa.aws_values.text import shown_text
from aws_mfa.config.ini import OF_ALL, delimiter_in, indent_of, line_end, sections
from aws_mfa.config.profile_settings import CREDENTIAL_PROCESS, HIDDEN, OF_THE_ROLE

if TYPE_CHECKING:
    from aws_mfa.config.ini import Entry, Section

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
    """The section's lines, masked: blank lines and comments too."""
    shown = [f"[{section.name}]"]
    at = line_end(text, section.header_start)
    lines = [(entry, number, line) for entry in section.entries for number, line in enumerate(entry.lines)]
    for entry, number, (start, end) in [*lines, (None, 0, (section.end, section.end))]:
        for other in text[at:start].removesuffix("\n").split("\n") if at < start else ():
            stripped = other.strip()
            shown.append(f"{stripped[0]} {_MASK}" if stripped else "")
        if entry is not None:
            shown.append(f"{entry.indent}  {_MASK}" if number else _first_line(text[start:end].rstrip(), entry))
        at = end
    return shown


def _first_line(line: str, entry: Entry) -> str:
    """A secret that lost its key and ends in "=" reads as a key: so a key is shown where it looks like one."""
    key = entry.key
    looks_like_a_key = len(key) <= _LONGEST_KEY and key.replace("_", "").isalnum() and "_" in key.strip("_")
    if key not in _SHOWN and not looks_like_a_key:
        return f"{entry.indent}{_MASK}"
    asks_us = key == CREDENTIAL_PROCESS and entry.value.startswith("aws-mfa credential-process ")
    if key.removeprefix(HIDDEN) in _SHOWN or asks_us or not entry.value:
        return line
    at = delimiter_in(line) + 1
    return f"{line[: at + indent_of(line[at:])]}{_MASK}"

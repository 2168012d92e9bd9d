"""
Two texts of an AWS file -> what differs, as a unified diff that may be shown.

Here lines are keys. So a value is shown only where its key is known to be no secret; of every other line, comments
too, for people park old keys in them, only what it is.
"""

from __future__ import annotations

from difflib import unified_diff
from typing import TYPE_CHECKING

from aws_mfa.rules.ini_text import delimiter_in, indent_of, line_end, sections
from aws_mfa.rules.profile_values import CREDENTIAL_PROCESS, HIDDEN, OF_THE_ROLE, is_our_credential_process
from aws_mfa.rules.shown_text import shown_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aws_mfa.rules.ini_text import Entry

_SHOWN = OF_THE_ROLE | frozenset(("region", "output", "include_profile", "assumed_role_arn", "expiration"))
_MASK = "***"


def masked_diff(before: str, after: str, path: str) -> list[str]:
    """The lines of the diff, none where the texts are equal."""
    if before == after:
        return []
    lines = unified_diff(list(_shown_lines(before)), list(_shown_lines(after)), path, path, lineterm="")
    return [shown_text(line) for line in lines]


def _shown_lines(text: str) -> Iterator[str]:
    at = 0
    for section in sections(text):
        yield from _other_lines(text[at : section.header_start])
        at = line_end(text, section.header_start)
        yield f"[{section.name}]"
        for entry in section.entries:
            for number, (start, end) in enumerate(entry.lines):
                yield from _other_lines(text[at:start])
                yield _first_line(text[start:end], entry) if number == 0 else entry.indent + f"  {_MASK}"
                at = end
    yield from _other_lines(text[at:])


def _first_line(line: str, entry: Entry) -> str:
    line = line.rstrip()
    is_shown = entry.key.removeprefix(HIDDEN) in _SHOWN or _asks_us(entry)
    at = delimiter_in(line) + 1
    blanks = indent_of(line[at:])
    return line if is_shown or not entry.value else f"{line[: at + blanks]}{_MASK}"


def _asks_us(entry: Entry) -> bool:
    return entry.key == CREDENTIAL_PROCESS and is_our_credential_process(entry.value)


def _other_lines(text: str) -> Iterator[str]:
    """Blank lines and comments."""
    for line in text.removesuffix("\n").split("\n") if text else ():
        stripped = line.strip()
        yield f"{stripped[0]} {_MASK}" if stripped else ""

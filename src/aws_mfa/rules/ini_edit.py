"""
The text of an AWS file + changes -> text, every other byte kept: comments, key case, indents, line ends, nested blocks.

Works on one section as `ini_text` reads it. Refuses to edit what it cannot read, `[DEFAULT]`, and values that one line
cannot carry; a fault elsewhere in the text is for `ini_text.check`, which is asked before a person types.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_mfa.errors import BadInput
from aws_mfa.rules.ini_text import (
    OF_ALL,
    check,
    check_beginning,
    check_keys,
    delimiter_in,
    find_section,
    indent_of,
    line_end,
    sections,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_mfa.rules.ini_text import Entry, Section

_LINE_ENDS = ("\n", "\r")


def with_changes(text: str, name: str, changes: Mapping[str, str | None], *, where: str = "the file") -> str:
    """
    Replace keys of a section in place, add what is new at its end, remove what is None; every other byte stays.

    Keys are in lower case. A section that is not there is added at the end of the text, after a blank line, where
    there is something to write. Raises `BrokenFile` for what it cannot read in this section, and for duplicates in it;
    faults elsewhere are for `check`. Raises `BadInput` for a value that one line cannot carry, and for `[DEFAULT]`.
    """
    check_beginning(text, where)
    _check_change(name, changes)
    section = find_section(text, name, where)
    if section is None:
        return text + _new_section(name, changes, newline=_newline(text, 0), after=text)
    check_keys(text, section, where)
    return text[: section.header_start] + _edited(text, section, changes) + text[section.end :]


def with_all_changes(text: str, changes_of: Mapping[str, Mapping[str, str | None]], *, where: str = "the file") -> str:
    """
    As `with_changes` for many sections (name -> changes), those that are there first, then the new ones.

    In one walk, which also refuses what it cannot read.
    """
    check_beginning(text, where)
    for name, changes in changes_of.items():
        _check_change(name, changes)
    missing = dict(changes_of)
    pieces: list[str] = []
    at = 0
    for section in sections(text, where=where):
        if section.name not in changes_of:
            continue
        if section.name not in missing:
            check(text, where=where)  # tells that it stands twice
        changes = missing.pop(section.name)
        check_keys(text, section, where)
        pieces += [text[at : section.header_start], _edited(text, section, changes)]
        at = section.end
    text = "".join(pieces) + text[at:]
    newline, after = _newline(text, 0), text
    added: list[str] = []
    for name, changes in missing.items():
        added.append(_new_section(name, changes, newline=newline, after=after))
        after = added[-1] or after
    return text + "".join(added)


def without_section(text: str, name: str, *, where: str = "the file") -> str:
    """
    Remove the section with its header and keys; comment lines in it stay.

    A header behind it loses its indent: below the section before, it would read as a continuation line.
    """
    check_beginning(text, where)
    _check_change(name, {})
    section = find_section(text, name, where)
    if section is None:
        return text
    body_start = line_end(text, section.header_start)
    kept: list[str] = []
    at = body_start
    for start, end in (line for entry in section.entries for line in entry.lines):
        kept.append(text[at:start])
        at = end
    kept.append(text[at : section.end])
    rest = "".join(kept)
    return text[: section.header_start] + ("" if not rest.strip() else rest) + text[section.end :].lstrip()


def _edited(text: str, section: Section, changes: Mapping[str, str | None]) -> str:
    missing = dict(changes)
    pieces: list[str] = []
    at = section.header_start
    for entry in section.entries:
        if entry.key not in missing:
            continue
        value = missing.pop(entry.key)
        for number, (start, end) in enumerate(entry.lines):
            pieces.append(text[at:start])
            if number == 0 and value is not None:
                pieces.append(_line_with_value(text[start:end], entry, value))
            at = end
    end_of_keys = _end_of_keys(text, section)
    kept = "".join(pieces) + text[at:end_of_keys]
    return kept + _added(text, section, missing, after=kept) + text[end_of_keys : section.end]


def _added(text: str, section: Section, missing: Mapping[str, str | None], *, after: str) -> str:
    indent = _indent_of_new_keys(text, section)
    newline = _newline(text, section.header_start)
    lines = "".join(f"{indent}{key} = {value}{newline}" for key, value in missing.items() if value is not None)
    return newline + lines if lines and not after.endswith(_LINE_ENDS) else lines


def _indent_of_new_keys(text: str, section: Section) -> str:
    """Return that of the last key; else that of the next header, which a key of less indent would swallow."""
    if section.entries:
        return section.entries[-1].indent
    line = text[section.end : line_end(text, section.end)]
    return line[: indent_of(line)]


def _line_with_value(line: str, entry: Entry, value: str) -> str:
    """Keep the line's indent, the blanks around its delimiter and its ending; SDKs want the key in lower case."""
    body = _without_end(line)
    delimiter = delimiter_in(body)
    before, after = body[:delimiter], body[delimiter + 1 :]
    blanks_before = before[len(before.rstrip()) :]
    blanks_after = after[: len(after) - len(after.lstrip())] if after else blanks_before[:1]
    return f"{entry.indent}{entry.key}{blanks_before}{body[delimiter]}{blanks_after}{value}{line[len(body) :]}"


def _new_section(name: str, changes: Mapping[str, str | None], *, newline: str, after: str) -> str:
    """The section to be added to a text that ends with `after`, "" where there is nothing to write."""
    lines = "".join(f"{key} = {value}{newline}" for key, value in changes.items() if value is not None)
    if not lines:
        return ""
    ends = after[len(_without_end(after)) :]
    if not after or len(ends) > line_end(ends, 0):
        gap = ""
    elif ends:
        gap = newline
    else:
        gap = newline + newline
    return f"{gap}[{name}]{newline}{lines}"


def _check_change(name: str, changes: Mapping[str, str | None]) -> None:
    if name == OF_ALL:
        raise BadInput(f"[{OF_ALL}] holds settings of every profile: it is not changed")
    for key, value in changes.items():
        if value and (value != value.strip() or not value.isprintable()):
            reason = "holds a line break, a control character, or a blank at an end"
            raise BadInput(f"the value for '{key}' {reason}", "give it on one line, without blanks around it")


def _end_of_keys(text: str, section: Section) -> int:
    """Where a new key goes: behind the last key, or behind the header."""
    if section.entries:
        return section.entries[-1].lines[-1][1]
    return line_end(text, section.header_start)


def _newline(text: str, at: int) -> str:
    """
    Return the end of the line that holds `at`; of the first line where that one has none.

    A lone CR only where all lines end so: among others nobody but Python takes it for an end.
    """
    end = _end_of_line(text, at) or _end_of_line(text, 0) or "\n"
    return "\n" if end == "\r" and "\n" in text else end


def _end_of_line(text: str, at: int) -> str:
    line = text[at : line_end(text, at)]
    return line[len(_without_end(line)) :]


def _without_end(line: str) -> str:
    return line.rstrip("\r\n")

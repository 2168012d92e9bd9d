"""
The text of an AWS file (credentials, config) -> one section; text + changes -> text, every other byte kept.

Reads what `configparser` reads (botocore and the old tool use it): full-line comments with `#` and `;`, keys in any
case, `=` or `:`, indented continuation lines. A section is found by a search for its header, so that ten thousand
profiles cost no more than a few; `check` walks the whole text. Refuses to edit what it cannot read, and quotes no
value in a message: here lines are keys. On the hot path: no imports but our own errors.
"""

from __future__ import annotations

from aws_mfa.errors import BadInput, BrokenFile

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SMALL = 16 * 1024
"""Characters that can be checked in less than a millisecond."""


class Entry:
    """One key of a section: `value` without blanks around it, `lines` as (start, end) offsets, continuations too."""

    __slots__ = ("indent", "key", "line_number", "lines", "value")

    def __init__(self, key: str, value: str, indent: str, line: tuple[int, int], line_number: int) -> None:
        self.key = key
        self.value = value
        self.indent = indent
        self.lines = [line]
        self.line_number = line_number


class Section:
    """One section: offsets of its header line and of its end, and its entries in order."""

    __slots__ = ("end", "entries", "header_start", "line_number", "name")

    def __init__(self, name: str, header_start: int, line_number: int) -> None:
        self.name = name
        self.header_start = header_start
        self.line_number = line_number
        self.end = header_start
        self.entries: list[Entry] = []

    def values(self) -> dict[str, str]:
        """Keys in lower case -> values."""
        return {entry.key: entry.value for entry in self.entries}


def section_values(text: str, name: str, *, where: str = "the file") -> dict[str, str] | None:
    """Return the keys (lower case) and values of the section, None where there is none."""
    section = _find(text, name, where)
    return None if section is None else section.values()


def sections(text: str, *, where: str = "the file") -> list[Section]:
    """All sections in order; raises `BrokenFile` as `check` does."""
    return list(_walk(text, 0, 1, where))


def check_if_small(text: str, *, where: str = "the file") -> None:
    """Check what a person wrote at once; a file of many thousand lines is checked when it is to be changed."""
    if len(text) <= SMALL:
        check(text, where=where)


def check(text: str, *, where: str = "the file") -> None:
    """Raise `BrokenFile` with file, line and reason for what SDKs would refuse; quote no value."""
    _check_characters(text, where)
    seen: dict[str, int] = {}
    for section in _walk(text, 0, 1, where):
        first = seen.setdefault(section.name, section.line_number)
        if first != section.line_number:
            reason = f"section [{section.name}] stands here again (first in line {first})"
            raise _broken(where, section.line_number, reason)
        _check_keys(text, section, where)


def with_changes(text: str, name: str, changes: Mapping[str, str | None], *, where: str = "the file") -> str:
    """
    Replace keys of a section in place, add what is new at its end, remove what is None; every other byte stays.

    Keys are in lower case. A section that is not there is added at the end of the text, after a blank line, where
    there is something to write. Raises `BrokenFile` for what it cannot read in this section, and for duplicates in it;
    faults elsewhere are for `check`. Raises `BadInput` for a value that one line cannot carry.
    """
    _check_characters(text, where)
    _check_values(changes)
    section = _find(text, name, where)
    if section is None:
        return _with_new_section(text, name, changes)
    _check_keys(text, section, where)
    return text[: section.header_start] + _edited(text, section, changes) + text[section.end :]


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
    return newline + lines if lines and not after.endswith("\n") else lines


def _indent_of_new_keys(text: str, section: Section) -> str:
    """Return that of the last key; else that of the next header, which a key of less indent would swallow."""
    if section.entries:
        return section.entries[-1].indent
    line = text[section.end : _line_end(text, section.end)]
    return line[: _indent(line)]


def _line_with_value(line: str, entry: Entry, value: str) -> str:
    """Keep the line's indent, the blanks around its delimiter and its ending; SDKs want the key in lower case."""
    body = line.rstrip("\r\n")
    delimiter = _delimiter(body)
    before, after = body[:delimiter], body[delimiter + 1 :]
    blanks_before = before[len(before.rstrip()) :]
    blanks_after = after[: len(after) - len(after.lstrip())] if after.strip() else " "
    return f"{entry.indent}{entry.key}{blanks_before}{body[delimiter]}{blanks_after}{value}{line[len(body) :]}"


def _with_new_section(text: str, name: str, changes: Mapping[str, str | None]) -> str:
    newline = _newline(text, 0)
    lines = "".join(f"{key} = {value}{newline}" for key, value in changes.items() if value is not None)
    if not lines:
        return text
    if text.endswith(("\n\n", "\n\r\n")) or not text:
        gap = ""
    elif text.endswith("\n"):
        gap = newline
    else:
        gap = newline + newline
    return f"{text}{gap}[{name}]{newline}{lines}"


def without_section(text: str, name: str, *, where: str = "the file") -> str:
    """
    Remove the section with its header and keys; comment lines in it stay.

    A header behind it loses its indent: below the section before, it would read as a continuation line.
    """
    _check_characters(text, where)
    section = _find(text, name, where)
    if section is None:
        return text
    body_start = _line_end(text, section.header_start)
    kept: list[str] = []
    at = body_start
    for start, end in (line for entry in section.entries for line in entry.lines):
        kept.append(text[at:start])
        at = end
    kept.append(text[at : section.end])
    rest = "".join(kept)
    return text[: section.header_start] + ("" if not rest.strip() else rest) + text[section.end :].lstrip()


def _find(text: str, name: str, where: str) -> Section | None:
    """Search for the header; walk the whole text only where the search is not conclusive."""
    header = f"[{name}]"
    at = text.find(header)
    if at < 0:
        return None
    starts_line = at == 0 or text[at - 1] == "\n"
    rest = text[at + len(header) : _line_end(text, at)]
    if starts_line and not rest.strip() and text.find(header, at + 1) < 0:
        return next(_walk(text, at, 0, where))
    check(text, where=where)
    return next((section for section in _walk(text, 0, 1, where) if section.name == name), None)


def _walk(text: str, start: int, line_number: int, where: str) -> Iterator[Section]:
    """Yield sections from `start` on. `line_number` 0 means: unknown, count it when a message needs it."""
    section: Section | None = None
    entry: Entry | None = None
    indent_of_entry = blank_lines = 0
    at, size = start, len(text)
    while at < size:
        end = _line_end(text, at)
        line = text[at:end]
        stripped = line.strip()
        number = line_number
        if not stripped:
            blank_lines += 1
        elif stripped[0] in "#;":
            pass
        elif entry is not None and _indent(line) > indent_of_entry:
            entry.value += "\n" * (blank_lines + 1) + stripped
            entry.lines.append((at, end))
            blank_lines = 0
        elif stripped[0] == "[" and stripped.rfind("]") > 1:
            if section is not None:
                section.end = at
                yield section
            section, entry = Section(stripped[1 : stripped.rfind("]")], at, number), None
        else:
            entry = _entry(text, at, end, line_number, where)
            if section is None:
                raise _broken(where, _number(text, at, number), "a key stands before the first [section]")
            section.entries.append(entry)
            indent_of_entry, blank_lines = _indent(line), 0
        at = end
        line_number += 1 if line_number else 0
    if section is not None:
        section.end = size
        yield section


def _entry(text: str, start: int, end: int, line_number: int, where: str) -> Entry:
    line = text[start:end]
    delimiter = _delimiter(line)
    key = line[:delimiter].strip().lower() if delimiter >= 0 else ""
    if not key:
        reason = "neither a comment, a [section] nor a 'key = value' line"
        raise _broken(where, _number(text, start, line_number), reason)
    return Entry(key, line[delimiter + 1 :].strip(), line[: _indent(line)], (start, end), line_number)


def _check_characters(text: str, where: str) -> None:
    if text.startswith("\ufeff"):
        raise _broken(where, 1, "begins with a byte order mark, which SDKs refuse: save it as UTF-8 without BOM")
    if "\0" in text:
        raise _broken(where, text.count("\n", 0, text.index("\0")) + 1, "holds a NUL byte")
    if "\r" in text and text.count("\r") != text.count("\r\n"):
        raise _broken(where, _line_of_lone_return(text), "ends with a lone carriage return")


def _check_keys(text: str, section: Section, where: str) -> None:
    seen: dict[str, int] = {}
    for entry in section.entries:
        at = entry.lines[0][0]
        if entry.key in seen:
            # Not by its name: a secret that ends in "=" and lost its key reads as a key.
            first = _number(text, seen[entry.key], 0)
            reason = f"a key of section [{section.name}] stands here again (first in line {first})"
            raise _broken(where, _number(text, at, entry.line_number), reason)
        seen[entry.key] = at


def _check_values(changes: Mapping[str, str | None]) -> None:
    for key, value in changes.items():
        if value and (value != value.strip() or not value.isprintable()):
            reason = "holds a line break, a control character, or a blank at an end"
            raise BadInput(f"the value for '{key}' {reason}", "give it on one line, without blanks around it")


def _delimiter(line: str) -> int:
    """Offset of the first `=` or `:`, -1 where there is none."""
    equals, colon = line.find("="), line.find(":")
    return max(equals, colon) if equals < 0 or colon < 0 else min(equals, colon)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _line_end(text: str, at: int) -> int:
    """Offset behind the newline of the line that holds `at`."""
    return (text.find("\n", at) + 1) or len(text)


def _end_of_keys(text: str, section: Section) -> int:
    """Where a new key goes: behind the last key, or behind the header."""
    if section.entries:
        return section.entries[-1].lines[-1][1]
    return _line_end(text, section.header_start)


def _newline(text: str, at: int) -> str:
    """Return the ending of the line that holds `at`; of the first line where that one has none."""
    end = text.find("\n", at)
    if end < 0:
        end = text.find("\n")
    return "\r\n" if end > 0 and text[end - 1] == "\r" else "\n"


def _number(text: str, at: int, known: int) -> int:
    return known or text.count("\n", 0, at) + 1


def _line_of_lone_return(text: str) -> int:
    at = next(i for i, char in enumerate(text) if char == "\r" and text[i + 1 : i + 2] != "\n")
    return text.count("\n", 0, at) + 1


def _broken(where: str, line_number: int, reason: str) -> BrokenFile:
    return BrokenFile(f"{where}, line {line_number}: {reason}", "mend that line by hand: nothing was changed")

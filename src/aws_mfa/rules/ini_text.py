"""
The text of an AWS file (credentials, config) -> its sections; and whether SDKs can read it.

Reads what `configparser` reads (botocore and the old tool use it): full-line comments with `#` and `;`, keys in any
case, `=` or `:`, indented continuation lines. A section is found by a search for its header, so that ten thousand
profiles cost no more than a few; `check` walks the whole text. Quotes no value in a message: here lines are keys.
Changes are made in `ini_edit`. On the hot path: no imports but our own errors.
"""

from __future__ import annotations

from aws_mfa.errors import BrokenFile

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

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
    section = find_section(text, name, where)
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
    check_characters(text, where)
    seen: dict[str, int] = {}
    for section in _walk(text, 0, 1, where):
        first = seen.setdefault(section.name, section.line_number)
        if first != section.line_number:
            reason = f"section [{section.name}] stands here again (first in line {first})"
            raise _broken(where, section.line_number, reason)
        check_keys(text, section, where)


def find_section(text: str, name: str, where: str) -> Section | None:
    """Search for the header; walk the whole text only where the search is not conclusive."""
    header = f"[{name}]"
    at = text.find(header)
    if at < 0:
        return None
    starts_line = at == 0 or text[at - 1] == "\n"
    rest = text[at + len(header) : line_end(text, at)]
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
        end = line_end(text, at)
        line = text[at:end]
        stripped = line.strip()
        number = line_number
        if not stripped:
            blank_lines += 1
        elif stripped[0] in "#;":
            pass
        elif entry is not None and indent_of(line) > indent_of_entry:
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
            indent_of_entry, blank_lines = len(entry.indent), 0
        at = end
        line_number += 1 if line_number else 0
    if section is not None:
        section.end = size
        yield section


def _entry(text: str, start: int, end: int, line_number: int, where: str) -> Entry:
    line = text[start:end]
    delimiter = delimiter_in(line)
    key = line[:delimiter].strip().lower() if delimiter >= 0 else ""
    if not key:
        reason = "neither a comment, a [section] nor a 'key = value' line"
        raise _broken(where, _number(text, start, line_number), reason)
    return Entry(key, line[delimiter + 1 :].strip(), line[: indent_of(line)], (start, end), line_number)


def check_characters(text: str, where: str) -> None:
    """Refuse what no editor shows: a byte order mark, NUL, a lone carriage return."""
    if text.startswith("\ufeff"):
        raise _broken(where, 1, "begins with a byte order mark, which SDKs refuse: save it as UTF-8 without BOM")
    if "\0" in text:
        raise _broken(where, text.count("\n", 0, text.index("\0")) + 1, "holds a NUL byte")
    if "\r" in text and text.count("\r") != text.count("\r\n"):
        raise _broken(where, _line_of_lone_return(text), "ends with a lone carriage return")


def check_keys(text: str, section: Section, where: str) -> None:
    """Refuse a key that stands twice in the section."""
    seen: dict[str, int] = {}
    for entry in section.entries:
        at = entry.lines[0][0]
        if entry.key in seen:
            # Not by its name: a secret that ends in "=" and lost its key reads as a key.
            first = _number(text, seen[entry.key], 0)
            reason = f"a key of section [{section.name}] stands here again (first in line {first})"
            raise _broken(where, _number(text, at, entry.line_number), reason)
        seen[entry.key] = at


def delimiter_in(line: str) -> int:
    """Return the offset of the first `=` or `:`, -1 where there is none."""
    equals, colon = line.find("="), line.find(":")
    return max(equals, colon) if equals < 0 or colon < 0 else min(equals, colon)


def indent_of(line: str) -> int:
    """Count the blanks at the line's beginning."""
    return len(line) - len(line.lstrip())


def line_end(text: str, at: int) -> int:
    """Return the offset behind the newline of the line that holds `at`."""
    return (text.find("\n", at) + 1) or len(text)


def _number(text: str, at: int, known: int) -> int:
    return known or text.count("\n", 0, at) + 1


def _line_of_lone_return(text: str) -> int:
    at = next(i for i, char in enumerate(text) if char == "\r" and text[i + 1 : i + 2] != "\n")
    return text.count("\n", 0, at) + 1


def _broken(where: str, line_number: int, reason: str) -> BrokenFile:
    return BrokenFile(f"{where}, line {line_number}: {reason}", "mend that line by hand: nothing was changed")

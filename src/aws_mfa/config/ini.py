"""
The text of an AWS file (credentials, config) -> its sections; and whether SDKs can read it.

Reads what `configparser` reads (botocore and the old tool use it): full-line comments with `#` and `;`, keys in any
case, `=` or `:`, indented continuation lines, line ends of every system, a `[DEFAULT]` in several pieces. A section is
found by a search for its header, so that ten thousand profiles cost no more than a few; `check` walks the whole text.
Quotes no value in a message: here lines are keys.
Changes are made in `ini_edit`. On the hot path: no imports but our own errors.
"""

from __future__ import annotations

from aws_mfa.errors import BrokenFile

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

SMALL = 16 * 1024
"""Characters that can be checked in less than a millisecond."""

OF_ALL = "DEFAULT"
"""The section of what counts for every other; the only one that may be in several places."""

# What a text gets that was written twice as text on Windows: one end of line, which Python takes for two.
_DOUBLED_END = "\r\r\n"


class Entry:
    """One key of a section: `value` without blanks around it, `lines` as (start, end) offsets, continuations too."""

    __slots__ = ("indent", "key", "lines", "value")

    def __init__(self, key: str, value: str, indent: str, line: tuple[int, int]) -> None:
        self.key = key
        self.value = value
        self.indent = indent
        self.lines = [line]


class Section:
    """One section: offsets of its header line and of its end, and its entries in order."""

    __slots__ = ("end", "entries", "header_start", "name")

    def __init__(self, name: str, header_start: int) -> None:
        self.name = name
        self.header_start = header_start
        self.end = header_start
        self.entries: list[Entry] = []

    def values(self) -> dict[str, str]:
        """Keys in lower case -> values."""
        return {entry.key: entry.value for entry in self.entries}


def section_values(text: str, name: str, *, where: str = "the file") -> dict[str, str] | None:
    """Return the keys (lower case) and values of the section, None where there is none."""
    if name == OF_ALL and text.count(f"[{OF_ALL}]") > 1:
        pieces = [section.values() for section in sections(text, where=where) if section.name == OF_ALL]
        return {key: value for piece in pieces for key, value in piece.items()} if pieces else None
    section = find_section(text, name, where)
    return None if section is None else section.values()


def sections(text: str, *, where: str = "the file") -> list[Section]:
    """All sections in order; raises `BrokenFile` as `check` does."""
    return list(_walk(text, 0, where))


def check_if_small(text: str, *, where: str = "the file") -> None:
    """Check what a person wrote at once; a file of many thousand lines is checked when it is to be changed."""
    if len(text) <= SMALL:
        check(text, where=where)


def check(text: str, *, where: str = "the file") -> None:
    """Raise `BrokenFile` with file, line and reason for what SDKs would refuse; quote no value."""
    check_beginning(text, where)
    seen: dict[str, int] = {}
    keys_of_all: dict[str, int] = {}
    for section in _walk(text, 0, where):
        if section.name == OF_ALL:
            check_duplicate_keys(text, section, where, keys_of_all)
            continue
        first = seen.setdefault(section.name, section.header_start)
        if first != section.header_start:
            reason = f"duplicate section [{section.name}] (first in line {line_number(text, first)})"
            raise _broken(where, line_number(text, section.header_start), reason)
        check_duplicate_keys(text, section, where)


def find_section(text: str, name: str, where: str) -> Section | None:
    """Search for the header; walk the whole text only where the search is not conclusive."""
    header = f"[{name}]"
    at = text.find(header)
    if at < 0:
        return None
    starts_line = at == 0 or text[at - 1] == "\n"  # behind another end of line the whole text is walked
    rest = text[at + len(header) : line_end(text, at)]
    if starts_line and not rest.strip() and text.find(header, at + 1) < 0:
        return next(_walk(text, at, where))
    check(text, where=where)
    return next((section for section in _walk(text, 0, where) if section.name == name), None)


def _walk(text: str, start: int, where: str) -> Iterator[Section]:
    """Yield sections from `start` on; lines are counted when a message needs their number."""
    section: Section | None = None
    entry: Entry | None = None
    indent_of_entry = blank_lines = 0
    at, size = start, len(text)
    while at < size:
        end = line_end(text, at)
        line = text[at:end]
        stripped = line.strip()
        if not stripped:
            blank_lines += 1
        elif stripped[0] in "#;":
            pass
        elif entry is not None and indent_of(line) > indent_of_entry:
            blank_lines += text.count(_DOUBLED_END, entry.lines[-1][0], at)
            entry.value += "\n" * (blank_lines + 1) + stripped
            entry.lines.append((at, end))
            blank_lines = 0
        elif stripped[0] == "[" and stripped.rfind("]") > 1:
            if section is not None:
                section.end = at
                yield section
            section, entry = Section(stripped[1 : stripped.rfind("]")], at), None
        else:
            entry = _entry(text, at, end, where)
            if section is None:
                raise _broken(where, line_number(text, at), "a key before the first [section]")
            section.entries.append(entry)
            indent_of_entry, blank_lines = len(entry.indent), 0
        at = end
    if section is not None:
        section.end = size
        yield section


def _entry(text: str, start: int, end: int, where: str) -> Entry:
    line = text[start:end]
    delimiter = delimiter_in(line)
    key = line[:delimiter].strip().lower() if delimiter >= 0 else ""
    if not key:
        reason = "neither a comment, a [section] nor a 'key = value' line"
        raise _broken(where, line_number(text, start), reason)
    return Entry(key, line[delimiter + 1 :].strip(), line[: indent_of(line)], (start, end))


def check_beginning(text: str, where: str) -> None:
    """Refuse what no editor shows: a byte order mark."""
    if text.startswith("\ufeff"):
        raise _broken(where, 1, "begins with a byte order mark, which SDKs refuse: save it as UTF-8 without BOM")


def check_duplicate_keys(text: str, section: Section, where: str, seen: dict[str, int] | None = None) -> None:
    """Refuse a key that is in the section twice; `seen`: the keys of its pieces before this one, added to."""
    seen = {} if seen is None else seen
    for entry in section.entries:
        at = entry.lines[0][0]
        if entry.key in seen:
            # Not by its name: a secret that ends in "=" and lost its key reads as a key.
            first = line_number(text, seen[entry.key])
            reason = f"duplicate key in section [{section.name}] (first in line {first})"
            raise _broken(where, line_number(text, at), reason)
        seen[entry.key] = at


def delimiter_in(line: str) -> int:
    """Return the offset of the first `=` or `:`, -1 where there is none."""
    equals, colon = line.find("="), line.find(":")
    return max(equals, colon) if equals < 0 or colon < 0 else min(equals, colon)


def indent_of(line: str) -> int:
    """Count the blanks at the line's beginning."""
    return len(line) - len(line.lstrip())


def line_end(text: str, at: int) -> int:
    """Return the offset behind the line that holds `at` and its end: LF, CR LF, a lone CR, CR CR LF."""
    end = (text.find("\n", at) + 1) or len(text)
    carriage_return = text.find("\r", at, end)
    if carriage_return < 0 or text[carriage_return:end] in ("\r\n", _DOUBLED_END):
        return end
    return carriage_return + 1


def line_number(text: str, at: int) -> int:
    """Count the lines up to the one that begins at `at`, the first is 1."""
    ends = text.count("\n", 0, at) + text.count("\r", 0, at)
    return ends - text.count("\r\n", 0, at) - text.count(_DOUBLED_END, 0, at) + 1


def _broken(where: str, number: int, reason: str) -> BrokenFile:
    return BrokenFile(f"{where}, line {number}: {reason}", "fix that line by hand: nothing was changed")

"""
Reads the text of an AWS file (credentials, config) as SDKs do. On the hot path: imports only the errors.

Accepts what botocore loads (`configparser`, and nested blocks below an empty value). A section is found by a search for
its header, so that ten thousand profiles cost no more than a few; `check` walks the whole text. No message quotes a
line: lines hold keys.
"""

from __future__ import annotations

from aws_mfa.errors import BrokenFile

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

SMALL = 16 * 1024  # characters that can be checked in less than a millisecond
OF_ALL = "DEFAULT"  # the section whose settings count for all others; the only one that may be in several places
# On Windows a text that is written twice as text gets such line ends, and Python reads each as two.
_DOUBLED_END = "\r\r\n"


class Entry:
    """One key of a section: its value without blanks around it, and all its lines as (start, end) offsets."""

    __slots__ = ("indent", "key", "lines", "value")

    def __init__(self, key: str, value: str, indent: str, line: tuple[int, int]) -> None:
        self.key = key
        self.value = value
        self.indent = indent
        self.lines = [line]


class Section:
    """One section: the offsets of its header line and of its end, and its entries in order."""

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
    """Keys (lower case) and values of the section, None if there is no such section."""
    if name == OF_ALL and text.count(f"[{OF_ALL}]") > 1:
        pieces = [section.values() for section in sections(text, where=where) if section.name == OF_ALL]
        return {key: value for piece in pieces for key, value in piece.items()} if pieces else None
    section = find_section(text, name, where)
    return None if section is None else section.values()


def sections(text: str, *, where: str = "the file") -> list[Section]:
    """All sections in order; raises `BrokenFile` as `check` does."""
    return list(_walk(text, 0, where))


def check_if_small(text: str, *, where: str = "the file") -> None:
    """Check a file of usual size now; one of many thousand lines is checked before it is changed."""
    if len(text) <= SMALL:
        check(text, where=where)


def check(text: str, *, where: str = "the file") -> None:
    """Raise `BrokenFile` with file, line and reason for what SDKs refuse."""
    check_beginning(text, where)
    seen: dict[str, int] = {}
    keys_of_all: dict[str, int] = {}
    for section in _walk(text, 0, where):
        _check_blocks(text, section, where)
        if section.name == OF_ALL:
            check_duplicate_keys(text, section, where, keys_of_all)
            continue
        first = seen.setdefault(section.name, section.header_start)
        if first != section.header_start:
            reason = f"duplicate section [{section.name}] (first in line {line_number(text, first)})"
            raise _broken(text, section.header_start, where, reason)
        check_duplicate_keys(text, section, where)


def find_section(text: str, name: str, where: str) -> Section | None:
    """Search for the header; walk the whole text only if the search is not conclusive."""
    header = f"[{name}]"
    at = text.find(header)
    if at < 0:
        return None
    starts_line = at == 0 or text[at - 1] == "\n"  # after another line end the whole text is walked
    rest = text[at + len(header) : line_end(text, at)]
    if starts_line and not rest.strip() and text.find(header, at + 1) < 0:
        return next(_walk(text, at, where))
    check(text, where=where)
    return next((section for section in _walk(text, 0, where) if section.name == name), None)


def _walk(text: str, start: int, where: str) -> Iterator[Section]:
    """Yield the sections from `start` on."""
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
                raise _broken(text, at, where, "a key before the first [section]")
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
        raise _broken(text, start, where, "neither a comment, a [section] nor a 'key = value' line")
    return Entry(key, line[delimiter + 1 :].strip(), line[: indent_of(line)], (start, end))


def check_beginning(text: str, where: str) -> None:
    """Refuse a byte order mark, which editors do not show."""
    if text.startswith("\ufeff"):
        raise _broken(text, 0, where, "begins with a byte order mark, which SDKs refuse: save it as UTF-8 without BOM")


def _check_blocks(text: str, section: Section, where: str) -> None:
    """Refuse a nested block that botocore cannot split: each line below an empty value needs a `=`."""
    for entry in section.entries:
        if entry.value.startswith("\n"):
            for start, end in entry.lines[1:]:
                if not all("=" in line for line in text[start:end].strip().splitlines() if line.strip()):
                    reason = "no '=' in a line below an empty value: SDKs cannot load the file"
                    raise _broken(text, start, where, f"{reason} (a value belongs into the line of its key)")


def check_duplicate_keys(text: str, section: Section, where: str, seen: dict[str, int] | None = None) -> None:
    """Refuse a key that is in the section twice; `seen`: the keys of earlier pieces of it, which this one extends."""
    seen = {} if seen is None else seen
    for entry in section.entries:
        at = entry.lines[0][0]
        if entry.key in seen:
            # The key is not named: a secret that ends in "=" and lost its key looks like one.
            first = line_number(text, seen[entry.key])
            raise _broken(text, at, where, f"duplicate key in section [{section.name}] (first in line {first})")
        seen[entry.key] = at


def delimiter_in(line: str) -> int:
    """The offset of the first `=` or `:`, -1 if there is none."""
    equals, colon = line.find("="), line.find(":")
    return max(equals, colon) if equals < 0 or colon < 0 else min(equals, colon)


def indent_of(line: str) -> int:
    """The number of blanks at the line's beginning."""
    return len(line) - len(line.lstrip())


def line_end(text: str, at: int) -> int:
    """The offset after the line that `at` is in, its end included: LF, CR LF, a lone CR, CR CR LF."""
    end = (text.find("\n", at) + 1) or len(text)
    carriage_return = text.find("\r", at, end)
    if carriage_return < 0 or text[carriage_return:end] in ("\r\n", _DOUBLED_END):
        return end
    return carriage_return + 1


def line_number(text: str, at: int) -> int:
    """The number of the line that begins at `at`; the first is 1."""
    ends = text.count("\n", 0, at) + text.count("\r", 0, at)
    return ends - text.count("\r\n", 0, at) - text.count(_DOUBLED_END, 0, at) + 1


def _broken(text: str, at: int, where: str, reason: str) -> BrokenFile:
    return BrokenFile(f"{where}, line {line_number(text, at)}: {reason}", "fix that line by hand: nothing was changed")

"""
Reads single sections of an AWS file, one out of ten thousand without the others.

`ini` searches for the first few; if more are wanted, or all headers, the text is split at its headers once. Settings of
`[DEFAULT]` count for every section, as in configparser and botocore. Refuses faults of the section that is read, and
duplicate sections; `ini.check` finds others.
"""

from __future__ import annotations

from aws_mfa.config import ini
from aws_mfa.errors import BrokenFile

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

_SINGLE_SEARCHES = 6  # they take about as long as splitting the text


class SectionIndex:
    """The sections of one file by the text between their brackets. `where` is the file's name in messages."""

    __slots__ = ("_bodies", "_is_as_given", "_of_all", "_read", "_searches_left", "text", "where")

    def __init__(self, text: str, where: str) -> None:
        ini.check_beginning(text, where)
        self.where = where
        self._is_as_given = text.count("\r") == text.count("\r\n")
        # As Python reads it: nothing is written here, and headers are searched for after a newline.
        self.text = text if self._is_as_given else text.replace("\r\n", "\n").replace("\r", "\n")
        self._of_all = ini.section_values(self.text, ini.OF_ALL, where=where) or {}
        self._bodies: dict[str, str] | None = None
        self._searches_left = _SINGLE_SEARCHES
        self._read: dict[str, Mapping[str, str] | None] = {}

    @property
    def is_complete(self) -> bool:
        """Whether all headers are known, so that no further search of the text is needed."""
        return self._bodies is not None

    def headers(self) -> list[str]:
        """All headers in the file's order, without `[DEFAULT]`."""
        if self._bodies is None:
            self._bodies = _bodies(self.text, self.where)
        return list(self._bodies)

    def is_plain(self) -> bool:
        """Whether `ini.check`, which takes twice as long, would find nothing; `BrokenFile` for a duplicate section."""
        before = f"\n{self.text}".partition("\n[")[0]
        if not self._is_as_given or f"[{ini.OF_ALL}]" in self.text or _plain_values(before) != {}:
            return False
        self.headers()
        values = {header: _plain_values(body) for header, body in (self._bodies or {}).items()}
        if None in values.values():
            return False
        self._read.update(values)
        return True

    def values(self, header: str) -> Mapping[str, str] | None:
        """Keys (lower case) and values of the section, with those of `[DEFAULT]`; None if it is missing."""
        if header not in self._read:
            own = None if header == ini.OF_ALL else self._own_values(header)
            self._read[header] = {**self._of_all, **own} if own is not None and self._of_all else own
        return self._read[header]

    def _own_values(self, header: str) -> dict[str, str] | None:
        self._searches_left -= 1
        if self._bodies is None and self._searches_left < 0:
            self._bodies = _bodies(self.text, self.where)
        if self._bodies is None:
            found = ini.find_section(self.text, header, self.where)
            if found is not None:
                ini.check_duplicate_keys(self.text, found, self.where)
            return None if found is None else found.values()
        body = self._bodies.get(header)
        plain = None if body is None else _plain_values(body)
        if body is None or plain is not None:
            return plain
        try:
            section = ini.sections(f"[{body}", where=self.where)[0]
            ini.check_duplicate_keys(body, section, self.where)
        except BrokenFile:
            ini.check(self.text, where=self.where)  # raises with the line number of the whole file
            raise
        return section.values()


def _plain_values(body: str) -> dict[str, str] | None:
    """Read a section of the usual form: keys on one line each, comments, empty lines. None if it has other lines."""
    values: dict[str, str] = {}
    for line in body.split("\n")[1:]:
        if not line or line[0] in "#;":
            continue
        key, equals, value = line.partition("=")
        key = key.strip().lower()
        if not equals or not key or line[0].isspace() or line[0] == "[" or ":" in key or key in values:
            return None
        values[key] = value.strip()
    return values


def _bodies(text: str, where: str) -> dict[str, str]:
    """Header -> the text of its section without its first bracket; without `[DEFAULT]`."""
    if _has_indented_header(text):
        every = ini.sections(text, where=where)
        found = [(section.name, text[section.header_start : section.end].lstrip()[1:]) for section in every]
    else:
        found = []
        for body in f"\n{text}".split("\n[")[1:]:
            closing = body.rfind("]", 0, body.find("\n") if "\n" in body else len(body))
            if closing > 0:
                found.append((body[:closing], body))
            elif found:  # a key that begins with a bracket
                found[-1] = (found[-1][0], f"{found[-1][1]}\n[{body}")
            else:
                ini.check(text, where=where)  # raises: a key before the first section
    bodies = dict(found)
    if len(bodies) < len(found):
        ini.check(text, where=where)  # raises, unless only `[DEFAULT]` is there twice
    bodies.pop(ini.OF_ALL, None)
    return bodies


def _has_indented_header(text: str) -> bool:
    """Whether `[` follows blanks on a line: only a walk over all lines separates headers from continued values."""
    if text.count("[") == text.count("\n[") + text.startswith("["):
        return False
    at = text.find("[")
    while at >= 0:
        start = text.rfind("\n", 0, at) + 1
        if start < at and not text[start:at].strip():
            return True
        at = text.find("[", ini.line_end(text, at))
    return False

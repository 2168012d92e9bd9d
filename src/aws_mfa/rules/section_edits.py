"""
Many edits of one AWS file, made at once: ten thousand profiles cost one walk over the text, and one new text.

`ini_edit` changes the values of one section; here lines and parts of lines are put in and cut out, and every other
byte stays. Refuses, as `BrokenFile`, a file that SDKs refuse.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_mfa.rules.ini_text import OF_ALL, check, indent_of, line_end, section_values, sections

if TYPE_CHECKING:
    from collections.abc import Collection

    from aws_mfa.rules.ini_text import Entry, Section


class SectionEdits:
    """One file's text, its sections by header, and the edits so far. `where` is the file's name in messages."""

    __slots__ = ("_splices", "of_all", "sections", "text", "where")

    def __init__(self, text: str, where: str) -> None:
        check(text, where=where)
        self.text = text
        self.where = where
        self.sections = {section.name: section for section in sections(text, where=where)}
        self.of_all = section_values(text, OF_ALL, where=where) or {}
        self._splices: list[tuple[int, int, str]] = []

    def values(self, section: Section) -> dict[str, str]:
        """Keys (lower case) and values of the section, those of `[DEFAULT]` too."""
        return {**self.of_all, **section.values()}

    def insert_before(self, entry: Entry, key: str, value: str) -> None:
        """
        Put a line above the entry's, with its indent and line end.

        Above and not below: the last line of a file may have no end, and the same indent makes it a key of its own.
        """
        start = entry.lines[0][0]
        self._splices.append((start, start, f"{entry.indent}{key} = {value}{self._newline(start)}"))

    def prefix_key(self, entry: Entry, prefix: str) -> None:
        """Put `prefix` before the entry's key."""
        at = entry.lines[0][0] + len(entry.indent)
        self._splices.append((at, at, prefix))

    def unprefix_key(self, entry: Entry, prefix: str) -> None:
        """Cut as many characters as `prefix` has off the entry's key."""
        at = entry.lines[0][0] + len(entry.indent)
        self._splices.append((at, at + len(prefix), ""))

    def remove(self, section: Section, keys: Collection[str]) -> None:
        """Remove keys; the section too, where neither another key nor a comment is left in it."""
        gone = [line for entry in section.entries if entry.key in keys for line in entry.lines]
        kept: list[str] = []
        at = line_end(self.text, section.header_start)
        for start, end in gone:
            kept.append(self.text[at:start])
            at = end
        if not gone or "".join((*kept, self.text[at : section.end])).strip():
            self._splices += [(start, end, "") for start, end in gone]
            return
        # A header behind it loses its indent: below the section before, it would read as a continuation line.
        indent = indent_of(self.text[section.end : line_end(self.text, section.end)])
        self._splices.append((section.header_start, section.end + indent, ""))

    def result(self) -> str:
        """The text with all edits made."""
        pieces: list[str] = []
        at = 0
        for start, end, put in sorted(self._splices, key=lambda splice: splice[0]):
            pieces += (self.text[at:start], put)
            at = max(at, end)
        pieces.append(self.text[at:])
        return "".join(pieces)

    def _newline(self, at: int) -> str:
        """Return the ending of the line before `at`: there is one, a header at least."""
        return "\r\n" if self.text[:at].endswith("\r\n") else "\n"

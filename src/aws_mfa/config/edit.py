"""
Changes the text of an AWS file and keeps every other byte: comments, key case, indents, line ends, nested blocks.

The only editor of these files; its lines have the one form that every SDK reads: `key = value` in column 0. Refuses a
section that `ini` cannot read, `[DEFAULT]`, and values that do not fit on one line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_mfa.config import ini
from aws_mfa.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping


def with_changes(text: str, name: str, changes: Mapping[str, str | None], *, where: str = "the file") -> str:
    """
    Replace keys (lower case) of a section in place, add new ones at its end, remove those that are None.

    A missing section is added at the end of the text, after a blank line, if there is something to write. Raises
    `BrokenFile` for a fault in this section, `BadInput` for a value that does not fit on one line and for `[DEFAULT]`.
    """
    ini.check_beginning(text, where)
    _check_change(name, changes)
    section = ini.find_section(text, name, where)
    if section is None:
        return _with_new_sections(text, {name: changes})
    ini.check_duplicate_keys(text, section, where)
    edits = Edits(text)
    edits.change(section, changes)
    return edits.result()


def with_all_changes(text: str, changes_of: Mapping[str, Mapping[str, str | None]], *, where: str = "the file") -> str:
    """Like `with_changes`, for many sections (name -> changes); faults in other sections are refused too."""
    ini.check_beginning(text, where)
    for name, changes in changes_of.items():
        _check_change(name, changes)
    missing = dict(changes_of)
    edits = Edits(text)
    for section in ini.sections(text, where=where):
        if section.name in changes_of:
            if section.name not in missing:
                ini.check(text, where=where)  # raises: a duplicate section
            ini.check_duplicate_keys(text, section, where)
            edits.change(section, missing.pop(section.name))
    return _with_new_sections(edits.result(), missing)


def without_keys(text: str, name: str, keys: Collection[str] | None, *, where: str = "the file") -> str:
    """Remove these keys of a section, or all (None) and its header; the whole section if no comment is left either."""
    ini.check_beginning(text, where)
    _check_change(name, {})
    edits = Edits(text)
    section = ini.find_section(text, name, where)
    if section is not None:
        if keys is not None:
            ini.check_duplicate_keys(text, section, where)
        edits.remove(section, keys)
    return edits.result()


class Edits:
    """Changes of one text, made together: ten thousand profiles cost one new text. `Section`s must be of this text."""

    __slots__ = ("_splices", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self._splices: list[tuple[int, int, str]] = []

    def change(self, section: ini.Section, changes: Mapping[str, str | None]) -> None:
        """
        Replace keys, add new ones after the last key, remove those that are None.

        A key that an indented one follows is moved to the end of the section: in its place, now in column 0, the
        indented line would continue its value.
        """
        text, missing = self.text, dict(changes)
        newline = _newline(text, section.header_start)
        end = ini.line_end(text, section.header_start)
        stays = [bool(entry.indent) and entry.key not in changes for entry in section.entries]
        last_indented = max((number for number, is_indented in enumerate(stays) if is_indented), default=-1)
        is_cut = has_written = False
        for number, entry in enumerate(section.entries):
            end, is_cut = entry.lines[-1][1], False
            if entry.key in missing:
                (start, first_end), *more = entry.lines
                line, value = "", missing[entry.key]
                if value is not None and number > last_indented:
                    del missing[entry.key]
                    line = f"{entry.key} = {value}{_end_of(text[start:first_end])}"
                    has_written = True
                self._splices += [(start, first_end, line), *((start, end, "") for start, end in more)]
                is_cut = not line or bool(more)
        added = "".join(f"{key} = {value}{newline}" for key, value in missing.items() if value is not None)
        if added:
            has_end = is_cut or text[end - 1 : end] in ("\n", "\r")
            self._splices.append((end, end, added if has_end else newline + added))
        if added or has_written:
            self._splices.append(self._indent_behind(section))

    def remove(self, section: ini.Section, keys: Collection[str] | None) -> None:
        """
        Remove these keys, or all and the header (None); the whole section if only blank lines are left.

        The next header loses its indent: after the previous section it would be read as a continuation line. So does
        the end of the previous line, if what is removed was the last line and had none: `insert` may have added it.
        """
        text = self.text
        gone = [line for entry in section.entries if keys is None or entry.key in keys for line in entry.lines]
        if keys is not None and not gone:
            return
        at = body = ini.line_end(text, section.header_start)
        kept = []
        for start, end in [*gone, (section.end, section.end)]:
            kept.append(text[at:start])
            at = end
        behind = self._indent_behind(section)
        if not "".join(kept).strip():
            self._splices += [(section.header_start, section.end, ""), behind]
            return
        self._splices += [(start, end, "") for start, end in gone]
        if keys is None:
            self._splices += [(section.header_start, body, ""), behind]
        elif gone[-1][1] == len(text) and not _end_of(text):
            start = gone[-1][0]
            self._splices.append((start - len(_end_of(text[:start])), start, ""))

    def insert(self, section: ini.Section, before: ini.Entry, key: str, value: str) -> None:
        """Add a line above an entry of the section; if that is indented, behind the last one, as `change` does."""
        at = before.lines[0][0]
        newline = _newline(self.text, at)
        line = f"{key} = {value}{newline}"
        if before.indent:
            at = section.entries[-1].lines[-1][1]
            if not _end_of(self.text[:at]):
                line = f"{newline}{key} = {value}"  # without an end: then removing it restores the text
            self._splices.append(self._indent_behind(section))
        self._splices.append((at, at, line))

    def replace_prefix(self, entry: ini.Entry, prefix: str, by: str) -> None:
        """Replace the first characters of the entry's key, as many as `prefix` has."""
        at = entry.lines[0][0] + len(entry.indent)
        self._splices.append((at, at + len(prefix), by))

    def result(self) -> str:
        pieces: list[str] = []
        at = 0
        for start, end, put in sorted(self._splices, key=lambda splice: splice[0]):
            pieces += (self.text[at:start], put)
            at = max(at, end)
        return "".join((*pieces, self.text[at:]))

    def _indent_behind(self, section: ini.Section) -> tuple[int, int, str]:
        at = section.end
        return at, at + ini.indent_of(self.text[at : ini.line_end(self.text, at)]), ""


def _with_new_sections(text: str, changes_of: Mapping[str, Mapping[str, str | None]]) -> str:
    """Add sections at the end, each after a blank line; none without a value to write."""
    newline, pieces = _newline(text, 0), [text]
    for name, changes in changes_of.items():
        lines = "".join(f"{key} = {value}{newline}" for key, value in changes.items() if value is not None)
        if lines:
            ends = _end_of(pieces[-1])
            has_gap = not pieces[-1] or len(ends) > ini.line_end(ends, 0)
            gap = "" if has_gap else newline if ends else newline + newline
            pieces.append(f"{gap}[{name}]{newline}{lines}")
    return "".join(pieces)


def _check_change(name: str, changes: Mapping[str, str | None]) -> None:
    if name == ini.OF_ALL:
        raise BadInput(f"[{ini.OF_ALL}] holds settings of every profile: it is not changed")
    for key, value in changes.items():
        if value and (value != value.strip() or not value.isprintable()):
            reason = "holds a line break, a control character, or a blank at an end"
            raise BadInput(f"the value for '{key}' {reason}", "give it on one line, without blanks around it")


def _newline(text: str, at: int) -> str:
    """The end of the line at `at`, else of the first; a lone CR only if all end so: mixed, only Python reads it so."""
    lines = (text[at : ini.line_end(text, at)], text[: ini.line_end(text, 0)])
    end = next(filter(None, map(_end_of, lines)), "\n")
    return "\n" if end == "\r" and "\n" in text else end


def _end_of(line: str) -> str:
    return line[len(line.rstrip("\r\n")) :]

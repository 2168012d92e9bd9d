"""
The vault `file`: long-term keys in plain text in the credentials file, where the old tool kept them.

Used only if the user chose it (`--vault file`, `--no-keychain`, `AWS_MFA_VAULT`). Changes only the keys' two lines, and
the two of a second pair. A rotation also uses it for copies of keys, in the config file too.
Refuses a section with a secret without its id: it may be the only copy, and the question before replacing names the id.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_mfa.config.edit import with_changes
from aws_mfa.config.ini import section_values
from aws_mfa.errors import NotSetUp
from aws_mfa.model import LongTermKeys
from aws_mfa.sessions.file_section import refuse_permanent_keys
from aws_mfa.vaults import items as key_items

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_mfa.interfaces import AwsTextFile

    Values = dict[str, object]


class KeyFile(key_items.ItemVault):
    """A `Vault` in the sections of an AWS file."""

    name = "file"

    def __init__(self, file: AwsTextFile) -> None:
        self._file = file

    def check(self) -> None:
        """Read the file, so that one that is broken or cannot be written fails before anything is asked."""
        section_values(self._file.read(), "default", where=self._file.path)
        self._file.check_writable()

    def load(self, section: str) -> LongTermKeys | None:
        return self._keys_in(self._file.read(), section)

    def load_next(self, section: str) -> LongTermKeys | None:
        return key_items.next_keys_of(section_values(self._file.read(), section, where=self._file.path) or {})

    def remove(self, section: str) -> None:
        """Remove the two lines; device, role and comments are kept."""

        def without(values: Values) -> Values:
            key_items.refuse_unfinished(section, key_items.next_keys_of(values))
            return {}

        self._edit(section, without)

    def _edit(self, section: str, edit: Callable[[Values], Values]) -> None:
        """Change the lines of keys, and read them back."""
        where = self._file.path
        wanted: dict[str, str | None] = {}

        def change(text: str) -> str:
            self._keys_in(text, section)
            try:
                edited = edit({**(section_values(text, section, where=where) or {})})
            except key_items.UnreadableItem as error:
                raise NotSetUp(f"[{section}] of {where} cannot be changed: {error}") from None
            for field in key_items.KEY_FIELDS:
                wanted[field] = None if edited.get(field) is None else str(edited[field])
            return with_changes(text, section, wanted, where=where)

        self._file.update(change)
        stored = section_values(self._file.read(), section, where=where) or {}
        if any(stored.get(field) != value for field, value in wanted.items()):
            raise NotSetUp(f"{where} does not contain the keys written to it", "check the file by hand")

    def _keys_in(self, text: str, section: str) -> LongTermKeys | None:
        values = section_values(text, section, where=self._file.path)
        keys = LongTermKeys.in_section(values)
        if keys is None:
            refuse_permanent_keys(values, section, self._file.path)
        return keys

"""
The vault `file`: long-term keys in plain text in the credentials file, where the old tool kept them.

Used only if the user chose it (`--vault file`, `--no-keychain`, `AWS_MFA_VAULT`). Changes only the keys' two lines.
Refuses a section with a secret without its id: it may be the only copy, and the question before replacing names the id.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_mfa.config.edit import with_changes
from aws_mfa.config.ini import section_values
from aws_mfa.errors import NotSetUp
from aws_mfa.model import LongTermKeys
from aws_mfa.sessions.file_section import refuse_permanent_keys

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_mfa.config.files import AwsFile

_KEY_ID, _SECRET = "aws_access_key_id", "aws_secret_access_key"


class KeyFile:
    """A `Vault` in the credentials file's long-term sections."""

    name = "file"

    def __init__(self, file: AwsFile) -> None:
        self._file = file

    def check(self) -> None:
        """Read the file, so that a broken one fails before anything is asked."""
        section_values(self._file.read(), "default", where=self._file.path)

    def forgets(self) -> bool:
        return False

    def load(self, section: str) -> LongTermKeys | None:
        return self._keys_in(self._file.read(), section)

    def store(self, section: str, keys: LongTermKeys) -> None:
        self._change(section, {_KEY_ID: keys.access_key_id, _SECRET: keys.secret_access_key.reveal()})
        stored = self.load(section)
        if stored is None or not stored.matches(keys):
            raise NotSetUp(f"{self._file.path} does not contain the keys written to it", "check the file by hand")

    def remove(self, section: str) -> None:
        """Remove the two lines; device, role and comments are kept."""
        self._change(section, {_KEY_ID: None, _SECRET: None})

    def _change(self, section: str, changes: Mapping[str, str | None]) -> None:
        def edit(text: str) -> str:
            self._keys_in(text, section)
            return with_changes(text, section, changes, where=self._file.path)

        self._file.update(edit)

    def _keys_in(self, text: str, section: str) -> LongTermKeys | None:
        values = section_values(text, section, where=self._file.path)
        keys = LongTermKeys.in_section(values)
        if keys is None:
            refuse_permanent_keys(values, section, self._file.path)
        return keys

"""
Our note of keys in vaults, as planning asks it: which long-term sections it names.

Read once, as it stands then; which vault and which key are for `rules.vault_choice`. No vault is opened here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_mfa.rules.ini_text import sections
from aws_mfa.rules.section_names import default_long_term

if TYPE_CHECKING:
    from aws_mfa.workflows.outside import Outside


class NotedKeys:
    """The note as it is read here and now; raises `BrokenFile`."""

    __slots__ = ("sections",)

    def __init__(self, outside: Outside) -> None:
        note = outside.known_keys
        self.sections = frozenset(section.name for section in sections(note.read(), where=note.path))

    def are_stored(self, profile: str) -> bool:
        """Whether keys are noted under the long-term section that the profile has by default."""
        return default_long_term(profile) in self.sections

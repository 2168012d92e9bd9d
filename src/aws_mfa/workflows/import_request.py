"""What is to be imported, as flags say it, and what was found: the shapes of `aws-mfa import`, and no step of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_mfa.rules.key_moves import long_term_name
from aws_mfa.rules.section_names import long_term_section
from aws_mfa.rules.vault_choice import choose_vault, noted_vault

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aws_mfa.errors import KeychainUnavailable
    from aws_mfa.rules.key_moves import Move
    from aws_mfa.workflows.outside import Outside


class ImportRequest:
    """What flags say: the one profile meant, the suffix of long-term sections, the vault."""

    __slots__ = ("long_term_suffix", "profile", "use_keychain", "vault")

    def __init__(
        self,
        *,
        profile: str | None = None,
        long_term_suffix: str | None = None,
        vault: str | None = None,
        use_keychain: bool = True,
    ) -> None:
        self.profile = profile
        self.long_term_suffix = long_term_suffix
        self.vault = vault
        self.use_keychain = use_keychain

    def name_of(self, section: str) -> str:
        """The long-term section's name that keys of the section are stored under."""
        return long_term_name(section, self.long_term_suffix)

    def means(self, section: str) -> bool:
        """Whether the section is of the one profile meant; any is where none was named."""
        if self.profile is None:
            return True
        return section in (self.profile, long_term_section(self.profile, self.long_term_suffix))

    def vault_for(self, name: str | None, outside: Outside) -> str:
        """The vault chosen, or the one that holds this name's keys already; out of the file, if nobody chose that."""
        noted = noted_vault(outside.known_keys.read(), name) if name else None
        noted = None if noted == "file" else noted
        return choose_vault(self.vault, outside.environ, noted, use_keychain=self.use_keychain).name


class Importable:
    """
    The moves, a line for each key that was `left` and why, where was looked, and further `notices`.

    `keychain_trouble` is the reason why the fork's items could not be looked for.
    """

    __slots__ = ("keychain_trouble", "left", "looked_at", "moves", "notices")

    def __init__(
        self,
        moves: Iterable[Move],
        left: Iterable[str],
        looked_at: Iterable[str],
        *,
        notices: Iterable[str] = (),
        keychain_trouble: KeychainUnavailable | None = None,
    ) -> None:
        self.moves = list(moves)
        self.left = list(left)
        self.looked_at = list(looked_at)
        self.notices = list(notices)
        self.keychain_trouble = keychain_trouble

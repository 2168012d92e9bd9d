"""
Keys that no file and no note names: whether the vault in force, or the fork's items, have them.

A mistyped name must not open a window: nobody is asked for this, and what is locked stays so. That it could not be
looked into is told beside the failure that follows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_mfa.errors import BadProfile, KeychainUnavailable, NeedsHuman
from aws_mfa.rules.section_names import default_long_term
from aws_mfa.rules.vault_choice import choose_vault
from aws_mfa.workflows.keys import found_in_vault

if TYPE_CHECKING:
    from aws_mfa.errors import AwsMfaError
    from aws_mfa.workflows.outside import Outside


class QuietVault:
    """Looks each profile up once."""

    def __init__(self, outside: Outside, *, vault: str | None, no_keychain: bool) -> None:
        self._outside = outside
        self._choice = choose_vault(vault, outside.environ, None, no_keychain=no_keychain)
        self._found: dict[str, bool] = {}
        self._trouble: AwsMfaError | None = None

    def has_keys(self, profile: str) -> bool:
        """Whether there are keys for the profile; False where that cannot be seen."""
        if profile not in self._found:
            self._found[profile] = self._look(profile)
        return self._found[profile]

    def explained(self, error: AwsMfaError) -> AwsMfaError:
        """The failure, and why keys that the vault may have were not seen."""
        if self._trouble is None or not isinstance(error, BadProfile):
            return error
        why = f"the {self._choice.name} vault was not looked into ({self._trouble.message}): keys in it are found by"
        return BadProfile(error.message, *error.hints, f"{why} the form without a command: aws-mfa --profile NAME")

    def _look(self, profile: str) -> bool:
        try:
            return (
                found_in_vault(default_long_term(profile), self._choice, self._outside.replaced(unattended=True))
                is not None
            )
        except (KeychainUnavailable, NeedsHuman) as error:
            self._trouble = error
            return False

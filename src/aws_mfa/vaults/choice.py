"""
Which vault holds, or is to hold, the long-term keys; and the note of where they are.

Order: `--vault` or `--no-keychain`, `AWS_MFA_VAULT`, the vault that set-up or import noted for this section, the
keychain. Pure; the note is text of sections, without any secret.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_mfa.config.edit import with_changes
from aws_mfa.config.ini import section_values
from aws_mfa.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Mapping

_NOTES = "~/.aws/mfa/known-keys"
_SESSION = "session of"
VAULTS = ("keychain", "age", "file")


class VaultChoice:
    """
    The vault's name, who chose it, and whether a person did (then no other place may stand in silently).

    `noted` is the vault that the note of keys names, whether or not it was chosen.
    """

    __slots__ = ("explicit", "name", "noted", "source")

    def __init__(self, name: str, source: str, *, explicit: bool, noted: str | None = None) -> None:
        self.name = name
        self.source = source
        self.noted = noted
        self.explicit = explicit


def choose_vault(
    flag: str | None, environ: Mapping[str, str], noted: str | None, *, use_keychain: bool = True
) -> VaultChoice:
    """Choose by flag, variable, note, in this order; `BadInput` for a name that is no vault."""
    if not use_keychain:
        return VaultChoice("file", "--no-keychain", explicit=True, noted=noted)
    for source, value in (("--vault", flag), ("AWS_MFA_VAULT", environ.get("AWS_MFA_VAULT"))):
        if value:
            return VaultChoice(_checked(value, source), source, explicit=True, noted=noted)
    if noted in VAULTS:
        return VaultChoice(noted, "where the keys were stored", explicit=False, noted=noted)
    return VaultChoice("keychain", "the default", explicit=False, noted=noted)


def vault_of_flags(flag: str | None, *, no_keychain: bool) -> tuple[str | None, bool]:
    """The vault that the flags name, and whether the keychain may be used; `BadInput` where they contradict."""
    if no_keychain and flag not in (None, "file"):
        raise BadInput(f"--no-keychain and --vault {flag} contradict each other", "give one of the two")
    return ("file", False) if no_keychain else (flag, True)


def noted_vault(notes: str, section: str) -> str | None:
    """The vault noted for a long-term section."""
    return (section_values(notes, section, where=_NOTES) or {}).get("vault")


def noted_key_id(notes: str, section: str) -> str | None:
    """The key id noted for keys in a vault that must be opened; None for those in the file, which may change."""
    note = section_values(notes, section, where=_NOTES) or {}
    return note.get("aws_access_key_id") if note.get("vault") in ("keychain", "age") else None


def with_note(notes: str, section: str, vault: str, access_key_id: str) -> str:
    """The notes with this section's vault and key id."""
    return with_changes(notes, section, {"vault": vault, "aws_access_key_id": access_key_id}, where=_NOTES)


def with_origin(notes: str, section: str, session_key_id: str, access_key_id: str, device: str) -> str:
    """The notes with where the MFA session in this section of the credentials file came from."""
    values = {"session": session_key_id, "aws_access_key_id": access_key_id, "device": device}
    return with_changes(notes, f"{_SESSION} {section}", values, where=_NOTES)


def noted_origin(notes: str, section: str) -> tuple[str | None, str | None, str | None] | None:
    """Key id of the session, of the long-term keys, and the device; None where nothing was noted."""
    note = section_values(notes, f"{_SESSION} {section}", where=_NOTES)
    return None if note is None else (note.get("session"), note.get("aws_access_key_id"), note.get("device"))


def _checked(name: str, source: str) -> str:
    if name not in VAULTS:
        raise BadInput(f"{source}: {name!r} is no vault", f"choose one of: {', '.join(VAULTS)}")
    return name

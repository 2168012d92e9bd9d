"""
Which vault holds the long-term keys, or is to hold them; and the notes in `~/.aws/mfa/known-keys`.

Notes are the text of an INI file, and hold no secret. They also name the device that IAM listed for a key's user, when
IAM says that a key was created, and whose a session in the credentials file is. Pure.
"""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import TYPE_CHECKING

from aws_mfa.aws_values.text import parse_moment, rfc3339_text
from aws_mfa.config.edit import with_changes, without_keys
from aws_mfa.config.ini import section_values, sections
from aws_mfa.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

_NOTES = "~/.aws/mfa/known-keys"
_SESSION, _DEVICE, _CREATED = "session of", "device of", "creation of"
VAULTS = ("keychain", "age", "file")


@dataclass(frozen=True)
class VaultChoice:
    """The vault's name and what chose it."""

    name: str
    source: str
    _: KW_ONLY
    explicit: bool  # the user chose it, so no other place may silently replace it
    noted: str | None = None  # the vault that the notes name for these keys, chosen or not


def choose_vault(
    flag: str | None, environ: Mapping[str, str], noted: str | None, *, use_keychain: bool = True
) -> VaultChoice:
    """Flag, variable, the vault noted for this section, keychain; `BadInput` for a name that is not a vault."""
    if not use_keychain:
        return VaultChoice("file", "--no-keychain", explicit=True, noted=noted)
    for source, name in (("--vault", flag), ("AWS_MFA_VAULT", environ.get("AWS_MFA_VAULT"))):
        if name and name not in VAULTS:
            raise BadInput(f"{source}: {name!r} is not a vault", f"choose one of: {', '.join(VAULTS)}")
        if name:
            return VaultChoice(name, source, explicit=True, noted=noted)
    if noted in VAULTS:
        return VaultChoice(noted, "where the keys were stored", explicit=False, noted=noted)
    return VaultChoice("keychain", "the default", explicit=False, noted=noted)


def vault_of_flags(flag: str | None, *, no_keychain: bool) -> tuple[str | None, bool]:
    """The vault that the flags name, and whether the keychain may be used; `BadInput` if they contradict each other."""
    if no_keychain and flag not in (None, "file"):
        raise BadInput(f"--no-keychain and --vault {flag} contradict each other", "give one of the two")
    return ("file", False) if no_keychain else (flag, True)


def noted_vault(notes: str, section: str) -> str | None:
    """The vault that set-up or import noted for a long-term section; None without a note."""
    return (section_values(notes, section, where=_NOTES) or {}).get("vault")


def noted_key_id(notes: str, section: str) -> str | None:
    """The noted key id of keys in the keychain or the age file; None for the credentials file, which users edit."""
    note = section_values(notes, section, where=_NOTES) or {}
    return note.get("aws_access_key_id") if note.get("vault") in ("keychain", "age") else None


def with_note(
    notes: str, section: str, vault: str, access_key_id: str, moved_from: Collection[str] | None = None
) -> str:
    """The notes with this section's vault and key id; `moved_from`: vaults that a move has still to clear of them."""
    changes: dict[str, str | None] = {"vault": vault, "aws_access_key_id": access_key_id}
    if moved_from is not None:
        changes["moved_from"] = " ".join(sorted(moved_from)) or None
    return with_changes(notes, section, changes, where=_NOTES)


def noted_device(notes: str, access_key_id: str) -> str | None:
    """The device that IAM listed for the user of this key, if no file named one."""
    return (section_values(notes, f"{_DEVICE} {access_key_id}", where=_NOTES) or {}).get("device")


def with_device(notes: str, access_key_id: str, device: str | None) -> str:
    """The notes with this device for the key's user; None: IAM is asked again."""
    section = f"{_DEVICE} {access_key_id}"
    if device is None:
        return without_keys(notes, section, None, where=_NOTES)
    return with_changes(notes, section, {"device": device}, where=_NOTES)


def noted_creation(notes: str, access_key_id: str) -> float | None:
    """When the key was created, as IAM said once, in seconds since the epoch; None if that was not noted."""
    note = section_values(notes, f"{_CREATED} {access_key_id}", where=_NOTES) or {}
    return parse_moment(note.get("created_at", ""))


def with_creation(notes: str, access_key_id: str, created_at: float | None) -> str:
    """The notes with the moment of the key's creation; None: the key was deleted, and the note goes."""
    section = f"{_CREATED} {access_key_id}"
    if created_at is None:
        return without_keys(notes, section, None, where=_NOTES)
    return with_changes(notes, section, {"created_at": rfc3339_text(created_at)}, where=_NOTES)


def with_other_key(notes: str, old_id: str, new_id: str, created_at: float | None = None) -> str:
    """The notes with the new key id wherever a vault's keys had the old one, and with the device of their user."""
    device = noted_device(notes, old_id)
    for section in sections(notes, where=_NOTES):
        note = section.values()
        if "vault" in note and note.get("aws_access_key_id") == old_id:
            notes = with_note(notes, section.name, note["vault"], new_id)
    notes = notes if device is None else with_device(notes, new_id, device)
    return notes if created_at is None else with_creation(notes, new_id, created_at)


def without_key(notes: str, access_key_id: str) -> str:
    """The notes without those about a key that was deleted."""
    return with_device(with_creation(notes, access_key_id, None), access_key_id, None)


def with_origin(
    notes: str, section: str, session_key_id: str, access_key_id: str, device: str, duration_s: int | None = None
) -> str:
    """The notes with the keys, device and duration that got the MFA session in this section of the credentials file."""
    values: dict[str, str | None] = {"session": session_key_id, "aws_access_key_id": access_key_id, "device": device}
    values["duration_s"] = None if duration_s is None else str(duration_s)
    return with_changes(notes, f"{_SESSION} {section}", values, where=_NOTES)


def noted_origin(notes: str, section: str) -> tuple[str | None, str | None, str | None] | None:
    """Key id of the session, key id of the long-term keys, and device; None if nothing was noted."""
    note = section_values(notes, f"{_SESSION} {section}", where=_NOTES)
    return None if note is None else (note.get("session"), note.get("aws_access_key_id"), note.get("device"))


def noted_duration(notes: str, section: str, session_key_id: str) -> str | None:
    """The duration that was asked for with the session of this key id, in seconds; None if that was not noted."""
    note = section_values(notes, f"{_SESSION} {section}", where=_NOTES) or {}
    duration_s = note.get("duration_s", "")
    return duration_s if note.get("session") == session_key_id and duration_s.isdecimal() else None

"""
The writes of set-up, each with what undoes it: where one fails, all that went before is taken back.

They stand in an order that is safe to be cut off anywhere (`kill -9`, a power failure), on the way there and on the
way back: the device that belonged to other keys goes first and the new one comes last, so keys never stand beside
another's device. Nothing is decided here, and no error is swallowed but those of the undoing, which become a hint.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from aws_mfa.config.edit import with_changes, without_section
from aws_mfa.config.ini import section_values
from aws_mfa.errors import HINT, AwsMfaError
from aws_mfa.vaults.lookup import note_keys

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from aws_mfa.interfaces import AwsTextFile, Interfaces, Vault
    from aws_mfa.model import LongTermKeys

DEVICE = "aws_mfa_device"


class Write:
    """A write, and what undoes it."""

    __slots__ = ("take", "take_back")

    def __init__(self, take: Callable[[], object], take_back: Callable[[], object]) -> None:
        self.take = take
        self.take_back = take_back


def writes_of_keys(
    section: str, keys: LongTermKeys, device: str | None, old: LongTermKeys | None, vault: Vault, interfaces: Interfaces
) -> list[Write]:
    """Keys, the note of where they are, and the device; `old` are those that the vault has under this name now."""
    file = interfaces.credentials
    stored = (section_values(file.read(), section, where=file.path) or {}).get(DEVICE)
    note = as_it_was(interfaces.known_keys, section, ("vault", "aws_access_key_id"))
    writes = [
        change(file, section, {} if stored == device else {DEVICE: None}),
        Write(
            lambda: vault.store(section, keys),
            (lambda: vault.remove(section)) if old is None else (lambda: vault.store(section, old)),
        ),
        Write(lambda: note_keys(section, vault.name, keys, interfaces), note),
    ]
    if device not in (None, stored):
        writes.append(Write(_edit(file, section, {DEVICE: device}), _edit(file, section, {DEVICE: None})))
    return writes


def change(file: AwsTextFile, section: str, changes: Mapping[str, str | None]) -> Write:
    """Change keys of a section; back to the old values, and no section where there was none."""
    return Write(_edit(file, section, changes), as_it_was(file, section, changes))


def as_it_was(file: AwsTextFile, section: str, keys: Iterable[str]) -> Callable[[], object]:
    """What gives these keys of the section the values of now again; it removes a section that is not there now."""
    old = section_values(file.read(), section, where=file.path)
    if old is None:
        return _update(file, lambda text: without_section(text, section, where=file.path))
    return _edit(file, section, {key: old.get(key) for key in keys})


def store_all(writes: list[Write], what: str, interfaces: Interfaces) -> None:
    """
    Make all the writes, or none: where one fails, or a signal would end us, everything is put back as it was.

    `what` is the hint for a person where that cannot be done. A signal is heeded between two writes, never in one.
    """
    begun: list[Write] = []
    with interfaces.deferred_signals() as held:
        try:
            for write in writes:
                begun.append(write)
                write.take()
                held.check()
        except BaseException as error:
            if _all_taken_back(begun):
                raise
            if isinstance(error, AwsMfaError):
                raise type(error)(error.message, what, *error.hints) from None
            with suppress(OSError):  # the terminal may be what has gone
                interfaces.terminal.say(f"{HINT}{what}")
            raise


def _all_taken_back(begun: list[Write]) -> bool:
    """Whether they are; the last one first, and none before one that sticks: what is left is safe as it stands."""
    for write in reversed(begun):
        try:
            write.take_back()
        except Exception:  # noqa: BLE001  # the first failure is the one to tell
            return False
    return True


def _edit(file: AwsTextFile, section: str, changes: Mapping[str, str | None]) -> Callable[[], object]:
    return _update(file, lambda text: with_changes(text, section, changes, where=file.path))


def _update(file: AwsTextFile, edit: Callable[[str], str]) -> Callable[[], object]:
    """An update that is none where nothing changes: what never was written can be taken back in a read-only folder."""

    def update() -> None:
        text = file.read()
        if edit(text) != text:
            file.update(edit)

    return update

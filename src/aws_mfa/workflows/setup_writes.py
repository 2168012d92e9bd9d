"""
The writes of set-up, each with what undoes it: where one fails, all that went before is taken back.

Nothing is decided here, and no error is swallowed but those of the undoing, which become a hint.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_mfa.errors import AwsMfaError
from aws_mfa.rules.ini_edit import with_changes, without_section
from aws_mfa.rules.ini_text import section_values

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aws_mfa.model import LongTermKeys
    from aws_mfa.workflows.doors_to_stores import AwsTextFile, Vault


class Write:
    """A write, and what undoes it."""

    __slots__ = ("take", "take_back")

    def __init__(self, take: Callable[[], object], take_back: Callable[[], object]) -> None:
        self.take = take
        self.take_back = take_back


def change(file: AwsTextFile, section: str, changes: Mapping[str, str | None]) -> Write:
    """Change keys of a section; back to the old values, and no section where there was none."""
    old = section_values(file.read(), section, where=file.path)

    def take_back(text: str) -> str:
        if old is None:
            return without_section(text, section, where=file.path)
        return with_changes(text, section, {key: old.get(key) for key in changes}, where=file.path)

    return Write(
        lambda: file.update(lambda text: with_changes(text, section, changes, where=file.path)),
        lambda: file.update(take_back),
    )


def store_all(section: str, keys: LongTermKeys, old: LongTermKeys | None, vault: Vault, writes: list[Write]) -> None:
    """Keys first, then the lines; where one cannot be written everything is put back as it was."""
    put_back = (lambda: vault.remove(section)) if old is None else (lambda: vault.store(section, old))
    begun: list[Write] = []
    try:
        for write in (Write(lambda: vault.store(section, keys), put_back), *writes):
            begun.append(write)
            write.take()
    except BaseException as error:
        stuck = [write for write in reversed(begun) if not _taken_back(write)]
        if stuck and isinstance(error, AwsMfaError):
            hint = f"{section} could not be put back as it was: look into the {vault.name} vault and the AWS files"
            raise type(error)(error.message, hint, *error.hints) from None
        raise


def _taken_back(write: Write) -> bool:
    try:
        write.take_back()
    except Exception:  # noqa: BLE001  # the next must have its turn, and the first failure is the one to tell
        return False
    return True

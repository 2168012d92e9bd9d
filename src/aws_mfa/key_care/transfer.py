"""
Turn keys found in several places into one move per long-term section, and edit the file's text once they are moved.

Pure. Different keys for one name are not moved. A section is changed only if it holds exactly the keys stored.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aws_mfa.aws_values.arns import check_device
from aws_mfa.config.edit import with_changes, without_keys
from aws_mfa.config.ini import section_values
from aws_mfa.config.sections import default_long_term
from aws_mfa.errors import BadInput
from aws_mfa.key_care.formats import DEVICE, KEY_ID, SECRET
from aws_mfa.model import LongTermKeys, masked

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from aws_mfa.model import Identity


@dataclass
class Find:
    """
    Keys for the long-term section `name`, their `place` in words; `is_of_aws`: they seem to be AWS's.

    `in_vault`: the vault that holds them, or `fork`; those in a file have its `file_section` instead.
    """

    name: str
    keys: LongTermKeys
    place: str
    device: str | None = None
    file_section: str | None = None
    is_in_config: bool = False
    in_vault: str | None = None
    is_of_aws: bool = True

    @property
    def vault(self) -> str:
        return self.in_vault or "file"


@dataclass
class Move:
    """Keys to be stored in `vault` as `name`, all their places, and what AWS says: owner, device and region."""

    name: str
    vault: str
    finds: list[Find]
    identity: Identity | None = None
    found_device: str | None = None
    region: str | None = None

    @property
    def keys(self) -> LongTermKeys:
        return self.finds[0].keys

    @property
    def device(self) -> str | None:
        """The device beside the keys; the long-term section's own comes before any other."""
        finds = sorted(self.finds, key=lambda find: find.file_section != self.name)
        return next((find.device for find in finds if find.device and _is_device(find.device)), None)

    def sections(self, *, in_config: bool) -> list[str]:
        """The sections of the credentials file, or of the config file, that hold the keys."""
        finds = [find for find in self.finds if find.is_in_config == in_config]
        return [find.file_section for find in finds if find.file_section is not None]


def suffix_in_use(section: str, sessions: Iterable[str], long_term_names: Collection[str]) -> str | None:
    """The `--long-term-suffix` with which a session of the classic form was renewed from this section, or None."""
    for session in sessions:
        if default_long_term(session) in long_term_names:
            continue
        if section.startswith(f"{session}-"):
            return section[len(session) + 1 :]
        if session.startswith(f"{section}-"):
            return "none"
    return None


def by_name(finds: Iterable[Find]) -> tuple[list[list[Find]], list[str]]:
    """The finds of each name that agree on one key; and a line for each name with two different ones."""
    names: dict[str, list[Find]] = {}
    for find in finds:
        names.setdefault(find.name, []).append(find)
    agreed, conflicts = [], []
    for name, same in names.items():
        if all(find.keys.matches(same[0].keys) for find in same):
            agreed.append(same)
        else:
            what = " and ".join(f"{masked(find.keys.access_key_id)} in {find.place}" for find in same)
            conflicts.append(f"{name} not changed: different keys under one name, {what}: remove those out of use")
    return agreed, conflicts


def with_keys_moved(text: str, move: Move, *, where: str, in_config: bool = False) -> tuple[str, list[str]]:
    """The AWS file without the move's keys, but with its device; and the sections that hold other keys."""
    own = section_values(text, move.name, where=where) or {}
    device = move.found_device or (None if own.get(DEVICE) else move.device)
    if device and not in_config:
        text = with_changes(text, move.name, {DEVICE: device}, where=where)
    changed: list[str] = []
    for name in move.sections(in_config=in_config):
        keys = LongTermKeys.in_section(section_values(text, name, where=where))
        if keys is None:
            continue
        if keys.matches(move.keys):
            text = without_keys(text, name, (KEY_ID, SECRET), where=where)
        else:
            changed.append(name)
    return text, changed


def _is_device(text: str) -> bool:
    try:
        return check_device(text, source="the file") == text
    except BadInput:
        return False  # the line is kept, and the renewal says what is wrong with it

"""
The journal of key rotations that are not over: `~/.aws/mfa/rotations`, the text of an INI file without a secret.

A section is a rotation, its name the id of the old key. It says where both keys are, what was done, and when. It is
written before and after every step, so that a rotation that was killed can be continued, or taken back. Refuses an
entry that is not what was written: a place that is missing would keep a key that is then deleted. Pure.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import NamedTuple

from aws_mfa.aws_values.text import parse_moment, rfc3339_text
from aws_mfa.config.edit import with_changes, without_keys
from aws_mfa.config.ini import section_values, sections
from aws_mfa.config.sections import default_long_term
from aws_mfa.errors import BrokenFile, NotSetUp
from aws_mfa.model import masked
from aws_mfa.vaults.choice import VAULTS

_WHERE = "~/.aws/mfa/rotations"
_PLACE, _LONGEST = "place ", "999999999"
RESUME, ROLLBACK = "aws-mfa rotate --resume", "aws-mfa rotate --rollback"

# The states. The last one: it was to be taken back, so continuing it means that.
CREATING, STORED, SWITCHED, INACTIVE, GOING_BACK = "creating", "stored", "switched", "inactive", "going back"


class Place(NamedTuple):
    """A section of a vault, or of the credentials (`file`) or config file (`config`), that holds the key."""

    vault: str
    section: str

    def __str__(self) -> str:
        file = {"file": "the credentials file", "config": "the config file"}.get(self.vault)
        return f"[{self.section}] of {file}" if file else f"the {self.vault} vault ({self.section})"


@dataclass(frozen=True)
class Rotation:
    """
    A rotation that is not over: of which key, whose (ARN), of which profile, in which places.

    `new_id` is "" until the new key is stored. Moments are in seconds since the epoch. `grace_s`: how long the old key
    stays inactive before it is deleted; None: until the user says so.
    """

    old_id: str
    user: str
    profile: str
    places: tuple[Place, ...]
    started_at: float
    state: str = CREATING
    new_id: str = ""
    inactive_at: float | None = None
    grace_s: float | None = None

    @property
    def where(self) -> str:
        return ", ".join(map(str, self.places))

    @property
    def delete_at(self) -> float | None:
        return None if self.inactive_at is None or self.grace_s is None else self.inactive_at + self.grace_s

    def is_due(self, now: float) -> bool:
        return self.delete_at is not None and self.delete_at <= now


def rotations_in(text: str) -> list[Rotation]:
    """The rotations in the journal, the oldest first; `BrokenFile` for an entry that is not as it was written."""
    found = []
    for section in sections(text, where=_WHERE):
        values = section.values()
        places = [value.partition(" ") for key, value in values.items() if key.startswith(_PLACE)]
        grace = values.get("grace_s", "")
        rotation = Rotation(
            section.name,
            values.get("user", ""),
            values.get("profile", ""),
            tuple(Place(vault, name) for vault, _, name in places),
            parse_moment(values.get("started_at", "")) or 0.0,
            values.get("state", CREATING),
            values.get("new_access_key_id", ""),
            parse_moment(values.get("inactive_at", "")),
            float(grace) if grace.isdecimal() and len(grace) <= len(_LONGEST) else None,
        )
        if not _is_whole(rotation) or section_values(with_rotation("", rotation), section.name) != values:
            what = f"the rotation of key {masked(section.name)} in {_WHERE} is not as aws-mfa wrote it"
            raise BrokenFile(what, "restore that file, or remove the section once you know which keys are in use")
        found.append(rotation)
    return sorted(found, key=lambda one: one.started_at)


def _is_whole(one: Rotation) -> bool:
    is_at = one.state in (CREATING, GOING_BACK) or (one.new_id and one.state in (STORED, SWITCHED))
    is_off = one.state == INACTIVE and one.new_id and one.inactive_at is not None
    is_stored = one.places and all(vault in (*VAULTS, "config") and section for vault, section in one.places)
    return bool(one.user and one.profile and is_stored and one.new_id != one.old_id and (is_at or is_off))


def refuse_rotating(names: list[str], text: str, now: float) -> None:
    """Raise `NotSetUp` if a place of a rotation has one of these names: it goes on in the places that it noted."""
    for one in rotations_in(text):
        taken = [place.section.removeprefix("profile ") for place in one.places]
        if not {*taken, *map(default_long_term, taken)}.isdisjoint(name.removeprefix("profile ") for name in names):
            raise NotSetUp(f"keys stay where they are while they are rotated: {reminder(one, now)}")


def with_rotation(text: str, rotation: Rotation) -> str:
    values: dict[str, str | None] = {
        "state": rotation.state,
        "profile": rotation.profile,
        "user": rotation.user,
        "new_access_key_id": rotation.new_id or None,
        "started_at": rfc3339_text(rotation.started_at),
        "places": str(len(rotation.places)),
        "inactive_at": None if rotation.inactive_at is None else rfc3339_text(rotation.inactive_at),
        "grace_s": None if rotation.grace_s is None else f"{rotation.grace_s:.0f}",
    }
    values |= {f"{_PLACE}{number}": " ".join(place) for number, place in enumerate(rotation.places, 1)}
    return with_changes(text, rotation.old_id, values, where=_WHERE)


def with_grace(text: str, old_id: str, grace_s: float | None) -> str:
    """The journal with another grace of this rotation, if it is not over."""
    found = [one for one in rotations_in(text) if one.old_id == old_id]
    return with_rotation(text, replace(found[0], grace_s=grace_s)) if found else text


def without_rotation(text: str, old_id: str) -> str:
    return without_keys(text, old_id, None, where=_WHERE)


def reminders(journal_text: str, now: float) -> list[str]:
    return [reminder(one, now) for one in rotations_in(journal_text)]


def reminder(one: Rotation, now: float) -> str:
    key = f"key {masked(one.old_id)} of {one.profile}"
    if one.state != INACTIVE or one.inactive_at is None:
        return f"the rotation of {key} is not over: {RESUME}, or {ROLLBACK}"
    what = f"inactive {key} since {day_of(one.inactive_at)}"
    if one.delete_at is None:
        return f"{what}, to be deleted once nothing else needs it: {RESUME} --delete"
    when = f"now: {RESUME}" if one.is_due(now) else f"on {day_of(one.delete_at)} (then run: {RESUME})"
    return f"{what}, to be deleted {when}"


def day_of(moment: float) -> str:
    """`2026-11-22`, the user's day."""
    return time.strftime("%Y-%m-%d", time.localtime(moment))

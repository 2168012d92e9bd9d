"""
Where a key rotation is, and the steps that are left: from its journal, what IAM lists, and what its places hold. Pure.

Every step may be made a second time. The old key is switched off only after the new one was verified and is the key of
every place; the new key is deleted only after the old one is. Refuses to delete a key that may be somebody else's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from aws_mfa.command_lines import quote
from aws_mfa.errors import NotSetUp
from aws_mfa.model import masked
from aws_mfa.vaults.journal import CREATING, INACTIVE, RESUME, ROLLBACK, STORED

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_mfa.aws_values.iam_users import AccessKey
    from aws_mfa.vaults.journal import Place, Rotation

DELETE_LOST, CREATE, SWITCH, DEACTIVATE, DELETE = range(5)
_ROUNDED_S, _CREATION_S = 2, 10  # AWS's moments are whole seconds; how long its answer to CreateAccessKey may take


class Held(NamedTuple):
    """The key ids in one place: of the keys in use, and of the second pair; "" for none."""

    place: Place
    key_id: str
    beside_id: str


def new_id_in(rotation: Rotation, held: Sequence[Held]) -> str:
    """The id of the new key, "" if no place has it: then its secret is lost."""
    if rotation.new_id:
        return rotation.new_id if any(rotation.new_id in (one.key_id, one.beside_id) for one in held) else ""
    return next((one.beside_id for one in held if one.beside_id not in ("", rotation.old_id)), "")


def steps_left(rotation: Rotation, listed: Mapping[str, AccessKey], held: Sequence[Held], *, now: float) -> list[int]:
    """The steps to the end, in their order; the last one only if the old key is not to stay inactive for a while."""
    new_id, old, steps = new_id_in(rotation, held), listed.get(rotation.old_id), []
    if old is None and rotation.state == INACTIVE:  # it was deleted elsewhere
        return [DELETE]
    if not (held and (new_id or old)):
        what = f"key {masked(rotation.old_id)} is gone: no place has it, or IAM does not list it"
        raise NotSetUp(what, f"go back: {ROLLBACK}")
    if not new_id:
        steps += [DELETE_LOST, CREATE] if lost_id(rotation, listed) else [CREATE]
    if rotation.state in (CREATING, STORED) or any(one.key_id != new_id for one in held):
        steps.append(SWITCH)
    if old and (old.is_active or rotation.inactive_at is None):
        steps.append(DEACTIVATE)
    is_due = rotation.is_due(now) or (DEACTIVATE in steps and rotation.grace_s == 0)
    return [*steps, DELETE] if is_due or not old else steps


def steps_back(rotation: Rotation, listed: Mapping[str, AccessKey], held: Sequence[Held]) -> list[int]:
    """The steps that undo the rotation; `NotSetUp` if the old key is gone."""
    old = listed.get(rotation.old_id)
    if old is None or any(rotation.old_id not in (one.key_id, one.beside_id) for one in held):
        what = f"key {masked(rotation.old_id)} is deleted, or no longer stored: there is no way back"
        raise NotSetUp(what, f"finish: {RESUME}")
    steps = [SWITCH] if not old.is_active or any(one.key_id != rotation.old_id for one in held) else []
    if not (rotation.new_id or new_id_in(rotation, held)) and lost_id(rotation, listed):
        steps.append(DELETE_LOST)
    return [*steps, DELETE]


def lost_id(rotation: Rotation, listed: Mapping[str, AccessKey]) -> str:
    """The key that IAM lists beside the old one, and no place has: a rotation begins only if there is none."""
    return next((key_id for key_id in listed if key_id != rotation.old_id), "")


def check_is_ours(key: AccessKey, rotation: Rotation, *, is_used: bool, is_here: bool) -> None:
    """Raise `NotSetUp`, with the key's name, unless this rotation made it: created in those seconds, never used."""
    after_s = None if key.created_at is None else key.created_at - rotation.started_at
    if after_s is not None and -_ROUNDED_S <= after_s <= _CREATION_S and not (is_used or is_here):
        return
    why = "which is in use here" if is_here else "which aws-mfa may not have made"
    hint = f"if nothing uses it, delete it: {deletion_of(key.access_key_id, rotation.profile)}"
    what = f"IAM lists another key of this user, {masked(key.access_key_id)}, {why}"
    raise NotSetUp(what, *([] if is_here else [hint]))


def deletion_of(key_id: str, profile: str) -> str:
    """The command that deletes a key, with an MFA session of its user."""
    return f"aws-mfa exec {quote(profile)} -- aws iam delete-access-key --access-key-id {key_id}"

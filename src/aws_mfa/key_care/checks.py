"""
Ask AWS about keys before they are moved, as `setup` does: whose they are, which device and region they need.

Stores nothing. Keys that AWS refuses are not moved; if it cannot be reached, they are moved unverified, with a message.
A key that came through a pipe may have been made a moment ago: AWS does not know it at once, and the pipe had the only
copy of its secret, so it is stored all the same.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from aws_mfa.aws_values import arns
from aws_mfa.config.edit import with_changes
from aws_mfa.config.section_names import profile_of
from aws_mfa.errors import NoDevice, SessionKeysGiven, UnknownKey, WrongSecret
from aws_mfa.prompt.providers import say_error
from aws_mfa.renewal.users import listed_devices
from aws_mfa.setup.device import device_to_store, may_be_theirs
from aws_mfa.setup.questions import Answers
from aws_mfa.setup.region import region_to_store, usable_region, verified
from aws_mfa.setup.setup import FilesOfProfile
from aws_mfa.vaults.choice import noted_key_id

if TYPE_CHECKING:
    from aws_mfa.interfaces import Interfaces
    from aws_mfa.key_care.search import Importable
    from aws_mfa.key_care.transfer import Move

_PAUSES_S = (2, 4)


def check_moves(
    found: Importable,
    interfaces: Interfaces,
    *,
    asks: bool,
    is_document: bool = False,
    is_piped: bool = False,
    region: str | None = None,
) -> None:
    """
    Complete the moves with what AWS says; those whose keys it refuses go to `found.left`, a document's are raised.

    `asks`: a person may be asked for the device and region of a document's keys; `region` is the flag's.
    """
    quiet = interfaces.replaced(away_from_terminal=True)
    here = interfaces if asks and is_document and not is_piped else quiet
    moves, found.moves = found.moves, []
    is_reachable = True
    for move in moves:
        try:
            if is_reachable and all(find.is_of_aws for find in move.finds):
                is_reachable = _check(move, region, here, is_document=is_document, is_piped=is_piped)
            found.moves.append(move)
        except (UnknownKey, WrongSecret, SessionKeysGiven) as error:
            if is_document and len(moves) == 1:
                raise
            found.left.append(f"{move.name} not changed: {error.message}")


def _check(move: Move, given: str | None, interfaces: Interfaces, *, is_document: bool, is_piped: bool) -> bool:
    """Whether AWS answered; then the move has the owner of the keys, and a device and region to be written."""
    profile = profile_of(move.name)
    files = FilesOfProfile(profile, move.name, interfaces)
    known = move.device or files.known_device
    answers = Answers(profile=profile, device=known, region=given)
    configured = usable_region(files.region, files.region_source, interfaces)
    identity, region = None, ""
    for pause_s in (*(_PAUSES_S if is_piped else ()), 0):
        try:
            identity, region = verified(move.keys, answers, configured, files.endpoints, interfaces)
            break
        except UnknownKey as error:
            if not is_piped:
                raise
            if pause_s:
                interfaces.terminal.count_down(pause_s, "AWS does not know this key yet; next try in")
            else:
                why = "it is stored unverified, because the pipe may be its only copy"
                interfaces.terminal.say(f"{error.message}: {why}")
    if identity is None:
        return False
    move.identity = identity
    is_kept = noted_key_id(interfaces.known_keys.read(), move.name) in (None, move.keys.access_key_id)
    if not (known and (move.device or is_kept) and may_be_theirs(known, identity)):
        devices = partial(listed_devices, move.keys, region, interfaces, files.endpoints)
        try:
            move.found_device = device_to_store(None, known, identity, devices, interfaces)
        except NoDevice as error:
            say_error(error, interfaces.terminal)
    if is_document:
        partition = arns.partition_of(identity.arn)
        move.region = region_to_store(answers, configured, region, partition, interfaces)
    return True


def write_region(profile: str, region: str, interfaces: Interfaces) -> None:
    """Write the region of a profile into the config file."""
    header = FilesOfProfile(profile, profile, interfaces).header
    interfaces.config.update(lambda text: with_changes(text, header, {"region": region}, where=interfaces.config.path))

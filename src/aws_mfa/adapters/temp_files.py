"""
Temp files beside the files they are to replace: their names, and what remains of killed processes.

Removed is only what is ours by name and owner, and older than any writer needs.
"""

from __future__ import annotations

import os
import stat
import time
from typing import TYPE_CHECKING

from aws_mfa.adapters.ownership import is_own

if TYPE_CHECKING:
    from aws_mfa.adapters.held_folder import FolderHandle

# A writer holds its lock and needs milliseconds: what is older was left by a killed one.
LEFTOVER_AGE_S = 10
_RANDOM_BYTES = 8


def new_temp_name(name: str) -> str:
    """A name that nobody has taken, for what is to replace the file `name` of the same folder."""
    return f".{name}.aws-mfa-{os.urandom(_RANDOM_BYTES).hex()}.tmp"


def remove_leftovers(folder: FolderHandle, name: str) -> None:
    """Remove temp files of killed processes: ours by name and owner, regular, older than any writer needs."""
    too_old = time.time() - LEFTOVER_AGE_S
    with os.scandir(folder.itself) as entries:
        for entry in entries:
            if is_temp_name(entry.name, name) and _is_own_and_older(folder, entry.name, too_old):
                remove(folder, entry.name)


def is_temp_name(candidate: str, name: str) -> bool:
    """Whether this could be a temp file of `name`."""
    before, after = f".{name}.aws-mfa-", ".tmp"
    if not (candidate.startswith(before) and candidate.endswith(after)):
        return False
    middle = candidate[len(before) : -len(after)]
    return len(middle) == 2 * _RANDOM_BYTES and not middle.strip("0123456789abcdef")


def remove(folder: FolderHandle, name: str) -> None:
    """Remove the file, if that can be done."""
    try:
        os.unlink(folder.at(name), dir_fd=folder.dir_fd)
    except OSError:
        return  # gone already, or not ours to remove: the error on its way says more


def _is_own_and_older(folder: FolderHandle, name: str, moment: float) -> bool:
    try:
        found = os.lstat(folder.at(name), dir_fd=folder.dir_fd)
    except OSError:
        return False
    return is_own(found) and stat.S_ISREG(found.st_mode) and found.st_mtime < moment

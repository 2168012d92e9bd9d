"""
One entry of a session store: what stands in its file.

Owns the line between an entry, none, and what is none though a file is there. Removes nothing and says nothing.
"""

from __future__ import annotations

from aws_mfa.adapters.private_reading import Unfit
from aws_mfa.rules.session_entries import parse_entry

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_mfa.adapters.session_files import SessionFiles
    from aws_mfa.rules.session_entries import Entry


def entry_in(files: SessionFiles, name: str) -> Entry | None:
    """The entry as it stands, None where there is none; raises `Unfit`, and what reading raises."""
    data = files.read(name)
    if data is None:
        return None
    try:
        entry = parse_entry(data.decode())
    except UnicodeDecodeError:
        entry = None
    if entry is None:
        raise Unfit("it is damaged, or another version's")
    return entry


def stands_for_removal(files: SessionFiles, name: str, is_rubbish: Callable[[Entry], bool]) -> bool:
    """Whether what stands there now is rubbish, or no entry; raises what reading raises."""
    try:
        entry = entry_in(files, name)
    except Unfit:
        return True
    return entry is not None and is_rubbish(entry)

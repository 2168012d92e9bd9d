"""
The name of a stored session <-> the name of its file.

A session's name begins with a label (see `inputs.stored_name`): a profile's name, or `mfa@` and the long-term section
for an MFA session that roles share. Every character but `a-z0-9._@~-` is percent-encoded, capitals too: file systems
that ignore case would make one file of `Prod` and `prod`. The prefix keeps a name from being a hidden file, a path, or
a device of Windows (`con`). A name that gets too long has no file.
"""

from __future__ import annotations

_PREFIX = "session-"
FINGERPRINT_PREFIX = "fingerprint-"
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyz0123456789._@~-")
# The temp file beside it has 30 bytes more, and file systems allow 255.
_LONGEST = 200


def mfa_label(long_term_section: str) -> str:
    """The label of the MFA session of these long-term keys."""
    return f"mfa@{long_term_section}"


def cut_label(profile: str) -> str:
    """The label of a role session that a chain limits to 1 h, beside the profile's own longer session."""
    return f"{profile}@1h"


def file_name(stored: str, suffix: str) -> str | None:
    """The name of the file of the session that is stored under this name, None if it would be too long."""
    encoded = stored
    if not _PLAIN.issuperset(stored):
        parts = [(one, one.encode("utf-8", "surrogatepass")) for one in stored]
        encoded = "".join([one if one in _PLAIN else "".join([f"%{byte:02x}" for byte in data]) for one, data in parts])
    name = f"{_PREFIX}{encoded}{suffix}"
    return name if len(name) <= _LONGEST else None


def fingerprint_name(profile: str) -> str | None:
    """The name of the file of a profile's fingerprint, None if it would be too long."""
    name = file_name(profile, ".txt")
    return None if name is None else FINGERPRINT_PREFIX + name[len(_PREFIX) :]


def stored_in(name: str, suffix: str) -> str | None:
    """The name of the session in the file of this name, None for any other file."""
    if not (name.startswith(_PREFIX) and name.endswith(suffix)):
        return None
    first, *rest = name[len(_PREFIX) : len(name) - len(suffix)].split("%")
    try:
        pieces = (bytes([int(piece[:2], 16)]) + piece[2:].encode() for piece in rest)
        stored = b"".join((first.encode(), *pieces)).decode("utf-8", "surrogatepass")
    except ValueError:
        return None
    return stored if file_name(stored, suffix) == name else None

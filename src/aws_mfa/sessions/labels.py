"""
The name of a stored session <-> the name of its file.

It begins with a label (`stored_names` has the rest): a profile's name, or `mfa@` and the long-term section for an MFA
session that roles share. Everything but `a-z0-9._@~-` is percent-encoded, capitals too: file systems that fold case
would make one file of `Prod` and `prod`. The prefix keeps a name from being hidden, a path, or a device of Windows
(`con`). What gets too long has no file.
"""

from __future__ import annotations

_PREFIX = "session-"
_WITNESS_PREFIX = "witness-"
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyz0123456789._@~-")
# The temp file beside it has 30 bytes more, and file systems take 255.
_LONGEST = 200


def mfa_label(long_term_section: str) -> str:
    """The label of the MFA session of these long-term keys."""
    return f"mfa@{long_term_section}"


def cut_label(profile: str) -> str:
    """The label of a role session that is cut to 1 h for a chain, beside the profile's own, which lasts longer."""
    return f"{profile}@1h"


def file_name(stored: str, suffix: str) -> str | None:
    """The name of the file of the session that is stored under this name, None where it would be too long."""
    encoded = stored if _PLAIN.issuperset(stored) else "".join(map(_encoded, stored))
    name = f"{_PREFIX}{encoded}{suffix}"
    return name if len(name) <= _LONGEST else None


def witness_name(profile: str) -> str | None:
    """The name of the file of a profile's witness, which is no entry; None where it would be too long."""
    name = file_name(profile, ".txt")
    return None if name is None else _WITNESS_PREFIX + name[len(_PREFIX) :]


def is_witness_name(name: str) -> bool:
    """Whether a file of that name is a witness."""
    return name.startswith(_WITNESS_PREFIX) and name.endswith(".txt")


def stored_in(name: str, suffix: str) -> str | None:
    """The name of the session that the file of this name holds, None for any other file."""
    if not (name.startswith(_PREFIX) and name.endswith(suffix)):
        return None
    first, *rest = name[len(_PREFIX) : len(name) - len(suffix)].split("%")
    try:
        pieces = (bytes([int(piece[:2], 16)]) + piece[2:].encode() for piece in rest)
        stored = b"".join((first.encode(), *pieces)).decode("utf-8", "surrogatepass")
    except ValueError:
        return None
    return stored if file_name(stored, suffix) == name else None


def _encoded(character: str) -> str:
    if character in _PLAIN:
        return character
    return "".join([f"%{byte:02x}" for byte in character.encode("utf-8", "surrogatepass")])

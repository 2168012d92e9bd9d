"""
Where a session is stored, if not in the credentials file: in which store, in which file of it. On the hot path.

The store is `AWS_MFA_SESSION_STORE`, else `memory` if this user has a runtime folder, else `sealed`; only a default may
be replaced by the next one. A session's name begins with a label (see `inputs.stored_name`): a profile's name, or
`mfa@` and the long-term section for an MFA session that roles share. In its file's name every character but
`a-z0-9._@~-` is percent-encoded, capitals too: some file systems ignore case. The prefix keeps a name from being a
hidden file, a path, or a device of Windows (`con`). A label that is too long is cut, and ends in a hash of the whole.
"""

from __future__ import annotations

from aws_mfa.errors import BadInput

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

STORES = ("memory", "sealed", "plain", "none")
IN_RUNTIME_FOLDER, IN_STATE_FOLDER = "aws-mfa", "sessions"
PLAIN, SEALED = ".txt", ".age"
_VARIABLE = "AWS_MFA_SESSION_STORE"
_PREFIX = "session-"
FINGERPRINT_PREFIX = "fingerprint-"
_PLAIN = frozenset(b"abcdefghijklmnopqrstuvwxyz0123456789._@~-")
# With prefix, mark and suffix the file has 200 bytes; the temp file beside it 30 more, and file systems allow 255.
_LONGEST, _LONGEST_CUT, _HASH_LENGTH = 175, 120, 16


class StoreChoice:
    """The store's name; `explicit`: the user chose it."""

    __slots__ = ("explicit", "name")

    def __init__(self, name: str, *, explicit: bool) -> None:
        self.name = name
        self.explicit = explicit


def choose_store(environ: Mapping[str, str], *, has_runtime_folder: bool) -> StoreChoice:
    """Choose; `BadInput` for a name that is not a store, and for `memory` without a runtime folder."""
    name = environ.get(_VARIABLE)
    if not name:
        return StoreChoice("memory" if has_runtime_folder else "sealed", explicit=False)
    if name not in STORES:
        raise BadInput(f"{_VARIABLE}: {name!r} is not a session store", f"choose one of: {', '.join(STORES)}")
    if name == "memory" and not has_runtime_folder:
        raise BadInput(
            f"{_VARIABLE}: there is no memory store here: XDG_RUNTIME_DIR is not a folder of yours with mode 0700",
            "choose one of: sealed, plain, none",
        )
    return StoreChoice(name, explicit=True)


def stores_to_read(environ: Mapping[str, str], home: str, runtime: str | None) -> list[tuple[str, str]]:
    """Folder and suffix of the stores to read, in this order: the same as `stores.Stores.readable`."""
    choice = choose_store(environ, has_runtime_folder=runtime is not None)
    folder = f"{home}/.aws/mfa/{IN_STATE_FOLDER}"
    if choice.name == "memory":
        return [(f"{runtime}/{IN_RUNTIME_FOLDER}", PLAIN)]
    if choice.name == "plain":
        return [(folder, PLAIN)]
    if choice.name == "sealed":
        return [(folder, SEALED)] if choice.explicit else [(folder, SEALED), (folder, PLAIN)]
    return []


def mfa_label(long_term_section: str) -> str:
    """The label of the MFA session of these long-term keys."""
    return f"mfa@{long_term_section}"


def cut_label(profile: str) -> str:
    """The label of a role session that a chain limits to 1 h, beside the profile's own longer session."""
    return f"{profile}@1h"


def shortened(label: str) -> str:
    """The label as it is in stored names: if its file's name would be too long, its beginning, `~`, and a hash."""
    if len(_encoded(label)) <= _LONGEST:
        return label
    from hashlib import sha256  # not at the top: the hot path needs it for such labels only

    mark = sha256(label.encode("utf-8", "surrogatepass")).hexdigest()[:_HASH_LENGTH]
    length = next(length for length in range(_LONGEST_CUT, 0, -1) if len(_encoded(label[:length])) <= _LONGEST_CUT)
    return f"{label[:length]}~{mark}"


def file_name(stored: str, suffix: str) -> str:
    """The name of the file of the session that is stored under this name."""
    return f"{_PREFIX}{_encoded(stored)}{suffix}"


def fingerprint_name(profile: str, wish: str = "") -> str:
    """The name of the file of a profile's fingerprint, for requests with this wish."""
    asked = f"{profile}\n{wish}" if wish else profile
    return f"{FINGERPRINT_PREFIX}{_encoded(shortened(asked))}.txt"


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


def _encoded(text: str) -> str:
    data = text.encode("utf-8", "surrogatepass")
    return "".join([chr(byte) if byte in _PLAIN else f"%{byte:02x}" for byte in data])

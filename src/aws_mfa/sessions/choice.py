"""
Which store holds the sessions that are not for the credentials file: `AWS_MFA_SESSION_STORE`, else the safest.

The default is `memory` if this user has a runtime folder, else `sealed`. A default may be replaced by the next store,
the user's own choice may not. On the hot path.
"""

from __future__ import annotations

from aws_mfa.errors import BadInput

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

STORES = ("memory", "sealed", "plain", "none")
_VARIABLE = "AWS_MFA_SESSION_STORE"


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

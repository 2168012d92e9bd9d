"""
Where sessions are stored that are not for the credentials file: `AWS_MFA_SESSION_STORE`, else the safest there is.

`memory` where this user has a runtime folder, else `sealed`; the choice says who made it, because a store that nobody
asked for may be replaced by the next one, and one that was asked for may not.
"""

from __future__ import annotations

from aws_mfa.errors import BadInput

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

STORES = ("memory", "sealed", "plain", "none")
_VARIABLE = "AWS_MFA_SESSION_STORE"


class StoreChoice:
    """The store's name, who chose it, and whether a person did."""

    __slots__ = ("explicit", "name", "source")

    def __init__(self, name: str, source: str, *, explicit: bool) -> None:
        self.name = name
        self.source = source
        self.explicit = explicit


def choose_store(environ: Mapping[str, str], *, has_runtime_folder: bool) -> StoreChoice:
    """Choose; `BadInput` for a name that is no store, and for `memory` where there is no runtime folder."""
    name = environ.get(_VARIABLE)
    if not name:
        if has_runtime_folder:
            return StoreChoice("memory", "the default where there is a runtime folder", explicit=False)
        return StoreChoice("sealed", "the default without a runtime folder", explicit=False)
    if name not in STORES:
        raise BadInput(f"{_VARIABLE}: {name!r} is no session store", f"choose one of: {', '.join(STORES)}")
    if name == "memory" and not has_runtime_folder:
        raise BadInput(
            f"{_VARIABLE}: here is no memory store: XDG_RUNTIME_DIR names no folder that is yours alone (mode 0700)",
            "choose one of: sealed, plain, none",
        )
    return StoreChoice(name, _VARIABLE, explicit=True)

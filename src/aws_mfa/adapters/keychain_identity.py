"""
The item of the keychain that the session store is sealed with: `aws-mfa` / `[session-store]`.

Owns its form, `{"v": 1, "age_identity": "AGE-SECRET-KEY-1..."}`. Further fields stay as they are, so that long-term
keys of a section with this very name can lie beside it. The wait, the reading back and the failures are those of
`keychain_items`.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from aws_mfa.adapters import key_items
from aws_mfa.adapters.keychain_backend import open_backend
from aws_mfa.adapters.keychain_items import TIME_LIMIT_S, KeychainItems
from aws_mfa.adapters.stderr_mute import StderrMute
from aws_mfa.errors import KeychainUnavailable
from aws_mfa.model import Secret

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

USER = "[session-store]"  # no section of an AWS file can have that name
_FIELD = "age_identity"


def open_identity_item(
    environ: Mapping[str, str],
    *,
    time_limit_s: float | None = TIME_LIMIT_S,
    on_delay: Callable[[], None] = lambda: None,
    may_ask: bool = True,
) -> IdentityItem:
    """The item in this machine's keychain, opened at the first call; arguments as in `open_keychain`."""
    mute = StderrMute()
    opener = partial(open_backend, environ, mute, may_ask=may_ask)
    return IdentityItem(opener, time_limit_s=time_limit_s, on_delay=on_delay, mute=mute)


class IdentityItem(KeychainItems):
    """The keychain with this one item; every method raises `KeychainUnavailable`, and `NotSetUp` for a broken item."""

    def exists_at_all(self) -> bool:
        """Whether there is a keychain, locked or not; asks it nothing."""
        try:
            self._ask(lambda _: None)
        except KeychainUnavailable:
            return False
        return True

    def identity(self) -> Secret | None:
        """The identity, None where none was made yet."""
        found = (self._read(USER) or {}).get(_FIELD)
        return Secret(found) if isinstance(found, str) and found else None

    def keep_identity(self, identity: Secret) -> None:
        """Store the identity, and raise if what is read back differs."""
        item = {"v": key_items.FORMAT_VERSION, **(self._read(USER) or {}), _FIELD: identity.reveal()}
        self._write(USER, key_items.write_object(item))

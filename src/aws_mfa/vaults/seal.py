"""
The encryption of stored sessions: age, to an identity (X25519 key) that only the keychain holds.

Creates the identity at the first use, and reads it once per process. Sessions that were encrypted to another identity
count as not stored: `keyring del aws-mfa '[session-store]'` makes every sealed session unreadable.
"""

from __future__ import annotations

import os
from typing import Protocol

from aws_mfa.errors import NotSetUp
from aws_mfa.model import Secret
from aws_mfa.system.locks import lock
from aws_mfa.system.ownership import Unfit
from aws_mfa.system.private_files import ensure_private_folder
from aws_mfa.vaults.keychain.failures import not_loaded

try:
    from pyrage import DecryptError, IdentityError, decrypt, encrypt, x25519
except ImportError:  # not on every platform: each use is refused in one line
    HAS_AGE = False
else:
    HAS_AGE = True

# Under the lock the keychain may ask the user to unlock it.
_LOCK_TIMEOUT_S = 130.0


def refuse_without_age(feature: str, way_out: str) -> None:
    """Raise if the age library cannot be loaded; `way_out`: what works without it."""
    if not HAS_AGE:
        raise NotSetUp(
            f"{feature} cannot be used: {not_loaded('pyrage')}",
            "where no wheel of pyrage fits, pip builds it, with Rust",
            way_out,
        )


class Item(Protocol):
    """`keychain.vault.IdentityItem`."""

    def keychain_exists(self) -> bool: ...
    def identity(self) -> Secret | None: ...
    def store_identity(self, identity: Secret) -> None: ...


class AgeSeal:
    """A `Seal` of session stores; holds the lock at `lock_path` while it makes the identity."""

    def __init__(self, item: Item, lock_path: str) -> None:
        self._item = item
        self._lock_path = lock_path
        self._known: x25519.Identity | None = None

    def is_possible(self) -> bool:
        """Whether this machine has a keychain at all, locked or not."""
        return self._item.keychain_exists()

    def sealed(self, data: bytes) -> bytes:
        """As an age file; raises `KeychainUnavailable`, `NotSetUp`, `Unreachable`."""
        identity = self._identity() or self._made()
        return bytes(encrypt(data, [identity.to_public()]))

    def opened(self, data: bytes) -> bytes:
        """The bytes in an age file; raises `Unfit`, and as `sealed`."""
        identity = self._identity()
        if identity is None:
            raise Unfit("it is sealed, and the keychain no longer has what opens it")
        try:
            return bytes(decrypt(data, [identity]))
        except DecryptError:
            raise Unfit("it is damaged, or sealed with another identity") from None

    def _identity(self) -> x25519.Identity | None:
        refuse_without_age("the session store 'sealed'", "or store sessions elsewhere: set AWS_MFA_SESSION_STORE=plain")
        if self._known is None:
            text = self._item.identity()
            self._known = None if text is None else _parsed(text)
        return self._known

    def _made(self) -> x25519.Identity:
        ensure_private_folder(os.path.dirname(self._lock_path))
        with lock(self._lock_path, timeout_s=_LOCK_TIMEOUT_S):
            # Another process may have made one meanwhile; what it sealed must stay readable.
            known = self._identity()
            if known is None:
                known = x25519.Identity.generate()
                self._item.store_identity(Secret(str(known)))
                self._known = known
        return known


def _parsed(text: Secret) -> x25519.Identity:
    try:
        return x25519.Identity.from_str(text.reveal())
    except IdentityError:
        # `from None`: the error may quote what it could not read.
        raise NotSetUp("the keychain item 'aws-mfa' / '[session-store]' holds no age identity") from None

"""
The seal of stored sessions: age, to an identity (X25519) that only the keychain holds.

Owns the identity's stay in this process: it is read once, and made at the first use. What is sealed to another identity
cannot be opened and is no entry any more; so `keyring del aws-mfa '[session-store]'` ends every sealed session.
"""

from __future__ import annotations

import os
from typing import Protocol

from pyrage import DecryptError, IdentityError, decrypt, encrypt, x25519  # where sessions are sealed

from aws_mfa.errors import NotSetUp
from aws_mfa.model import Secret
from aws_mfa.system.locks import lock
from aws_mfa.system.private_files import ensure_private_folder
from aws_mfa.system.private_reading import Unfit

# The keychain may be asking a human, under the lock.
_LOCK_TIMEOUT_S = 130.0


class Item(Protocol):
    """Where the identity is kept; fulfilled by `keychain.IdentityItem`."""

    def exists_at_all(self) -> bool:
        """Whether there is a keychain, locked or not."""

    def identity(self) -> Secret | None:
        """The identity, None where none was made yet."""

    def keep_identity(self, identity: Secret) -> None:
        """Store it."""


class AgeSeal:
    """Fulfils the Protocol `KeychainSeal`; `lock_path` is held while one of several processes makes the identity."""

    def __init__(self, item: Item, lock_path: str) -> None:
        self._item = item
        self._lock_path = lock_path
        self._known: x25519.Identity | None = None

    def is_possible(self) -> bool:
        """Whether this machine has a keychain at all, locked or not."""
        return self._item.exists_at_all()

    def sealed(self, data: bytes) -> bytes:
        """The bytes as an age file; raises `KeychainUnavailable`, `NotSetUp`, `Unreachable`."""
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
        if self._known is None:
            text = self._item.identity()
            self._known = None if text is None else _parsed(text)
        return self._known

    def _made(self) -> x25519.Identity:
        ensure_private_folder(os.path.dirname(self._lock_path))
        with lock(self._lock_path, timeout_s=_LOCK_TIMEOUT_S):
            # Another process may have been faster, and what it has sealed must stay readable.
            known = self._identity()
            if known is None:
                known = x25519.Identity.generate()
                self._item.keep_identity(Secret(str(known)))
                self._known = known
        return known


def _parsed(text: Secret) -> x25519.Identity:
    try:
        return x25519.Identity.from_str(text.reveal())
    except IdentityError:
        # `from None`: it may quote what it could not read.
        raise NotSetUp("the keychain item 'aws-mfa' / '[session-store]' holds no age identity") from None

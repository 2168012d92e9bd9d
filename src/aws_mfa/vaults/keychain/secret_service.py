"""
The Secret Service of a Linux desktop, spoken to directly: a third of what `keyring` costs to load.

Owns the items' shape on D-Bus, which is that of `keyring.backends.SecretService` to the letter (attributes, label,
collection), so that `keyring get aws-mfa work-long-term` reads what is written here and the other way round.
Refuses to create a collection for the sake of reading: then nothing is stored, and nobody need be asked. Knows too
whether a keychain behind `keyring` is locked, without the window that `keyring` itself opens to unlock it.
"""

from __future__ import annotations

from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import secretstorage
from jeepney import DBusAddress, new_method_call
from jeepney.io.blocking import DBusConnection, open_dbus_connection
from jeepney.wrappers import unwrap_msg
from secretstorage.exceptions import ItemNotFoundException, LockedException
from secretstorage.util import add_match_rules

from aws_mfa.vaults.keychain.failures import locked_unasked, unusable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from keyring.backend import KeyringBackend  # a module of the keychain

_OF_SECRET_SERVICE = ("keyring.backends.SecretService", "keyring.backends.libsecret")
_OF_KWALLET = "keyring.backends.kwallet"
_APPLICATION = "Python keyring library"
_FORGETFUL = "/collection/session"


class SecretService:
    """
    A `Backend` on the bus at `address`.

    `collection_path` is the D-Bus path of the collection to use, None for the default one. Without `may_ask` what is
    locked is refused: to unlock it opens a window, which stays open when nobody answers.
    """

    name = "Secret Service"

    def __init__(self, address: str, collection_path: str | None, *, may_ask: bool = True) -> None:
        self._address = address
        self._collection_path = collection_path
        self._may_ask = may_ask
        self.asks = False

    def is_there(self) -> bool:
        """Whether the bus answers and the service runs, or would be started; asks the bus alone, never the service."""
        try:
            with self._connection() as connection:
                return bool(secretstorage.check_service_availability(connection))
        except (OSError, ValueError, RuntimeError):
            # A stale address, or a transport other than a Unix socket: no bus that could be used.
            return False

    def check_open(self) -> None:
        """Unlock the collection, or raise."""
        with self._connection() as connection:
            self._collection(connection)

    def get(self, service: str, user: str) -> str | None:
        """The secret of the first item found."""
        with self._connection() as connection:
            for item in self._items(connection, service, user):
                return str(item.get_secret().decode("utf-8"))
        return None

    def forgets(self) -> bool:
        """Whether the collection lies in memory and is gone at logout, be it named or what the default one leads to."""
        with self._connection() as connection:
            collection = self._collection(connection)
            return collection is not None and str(collection.collection_path).endswith(_FORGETFUL)

    def find(self, service: str, user: str) -> str | None:
        """As `get`: there is no other place to look."""
        return self.get(service, user)

    def set(self, service: str, user: str, value: str) -> None:
        """Create the item or replace its secret; the service may ask the user for a new collection's password."""
        with self._connection() as connection:
            for item in self._items(connection, service, user):
                # Not CreateItem with `replace`, as keyring does: KeePassXC then asks whether it may overwrite.
                item.set_secret(value.encode("utf-8"))
                return
            attributes = {"username": user, "service": service, "application": _APPLICATION}
            label = f"Password for '{user}' on '{service}'"
            collection = self._collection(connection)
            if collection is None:
                with self._asking():
                    collection = secretstorage.get_default_collection(connection)
            # `replace` all the same: another process may have been faster.
            collection.create_item(label, attributes, value.encode("utf-8"), replace=True)

    def delete(self, service: str, user: str) -> None:
        """Delete every item of that name; nothing happens where there is none."""
        with self._connection() as connection:
            for item in list(self._items(connection, service, user)):
                item.delete()

    @contextmanager
    def _connection(self) -> Iterator[DBusConnection]:
        with closing(open_dbus_connection(self._address)) as connection:
            add_match_rules(connection)
            yield connection

    def _items(self, connection: DBusConnection, service: str, user: str) -> Iterator[secretstorage.Item]:
        collection = self._collection(connection)
        if collection is None:
            return
        for item in collection.search_items({"username": user, "service": service}):
            self._unlock(item)
            yield item

    def _collection(self, connection: DBusConnection) -> secretstorage.Collection | None:
        """The collection, unlocked; None where the default one was never created."""
        try:
            if self._collection_path is not None:
                collection = secretstorage.Collection(connection, self._collection_path)
            else:
                collection = secretstorage.Collection(connection)
        except ItemNotFoundException:
            if self._collection_path is not None:
                raise unusable(
                    "the keychain has no collection of the name in KEYRING_PROPERTY_PREFERRED_COLLECTION",
                    "unset KEYRING_PROPERTY_PREFERRED_COLLECTION",
                ) from None
            return None
        self._unlock(collection)
        return collection

    def _unlock(self, locked: secretstorage.Collection | secretstorage.Item) -> None:
        if not locked.is_locked():
            return
        with self._asking():
            locked.unlock()
        if locked.is_locked():
            raise LockedException

    @contextmanager
    def _asking(self) -> Iterator[None]:
        if not self._may_ask:
            raise locked_unasked()
        self.asks = True
        try:
            yield
        finally:
            self.asks = False


def refuse_locked(backend: KeyringBackend, address: str) -> None:
    """
    Raise `KeychainUnavailable` where a backend of keyring would show its window; `address` is the session bus.

    Known for the Secret Service (by either of keyring's two ways to it) and for KWallet. What cannot be kept from
    asking: KWallet that lets a program in for the first time, macOS, which tells of a locked keychain only when it is
    asked for an item, and add-ons with questions of their own; there the time limit ends the wait. Windows never asks.
    """
    module = type(backend).__module__
    if module in _OF_SECRET_SERVICE:
        SecretService(address, getattr(backend, "preferred_collection", None), may_ask=False).check_open()
    elif module == _OF_KWALLET:
        _refuse_locked_wallet(address, getattr(backend, "bus_name", ""), getattr(backend, "object_path", ""))


def _refuse_locked_wallet(address: str, service: str, path: str) -> None:
    target = DBusAddress(path, service, "org.kde.KWallet")
    with closing(open_dbus_connection(address)) as connection:
        (wallet,) = unwrap_msg(connection.send_and_get_reply(new_method_call(target, "networkWallet")))
        question = new_method_call(target, "isOpen", "s", (wallet,))
        (is_open,) = unwrap_msg(connection.send_and_get_reply(question))
    if not is_open:
        raise locked_unasked()

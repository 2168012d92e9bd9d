"""
The Secret Service of a Linux desktop over D-Bus, which loads in a third of the time that `keyring` takes.

Owns the items' form on D-Bus: attributes, label and collection are exactly those of `keyring.backends.SecretService`,
so that `keyring get aws-mfa work-long-term` reads what is written here, and this module reads what keyring wrote.
Refuses to create a collection just to read: without one nothing is stored. Also finds out whether a backend of keyring
is locked, without the window that keyring would open.
"""

from __future__ import annotations

from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING

import secretstorage
from jeepney import DBusAddress, new_method_call
from jeepney.io.blocking import DBusConnection, open_dbus_connection
from jeepney.wrappers import unwrap_msg
from secretstorage.collection import DEFAULT_COLLECTION
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

    `collection_path` is the D-Bus path of the collection to use, None for the default one. Without `may_ask` a locked
    collection is refused: unlocking opens a window, which stays open until it is answered.
    """

    name, replaces_in_place = "Secret Service", True

    def __init__(self, address: str, collection_path: str | None, *, may_ask: bool = True) -> None:
        self._address = address
        self._collection_path = collection_path
        self._may_ask = may_ask
        self.asks = False

    def is_there(self) -> bool:
        """Whether the bus answers and the service runs, or could be started; calls only the bus, not the service."""
        try:
            with self._connection() as connection:
                return bool(secretstorage.check_service_availability(connection))
        except (OSError, ValueError, RuntimeError):
            # A stale address, or a transport other than a Unix socket.
            return False

    def check_open(self) -> None:
        """Unlock the collection, or raise."""
        with self._connection() as connection:
            self._collection(connection)

    def get(self, service: str, user: str) -> str | None:
        with self._connection() as connection:
            for item in self._items(connection, service, user):
                return _text_of(item)
        return None

    def forgets(self) -> bool:
        """Whether the collection in use is the one in memory, which is gone at logout."""
        with self._connection() as connection:
            collection = self._collection(connection)
            return collection is not None and str(collection.collection_path).endswith(_FORGETFUL)

    def find(self, service: str, user: str) -> str | None:
        return self.get(service, user)

    def set(self, service: str, user: str, value: str) -> None:
        """Create the item or replace its secret; the service may ask for the password of a new collection."""
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
            # `replace`, because another process may have created it meanwhile.
            collection.create_item(label, attributes, value.encode("utf-8"), replace=True)

    def delete(self, service: str, user: str) -> None:
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
        """The collection, unlocked; None if the default one was never created."""
        try:
            collection = secretstorage.Collection(connection, self._collection_path or DEFAULT_COLLECTION)
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


def _text_of(item: secretstorage.Item) -> str:
    """
    The secret of an item, read over a second session of the Secret Service if the first one gives nonsense.

    KWallet 5 drops a leading zero byte of the shared secret: it then encrypts with another key, in one session of 256.
    """
    with suppress(UnicodeDecodeError):
        text = str(item.get_secret().decode("utf-8"))
        if text:
            return text
    item.session = None
    return str(item.get_secret().decode("utf-8"))


def refuse_locked(backend: KeyringBackend, address: str) -> None:
    """
    Raise `KeychainUnavailable` if a backend of keyring would show its window; `address` is the session bus.

    Known for the Secret Service (both of keyring's backends for it) and KWallet. Not known: KWallet's question about a
    program that is new to it, macOS, where only reading an item shows whether the keychain is locked, and add-ons with
    questions of their own; there the time limit ends the wait. Windows never asks.
    """
    module = type(backend).__module__
    if module in _OF_SECRET_SERVICE:
        SecretService(address, getattr(backend, "preferred_collection", None), may_ask=False).check_open()
    elif module == _OF_KWALLET:
        service, path = getattr(backend, "bus_name", ""), getattr(backend, "object_path", "")
        target = DBusAddress(path, service, "org.kde.KWallet")
        with closing(open_dbus_connection(address)) as connection:
            (wallet,) = unwrap_msg(connection.send_and_get_reply(new_method_call(target, "networkWallet")))
            question = new_method_call(target, "isOpen", "s", (wallet,))
            (is_open,) = unwrap_msg(connection.send_and_get_reply(question))
        if not is_open:
            raise locked_unasked()

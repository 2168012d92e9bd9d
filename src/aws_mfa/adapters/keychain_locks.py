"""
Whether a keychain behind `keyring` is locked, found out without the window that `keyring` itself opens to unlock it.

Known for the Secret Service (by either of keyring's two ways to it) and for KWallet. What cannot be kept from asking:
KWallet that lets a program in for the first time, macOS, which tells of a locked keychain only when it is asked for an
item, and add-ons with questions of their own; there the time limit ends the wait. Windows never asks.
"""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from jeepney import DBusAddress, new_method_call
from jeepney.io.blocking import open_dbus_connection
from jeepney.wrappers import unwrap_msg

from aws_mfa.adapters.keychain_failures import locked_unasked
from aws_mfa.adapters.secret_service import SecretService

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend  # noqa: TID251 - a room of the keychain

_OF_SECRET_SERVICE = ("keyring.backends.SecretService", "keyring.backends.libsecret")
_OF_KWALLET = "keyring.backends.kwallet"


def refuse_locked(backend: KeyringBackend, address: str) -> None:
    """Raise `KeychainUnavailable` where the backend would ask to be unlocked; `address` is the session bus."""
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

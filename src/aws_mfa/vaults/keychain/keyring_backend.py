"""
The keychain through `keyring`: on macOS, on Windows, and on Linux for a backend that is named or an add-on.

Owns the choice of one backend. The one that the user named (PYTHON_KEYRING_BACKEND, keyringrc.cfg) is used, unless it
is `null`, which loses keys. Otherwise the system's own keychain comes before any add-on, because the add-ons with the
highest priorities serve only package indexes and cannot store. Refuses add-ons below keyring's "recommended" priority,
`keyrings.alt` (plain text), and a chain of backends, which could write a key to one and read it from another.
"""

from __future__ import annotations

import contextlib
import importlib
import logging
import sys
from typing import TYPE_CHECKING

from keyring import backend, core
from keyring.backends import chainer, fail, null

from aws_mfa.command_lines import set_variables, unset_variable
from aws_mfa.vaults.keychain.backend import session_bus
from aws_mfa.vaults.keychain.failures import absent, unusable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


_SYSTEM_KEYCHAINS = {"darwin": "keyring.backends.macOS.Keyring", "win32": "keyring.backends.Windows.WinVaultKeyring"}
# Always first: keyring's own order of KWallet and the Secret Service depends on XDG_CURRENT_DESKTOP, so a login by ssh
# would not find what was stored at the desktop.
_SECRET_SERVICE = "keyring.backends.SecretService.Keyring"  # noqa: S105 - the name of a class
_RECOMMENDED_PRIORITY = 1
# Not `macOS`, which deletes the item and then adds it again; of others it is not known.
_REPLACE_IN_PLACE = tuple(f"keyring.backends.{name}." for name in ("SecretService", "libsecret", "kwallet", "Windows"))


class KeyringBackend:
    """A `Backend` with one backend of keyring; `refuse_locked` raises if one would ask. `find` reads `others` too."""

    asks = False  # unknown here

    def __init__(
        self,
        pinned: backend.KeyringBackend,
        others: list[backend.KeyringBackend] | None = None,
        *,
        refuse_locked: Callable[[backend.KeyringBackend], None] = lambda _: None,
    ) -> None:
        self.name = _name(pinned)
        self.replaces_in_place = self.name.startswith(_REPLACE_IN_PLACE)
        self._refuse_locked = refuse_locked
        self._pinned = pinned
        self._others = others or []

    def forgets(self) -> bool:
        """Unknown here: a backend that keyring knows to lose items is refused when it is opened."""
        return False

    def get(self, service: str, user: str) -> str | None:
        self._refuse_locked(self._pinned)
        return self._pinned.get_password(service, user)

    def find(self, service: str, user: str) -> str | None:
        """The value in the chosen backend, else in any other; another one that fails counts as empty."""
        value = self.get(service, user)
        for other in self._others if value is None else []:
            with contextlib.suppress(Exception):
                self._refuse_locked(other)
                value = other.get_password(service, user)
            if value is not None:
                break
        return value

    def set(self, service: str, user: str, value: str) -> None:
        self._refuse_locked(self._pinned)
        self._pinned.set_password(service, user, value)

    def delete(self, service: str, user: str) -> None:
        """Delete the item; for an item that does not exist, backends differ."""
        self._refuse_locked(self._pinned)
        self._pinned.delete_password(service, user)


def open_keyring(environ: Mapping[str, str], *, may_ask: bool = True) -> KeyringBackend:
    """The backend named, else the system's own, else the best add-on; without `may_ask` none known to be locked."""
    pinned, others = _chosen(environ)
    address = None if may_ask else session_bus(environ)
    if address is None:
        return KeyringBackend(pinned, others)
    try:
        # By name: without `jeepney` none of the backends that it can check is installed.
        bus = importlib.import_module("aws_mfa.vaults.keychain.secret_service")
    except ImportError:
        return KeyringBackend(pinned, others)
    return KeyringBackend(pinned, others, refuse_locked=lambda one: bus.refuse_locked(one, address))


def _chosen(environ: Mapping[str, str]) -> tuple[backend.KeyringBackend, list[backend.KeyringBackend]]:
    """The backend to use, and the others for `find`."""
    # Without a handler, logging prints keyring's warnings about add-ons that cannot be loaded.
    logging.getLogger("keyring").addHandler(logging.NullHandler())
    named = _named(environ)
    if isinstance(named, null.Keyring):
        is_variable = environ.get("PYTHON_KEYRING_BACKEND")
        line = "remove the line default-keyring from keyringrc.cfg"
        remedy = unset_variable("PYTHON_KEYRING_BACKEND") if is_variable else line
        raise unusable("the keyring backend 'null' is configured: it would lose the keys", remedy)
    if isinstance(named, fail.Keyring):
        raise absent("the keyring backend 'fail' is configured")
    if named is not None and not isinstance(named, chainer.ChainerBackend):
        return named, []
    if sys.platform in _SYSTEM_KEYCHAINS:
        return _load(_SYSTEM_KEYCHAINS[sys.platform]), []
    return _best(backend.get_all_keyring())


def _named(environ: Mapping[str, str]) -> backend.KeyringBackend | None:
    name = environ.get("PYTHON_KEYRING_BACKEND")
    if name:
        return _load(name)
    try:
        return core.load_config()
    except Exception as error:  # noqa: BLE001 - a wrong name raises whatever importing it raises
        reason = type(error).__name__
        raise unusable(f"keyringrc.cfg does not name a keyring backend that works ({reason})", "fix it") from None


def _load(name: str) -> backend.KeyringBackend:
    try:
        return core.load_keyring(name)
    except RuntimeError:
        # Raised by keyring's backends that cannot work here: another system's, or without their service.
        raise unusable(f"the keyring backend {name} does not work on this machine", "name another one") from None
    except Exception as error:  # noqa: BLE001 - a wrong name raises whatever importing it raises
        reason = type(error).__name__
        raise unusable(
            f"the keyring backend {name!r} of PYTHON_KEYRING_BACKEND cannot be loaded ({reason})",
            f"{unset_variable('PYTHON_KEYRING_BACKEND')}, or: keyring --list-backends",
        ) from None


def _best(found: list[backend.KeyringBackend]) -> tuple[backend.KeyringBackend, list[backend.KeyringBackend]]:
    real = [one for one in found if not isinstance(one, (chainer.ChainerBackend, fail.Keyring, null.Keyring))]
    safe = [one for one in real if one.priority >= _RECOMMENDED_PRIORITY and not _name(one).startswith("keyrings.alt.")]
    if safe:
        safe.sort(
            key=lambda one: (_name(one) == _SECRET_SERVICE, _name(one).startswith("keyring.backends."), one.priority)
        )
        return safe.pop(), safe[::-1]
    if real:
        name = _name(max(real, key=backend.by_priority))
        raise unusable(
            f"the only keyring backend here is {name}, which does not protect keys: it is used only if you name it",
            f"use it all the same: {set_variables(PYTHON_KEYRING_BACKEND=name)}",
        )
    raise absent("no backend of Python's keyring works here")


def _name(one: backend.KeyringBackend) -> str:
    return f"{type(one).__module__}.{type(one).__qualname__}"

"""
The keychain through `keyring`: macOS, Windows, and on Linux whatever was named or is installed beside it.

Owns the choice among keyring's backends, and pins one. What was named on purpose (PYTHON_KEYRING_BACKEND or
keyringrc.cfg) is used, but never `null`, which loses keys. Otherwise: the system's own keychain before any add-on,
because the add-ons with the highest priorities answer for package indexes only and cannot store; no add-on below
keyring's own mark for "recommended"; nothing of `keyrings.alt` (plain text); and no chain of several, where a key
would be written in one place and looked for in another.
"""

from __future__ import annotations

import contextlib
import importlib
import logging
import sys
from typing import TYPE_CHECKING

from keyring import backend, core  # where the keychain is opened
from keyring.backends import chainer, fail, null

from aws_mfa.vaults.keychain.backend import session_bus
from aws_mfa.vaults.keychain.failures import absent, unusable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


_SYSTEM_KEYCHAINS = {
    "darwin": "keyring.backends.macOS.Keyring",
    "win32": "keyring.backends.Windows.WinVaultKeyring",
}
# The one order that does not change with the session: keyring's own turns KWallet and the Secret Service round
# with XDG_CURRENT_DESKTOP, so that a login by ssh would not see what was stored at the desktop.
_SECRET_SERVICE = "keyring.backends.SecretService.Keyring"  # noqa: S105 - the name of a class
_RECOMMENDED_PRIORITY = 1


class KeyringBackend:
    """
    A `Backend` that is one backend of keyring, pinned; `others` are looked through by `find` alone.

    `refuse_locked` is asked before each call to a backend, and raises where that one would ask to be unlocked.
    """

    asks = False  # unknown here

    def __init__(
        self,
        pinned: backend.KeyringBackend,
        others: list[backend.KeyringBackend] | None = None,
        *,
        refuse_locked: Callable[[backend.KeyringBackend], None] = lambda _: None,
    ) -> None:
        self.name = _name(pinned)
        self._refuse_locked = refuse_locked
        self._pinned = pinned
        self._others = others or []

    def forgets(self) -> bool:
        """Unknown here: what keyring itself knows to forget is refused when it is opened."""
        return False

    def get(self, service: str, user: str) -> str | None:
        """What the pinned backend holds."""
        self._refuse_locked(self._pinned)
        return self._pinned.get_password(service, user)

    def find(self, service: str, user: str) -> str | None:
        """What any backend holds, the pinned one first."""
        self._refuse_locked(self._pinned)
        value = self._pinned.get_password(service, user)
        for other in self._others if value is None else []:
            # Another backend that fails holds nothing that can be read, and the pinned one has answered.
            with contextlib.suppress(Exception):
                self._refuse_locked(other)
                value = other.get_password(service, user)
            if value is not None:
                break
        return value

    def set(self, service: str, user: str, value: str) -> None:
        """Create or replace."""
        self._refuse_locked(self._pinned)
        self._pinned.set_password(service, user, value)

    def delete(self, service: str, user: str) -> None:
        """Delete what is there; what a backend does where there is nothing differs."""
        self._refuse_locked(self._pinned)
        self._pinned.delete_password(service, user)


def open_keyring(environ: Mapping[str, str], *, may_ask: bool = True) -> KeyringBackend:
    """
    The backend named on purpose, else the system's own, else the best add-on; raises `KeychainUnavailable`.

    Without `may_ask` it refuses what is known to be locked: see `secret_service.refuse_locked`.
    """
    pinned, others = _chosen(environ)
    address = None if may_ask else session_bus(environ)
    if address is None:
        return KeyringBackend(pinned, others)
    try:
        # By name: a Python without `jeepney` has none of the backends that it knows.
        bus = importlib.import_module("aws_mfa.vaults.keychain.secret_service")
    except ImportError:
        return KeyringBackend(pinned, others)
    return KeyringBackend(pinned, others, refuse_locked=lambda one: bus.refuse_locked(one, address))


def _chosen(environ: Mapping[str, str]) -> tuple[backend.KeyringBackend, list[backend.KeyringBackend]]:
    """The backend to pin, and those to look through."""
    # Without a handler, logging prints what keyring says about add-ons that cannot be loaded.
    logging.getLogger("keyring").addHandler(logging.NullHandler())
    named = _named(environ)
    if isinstance(named, null.Keyring):
        raise unusable("the keyring backend 'null' is configured: it would lose the keys", _how_to_unname(environ))
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
        raise unusable(f"keyringrc.cfg names no keyring backend that works ({reason})", "mend it") from None


def _load(name: str) -> backend.KeyringBackend:
    try:
        return core.load_keyring(name)
    except RuntimeError:
        # What keyring's backends raise where they cannot work: another system's, or a service that is not there.
        raise unusable(f"the keyring backend {name} does not work on this machine", "name another") from None
    except Exception as error:  # noqa: BLE001 - a wrong name raises whatever importing it raises
        reason = type(error).__name__
        raise unusable(
            f"the keyring backend {name!r} of PYTHON_KEYRING_BACKEND cannot be loaded ({reason})",
            "unset PYTHON_KEYRING_BACKEND, or: keyring --list-backends",
        ) from None


def _best(found: list[backend.KeyringBackend]) -> tuple[backend.KeyringBackend, list[backend.KeyringBackend]]:
    real = [one for one in found if not isinstance(one, (chainer.ChainerBackend, fail.Keyring, null.Keyring))]
    safe = [one for one in real if one.priority >= _RECOMMENDED_PRIORITY and not _name(one).startswith("keyrings.alt.")]
    if safe:
        safe.sort(key=lambda one: (_name(one) == _SECRET_SERVICE, not _is_foreign(_name(one)), one.priority))
        return safe.pop(), safe[::-1]
    if real:
        name = _name(max(real, key=backend.by_priority))
        raise unusable(
            f"the only keyring backend here is {name}, which does not protect keys: it is not used unasked",
            f"use it all the same: export PYTHON_KEYRING_BACKEND={name}",
        )
    raise absent("no backend of Python's keyring works here")


def _name(one: backend.KeyringBackend) -> str:
    return f"{type(one).__module__}.{type(one).__qualname__}"


def _is_foreign(name: str) -> bool:
    return not name.startswith("keyring.backends.")


def _how_to_unname(environ: Mapping[str, str]) -> str:
    if environ.get("PYTHON_KEYRING_BACKEND"):
        return "unset PYTHON_KEYRING_BACKEND"
    return "remove the line default-keyring from keyringrc.cfg"

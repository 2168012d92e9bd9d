"""
How the keychain is reached: the Secret Service directly, through `keyring`, or not at all.

Owns the interface of all keychains (`Backend`) and the choice between the two, made without importing either: to import
keyring and search its backends takes as long as sixteen starts of Python. Everything that could change keyring's own
choice goes through keyring: a backend that is named, a property that is set, another system than Linux, KWallet beside
the Secret Service, an add-on where there is no Secret Service.
"""

from __future__ import annotations

import importlib
import os
import sys
from typing import TYPE_CHECKING

from aws_mfa.vaults.keychain.failures import absent, not_loaded

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Protocol

    class Backend(Protocol):
        """One keychain. Any method may raise anything, or never return."""

        @property
        def name(self) -> str:
            """The name for messages."""

        @property
        def asks(self) -> bool:
            """Whether it is known to show its window at this moment."""

        @property
        def replaces_in_place(self) -> bool:
            """Whether `set` is known to keep the old value until the new one is there."""

        def forgets(self) -> bool:
            """Whether it is known to lose its items at logout."""

        def get(self, service: str, user: str) -> str | None: ...
        def find(self, service: str, user: str) -> str | None:
            """Like `get`; if nothing is stored there, from the machine's other keychains."""

        def set(self, service: str, user: str, value: str) -> None: ...
        def delete(self, service: str, user: str) -> None: ...


_PROPERTY = "KEYRING_PROPERTY_"
_COLLECTION = "KEYRING_PROPERTY_PREFERRED_COLLECTION"


def open_backend(environ: Mapping[str, str], *, may_ask: bool = True) -> Backend:
    """
    The backend to use; raises `KeychainUnavailable`.

    Without `may_ask` a locked keychain is refused before it can show its window, as far as that is known: see
    `secret_service.refuse_locked`. `environ` must be this process's own, because keyring reads that too.
    """
    if _keyring_decides(environ):
        return _open_keyring(environ, may_ask=may_ask)
    address, reason = session_bus(environ), "no D-Bus session"
    if address is not None:
        reason = "no Secret Service on the D-Bus session"
        try:
            direct = _secret_service(address, environ.get(_COLLECTION), may_ask=may_ask)
        except ImportError:  # a BSD may have neither; on Linux they are declared
            direct, reason = None, not_loaded("secretstorage")
        if direct is not None:
            return direct
    # keyring reaches KWallet through `dbus` and libsecret through `gi`, both on a bus.
    if any(keyring_addons(sys.path)) or (address is not None and (_has_module("dbus") or _has_module("gi"))):
        return _open_keyring(environ, may_ask=may_ask)
    raise absent(reason)


def session_bus(environ: Mapping[str, str]) -> str | None:
    """The address of the session bus: the variable's, else systemd's socket (for cron and some ssh logins)."""
    address = environ.get("DBUS_SESSION_BUS_ADDRESS")
    if address:
        return address
    runtime_folder = environ.get("XDG_RUNTIME_DIR")
    if runtime_folder and os.path.exists(os.path.join(runtime_folder, "bus")):
        return "unix:path=" + os.path.join(runtime_folder, "bus")
    return None


def keyring_addons(search_path: Iterable[str]) -> Iterable[str]:
    """
    Names of the installed packages whose entry points add backends to keyring.

    Reads the files that `importlib.metadata` would parse. An entry that is not a folder (a zip) is named too: in doubt
    keyring decides.
    """
    for folder in search_path:
        try:
            names = os.listdir(folder or os.curdir)
        except NotADirectoryError:
            yield folder
            continue
        except OSError:
            continue
        for name in names:
            is_package = name.endswith((".dist-info", ".egg-info")) and not name.startswith("keyring-")
            if is_package and _declares_backend(os.path.join(folder, name, "entry_points.txt")):
                yield name


def _keyring_decides(environ: Mapping[str, str]) -> bool:
    if sys.platform in ("darwin", "win32"):
        return True
    folder = environ.get("XDG_CONFIG_HOME") or os.path.join(os.path.expanduser("~"), ".config")
    keyringrc = os.path.join(folder, "python_keyring", "keyringrc.cfg")
    if environ.get("PYTHON_KEYRING_BACKEND") or os.path.exists(keyringrc):
        return True
    if any(_PROPERTY in name and name != _COLLECTION for name in environ):
        return True
    return "KDE" in environ.get("XDG_CURRENT_DESKTOP", "").split(":") and _has_module("dbus")


def _has_module(name: str) -> bool:
    return any(os.path.isdir(os.path.join(folder, name)) for folder in sys.path)


def _declares_backend(path: str) -> bool:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return "[keyring.backends]" in file.read()
    except OSError:
        return False


def _secret_service(address: str, collection_path: str | None, *, may_ask: bool) -> Backend | None:
    # By name, as in `_open_keyring`: only one of the two slow modules is imported, after the choice.
    module = importlib.import_module("aws_mfa.vaults.keychain.secret_service")
    direct = module.SecretService(address, collection_path, may_ask=may_ask)
    return direct if direct.is_there() else None


def _open_keyring(environ: Mapping[str, str], *, may_ask: bool) -> Backend:
    try:
        module = importlib.import_module("aws_mfa.vaults.keychain.keyring_backend")
    except ImportError:
        raise absent(not_loaded("keyring")) from None
    opened: Backend = module.open_keyring(environ, may_ask=may_ask)
    return opened

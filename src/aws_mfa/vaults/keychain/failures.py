"""
A failure of the keychain -> one line for the user, and what to do.

Owns the messages. Recognises errors by the names of their classes: their libraries need not be installed (`pywintypes`
exists only on Windows) and must not be imported to explain a failure. Refuses to show the text of a foreign error,
because backends put commands, paths and values into it; only its class and a status number are shown.
"""

from __future__ import annotations

import sys

from aws_mfa.command_lines import quote
from aws_mfa.config.profile_names import SetUpHint
from aws_mfa.errors import KeychainUnavailable

_OTHER_VAULTS = (
    SetUpHint("or store the keys in a passphrase-encrypted file", " --vault age"),
    SetUpHint("or in the credentials file, in plain text", " --vault file"),
)
_VAULTS_WITHOUT_KEYCHAIN = (
    SetUpHint("store the keys in a passphrase-encrypted file", " --vault age"),
    _OTHER_VAULTS[1],
)
_UNLOCK_MAC = "unlock it: security unlock-keychain"
_UNLOCK_OTHER = "unlock it (log in to the desktop, or open its window, such as Passwords and Keys) and try again"
_DIAGNOSE = "see what is wrong: keyring diagnose"

# OSStatus, Security/SecBase.h
_MAC_STATUS = {
    -128: ("the keychain's question was dismissed", "try again, and allow the access"),
    -25308: ("the keychain is locked and cannot ask here", _UNLOCK_MAC),
    -25293: ("macOS did not let this Python read the keychain", "use a Python that is signed, such as python.org's"),
    -67030: ("macOS did not let this Python read the keychain", "use a Python that is signed, such as python.org's"),
    -61: ("the keychain is read-only", "see its permissions in Keychain Access"),
}
# winerror.h
_WINDOWS_STATUS = {
    1312: ("Windows has no credential store in this kind of logon", "log on at the console or by Remote Desktop"),
    5: ("Windows refused access to its credential store", "see the policy 'Do not allow storage of passwords'"),
    1783: ("the keys do not fit into an item of Windows' credential store", "remove further fields from the item"),
}

# Names of classes (of secretstorage, keyring, jeepney, dbus-python, Python) -> message, hint. The first match counts.
_SITUATIONS = (
    (
        {"PromptDismissedException"},
        "the keychain is not set up yet: its window was dismissed, or could not be shown here",
        "set it up in its own window, such as Passwords and Keys, and try again",
    ),
    (
        {"KeyringLocked", "LockedException"},
        "the keychain is locked: its window was dismissed, or could not be shown here",
        _UNLOCK_OTHER,
    ),
    (
        {"SecretStorageException", "InitError", "DBusErrorResponse", "DBusException", "OSError"},
        "the keychain's service failed, or is gone",
        "restart it, or log in to the desktop again",
    ),
    (
        {"NotImplementedError"},
        "the keyring backend {backend} cannot store keys",
        "name another one in PYTHON_KEYRING_BACKEND",
    ),
    (
        {"EOFError"},
        "the keyring backend {backend} asks for a passphrase, and there is no terminal here",
        "run this in a terminal",
    ),
    ({"CalledProcessError"}, "the program behind the keyring backend {backend} failed", _DIAGNOSE),
    (
        {"ValueError"},
        "the keyring backend {backend} refused: the passphrase is wrong, or its file is broken",
        "try again",
    ),
)


def absent(reason: str) -> KeychainUnavailable:
    """There is no keychain: headless Linux, a container, `fail` configured."""
    return KeychainUnavailable(f"this machine has no keychain to use: {reason}", *_VAULTS_WITHOUT_KEYCHAIN)


def not_loaded(library: str) -> str:
    """Why a part cannot be used: its library is absent, or made for another Python; with the command to install it."""
    return f"the library {library} cannot be loaded; install it: {quote(sys.executable)} -m pip install {library}"


def unusable(message: str, hint: str) -> KeychainUnavailable:
    """There is a keychain, or one is named, and it cannot be used."""
    return KeychainUnavailable(message, hint, *_OTHER_VAULTS)


def locked_unasked() -> KeychainUnavailable:
    """Locked, and this run must not open a window to unlock it."""
    return unusable("the keychain is locked, and this run may not ask to unlock it", _UNLOCK_OTHER)


def silent(limit_s: float, *, asks: bool) -> KeychainUnavailable:
    """No answer in time; `asks`: the keychain's window was open."""
    if asks:
        return unusable(f"the keychain is locked, and its window was not answered within {limit_s:g} s", _UNLOCK_OTHER)
    return unusable(
        f"the keychain did not answer within {limit_s:g} s: it hangs, or asks in a window that is hidden",
        "unlock it, or restart its service",
    )


def explained(error: Exception, backend: str) -> KeychainUnavailable:
    """The failure for any exception of a call to the keychain; `backend` names the backend in use."""
    status = _status(error)
    if "macOS" in backend and status in _MAC_STATUS:
        return unusable(*_MAC_STATUS[status])
    if "Windows" in backend and status in _WINDOWS_STATUS:
        return unusable(*_WINDOWS_STATUS[status])
    names = {base.__name__ for base in type(error).__mro__}
    if "NoKeyringError" in names:
        return absent("no backend of Python's keyring works here")
    if "InitError" in names and "dismissed" in str(error):
        names.add("PromptDismissedException")
    for situation, message, hint in _SITUATIONS:
        if names & situation:
            return unusable(message.format(backend=backend), hint)
    shown = type(error).__name__ if status is None else f"{type(error).__name__} {status}"
    return unusable(f"the keychain failed ({backend}: {shown})", _DIAGNOSE)


def _status(error: BaseException | None) -> int | None:
    """The operating system's error number: keyring wraps macOS's errors in its own, pywin32's come as they are."""
    while error is not None:
        if error.args and type(error.args[0]) is int and not isinstance(error, OSError):
            return error.args[0]
        error = error.__cause__
    return None

from __future__ import annotations

import subprocess

import pytest

from aws_mfa.errors import KeychainUnavailable
from aws_mfa.vaults.keychain.failures import absent, explained, silent

LINUX = "keyring.backends.SecretService.Keyring"


def foreign(name: str, *arguments: object, bases: tuple[type[Exception], ...] = (Exception,)) -> Exception:
    """An exception of a library that need not be installed here."""
    made: Exception = type(name, bases, {})(*arguments)
    return made


@pytest.mark.parametrize(
    ("error", "backend", "line"),
    [
        (foreign("KeyringLocked", "Failed to unlock the collection!"), LINUX, "the keychain is locked"),
        (foreign("LockedException"), "Secret Service", "the keychain is locked"),
        (foreign("InitError", "Failed to create the collection: Prompt dismissed.."), LINUX, "not set up yet"),
        (foreign("PromptDismissedException"), "Secret Service", "not set up yet"),
        (foreign("InitError", "The name is not provided by any .service files"), LINUX, "failed, or is gone"),
        (foreign("DBusErrorResponse"), "Secret Service", "failed, or is gone"),
        (ConnectionResetError(104, "reset"), "Secret Service", "failed, or is gone"),
        (foreign("NoKeyringError", bases=(RuntimeError,)), LINUX, "this machine has no keychain to use"),
        (NotImplementedError(), "keyrings.codeartifact.CodeArtifactBackend", "CodeArtifactBackend cannot store keys"),
        (EOFError(), "keyrings.alt.file.EncryptedKeyring", "asks for a passphrase, and there is no terminal here"),
        (subprocess.CalledProcessError(2, ["pass"]), "keyring_pass.PasswordStoreBackend", "the program behind"),
        (ValueError("MAC check failed"), "keyrings.cryptfile.cryptfile.CryptFileKeyring", "passphrase is wrong"),
        (foreign("error", 1312, "CredRead", "no logon"), "keyring.backends.Windows.WinVaultKeyring", "kind of logon"),
        (foreign("error", 999, "CredRead"), "keyring.backends.Windows.WinVaultKeyring", "Keyring: error 999)"),
        (RuntimeError("secret"), LINUX, "the keychain failed (keyring.backends.SecretService.Keyring: RuntimeError)"),
    ],
)
def test_each_situation_has_its_message_and_hints(error: Exception, backend: str, line: str) -> None:
    failure = explained(error, backend)
    assert isinstance(failure, KeychainUnavailable)
    assert line in failure.message
    assert "\n" not in failure.message
    assert any("--vault age" in hint for hint in failure.hints)
    assert any("--vault file" in hint for hint in failure.hints)


def test_macos_gives_its_reason_as_a_number_in_the_cause_of_keyrings_error() -> None:
    """A keychain over ssh: locked, and no window can be shown."""
    error = foreign("KeyringError", "Can't get password from keychain: (-25308, 'Unknown Error')")
    error.__cause__ = foreign("Error", -25308, "Unknown Error")
    failure = explained(error, "keyring.backends.macOS.Keyring")
    assert failure.message == "the keychain is locked and cannot ask here"
    assert failure.hints[0] == "unlock it: security unlock-keychain"


def test_absence_and_silence_are_reported() -> None:
    assert absent("no D-Bus session").message == "this machine has no keychain to use: no D-Bus session"
    assert "did not answer within 20 s" in silent(20.0, asks=False).message

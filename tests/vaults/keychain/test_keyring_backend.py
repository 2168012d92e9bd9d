from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from keyring.backend import KeyringBackend
from keyring.backends import chainer, fail, null  # the test of the module that imports it

from aws_mfa.errors import KeychainUnavailable
from aws_mfa.vaults.keychain import keyring_backend


class Dictionary:
    """A backend of any name; not a subclass of keyring's, which would register it for the whole process."""

    priority = 5.0

    def __init__(self) -> None:
        self.items: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, user: str) -> str | None:
        return self.items.get((service, user))

    def set_password(self, service: str, user: str, value: str) -> None:
        self.items[service, user] = value


def backend(name: str, priority: float) -> KeyringBackend:
    module, _, class_name = name.rpartition(".")
    made = type(class_name, (Dictionary,), {"__module__": module, "__qualname__": class_name, "priority": priority})
    return cast("KeyringBackend", made())


SECRET_SERVICE = backend("keyring.backends.SecretService.Keyring", 5)
KWALLET = backend("keyring.backends.kwallet.DBusKeyring", 5.1)
INDEX_HELPER = backend("keyrings.codeartifact.CodeArtifactBackend", 9.9)
PASS = backend("keyring_pass.PasswordStoreBackend", 1)
PLAINTEXT = backend("keyrings.alt.file.PlaintextKeyring", 0.5)
LOFTY_PLAINTEXT = backend("keyrings.alt.pyfs.PlaintextKeyring", 2)
ALWAYS_THERE = [
    made() for made in cast("list[type[KeyringBackend]]", [chainer.ChainerBackend, fail.Keyring, null.Keyring])
]


def best(
    monkeypatch: pytest.MonkeyPatch, *found: KeyringBackend, named: str | None = None
) -> keyring_backend.KeyringBackend:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr("keyring.backend.get_all_keyring", lambda: [*ALWAYS_THERE, *found])
    return keyring_backend.open_keyring({} if named is None else {"PYTHON_KEYRING_BACKEND": named})


@pytest.mark.parametrize(
    ("found", "pinned"),
    [
        ([PASS, SECRET_SERVICE], "keyring.backends.SecretService.Keyring"),
        ([KWALLET, SECRET_SERVICE], "keyring.backends.SecretService.Keyring"),
        ([KWALLET, INDEX_HELPER], "keyring.backends.kwallet.DBusKeyring"),
        ([INDEX_HELPER, SECRET_SERVICE], "keyring.backends.SecretService.Keyring"),
        ([PASS, PLAINTEXT, LOFTY_PLAINTEXT], "keyring_pass.PasswordStoreBackend"),
    ],
)
def test_one_backend_is_chosen_the_systems_own_first(
    monkeypatch: pytest.MonkeyPatch, found: list[KeyringBackend], pinned: str
) -> None:
    """The same one at the desktop and over ssh; never the chain."""
    assert best(monkeypatch, *found).name == pinned


@pytest.mark.parametrize("found", [PLAINTEXT, LOFTY_PLAINTEXT])
def test_plain_text_is_never_chosen_and_is_named(monkeypatch: pytest.MonkeyPatch, found: KeyringBackend) -> None:
    with pytest.raises(KeychainUnavailable, match=r"the only keyring backend here is keyrings\.alt\.") as failure:
        best(monkeypatch, found)
    assert "PYTHON_KEYRING_BACKEND=keyrings.alt." in failure.value.hints[0]


def test_no_backend_at_all_is_an_absent_keychain(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(KeychainUnavailable, match="this machine has no keychain to use"):
        best(monkeypatch)


def test_find_reads_the_others_too_and_get_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """The fork wrote to the first backend of keyring's chain."""
    wallet = backend("keyring.backends.kwallet.DBusKeyring", 5.1)
    wallet.set_password("aws:access_key_id", "work-long-term", "AKIA1")
    opened = best(monkeypatch, wallet, SECRET_SERVICE)
    assert opened.get("aws:access_key_id", "work-long-term") is None
    assert opened.find("aws:access_key_id", "work-long-term") == "AKIA1"


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("keyring.backends.null.Keyring", "would lose the keys"),
        ("keyring.backends.fail.Keyring", "this machine has no keychain to use: the keyring backend 'fail'"),
        ("no.such.Backend", r"cannot be loaded \(ModuleNotFoundError\)"),
        ("keyring.backends.null.Nothing", r"cannot be loaded \(AttributeError\)"),
        ("nonsense", r"cannot be loaded \(ValueError\)"),
    ],
)
def test_a_name_that_cannot_be_used_is_refused_with_its_reason(name: str, line: str) -> None:
    with pytest.raises(KeychainUnavailable, match=line):
        keyring_backend.open_keyring({"PYTHON_KEYRING_BACKEND": name})


def test_the_keychain_of_another_system_is_refused() -> None:
    other = "keyring.backends.Windows.WinVaultKeyring" if sys.platform != "win32" else "keyring.backends.macOS.Keyring"
    with pytest.raises(KeychainUnavailable, match="does not work on this machine"):
        keyring_backend.open_keyring({"PYTHON_KEYRING_BACKEND": other})


@pytest.mark.skipif(sys.platform == "win32", reason="keyring keeps its settings elsewhere")
@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("[backend]\ndefault-keyring=keyring.backends.null.Keyring\n", "would lose the keys"),
        (
            "[backend]\ndefault-keyring=no.such.Backend\n",
            r"does not name a keyring backend that works \(ModuleNotFoundError",
        ),
        ("wJalrXUtnFEMI\n", r"does not name a keyring backend that works \(MissingSectionHeaderError\)"),
    ],
)
def test_a_bad_keyringrc_is_refused(text: str, line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    (tmp_path / "python_keyring").mkdir()
    (tmp_path / "python_keyring" / "keyringrc.cfg").write_text(text)
    with pytest.raises(KeychainUnavailable, match=line):
        keyring_backend.open_keyring({})


def test_if_nothing_may_be_asked_each_backend_is_checked_before_it_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    checked: list[str] = []

    def refuse_locked(one: KeyringBackend, address: str) -> None:
        checked.append(f"{type(one).__name__} at {address}")
        raise KeychainUnavailable("locked")

    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr("keyring.backend.get_all_keyring", lambda: [*ALWAYS_THERE, KWALLET])
    monkeypatch.setitem(
        sys.modules, "aws_mfa.vaults.keychain.secret_service", SimpleNamespace(refuse_locked=refuse_locked)
    )
    opened = keyring_backend.open_keyring({"DBUS_SESSION_BUS_ADDRESS": "bus"}, may_ask=False)
    acts: list[Callable[[], object]] = [
        lambda: opened.get("s", "u"),
        lambda: opened.find("s", "u"),
        lambda: opened.set("s", "u", "v"),
        lambda: opened.delete("s", "u"),
    ]
    for act in acts:
        with pytest.raises(KeychainUnavailable):
            act()
    assert checked == ["DBusKeyring at bus"] * len(acts)


@pytest.mark.parametrize("named", ["", "keyring.backends.chainer.ChainerBackend"])
def test_an_empty_variable_or_the_chain_names_no_backend(monkeypatch: pytest.MonkeyPatch, named: str) -> None:
    assert best(monkeypatch, KWALLET, SECRET_SERVICE, named=named).name == "keyring.backends.SecretService.Keyring"

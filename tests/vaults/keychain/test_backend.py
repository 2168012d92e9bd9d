from __future__ import annotations

import os
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from aws_mfa.errors import KeychainUnavailable
from aws_mfa.vaults.keychain import backend as keychain_backend
from aws_mfa.vaults.keychain.backend import session_bus
from programs import SOURCE, output_of

MODULES = {"secretstorage": "secret_service", "keyring": "keyring_backend"}


@pytest.fixture
def modules(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Linux with nothing installed, and which of the two modules was opened."""
    taken: list[str] = []

    def through_keyring(*_: object, may_ask: bool) -> str:
        taken.append("keyring" if may_ask else "keyring unasked")
        return "keyring"

    def directly(address: str, collection: str | None, *, may_ask: bool) -> str | None:
        taken.append(f"directly {address} {collection}" if may_ask else "directly unasked")
        return None if "empty" in address else "direct"

    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(sys, "path", [])
    monkeypatch.setattr(keychain_backend, "_open_keyring", through_keyring)
    monkeypatch.setattr(keychain_backend, "_secret_service", directly)
    return taken


def opened(**environ: str) -> object:
    return keychain_backend.open_backend(environ)


def test_the_secret_service_on_the_bus_is_used_directly(modules: list[str]) -> None:
    opened(DBUS_SESSION_BUS_ADDRESS="unix:path=/a", KEYRING_PROPERTY_PREFERRED_COLLECTION="/c")
    assert modules == ["directly unix:path=/a /c"]


@pytest.mark.parametrize("setting", [{}, {"KEYRING_PROPERTY_APPID": "mine"}])
def test_that_nothing_may_be_asked_is_passed_to_either(modules: list[str], setting: dict[str, str]) -> None:
    environ = {"DBUS_SESSION_BUS_ADDRESS": "unix:path=/a", **setting}
    keychain_backend.open_backend(environ, may_ask=False)
    assert modules == ["keyring unasked" if setting else "directly unasked"]


@pytest.mark.parametrize(
    "setting",
    [
        {"PYTHON_KEYRING_BACKEND": "keyring_pass.PasswordStoreBackend"},
        {"KEYRING_PROPERTY_SCHEME": "KeePassXC"},
        {"KEYRING_PROPERTY_APPID": "mine"},
    ],
)
def test_if_anything_is_configured_keyring_decides(modules: list[str], setting: dict[str, str]) -> None:
    opened(DBUS_SESSION_BUS_ADDRESS="unix:path=/a", **setting)
    assert modules == ["keyring"]


def test_if_there_is_a_keyringrc_keyring_decides(modules: list[str], tmp_path: Path) -> None:
    (tmp_path / "python_keyring").mkdir()
    (tmp_path / "python_keyring" / "keyringrc.cfg").write_text("")
    opened(DBUS_SESSION_BUS_ADDRESS="unix:path=/a", XDG_CONFIG_HOME=str(tmp_path))
    assert modules == ["keyring"]


@pytest.mark.parametrize("platform", ["darwin", "win32"])
def test_other_systems_use_keyring(modules: list[str], platform: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    opened()
    assert modules == ["keyring"]


def test_with_kwallet_beside_the_secret_service_keyring_decides(
    modules: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened(DBUS_SESSION_BUS_ADDRESS="unix:path=/a", XDG_CURRENT_DESKTOP="KDE")
    (tmp_path / "dbus").mkdir()
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    opened(DBUS_SESSION_BUS_ADDRESS="unix:path=/a", XDG_CURRENT_DESKTOP="KDE")
    assert modules == ["directly unix:path=/a None", "keyring"]


def test_without_a_bus_there_is_no_keychain_and_nothing_is_loaded(modules: list[str]) -> None:
    with pytest.raises(KeychainUnavailable, match="no keychain to use: no D-Bus session") as failure:
        opened()
    assert modules == []
    assert "--vault age" in failure.value.hints[0]


def test_a_bus_without_a_secret_service_is_reported(modules: list[str]) -> None:
    with pytest.raises(KeychainUnavailable, match="no Secret Service on the D-Bus session"):
        opened(DBUS_SESSION_BUS_ADDRESS="unix:path=/empty")


@pytest.mark.parametrize(
    ("library", "environ"),
    [("secretstorage", {"DBUS_SESSION_BUS_ADDRESS": "unix:path=/a"}), ("keyring", {"KEYRING_PROPERTY_APPID": "mine"})],
)
def test_a_library_that_cannot_be_loaded_is_named_with_the_command_to_install_it(
    monkeypatch: pytest.MonkeyPatch, library: str, environ: dict[str, str]
) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(sys, "path", [])
    monkeypatch.setitem(sys.modules, f"aws_mfa.vaults.keychain.{MODULES[library]}", None)
    with pytest.raises(
        KeychainUnavailable, match=f"the library {library} cannot be loaded; .* -m pip install {library}"
    ):
        opened(**environ)


def test_an_addon_is_found_without_a_bus(modules: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    addon = tmp_path / "keyring_pass-0.9.3.dist-info"
    addon.mkdir()
    (addon / "entry_points.txt").write_text("[keyring.backends]\npass = keyring_pass\n")
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    opened()
    assert modules == ["keyring"]


def test_addons_are_distinguished_from_other_packages_and_from_keyring_itself(tmp_path: Path) -> None:
    for name, text in (
        ("keyring-25.7.0", "[keyring.backends]\nKWallet = keyring.backends.kwallet\n"),
        ("keyrings_alt-5.0.2", "[console_scripts]\na = b\n\n[keyring.backends]\nfile = keyrings.alt.file\n"),
        ("botocore-1.40", "[console_scripts]\na = b\n"),
    ):
        (tmp_path / f"{name}.dist-info").mkdir()
        (tmp_path / f"{name}.dist-info" / "entry_points.txt").write_text(text)
    (tmp_path / "no_entry_points-1.0.dist-info").mkdir()
    archive = tmp_path / "bundle.zip"
    archive.write_bytes(b"")
    found = keychain_backend.keyring_addons([str(tmp_path), str(archive), str(tmp_path / "absent")])
    assert list(found) == ["keyrings_alt-5.0.2.dist-info", str(archive)]


def test_the_scan_agrees_with_importlib_metadata() -> None:
    """No add-on that keyring would find in this environment is missed."""
    code = (
        "import sys, importlib.metadata as m\n"
        "from aws_mfa.vaults.keychain.backend import keyring_addons\n"
        "theirs = {p.dist.name for p in m.entry_points(group='keyring.backends')} - {'keyring'}\n"
        "ours = list(keyring_addons(sys.path))\n"
        "assert len(ours) >= len(theirs), (ours, theirs)\n"
    )
    output_of([sys.executable, "-c", code], os.environ)


def test_the_bus_is_found_in_the_runtime_folder_too(tmp_path: Path) -> None:
    environ = {"XDG_RUNTIME_DIR": str(tmp_path)}
    assert session_bus(environ) is None
    (tmp_path / "bus").write_text("")
    assert session_bus(environ) == "unix:path=" + os.path.join(str(tmp_path), "bus")
    assert session_bus({**environ, "DBUS_SESSION_BUS_ADDRESS": "unix:path=/a"}) == "unix:path=/a"


def test_an_absent_keychain_is_reported_without_loading_keyring() -> None:
    """On a headless machine: no keyring, no secretstorage, no importlib.metadata."""
    code = (
        "import sys\n"
        "sys.path[:] = [p for p in sys.path if not p.endswith('-packages')]\n"
        "from aws_mfa.vaults.keychain.vault import open_keychain\n"
        "from aws_mfa.errors import KeychainUnavailable\n"
        "try: open_keychain({}).load('work-long-term')\n"
        "except KeychainUnavailable as error: print(error)\n"
        "print(sorted({'keyring', 'secretstorage', 'importlib.metadata'} & set(sys.modules)))\n"
    )
    if sys.platform != "linux":
        pytest.skip("a Linux without a bus")
    printed = output_of([sys.executable, "-c", code], SOURCE)
    assert printed == "this machine has no keychain to use: no D-Bus session\n[]\n"


@pytest.mark.parametrize("nonsense", [b"", b"\xff\x00"])
def test_an_item_that_was_not_decrypted_is_read_over_another_session(nonsense: bytes) -> None:
    """KWallet derives another key than secretstorage in one session of 256."""
    secret_service = pytest.importorskip("aws_mfa.vaults.keychain.secret_service")
    secrets = [nonsense, b"the text"]
    item = SimpleNamespace(session="the first", get_secret=lambda: secrets.pop(0))
    assert (secret_service._text_of(item), item.session) == ("the text", None)

"""The vault `keychain` against the real thing: gnome-keyring, KeePassXC and KWallet."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import sys
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from aws_mfa.errors import KeychainUnavailable
from aws_mfa.model import LongTermKeys, Secret
from aws_mfa.vaults.keychain.vault import open_keychain
from needs import needs
from programs import output_of, run_program, start_program
from real_keychains import (
    PASSWORD,
    RealKeychain,
    a_bus,
    a_gnome_keyring,
    a_gnome_keyring_on_a_screen,
    a_keepassxc,
    a_kwallet,
    gnome_keyring,
)

pytestmark = [pytest.mark.real, pytest.mark.skipif(sys.platform != "linux", reason="keychains of Linux desktops")]

__all__ = ["gnome_keyring"]  # a fixture

SECTION = "work-long-term"
KEYS = LongTermKeys("AKIAIOSFODNN7EXAMPLE", Secret("wJalrXUtnFEMI/K7MDENG"))
OTHER_KEYS = LongTermKeys("AKIAI44QH8DHBEXAMPLE", Secret("je7MtGbClwBF/2Zp9Utk"))

# The second where `keyrings.alt` is installed, which is then named.
ABSENT = "this machine has no keychain to use|the only keyring backend here is keyrings.alt"

# What a program does with the vault: `program(session, "store")`; prints what it finds, or the error.
PROGRAM = """
import os, sys
from aws_mfa.vaults.keychain.vault import open_keychain
from aws_mfa.errors import AwsMfaError
from aws_mfa.model import LongTermKeys, Secret
limit_s, may_ask = float(os.environ.get("LIMIT", "20")), "UNASKED" not in os.environ
vault = open_keychain(os.environ, time_limit_s=limit_s, may_ask=may_ask)
try:
    if sys.argv[1] == "store":
        vault.store(sys.argv[2], LongTermKeys("AKIAIOSFODNN7EXAMPLE", Secret(sys.argv[3])))
    elif sys.argv[1] == "check":
        vault.check()
    keys = vault.load(sys.argv[2])
    print(vault.forgets() if sys.argv[1] == "forgets" else keys and keys.secret_access_key.reveal())
except AwsMfaError as error:
    print(type(error).__name__, error)
"""


def program(session: RealKeychain, act: str, section: str = SECTION, secret: str = "s", **settings: str) -> str:
    ended = session.python(PROGRAM, act, section, secret, **settings)
    assert (ended.returncode, ended.stderr) == (0, "")
    return ended.stdout.strip()


def keyring(session: RealKeychain, *arguments: str, value: str = "") -> str:
    """The `keyring` program, which users have and the fork stored with."""
    return output_of([sys.executable, "-m", "keyring", *arguments], session.environ, stdin=value).rstrip("\n")


@pytest.mark.parametrize("start", [a_gnome_keyring, a_keepassxc, a_kwallet])
def test_keys_are_stored_replaced_loaded_and_removed(start: Callable[[], AbstractContextManager[RealKeychain]]) -> None:
    with start() as session:
        vault = open_keychain(session.environ)
        vault.check()
        assert vault.load(SECTION) is None
        vault.store(SECTION, KEYS)
        vault.store(SECTION, OTHER_KEYS)
        vault.store("home-long-term", KEYS)
        found = open_keychain(session.environ).load(SECTION)
        assert found is not None
        assert found.matches(OTHER_KEYS)
        vault.remove(SECTION)
        vault.remove(SECTION)
        assert vault.load(SECTION) is None
        assert vault.load("home-long-term") is not None


def test_the_keyring_program_reads_what_we_store_and_removes_it(gnome_keyring: RealKeychain) -> None:
    vault = open_keychain(gnome_keyring.environ)
    vault.store(SECTION, KEYS)
    item = json.loads(keyring(gnome_keyring, "get", "aws-mfa", SECTION))
    assert (item["v"], item["aws_access_key_id"]) == (1, "AKIAIOSFODNN7EXAMPLE")
    keyring(gnome_keyring, "del", "aws-mfa", SECTION)
    assert vault.load(SECTION) is None


def test_we_read_and_replace_what_the_keyring_program_stores(gnome_keyring: RealKeychain) -> None:
    """One item remains, not two beside each other: the attributes are the same."""
    item = '{"v": 1, "aws_access_key_id": "AKIA1", "aws_secret_access_key": "s", "note": "mine"}'
    keyring(gnome_keyring, "set", "aws-mfa", SECTION, value=item)
    vault = open_keychain(gnome_keyring.environ)
    found = vault.load(SECTION)
    assert found is not None
    assert found.access_key_id == "AKIA1"
    vault.store(SECTION, KEYS)
    assert json.loads(keyring(gnome_keyring, "get", "aws-mfa", SECTION))["note"] == "mine"
    keyring(gnome_keyring, "del", "aws-mfa", SECTION)
    assert vault.load(SECTION) is None


def test_secret_tool_sees_the_attributes_that_keyring_gives(gnome_keyring: RealKeychain) -> None:
    needs("secret-tool")
    open_keychain(gnome_keyring.environ).store(SECTION, KEYS)
    keyring(gnome_keyring, "set", "aws-mfa", "by-keyring", value="x")

    def seen(user: str) -> list[str]:
        ended = run_program(["secret-tool", "search", "--all", "username", user], gnome_keyring.environ)
        assert ended.returncode == 0
        lines = (ended.stdout + ended.stderr).replace(user, "USER").splitlines()
        # Not the schema: gnome-keyring adds its own to some items and not to others, whichever program stored them.
        return sorted(line for line in lines if line.startswith(("label", "attribute")))

    assert seen(SECTION) == seen("by-keyring")
    assert len(seen(SECTION)) > 3


def four_at_once(session: RealKeychain, *commands: list[str]) -> list[tuple[str, str]]:
    """Run the code with its arguments in four processes; what each printed."""
    running = [start_program([sys.executable, "-c", *command], session.environ) for command in commands]
    return [one.communicate(timeout=60) for one in running]


def test_four_processes_write_at_once_and_nothing_is_lost(gnome_keyring: RealKeychain) -> None:
    code = (
        "import sys\nfor i in range(5):\n    sys.argv[2:] = [f'{sys.argv[4]}-{i}', 'secret', *sys.argv[4:]]\n"
        + "".join(f"    {line}\n" for line in PROGRAM.strip().splitlines())
    )
    writers = [[code, "store", "section", "secret", f"writer{number}"] for number in range(4)]
    assert four_at_once(gnome_keyring, *writers) == [("secret\n" * 5, "")] * 4
    vault = open_keychain(gnome_keyring.environ)
    assert all(vault.load(f"writer{number}-{i}") for number in range(4) for i in range(5))


def test_four_processes_store_the_same_keys_and_one_item_remains(gnome_keyring: RealKeychain) -> None:
    assert four_at_once(gnome_keyring, *[[PROGRAM, "store", SECTION, "s"]] * 4) == [("s\n", "")] * 4
    keyring(gnome_keyring, "del", "aws-mfa", SECTION)
    assert open_keychain(gnome_keyring.environ).load(SECTION) is None


def test_a_locked_keychain_is_one_clear_line_and_not_a_hang(gnome_keyring: RealKeychain) -> None:
    open_keychain(gnome_keyring.environ).store(SECTION, KEYS)
    gnome_keyring.lock()
    vault = open_keychain(gnome_keyring.environ)
    acts: list[Callable[[], object]] = [lambda: vault.load(SECTION), vault.check, lambda: vault.store(SECTION, KEYS)]
    for act in acts:
        with pytest.raises(KeychainUnavailable, match="the keychain is locked"):
            act()


def test_a_locked_keychain_at_a_desktop_shows_its_window_and_the_wait_ends() -> None:
    with a_gnome_keyring_on_a_screen() as session:
        open_keychain(session.environ).store(SECTION, KEYS)
        session.lock()
        with pytest.raises(KeychainUnavailable, match="the keychain is locked, and its window was not answered"):
            open_keychain(session.environ, time_limit_s=1).load(SECTION)
        delays: list[str] = []
        answering = threading.Timer(3.5, session.type_into, ("Unlock", PASSWORD.decode()))
        answering.start()
        vault = open_keychain(session.environ, time_limit_s=None, on_delay=lambda: delays.append("look"))
        assert vault.load(SECTION) is not None
        answering.join()
        assert delays == ["look"]


BACKENDS = {"direct": "", "through keyring": "keyring.backends.SecretService.Keyring"}


@pytest.mark.parametrize("backend", BACKENDS.values(), ids=BACKENDS)
def test_without_may_ask_a_locked_keychain_shows_no_window(backend: str) -> None:
    """An open window stays after our process has ended. An unlocked keychain is used as usual."""
    with a_gnome_keyring_on_a_screen() as session:
        settings = {"UNASKED": "1", **({"PYTHON_KEYRING_BACKEND": backend} if backend else {})}
        assert program(session, "store", **settings) == "s"
        session.lock()
        began_at = time.monotonic()
        for act in ("load", "check"):
            found = program(session, act, **settings)
            assert found.startswith("KeychainUnavailable the keychain is locked, and this run may not ask")
        assert time.monotonic() - began_at < 10
        assert not session.shows("Unlock")


def test_without_may_ask_no_collection_is_made() -> None:
    with a_gnome_keyring(password=b"") as session:
        vault = open_keychain(session.environ, may_ask=False)
        assert vault.load(SECTION) is None
        with pytest.raises(KeychainUnavailable, match="this run may not ask to unlock it"):
            vault.check()


def test_a_closed_wallet_is_known_without_opening_it() -> None:
    from aws_mfa.vaults.keychain.secret_service import refuse_locked  # imports what is there on Linux only

    kwallet = type("DBusKeyring", (), {"bus_name": "org.kde.kwalletd5", "object_path": "/modules/kwalletd5"})
    kwallet.__module__ = "keyring.backends.kwallet"
    with a_kwallet() as session:
        refuse_locked(kwallet(), session.address)
        session.call("org.kde.KWallet", "closeAllWallets", "", to="org.kde.kwalletd5", path="/modules/kwalletd5")
        with pytest.raises(KeychainUnavailable, match="the keychain is locked, and this run may not ask to unlock it"):
            refuse_locked(kwallet(), session.address)


def test_a_frozen_keychain_costs_the_time_limit_and_the_process_ends(gnome_keyring: RealKeychain) -> None:
    gnome_keyring.freeze()
    began_at = time.monotonic()
    found = program(gnome_keyring, "load", LIMIT="1")
    assert found.startswith("KeychainUnavailable the keychain did not answer within 1 s")
    assert time.monotonic() - began_at < 5
    gnome_keyring.thaw()
    assert program(gnome_keyring, "load") == "None"


def test_a_keychain_that_died_is_absent(gnome_keyring: RealKeychain) -> None:
    vault = open_keychain(gnome_keyring.environ)
    vault.check()
    gnome_keyring.kill()
    with pytest.raises(KeychainUnavailable, match="the keychain's service failed, or is gone"):
        vault.load(SECTION)
    with pytest.raises(KeychainUnavailable, match=ABSENT):
        open_keychain(gnome_keyring.environ).load(SECTION)


def test_a_bus_without_a_keychain_and_no_bus_at_all_are_absent() -> None:
    with a_bus() as session:
        for address in (session.address, "", "unix:path=/nonexistent/bus"):
            assert re.search(ABSENT, program(session, "check", DBUS_SESSION_BUS_ADDRESS=address))


def test_a_keychain_without_a_collection_holds_nothing_and_does_not_ask_to_make_one() -> None:
    """Reading must not open a window; writing may, and here it cannot be shown."""
    with a_gnome_keyring(password=b"") as session:
        vault = open_keychain(session.environ)
        assert vault.load(SECTION) is None
        assert vault.load_fork(SECTION) is None
        with pytest.raises(KeychainUnavailable, match="not set up yet"):
            vault.check()


def test_the_collection_in_memory_can_be_named_and_an_absent_one_is_reported(gnome_keyring: RealKeychain) -> None:
    in_memory = {"KEYRING_PROPERTY_PREFERRED_COLLECTION": "/org/freedesktop/secrets/collection/session"}
    assert program(gnome_keyring, "store", **in_memory) == "s"
    assert program(gnome_keyring, "load") == "None"
    assert program(gnome_keyring, "forgets", **in_memory) == "True"
    assert program(gnome_keyring, "forgets") == "False"
    absent = {"KEYRING_PROPERTY_PREFERRED_COLLECTION": "/org/freedesktop/secrets/collection/absent"}
    assert "no collection of the name" in program(gnome_keyring, "load", **absent)


def test_keyrings_own_backend_for_the_secret_service_has_the_same_items(gnome_keyring: RealKeychain) -> None:
    named = {"PYTHON_KEYRING_BACKEND": "keyring.backends.SecretService.Keyring"}
    assert program(gnome_keyring, "store", secret="through keyring", **named) == "through keyring"
    assert program(gnome_keyring, "load") == "through keyring"
    assert program(gnome_keyring, "store", secret="directly") == "directly"
    assert program(gnome_keyring, "load", **named) == "directly"
    gnome_keyring.lock()
    assert "the keychain is locked" in program(gnome_keyring, "load", **named)


def test_a_bus_in_the_runtime_folder_is_found_without_the_variable(gnome_keyring: RealKeychain) -> None:
    assert program(gnome_keyring, "store") == "s"
    os.symlink(os.path.join(gnome_keyring.folder, "bus"), os.path.join(gnome_keyring.environ["XDG_RUNTIME_DIR"], "bus"))
    assert program(gnome_keyring, "load", DBUS_SESSION_BUS_ADDRESS="") == "s"


def test_only_one_of_the_two_slow_modules_is_loaded(gnome_keyring: RealKeychain) -> None:
    """`keyring` takes three times as long to load as the Secret Service."""
    code = PROGRAM + "\nprint(sorted({'keyring', 'secretstorage', 'importlib.metadata'} & set(sys.modules)))"
    ended = gnome_keyring.python(code, "load", SECTION)
    assert ended.stdout == "None\n['secretstorage']\n"


@pytest.mark.parametrize("name", ["keyring.backends.null.Keyring", "keyring.backends.fail.Keyring"])
def test_null_and_fail_are_refused_even_if_they_are_named(gnome_keyring: RealKeychain, name: str) -> None:
    found = program(gnome_keyring, "store", PYTHON_KEYRING_BACKEND=name)
    assert found.startswith("KeychainUnavailable")
    assert program(gnome_keyring, "load") == "None"


def test_plain_text_is_refused_unless_it_is_named() -> None:
    found = importlib.util.find_spec("keyrings")
    places = [os.path.dirname(place) for place in (found.submodule_search_locations or [] if found else [])]
    needs(*(os.path.join(place, "keyrings", "alt", "file.py") for place in places or ["the package keyrings.alt"]))
    with a_bus() as session:
        session.environ["PYTHONPATH"] = os.pathsep.join([session.environ["PYTHONPATH"], *places])
        output = program(session, "store")
        assert "the only keyring backend here is keyrings.alt.file.PlaintextKeyring" in output
        named = {"PYTHON_KEYRING_BACKEND": "keyrings.alt.file.PlaintextKeyring"}
        assert program(session, "store", **named) == "s"


ADDON = """
from keyring.backend import KeyringBackend

class Loud(KeyringBackend):
    priority = 9.9
    def get_password(self, service, username):
        return None
    def set_password(self, service, username, password):
        raise NotImplementedError
"""


def test_an_addon_of_higher_priority_is_not_preferred_to_the_systems_keychain(gnome_keyring: RealKeychain) -> None:
    """Such as those for package indexes, which cannot store."""
    gnome_keyring.write("addon/loud.py", ADDON)
    gnome_keyring.write("addon/loud-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: loud\nVersion: 1.0\n")
    gnome_keyring.write("addon/loud-1.0.dist-info/entry_points.txt", "[keyring.backends]\nloud = loud\n")
    path = gnome_keyring.environ["PYTHONPATH"] + ":" + gnome_keyring.folder + "/addon"
    assert program(gnome_keyring, "store", PYTHONPATH=path) == "s"
    # With a property set, keyring looks for its backends itself, and finds both.
    assert program(gnome_keyring, "load", PYTHONPATH=path, KEYRING_PROPERTY_X="1") == "s"
    gnome_keyring.kill()
    found = program(gnome_keyring, "store", PYTHONPATH=path)
    assert found == "KeychainUnavailable the keyring backend loud.Loud cannot store keys"


DELETES_FIRST = """
import json, os, signal
from keyring.backend import KeyringBackend

class InFile(KeyringBackend):
    priority = 5
    def _items(self):
        return json.load(open(os.environ["ITEMS"])) if os.path.exists(os.environ["ITEMS"]) else {}
    def _write(self, items):
        json.dump(items, open(os.environ["ITEMS"], "w"))
    def get_password(self, service, username):
        return self._items().get(username)
    def delete_password(self, service, username):
        self._write({name: value for name, value in self._items().items() if name != username})
    def set_password(self, service, username, password):
        self.delete_password(service, username)
        if username == os.environ.get("KILLED_AT"):
            os.kill(os.getpid(), signal.SIGKILL)
        self._write({**self._items(), username: password})
"""


@pytest.mark.parametrize(("killed_at", "kept"), [(SECTION, "new"), (f"{SECTION} [copy]", "old")])
def test_killed_between_the_two_halves_of_a_write_the_next_process_has_keys(
    tmp_path: Path, killed_at: str, kept: str
) -> None:
    """In a keychain that deletes an item before it writes it, as keyring does on macOS."""
    (tmp_path / "deletes_first.py").write_text(DELETES_FIRST)
    path = f"{tmp_path}:{os.environ.get('PYTHONPATH', '')}"
    environ = {"PYTHONPATH": path, "PYTHON_KEYRING_BACKEND": "deletes_first.InFile", "ITEMS": f"{tmp_path}/items"}
    command, home = [sys.executable, "-c", PROGRAM], {"HOME": str(tmp_path)}
    assert output_of([*command, "store", SECTION, "old"], {**environ, **home}) == "old\n"
    killed = run_program([*command, "store", SECTION, "new"], {**environ, **home, "KILLED_AT": killed_at})
    assert killed.returncode < 0
    assert output_of([*command, "load", SECTION], {**environ, **home}) == f"{kept}\n"
    assert output_of([*command, "store", SECTION, kept], {**environ, **home}) == f"{kept}\n"
    assert list(json.loads((tmp_path / "items").read_text())) == [SECTION]

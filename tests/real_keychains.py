"""
Real keychains for tests: gnome-keyring, KeePassXC and KWallet, each on a D-Bus session of its own.

Owns the processes and their folders: HOME, runtime folder and bus belong to one `RealKeychain`, so any number can run
side by side, and all of it ends with the fixture, by pid, whatever the test did. The bus starts nothing automatically,
so every process has a known pid.

As a fixture: `from real_keychains import gnome_keyring` in the test module. Programs get
`keychain.environ`; in this process, `open_keychain(keychain.environ)` is enough for the Secret Service.
"""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager, suppress
from typing import Any, TypeAlias

import pytest

from needs import needs
from programs import SOURCE, output_of, run_program

# Whatever the D-Bus signature of the method says.
Answer: TypeAlias = tuple[Any, ...]

SECRET_SERVICE = "org.freedesktop.secrets"
PASSWORD = b"the keychain's password"
GCR_PROMPTER = "/usr/libexec/gcr-prompter"
START_LIMIT_S = 20.0

_BUS_CONFIG = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path={socket}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"""


class RealKeychain:
    """A D-Bus session with (at first) nothing on it; `environ` is the whole environment for programs that use it."""

    def __init__(self) -> None:
        # In /tmp and short: a socket's path has at most 107 bytes.
        self.folder = tempfile.mkdtemp(prefix="kc-", dir="/tmp")
        self.home = self._folder("home")
        runtime = self._folder("run")
        self._socket = os.path.join(self.folder, "bus")
        self.address = f"unix:path={self._socket}"
        self.environ = {
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
            "HOME": self.home,
            "XDG_RUNTIME_DIR": runtime,
            "TMPDIR": self._folder("tmp"),
            "DBUS_SESSION_BUS_ADDRESS": self.address,
            "QT_QPA_PLATFORM": "offscreen",
            **SOURCE,
        }
        self._running: list[subprocess.Popen[bytes]] = []

    def start_bus(self) -> None:
        """Start the D-Bus session itself."""
        config = self.write("bus.conf", _BUS_CONFIG.format(socket=self._socket))
        self.start("dbus-daemon", "--nofork", f"--config-file={config}")
        self.wait_until(lambda: os.path.exists(self._socket))

    def write(self, name: str, text: str) -> str:
        """A file in the folder; its path."""
        path = os.path.join(self.folder, name)
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def start(self, *command: str, stdin: bytes = b"", pass_fds: tuple[int, ...] = ()) -> subprocess.Popen[bytes]:
        """Start a program that stays; what it says is in `log`."""
        with open(os.path.join(self.folder, "log"), "ab") as log:
            process = subprocess.Popen(
                command, env=self.environ, stdin=subprocess.PIPE, stdout=log, stderr=log, pass_fds=pass_fds
            )
        self._running.append(process)
        assert process.stdin is not None
        process.stdin.write(stdin)
        process.stdin.close()
        return process

    def wait_for_service(self, name: str = SECRET_SERVICE) -> None:
        """Wait until a program owns the name on the bus."""

        def is_owned() -> bool:
            try:
                return bool(self.call("org.freedesktop.DBus", "NameHasOwner", "s", name)[0])
            except ConnectionRefusedError:
                return False  # its socket is there a moment before it listens

        self.wait_until(is_owned)

    def call(self, interface: str, method: str, signature: str, *body: object, to: str = "", path: str = "") -> Answer:
        """One D-Bus call; `to` and `path` default to those of the interface."""
        from jeepney import DBusAddress, new_method_call
        from jeepney.io.blocking import open_dbus_connection
        from jeepney.wrappers import unwrap_msg

        target = DBusAddress(path or "/" + interface.replace(".", "/"), to or interface, interface)
        with closing(open_dbus_connection(self.address)) as connection:
            request = new_method_call(target, method, signature, body)
            answer: Answer = unwrap_msg(connection.send_and_get_reply(request, timeout=START_LIMIT_S))
            return answer

    def lock(self) -> None:
        """Lock the default collection."""
        self.call(
            "org.freedesktop.Secret.Service",
            "Lock",
            "ao",
            ["/org/freedesktop/secrets/aliases/default"],
            to=SECRET_SERVICE,
            path="/org/freedesktop/secrets",
        )

    @property
    def daemon(self) -> subprocess.Popen[bytes]:
        """The program that was started last: the keychain itself."""
        return self._running[-1]

    def freeze(self) -> None:
        """Stop the keychain in the middle of whatever it does: it stays on the bus and answers nothing."""
        self.daemon.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Continue it."""
        self.daemon.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """End the keychain; the bus goes on."""
        _end(self._running.pop())

    def python(self, code: str, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
        """Run Python code in this session, with further environment variables; a minute at most."""
        return run_program([sys.executable, "-c", code, *arguments], {**self.environ, **settings})

    def type_into(self, window: str, text: str) -> None:
        """Type into the window with this in its title as soon as there is one, and press Enter."""
        self.wait_until(lambda: self.shows(window))
        self._xdotool("type", text)
        self._xdotool("key", "Return")

    def shows(self, window: str) -> bool:
        """Whether there is a window with this in its title."""
        return self._xdotool("search", "--onlyvisible", "--name", window)

    def _xdotool(self, *arguments: str) -> bool:
        return run_program(["xdotool", *arguments], self.environ, timeout_s=20).returncode == 0

    def wait_until(self, happened: Callable[[], bool]) -> None:
        """Wait for something that a program just started will do."""
        gives_up_at = time.monotonic() + START_LIMIT_S
        while not happened():
            ended = [one.args for one in self._running if one.poll() is not None]
            if ended or time.monotonic() > gives_up_at:
                pytest.fail(f"the keychain did not start (ended: {ended}):\n{self._log()}")
            time.sleep(0.02)

    def close(self) -> None:
        """End every process and remove every file."""
        while self._running:
            _end(self._running.pop())
        shutil.rmtree(self.folder, ignore_errors=True)

    def _folder(self, name: str) -> str:
        path = os.path.join(self.folder, name)
        os.mkdir(path, 0o700)
        return path

    def _log(self) -> str:
        with suppress(OSError), open(os.path.join(self.folder, "log"), encoding="utf-8", errors="replace") as file:
            return file.read()
        return ""


def _end(process: subprocess.Popen[bytes]) -> None:
    # SIGKILL reaches a stopped process too.
    process.kill()
    process.wait()


@contextmanager
def a_bus() -> Iterator[RealKeychain]:
    """A D-Bus session without any keychain on it."""
    needs("dbus-daemon")
    session = RealKeychain()
    try:
        session.start_bus()
        yield session
    finally:
        session.close()


@contextmanager
def a_gnome_keyring(password: bytes = PASSWORD) -> Iterator[RealKeychain]:
    """gnome-keyring with an unlocked default collection; without one when the password is empty."""
    needs("gnome-keyring-daemon")
    with a_bus() as session:
        _start_gnome_keyring(session, password)
        yield session


@contextmanager
def a_gnome_keyring_on_a_screen() -> Iterator[RealKeychain]:
    """The same at a desktop: there is a DISPLAY, and a locked keychain shows its window there."""
    needs("gnome-keyring-daemon", "Xvfb", "xdotool", GCR_PROMPTER)
    with a_bus() as session:
        read_end, write_end = os.pipe()
        session.start("Xvfb", "-displayfd", str(write_end), "-nolisten", "tcp", pass_fds=(write_end,))
        os.close(write_end)
        with os.fdopen(read_end) as answer:
            session.environ["DISPLAY"] = ":" + answer.readline().strip()
        session.start(GCR_PROMPTER)
        session.wait_for_service("org.gnome.keyring.SystemPrompter")
        _start_gnome_keyring(session, PASSWORD)
        yield session


def _start_gnome_keyring(session: RealKeychain, password: bytes) -> None:
    unlock = ["--unlock"] if password else []
    # The password is all of stdin: a newline would be a part of it.
    session.start("gnome-keyring-daemon", "--foreground", "--components=secrets", *unlock, stdin=password)
    session.wait_for_service()


@contextmanager
def a_keepassxc() -> Iterator[RealKeychain]:
    """KeePassXC with an unlocked database whose root group is exposed as the Secret Service."""
    needs("keepassxc", "keepassxc-cli")
    with a_bus() as session:
        database = _keepass_database(session)
        session.write(
            "home/.config/keepassxc/keepassxc.ini",
            "[General]\nUpdateCheckMessageShown=true\n[GUI]\nCheckForUpdates=false\n"
            "[FdoSecrets]\nEnabled=true\nConfirmAccessItem=false\nConfirmDeleteItem=false\nShowNotification=false\n",
        )
        session.start("keepassxc", "--pw-stdin", database, stdin=PASSWORD + b"\n")
        session.wait_for_service()
        # The database is shown locked until the password has been read.
        session.wait_until(lambda: not _is_locked(session, _default_collection(session)))
        yield session


def _keepass_database(session: RealKeychain) -> str:
    def cli(*arguments: str) -> str:
        return output_of(["keepassxc-cli", *arguments], session.environ, stdin=f"{PASSWORD.decode()}\n" * 2)

    plain, exposed = os.path.join(session.folder, "plain.kdbx"), os.path.join(session.folder, "exposed.kdbx")
    cli("db-create", "-p", "-q", "-t", "100", plain)
    text = cli("export", "-q", plain)
    group = text.split("<Root>", 1)[1].split("<UUID>", 1)[1].split("</UUID>", 1)[0]
    exposed_group = f"{{{uuid.UUID(bytes=base64.b64decode(group))}}}"
    setting = f"<Item><Key>FDO_SECRETS_EXPOSED_GROUP</Key><Value>{exposed_group}</Value></Item>"
    text = text.replace("</Meta>", f"<CustomData>{setting}</CustomData></Meta>", 1)
    cli("import", "-p", "-q", session.write("exposed.xml", text), exposed)
    return exposed


def _default_collection(session: RealKeychain) -> str:
    (path,) = session.call(
        "org.freedesktop.Secret.Service",
        "ReadAlias",
        "s",
        "default",
        to=SECRET_SERVICE,
        path="/org/freedesktop/secrets",
    )
    return str(path)


def _is_locked(session: RealKeychain, collection: str) -> bool:
    if collection == "/":
        return True
    answer = session.call(
        "org.freedesktop.DBus.Properties",
        "Get",
        "ss",
        "org.freedesktop.Secret.Collection",
        "Locked",
        to=SECRET_SERVICE,
        path=collection,
    )
    return bool(answer[0][1])


@contextmanager
def a_kwallet() -> Iterator[RealKeychain]:
    """KWallet (KDE 5) with an open wallet, through its Secret Service."""
    needs("kwalletd5")
    with a_bus() as session:
        session.write("home/.config/kwalletrc", "[Wallet]\nFirst Use=false\nPrompt on Open=false\nEnabled=true\n")
        salt = b"s" * 56
        session.write("home/.local/share/kwalletd/kdewallet.salt", salt.decode())
        _start_kwallet(session, salt)
        # The Secret Service shows only what existed when the daemon started.
        session.kill()
        _start_kwallet(session, salt)
        session.wait_until(lambda: _default_collection(session) != "/")
        yield session


def _start_kwallet(session: RealKeychain, salt: bytes) -> None:
    """Start it and open its wallet as pam_kwallet does at login."""
    session.start("kwalletd5")
    session.wait_for_service("org.kde.kwalletd5")
    key = hashlib.pbkdf2_hmac("sha512", PASSWORD, salt, 50_000, 56)
    session.call(
        "org.kde.KWallet", "pamOpen", "sayi", "kdewallet", key, 0, to="org.kde.kwalletd5", path="/modules/kwalletd5"
    )


@pytest.fixture
def gnome_keyring(home: str) -> Generator[RealKeychain]:
    """An unlocked gnome-keyring of this test's own."""
    with a_gnome_keyring() as session:
        yield session

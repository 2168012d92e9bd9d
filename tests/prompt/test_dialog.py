"""Dialogs: shell scripts in place of each program, and zenity itself on a virtual screen."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from aws_mfa.errors import BadAnswer, Cancelled, NeedsHuman, WrongSecret
from aws_mfa.prompt import dialog
from aws_mfa.prompt.dialog import DialogProvider
from aws_mfa.prompt.dialog_programs import (
    ANSWERED,
    CANCELLED,
    GAVE_UP,
    KDIALOG,
    NOT_SHOWN,
    OSASCRIPT,
    POWERSHELL,
    ZENITY,
    DialogProgram,
    offered_programs,
)
from aws_mfa.prompt.providers import CodeQuestion
from aws_mfa.system.cancel import Cancellation
from aws_mfa.system.programs import Ended
from needs import needs
from programs import once, output_of, run_program

if TYPE_CHECKING:
    from aws_mfa.prompt.providers import CodeProvider


pytestmark = pytest.mark.skipif(os.name == "nt", reason="the programs of these tests are shell scripts")

DEVICE = "arn:aws:iam::123456789012:mfa/ann_b"
QUESTION = CodeQuestion(f"MFA code for {DEVICE}: ", DEVICE)


@pytest.fixture
def display() -> Iterator[str]:
    """A Wayland socket that takes connections; in /tmp and short: a socket's path has at most 107 bytes."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder, socket.socket(socket.AF_UNIX) as server:
        path = os.path.join(folder, "w")
        server.bind(path)
        server.listen()
        yield path


class Desktop:
    """A PATH with the programs that a test puts there, and a display."""

    def __init__(self, folder: Path, display: str) -> None:
        self.folder = folder
        self.environ = {"PATH": f"{folder}:/usr/bin:/bin", "WAYLAND_DISPLAY": display, "AWS_SESSION_TOKEN": "canary"}

    def install(self, name: str, script: str) -> None:
        """A program that notes its arguments and its environment, then runs the script."""
        program = self.folder / name
        seen = f'printf "%s\\0" "$@" > {self.folder}/argv; env > {self.folder}/env; echo {name} >> {self.folder}/order'
        program.write_text(f"#!/bin/sh\n{seen}\n{script}\n")
        program.chmod(0o755)

    def provider(self, *, time_limit_s: float = 10, **variables: str) -> DialogProvider:
        return DialogProvider({**self.environ, **variables}, time_limit_s=time_limit_s)

    def argv(self) -> list[str]:
        return (self.folder / "argv").read_text().split("\0")[:-1]

    def order(self) -> list[str]:
        return (self.folder / "order").read_text().split()


@pytest.fixture
def desktop(tmp_path: Path, display: str, monkeypatch: pytest.MonkeyPatch) -> Desktop:
    monkeypatch.setattr(sys, "platform", "linux")
    stage = Desktop(tmp_path, display)
    for program in (ZENITY, KDIALOG, OSASCRIPT, POWERSHELL):
        stage.install(program.name, "echo 'not to be started' >&2; exit 99")
    return stage


# Asking


def test_what_is_typed_is_the_answer(desktop: Desktop) -> None:
    desktop.install("zenity", "echo '123 456'")
    provider: CodeProvider = desktop.provider()
    assert (provider.name, provider.has_human, provider.can_answer(QUESTION)) == ("dialog", True, True)
    assert provider.ask(QUESTION) == "123 456"
    assert desktop.order() == ["zenity"]
    assert "canary" not in (desktop.folder / "env").read_text()


def test_earlier_lines_are_above_the_next_question_only(desktop: Desktop) -> None:
    desktop.install("zenity", "echo 123456")
    provider = desktop.provider()
    provider.say("wrong code")
    provider.say("hint: type\x1b[31m the next one")
    provider.ask(QUESTION)
    said, hint, question = next(word for word in desktop.argv() if word.startswith("--text=")).split("\n")
    assert said == "--text=wrong code"
    assert hint == r"hint: type\\x1b[31m the next one"
    assert question == f"MFA code for {DEVICE.replace('_', '__')}:"
    provider.ask(QUESTION)
    assert not any("wrong code" in word for word in desktop.argv())


def test_cancel_ends_it_and_no_other_program_asks_again(desktop: Desktop) -> None:
    desktop.install("zenity", "echo 'Gtk-WARNING: no theme' >&2; exit 1")
    with pytest.raises(Cancelled):
        desktop.provider().ask(QUESTION)
    assert desktop.order() == ["zenity"]


@pytest.mark.parametrize(
    "failure",
    [
        "echo 'cannot open display: :0' >&2; exit 1",
        "echo 'Failed to open display' >&2; exit 1",
        "kill -6 $$",
        "vanished",
    ],
)
def test_a_program_that_cannot_show_it_leaves_it_to_the_next(desktop: Desktop, failure: str) -> None:
    desktop.install("zenity", failure)
    desktop.install("kdialog", "echo 123456")
    if failure == "vanished":
        (desktop.folder / "zenity").write_text("#!/no/such/interpreter\n")
    assert desktop.provider().ask(QUESTION) == "123456"
    assert desktop.order() == (["kdialog"] if failure == "vanished" else ["zenity", "kdialog"])


def test_if_no_program_shows_it_the_next_provider_is_tried(desktop: Desktop, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(NeedsHuman, match="there is no desktop here to show a dialog on"):
        desktop.provider().ask(QUESTION)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("script", ["exit 5", "exec sleep 60"])
def test_an_answer_that_is_late_raises_needs_human(
    desktop: Desktop, script: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether the program closes its window itself or not."""
    monkeypatch.setattr(dialog, "_GRACE_S", 0.1)
    desktop.install("zenity", script)
    with pytest.raises(NeedsHuman, match=r"nobody answered the dialog within 0.2 s"):
        desktop.provider(time_limit_s=0.2).ask(QUESTION)


def test_a_cancellation_closes_the_dialog(desktop: Desktop) -> None:
    desktop.install("zenity", "exec sleep 60")
    cancellation = Cancellation()
    is_shown = (desktop.folder / "order").exists
    began_at = time.monotonic()
    with once(is_shown, lambda: cancellation.cancel(WrongSecret("wrong"))), pytest.raises(WrongSecret):
        desktop.provider().ask(QUESTION, cancellation)
    assert time.monotonic() - began_at < 5


def test_a_cancelled_question_without_a_desktop_raises_the_cancellations_error(desktop: Desktop) -> None:
    cancellation = Cancellation()
    cancellation.cancel(WrongSecret("the keys are wrong"))
    with pytest.raises(WrongSecret):
        desktop.provider(WAYLAND_DISPLAY="/no/such/socket").ask(QUESTION, cancellation)


def test_an_answer_that_no_person_typed_is_refused_as_at_a_terminal(desktop: Desktop) -> None:
    desktop.install("zenity", "printf '12\\0073456\\n'")
    with pytest.raises(BadAnswer, match="control characters"):
        desktop.provider().ask(QUESTION)


# Which program, where


def names(environ: dict[str, str]) -> list[str]:
    return [program.name for program, _ in offered_programs(environ)]


@pytest.mark.parametrize(
    ("platform", "variables", "offered"),
    [
        ("linux", {}, ["zenity", "kdialog"]),
        ("linux", {"XDG_CURRENT_DESKTOP": "KDE"}, ["kdialog", "zenity"]),
        ("linux", {"WAYLAND_DISPLAY": ""}, []),
        ("linux", {"SSH_CONNECTION": "192.0.2.1 1 192.0.2.2 22"}, []),
        ("linux", {"SSH_CONNECTION": "192.0.2.1 1 192.0.2.2 22", "DISPLAY": "localhost:10.0"}, ["zenity", "kdialog"]),
        ("linux", {"WSL_DISTRO_NAME": "Debian"}, ["zenity", "kdialog", "powershell.exe"]),
        ("linux", {"WSL_DISTRO_NAME": "Debian", "WAYLAND_DISPLAY": ""}, ["powershell.exe"]),
        ("darwin", {}, ["osascript"]),
        ("darwin", {"SSH_TTY": "/dev/pts/1"}, []),
    ],
)
def test_the_programs_of_the_platform_are_offered(
    desktop: Desktop, monkeypatch: pytest.MonkeyPatch, platform: str, variables: dict[str, str], offered: list[str]
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    assert names({**desktop.environ, **variables}) == offered


def test_what_is_not_installed_is_not_offered(desktop: Desktop) -> None:
    os.remove(desktop.folder / "zenity")
    assert names({**desktop.environ, "PATH": str(desktop.folder)}) == ["kdialog"]


# What their ends mean


@pytest.mark.parametrize(
    ("program", "code", "stdout", "outcome"),
    [
        *((ZENITY, 0, b"123456\n", ANSWERED), (ZENITY, 1, b"", CANCELLED), (ZENITY, 5, b"", GAVE_UP)),
        *((ZENITY, 255, b"", NOT_SHOWN), (ZENITY, -11, b"", NOT_SHOWN)),
        *((KDIALOG, 0, b"123456\n", ANSWERED), (KDIALOG, 1, b"", CANCELLED), (KDIALOG, -6, b"", NOT_SHOWN)),
        *((OSASCRIPT, 0, b"123456\n", ANSWERED), (OSASCRIPT, 0, b"cancelled\n", CANCELLED)),
        *((OSASCRIPT, 0, b"gave up\n", GAVE_UP), (OSASCRIPT, 1, b"", NOT_SHOWN)),
        *((POWERSHELL, 0, b"123456", ANSWERED), (POWERSHELL, 10, b"", CANCELLED), (POWERSHELL, 11, b"", GAVE_UP)),
        *((POWERSHELL, 12, b"", NOT_SHOWN), (POWERSHELL, 1, b"", NOT_SHOWN)),
    ],
)
def test_the_end_of_each_program_is_understood(program: DialogProgram, code: int, stdout: bytes, outcome: str) -> None:
    assert program.outcome(Ended(code, stdout, b"")) == outcome


HOSTILE = '"; do shell script "id" & <b>_x</b> $(id) `id` \\n'


def test_the_question_is_never_part_of_a_script() -> None:
    """The scripts are the same whatever is asked: the question is an argument of its own, or a variable."""
    *script, text = OSASCRIPT.arguments(HOSTILE, 120)
    assert text == HOSTILE
    assert script == OSASCRIPT.arguments("", 120)[:-1]
    assert POWERSHELL.arguments(HOSTILE, 120) == POWERSHELL.arguments("", 120)
    variables = POWERSHELL.variables(HOSTILE, 120, {"WSLENV": "OTHER/p"})
    assert variables == {
        "AWS_MFA_DIALOG_TEXT": HOSTILE,
        "AWS_MFA_DIALOG_LIMIT_MS": "120000",
        "WSLENV": "OTHER/p:AWS_MFA_DIALOG_TEXT:AWS_MFA_DIALOG_LIMIT_MS",
    }
    assert '"' not in POWERSHELL.arguments("", 120)[-1]


def test_the_question_is_no_markup() -> None:
    assert ZENITY.arguments(HOSTILE, 120)[2] == '--text="; do shell script "id" & <b>__x</b> $(id) `id` \\\\n'
    assert KDIALOG.arguments("<b>_x</b> & \\n", 120)[3] == "<qt>&lt;b&gt;_x&lt;/b&gt; &amp;&amp; &#92;n</qt>"


# zenity itself


@pytest.fixture(scope="module")
def screen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment of an X server, without the bus and the settings of the user who runs this."""
    needs("Xvfb", "xdotool", "zenity")
    with x_server(str(tmp_path_factory.mktemp("home"))) as (_, environ):
        yield environ


@contextlib.contextmanager
def x_server(home: str) -> Iterator[tuple[subprocess.Popen[bytes], dict[str, str]]]:
    """An X server, and the environment that leads only to it."""
    reader, writer = os.pipe()
    command = ["Xvfb", "-displayfd", str(writer), "-screen", "0", "800x600x24", "-nolisten", "tcp"]
    server = subprocess.Popen(command, pass_fds=[writer], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    os.close(writer)
    with server, open(reader, "rb") as chosen:
        number = chosen.readline().decode().strip()
        try:
            yield server, {
                "PATH": os.environ["PATH"], "HOME": home, "LC_ALL": "C.UTF-8", "DISPLAY": f":{number}",
                "DBUS_SESSION_BUS_ADDRESS": "disabled:", "GSETTINGS_BACKEND": "memory", "NO_AT_BRIDGE": "1",
            }  # fmt: skip
        finally:
            server.terminate()


@contextlib.contextmanager
def once_shown(screen: dict[str, str], act: Callable[[str], object]) -> Iterator[None]:
    """Do `act` with the dialog's window, as soon as it is there and gets what is typed."""
    failures: list[Exception] = []

    def wait_and_act() -> None:
        try:
            search = ["search", "--sync", "--onlyvisible", "--name", "^aws-mfa$"]
            window = xdotool(screen, *search).split()[0]
            xdotool(screen, "windowfocus", "--sync", window)  # there is no window manager to do it
            act(window)
        except (subprocess.SubprocessError, IndexError) as failure:
            failures.append(failure)

    thread = threading.Thread(target=wait_and_act)
    thread.start()
    try:
        yield
    finally:
        thread.join()
    assert failures == []


def xdotool(screen: dict[str, str], *words: str) -> str:
    return output_of(["xdotool", *words], screen)


def press(screen: dict[str, str], *keys: str) -> None:
    xdotool(screen, "key", "--delay", "20", *keys)


def is_closed(screen: dict[str, str]) -> bool:
    """Whether the dialog disappears within five seconds: the X server removes a window after its program has ended."""
    end_at = time.monotonic() + 5
    while time.monotonic() < end_at:
        if not run_program(["xdotool", "search", "--name", "^aws-mfa$"], screen).stdout:
            return True
        time.sleep(0.05)
    return False


@pytest.mark.real
def test_zenity_gives_what_is_typed(screen: dict[str, str], capfd: pytest.CaptureFixture[str]) -> None:
    with once_shown(screen, lambda _: press(screen, *"123456", "Return")):
        assert DialogProvider(screen).ask(QUESTION) == "123456"
    assert capfd.readouterr() == ("", "")


@pytest.mark.real
def test_escape_cancels_zenity(screen: dict[str, str]) -> None:
    with once_shown(screen, lambda _: press(screen, "Escape")), pytest.raises(Cancelled):
        DialogProvider(screen).ask(QUESTION)


@pytest.mark.real
def test_zenity_closes_after_the_time_limit(screen: dict[str, str]) -> None:
    with pytest.raises(NeedsHuman, match="nobody answered the dialog within 1 s"):
        DialogProvider(screen, time_limit_s=1).ask(QUESTION)
    assert is_closed(screen)


@pytest.mark.real
def test_zenity_closes_when_the_question_is_cancelled(screen: dict[str, str]) -> None:
    cancellation = Cancellation()
    failure = WrongSecret("the keys are wrong")
    with once_shown(screen, lambda _: cancellation.cancel(failure)), pytest.raises(WrongSecret):
        DialogProvider(screen).ask(QUESTION, cancellation)
    assert is_closed(screen)


@pytest.mark.real
def test_zenity_on_a_display_that_refuses_is_no_cancel(screen: dict[str, str], display: str) -> None:
    """The socket takes the connection and speaks no Wayland: as a display whose cookie we do not have."""
    needs("zenity")
    environ = {**screen, "DISPLAY": "", "WAYLAND_DISPLAY": display, "GDK_BACKEND": "x11"}
    with pytest.raises(NeedsHuman, match="there is no desktop here to show a dialog on"):
        DialogProvider(environ).ask(QUESTION)

"""The right program opens a page, without a terminal and without waiting; shell scripts take the place of browsers."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from aws_mfa.handover import browser
from aws_mfa.handover.browser import SystemBrowser
from aws_mfa.interfaces import Browser
from aws_mfa.model import Secret

pytestmark = [pytest.mark.real, pytest.mark.skipif(sys.platform == "win32", reason="its programs are shell scripts")]

URL = "https://signin.example/federation?Action=login&SigninToken=abc%2F"


class Programs:
    """A folder of programs that write down how they were started; `environ` finds only these and the shell's."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environ = {"PATH": f"{folder}{os.pathsep}/bin{os.pathsep}/usr/bin"}

    def add(self, name: str, end: str = "exit 0") -> str:
        path = self.folder / name
        notes = f'printf "%s|" "$@" >"{path}.argv"\ncat >"{path}.stdin"\nps -o sid= -p $$ >"{path}.session"'
        path.write_text(f"#!/bin/sh\n{notes}\necho noise\n{end}\n")
        path.chmod(0o700)
        return str(path)

    def argv(self, name: str) -> list[str] | None:
        path = self.folder / f"{name}.argv"
        return path.read_text().split("|")[:-1] if path.exists() else None

    def stdin(self, name: str) -> str | None:
        path = self.folder / f"{name}.stdin"
        return path.read_text() if path.exists() else None

    def opened(self, platform: str = "linux", page: str = URL, **environ: str) -> bool:
        browser: Browser = SystemBrowser({**self.environ, **environ}, platform=platform)
        return browser.open(Secret(page))


@pytest.fixture
def programs(tmp_path: Path) -> Programs:
    return Programs(tmp_path)


def test_a_desktop_opens_the_page(programs: Programs, capfd: pytest.CaptureFixture[str]) -> None:
    programs.add("xdg-open")
    assert programs.opened(DISPLAY=":0")
    assert programs.argv("xdg-open") == [URL]
    assert programs.stdin("xdg-open") == ""
    assert capfd.readouterr() == ("", "")
    assert int((programs.folder / "xdg-open.session").read_text()) != os.getsid(0)


def test_it_gets_no_credentials(programs: Programs) -> None:
    programs.add("xdg-open", f'env > "{programs.folder}/env"')
    assert programs.opened(DISPLAY=":0", AWS_SECRET_ACCESS_KEY="canary", AWS_BEARER_TOKEN_BEDROCK="canary")
    seen = (programs.folder / "env").read_text()
    assert "DISPLAY=:0" in seen
    assert "canary" not in seen


def test_without_a_display_nothing_is_started(programs: Programs) -> None:
    programs.add("xdg-open")
    assert not programs.opened()
    assert programs.argv("xdg-open") is None


def test_the_browser_of_the_environment_comes_first_and_needs_no_display(programs: Programs) -> None:
    """Remote editors set it to a program that opens the page on the machine where the person is."""
    programs.add("xdg-open")
    mine = programs.add("mine")
    assert programs.opened(BROWSER=mine)
    assert programs.argv("mine") == [URL]
    assert programs.argv("xdg-open") is None


def test_the_place_of_the_url_may_be_named(programs: Programs) -> None:
    mine = programs.add("mine")
    assert programs.opened(BROWSER=f"{mine} --new '--url=%s' &")
    assert programs.argv("mine") == ["--new", f"--url={URL}"]


def test_browsers_are_tried_in_their_order_until_one_starts(programs: Programs) -> None:
    bad, good = programs.add("bad", "exit 3"), programs.add("good")
    assert programs.opened(BROWSER=os.pathsep.join(["/no/such", "'unclosed", "", bad, good]))
    assert programs.argv("bad") == programs.argv("good") == [URL]


@pytest.mark.parametrize("name", ["w3m", "lynx", "links", "elinks", "www-browser"])
def test_text_browsers_are_skipped(programs: Programs, name: str) -> None:
    assert not programs.opened(BROWSER=programs.add(name))
    assert programs.argv(name) is None


def test_a_browser_that_stays_is_not_waited_for(programs: Programs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browser, "_SOON_S", 0.2)
    began = time.monotonic()
    assert programs.opened(BROWSER=programs.add("stays", "exec sleep 2"))
    assert time.monotonic() - began < 1.5


def test_a_desktop_without_any_browser_is_false(programs: Programs) -> None:
    programs.add("xdg-open", "exit 3")
    programs.add("gio", "exit 1")
    programs.add("x-www-browser", "exit 1")
    assert not programs.opened(WAYLAND_DISPLAY="wayland-0")
    assert programs.argv("gio") == ["open", URL]


@pytest.mark.parametrize(
    ("program", "platform", "environ"),
    [("wslview", "linux", {"WSL_DISTRO_NAME": "Debian"}), ("open", "darwin", {})],
    ids=["WSL", "macOS"],
)
def test_wsl_and_macos_have_an_opener(programs: Programs, program: str, platform: str, environ: dict[str, str]) -> None:
    programs.add(program)
    assert programs.opened(platform, **environ)
    assert programs.argv(program) == [URL]


def test_powershell_gets_the_url_on_its_standard_input(programs: Programs) -> None:
    programs.add("wslview", "exit 1")
    programs.add("powershell.exe")
    assert programs.opened(WSL_DISTRO_NAME="Debian")
    assert URL not in (programs.argv("powershell.exe") or [URL])
    assert programs.stdin("powershell.exe") == f"Start-Process '{URL}'\n"


def test_a_quote_in_the_url_does_not_end_it_for_powershell(programs: Programs) -> None:
    programs.add("powershell.exe")
    assert programs.opened(page="https://x/';calc;'", WSL_DISTRO_NAME="Debian")
    assert programs.stdin("powershell.exe") == "Start-Process 'https://x/'';calc;'''\n"


@pytest.mark.parametrize("has_program", [True, False])
def test_windows_opens_it_with_the_program_of_the_page(
    monkeypatch: pytest.MonkeyPatch, programs: Programs, *, has_program: bool
) -> None:
    started: list[str] = []

    def start(page: str) -> None:
        if not has_program:
            raise OSError(1155, "no program is associated")
        started.append(page)

    monkeypatch.setattr(os, "startfile", start, raising=False)
    assert programs.opened("win32") == has_program
    assert started == [URL] * has_program

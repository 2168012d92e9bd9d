"""
Open a page in the browser: by the commands in `BROWSER`, else by the desktop's opener.

Python's `webbrowser` waits for browsers, lets them write to our stdout and starts text browsers on the terminal. Here a
browser gets no terminal, we do not wait for it, and text browsers are skipped. The URL is a secret, and it is on the
browser's command line: anyone who can list this user's processes sees it there. Browsers take it no other way.
"""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from aws_mfa.command_lines import split
from aws_mfa.errors import NoThread
from aws_mfa.system.programs import found_program, without_credentials
from aws_mfa.system.threads import start_thread

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from aws_mfa.model import Secret

# An opener that fails does so at once; one that still runs after this time has become the browser.
_SOON_S = 3.0
_TEXT_BROWSERS = frozenset(("browsh", "elinks", "links", "links2", "lynx", "w3m", "www-browser"))
_DESKTOP_OPENERS = (("xdg-open",), ("gio", "open"), ("x-www-browser",))
# PowerShell reads the command from its standard input, so the URL is not on its command line.
_POWERSHELL = ("powershell.exe", "-NoProfile", "-NonInteractive", "-Command", "-")


class SystemBrowser:
    """Opens pages with this machine's browser; `environ` names it, and says whether there is a display."""

    def __init__(self, environ: Mapping[str, str], *, platform: str = sys.platform) -> None:
        self._environ = environ
        self._platform = platform

    def open(self, url: Secret) -> bool:
        """Start a browser with the page and do not wait for it; False if none can be started here."""
        page = url.reveal()
        if self._platform == "win32" and not self._environ.get("BROWSER"):
            try:
                os.startfile(page)  # type: ignore[attr-defined]  # noqa: S606  # Windows only
            except (AttributeError, OSError):
                return False
            return True
        return any(self._is_started(command, text) for command, text in self._commands(page))

    def _commands(self, page: str) -> Iterator[tuple[list[str], str | None]]:
        """The commands to try in order, each with the text for its standard input."""
        for command in self._environ.get("BROWSER", "").split(os.pathsep):
            words = _words(command)
            if words and os.path.basename(words[0]) not in _TEXT_BROWSERS:
                holds_place = any("%s" in word for word in words)
                yield [word.replace("%s", page) for word in words] + ([] if holds_place else [page]), None
        if self._platform == "darwin":
            yield ["open", page], None
        elif self._environ.get("WSL_DISTRO_NAME"):
            yield ["wslview", page], None
            quoted = page.replace("'", "''")
            yield list(_POWERSHELL), f"Start-Process '{quoted}'\n"
        elif self._environ.get("DISPLAY") or self._environ.get("WAYLAND_DISPLAY"):
            for opener in _DESKTOP_OPENERS:
                yield [*opener, page], None

    def _is_started(self, command: list[str], text: str | None) -> bool:
        program = found_program(command[0], self._environ)
        if program is None:
            return False
        try:
            process = subprocess.Popen(  # noqa: S603  # the user's own choice, or the desktop's; no shell
                [program, *command[1:]],
                env=without_credentials(self._environ),
                stdin=subprocess.DEVNULL if text is None else subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                text=True,
                start_new_session=True,
            )
        except OSError:
            return False
        try:
            process.communicate(text, timeout=_SOON_S)
        except subprocess.TimeoutExpired:
            with suppress(NoThread):
                start_thread(process.wait)
            return True
        return process.returncode == 0


def _words(command: str) -> list[str]:
    """One command of `BROWSER` as words; [] if a quote is not closed."""
    try:
        words = split(command)
    except ValueError:
        return []
    return words[:-1] if words[-1:] == ["&"] else words

"""
The browser: the commands in `BROWSER`, else what the desktop opens a page with.

Python's `webbrowser` waits for browsers, lets them write on our stdout and starts text browsers on the terminal; here
a program gets no terminal, is not waited for, and text browsers are passed over. The URL is a secret and stands on the
browser's command line, which cannot be helped: who sees the processes of this user sees it there.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

from aws_mfa.system.programs import found_program, without_credentials

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from aws_mfa.model import Secret

# An opener that fails does so at once; one that is still there has become the browser.
_SOON_S = 3.0
_TEXT_BROWSERS = frozenset(("browsh", "elinks", "links", "links2", "lynx", "w3m", "www-browser"))
_DESKTOP_OPENERS = (("xdg-open",), ("gio", "open"), ("x-www-browser",))
# PowerShell reads the command from its standard input, so the URL is on no command line of ours.
_POWERSHELL = ("powershell.exe", "-NoProfile", "-NonInteractive", "-Command", "-")


class SystemBrowser:
    """Opens pages with this machine's browser; `environ` says which, and whether there is a display."""

    def __init__(self, environ: Mapping[str, str], *, platform: str = sys.platform) -> None:
        self._environ = environ
        self._platform = platform

    def open(self, url: Secret) -> bool:
        """Show the page, without waiting for its end; False where no browser can be opened from here."""
        page = url.reveal()
        if self._platform == "win32" and not self._environ.get("BROWSER"):
            return _started_by_windows(page)
        return any(self._is_started(command, text) for command, text in self._ways(page))

    def _ways(self, page: str) -> Iterator[tuple[list[str], str | None]]:
        """Commands, and what each gets on its standard input."""
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
            process = subprocess.Popen(  # noqa: S603  # a person's own choice, or the desktop's; no shell
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
            threading.Thread(target=process.wait, daemon=True).start()
            return True
        return process.returncode == 0


def _words(command: str) -> list[str]:
    """A command of `BROWSER` as words; none where a quote is not closed."""
    try:
        words = shlex.split(command, posix=os.name != "nt")
    except ValueError:
        return []
    return words[:-1] if words[-1:] == ["&"] else words


def _started_by_windows(page: str) -> bool:
    start = getattr(os, "startfile", None)
    try:
        if start is not None:
            start(page)
    except OSError:
        return False
    return start is not None

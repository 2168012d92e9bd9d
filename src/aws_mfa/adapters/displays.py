"""
Whether a display answers: the socket behind `WAYLAND_DISPLAY` or `DISPLAY` is there and takes a connection.

A variable alone says little: it outlives the desktop in tmux, cron and containers. No word of either protocol is
spoken here; whether this user may draw is for the dialog's program to find out.
"""

from __future__ import annotations

import contextlib
import os
import socket
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_CONNECT_LIMIT_S = 1.0
_X_PORT = 6000
_X_SOCKET = "/tmp/.X11-unix/X"  # noqa: S108  # where X servers have it, by convention
_OF_SSH = ("SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY")


def is_remote(environ: Mapping[str, str]) -> bool:
    """Whether the user sits behind ssh: what is shown on this machine's own screen, somebody else may see."""
    return any(environ.get(name) for name in _OF_SSH)


def has_display(environ: Mapping[str, str]) -> bool:
    """Whether a display is named that this user can see: over ssh, X forwarding alone."""
    return bool(environ.get("DISPLAY") or (environ.get("WAYLAND_DISPLAY") and not is_remote(environ)))


def display_answers(environ: Mapping[str, str]) -> bool:
    """Whether a display named there takes a connection, within a second for each."""
    wayland, x = environ.get("WAYLAND_DISPLAY"), environ.get("DISPLAY")
    if wayland and not is_remote(environ):
        path = os.path.join(environ.get("XDG_RUNTIME_DIR", ""), wayland)  # an absolute name stays as it is
        if os.path.isabs(path) and _connects(path):
            return True
    return bool(x) and _x_answers(x or "")


def _x_answers(display: str) -> bool:
    """`:0`, `:0.1`, `unix:0`, `host:10.0`, or the path of a socket, as XQuartz has it."""
    if display.startswith("/"):
        return _connects(display)
    host, _, number = display.rpartition(":")
    number = number.split(".", 1)[0]
    if not (number.isascii() and number.isdigit()):
        return False
    if host in ("", "unix"):
        return _connects(_X_SOCKET + number) or _connects("\0" + _X_SOCKET + number)
    try:
        with socket.create_connection((host, _X_PORT + int(number)), _CONNECT_LIMIT_S):
            return True
    except (OSError, OverflowError, UnicodeError):
        return False


def _connects(path: str) -> bool:
    family = getattr(socket, "AF_UNIX", None)
    if family is None:
        return False
    with contextlib.suppress(OSError, ValueError), socket.socket(family) as connection:
        connection.settimeout(_CONNECT_LIMIT_S)
        connection.connect(path)
        return True
    return False

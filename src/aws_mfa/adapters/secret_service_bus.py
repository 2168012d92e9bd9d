"""Where the D-Bus session is on which a Secret Service would answer; loads nothing, and asks nobody."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def session_bus(environ: Mapping[str, str]) -> str | None:
    """The address of the session bus: the variable, else the socket where systemd puts it (cron, some ssh logins)."""
    address = environ.get("DBUS_SESSION_BUS_ADDRESS")
    if address:
        return address
    runtime_folder = environ.get("XDG_RUNTIME_DIR")
    if runtime_folder and os.path.exists(os.path.join(runtime_folder, "bus")):
        return "unix:path=" + os.path.join(runtime_folder, "bus")
    return None

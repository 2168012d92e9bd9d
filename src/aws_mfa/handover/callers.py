"""
Which programs called us: the names of our parent process, of its parent, and so on.

From /proc on Linux, from `ps` on other POSIX systems; on Windows this does not look. The list is a convenience: it is
empty where the system does not answer, and nothing that matters for security may depend on it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_MOST = 12  # launchers, wrappers and a shell; above them are terminals and desktops
_TIME_LIMIT_S = 2.0


def callers() -> list[str]:
    """Names of the programs above us, the nearest first; [] where the system does not say."""
    if sys.platform == "win32":
        return []
    has_proc = os.path.exists("/proc/self/stat")
    return _above(os.getpid(), _from_proc() if has_proc else _from_ps())


def _from_proc() -> dict[int, tuple[int, str]]:
    """Our process and those above it: id -> the parent's id and the program."""
    processes: dict[int, tuple[int, str]] = {}
    pid = os.getpid()
    while len(processes) <= _MOST and (found := _stat(pid)) is not None:
        processes[pid] = found
        pid = found[0]
    return processes


def _stat(pid: int) -> tuple[int, str] | None:
    """The parent's id and the program's name, from `4711 (name) S 4700 ...`; a name may contain brackets and blanks."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            before, _, after = file.read().rpartition(")")
        return int(after.split()[1]), before.partition("(")[2]
    except (OSError, IndexError, ValueError):
        return None


def _from_ps() -> dict[int, tuple[int, str]]:
    """All processes: id -> the parent's id and the program."""
    command = ["ps", "-A", "-o", "pid=,ppid=,comm="]
    try:
        done = subprocess.run(  # noqa: S603  # a fixed command
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=_TIME_LIMIT_S, check=False
        )
        rows = [line.split(None, 2) for line in done.stdout.decode(errors="replace").splitlines()]
        return {int(pid): (int(parent), program) for pid, parent, program in rows}
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return {}


def _above(pid: int, processes: Mapping[int, tuple[int, str]]) -> list[str]:
    names: list[str] = []
    parent = processes[pid][0] if pid in processes else 0
    while parent in processes and len(names) < _MOST:
        parent, name = processes[parent]
        names.append(name)
    return names

"""
Which programs called us: our parent process, its parent, and so on; names alone.

A guess for comfort: where the system does not tell, nobody called. /proc on Linux, `ps` on other POSIX systems; on
Windows not looked for.
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
    """Names of the programs above us, the nearest first; [] where nobody can tell."""
    if sys.platform == "win32":
        return []
    return _walked() if os.path.exists("/proc/self/stat") else _above(os.getpid(), _listed())


def _walked() -> list[str]:
    processes: dict[int, tuple[int, str]] = {}
    pid = os.getpid()
    for _ in range(_MOST + 1):
        found = _of_proc(pid)
        if found is None:
            break
        processes[pid] = found
        pid = found[0]
    return _above(os.getpid(), processes)


def _of_proc(pid: int) -> tuple[int, str] | None:
    """The parent's id and the program's name, from `4711 (name) S 4700 ...`; a name may hold brackets and blanks."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            before, _, behind = file.read().rpartition(")")
        return int(behind.split()[1]), before.partition("(")[2]
    except (OSError, IndexError, ValueError):
        return None


def _listed() -> dict[int, tuple[int, str]]:
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

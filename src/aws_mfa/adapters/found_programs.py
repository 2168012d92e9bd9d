"""
Where a program lies: on PATH, never in the working folder, which may be somebody else's.

Not `shutil.which` alone: on Windows it looks into the working folder before it looks at PATH.
"""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_ENDINGS = ".COM;.EXE;.BAT;.CMD"


def found_program(name: str, environ: Mapping[str, str], *, on_windows: bool = os.name == "nt") -> str | None:
    """The absolute path of a program that is on PATH, or is named by such a path; None for any other."""
    folders = [""] if os.path.isabs(name) else environ.get("PATH", os.defpath).split(os.pathsep)
    if not os.path.isabs(name) and os.path.dirname(name):
        return None
    names = _with_endings(name, environ.get("PATHEXT") or _ENDINGS) if on_windows else [name]
    for path in (os.path.join(folder, each) for folder in folders for each in names):
        if os.path.isabs(path) and shutil.which(path) is not None:
            return path
    return None


def system_program(name: str, environ: Mapping[str, str]) -> str:
    """The whole path of a program of Windows itself."""
    return os.path.join(environ.get("SYSTEMROOT") or r"C:\Windows", "System32", name)


def _with_endings(name: str, endings: str) -> list[str]:
    known = [ending for ending in endings.split(";") if ending]
    if name.upper().endswith(tuple(ending.upper() for ending in known)):
        return [name]
    return [name + ending for ending in known]

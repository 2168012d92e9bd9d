"""
No core file of a process that serves sessions: they are in its memory until it ends, so this stays until then.

The soft limit alone, for the process and not for what it starts: a child gets the limit that we were given.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if sys.platform != "win32":
    import resource

if TYPE_CHECKING:
    from collections.abc import Iterator

_given: list[int] = []
"""Our soft limit as it was before; empty while nothing was forbidden."""


def forbid_core_dumps() -> None:
    """Write no core file from now on; nothing where that cannot be, or where there are none (Windows)."""
    if sys.platform != "win32":
        soft, hard = resource.getrlimit(resource.RLIMIT_CORE)
        if not _given:
            _given.append(soft)
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_CORE, (0, hard))


@contextmanager
def core_limit_for_child() -> Iterator[None]:
    """
    While inside, which is for the start of a child and no longer, the limit is as we were given it.

    Not set in the child between fork and exec: threads of ours may hold locks there.
    """
    if sys.platform != "win32" and _given:
        _, hard = resource.getrlimit(resource.RLIMIT_CORE)
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_CORE, (_given[0], hard))
    try:
        yield
    finally:
        if _given:
            forbid_core_dumps()

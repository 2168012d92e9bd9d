"""
Forbids core files of this program: keys, codes and sessions are in its memory until it ends.

Changes only the soft limit, and only for this process: a child gets the limit that this process was started with.
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
"""The soft limit before it was changed; empty until then."""


def forbid_core_dumps() -> None:
    """Write no core file from now on, if the system allows that; Windows has none."""
    if sys.platform != "win32":
        soft, hard = resource.getrlimit(resource.RLIMIT_CORE)
        if not _given:
            _given.append(soft)
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_CORE, (0, hard))


def restore_core_limit() -> None:
    """Set the original limit again, for the program that this process becomes."""
    if sys.platform != "win32" and _given:
        _, hard = resource.getrlimit(resource.RLIMIT_CORE)
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_CORE, (_given[0], hard))


@contextmanager
def core_limit_for_child() -> Iterator[None]:
    """Restore it while a child is started; between fork and exec that could hang, as other threads may hold locks."""
    restore_core_limit()
    try:
        yield
    finally:
        if _given:
            forbid_core_dumps()

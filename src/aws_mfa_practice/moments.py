"""
Moments: the practice clock, and the three spellings of a moment that AWS uses.

A moment is a float of seconds since the epoch. Only this module of the practice AWS reads the time.
"""

from __future__ import annotations

import time
from datetime import datetime, timezone
from email.utils import formatdate
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    Clock = Callable[[], float]

SYSTEM_CLOCK: Clock = time.time


class PracticeClock:
    """A clock that does not run until it is moved; it starts at the present by default."""

    def __init__(self, starts_at: float | None = None) -> None:
        self.now = SYSTEM_CLOCK() if starts_at is None else starts_at

    def __call__(self) -> float:
        """The moment it shows."""
        return self.now

    def advance(self, seconds: float) -> None:
        """Move on (or back, when negative)."""
        self.now += seconds


def signing_date(moment: float) -> str:
    """The spelling of `X-Amz-Date`: `20261122T064500Z`."""
    return datetime.fromtimestamp(moment, timezone.utc).strftime("%Y%m%dT%H%M%SZ")


def read_signing_date(text: str) -> float:
    """The moment of an `X-Amz-Date`; `ValueError` for anything else."""
    return datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=timezone.utc).timestamp()


def expiration(moment: float) -> str:
    """The spelling of `Expiration` and `EnableDate`: `2026-11-22T06:45:00Z`."""
    return datetime.fromtimestamp(moment, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def http_date(moment: float) -> str:
    """The spelling of the `Date` header: `Sun, 22 Nov 2026 06:45:00 GMT`."""
    return formatdate(moment, usegmt=True)

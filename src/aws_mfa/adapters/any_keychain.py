"""
What every keychain can do, by whichever way it is reached: a Protocol alone.

Which way that is is for `keychain_backend`, what the keys look like there for `key_items`.
"""

from __future__ import annotations

from typing import Protocol


class Backend(Protocol):
    """One keychain. Any method may raise anything, or never return."""

    @property
    def name(self) -> str:
        """For messages."""

    @property
    def asks(self) -> bool:
        """Whether it is known to be showing its window at this moment."""

    def forgets(self) -> bool:
        """Whether what is stored here is known to be gone at logout."""

    def get(self, service: str, user: str) -> str | None:
        """The value stored, None where there is none."""

    def find(self, service: str, user: str) -> str | None:
        """As `get`, and where nothing is stored, what the machine's other keychains hold."""

    def set(self, service: str, user: str, value: str) -> None:
        """Create or replace."""

    def delete(self, service: str, user: str) -> None:
        """Delete."""

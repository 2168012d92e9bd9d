"""
The ledger of used codes: a code known as used is refused before it is sent.

A keyed hash of device and code with the time of use, in `~/.aws/mfa/` (0600); no code stands there in clear. Entries
older than AWS could accept them are dropped. A courtesy, not a guard: where the ledger cannot be read or written the
code is sent, and AWS itself refuses a used one.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
from typing import TYPE_CHECKING

from aws_mfa.adapters.locks import lock
from aws_mfa.adapters.private_files import ensure_private_folder, read_regular, replace_privately
from aws_mfa.errors import AwsMfaError

if TYPE_CHECKING:
    from collections.abc import Iterator

# A code is accepted one window of 30 s early or late: after three windows no device shows it again by design.
REMEMBERED_S = 90
_KEY_BYTES = 32
_LOCK_TIMEOUT_S = 2.0


class LedgerFile:
    """Fulfils the Protocol `CodeLedger`: one line of hex key, then `moment hash` lines."""

    def __init__(self, path: str) -> None:
        self._path = path

    def is_used(self, device: str, code: str, now: float) -> bool:
        """Whether the code was noted within the last three windows."""
        key, uses = self._read()
        mark = _mark(key, device, code)
        return any(abs(now - moment) < REMEMBERED_S and hmac.compare_digest(mark, noted) for moment, noted in uses)

    def note_used(self, device: str, code: str, now: float) -> None:
        """Add the code; a ledger that cannot be written is no reason to fail."""
        with contextlib.suppress(AwsMfaError, OSError):
            ensure_private_folder(os.path.dirname(self._path))
            folder, name = os.path.split(self._path)
            with lock(os.path.join(folder, f".{name}.aws-mfa.lock"), timeout_s=_LOCK_TIMEOUT_S):
                key, uses = self._read()
                recent = [use for use in uses if abs(now - use[0]) < REMEMBERED_S]
                lines = [key.hex(), *(f"{moment:.0f} {mark}" for moment, mark in recent)]
                lines.append(f"{now:.0f} {_mark(key, device, code)}")
                replace_privately(self._path, "".join(f"{line}\n" for line in lines).encode())

    def _read(self) -> tuple[bytes, list[tuple[float, str]]]:
        """The key (a new one where the file is missing or damaged) and the uses."""
        try:
            lines = read_regular(self._path).decode("ascii").splitlines()
            key = bytes.fromhex(lines[0])
            uses = list(_uses(lines[1:]))
        except (AwsMfaError, OSError, ValueError, IndexError):
            return os.urandom(_KEY_BYTES), []
        return (key, uses) if len(key) == _KEY_BYTES else (os.urandom(_KEY_BYTES), [])


def _uses(lines: list[str]) -> Iterator[tuple[float, str]]:
    for line in lines:
        moment, _, mark = line.partition(" ")
        yield float(moment), mark


def _mark(key: bytes, device: str, code: str) -> str:
    return hmac.new(key, f"{device}\n{code}".encode(), hashlib.sha256).hexdigest()

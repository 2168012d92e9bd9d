"""
The ledger of used codes: a code known as used is refused before it is sent.

It keeps a hash of device and code with the time of use, in `~/.aws/mfa/` (0600); of a refused code also its window.
Trying all codes finds the six digits behind a hash, but the code is used by then. It is no guard: if it cannot be read
or written the code is sent, and AWS itself refuses a used one.
"""

from __future__ import annotations

import contextlib
import hashlib
import os

from aws_mfa.errors import AwsMfaError
from aws_mfa.system.locks import lock
from aws_mfa.system.private_files import ensure_private_folder, read_regular, replace_privately

# AWS accepts a code one window of 30 s early or late: after three windows it has no use.
REMEMBERED_S = 90
_LOCK_TIMEOUT_S = 2.0


class LedgerFile:
    """Implements the Protocol `CodeLedger`: a line `moment hash` for each use."""

    def __init__(self, path: str) -> None:
        self._path = path

    def is_used(self, device: str, code: str, now: float) -> bool:
        """Whether the code was noted within the last three windows."""
        return _mark(device, code) in (mark for _, mark in self._recent(now))

    def note_used(self, device: str, code: str, now: float) -> None:
        """Add the code; failures are ignored."""
        with contextlib.suppress(AwsMfaError, OSError):
            ensure_private_folder(os.path.dirname(self._path))
            folder, name = os.path.split(self._path)
            with lock(os.path.join(folder, f".{name}.aws-mfa.lock"), timeout_s=_LOCK_TIMEOUT_S):
                uses = [*self._recent(now), (now, _mark(device, code))]
                replace_privately(self._path, "".join(f"{moment:.0f} {mark}\n" for moment, mark in uses).encode())

    def _recent(self, now: float) -> list[tuple[float, str]]:
        """The uses noted within the last three windows; none if the file is missing or damaged."""
        try:
            pairs = [line.partition(" ") for line in read_regular(self._path).decode("ascii").splitlines()]
            uses = [(float(moment), mark) for moment, _, mark in pairs]
        except (AwsMfaError, OSError, ValueError):
            return []
        return [(moment, mark) for moment, mark in uses if abs(now - moment) < REMEMBERED_S]


def _mark(device: str, code: str) -> str:
    return hashlib.sha256(f"{device}\n{code}".encode()).hexdigest()

"""
Standard error, silenced while somebody else's keychain backend runs.

Some backends start programs (`pass`, `gpg`) that write to file descriptor 2, which may be the log of a CI job or the
terminal a question is on. What is silenced is the whole process, so it is used for backends that are not keyring's own
and for nothing else, and it can be lifted from another thread when a backend hangs.
"""

from __future__ import annotations

import os
import threading

STDERR = 2


class StderrMute:
    """A context manager: file descriptor 2 leads nowhere inside it; of two at once, the first to end gives it back."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._kept: int | None = None

    def __enter__(self) -> None:
        with self._guard:
            if self._kept is not None:
                return
            try:
                self._kept = os.dup(STDERR)
            except OSError:
                return  # there is no standard error: nothing to silence
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, STDERR)
            os.close(nowhere)

    def __exit__(self, *_: object) -> None:
        self.lift()

    def lift(self) -> None:
        """Give standard error back; nothing happens where it is not silenced."""
        with self._guard:
            if self._kept is not None:
                os.dup2(self._kept, STDERR)
                os.close(self._kept)
                self._kept = None

"""
Writes the fingerprint of a run that answered a plain request, so that the hot path can answer the next one.

Any failure is ignored: then the next run makes a plan again. Writes no fingerprint if the hot path would look for the
files elsewhere than this run did, or if a later change of a file might not show.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from aws_mfa.errors import AwsMfaError
from aws_mfa.sessions.fast_lookup import fingerprint_of, line_of, plain_paths, status_of
from aws_mfa.sessions.fingerprint import fingerprint_file, is_settled

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from aws_mfa.sessions.fingerprint import FingerprintedSession
    from aws_mfa.sessions.stores import Stores


class WatchedFiles:
    """A `Watch`: the files in use (credentials, config, known keys) as they were when this was made."""

    def __init__(self, environ: Mapping[str, str], paths: tuple[str, ...], open_stores: Callable[[], Stores]) -> None:
        self._environ = environ
        self._paths = paths
        self._open_stores = open_stores
        # The clock first: then a status shows every change that is older than a tick at this moment.
        self._began_ns = now_ns = time.time_ns()
        try:
            self._statuses = [status_of(path) for path in paths]
            self._is_settled = all(is_settled(status, now_ns) for status in self._statuses)
        except OSError:
            self._statuses, self._is_settled = [], False

    def note(self, profile: str, found: FingerprintedSession, paths: Sequence[str] = (), *, wish: str = "") -> None:
        """Write the profile's fingerprint, if it can be trusted; `paths`: further files, read since this was made."""
        if not self._is_settled or self._paths != plain_paths(self._environ):
            return
        fingerprint = fingerprint_of(profile, self._environ, self._paths, self._statuses, wish)
        if fingerprint is None:
            return
        try:
            statuses = [status_of(path) for path in paths]
            found.files = tuple(map(line_of, paths, statuses))
            if not all(status and is_settled(status, self._began_ns) for status in statuses):
                return
            stores = self._open_stores().readable
            if stores:
                stores[0].write_fingerprint(profile, fingerprint_file(fingerprint, found).encode(), wish)
        except (AwsMfaError, OSError, UnicodeError):
            return

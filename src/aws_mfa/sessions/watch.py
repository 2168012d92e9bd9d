"""
Witnesses, written: what the quick path is told of an answer that the full path gave.

A courtesy, so whatever goes wrong is passed over: then the full path answers again. None is written where the quick
path would look elsewhere than the full path did, or where a later change of a file might not show.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from aws_mfa.errors import AwsMfaError
from aws_mfa.sessions.fast_lookup import circumstances_of, plain_paths, status_of
from aws_mfa.sessions.fingerprint import is_settled, witness_text

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Mapping

    from aws_mfa.sessions.fingerprint import Witnessed
    from aws_mfa.sessions.stores import Stores


class WatchedFiles:
    """
    Fulfils the Protocol `Watch`: the files as they stood when this was made.

    `paths` are those of credentials, config and known keys in use; `open_stores` is called when there is something to
    be noted.
    """

    def __init__(self, environ: Mapping[str, str], paths: tuple[str, ...], open_stores: Callable[[], Stores]) -> None:
        self._environ = environ
        self._paths = paths
        self._open_stores = open_stores
        # The clock first: what was changed longer ago than a tick before it is seen as it is.
        now_ns = time.time_ns()
        self._statuses = _statuses(paths)
        self._is_settled = all(is_settled(status, now_ns) for status in self._statuses or [])

    def note(self, profile: str, found: Witnessed) -> None:
        """Write the profile's witness, where one can be trusted."""
        if self._statuses is None or not self._is_settled or self._paths != plain_paths(self._environ):
            return
        seen = circumstances_of(profile, self._environ, self._paths, self._statuses)
        if seen is None:
            return
        try:
            stores = self._open_stores().readable
            if stores:
                stores[0].write_witness(profile, witness_text(seen, found).encode())
        except (AwsMfaError, OSError, UnicodeError):
            return


def _statuses(paths: tuple[str, ...]) -> list[os.stat_result | None] | None:
    try:
        return [status_of(path) for path in paths]
    except OSError:
        return None

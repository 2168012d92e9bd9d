"""
Connections of urllib3 that tell "never stood, TLS included" from "lost with the request under way".

urllib3 reports a handshake that failed as it reports an answer that was lost; for a code the two are not the same.
"""

from __future__ import annotations

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPSConnection


class NeverConnected(OSError):
    """No connection was made, or no TLS on it: nothing of the request was sent."""


class _TlsConnection(HTTPSConnection):
    def connect(self) -> None:
        try:
            super().connect()
        except OSError as error:
            raise NeverConnected(*error.args) from error


class _TlsConnections(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


# For `PoolManager.pool_classes_by_scheme`.
POOLS = {"http": HTTPConnectionPool, "https": _TlsConnections}

"""
HTTPS to AWS: one TLS context and a connection pool; CA bundle and proxy as botocore finds them.

The first call loads the CA file, while the user still types the code. Refuses to retry, to follow redirects, and to
read more than 1 MiB of an answer. Raises urllib3's exceptions, which `unreachable` translates. A proxy's address may
hold a password: no message quotes it.
"""

from __future__ import annotations

import base64
import email.utils
import os
import ssl
import threading
import time
from http.client import HTTPException
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote, urlsplit

from botocore.httpsession import get_cert_path
from botocore.utils import get_environ_proxies
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager, ProxyManager, Timeout
from urllib3.connection import HTTPSConnection
from urllib3.exceptions import LocationParseError, ProtocolError, ProxySchemeUnknown

from aws_mfa.command_lines import unset_variable
from aws_mfa.errors import AwsUnreachable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from urllib3 import BaseHTTPResponse

    from aws_mfa.aws.endpoints import Endpoint
    from aws_mfa.config.settings import Given

CONNECT_TIMEOUT_S = 10.0
READ_TIMEOUT_S = 30.0
_LARGEST_ANSWER = 1024 * 1024
# The read time-out is for each piece: a server that sends one byte at a time would never reach it.
_LONGEST_ANSWER_S = 2 * READ_TIMEOUT_S
# STS allows 600 calls a second per account and region: with 50 ms per answer, 32 connections reach that. Further
# callers wait for a connection. Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
_MOST_CONNECTIONS = 32
# A connection idle for longer may be dead without our knowing (a suspended laptop, a firewall that dropped it), and
# the request that finds out would be the one with the code.
_LONGEST_QUIET_S = 60.0
_PAGE_BEGINNINGS = (b"<!doctype html", b"<html")


class HttpAnswer(NamedTuple):
    """An HTTP response. `date` is the server's clock (seconds since the epoch), None if it sent none."""

    status: int
    body: bytes
    date: float | None
    content_type: str

    @property
    def is_web_page(self) -> bool:
        """Whether this is HTML, such as a proxy's or a network's sign-in page."""
        beginning = self.body.lstrip()[:15].lower()
        return beginning.startswith(_PAGE_BEGINNINGS) or self.content_type.lower().startswith("text/html")


class NeverConnected(OSError):
    """The connection, a proxy's tunnel or the TLS handshake failed: no byte of the request was sent."""


class _TlsConnection(HTTPSConnection):
    """Separates a failed handshake (the code is unused) from a lost answer, which urllib3 reports alike."""

    def connect(self) -> None:
        try:
            super().connect()
        except (OSError, HTTPException) as error:  # HTTPException: the proxy does not answer in HTTP
            raise NeverConnected(*error.args) from error


class _TlsConnections(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


class AwsHttp:
    """Connections to AWS, shared by threads and services. `ca_bundle` is a file or folder; `ca_source` set it."""

    def __init__(
        self,
        *,
        ca_bundle: str | None = None,
        ca_source: str = "botocore",
        connect_timeout_s: float = CONNECT_TIMEOUT_S,
        read_timeout_s: float = READ_TIMEOUT_S,
    ) -> None:
        self._ca_bundle = ca_bundle
        self._ca_source = ca_source
        self._timeout = Timeout(connect=connect_timeout_s, read=read_timeout_s)
        self._tls: ssl.SSLContext | None = None
        self._managers: dict[str, PoolManager] = {}
        self._used_at = time.monotonic()
        self._lock = threading.Lock()

    @classmethod
    def from_environ(cls, environ: Mapping[str, str], configured: Given | None = None) -> AwsHttp:
        """Take the CA bundle from `AWS_CA_BUNDLE`, the config file, `REQUESTS_CA_BUNDLE`, in botocore's order."""
        found = [(environ.get(variable), variable) for variable in ("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE")]
        if configured is not None:
            found.insert(1, (configured.value, configured.source))
        for bundle, source in found:
            if bundle:
                return cls(ca_bundle=bundle, ca_source=source)
        return cls()

    def post(self, endpoint: Endpoint, headers: Mapping[str, str], body: bytes) -> HttpAnswer:
        """Send one request once and read the whole answer; raises urllib3's `HTTPError` and `AwsUnreachable`."""
        return self._answer("POST", endpoint, endpoint.url, headers, body)

    def get(self, endpoint: Endpoint, headers: Mapping[str, str], query: str) -> HttpAnswer:
        """Like `post`, with the query appended to the endpoint's URL."""
        return self._answer("GET", endpoint, f"{endpoint.url}?{query}", headers, None)

    def close(self) -> None:
        """Close the idle connections."""
        with self._lock:
            for manager in self._managers.values():
                manager.clear()
            self._managers.clear()

    def _answer(
        self, method: str, endpoint: Endpoint, url: str, headers: Mapping[str, str], body: bytes | None
    ) -> HttpAnswer:
        with self._lock:
            manager = self._manager(endpoint)
            if time.monotonic() - self._used_at > _LONGEST_QUIET_S:
                manager.clear()
            self._used_at = time.monotonic()
        response = manager.request(
            method, url, body=body, headers=headers, retries=False, redirect=False, preload_content=False
        )
        try:
            text = _bounded(response)
        except BaseException:
            response.close()
            raise
        finally:
            # A closed connection must be returned too: the pool has a fixed number of them.
            response.release_conn()
        return HttpAnswer(
            response.status,
            text,
            date=_moment(response.headers.get("Date", "")),
            content_type=response.headers.get("Content-Type", ""),
        )

    def _manager(self, endpoint: Endpoint) -> PoolManager:
        if endpoint.url in self._managers:
            return self._managers[endpoint.url]
        proxy = proxy_for(endpoint)
        needs_tls = any(url.lower().startswith("https:") for url in (endpoint.url, proxy or ""))
        tls = self._tls_context() if needs_tls else None
        options: dict[str, Any] = {"maxsize": _MOST_CONNECTIONS, "block": True, "timeout": self._timeout}
        try:
            if proxy:
                options |= {"proxy_url": proxy, "proxy_headers": _proxy_headers(proxy), "proxy_ssl_context": tls}
            manager = (ProxyManager if proxy else PoolManager)(ssl_context=tls, **options)
        except (LocationParseError, ProxySchemeUnknown, ValueError):
            # `from None`: the address may hold a password.
            raise AwsUnreachable(
                "the proxy's address is not a URL of the form http://HOST:PORT",
                "fix or unset HTTPS_PROXY (or HTTP_PROXY)",
            ) from None
        manager.pool_classes_by_scheme = {"http": HTTPConnectionPool, "https": _TlsConnections}
        self._managers[endpoint.url] = manager
        return manager

    def _tls_context(self) -> ssl.SSLContext:
        if self._tls is None:
            # urllib3 expands `~` for botocore; neither expands `$HOME`.
            bundle = os.path.expanduser(self._ca_bundle or get_cert_path(True))
            try:
                is_folder = os.path.isdir(bundle)
                self._tls = ssl.create_default_context(
                    cafile=None if is_folder else bundle, capath=bundle if is_folder else None
                )
            except OSError:
                place = f"setting: {unset_variable(self._ca_source)}" if self._ca_source.isupper() else "line"
                raise AwsUnreachable(
                    f"the CA certificates named by {self._ca_source} cannot be read: {bundle!a}",
                    f"name a PEM file, or remove the {place}",
                ) from None
            # Since 3.13 Python rejects certificates that many company CAs issue and botocore accepts.
            self._tls.verify_flags &= ~ssl.VERIFY_X509_STRICT
        return self._tls


def _bounded(response: BaseHTTPResponse) -> bytes:
    """Read the body without decompressing it: we request no compression, and a small body could expand without end."""
    text = b""
    ends_at = time.monotonic() + _LONGEST_ANSWER_S
    while chunk := response.read1(_LARGEST_ANSWER, decode_content=False):
        text += chunk
        if len(text) > _LARGEST_ANSWER or time.monotonic() > ends_at:
            raise ProtocolError("the answer is too long")
    return text


def _moment(date: str) -> float | None:
    try:
        moment = email.utils.parsedate_to_datetime(date)
        return moment.timestamp() if moment.tzinfo else None
    except (TypeError, ValueError, OverflowError):
        return None


def proxy_for(endpoint: Endpoint) -> str | None:
    """Return the proxy's URL for this endpoint, or None; never a proxy for this machine itself."""
    if endpoint.is_loopback:
        return None
    scheme = urlsplit(endpoint.url).scheme
    proxy: str | None = get_environ_proxies(endpoint.url).get(scheme)
    return proxy if not proxy or "://" in proxy else f"http://{proxy.lstrip('/')}"


def proxy_host(endpoint: Endpoint) -> str:
    """The proxy's host and port, for messages; "" without a proxy."""
    return urlsplit(proxy_for(endpoint) or "").netloc.rpartition("@")[2]


def _proxy_headers(proxy: str) -> dict[str, str]:
    """The header with user name and password; raises `ValueError` for a URL that is not a proxy's address."""
    if "@" in urlsplit(proxy)._replace(netloc="").geturl():
        raise ValueError("a password with an unescaped / or ?: its end reads as a path")
    address = urlsplit(proxy)
    if not address.hostname:
        raise ValueError("no host")
    if address.username is None:
        return {}
    pair = f"{unquote(address.username)}:{unquote(address.password or '')}"
    return {"Proxy-Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}

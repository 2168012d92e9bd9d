"""
The proxy on the way to AWS: found as botocore finds it, taken apart as urllib3 needs it.

Its address may hold a password: no message quotes it.
"""

from __future__ import annotations

import base64
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from botocore.utils import get_environ_proxies  # noqa: TID251  # the AWS room: proxies of environment and system
from urllib3.exceptions import LocationParseError, ProxySchemeUnknown

from aws_mfa.errors import AwsUnreachable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aws_mfa.rules.endpoints import Endpoint


def proxy_for(endpoint: Endpoint) -> str | None:
    """Return the proxy's URL for this endpoint, or None; this machine itself is never asked through one."""
    if endpoint.is_loopback:
        return None
    scheme = urlsplit(endpoint.url).scheme
    proxy: str | None = get_environ_proxies(endpoint.url).get(scheme)
    return proxy if not proxy or "://" in proxy else f"http://{proxy.lstrip('/')}"


def proxy_host(endpoint: Endpoint) -> str:
    """The proxy's host and port, for messages; "" where there is none."""
    return urlsplit(proxy_for(endpoint) or "").netloc.rpartition("@")[2]


def proxy_headers(proxy: str) -> dict[str, str]:
    """Name and password, as the proxy wants them; raises `ValueError` for what is no address of one."""
    if "@" in urlsplit(proxy)._replace(netloc="").geturl():
        raise ValueError("a password with an unescaped / or ?: its end reads as a path")
    address = urlsplit(proxy)
    if not address.hostname:
        raise ValueError("no host")
    if address.username is None:
        return {}
    pair = f"{unquote(address.username)}:{unquote(address.password or '')}"
    return {"Proxy-Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}


@contextmanager
def refused_address() -> Iterator[None]:
    """While inside, an address that is none is an `AwsUnreachable`."""
    try:
        yield
    except (LocationParseError, ProxySchemeUnknown, ValueError):
        # `from None`: it may hold a password.
        raise AwsUnreachable(
            "the proxy's address is not a URL of the form http://HOST:PORT",
            "mend or unset HTTPS_PROXY (or HTTP_PROXY)",
        ) from None

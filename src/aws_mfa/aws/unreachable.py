"""
No answer from AWS -> `AwsUnreachable`: name, route, proxy, certificate, time-out, a connection that was cut.

Tells "nothing was sent" (a code is still unused) from "the answer was lost" (it may be spent). Refuses to repeat
urllib3's texts: they hold addresses of objects, and a proxy's text may hold its password.
"""

from __future__ import annotations

import ssl
import time
from typing import TYPE_CHECKING

from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    NameResolutionError,
    NewConnectionError,
    ProtocolError,
    ProxyError,
    ReadTimeoutError,
    SSLError,
)

from aws_mfa.aws.http import NeverConnected, proxy_host
from aws_mfa.aws.refusals import spent_code_hints
from aws_mfa.command_lines import set_variables
from aws_mfa.errors import AnswerLost, AwsUnreachable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aws_mfa.aws.endpoints import Endpoint
    from aws_mfa.aws.http import HttpAnswer

_REDIRECTS = range(300, 400)
_PROXY_WANTS_PASSWORD = 407
_SERVER_ERROR = 500

_NOT_SENT = "the code was not sent: it is not spent"
_CHECK_NETWORK = "check the network, the VPN and HTTPS_PROXY"

# OpenSSL's error number (X509_V_ERR_...) -> what is wrong, and what to do; nothing: name the company's CA.
_CERTIFICATES = {
    9: ("is not valid yet", "check this machine's clock"),
    10: ("has expired", "check this machine's clock; if it is right, the answer is not from AWS"),
    18: ("is self-signed", ""),
    **dict.fromkeys((19, 20, 21), ("is signed by a CA that is not trusted", "")),
    **dict.fromkeys((62, 64), ("is for another host", "a proxy or a network's sign-in page answers instead of AWS")),
}


def nothing_was_sent(error: HTTPError) -> bool:
    """Whether the request never left this machine: urllib3 wraps `NeverConnected` in its own errors."""
    return any(isinstance(cause, NeverConnected) for cause in _chain(error))


def unreachable(error: HTTPError, endpoint: Endpoint, *, carried_code: bool) -> AwsUnreachable:
    """Return the failure for what urllib3 raised; raise it `from None`: urllib3's texts hold addresses."""
    host, causes = endpoint.host, list(_chain(error))
    certificate = next((cause for cause in causes if isinstance(cause, ssl.SSLCertVerificationError)), None)
    is_silent = nothing_was_sent(error) and any(isinstance(cause, TimeoutError) for cause in causes)
    hints: tuple[str, ...] = (_CHECK_NETWORK,)
    proxy = proxy_host(endpoint)
    way = f"{host} through the proxy {proxy}" if proxy else host
    if certificate is not None:
        other = (f"is not accepted: {certificate.verify_message}", "")
        trouble, hint = _CERTIFICATES.get(certificate.verify_code, other)
        name_ca = f"name its CA certificate: {set_variables(AWS_CA_BUNDLE='/path/to/ca.pem')}"
        hints = (hint or f"if your company inspects TLS, {name_ca}",)
        what = f"the certificate of {host} {trouble}"
    elif isinstance(error, ProxyError):
        what, hints = _proxy_trouble(error, proxy)
    elif isinstance(error, NameResolutionError):
        what, hints = f"the name {host} cannot be resolved", (_CHECK_NETWORK, "is the region's name right?")
    elif isinstance(error, NewConnectionError):
        # The operating system's text, such as `Connection refused`.
        words = (cause.strerror.lower() for cause in causes if isinstance(cause, OSError) and cause.strerror)
        what = f"no connection to {host}: {next(words, 'no route')}"
    elif isinstance(error, ConnectTimeoutError) or is_silent:
        what = f"no connection to {way}: it does not answer"
    elif nothing_was_sent(error):
        what = f"no TLS with {way}: the connection was cut, or the other side does not speak TLS"
    else:
        return _lost(error, host, carried_code=carried_code)
    return AwsUnreachable(what, *hints, *((_NOT_SENT,) if carried_code else ()))


def not_from_aws(
    answer: HttpAnswer, endpoint: Endpoint, *, carried_code: bool, refuses_by_page: bool = False
) -> AwsUnreachable | None:
    """The failure if a proxy or a sign-in page answered, else None. `refuses_by_page`: AWS refuses in HTML here."""
    if answer.status == _PROXY_WANTS_PASSWORD:
        what, hints = _proxy_wants_password(proxy_host(endpoint))
        return AwsUnreachable(what, *hints)
    is_page = answer.is_web_page and answer.status < (_REDIRECTS.start if refuses_by_page else _SERVER_ERROR)
    if not is_page and answer.status not in _REDIRECTS:
        return None
    return AwsUnreachable(
        f"the server at {endpoint.host} is not AWS: a web page or a redirect (HTTP {answer.status})",
        "sign in to the network in a browser, or check HTTPS_PROXY and the endpoint's URL",
        *spent_code_hints(time.time(), carried_code=carried_code),
    )


def _lost(error: HTTPError, host: str, *, carried_code: bool) -> AnswerLost:
    """Return the failure for a request that AWS may have received."""
    if isinstance(error, ReadTimeoutError):
        what = f"{host} received the request and did not answer in time"
    elif isinstance(error, ProtocolError):
        what = f"the connection to {host} was cut before the whole answer had arrived"
    elif isinstance(error, SSLError):
        what = f"the TLS connection to {host} failed before the whole answer had arrived"
    else:
        what = f"the request to {host} failed ({type(error).__name__})"
    hints = spent_code_hints(time.time(), carried_code=carried_code) or ("try again",)
    return AnswerLost(what, *hints, _CHECK_NETWORK)


def _proxy_trouble(error: ProxyError, proxy: str) -> tuple[str, tuple[str, ...]]:
    text, bypass = str(error.original_error), f"or bypass it: {set_variables(NO_PROXY='.amazonaws.com')}"
    if "Tunnel connection failed: 407" in text:  # the number on its own could be the proxy's port
        return _proxy_wants_password(proxy)
    if "Tunnel connection failed" in text:
        status = text.partition("Tunnel connection failed:")[2].strip()[:3]
        return f"the proxy {proxy} refuses the connection (HTTP {status})", ("ask its operator", bypass)
    return f"the proxy {proxy} cannot be reached", ("check HTTPS_PROXY", bypass)


def _proxy_wants_password(proxy: str) -> tuple[str, tuple[str, ...]]:
    return (
        f"the proxy {proxy} wants a user name and a password, or does not accept those given",
        (f"give them in its address: {set_variables(HTTPS_PROXY='http://USER:PASSWORD@HOST:PORT')}",),
    )


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an exception and those that it wraps: urllib3 keeps them as causes and as arguments."""
    while error is not None:
        yield error
        inner = [argument for argument in error.args if isinstance(argument, BaseException)]
        error = error.__cause__ or error.__context__ or (inner[0] if inner else None)

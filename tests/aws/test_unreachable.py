"""Networks that fail, proxies that refuse, certificates that do not fit: each ends in one line with a hint."""

from __future__ import annotations

import contextlib
import http.server
import os
import shutil
import socket
import socketserver
import ssl
import struct
import threading
import urllib.parse
from typing import ClassVar
from unittest import mock

import botocore.exceptions
import botocore.session  # the claim is that both read the same paths
import pytest
from urllib3.exceptions import HTTPError

from aws_mfa.aws.endpoints import sts_endpoint
from aws_mfa.aws.http import AwsHttp, proxy_for
from aws_mfa.aws.sts import AwsSts
from aws_mfa.command_lines import unset_variable
from aws_mfa.config.settings import Given
from aws_mfa.errors import AnswerLost, AwsFailed, AwsMfaError, AwsServerError, AwsUnreachable
from aws_mfa.model import LongTermKeys, Secret, SessionRequest
from aws_mfa_practice.aws import PracticeAws

pytest.importorskip("cryptography", reason="it makes the certificates")
from collections.abc import Iterator

from certificates import Authority

KEYS = LongTermKeys("AKIAEXAMPLE12345ABCD", Secret("secret"))
REQUEST = SessionRequest("arn:aws:iam::123456789012:mfa/ann", 3600)
HOST = "sts.practice.test"


def failure(url: str, http: AwsHttp | None = None) -> AwsMfaError:
    """What is raised for a call with a code."""
    http = http or AwsHttp(read_timeout_s=2)
    sts = AwsSts(sts_endpoint("us-east-1", {"AWS_ENDPOINT_URL_STS": url}), http)
    with contextlib.closing(http), pytest.raises(AwsMfaError) as failed:
        sts.get_session_token(KEYS, REQUEST, "123456")
    error = failed.value
    assert error.message.isprintable()
    assert len(error.message) < 200
    assert not error.message.endswith(".")
    assert error.hints
    assert error.__cause__ is None
    return error


def words(error: AwsMfaError) -> str:
    return "\n".join((error.message, *error.hints))


@contextlib.contextmanager
def serving(handler: type[socketserver.BaseRequestHandler]) -> Iterator[int]:
    """Run a server on loopback and give its port."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


def always(status: int, body: bytes, **headers: str) -> type[http.server.BaseHTTPRequestHandler]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", "0")))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            with contextlib.suppress(OSError):
                self.wfile.write(body)

        def do_CONNECT(self) -> None:
            self.do_POST()

        def log_message(self, *_: object) -> None:
            pass

    return Handler


def closed_port() -> int:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return int(unused.getsockname()[1])


# Network


UNKNOWN = socket.gaierror(socket.EAI_NONAME, "Name or service not known")


@pytest.mark.parametrize(
    ("step", "refusal", "url", "message"),
    [
        (None, None, "http://127.0.0.1:{port}", "no connection to 127.0.0.1: connection refused"),
        (
            "socket.getaddrinfo",
            UNKNOWN,
            "https://sts.x.amazonaws.com",
            "the name sts.x.amazonaws.com cannot be resolved",
        ),
        (
            "urllib3.util.connection.create_connection",
            TimeoutError(),
            "http://127.0.0.1:9",
            "no connection to 127.0.0.1: it does not answer",
        ),
    ],
)
def test_without_a_connection_the_code_is_not_spent(
    monkeypatch: pytest.MonkeyPatch, step: str | None, refusal: OSError | None, url: str, message: str
) -> None:
    url = url.format(port=closed_port())
    if step:
        monkeypatch.setattr(step, mock.Mock(side_effect=refusal))
    error = failure(url)
    assert (type(error), error.message) == (AwsUnreachable, message)
    assert "the code was not sent: it is not spent" in error.hints


# Answers that are not AWS's


@pytest.mark.parametrize(
    ("status", "body", "kind", "says"),
    [
        (200, b"<html><body>Log in</body></html>", AwsUnreachable, "is not AWS"),
        (200, b"", AwsFailed, "cannot be read"),
        (200, b"<GetSessionTokenResponse/>", AwsFailed, "cannot be read"),
        (200, b"<OtherResponse/>", AwsFailed, "cannot be read"),
        (200, b'{"json": 1}', AwsFailed, "cannot be read"),
        (200, b"<a>" * 400_000, AnswerLost, "cut"),
        (200, b'<!DOCTYPE a [<!ENTITY b "c">]><GetSessionTokenResponse/>', AwsFailed, "cannot be read"),
        (200, '<!DOCTYPE a [<!ENTITY b "c">]><GetSessionTokenResponse/>'.encode("utf-16"), AwsFailed, "cannot be read"),
        (200, b'<?xml version="1.0" encoding="nonsense"?><a/>', AwsFailed, "cannot be read"),
        (302, b"", AwsUnreachable, "is not AWS"),
        (403, b"<html>blocked by policy</html>", AwsUnreachable, "is not AWS"),
        (404, b"not found", AwsFailed, "cannot be read"),
        (407, b"", AwsUnreachable, "wants a user name"),
        (502, b"<html>bad gateway</html>", AwsServerError, "HTTP 502"),
        (503, b"", AwsServerError, "HTTP 503 without a reason"),
    ],
)
def test_an_answer_not_from_aws_is_recognised(status: int, body: bytes, kind: type[AwsMfaError], says: str) -> None:
    with serving(always(status, body, Location="http://portal.example")) as port:
        error = failure(f"http://127.0.0.1:{port}")
    assert type(error) is kind
    assert says in error.message


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"garbage\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nxx",
        b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nxx",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nxx",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\nxx",
        b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 200 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nA: " + b"b" * 100_000 + b"\r\n\r\n",
        b"HTTP/1.1 999 \xff\xfe\r\nDate: never\r\n\r\n",
        b"HTTP/1.1 403 No\r\nDate: Sun, 22 Nov 9999999 06:45:00 GMT\r\n\r\n<a><Code>\x1b</Code></a>",
        b"\x16\x03\x01\x02\x00\x01",
    ],
    ids=lambda raw: repr(raw[:40]),
)
def test_whatever_bytes_come_back_it_is_one_of_our_failures(raw: bytes) -> None:
    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            received = self.connection.recv(65536)
            while b"TokenCode" not in received:
                received += self.connection.recv(65536)
            with contextlib.suppress(OSError):
                self.wfile.write(raw)

    with serving(Handler) as port:
        error = failure(f"http://127.0.0.1:{port}")
    assert "code may be spent" in words(error)


# TLS


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(str(tmp_path_factory.mktemp("ca")))


def account_keys(aws: PracticeAws) -> LongTermKeys:
    keys = aws.account.add_user("ann").keys
    return LongTermKeys(keys.access_key_id, Secret(keys.secret_access_key))


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str | None, str | None]]:
    """The files and folders of certificates that are loaded."""
    loaded: list[tuple[str | None, str | None]] = []
    create = ssl.create_default_context

    def noted(*, cafile: str | None, capath: str | None) -> ssl.SSLContext:
        loaded.append((cafile, capath))
        return create(cafile=cafile, capath=capath)

    monkeypatch.setattr(ssl, "create_default_context", noted)
    return loaded


@pytest.mark.parametrize("variable", ["AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE"])
def test_a_ca_bundle_is_taken_from_the_environment_and_loaded_once(
    authority: Authority, loads: list[tuple[str | None, str | None]], variable: str
) -> None:
    http = AwsHttp.from_environ({variable: authority.bundle})
    with PracticeAws(ssl_context=authority.server_context()) as aws, contextlib.closing(http):
        keys = account_keys(aws)
        sts = AwsSts(sts_endpoint("us-east-1", {"AWS_ENDPOINT_URL": aws.url}), http)
        threads = [threading.Thread(target=sts.get_caller_identity, args=(keys,)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sum(record.status == 200 for record in aws.requests) == 4
    assert loads == [(authority.bundle, None)]


@pytest.mark.parametrize("source", ["AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "ca_bundle"])
@pytest.mark.parametrize(
    ("path", "is_trusted"), [("{}/ca.pem", True), ("~/ca.pem", True), ("$HOME/ca.pem", False), ("~/none.pem", False)]
)
def test_a_path_of_a_ca_bundle_means_what_it_means_to_botocore(
    authority: Authority, home: str, monkeypatch: pytest.MonkeyPatch, source: str, path: str, *, is_trusted: bool
) -> None:
    shutil.copy(authority.bundle, os.path.join(home, "ca.pem"))
    bundle, config = path.format(home), os.path.join(home, "config")
    with open(config, "w", encoding="utf-8") as file:
        file.write(f"[default]\nca_bundle = {bundle}\n" if source == "ca_bundle" else "")
    variables = {} if source == "ca_bundle" else {source: bundle}
    for name, value in {**variables, "AWS_CONFIG_FILE": config}.items():
        monkeypatch.setenv(name, value)
    with PracticeAws(ssl_context=authority.server_context()) as aws:
        keys = aws.account.add_user("ann").keys
        client = botocore.session.Session().create_client(
            *("sts", "us-east-1"), endpoint_url=aws.url,
            aws_access_key_id=keys.access_key_id, aws_secret_access_key=keys.secret_access_key,
        )  # fmt: skip
        with contextlib.nullcontext() if is_trusted else pytest.raises(botocore.exceptions.SSLError):
            client.get_caller_identity()
        given = None if variables else Given(bundle, "ca_bundle")
        sts = AwsSts(sts_endpoint("us-east-1", {"AWS_ENDPOINT_URL": aws.url}), AwsHttp.from_environ(variables, given))
        with contextlib.nullcontext() if is_trusted else pytest.raises(AwsUnreachable, match=f"by {source} cannot be"):
            sts.get_caller_identity(LongTermKeys(keys.access_key_id, Secret(keys.secret_access_key)))


def test_a_folder_of_certificates_is_taken_too(home: str, loads: list[tuple[str | None, str | None]]) -> None:
    os.mkdir(os.path.join(home, "certificates"))
    failure("https://127.0.0.1:1", AwsHttp.from_environ({"AWS_CA_BUNDLE": "~/certificates"}))
    assert loads == [(None, os.path.join(home, "certificates"))]


@pytest.mark.parametrize(
    ("named", "days", "is_known", "trouble", "hint"),
    [
        ("127.0.0.1", 1, False, "is signed by a CA that is not trusted", "AWS_CA_BUNDLE"),
        ("127.0.0.1", -1, True, "has expired", "clock"),
        ("127.0.0.2", 1, True, "is for another host", "a proxy"),
        ("sts.amazonaws.com", 1, True, "is for another host", "a proxy"),
    ],
)
def test_a_certificate_that_does_not_fit_is_explained_and_the_code_not_sent(
    authority: Authority, named: str, days: int, trouble: str, hint: str, *, is_known: bool
) -> None:
    with PracticeAws(ssl_context=authority.server_context(named, days=days)) as aws:
        error = failure(aws.url, AwsHttp(ca_bundle=authority.bundle) if is_known else None)
        assert aws.requests == []
    assert error.message == f"the certificate of 127.0.0.1 {trouble}"
    assert hint in error.hints[0]
    assert "the code was not sent: it is not spent" in error.hints


@pytest.mark.parametrize("scheme", ["https", "HTTPS"])
def test_the_ca_bundle_counts_however_the_scheme_is_written(authority: Authority, scheme: str) -> None:
    """Else urllib3 would search for certificates itself, and trust what the machine trusts."""
    http = AwsHttp(ca_bundle=authority.bundle)
    with PracticeAws(ssl_context=authority.server_context()) as aws, contextlib.closing(http):
        url = aws.url.replace("https", scheme)
        sts = AwsSts(sts_endpoint("us-east-1", {"AWS_ENDPOINT_URL": url}), http)
        assert sts.get_caller_identity(account_keys(aws)).arn.endswith(":user/ann")


@pytest.mark.parametrize(
    ("environ", "configured", "source"),
    [
        ({"AWS_CA_BUNDLE": "/a", "REQUESTS_CA_BUNDLE": "/r"}, "/c", "AWS_CA_BUNDLE"),
        ({"AWS_CA_BUNDLE": "", "REQUESTS_CA_BUNDLE": "/r"}, "/c", "ca_bundle in [work]"),
        ({"REQUESTS_CA_BUNDLE": "/r"}, None, "REQUESTS_CA_BUNDLE"),
    ],
)
def test_the_variable_of_aws_counts_then_the_config_then_that_of_requests(
    environ: dict[str, str], configured: str | None, source: str
) -> None:
    """The order is botocore's."""
    given = Given(configured, "ca_bundle in [work]") if configured else None
    error = failure("https://127.0.0.1:1", AwsHttp.from_environ(environ, given))
    assert error.message.startswith(f"the CA certificates named by {source} cannot be read")
    assert error.hints[0].endswith(f"unset {source}" if source.isupper() else "remove the line")


def test_tls_with_a_server_that_speaks_none(authority: Authority) -> None:
    with PracticeAws() as aws:
        error = failure(aws.url.replace("http:", "https:"), AwsHttp(ca_bundle=authority.bundle))
    assert error.message.startswith("no TLS with 127.0.0.1")


class Resets(socketserver.BaseRequestHandler):
    """Reads the first bytes of the handshake and cuts the connection."""

    def handle(self) -> None:
        self.request.recv(1)
        self.request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


class Silent(socketserver.BaseRequestHandler):
    """Reads and answers nothing until the client disconnects."""

    def handle(self) -> None:
        while self.request.recv(65536):
            pass


class Alerts(socketserver.BaseRequestHandler):
    """Ends the handshake with an alert, as a server does that has no certificate for this name."""

    def handle(self) -> None:
        self.request.recv(65536)
        self.request.sendall(b"\x15\x03\x03\x00\x02\x02\x70")


@pytest.mark.parametrize("handler", [Resets, Silent, Alerts, always(400, b"plain")])
def test_no_code_is_spent_before_tls(authority: Authority, handler: type[socketserver.BaseRequestHandler]) -> None:
    """The code is sent after the handshake: if that fails, the same code is still good."""
    with serving(handler) as port:
        http = AwsHttp(ca_bundle=authority.bundle, connect_timeout_s=0.3)
        error = failure(f"https://127.0.0.1:{port}", http)
    assert type(error) is AwsUnreachable
    assert "the code was not sent: it is not spent" in error.hints


def test_a_code_may_be_spent_after_the_tls_handshake(authority: Authority) -> None:
    context = authority.server_context()

    class ReadsAndCuts(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with context.wrap_socket(self.request, server_side=True) as tls:
                tls.recv(65536)

    with serving(ReadsAndCuts) as port:
        error = failure(f"https://127.0.0.1:{port}", AwsHttp(ca_bundle=authority.bundle))
    assert type(error) is AnswerLost
    assert "code may be spent" in words(error)


@pytest.mark.parametrize("content", [None, b"", b"not a certificate"])
def test_a_ca_bundle_that_cannot_be_read(tmp_path_factory: pytest.TempPathFactory, content: bytes | None) -> None:
    bundle = os.path.join(tmp_path_factory.mktemp("ca"), "ca.pem")
    if content is not None:
        with open(bundle, "wb") as file:
            file.write(content)
    error = failure("https://127.0.0.1:1", AwsHttp.from_environ({"AWS_CA_BUNDLE": bundle}))
    assert "CA certificates named by AWS_CA_BUNDLE cannot be read" in error.message
    assert unset_variable("AWS_CA_BUNDLE") in words(error)


def test_plain_http_on_this_machine_loads_no_certificates() -> None:
    http = AwsHttp(ca_bundle="/nowhere")
    with contextlib.closing(http), pytest.raises(HTTPError, match="refused"):
        http.post(sts_endpoint("us-east-1", {"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}), {}, b"")


# Proxies


class Proxy(http.server.BaseHTTPRequestHandler):
    """Connects every client with the right password to the practice AWS."""

    practice_port: ClassVar[int]
    wanted: ClassVar[str | None] = None
    asked: ClassVar[list[str]]

    def do_CONNECT(self) -> None:
        self.asked.append(self.path)
        if self.wanted and self.headers.get("Proxy-Authorization") != self.wanted:
            self.send_error(407)
            return
        self.send_response(200)
        self.end_headers()
        with socket.create_connection(("127.0.0.1", self.practice_port)) as there:
            back = threading.Thread(target=self.pass_on, args=(there, self.connection))
            back.start()
            self.pass_on(self.connection, there)
            back.join()
        self.close_connection = True

    @staticmethod
    def pass_on(source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while part := source.recv(65536):
                target.sendall(part)
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_WR)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def proxied(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[PracticeAws, type[Proxy]]]:
    with PracticeAws(ssl_context=authority.server_context(HOST)) as aws:

        class ThisProxy(Proxy):
            practice_port = urllib.parse.urlsplit(aws.url).port or 0
            asked: ClassVar[list[str]] = []

        with serving(ThisProxy) as port:
            monkeypatch.setenv("HTTPS_PROXY", f"http://ann:p%40ss@127.0.0.1:{port}")
            yield aws, ThisProxy


def test_a_proxy_with_its_password_is_used(proxied: tuple[PracticeAws, type[Proxy]], authority: Authority) -> None:
    aws, proxy = proxied
    proxy.wanted = "Basic YW5uOnBAc3M="
    http = AwsHttp(ca_bundle=authority.bundle)
    sts = AwsSts(sts_endpoint("us-east-1", {"AWS_ENDPOINT_URL": f"https://{HOST}"}), http)
    with contextlib.closing(http):
        keys = account_keys(aws)
        assert sts.get_caller_identity(keys).account == aws.account.account_id
        sts.get_caller_identity(keys)
    assert proxy.asked == [f"{HOST}:443"]


def test_a_proxy_that_wants_another_password(proxied: tuple[PracticeAws, type[Proxy]]) -> None:
    proxied[1].wanted = "Basic other"
    error = failure(f"https://{HOST}")
    assert "wants a user name and a password" in error.message
    assert "p%40ss" not in words(error)
    assert "the code was not sent: it is not spent" in error.hints


def test_a_proxy_that_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(always(403, b"no")) as port:
        monkeypatch.setenv("HTTPS_PROXY", f"127.0.0.1:{port}")
        error = failure(f"https://{HOST}")
    assert error.message == f"the proxy 127.0.0.1:{port} refuses the connection (HTTP 403)"


class SaysHello(socketserver.BaseRequestHandler):
    """Another kind of server, such as SSH's."""

    hello = b"SSH-2.0-OpenSSH_9.6\r\n"

    def handle(self) -> None:
        self.request.sendall(self.hello)
        self.request.recv(65536)


class SaysTooMuch(SaysHello):
    hello = b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n"


class HelloInATunnel(SaysHello):
    hello = b"HTTP/1.1 200 OK\r\n\r\nSSH-2.0-OpenSSH_9.6\r\n"


@pytest.mark.parametrize("handler", [SaysHello, SaysTooMuch, HelloInATunnel, Resets, Silent])
def test_a_code_is_not_sent_before_the_tunnel_of_a_proxy_stands(
    monkeypatch: pytest.MonkeyPatch, handler: type[socketserver.BaseRequestHandler]
) -> None:
    with serving(handler) as port:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{port}")
        error = failure(f"https://{HOST}", AwsHttp(connect_timeout_s=0.3))
    assert type(error) is AwsUnreachable
    assert f"{HOST} through the proxy 127.0.0.1:{port}" in error.message
    assert "the code was not sent: it is not spent" in error.hints


def test_a_proxy_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """Port 407 too: the number of an HTTP status may be a port."""
    for port in (closed_port(), 407):
        monkeypatch.setenv("HTTPS_PROXY", f"http://ann:secret@127.0.0.1:{port}")
        error = failure(f"https://{HOST}")
        assert error.message == f"the proxy 127.0.0.1:{port} cannot be reached"
        assert "secret" not in words(error)


@pytest.mark.parametrize("address", ["socks5://127.0.0.1:1", "http://[::1", "http://host:hunter2", "http://"])
def test_what_is_not_the_address_of_a_proxy_is_not_quoted(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setenv("HTTPS_PROXY", address)
    error = failure(f"https://{HOST}")
    assert "the proxy's address is not a URL" in error.message
    assert "hunter2" not in words(error)


def test_this_machine_and_no_proxy_hosts_are_asked_directly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("NO_PROXY", ".internal")
    endpoints = {
        url: proxy_for(sts_endpoint("us-east-1", {"AWS_ENDPOINT_URL": url}))
        for url in ("http://127.0.0.1:9", "https://sts.internal", "https://sts.amazonaws.com")
    }
    assert list(endpoints.values()) == [None, None, "http://127.0.0.1:1"]

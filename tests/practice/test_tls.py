"""With an `ssl_context` the practice AWS speaks TLS, and a client that does not speak it disturbs no other."""

from __future__ import annotations

import contextlib
import datetime as dt
import http.client
import ipaddress
import socket
import ssl
import time
from urllib.parse import urlsplit

import pytest

from aws_mfa_practice import PracticeAws
from practice.signing import HandSigned

pytest.importorskip("cryptography", reason="makes the certificate; only Linux keychains bring it")

from collections.abc import Iterator
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1 and its key, in one file, good for an hour."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "practice")])
    now = dt.datetime.now(dt.timezone.utc)
    until = now + dt.timedelta(hours=1)
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, until)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "practice.pem"
    plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, *plain) + signed.public_bytes(serialization.Encoding.PEM)
    )
    return path


@pytest.fixture
def secure_aws(certificate: Path) -> Iterator[PracticeAws]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with PracticeAws(ssl_context=context) as aws:
        yield aws


def ask(aws: PracticeAws, context: ssl.SSLContext) -> int:
    """The status of a GetCallerIdentity over TLS."""
    keys = aws.account.add_user(f"user-{len(aws.account.users)}").keys
    form = {"Action": "GetCallerIdentity", "Version": "2011-06-15"}
    request = HandSigned(keys.access_key_id, keys.secret_access_key, form, aws.clock()).sign(urlsplit(aws.url).netloc)
    connection = http.client.HTTPSConnection(urlsplit(aws.url).netloc, timeout=5, context=context)
    with contextlib.closing(connection):
        connection.request("POST", "/", request.body, request.headers)
        return connection.getresponse().status


def test_a_client_that_trusts_the_certificate_is_served(secure_aws: PracticeAws, certificate: Path) -> None:
    assert secure_aws.url.startswith("https://127.0.0.1:")
    assert ask(secure_aws, ssl.create_default_context(cafile=str(certificate))) == 200


def test_a_client_that_does_not_trust_it_disturbs_no_other(secure_aws: PracticeAws, certificate: Path) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        ask(secure_aws, ssl.create_default_context())
    assert ask(secure_aws, ssl.create_default_context(cafile=str(certificate))) == 200


def test_a_client_that_speaks_no_tls_is_dropped(secure_aws: PracticeAws) -> None:
    connection = http.client.HTTPConnection(urlsplit(secure_aws.url).netloc, timeout=5)
    with contextlib.closing(connection):
        connection.request("GET", "/")
        with pytest.raises((ConnectionError, http.client.BadStatusLine)):
            connection.getresponse()


def test_the_end_does_not_wait_for_an_unfinished_handshake(secure_aws: PracticeAws) -> None:
    port = urlsplit(secure_aws.url).port
    assert port is not None
    with socket.create_connection(("127.0.0.1", port), timeout=5) as silent:
        silent.sendall(b"\x16\x03")
        began = time.monotonic()
        secure_aws.stop()
        assert time.monotonic() - began < 2

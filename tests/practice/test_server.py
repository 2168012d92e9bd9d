"""The server stays on loopback, ends cleanly, bounds its clients, and remembers what they asked."""

from __future__ import annotations

import contextlib
import http.client
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from urllib.parse import urlsplit

import pytest

from aws_mfa_practice import PracticeAws, faults
from aws_mfa_practice.server import Handler, require_loopback
from practice.conftest import Connect
from practice.signing import HandSigned, send
from programs import wait_until


def identity(aws: PracticeAws) -> HandSigned:
    """A signed GetCallerIdentity of a new user."""
    keys = aws.account.add_user(f"user-{len(aws.account.users)}").keys
    form = {"Action": "GetCallerIdentity", "Version": "2011-06-15"}
    return HandSigned(keys.access_key_id, keys.secret_access_key, form, aws.clock()).sign(urlsplit(aws.url).netloc)


def raw_connection(aws: PracticeAws) -> socket.socket:
    """A connection on which nothing has been sent."""
    port = urlsplit(aws.url).port
    assert port is not None
    return socket.create_connection(("127.0.0.1", port), timeout=5)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.1", "::ffff:127.0.0.1", "localhost", "", "127.1"])
def test_any_address_but_loopback_is_refused(host: str) -> None:
    """A name is refused too: who knows what it resolves to."""
    with pytest.raises(ValueError, match="serves loopback addresses only"):
        PracticeAws(host=host)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "127.255.255.254", "::1"])
def test_all_of_127_and_the_ipv6_loopback_are_loopback(host: str) -> None:
    require_loopback(host)


def test_ipv6_loopback_serves_where_there_is_one() -> None:
    try:
        aws = PracticeAws(host="::1")
    except OSError:
        # A machine without IPv6 cannot: then the address was at least not refused as foreign.
        return
    with aws:
        assert aws.url.startswith("http://[::1]:")
        assert send(aws.url, identity(aws)).status == 200


def test_nothing_is_left_after_the_end() -> None:
    """Idle, half-sent and waiting connections included; and it does not take their time-outs to end."""
    before = threading.active_count()
    with contextlib.ExitStack() as clients:
        with PracticeAws(latency_s=60) as aws:
            clients.enter_context(raw_connection(aws))
            clients.enter_context(raw_connection(aws)).sendall(b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nhalf")
            waiting = http.client.HTTPConnection(urlsplit(aws.url).netloc, timeout=5)
            clients.callback(waiting.close)
            request = identity(aws)
            waiting.request("POST", "/", request.body, request.headers)
            wait_until(lambda: aws.requests)
            began = time.monotonic()
        assert time.monotonic() - began < 2
        assert threading.active_count() == before
        with pytest.raises(ConnectionRefusedError):
            raw_connection(aws)


def test_stopping_twice_is_stopping_once() -> None:
    with PracticeAws() as aws:
        aws.stop()


def test_a_connection_is_kept_for_many_requests(aws: PracticeAws) -> None:
    request = identity(aws)
    connection = http.client.HTTPConnection(urlsplit(aws.url).netloc, timeout=5)
    with contextlib.closing(connection):
        addresses = set()
        for _ in range(3):
            connection.request("POST", "/", request.body, request.headers)
            assert connection.getresponse().read().startswith(b"<GetCallerIdentityResponse")
            addresses.add(connection.sock.getsockname())
    assert len(addresses) == 1


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"POST / HTTP/1.1\r\nContent-Length: 1048577\r\n\r\n", 413),
        (b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 411),
        (b"POST / HTTP/1.1\r\n\r\n", 411),
        (b"POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 411),
        (b"PUT / HTTP/1.1\r\n\r\n", 501),
    ],
)
def test_requests_out_of_bounds_are_refused_unread(aws: PracticeAws, head: bytes, status: int) -> None:
    with raw_connection(aws) as connection:
        connection.sendall(head)
        assert connection.recv(4096).startswith(b"HTTP/1.1 %d " % status)
    assert aws.requests == []


@pytest.mark.parametrize("said", [b"", b"POST / HT", b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nhalf"])
def test_a_client_that_falls_silent_is_dropped(aws: PracticeAws, monkeypatch: pytest.MonkeyPatch, said: bytes) -> None:
    monkeypatch.setattr(Handler, "timeout", 0.05)
    with raw_connection(aws) as connection:
        connection.sendall(said)
        assert connection.recv(1) == b""
    assert aws.requests == []


def test_a_client_that_closes_disturbs_no_other(aws: PracticeAws) -> None:
    aws.faults.add(faults.ANY, faults.slow(0.05))
    request = identity(aws)
    connection = http.client.HTTPConnection(urlsplit(aws.url).netloc, timeout=5)
    connection.request("POST", "/", request.body, request.headers)
    connection.close()
    assert send(aws.url, request).status == 200


def test_every_request_is_remembered_even_a_refused_one(aws: PracticeAws, connect: Connect) -> None:
    ann = aws.account.add_user("ann")
    phone = ann.add_device()
    sts = connect(ann.keys, region="eu-central-1")
    sts.get_session_token(SerialNumber=phone.serial, TokenCode=phone.code())
    request = identity(aws)
    request.body += b"&a=b"
    send(aws.url, request)
    good, bad = aws.requests
    assert (good.action, good.access_key_id, good.region) == ("GetSessionToken", ann.keys.access_key_id, "eu-central-1")
    assert (good.code, good.status, good.error_code, good.at) == (phone.code(), 200, None, aws.clock())
    assert good.user_agent is not None
    assert "Boto3" in good.user_agent
    assert (bad.status, bad.error_code, bad.access_key_id) == (403, "SignatureDoesNotMatch", request.access_key_id)


def test_latency_can_be_changed_while_serving(aws: PracticeAws) -> None:
    request = identity(aws)
    aws.latency_s = 0.1
    began = time.monotonic()
    send(aws.url, request)
    assert time.monotonic() - began >= aws.latency_s


def test_two_instances_know_nothing_of_each_other(aws: PracticeAws) -> None:
    with PracticeAws() as other:
        reply = send(other.url, identity(aws))
    assert "<Code>InvalidClientTokenId</Code>" in reply.body


@pytest.mark.real
@pytest.mark.skipif(sys.platform == "win32", reason="there Ctrl-C cannot be sent to only one process")
def test_the_module_serves_until_ctrl_c_and_ends_quietly() -> None:
    """Its lines make a shell use nothing of the user's; no key gets into the environment of programs."""
    command = [sys.executable, "-m", "aws_mfa_practice"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        lines = "".join(iter(process.stdout.readline, "Serving until Ctrl-C.\n"))
        process.stdin.write("\n")
        process.stdin.flush()
        code = process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, talk = process.communicate(timeout=10)
    assert (process.returncode, talk) == (0, "")
    exports = re.findall(r"(\w+)=", "".join(line for line in lines.splitlines() if line.startswith("export")))
    assert exports == ["HOME", "AWS_ENDPOINT_URL", "AWS_MFA_VAULT", "AWS_MFA_SESSION_STORE", "PATH"]
    assert re.findall(r"\[profile (\S+)\]", lines) == ["dev", "prod", "prod-admin"]
    assert re.fullmatch(r"\d{6}  \(\d+ s left\)\n", code)

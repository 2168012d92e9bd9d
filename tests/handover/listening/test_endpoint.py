"""The endpoint over real sockets: which requests are answered or refused, and that clients cannot block others."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import pathlib
import socket
import stat
import sys
import threading
import time
from collections.abc import Iterator, Mapping

import pytest

from aws_mfa.errors import BadInput, NotSetUp
from aws_mfa.handover.listening import connection, endpoint
from aws_mfa.handover.listening.endpoint import LocalEndpoint
from aws_mfa.handover.listening.token_file import TokenFile, remove_leftovers
from aws_mfa.model import Secret
from aws_mfa.sessions.container import ServedSession
from fakes import NOW, a_session
from programs import SOURCE, output_of
from users_and_modes import NOBODY, as_root

HOST = "127.0.0.1"
CORE_LIMITS = """
import os, resource, sys
from aws_mfa.system.child import ChildProcess
from aws_mfa.handover.listening.endpoint import LocalEndpoint
LIMIT = "import resource; print(resource.getrlimit(resource.RLIMIT_CORE)[0])"
hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
resource.setrlimit(resource.RLIMIT_CORE, (2048, hard))
print("before", resource.getrlimit(resource.RLIMIT_CORE)[0], flush=True)
with LocalEndpoint(sys.argv[1], 0, lambda: 0.0):
    print("child", flush=True)
    ChildProcess().run([sys.executable, "-c", LIMIT], os.environ)
    print("serving", resource.getrlimit(resource.RLIMIT_CORE)[0])
"""


class Client:
    """Asks an open endpoint; `now` is its clock."""

    def __init__(self, folder: str) -> None:
        self.now = NOW
        self.endpoint = LocalEndpoint(folder, 0, lambda: self.now)
        self.port = int(self.endpoint.url_of("").rpartition(":")[2].rstrip("/"))

    @property
    def token(self) -> str:
        with open(self.endpoint.token_file, encoding="ascii") as file:
            return file.read()

    def request(self, *more: str) -> bytes:
        """A good request for `work`, with more header lines."""
        headers = [f"{name}: {value}" for name, value in self.good_headers.items()]
        return "\r\n".join(["GET /work HTTP/1.1", *headers, *more, "\r\n"]).encode()

    @property
    def good_headers(self) -> dict[str, str]:
        return {"Host": f"{HOST}:{self.port}", "Authorization": self.token}

    def ask(
        self, path: str = "/work", headers: Mapping[str, str | None] | None = None, method: str = "GET"
    ) -> tuple[int, dict[str, str]]:
        """Status and body; a header of None is left out."""
        merged = {**self.good_headers, **(headers or {})}
        lines = [f"{name}: {value}" for name, value in merged.items() if value is not None]
        answer = self.send("\r\n".join([f"{method} {path} HTTP/1.1", *lines, "Connection: close", "\r\n"]).encode())
        head, _, body = answer.partition(b"\r\n\r\n")
        return int(head.split()[1]), json.loads(body)

    def send(self, data: bytes) -> bytes:
        """All bytes that come back until the endpoint closes the connection."""
        with self.connected() as client:
            with contextlib.suppress(OSError):
                client.sendall(data)
            return _all_of(client)

    def connected(self) -> socket.socket:
        return socket.create_connection((HOST, self.port), timeout=10)


def _all_of(client: socket.socket) -> bytes:
    data = b""
    with contextlib.suppress(ConnectionResetError):  # it closed the connection before it read everything
        while part := client.recv(65536):
            data += part
    return data


@pytest.fixture
def folder(tmp_path: pathlib.Path) -> str:
    path = tmp_path / "servers"
    path.mkdir(mode=0o700)
    return str(path)


@pytest.fixture
def most(monkeypatch: pytest.MonkeyPatch) -> int:
    """The limit of connections, lower than usual: not every system gives the tests descriptors for both ends."""
    monkeypatch.setattr(endpoint, "MOST_CONNECTIONS", 48)
    return endpoint.MOST_CONNECTIONS


@pytest.fixture
def client(folder: str) -> Iterator[Client]:
    client = Client(folder)
    with client.endpoint:
        client.endpoint.hand_out("work", ServedSession("work", a_session(lasts_s=3600)))
        yield client


def test_a_request_with_the_token_gets_the_session(client: Client) -> None:
    status, document = client.ask()
    assert status == 200
    assert document == {
        "AccessKeyId": "ASIAINVENTED00000001",
        "SecretAccessKey": "session/secret",
        "Token": "session/token==",
        "Expiration": "2026-11-22T07:03:19Z",
    }


def test_no_answer_may_be_stored_and_no_version_is_sent(client: Client) -> None:
    with contextlib.closing(http.client.HTTPConnection(HOST, client.port, timeout=10)) as asking:
        asking.request("GET", "/work", headers=client.good_headers)
        answer = asking.getresponse()
        answer.read()
    assert answer.getheader("Cache-Control") == "no-store"
    assert answer.getheader("Server") == "aws-mfa"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        *(({"Authorization": token}, 401) for token in (None, "", "x" * 43, "caf\u00e9")),
        *(({"Host": host}, 403) for host in ("evil.example", "127.0.0.1", "127.0.0.1:1", None)),
        *(({"Origin": origin}, 403) for origin in ("http://127.0.0.1", "null")),
        ({"Sec-Fetch-Site": "same-origin"}, 403),
        *(({"Content-Length": "1"}, 413), ({"Transfer-Encoding": "chunked"}, 413), ({"Expect": "100-continue"}, 413)),
    ],
)
def test_a_request_that_is_not_right_is_refused_without_naming_profiles(
    client: Client, headers: dict[str, str | None], status: int
) -> None:
    got, document = client.ask(headers=headers)
    assert got == status
    assert sorted(document) == ["code", "message"]
    assert "work" not in json.dumps(document)


def test_a_header_given_twice_counts_as_wrong(client: Client) -> None:
    assert b" 401 " in client.send(client.request(f"Authorization: {client.token}"))


@pytest.mark.parametrize("method", ["POST", "HEAD", "OPTIONS", "PUT", "NONSENSE"])
def test_only_get_is_answered(client: Client, method: str) -> None:
    assert client.ask(method=method)[0] == 405


def test_the_name_localhost_is_accepted(client: Client) -> None:
    assert client.ask(headers={"Host": f"LocalHost:{client.port}"})[0] == 200


def test_the_refusal_of_another_path_names_those_that_are_served(client: Client) -> None:
    status, document = client.ask("/other")
    assert (status, document["code"]) == (404, "NoSuchProfile")
    assert "/work" in document["message"]


def test_one_connection_takes_many_requests_and_gets_the_latest_session(client: Client) -> None:
    with contextlib.closing(http.client.HTTPConnection(HOST, client.port, timeout=10)) as asking:
        for lasts_s, status in ((3600, 200), (-1, 503), (60, 200)):
            client.endpoint.hand_out("work", ServedSession("work", a_session(lasts_s=lasts_s)))
            asking.request("GET", "/work", headers=client.good_headers)
            answer = asking.getresponse()
            answer.read()
            assert answer.status == status


def test_pipelined_requests_are_answered_in_order(client: Client) -> None:
    answer = client.send(client.request() + client.request("Connection: close"))
    assert answer.count(b"HTTP/1.1 200 ") == 2


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"GET /work HTTP/1.1\r\nX: " + b"x" * 9000 + b"\r\n\r\n", b"431"),
        (b"G" * 9000, b"431"),
        (b"nonsense\r\n\r\n", b"400"),
        (b"GET /work HTTP/9.9\r\n\r\n", b"505"),
        (b"\x16\x03\x01\x02\x00 \x01 \xff\r\n\r\n", b"400"),
    ],
)
def test_what_is_too_large_or_not_a_request_is_refused(client: Client, data: bytes, status: bytes) -> None:
    answer = client.send(data)
    assert answer.startswith(b"HTTP/1.1 " + status)
    assert b"\xff" not in answer
    assert client.ask()[0] == 200


def test_a_slow_client_is_disconnected_even_while_it_sends(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "READ_LIMIT_S", 0.3)
    began = time.monotonic()
    with client.connected() as slow:
        with contextlib.suppress(OSError):
            while time.monotonic() - began < 5:
                slow.sendall(b"G")
                time.sleep(0.05)
        assert time.monotonic() - began < 4


def test_a_flood_of_quiet_connections_does_not_block_others(client: Client, most: int) -> None:
    with contextlib.ExitStack() as stack:
        flood = [stack.enter_context(client.connected()) for _ in range(most + 20)]
        assert client.ask()[0] == 200
        assert len(client.endpoint._clients) <= most
        flood[0].settimeout(connection.READ_LIMIT_S / 2)
        assert _all_of(flood[0]) == b""


def test_a_flood_that_reconnects_at_once_does_not_block_others(client: Client, most: int) -> None:
    """Any local user can do this: three times the limit, without the token, each reconnected when it is closed."""
    over, has_reconnected = threading.Event(), threading.Event()

    def flood() -> None:
        with contextlib.ExitStack() as stack:
            idle = [stack.enter_context(client.connected()) for _ in range(most * 3)]
            for one in idle:
                one.setblocking(False)
            while not over.wait(0.01):
                for place, one in enumerate(idle):
                    with contextlib.suppress(BlockingIOError, ConnectionResetError):
                        one.recv(1)
                        one.close()
                        idle[place] = stack.enter_context(client.connected())
                        idle[place].setblocking(False)
                        has_reconnected.set()

    flooding = threading.Thread(target=flood)
    flooding.start()
    try:
        assert has_reconnected.wait(10)
        for _ in range(3):
            began = time.monotonic()
            assert client.ask()[0] == 200
            assert time.monotonic() - began < endpoint.LEAST_QUIET_S
    finally:
        over.set()
        flooding.join()


@pytest.mark.parametrize("pause_s", [0.0, 0.01])
def test_many_at_once_are_all_answered(client: Client, most: int, pause_s: float) -> None:
    """Also those whose request comes a moment after the connection, when many others have connected."""
    request = client.request("Connection: close")
    with contextlib.ExitStack() as stack:
        asking = [stack.enter_context(client.connected()) for _ in range(most + 40)]
        time.sleep(pause_s)
        for one in asking:
            one.sendall(request)
        answers = [_all_of(one) for one in asking]
    assert {answer[:15] for answer in answers} == {b"HTTP/1.1 200 OK"}


def test_the_end_does_not_wait_for_a_connection(folder: str, most: int) -> None:
    client = Client(folder)
    with contextlib.ExitStack() as stack:
        with client.endpoint:
            for _ in range(most + 5):
                stack.enter_context(client.connected())
            began = time.monotonic()
        assert time.monotonic() - began < endpoint.LEAST_QUIET_S


def test_without_a_free_thread_clients_are_answered_one_by_one(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    start, refusals = threading.Thread.start, [1, 2, 3]

    def refuse(thread: threading.Thread) -> None:
        if refusals:
            refusals.pop()
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", refuse)
    for _ in range(3):
        assert client.ask()[0] == 200
    assert refusals == []


def test_a_client_that_has_an_answer_counts_as_active(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise the next connections, opened at once, could close the one that has just been used."""
    arrived: list[bytes] = []
    looked = threading.Event()
    with client.connected() as asking:

        def look(_: LocalEndpoint, connection: socket.socket) -> None:
            asking.settimeout(0.3)
            with contextlib.suppress(TimeoutError):
                arrived.append(asking.recv(1))
            looked.set()

        monkeypatch.setattr(LocalEndpoint, "_is_active", look)
        asking.sendall(client.request("Connection: close"))
        assert looked.wait(10)
        asking.settimeout(10)
        assert b" 200 " in _all_of(asking)
    assert arrived == []


@pytest.mark.skipif(sys.platform == "win32", reason="limits of POSIX")
def test_the_server_writes_no_core_file_and_a_child_keeps_its_limit(folder: str) -> None:
    printed = output_of([sys.executable, "-c", CORE_LIMITS, folder], {**os.environ, **SOURCE})
    assert printed.split() == ["before", "2048", "child", "2048", "serving", "0"]


@as_root
def test_the_token_of_root_in_a_users_folder_is_the_users(tmp_path: pathlib.Path) -> None:
    os.chown(tmp_path, NOBODY, NOBODY)
    with TokenFile(str(tmp_path), Secret("token")) as file:
        found = os.stat(file.path)
        assert (found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode)) == (NOBODY, NOBODY, 0o600)
    assert os.listdir(tmp_path) == []


def test_a_connection_in_use_is_not_the_one_closed(client: Client, most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "READ_LIMIT_S", 60.0)  # a slow machine must not close a connection
    with contextlib.ExitStack() as stack:
        asking = stack.enter_context(contextlib.closing(http.client.HTTPConnection(HOST, client.port, timeout=10)))
        asking.connect()
        in_use = asking.sock
        for more in (most - 2, 20, 20):
            for _ in range(more):
                stack.enter_context(client.connected())
            assert client.ask()[0] == 200  # the endpoint has accepted all connections before this one
            asking.request("GET", "/work", headers=client.good_headers)
            assert asking.getresponse().read()
        assert asking.sock is in_use


def test_the_token_is_in_a_private_file_and_long_enough(client: Client) -> None:
    found = os.stat(client.endpoint.token_file)
    if os.name != "nt":
        assert stat.S_IMODE(found.st_mode) == 0o600
    assert len(client.token) == 43  # 256 bits in base64
    assert client.token == client.token.strip()


def test_nothing_is_left_at_the_end(folder: str) -> None:
    client = Client(folder)
    with client.endpoint, client.connected():
        assert len(os.listdir(folder)) == 1
    assert os.listdir(folder) == []
    with pytest.raises(OSError, match="refused"):
        client.connected()


def test_a_port_that_is_taken_is_named_and_no_token_is_left(client: Client, folder: str) -> None:
    with pytest.raises(BadInput, match=f"port {client.port} of 127.0.0.1 cannot be used"):
        LocalEndpoint(folder, client.port, lambda: NOW)
    assert len(os.listdir(folder)) == 1


def test_a_folder_that_takes_no_file_is_a_failure_and_the_port_is_free_again(folder: str) -> None:
    client = Client(os.path.join(folder, "absent"))
    with pytest.raises(NotSetUp, match="cannot write"), client.endpoint:
        pass
    with pytest.raises(OSError, match="refused"):
        client.connected()


@pytest.mark.skipif(os.name == "nt", reason="Windows does not remove an open file")
def test_files_of_killed_servers_are_removed_and_those_in_use_stay(client: Client, folder: str) -> None:
    left = os.path.join(folder, "endpoint-0123456789abcdef.token")
    foreign = os.path.join(folder, "session-work.txt")
    for path in (left, foreign):
        with open(path, "w", encoding="ascii") as file:
            file.write("x")
    for path in (left, foreign, client.endpoint.token_file):
        os.utime(path, (1, 1))
    remove_leftovers(folder)
    assert sorted(os.listdir(folder)) == sorted([os.path.basename(client.endpoint.token_file), "session-work.txt"])


def test_a_file_that_was_just_made_is_not_taken_for_a_leftover(folder: str) -> None:
    with open(os.path.join(folder, "endpoint-0123456789abcdef.token"), "w", encoding="ascii"):
        pass
    remove_leftovers(folder)
    assert len(os.listdir(folder)) == 1
    absent = os.path.join(folder, "absent")
    remove_leftovers(absent)
    assert not os.path.exists(absent)

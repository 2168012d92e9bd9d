"""`credential-process --from PATH [NAME]`: what it prints, whom it refuses to believe, and that it never hangs."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from aws_mfa import errors
from aws_mfa.cli import start
from aws_mfa.cli.fast import from_socket
from aws_mfa.cli.main import main
from aws_mfa.model import Secret, Session
from aws_mfa.sessions.container import ServedSession
from aws_mfa.sessions.entry import document_of
from aws_mfa.system import unix_sockets
from fakes import a_session
from programs import start_program
from users_and_modes import ENVIRONMENT, NOBODY, as_root

if sys.platform == "win32":
    pytest.skip("Windows has no Unix sockets in Python", allow_module_level=True)

from aws_mfa.handover.listening.unix_socket import SocketEndpoint

NOW = 1795330000.0  # before `a_session` ends
SERVER_OF_NOBODY = """
import os, socket, sys
path, uid, owner = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
os.umask(0)
os.setegid(uid), os.seteuid(uid)
listener = socket.socket(socket.AF_UNIX)
listener.bind(path)
listener.listen()
os.seteuid(0)
os.chown(path, owner, owner)
os.setuid(uid)
print("ready", flush=True)
while True:
    connection, _ = listener.accept()
    connection.sendall(b"HTTP/1.1 200 OK\\r\\n\\r\\n" + sys.argv[4].encode())
    connection.close()
"""
BODY = json.dumps(
    {"AccessKeyId": "ASIAOFANOTHER0000001", "SecretAccessKey": "s", "Token": "t", "Expiration": "2036-11-22T07:03:19Z"}
)


@pytest.fixture
def path() -> Iterator[str]:
    """A short one: the path of a socket has about a hundred bytes at most."""
    with tempfile.TemporaryDirectory(prefix="s") as folder:
        yield os.path.join(folder, "socket")


@pytest.fixture
def endpoint(path: str) -> Iterator[SocketEndpoint]:
    with SocketEndpoint(path, lambda: NOW) as endpoint:
        endpoint.hand_out("work", ServedSession("work", a_session()))
        yield endpoint


def asked(*words: str) -> str | None:
    """The fast path's text."""
    return start._fast_text(["credential-process", *words])


def full(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    """The full path: exit code, stdout and stderr."""
    code = main(["credential-process", *words])
    printed = capsys.readouterr()
    return code, printed.out, printed.err


@contextlib.contextmanager
def answering(path: str, answer: Callable[[socket.socket], object]) -> Iterator[None]:
    """A listener of this user that behaves in its own way, once for each connection."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()
        listener.settimeout(0.02)
        over = threading.Event()

        def serve() -> None:
            while not over.is_set():
                with contextlib.suppress(TimeoutError):
                    connection, _ = listener.accept()
                    with connection:
                        answer(connection)

        thread = threading.Thread(target=serve)
        thread.start()
        yield
        over.set()
        thread.join()


@pytest.mark.parametrize("words", [[], ["work"]], ids=["without a name", "with it"])
def test_it_prints_the_document_of_the_session(
    endpoint: SocketEndpoint, path: str, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    document = f"{document_of(a_session())}\n"
    assert asked("--from", path, *words) == document
    for given in (["--from", path, *words], [f"--from={path}", *words], [*words, "--from", path]):
        assert full(capsys, *given) == (0, document, "")


@pytest.mark.parametrize("name", ["two words", "\u00fc/../x", "a%20b?c#d", "arn:aws:iam::123456789012:role/x"])
def test_every_name_arrives_unchanged(path: str, name: str) -> None:
    with SocketEndpoint(path, lambda: NOW) as endpoint:
        for one in (name, "other"):
            endpoint.hand_out(one, ServedSession(one, a_session()))
        assert asked("--from", path, name) == f"{document_of(a_session())}\n"


def test_of_several_profiles_one_must_be_named(
    endpoint: SocketEndpoint, path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    endpoint.hand_out("prod", ServedSession("prod", a_session()))
    hint = f"name one of work, prod: aws-mfa credential-process --from {path} NAME"
    assert full(capsys, "--from", path) == (2, "", f"aws-mfa: several profiles are served at {path}; {hint}\n")
    assert full(capsys, "--from", path, "dev") == (2, "", f"aws-mfa: profile 'dev' is not served at {path}; {hint}\n")
    assert asked("--from", path) is None


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        (errors.NeedsHuman("it needs an MFA code", "in a terminal: aws-mfa renew work"), 4),
        (errors.UnknownKey("AWS does not know the key"), 5),
        (errors.AwsUnreachable("no network"), 6),
        (None, 6),
    ],
    ids=lambda one: type(one).__name__,
)
def test_when_the_session_is_over_the_servers_reason_is_given_with_its_exit_code(
    endpoint: SocketEndpoint,
    path: str,
    capsys: pytest.CaptureFixture[str],
    failure: errors.AwsMfaError | None,
    code: int,
) -> None:
    endpoint.hand_out("work", ServedSession("work", Session("A", Secret("s"), Secret("t"), NOW - 60), failure))
    exit_code, out, said = full(capsys, "--from", path)
    assert (exit_code, out, said.count("\n")) == (code, "", 1)
    assert "the session of profile 'work' ended at" in said
    assert all(text in said for text in ([failure.message, *failure.hints] if failure else []))


def test_where_nobody_listens_it_says_what_to_start(path: str, capsys: pytest.CaptureFixture[str]) -> None:
    said = f"aws-mfa: nobody listens at {path}; start it on the host: aws-mfa serve PROFILE --socket PATH\n"
    assert full(capsys, "--from", path, "work") == (6, "", said)
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(path)
    assert full(capsys, "--from", path, "work") == (6, "", said)


@pytest.mark.parametrize("make", [os.mkdir, os.mkfifo, lambda path: os.symlink(os.devnull, path)])
def test_what_is_not_a_socket_is_not_opened(
    path: str, capsys: pytest.CaptureFixture[str], make: Callable[[str], object]
) -> None:
    make(path)
    code, out, said = full(capsys, "--from", path)
    assert (code, out) == (2, "")
    assert said.startswith(f"aws-mfa: {path} is not a socket; ")


@as_root
@pytest.mark.parametrize(
    ("uid", "owner", "whose"),
    [(NOBODY, NOBODY, "the socket"), (NOBODY, 0, "the process that listens"), (1234, 0, "the process that listens")],
)
def test_another_users_socket_or_server_is_not_believed(
    path: str, capsys: pytest.CaptureFixture[str], uid: int, owner: int, whose: str
) -> None:
    os.chmod(os.path.dirname(path), 0o777)
    command = [sys.executable, "-c", SERVER_OF_NOBODY, path, str(uid), str(owner), BODY]
    with start_program(command, ENVIRONMENT) as server:
        try:
            assert server.stdout is not None
            assert server.stdout.readline() == "ready\n"
            assert asked("--from", path) is None
            code, out, said = full(capsys, "--from", path)
        finally:
            server.kill()
            server.communicate()
    assert (code, out) == (6, "")
    assert said.startswith(f"aws-mfa: {whose} at {path} is of another user (id {uid}) than this process: ")


def drip(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while True:
            connection.sendall(b"x")
            time.sleep(0.02)


def keep_quiet(connection: socket.socket) -> None:
    connection.recv(1000)
    connection.recv(1000)  # until the client has given up


@pytest.mark.parametrize("answer", [drip, keep_quiet])
def test_it_never_hangs_and_nobody_waits_twice(
    path: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    answer: Callable[[socket.socket], object],
) -> None:
    monkeypatch.setattr(from_socket, "_TIME_LIMIT_S", 0.3)
    began = time.monotonic()
    with answering(path, answer):
        assert asked("--from", path) is None
        monkeypatch.setattr(from_socket, "_TIME_LIMIT_S", 60)
        code, _, said = full(capsys, "--from", path)
    assert (code, time.monotonic() - began < 5) == (6, True)
    assert f"the server at {path} did not answer within 0.3 s" in said


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "was closed without an answer"),
        (b"HTTP/1.1 200 OK\r\n\r\n", "is not a session"),
        (f"HTTP/1.1 200 OK\r\n\r\n{BODY[:100]}".encode(), "is not a session"),
        (f"HTTP/1.1 200 OK\r\n\r\n{BODY.replace('2036', 'soon')}".encode(), "is not a session"),
        (f"HTTP/1.1 200 OK\r\n\r\n{BODY.replace('s', chr(92) + 'n')}".encode(), "is not a session"),
        (f"HTTP/1.1 200 OK\r\n\r\n{BODY.replace('Token', 'token')}".encode(), "is not a session"),
        (b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 300_000, "is not a session"),
        (b"SSH-2.0-OpenSSH\r\n", "something else than a session"),
        (b'HTTP/1.1 503 X\r\n\r\n["a"]', "something else than a session"),
        (b'HTTP/1.1 503 X\r\n\r\n{"message": "a\\nb", "exit": 99}', r"a\nb"),
        (b"\xff\x00" * 50, "something else than a session"),
    ],
)
def test_an_answer_that_is_none_is_one_line_and_no_document(
    path: str, capsys: pytest.CaptureFixture[str], data: bytes, said: str
) -> None:
    def answer(connection: socket.socket) -> None:
        connection.recv(1000)
        with contextlib.suppress(OSError):
            connection.sendall(data)

    with answering(path, answer):
        assert asked("--from", path) is None
        code, out, printed = full(capsys, "--from", path)
    assert (code, out, printed.count("\n")) == (6, "", 1)
    assert said in printed


@pytest.mark.parametrize(
    "words",
    [["--no-input"], ["--vault", "age"], ["--token", "123456"], ["--policy-arn", "arn:aws:iam::aws:policy/A"]],
    ids=lambda words: words[0],
)
def test_the_server_decides_so_other_flags_contradict(
    path: str, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    code, out, said = full(capsys, "--from", path, *words)
    assert (code, out) == (2, "")
    assert f"--from and {words[0]} contradict each other; give {words[0]} to aws-mfa serve" in said


def test_without_it_a_profile_must_be_given(capsys: pytest.CaptureFixture[str]) -> None:
    said = "aws-mfa: whose session? PROFILE is missing; aws-mfa credential-process PROFILE\n"
    assert full(capsys) == (2, "", said)


@pytest.mark.parametrize("words", [["--from"], ["--from", ""], ["--from", "-x"], ["--from", "a", "b", "c"]])
def test_the_fast_path_leaves_other_spellings_to_the_full_one(words: list[str]) -> None:
    assert asked(*words) is None


def test_on_windows_it_says_so(path: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unix_sockets, "HAS_SOCKETS", False)
    code, _, said = full(capsys, "--from", path)
    assert (code, "no unix sockets on Windows" in said) == (2, True)


def test_an_agent_is_refused_what_is_served_for_people_only(
    endpoint: SocketEndpoint, path: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint.hand_out("work", ServedSession("work", a_session(), None, "agents get less of work"))
    assert asked("--from", path) is not None
    monkeypatch.setenv("CLAUDECODE", "1")
    assert full(capsys, "--from", path) == (5, "", "aws-mfa: agents get less of work\n")
    monkeypatch.setenv("AWS_MFA_AGENT", "off")
    assert asked("--from", path) is not None
    endpoint.hand_out("work", ServedSession("work", a_session()))
    monkeypatch.setenv("AWS_MFA_AGENT", "ci")
    assert asked("--from", path) is not None

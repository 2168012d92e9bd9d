"""The endpoint at a unix socket: who may connect, what at the path is replaced, and what is left at the end."""

from __future__ import annotations

import contextlib
import os
import pathlib
import socket
import stat
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from aws_mfa.cli.fast.from_socket import answer_from
from aws_mfa.errors import BadInput, Unreachable
from aws_mfa.sessions.container import ServedSession
from aws_mfa.system import unix_sockets
from aws_mfa.system.unix_sockets import LONGEST_PATH, bind_privately, is_this_user
from fakes import NOW, a_session
from users_and_modes import NOBODY, as_root, run_python

if sys.platform == "win32":
    pytest.skip("Windows has no Unix sockets in Python", allow_module_level=True)

from aws_mfa.handover.listening import unix_socket
from aws_mfa.handover.listening.unix_socket import SocketEndpoint

ASKED_BY_NOBODY = """
import os, socket, sys
os.setuid(int(sys.argv[2]))
with socket.socket(socket.AF_UNIX) as asking:
    asking.settimeout(10)
    asking.connect(sys.argv[1])
    try:
        asking.sendall(b"GET /work HTTP/1.1\\r\\nConnection: close\\r\\n\\r\\n")
        print(asking.recv(1000))
    except (BrokenPipeError, ConnectionResetError):
        print(b"")
"""


@pytest.fixture
def folder() -> Iterator[str]:
    """A short one: the path of a socket has about a hundred bytes at most."""
    with tempfile.TemporaryDirectory(prefix="s") as folder:
        yield folder


@pytest.fixture
def path(folder: str) -> str:
    return os.path.join(folder, "socket")


def endpoint_at(path: str, *profiles: str) -> SocketEndpoint:
    endpoint = SocketEndpoint(path, lambda: NOW)
    for name in profiles or ("work",):
        endpoint.hand_out(name, ServedSession(name, a_session(lasts_s=3600)))
    return endpoint


def dead_socket(path: str) -> None:
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(path)


def test_it_answers_this_user_without_a_token_and_leaves_nothing(folder: str, path: str) -> None:
    with endpoint_at(path):
        assert os.listdir(folder) == ["socket"]
        status, body = answer_from(path, "work")
        assert (status, "session/secret" in body) == ("200", True)
    assert os.listdir(folder) == []


@pytest.mark.parametrize("mask", [0, 0o077])
def test_the_mode_is_0600_when_the_file_appears(path: str, mask: int) -> None:
    before = os.umask(mask)
    try:
        with socket.socket(socket.AF_UNIX) as listener:
            bind_privately(listener, path)
            assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    finally:
        os.umask(before)


def test_nobody_can_connect_before_the_mode_is_right(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []

    def look(listener: socket.socket, address: str) -> None:
        bind_privately(listener, address)
        seen.append(stat.S_IMODE(os.stat(address).st_mode))
        with socket.socket(socket.AF_UNIX) as asking, pytest.raises(ConnectionRefusedError):
            asking.connect(address)

    monkeypatch.setattr(unix_socket, "bind_privately", look)
    with endpoint_at(path):
        assert seen == [0o600]


@as_root
def test_another_user_gets_no_answer(folder: str, path: str) -> None:
    """Even where the modes would let them connect."""
    with endpoint_at(path):
        os.chmod(folder, 0o755)
        os.chmod(path, 0o666)
        assert run_python(ASKED_BY_NOBODY, path, str(NOBODY)).stdout == "b''\n"
        assert "200 OK" in run_python(ASKED_BY_NOBODY, path, "0").stdout
        assert answer_from(path)[0] == "200"


def test_the_id_that_stands_for_unknown_users_is_never_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: NOBODY)
    assert not is_this_user(NOBODY)


def test_a_client_that_left_at_once_ends_nothing(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(_: object) -> int:
        raise OSError(57, "Socket is not connected")  # as macOS says

    with endpoint_at(path):
        with monkeypatch.context() as patched:
            patched.setattr(unix_socket, "user_at_other_end", gone)
            with pytest.raises(Unreachable, match=r"closed without an answer|cannot use the socket"):
                answer_from(path)
        assert answer_from(path)[0] == "200"


def test_a_socket_at_which_nobody_listens_is_replaced(path: str) -> None:
    dead_socket(path)
    with endpoint_at(path):
        assert answer_from(path)[0] == "200"


def busy(path: str, stack: contextlib.ExitStack) -> None:
    """It listens, and accepts nothing: its backlog is full."""
    listener, *waiting = (stack.enter_context(socket.socket(socket.AF_UNIX)) for _ in range(4))
    listener.bind(path)
    listener.listen(0)
    for one in waiting:
        one.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            one.connect(path)


def link_to_dead(path: str, _: contextlib.ExitStack) -> None:
    dead_socket(f"{path}.other")
    os.symlink(f"{path}.other", path)


THERE: dict[str, tuple[Callable[[str, contextlib.ExitStack], object], str]] = {
    "live": (lambda path, stack: stack.enter_context(endpoint_at(path)), "another process serves"),
    "busy": (busy, "another process serves"),
    "datagrams": (
        lambda path, stack: stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)).bind(path),
        "another process serves",
    ),
    "file": (lambda path, _: pathlib.Path(path).write_text("kept", encoding="ascii"), "is not a socket"),
    "folder": (lambda path, _: os.mkdir(path), "is not a socket"),
    "pipe": (lambda path, _: os.mkfifo(path), "is not a socket"),
    "link to a dead socket": (link_to_dead, "is not a socket"),
    "dangling link": (lambda path, _: os.symlink("nowhere", path), "is not a socket"),
}


@pytest.mark.parametrize("there", THERE)
def test_whatever_else_is_there_stays(path: str, there: str) -> None:
    make, said = THERE[there]
    with contextlib.ExitStack() as stack:
        make(path, stack)
        before = os.lstat(path)
        with pytest.raises(BadInput, match=said) as refused:
            endpoint_at(path)
        assert refused.value.hints[0].endswith("--socket PATH")
        after = os.lstat(path)
        assert (before.st_ino, before.st_mtime_ns, before.st_size) == (after.st_ino, after.st_mtime_ns, after.st_size)


@as_root
def test_a_dead_socket_of_another_user_stays(path: str) -> None:
    dead_socket(path)
    os.chown(path, NOBODY, NOBODY)
    with pytest.raises(BadInput, match="of another user"):
        endpoint_at(path)
    assert os.path.exists(path)


def test_what_took_the_place_meanwhile_is_not_replaced(path: str) -> None:
    """The first look is before the question for a code; the second counts."""
    late = endpoint_at(path)
    with endpoint_at(path, "first"):
        with pytest.raises(BadInput, match="another process serves"), late:
            pass
        assert answer_from(path, "first")[0] == "200"


@pytest.mark.parametrize("leaves", [False, True], ids=["nothing there", "a dead socket there"])
def test_of_many_servers_that_start_at_once_exactly_one_wins(path: str, leaves: bool) -> None:  # noqa: FBT001
    together = threading.Barrier(6)

    def outcome(endpoint: SocketEndpoint) -> str:
        together.wait(20)
        try:
            with endpoint:
                together.wait(20)
                return "won"
        except BadInput as error:
            together.wait(20)
            return error.message

    for _ in range(10):
        if leaves:
            dead_socket(path)
        endpoints = [endpoint_at(path) for _ in range(together.parties)]
        with ThreadPoolExecutor(together.parties) as pool:
            outcomes = sorted(pool.map(outcome, endpoints))
        assert outcomes == [*[f"another process serves at {path}"] * (together.parties - 1), "won"]
        assert not os.path.exists(path)


def test_what_another_put_in_its_place_is_left_at_the_end(path: str) -> None:
    began = time.monotonic()
    with endpoint_at(path):
        os.unlink(path)
        pathlib.Path(path).touch()
    assert os.path.exists(path)
    assert time.monotonic() - began < 3


@pytest.mark.parametrize("mode", [0o777, 0o1777, 0o707])
def test_a_folder_where_others_can_write_is_refused(folder: str, path: str, mode: int) -> None:
    os.chmod(folder, mode)
    with pytest.raises(BadInput, match="other users could put a socket of theirs"):
        endpoint_at(path)


@as_root
def test_a_folder_of_another_user_is_refused(folder: str, path: str) -> None:
    os.chown(folder, NOBODY, NOBODY)
    with pytest.raises(BadInput, match="other users could put"):
        endpoint_at(path)


def test_a_folder_that_is_not_there_is_named_with_the_command(folder: str) -> None:
    with pytest.raises(BadInput, match="cannot open the folder") as refused:
        endpoint_at(os.path.join(folder, "absent", "socket"))
    assert refused.value.hints == (f"make it: mkdir -p -m 700 {folder}/absent",)


def test_a_path_that_no_socket_can_have_is_refused_and_the_longest_works(folder: str) -> None:
    longest = os.path.join(folder, "x" * (LONGEST_PATH - len(folder) - 1))
    with endpoint_at(longest):
        assert answer_from(longest)[0] == "200"
    for use in (endpoint_at, answer_from):
        with pytest.raises(BadInput, match=f"{LONGEST_PATH} bytes at most"):
            use(f"{longest}x")


def test_a_folder_that_another_holds_locked_is_not_waited_for_without_end(
    path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unix_socket, "_LOCK_LIMIT_S", 0.1)
    with unix_socket._locked_folder_of(path), pytest.raises(BadInput, match="holds a lock on"):
        endpoint_at(path)
    with endpoint_at(path):
        pass


def test_a_system_that_makes_no_socket_there_is_reported(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(30, "Read-only file system")

    endpoint = endpoint_at(path)
    monkeypatch.setattr(unix_socket, "bind_privately", refuse)
    with pytest.raises(BadInput, match=f"cannot make {path}: Read-only file system"), endpoint:
        pass


def test_on_windows_it_says_so(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unix_sockets, "HAS_SOCKETS", False)
    with pytest.raises(BadInput, match="no unix sockets on Windows"):
        endpoint_at(path)


def test_a_folder_above_that_other_users_can_write_is_refused_also_behind_a_link(folder: str) -> None:
    opened, inner, link = (os.path.join(folder, name) for name in ("o", "o/mine", "link"))
    os.makedirs(inner, 0o700)
    os.chmod(opened, 0o777)
    os.symlink(inner, link)
    for path in (f"{inner}/s", f"{link}/s"):
        with pytest.raises(BadInput, match=f"--socket: in {os.path.realpath(opened)} other users could put"):
            endpoint_at(path)
    os.chmod(opened, 0o1777)
    with endpoint_at(f"{inner}/s", "work"):
        assert answer_from(f"{inner}/s", "work")[0] == "200"

"""`aws-mfa serve --socket`, and real SDKs that ask it from a home without keys: beside it, in a sandbox, over ssh."""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator

import pytest

from aws_mfa_practice.account import Role
from classic_stage import ClassicStage, Ended
from needs import ROOT
from programs import SOURCE, run_program, start_program, wait_until
from real_clients import REAL_CLIENTS, RealClient
from scenarios.test_serve import MovedClock, moved_clock, role

__all__ = ["moved_clock", "role"]  # fixtures

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(os.name == "nt", reason="Windows has no Unix sockets in Python"),
]
PROGRAMS = os.path.join(ROOT, ".venv", "bin")


class Server:
    """A running `aws-mfa serve --socket`, and what it printed."""

    def __init__(self, process: subprocess.Popen[str], path: str, config: str) -> None:
        self.process = process
        self.path = path
        self.config = config

    def end(self, number: int = signal.SIGTERM) -> tuple[int, str]:
        """Send the signal; exit code and what was said on stderr."""
        self.process.send_signal(number)
        _, said = self.process.communicate(timeout=20)
        return self.process.returncode, said


@pytest.fixture
def path() -> Iterator[str]:
    """A short one: the path of a socket has about a hundred bytes at most."""
    with tempfile.TemporaryDirectory(prefix="s") as folder:
        yield os.path.join(folder, "socket")


@contextlib.contextmanager
def serving(stage: ClassicStage, path: str, *argv: str, prefix: list[str] | None = None) -> Iterator[Server]:
    """Run it without a terminal; the code is an argument."""
    words = ["serve", *(argv or ("admin", "ann")), "--socket", path]
    count = sum(not word.startswith("-") for word in words[1:-2])
    command = [*(prefix or stage.command()), *words, "--token", stage.code()]
    with start_program(command, stage.environ) as process:
        try:
            assert process.stdout is not None
            lines: list[str] = []
            while sum(line.startswith("region") for line in lines) < count:
                lines.append(process.stdout.readline())
                assert lines[-1], process.communicate()[1]
            yield Server(process, path, "".join(lines))
        finally:
            if process.poll() is None:
                process.terminate()
            process.communicate(timeout=20)


class FarHome:
    """A home that has nothing of AWS but the lines that `serve --socket` printed."""

    def __init__(self, folder: str, config: str) -> None:
        self.environ = {"HOME": folder, "PATH": f"{PROGRAMS}:{os.environ['PATH']}", **SOURCE}
        os.makedirs(os.path.join(folder, ".aws"))
        with open(os.path.join(folder, ".aws", "config"), "w", encoding="utf-8") as file:
            file.write(config)

    def ask(self, *words: str) -> Ended:
        done = run_program(["aws-mfa", "credential-process", "--from", *words], self.environ)
        return Ended(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def far(tmp_path: pathlib.Path) -> str:
    return str(tmp_path / "far")


@pytest.fixture
def server(stage: ClassicStage, role: Role, path: str) -> Iterator[Server]:
    with serving(stage, path) as server:
        yield server


def test_it_prints_the_config_of_the_other_side(server: Server) -> None:
    assert server.config == "".join(
        f"[profile {name}]\ncredential_process = aws-mfa credential-process --from {server.path} {name}\n"
        "region = eu-west-1\n"
        for name in ("admin", "ann")
    )


@pytest.mark.parametrize("client", REAL_CLIENTS, ids=lambda one: type(one).__name__)
def test_a_real_client_with_these_lines_is_who_the_profile_says(
    stage: ClassicStage, server: Server, far: str, client: RealClient
) -> None:
    home = FarHome(far, server.config)
    assert ":assumed-role/Admin/" in client.caller_arn("admin", home.environ, stage.aws.url)
    assert client.caller_arn("ann", home.environ, stage.aws.url) == stage.ann.arn


def test_the_client_writes_nothing_and_the_server_opens_no_port(server: Server, far: str) -> None:
    home = FarHome(far, "")
    assert json.loads(home.ask(server.path, "admin").out)["Version"] == 1
    assert os.listdir(far) == [".aws"]
    assert os.listdir(os.path.join(far, ".aws")) == ["config"]
    assert os.listdir(os.path.dirname(server.path)) == ["socket"]
    if sys.platform == "linux":
        descriptors = f"/proc/{server.process.pid}/fd"
        opened = {os.readlink(f"{descriptors}/{fd}") for fd in os.listdir(descriptors)}
        with open(f"/proc/{server.process.pid}/net/tcp", encoding="ascii") as table:
            listening = [line.split() for line in table if line.split()[3] == "0A"]
        assert [columns for columns in listening if f"socket:[{columns[9]}]" in opened] == []


@pytest.mark.parametrize(
    "name", ["SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT", "SIGABRT", "SIGUSR1", "SIGUSR2", "SIGALRM", "SIGXCPU"]
)
def test_however_it_is_ended_the_socket_is_gone(server: Server, name: str) -> None:
    number = getattr(signal, name)
    assert os.path.exists(server.path)
    code, said = server.end(number)
    assert (code, said.splitlines()[-1]) == (128 + number, "no longer serving")
    assert not os.path.exists(server.path)


def test_a_killed_server_leaves_a_dead_socket_and_the_next_one_replaces_it(
    stage: ClassicStage, server: Server, far: str
) -> None:
    home = FarHome(far, server.config)
    server.end(signal.SIGKILL)
    ended = home.ask(server.path, "admin")
    said = (
        f"aws-mfa: nobody listens at {server.path}; start it on the host: aws-mfa serve admin --socket {server.path}\n"
    )
    assert (ended.code, ended.out, ended.err) == (6, "", said)
    with serving(stage, server.path):
        assert home.ask(server.path, "admin").code == 0


def test_a_path_that_cannot_be_used_is_refused_before_a_code_is_asked_for(
    stage: ClassicStage, role: Role, server: Server
) -> None:
    before, file = stage.sent(), f"{server.path}.file"
    stage.write("kept", file)
    for path, what in ((server.path, "another process serves at"), (file, "is not a socket"), ("/", "is not a socket")):
        ended = stage.run("serve", "admin", "--min-remaining", "1h", "--socket", path, "--no-input")
        assert (ended.code, what in ended.err) == (2, True), ended
    assert stage.read(file) == "kept"
    assert stage.sent() == before


@pytest.mark.parametrize("flags", [["--port", "4711"], ["--shell", "sh"], ["--shell", "bash"]])
def test_other_ways_of_serving_contradict_it(stage: ClassicStage, role: Role, path: str, flags: list[str]) -> None:
    ended = stage.run("serve", "admin", "--socket", path, *flags)
    assert (ended.code, "contradict each other" in ended.err) == (2, True), ended


def test_as_json_it_is_the_same_line(stage: ClassicStage, role: Role, path: str) -> None:
    command = stage.command("serve", "admin", "--socket", path, "--shell", "json", "--token", stage.code())
    with start_program(command, stage.environ) as process:
        assert process.stdout is not None
        out = "".join(iter(process.stdout.readline, "}\n")) + "}"
        process.terminate()
        process.communicate(timeout=20)
    line = f"aws-mfa credential-process --from {path} admin"
    assert json.loads(out) == {"version": 1, "profiles": {"admin": {"credential_process": line}}}


def test_the_server_is_asked_for_the_code_and_the_client_says_so(
    stage: ClassicStage, role: Role, path: str, far: str, moved_clock: MovedClock
) -> None:
    stage.write(stage.read(stage.config).replace("mfa_serial", "duration_seconds = 900\nmfa_serial", 1), stage.config)
    with serving(stage, path, "ann", "--no-input", prefix=moved_clock.command):
        home = FarHome(far, "")
        assert home.ask(path).code == 0
        moved_clock.forward(910)
        wait_until(lambda: home.ask(path).code == 4)
        ended = home.ask(path)
    assert (ended.out, ended.err.count("\n")) == ("", 1)
    assert "the session of profile 'ann' ended at" in ended.err
    assert "in a terminal: aws-mfa renew" in ended.err

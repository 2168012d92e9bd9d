"""`aws-mfa serve --socket`, and real SDKs that ask it from a home without keys: beside it, in a sandbox, over ssh."""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import shlex
import signal
import socket
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator

import pytest
from typing_extensions import Self

from aws_mfa_practice.account import Role
from classic_stage import ClassicStage, Ended
from needs import BUILD, ROOT, built, needs
from programs import SOURCE, output_of, run_program, start_program, wait_until
from real_clients import JAVASCRIPT_SCRIPT, REAL_CLIENTS, RealClient
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
    said = f"aws-mfa: nobody listens at {server.path}; start it on the host: aws-mfa serve PROFILE --socket PATH\n"
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


def bubblewrap(folder: str, config: str, *flags: str) -> list[str]:
    """A sandbox with the system, this project and its Python, to read; a home with `config`; the socket's folder."""
    needs("bwrap")
    readable = ["/usr", "/etc", ROOT, os.path.realpath(BUILD), sys.base_prefix]
    links = [word for name in ("bin", "lib", "lib64") for word in ("--symlink", f"usr/{name}", f"/{name}")]
    return [
        *("bwrap", "--unshare-all", "--share-net", "--die-with-parent", "--proc", "/proc", "--dev", "/dev"),
        *links, *(word for path in readable for word in ("--ro-bind", path, path)),
        *("--dir", "/home/agent/.aws", "--ro-bind", config, "/home/agent/.aws/config"),
        *("--setenv", "HOME", "/home/agent", "--ro-bind", folder, "/run/aws", *flags, "--"),
    ]  # fmt: skip


@pytest.fixture
def config(server: Server, tmp_path: pathlib.Path) -> str:
    """The printed lines in a file, for a socket that is elsewhere in the sandbox."""
    path = tmp_path / "config"
    path.write_text(server.config.replace(server.path, "/run/aws/socket"), encoding="utf-8")
    return str(path)


def in_sandbox(words: list[str], url: str) -> str:
    variables = {"AWS_ENDPOINT_URL_STS": url, "AWS_PROFILE": "admin", "AWS_EC2_METADATA_DISABLED": "true"}
    return output_of(words, {"PATH": f"{PROGRAMS}:{os.environ['PATH']}", **SOURCE, **variables}).strip()


@pytest.mark.parametrize("flags", [(), ("--uid", "1234", "--gid", "1234")], ids=["same id", "another id inside"])
def test_boto3_in_a_sandbox_without_keys_is_who_the_profile_says(
    stage: ClassicStage, server: Server, config: str, flags: tuple[str, ...]
) -> None:
    """With another id inside, this user's processes still have that one there, on both ends of the socket."""
    sandbox = bubblewrap(os.path.dirname(server.path), config, *flags)
    assert in_sandbox([*sandbox, "sh", "-c", "id -u; ls -A ~/.aws; ls /home"], "").split()[1:] == ["config", "agent"]
    script = 'import boto3; print(boto3.client("sts").get_caller_identity()["Arn"])'
    assert ":assumed-role/Admin/" in in_sandbox([*sandbox, "python", "-c", script], stage.aws.url)


def test_the_javascript_sdk_in_a_sandbox_is_who_the_profile_says(
    stage: ClassicStage, server: Server, config: str
) -> None:
    needs("node")
    modules = os.path.dirname(built("js", "node_modules"))
    sandbox = bubblewrap(os.path.dirname(server.path), config, "--chdir", os.path.realpath(modules))
    words = [*sandbox, "node", "--no-warnings", "-e", JAVASCRIPT_SCRIPT]
    assert ":assumed-role/Admin/" in in_sandbox(words, stage.aws.url)


def test_a_sandbox_outlives_its_server_if_it_has_the_folder(stage: ClassicStage, server: Server, config: str) -> None:
    asking = "while read line; do aws-mfa credential-process --from /run/aws/socket ann; echo $?; done"
    words = [*bubblewrap(os.path.dirname(server.path), config), "sh", "-c", asking]
    with start_program(words, {"PATH": f"{PROGRAMS}:{os.environ['PATH']}", **SOURCE}, stdin=subprocess.PIPE) as sandbox:
        first = _line_for(sandbox), _line_for(sandbox, write=False)
        server.end(signal.SIGKILL)
        dead = _line_for(sandbox)
        with serving(stage, server.path):
            last = _line_for(sandbox), _line_for(sandbox, write=False)
        sandbox.communicate()
    assert '"SessionToken"' in first[0]
    assert (first[1], dead, last[1]) == ("0\n", "6\n", "0\n")


def _line_for(program: subprocess.Popen[str], *, write: bool = True) -> str:
    assert program.stdin is not None
    assert program.stdout is not None
    if write:
        program.stdin.write("\n")
        program.stdin.flush()
    return program.stdout.readline()


class Sshd:
    """An sshd on loopback with keys of its own; `command` runs a program there as this user."""

    def __init__(self, folder: str) -> None:
        needs("ssh", "ssh-keygen", "/usr/sbin/sshd")
        self._folder = folder
        for name in ("host", "user"):
            output_of(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", f"{folder}/{name}"], os.environ)
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        settings = {
            "ListenAddress": f"127.0.0.1:{self.port}", "HostKey": f"{folder}/host", "PidFile": "none", "UsePAM": "no",
            "AuthorizedKeysFile": f"{folder}/user.pub", "StrictModes": "no", "StreamLocalBindUnlink": "yes",
        }  # fmt: skip
        with open(f"{folder}/sshd_config", "w", encoding="ascii") as file:
            file.writelines(f"{name} {value}\n" for name, value in settings.items())
        if os.geteuid() == 0:
            os.makedirs("/run/sshd", mode=0o755, exist_ok=True)

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            ["/usr/sbin/sshd", "-D", "-e", "-f", f"{self._folder}/sshd_config"], stderr=subprocess.DEVNULL
        )
        wait_until(self._listens)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(20)

    def _listens(self) -> bool:
        with contextlib.suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", self.port)):
            return True
        return False

    def command(self, *flags: str) -> list[str]:
        options = ("BatchMode=yes", "StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "LogLevel=ERROR")
        words = ["ssh", "-F", "none", "-i", f"{self._folder}/user", "-p", str(self.port)]
        return [*words, *(word for option in options for word in ("-o", option)), *flags, "127.0.0.1"]


def test_over_ssh_the_far_side_gets_sessions_while_it_is_connected(
    stage: ClassicStage, server: Server, path: str, far: str, tmp_path: pathlib.Path
) -> None:
    remote = f"{path}.far"
    home = FarHome(far, server.config.replace(path, remote))
    script = 'import boto3; print(boto3.Session(profile_name="admin").client("sts").get_caller_identity()["Arn"])'
    variables = {**home.environ, "AWS_ENDPOINT_URL_STS": stage.aws.url}
    words = ["env", *(f"{name}={value}" for name, value in variables.items()), sys.executable, "-c", script]
    with Sshd(str(tmp_path)) as sshd:
        for _ in range(2):  # the second finds the socket of the first, which sshd leaves
            said = output_of([*sshd.command("-R", f"{remote}:{path}"), shlex.join(words)], os.environ)
            assert ":assumed-role/Admin/" in said
            assert (stat.S_IMODE(os.stat(remote).st_mode), home.ask(remote, "admin").code) == (0o600, 6)
        server.end()
        ask = shlex.join([*words[: 1 + len(variables)], "aws-mfa", "credential-process", "--from", remote])
        ended = run_program([*sshd.command("-R", f"{remote}:{path}"), ask], os.environ)
    assert (ended.returncode, ended.stdout) == (6, "")
    assert f"the connection to {remote} was closed without an answer; start it on the host" in ended.stderr

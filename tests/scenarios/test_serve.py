"""`aws-mfa serve` as a user runs it, and real SDKs that ask it for their sessions."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Generator, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from aws_mfa.handover.environment import ENDPOINT
from aws_mfa_practice.account import Role
from classic_stage import ClassicStage, section
from needs import built, needs
from programs import start_program, wait_until
from real_clients import DEBIAN_CLI_2, JAVASCRIPT_SCRIPT, answer
from real_terminals import end_of, matched, on_a_pty

pytestmark = pytest.mark.real
posix_signals = pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")

WHO = ["sts", "get-caller-identity", "--output", "text", "--query", "Arn"]
BOTO3_SCRIPT = 'import boto3; print(boto3.client("sts").get_caller_identity()["Arn"])'
LONG_LIVED_SCRIPT = """
import boto3, sys
session = boto3.Session()
for line in sys.stdin:
    assert ":assumed-role/Admin/" in session.client("sts").get_caller_identity()["Arn"]
    print(session.get_credentials().get_frozen_credentials().access_key, flush=True)
"""
MOVED_CLOCK_SCRIPT = """
import sys, time
real, path = time.time, sys.argv[1]
def moved():
    with open(path) as file:
        return real() + float(file.read())
time.time = moved
from aws_mfa.cli.main import main
sys.exit(main(sys.argv[2:]))
"""
JAVASCRIPT_CONTAINER_SCRIPT = """
const { STSClient, GetCallerIdentityCommand } = require("@aws-sdk/client-sts");
const { fromHttp } = require("@aws-sdk/credential-providers");
const sts = new STSClient({ credentials: fromHttp() });
sts.send(new GetCallerIdentityCommand({})).then((answer) => console.log(answer.Arn));
"""
TERRAFORM = """
terraform {
  backend "s3" {
    bucket         = "state"
    key            = "terraform.tfstate"
    region         = "eu-west-1"
    use_path_style = true
    endpoints      = { sts = "%s", iam = "%s", s3 = "%s" }
  }
}
"""


class Server:
    """A running `aws-mfa serve`: its process, and what it printed for each profile."""

    def __init__(self, process: subprocess.Popen[str], profiles: dict[str, dict[str, str]]) -> None:
        self.process = process
        self.profiles = profiles

    def variables(self, profile: str = "admin") -> dict[str, str]:
        return self.profiles[profile]

    @property
    def token_file(self) -> str:
        return self.variables()["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"]

    def end(self, number: int = signal.SIGTERM) -> tuple[int, str]:
        """Send the signal; exit code and what was said on stderr."""
        self.process.send_signal(number)
        _, said = self.process.communicate(timeout=20)
        return self.process.returncode, said

    def ask(self, profile: str = "admin") -> tuple[int, dict[str, str]]:
        """Send a request of our own."""
        return ask(self.variables(profile))


def ask(variables: dict[str, str]) -> tuple[int, dict[str, str]]:
    """Ask as an SDK would that has these variables."""
    url, token_file = (variables[name] for name in ENDPOINT)
    with open(token_file, encoding="ascii") as file:
        headers = {"Authorization": file.read()}
    host, _, path = url.removeprefix("http://").partition("/")
    with contextlib.closing(http.client.HTTPConnection(host, timeout=10)) as asking:
        asking.request("GET", f"/{path}", headers=headers)
        got = asking.getresponse()
        return got.status, json.loads(got.read())


class MovedClock:
    """A clock that only the server sees: `command` is aws-mfa under it. AWS takes signatures up to 15 minutes off."""

    def __init__(self, path: str) -> None:
        self._path = path
        self.command = [sys.executable, "-c", MOVED_CLOCK_SCRIPT, path]
        self.forward(0)

    def forward(self, seconds: float) -> None:
        with open(f"{self._path}.new", "w", encoding="ascii") as file:
            file.write(str(seconds))
        os.replace(f"{self._path}.new", self._path)


@pytest.fixture
def moved_clock(stage: ClassicStage) -> MovedClock:
    return MovedClock(os.path.join(stage.home, "seconds-ahead"))


@pytest.fixture
def role(stage: ClassicStage) -> Role:
    """A role that wants MFA; its profile is `admin`, Ann's own `ann`."""
    role = stage.aws.account.add_role("Admin", trusts=stage.ann, mfa=True)
    stage.write(stage.keys_section("ann"))
    config = section("profile ann", {"mfa_serial": stage.phone.serial, "region": "eu-west-1"})
    stage.write(config + section("profile admin", {"role_arn": role.arn, "source_profile": "ann"}), stage.config)
    return role


@contextlib.contextmanager
def serving(
    stage: ClassicStage, *argv: str, env: dict[str, str] | None = None, prefix: list[str] | None = None
) -> Iterator[Server]:
    """Run it without a terminal; the code is an argument."""
    command = [*(prefix or stage.command()), "serve", *(argv or ("admin",)), "--shell", "json", "--token", stage.code()]
    with start_program(command, {**stage.environ, **(env or {})}) as process:
        try:
            assert process.stdout is not None
            text = ""
            while not text.endswith("\n}\n"):
                line = process.stdout.readline()
                assert line, "it ended before it served"
                text += line
            yield Server(process, json.loads(text)["profiles"])
        finally:
            if process.poll() is None:
                process.terminate()
            process.communicate(timeout=20)


@pytest.fixture
def server(stage: ClassicStage, role: Role) -> Generator[Server]:
    with serving(stage, "admin", "ann") as server:
        yield server


def boto3_says(env: dict[str, str], url: str) -> str:
    return answer([sys.executable, "-c", BOTO3_SCRIPT], env, AWS_ENDPOINT_URL_STS=url)


def cli_1_says(env: dict[str, str], url: str) -> str:
    return answer([built("aws-cli-1", "bin", "aws"), *WHO], env, AWS_ENDPOINT_URL_STS=url)


def cli_2_says(env: dict[str, str], url: str) -> str:
    """2.9 reads only the variable with the token itself, not the one with its file."""
    needs(DEBIAN_CLI_2)
    with open(env.pop("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"), encoding="ascii") as file:
        env["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = file.read()
    return answer([DEBIAN_CLI_2, "--endpoint-url", url, *WHO], env)


def javascript_says(env: dict[str, str], url: str) -> str:
    return _node(JAVASCRIPT_SCRIPT, env, url)


def javascript_container_says(env: dict[str, str], url: str) -> str:
    return _node(JAVASCRIPT_CONTAINER_SCRIPT, env, url)


def _node(script: str, env: dict[str, str], url: str) -> str:
    needs("node")
    modules = os.path.dirname(built("js", "node_modules"))
    return answer(["node", "--no-warnings", "-e", script], env, cwd=modules, AWS_ENDPOINT_URL_STS=url)


@pytest.mark.parametrize(
    "client",
    [boto3_says, cli_1_says, cli_2_says, javascript_says, javascript_container_says],
    ids=lambda one: one.__name__,
)
@pytest.mark.parametrize(("profile", "expected"), [("admin", ":assumed-role/Admin/"), ("ann", ":user/ann")])
def test_a_real_client_is_who_the_profile_says(
    stage: ClassicStage, server: Server, client: Callable[[dict[str, str], str], str], profile: str, expected: str
) -> None:
    env = {"HOME": os.path.join(stage.home, "elsewhere"), **server.variables(profile)}
    assert expected in client(env, stage.aws.url)


class _S3(BaseHTTPRequestHandler):
    """An empty bucket for everybody; notes with which key id requests were signed."""

    signed_by: list[str]

    def do_GET(self) -> None:
        self.signed_by.append(self.headers.get("Authorization", "").partition("Credential=")[2].partition("/")[0])
        is_list = "list-type" in self.path or "prefix" in self.path
        body = b"<ListBucketResult><KeyCount>0</KeyCount></ListBucketResult>" if is_list else b""
        self.send_response(200 if is_list else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_HEAD = do_GET  # noqa: N815  # http.server's name

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # http.server's signature
        """Say nothing."""


@pytest.fixture
def s3() -> Generator[tuple[str, list[str]]]:
    """Its URL, and who signed."""
    signed_by: list[str] = []
    handler = type("S3", (_S3,), {"signed_by": signed_by})
    with HTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}", signed_by
        server.shutdown()
        thread.join()


def test_terraform_keeps_state_with_the_session(stage: ClassicStage, server: Server, s3: tuple[str, list[str]]) -> None:
    needs("terraform")
    url, signed_by = s3
    folder = os.path.join(stage.home, "project")
    os.mkdir(folder)
    with open(os.path.join(folder, "main.tf"), "w", encoding="utf-8") as file:
        file.write(TERRAFORM % (stage.aws.url, stage.aws.url, url))
    env = {"HOME": stage.home, "CHECKPOINT_DISABLE": "1", **server.variables()}
    said = answer(["terraform", "init", "-no-color", "-input=false"], env, cwd=folder)
    assert 'Successfully configured the backend "s3"' in said
    _, document = server.ask()
    assert set(signed_by) == {document["AccessKeyId"]}


@pytest.mark.skipif(not os.path.exists("/proc/self/environ"), reason="looks into /proc")
def test_one_code_serves_all_and_the_secrets_stay_where_they_belong(stage: ClassicStage, server: Server) -> None:
    assert stage.sent().count("GetSessionToken") == 1
    _, document = server.ask()
    with open(server.token_file, encoding="ascii") as file:
        secrets = [document["SecretAccessKey"], document["Token"], file.read()]
    with (
        open(f"/proc/{server.process.pid}/environ", "rb") as environ,
        open(f"/proc/{server.process.pid}/cmdline", "rb") as cmdline,
    ):
        seen = environ.read() + cmdline.read()
    _, said = server.end()
    shown = json.dumps(server.profiles) + said + seen.decode(errors="replace")
    assert [secret for secret in secrets if secret in shown] == []


@posix_signals
@pytest.mark.parametrize(
    "name", ["SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT", "SIGABRT", "SIGUSR1", "SIGUSR2", "SIGALRM", "SIGXCPU"]
)
def test_however_it_is_ended_the_token_is_gone(server: Server, name: str) -> None:
    number = getattr(signal, name)
    assert os.path.exists(server.token_file)
    code, said = server.end(number)
    assert (code, said.splitlines()[-1]) == (128 + number, "no longer serving")
    assert not os.path.exists(server.token_file)


@posix_signals
def test_what_a_killed_server_left_is_tidied_by_the_next(stage: ClassicStage, role: Role) -> None:
    with serving(stage) as server:
        server.end(signal.SIGKILL)
    assert os.path.exists(server.token_file)
    os.utime(server.token_file, (1, 1))
    with serving(stage) as after:
        assert os.listdir(os.path.dirname(server.token_file)) == [os.path.basename(after.token_file)]


def test_the_token_is_on_no_disk_where_there_is_a_runtime_folder(stage: ClassicStage, role: Role, runtime: str) -> None:
    with serving(stage, env={"XDG_RUNTIME_DIR": runtime}) as server:
        assert os.path.dirname(server.token_file) == os.path.join(runtime, "aws-mfa")


def test_a_long_program_outlives_its_session(stage: ClassicStage, role: Role, moved_clock: MovedClock) -> None:
    stage.write(
        stage.read(stage.config).replace("source_profile", "duration_seconds = 900\nsource_profile"), stage.config
    )
    with serving(stage, "admin", prefix=moved_clock.command) as server:
        env = {**stage.environ, **server.variables(), "AWS_DEFAULT_REGION": "eu-west-1"}
        command = [sys.executable, "-c", LONG_LIVED_SCRIPT]
        with start_program(command, env, stdin=subprocess.PIPE) as program:
            before = _key_id(program)
            moved_clock.forward(480)
            wait_until(lambda: server.ask()[1]["AccessKeyId"] != before)
            assert _key_id(program) == server.ask()[1]["AccessKeyId"]
            program.communicate()
    assert stage.sent().count("AssumeRole") == 2
    assert stage.sent().count("GetSessionToken") == 1


def _key_id(program: subprocess.Popen[str]) -> str:
    assert program.stdin is not None
    assert program.stdout is not None
    program.stdin.write("\n")
    program.stdin.flush()
    return program.stdout.readline().strip()


@posix_signals
def test_its_terminal_asks_while_it_serves(stage: ClassicStage, role: Role, moved_clock: MovedClock) -> None:
    stage.write(stage.read(stage.config).replace("mfa_serial", "duration_seconds = 900\nmfa_serial", 1), stage.config)
    command = [*moved_clock.command, "serve", "ann", "--shell", "dotenv"]
    child = on_a_pty(command, stage.environ, timeout=30)
    try:
        child.expect(f"MFA code for {stage.phone.serial}: ")
        child.sendline(stage.code())
        found = matched(child, r"FULL_URI=(\S+)\s+AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=(\S+)")
        variables = dict(zip(ENDPOINT, found.groups(), strict=True))
        before = ask(variables)[1]["AccessKeyId"]
        moved_clock.forward(480)
        child.expect(f"MFA code for {stage.phone.serial}: ")
        assert ask(variables)[1]["AccessKeyId"] == before
        child.sendline(stage.code())
        child.expect("ann: renewed, until")
        assert ask(variables)[1]["AccessKeyId"] != before
        child.sendintr()
        child.expect("no longer serving")
        assert end_of(child)[0] == 130
    finally:
        child.close()


PASSPHRASE = {"AWS_MFA_VAULT": "age", "AWS_MFA_AGE_PASSPHRASE_COMMAND": "echo open sesame"}


@posix_signals
@pytest.mark.parametrize("flags", [[], ["--no-input"]], ids=["asking", "no input"])
def test_the_passphrase_is_not_asked_for_on_a_childs_terminal(
    stage: ClassicStage, role: Role, moved_clock: MovedClock, flags: list[str]
) -> None:
    """What is typed there is for the child, and the child decides whether it is shown."""
    stage.write(stage.read(stage.config).replace("mfa_serial", "duration_seconds = 3600\nmfa_serial", 1), stage.config)
    assert stage.run("import", "--yes", "--vault", "age", env=PASSPHRASE).code == 0
    stored = stage.run("exec", "ann", "--token", stage.code(), "--", "true", env=PASSPHRASE)
    assert stored.code == 0, stored
    script = 'echo ready; read line; stty -a | grep -q -- "-echo " && echo HIDDEN; echo "got $line"'
    command = [*moved_clock.command, "exec", "ann", "--server", *flags, "--", "sh", "-c", script]
    environ = {**stage.environ, "AWS_MFA_VAULT": "age"}
    child = on_a_pty(command, environ, timeout=30, columns=300)
    try:
        child.expect("ready")
        moved_clock.forward(2500)
        child.expect("ann: not renewed, served until [^:]*:[^:]*:[^:]*: the age vault needs its passphrase")
        child.sendline("typed for the child")
        shown = end_of(child)[1]
    finally:
        child.close()
    assert "got typed for the child" in shown
    assert "HIDDEN" not in shown
    assert "Passphrase" not in shown


def test_the_lines_of_the_shell_are_ready_for_eval(stage: ClassicStage, role: Role) -> None:
    needs("sh")
    with serving(stage) as first:
        pass
    assert not os.path.exists(first.token_file)
    command = stage.command("serve", "admin", "ann", "--no-input", "--shell", "sh")
    with start_program(command, stage.environ) as process:
        assert process.stdout is not None
        lines = _until_comment(process)
        script = "".join(lines) + 'printf "%s|%s" "$AWS_CONTAINER_CREDENTIALS_FULL_URI" "${AWS_PROFILE-none}"'
        shown = answer(["sh", "-c", script], {"AWS_PROFILE": "other"})
        process.terminate()
        process.communicate(timeout=20)
    uri, _, profile = shown.partition("|")
    assert uri.endswith("/admin")
    assert profile == "none"
    assert lines[-1].startswith("# ann: AWS_CONTAINER_CREDENTIALS_FULL_URI=http://127.0.0.1:")


def _until_comment(process: subprocess.Popen[str]) -> list[str]:
    lines: list[str] = []
    assert process.stdout is not None
    while not (lines and lines[-1].startswith("#")):
        lines.append(process.stdout.readline())
        assert lines[-1], "it ended before it served"
    return lines


def test_credentials_in_default_come_before_the_endpoint_unless_hidden(stage: ClassicStage, role: Role) -> None:
    """What the warning says is so, and its way out is one."""
    bob = stage.aws.account.add_user("bob")
    keys = {"aws_access_key_id": bob.keys.access_key_id, "aws_secret_access_key": bob.keys.secret_access_key}
    stage.write(stage.read() + section("default", keys))
    with serving(stage) as server:
        env = {"HOME": stage.home, **server.variables()}
        assert boto3_says(env, stage.aws.url) == bob.arn
        env["AWS_SHARED_CREDENTIALS_FILE"] = os.devnull
        assert ":assumed-role/Admin/" in boto3_says(env, stage.aws.url)
        _, said = server.end()
    assert f"warning: [default] in {stage.credentials} has credentials, which SDKs prefer to the endpoint" in said


def test_without_a_code_and_a_person_it_says_what_to_run(stage: ClassicStage, role: Role) -> None:
    ended = stage.run("serve", "admin", "--no-input")
    assert (ended.code, ended.out) == (4, "")
    assert "hint: in a terminal: aws-mfa renew admin" in ended.err


def test_a_port_may_be_chosen_and_one_that_is_taken_is_reported(stage: ClassicStage, server: Server) -> None:
    port = server.variables()["AWS_CONTAINER_CREDENTIALS_FULL_URI"].split(":")[2].split("/")[0]
    ended = stage.run("serve", "admin", "--port", port)
    assert ended.code == 2
    assert f"aws-mfa: port {port} of 127.0.0.1 cannot be used" in ended.err
    assert stage.run("serve", "admin", "--port", "70000").code == 2

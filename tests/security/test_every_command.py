"""
Every command, run with secrets that are known: they come out where they belong and nowhere else.

Looked at: stdout and stderr, logs of every library at DEBUG, the argv and the environment of every program that is
started, all files and their modes. A command without a row here fails the first test.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Iterator

import pytest

from aws_mfa.cli.main import COMMANDS
from classic_stage import ClassicStage, Ended
from programs import start_program, wait_until
from scenarios.test_renew_many import profile, role

if sys.platform == "win32":
    pytest.skip("programs and modes of POSIX", allow_module_level=True)


pytestmark = pytest.mark.real

PASSPHRASE = "canary-passphrase-of-the-vault"
# Each program that is started writes down what it was given, and then does its work.
RECORDER = """#!{python} -IS
import os, sys
with open("/proc/self/cmdline", "rb") as argv, open("/proc/self/environ", "rb") as variables:
    record = argv.read() + b"\\0" + variables.read()
with open({folder!r} + "/%s-%d" % (os.path.basename(sys.argv[0]), os.getpid()), "wb") as file:
    file.write(record)
{work}
"""
# Every library that logs, at DEBUG, into a file of this process.
LOUD = """
import logging, os
logging.basicConfig(level=logging.DEBUG, filename=os.path.join(os.environ["CANARY_LOGS"], "%d.log" % os.getpid()))
"""


ENDED_AFTER_FIRST_ANSWER = """
"$@" >"$PRINTED" &
until grep -q FULL_URI "$PRINTED"; do kill -0 $! || break; sleep 0.1; done
cat "$PRINTED"
kill $!
wait $!
"""


class Canary:
    """A stage whose secrets are all known, and everything that a run leaves behind."""

    def __init__(self, stage: ClassicStage, folder: str) -> None:
        self.stage = stage
        self.programs = os.path.join(folder, "programs")
        self.records = os.path.join(folder, "records")
        self.logs = os.path.join(folder, "logs")
        for path in (self.programs, self.records, self.logs):
            os.mkdir(path)
        stage.write(LOUD, os.path.join(folder, "loud", "sitecustomize.py"))
        self.loud = os.path.join(folder, "loud")
        self.codes: list[str] = []
        self.prefix: tuple[str, ...] = ()  # words before the command

    def program(self, name: str, work: str = "") -> str:
        """A program on the path that remembers what it was started with."""
        path = os.path.join(self.programs, name)
        self.stage.write(RECORDER.format(python=sys.executable, folder=self.records, work=work), path, mode=0o755)
        return path

    def code(self) -> str:
        self.codes.append(self.stage.code())
        return self.codes[-1]

    def run(self, *argv: str, stdin: str | None = None, **variables: str) -> Ended:
        environ = {
            "PATH": f"{self.programs}:{os.environ['PATH']}",
            "PYTHONPATH": f"{self.stage.environ['PYTHONPATH']}:{self.loud}",
            "CANARY_LOGS": self.logs,
            "AWS_MFA_SESSION_STORE": "plain",
            "PYTHONDEVMODE": "1",
            "PYTHONWARNINGS": "ignore",
            **variables,
        }
        return self.stage.run(*argv, stdin=stdin, env=environ, prefix=self.prefix)

    @property
    def long_term(self) -> list[str]:
        return [*(keys.secret_access_key for keys in self.stage.ann.all_keys), PASSPHRASE]

    @property
    def of_sessions(self) -> list[str]:
        """Secrets and tokens of every session that AWS has given."""
        sessions = self.stage.aws.sessions.values()
        return [text for session in sessions for text in (session.secret_access_key, session.session_token)]

    def logged(self) -> str:
        return "".join(map(text_of, below(self.logs)))

    def given_to(self, program: str) -> str:
        """Argv and environment of every start of the program."""
        found = [path for path in below(self.records) if os.path.basename(path).startswith(f"{program}-")]
        assert found, f"{program} was not started"
        return "".join(map(text_of, found))

    def files_with(self, secrets: list[str]) -> set[str]:
        """Names of files in the home that hold one of them."""
        home = self.stage.home
        return {
            os.path.relpath(path, home) for path in below(home) if any(secret in text_of(path) for secret in secrets)
        }


@pytest.fixture
def canary(stage: ClassicStage, tmp_path_factory: pytest.TempPathFactory) -> Canary:
    stage.write(profile("dev", role(stage, "dev").arn), stage.config)
    return Canary(stage, str(tmp_path_factory.mktemp("canary")))


def assert_nowhere(canary: Canary, text: str, *, sessions: bool = True, codes: bool = True) -> None:
    """None of the secrets is in the text; those of sessions and codes may be excepted where they belong."""
    secrets = [*canary.long_term, *(canary.of_sessions if sessions else [])]
    assert [secret for secret in secrets if secret in text] == []
    if codes:
        assert [code for code in canary.codes if re.search(rf"(?<!\d){code}(?!\d)", text)] == []


def assert_clean(canary: Canary, ended: Ended, *, hands_over: bool = False) -> None:
    """What holds after every run: talk, logs, modes, files."""
    assert_nowhere(canary, ended.err)
    assert_nowhere(canary, ended.out, sessions=not hands_over)
    assert_nowhere(canary, canary.logged())
    assert "Traceback" not in ended.err
    state = os.path.join(canary.stage.home, ".aws")
    assert [path for path in (state, *everything_below(state)) if os.lstat(path).st_mode & 0o077] == []
    assert canary.files_with(canary.long_term) <= {".aws/credentials"}
    in_files = canary.files_with(canary.of_sessions)
    assert {path for path in in_files if not path.startswith(".aws/mfa/sessions/session-")} <= {".aws/credentials"}
    assert canary.files_with(canary.codes) == set()


def asks_a_program(canary: Canary) -> str:
    """The config file names a program that gives the code; its name."""
    code_file = os.path.join(os.path.dirname(canary.programs), "code")
    canary.stage.write(canary.code(), code_file)
    otp = canary.program("otp", f"print(open({code_file!r}).read())")
    config = canary.stage.read(canary.stage.config)
    canary.stage.write(f"{config}[default]\nmfa_process = {otp} aws\n", canary.stage.config)
    return "otp"


def classic(canary: Canary) -> None:
    asks_a_program(canary)
    ended = canary.run()
    assert ended.code == 0, ended
    assert_clean(canary, ended)
    assert_nowhere(canary, canary.given_to("otp"))
    assert_clean(canary, canary.run("--force", stdin="123456\n"))


def setup(canary: Canary) -> None:
    canary.stage.write("")
    secret = canary.program("passphrase", f"print({PASSPHRASE!r})")
    keys = canary.stage.ann.keys
    flags = ("--profile", "new", "--access-key-id", keys.access_key_id, "--vault", "age")
    ended = canary.run(
        "setup", *flags, stdin=f"{keys.secret_access_key}\n", AWS_MFA_VAULT="", AWS_MFA_AGE_PASSPHRASE_COMMAND=secret
    )
    assert ended.code == 0, ended
    assert_clean(canary, ended)
    assert_nowhere(canary, canary.given_to("passphrase"))
    assert canary.files_with(canary.long_term) == set()


def import_keys(canary: Canary) -> None:
    secret = canary.program("passphrase", f"print({PASSPHRASE!r})")
    variables = {"AWS_MFA_VAULT": "", "AWS_MFA_AGE_PASSPHRASE_COMMAND": secret}
    ended = canary.run("import", "--yes", "--vault", "age", **variables)
    assert ended.code == 0, ended
    assert_clean(canary, ended)
    assert_nowhere(canary, canary.given_to("passphrase"))
    assert canary.files_with(canary.long_term) == set()
    # What was stored opens again, and the code comes from a pipe.
    ended = canary.run("--force", stdin=f"{canary.code()}\n", **variables)
    assert ended.code == 0, ended
    assert_clean(canary, ended)


def plan(canary: Canary) -> None:
    for flags in ((), ("--all", "--json")):
        ended = canary.run("plan", *flags)
        assert ended.code == 0, ended
        assert_clean(canary, ended)


def renew(canary: Canary) -> None:
    asks_a_program(canary)
    ended = canary.run("renew", "--all", "--json")
    assert ended.code == 0, ended
    assert_clean(canary, ended)
    assert_nowhere(canary, canary.given_to("otp"))


def adopt(canary: Canary) -> None:
    for flags in (("--dry-run",), (), ("--undo",)):
        ended = canary.run("adopt", "dev", *flags)
        assert ended.code == 0, ended
        assert_clean(canary, ended)


def credential_process(canary: Canary) -> None:
    asks_a_program(canary)
    for _ in range(2):
        ended = canary.run("credential-process", "dev")
        assert ended.code == 0, ended
        assert_clean(canary, ended, hands_over=True)
    assert_nowhere(canary, canary.given_to("otp"))


def exec_(canary: Canary) -> None:
    asks_a_program(canary)
    canary.program("child", "print('done')")
    for _ in range(2):
        ended = canary.run("exec", "dev", "--", "child", "argument")
        assert (ended.code, ended.out) == (0, "done\n"), ended
        assert_clean(canary, ended)
    assert_nowhere(canary, canary.given_to("otp"))
    assert_nowhere(canary, canary.given_to("child"), sessions=False)
    assert any(secret in canary.given_to("child") for secret in canary.of_sessions), "the child has its session"


def exec_with_server(canary: Canary) -> None:
    asks_a_program(canary)
    canary.program("child", "print('done')")
    ended = canary.run("exec", "dev", "--server", "--", "child", "argument")
    assert (ended.code, ended.out) == (0, "done\n"), ended
    assert_clean(canary, ended)
    assert_nowhere(canary, canary.given_to("child"))


def serve(canary: Canary) -> None:
    asks_a_program(canary)
    printed = os.path.join(os.path.dirname(canary.logs), "printed")
    canary.prefix = ("sh", "-c", ENDED_AFTER_FIRST_ANSWER, "sh")
    ended = canary.run("serve", "dev", PRINTED=printed)
    assert ended.code == 143, ended
    assert "AWS_CONTAINER_CREDENTIALS_FULL_URI" in ended.out
    assert_clean(canary, ended)


def serve_at_a_socket(canary: Canary) -> None:
    asks_a_program(canary)
    with tempfile.TemporaryDirectory(prefix="s") as folder:
        words = canary.stage.command("serve", "dev", "--socket", f"{folder}/socket")
        with start_program(words, canary.stage.environ) as server:
            wait_until(lambda: os.path.exists(f"{folder}/socket"))
            ended = canary.run("credential-process", "--from", f"{folder}/socket")
            missed = canary.run("credential-process", "--from", f"{folder}/socket", "prod")
            server.terminate()
            out, err = server.communicate()
    assert (ended.code, missed.code, server.returncode) == (0, 2, 143), (ended, missed, err)
    assert any(secret in ended.out for secret in canary.of_sessions)
    assert_clean(canary, ended, hands_over=True)
    assert_clean(canary, missed)
    assert_clean(canary, Ended(server.returncode, out, err))


def env(canary: Canary) -> None:
    asks_a_program(canary)
    for shell in ("sh", "json"):
        ended = canary.run("env", "dev", "--shell", shell)
        assert ended.code == 0, ended
        assert_clean(canary, ended, hands_over=True)
    assert_clean(canary, canary.run("env", "dev", "--unset"))


def console(canary: Canary) -> None:
    asks_a_program(canary)
    canary.program("browser")
    ended = canary.run("console", "dev", BROWSER=os.path.join(canary.programs, "browser"), DISPLAY=":99")
    assert ended.code == 0, ended
    assert_clean(canary, ended)
    assert_nowhere(canary, canary.given_to("browser"))
    ended = canary.run("console", "dev", "--print-url")
    assert ended.code == 0, ended
    assert_clean(canary, ended)


def doctor(canary: Canary) -> None:
    canary.program("aws-mfa", "print('usage: aws-mfa credential-process')")
    config = canary.stage.read(canary.stage.config)
    line = "credential_process = aws-mfa credential-process dev"
    canary.stage.write(config.replace("[profile dev]", f"[profile dev]\n{line}"), canary.stage.config)
    canary.stage.write(f"{canary.stage.keys_section()}region = eu-west-1 # mine\n")
    for flags in ((), ("--json",)):
        ended = canary.run("doctor", *flags, AWS_MFA_VAULT="keychain")
        assert (ended.code, "keys in plain text" in ended.out or "long-term keys" in ended.out) == (1, True), ended
        assert_clean(canary, ended)
    assert_nowhere(canary, canary.given_to("aws-mfa"))


def status(canary: Canary) -> None:
    asks_a_program(canary)
    assert canary.run("credential-process", "dev").code == 0
    assert canary.run("renew", "default").code == 0
    for flags in ((), ("--json",), ("--check", "dev"), ("--prompt",)):
        ended = canary.run("status", *flags, AWS_PROFILE="dev")
        assert ended.code == 0, ended
        assert_clean(canary, ended)


def whoami(canary: Canary) -> None:
    asks_a_program(canary)
    for flags in ((), ("--json",)):
        ended = canary.run("whoami", "dev", *flags)
        assert ended.code == 0, ended
        assert_clean(canary, ended)


def history(canary: Canary) -> None:
    """What was noted by every exit."""
    asks_a_program(canary)
    for argv in (["exec", "dev", "--", "true"], ["env", "dev", "--shell", "sh"], ["console", "dev", "--print-url"]):
        assert canary.run(*argv).code == 0
    assert_nowhere(canary, text_of(os.path.join(canary.stage.home, ".aws", "mfa", "history")))
    for flags in ((), ("--json",), ("--since", "1d")):
        ended = canary.run("history", *flags)
        assert (ended.code, ended.out.count("ASIA")) == (0, 3), ended
        assert_clean(canary, ended)


def code(canary: Canary) -> None:
    ended = canary.run("code", stdin=f"{canary.code()}\n")
    assert ended.code == 4, ended
    assert_clean(canary, ended)


def forget(canary: Canary) -> None:
    asks_a_program(canary)
    assert_clean(canary, canary.run("credential-process", "dev"), hands_over=True)
    ended = canary.run("forget", "--all")
    assert ended.code == 0, ended
    assert_clean(canary, ended)
    assert canary.files_with(canary.of_sessions) == set()


def devices(canary: Canary) -> None:
    ended = canary.run("devices", "default")
    assert ended.code == 0, ended
    assert_clean(canary, ended)


def enroll(canary: Canary) -> None:
    """Without a terminal; with one: tests/scenarios/test_enroll.py."""
    ended = canary.run("enroll", "default")
    assert ended.code == 4, ended
    assert_clean(canary, ended)


def vault(canary: Canary) -> None:
    secret = canary.program("passphrase", f"print({PASSPHRASE!r})")
    for action in (("list", "--json"), ("move", "default", "--to", "age"), ("list",), ("remove", "default", "--yes")):
        ended = canary.run("vault", *action, AWS_MFA_VAULT="", AWS_MFA_AGE_PASSPHRASE_COMMAND=secret)
        assert ended.code == 0, ended
        assert_clean(canary, ended)
    assert_nowhere(canary, canary.given_to("passphrase"))
    assert canary.files_with(canary.long_term) == set()


def rotate(canary: Canary) -> None:
    asks_a_program(canary)
    ended = canary.run("rotate", "default", "--delete", "--yes")
    assert ended.code == 0, ended
    assert_clean(canary, ended)
    assert_nowhere(canary, canary.given_to("otp"))
    assert len(canary.stage.ann.all_keys) == 1
    assert canary.files_with(canary.long_term) == {".aws/credentials"}


def agent(canary: Canary) -> None:
    for flags in ((), ("--write", "--yes"), ("--undo",)):
        ended = canary.run("agent", "setup", "claude", "dev", *flags)
        assert ended.code == 0, ended
        assert_clean(canary, ended)


def completion(canary: Canary) -> None:
    for shell in ("bash", "profiles"):
        ended = canary.run("completion", shell)
        assert ended.code == 0, ended
        assert_clean(canary, ended)


def everything_below(folder: str) -> Iterator[str]:
    for parent, folders, names in os.walk(folder):
        for name in (*folders, *names):
            yield os.path.join(parent, name)


def below(folder: str) -> list[str]:
    return [path for path in everything_below(folder) if os.path.isfile(path) and not os.path.islink(path)]


def text_of(path: str) -> str:
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()


ROWS = {
    "": classic,
    "setup": setup,
    "import": import_keys,
    "plan": plan,
    "renew": renew,
    "adopt": adopt,
    "credential-process": credential_process,
    "exec": exec_,
    "exec --server": exec_with_server,
    "serve": serve,
    "serve --socket": serve_at_a_socket,
    "env": env,
    "console": console,
    "status": status,
    "whoami": whoami,
    "history": history,
    "code": code,
    "forget": forget,
    "devices": devices,
    "enroll": enroll,
    "doctor": doctor,
    "vault": vault,
    "rotate": rotate,
    "agent": agent,
    "completion": completion,
}


def test_every_command_has_its_row() -> None:
    missing = set(COMMANDS) - set(ROWS) - {"demo"}  # demo makes an AWS, a home and secrets of its own
    assert missing == set()


@pytest.mark.parametrize("command", ROWS)
def test_secrets_stay_where_they_belong(canary: Canary, command: str) -> None:
    ROWS[command](canary)

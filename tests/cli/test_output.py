"""
Output that is full or closed.

Of stdout: one line says so, exit 1; what was to be written is not quoted. Of stderr: nothing changes but that the lines
are lost.
"""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from classic_stage import ClassicStage
from programs import SOURCE, run_program
from real_terminals import end_of, on_a_pty
from scenarios.test_renew_many import profile, role

if sys.platform == "win32":
    pytest.skip("shells of POSIX", allow_module_level=True)


pytestmark = pytest.mark.real

FULL = pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full")
WHY_FULL, WHY_CLOSED = "aws-mfa: standard output: No space left on device\n", "aws-mfa: standard output: it is closed\n"


def ended(home: str, line: str, **environ: str) -> tuple[int, str, str]:
    """How a line of sh ends; $TOOL is the tool."""
    env = {"PATH": os.environ["PATH"], "HOME": home, "TOOL": f"{sys.executable} -m aws_mfa", **SOURCE, **environ}
    done = run_program(["sh", "-c", line], env)
    return done.returncode, done.stdout, done.stderr


@FULL
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_full_disk_is_not_reported_as_a_bug(home: str, unbuffered: str) -> None:
    for command in ("env --unset --shell sh", "forget --all"):
        line = f"$TOOL {command} >/dev/full"
        assert ended(home, line, PYTHONUNBUFFERED=unbuffered) == (1, "", WHY_FULL), command


def test_a_closed_output_takes_no_data(home: str) -> None:
    assert ended(home, "$TOOL env --unset --shell sh >&-") == (1, "", WHY_CLOSED)


def test_what_was_meant_for_a_closed_stderr_does_not_come_among_the_data(home: str) -> None:
    code, out, _ = ended(home, "$TOOL env nobody --shell json 2>&-")
    assert (code, out) == (3, "")


def test_a_reader_that_has_gone_is_not_talked_about(home: str) -> None:
    assert ended(home, "{ sleep 0.3; $TOOL env --unset --shell sh; echo $? >&2; } | true")[2] == "1\n"


@FULL
def test_the_fast_answer_says_it_too(tmp_path: Path) -> None:
    program = "from aws_mfa.cli import start; start._print_and_exit('text\\n')"
    environ = {"PATH": os.environ["PATH"], **SOURCE}
    for redirection, err in ((">/dev/full", WHY_FULL), ("| true", "")):
        line = f'{{ sleep 0.3; "$0" -c "$1" {redirection}; }}'
        done = run_program(["sh", "-c", line, sys.executable, program], environ, cwd=tmp_path)
        assert done.stderr == err


def lost(stack: ExitStack, kind: str) -> int:
    """A descriptor that takes nothing."""
    if kind == "full":
        return stack.enter_context(open("/dev/full", "wb", buffering=0)).fileno()
    reader, writer = os.pipe()
    os.close(reader)
    stack.callback(os.close, writer)
    return writer


STDERR = [pytest.param("full", marks=FULL), "reader gone", "closed"]
EXEC = ("exec", "dev", "--", "sh", "-c", "exit 7")


@pytest.mark.parametrize("stderr", STDERR)
@pytest.mark.parametrize(
    ("argv", "code"),
    [
        ((*EXEC[:2], "--token", "CODE", *EXEC[2:]), 7),
        (("exec", "--server", *EXEC[1:2], "--token", "CODE", *EXEC[2:]), 7),
        (("renew", "dev", "--token", "CODE"), 0),
        (("env", "dev", "--token", "CODE"), 0),
        (("credential-process", "dev", "--token", "CODE"), 0),
        (("console", "dev", "--token", "CODE", "--print-url"), 0),
        (("--profile", "default", "--token", "CODE"), 0),
        (("exec", "nope", "true"), 3),
        (("plan", "nope"), 3),
        (("renew", "nope"), 3),
        (("env", "nope"), 3),
        (("forget", "nope"), 3),
        (("adopt", "nope"), 3),
        (("import", "--vault", "file"), 2),
        (("exec", "dev", "--no-input", "true"), 4),
        (("nope",), 2),
        (("exec", "--nope"), 2),
    ],
)
def test_what_stderr_loses_decides_nothing(stage: ClassicStage, argv: tuple[str, ...], code: int, stderr: str) -> None:
    stage.write(profile("dev", role(stage, "dev").arn), stage.config)
    words = [stage.code() if word == "CODE" else word for word in argv]
    prefix = ["sh", "-c", 'exec "$@" 2>&-', "sh"] if stderr == "closed" else []
    with ExitStack() as stack:
        done = subprocess.run(
            [*prefix, *stage.command(*words)], env={**stage.environ, "AWS_MFA_SESSION_STORE": "plain"}, check=False,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=lost(stack, stderr), start_new_session=True,
        )  # fmt: skip
    assert done.returncode == code, done.stdout


@pytest.mark.parametrize("stderr", STDERR[:2])
def test_serve_serves_though_no_line_of_it_can_be_written(stage: ClassicStage, stderr: str) -> None:
    stage.write(profile("dev", role(stage, "dev").arn), stage.config)
    command = stage.command("serve", "dev", "--shell", "json", "--token", stage.code())
    environ = {**stage.environ, "AWS_MFA_SESSION_STORE": "plain"}
    with ExitStack() as stack:
        served = subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=lost(stack, stderr), text=True)
        assert served.stdout is not None
        with closing(served.stdout):
            assert served.stdout.readline() == "{\n"
            served.terminate()
            assert served.wait(30) == 143


@pytest.mark.parametrize(
    ("argv", "out", "err"),
    [
        (("adopt", "dev"), "dev: adopted\n", ""),
        (("adopt", "nope"), "", "nope not changed: there is no profile 'nope'"),
        (("adopt", "dev", "--dry-run"), "+credential_process", "dev: would be adopted\n"),
        (("renew", "dev", "--token", "CODE"), "dev      renewed", ""),
        (("renew", "nope"), "nope     failed", ""),
        (("plan", "dev"), "dev", ""),
        (("forget", "--all"), "no stored session", ""),
        (("forget", "nope"), "", "there is no profile 'nope'"),
        (("console", "dev", "--token", "CODE", "--print-url"), "http", "signs in as arn:"),
        (("console", "nope"), "", "there is no profile 'nope'"),
        (("import", "--dry-run", "--vault", "age"), "long-term keys found:", ""),
        (("import", "--yes", "--vault", "age"), "default-long-term: ", ""),
        (("import", "nope.csv"), "", "nope.csv"),
        (("setup", "--profile", "nope", "--no-keychain", "--access-key-id", "x"), "", "access key id"),
        (("setup", "--profile", "default", "--region", "eu-west-1", "--yes"), "get a session with: aws-mfa", ""),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_on_a_terminal_only_questions_go_to_it(stage: ClassicStage, argv: tuple[str, ...], out: str, err: str) -> None:
    stage.write(profile("dev", role(stage, "dev").arn), stage.config)
    words = [stage.code() if word == "CODE" else word for word in argv]
    environ = {
        **stage.environ,
        "AWS_MFA_SESSION_STORE": "plain",
        "AWS_MFA_AGE_PASSPHRASE_COMMAND": "echo correct horse",
    }
    redirected = '"$@" >"$HOME/out" 2>"$HOME/err" </dev/tty'
    terminal = on_a_pty(["sh", "-c", redirected, "sh", *stage.command(*words)], environ)
    if argv[0] == "setup" and not err:
        keys = stage.ann.keys
        for question, answer in (("access_key_id", keys.access_key_id), ("secret", keys.secret_access_key)):
            terminal.expect(question)
            terminal.sendline(answer)
    shown = end_of(terminal)[1]
    printed = [Path(stage.home, name).read_text(encoding="utf-8") for name in ("out", "err")]
    assert (out in printed[0], err in printed[1], bool(printed[0]) == bool(out)) == (True, True, True), printed
    assert argv[0] == "setup" or not shown

from __future__ import annotations

import os
import shlex
import signal
import sys
import time
from pathlib import Path

import pytest

from aws_mfa.errors import BadInput
from aws_mfa.vaults.age import PassphraseCommand

posix = pytest.mark.skipif(sys.platform == "win32", reason="programs of POSIX")


def python(code: str) -> str:
    """A command line that runs the code."""
    return f'"{sys.executable}" -c "{code}"' if os.name == "nt" else shlex.join([sys.executable, "-c", code])


@pytest.mark.parametrize(
    ("command", "passphrase"),
    [
        (python("print(' correct horse '); print('user: ann')"), " correct horse "),
        (python("import sys; sys.stdout.buffer.write(b'correct horse' + bytes([13, 10]))"), "correct horse"),
        (python("import sys; sys.stdout.buffer.write(bytes([239, 187, 191]) + b'correct horse')"), "correct horse"),
        (f"{python('import sys; print(sys.argv[1])')} $HOME;true", "$HOME;true"),
        (python("import sys; print(len(sys.stdin.read()))"), "0"),
    ],
    ids=["the first line, with its blanks", "a line end of Windows", "a BOM", "no shell", "no code on stdin"],
)
def test_the_first_line_of_the_commands_output_is_the_passphrase(command: str, passphrase: str) -> None:
    assert PassphraseCommand(command)(new=True).reveal() == passphrase


@pytest.mark.parametrize(
    ("command", "line"),
    [
        (python("print('hunter2'); raise SystemExit(3)"), "failed with exit code 3"),
        (python("pass"), "printed no passphrase"),
        (python("print(); print('hunter2')"), "printed no passphrase"),
        (python("import sys; sys.stdout.buffer.write(bytes([255]))"), "printed something that is not UTF-8"),
        ("/no/such/program", "cannot be started: /no/such/program: "),
    ],
)
def test_a_command_that_fails_is_reported_without_its_output(command: str, line: str) -> None:
    with pytest.raises(BadInput) as failure:
        PassphraseCommand(command)(new=False)
    assert f"the command in AWS_MFA_AGE_PASSPHRASE_COMMAND {line}" in failure.value.message
    assert "hunter2" not in failure.value.message + "".join(failure.value.hints)
    assert failure.value.__context__ is None or failure.value.__suppress_context__


@pytest.mark.skipif(os.name == "nt", reason="Windows splits the line itself")
@pytest.mark.parametrize("command", ["", "   ", "pass show 'aws"])
def test_what_is_not_a_command_line_is_refused(command: str) -> None:
    with pytest.raises(BadInput, match="is not a command line"):
        PassphraseCommand(command)(new=False)


def test_a_command_that_does_not_end_is_given_up() -> None:
    began_at, code = time.monotonic(), "import time; print('hunter2', flush=True); time.sleep(30)"
    with pytest.raises(BadInput, match=r"did not end within 0\.3 s"):
        PassphraseCommand(python(code), time_limit_s=0.3)(new=False)
    assert time.monotonic() - began_at < 5


@posix
def test_what_it_leaves_running_is_not_waited_for(tmp_path: Path) -> None:
    """Such as a password manager's agent, which inherited our pipe."""
    pid = tmp_path / "pid"
    command = f"/bin/sh -c 'sleep 60 & echo $! > {pid}; echo correct horse'"
    began_at = time.monotonic()
    try:
        assert PassphraseCommand(command, time_limit_s=20)(new=False).reveal() == "correct horse"
        assert time.monotonic() - began_at < 10
    finally:
        os.kill(int(pid.read_text()), signal.SIGKILL)  # it still runs: only our own child is ended


@posix
def test_one_that_prints_without_end_is_ended() -> None:
    with pytest.raises(BadInput, match="printed more than 64 KiB"):
        PassphraseCommand("yes hunter2", time_limit_s=20)(new=False)


def test_it_gets_no_credentials() -> None:
    environ = {**os.environ, "AWS_SECRET_ACCESS_KEY": "canary", "AWS_PROFILE": "work"}
    code = "import os; print(os.environ.get('AWS_SECRET_ACCESS_KEY'), os.environ['AWS_PROFILE'])"
    assert PassphraseCommand(python(code), environ=environ)(new=False).reveal() == "None work"


def test_for_a_new_vault_it_must_print_the_same_twice() -> None:
    """The output of a generator, or a notice printed with exit code 0, would make a vault that never opens again."""
    command = PassphraseCommand(python("import os; print(os.urandom(8).hex())"))
    assert command(new=False)
    with pytest.raises(BadInput, match="two different passphrases"):
        command(new=True)

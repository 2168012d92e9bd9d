"""Codes from commands: the profile's mfa_process and a YubiKey; with shell scripts in their place."""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from aws_mfa.errors import Cancelled, NeedsHuman, WrongSecret
from aws_mfa.prompt.code_programs import MfaProcessProvider, YkmanProvider, code_in, matching_account
from aws_mfa.prompt.providers import CodeQuestion
from aws_mfa.system.cancel import Cancellation
from aws_mfa.system.programs import run_for_answer
from programs import SOURCE, once, wait_until
from real_terminals import Pty, on_a_pty

if TYPE_CHECKING:
    from aws_mfa.prompt.providers import CodeProvider


pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the programs of these tests are shell scripts")

DEVICE = "arn:aws:iam::123456789012:mfa/team/ann"
QR_LABEL = "Amazon Web Services:ann@123456789012"
WRONG = WrongSecret("the keys are wrong")


@contextlib.contextmanager
def no_terminal() -> Iterator[tuple[int, int] | None]:
    yield None


def asked(command: str, environ: dict[str, str] | None = None, cancellation: Cancellation | None = None) -> str:
    provider = MfaProcessProvider(dict(os.environ) if environ is None else environ, time_limit_s=10, tty=no_terminal)
    return provider.ask(CodeQuestion("MFA code: ", DEVICE, command), cancellation)


def shell(script: str) -> str:
    return f"/bin/sh -c {shlex.quote(script)}"


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    with contextlib.suppress(OSError), open(f"/proc/{pid}/stat") as stat:
        return stat.read().rsplit(")", 1)[1].split()[0] != "Z"
    return True


def ends(pid: int) -> bool:
    """Whether the process is gone within five seconds."""
    end_at = time.monotonic() + 5
    while is_running(pid) and time.monotonic() < end_at:
        time.sleep(0.01)
    return not is_running(pid)


def has_written(path: Path) -> bool:
    return path.exists() and path.read_text().endswith("\n")


def wait_for(path: Path) -> str:
    wait_until(lambda: has_written(path))
    return path.read_text().strip()


# What was printed


@pytest.mark.parametrize(
    "output",
    [
        *(b"123456\n", b"123 456\r\n", b"  123456", b"Amazon Web Services:ann@123456789012  123456\n"),
        *(b"\xef\xbb\xbf123456\r\n", "１２３４５６\n".encode(), b"123-456\n", b"ann  123-456\n"),
        *(b"touch it\n123456\n", b"654321\nvalid for 12 s\n123456\n\n", b"123456\nvalid for 12 s\n"),
    ],
)
def test_a_code_is_found_with_and_without_a_label(output: bytes) -> None:
    assert code_in(output) == "123456"


@pytest.mark.parametrize("output", [b"", b"\n", b"12345", b"1234567\n", b"123456 is locked\n", b"\xff23456\n"])
def test_nothing_else_is_taken_for_one(output: bytes) -> None:
    assert code_in(output) is None


# mfa_process


def test_both_are_code_providers() -> None:
    """Checked by mypy; neither has a person to ask again."""
    providers: list[CodeProvider] = [MfaProcessProvider({}), YkmanProvider({})]
    assert [(provider.name, provider.has_human) for provider in providers] == [("mfa_process", False), ("ykman", False)]


def test_only_a_profile_with_a_command_is_answered_by_one() -> None:
    provider = MfaProcessProvider({})
    assert provider.can_answer(CodeQuestion("MFA code: ", DEVICE, "pass otp aws"))
    assert not provider.can_answer(CodeQuestion("MFA code: ", DEVICE))


def test_no_shell_looks_at_the_command() -> None:
    assert asked("/bin/echo $HOME;true 123456") == "123456"


def test_it_inherits_no_stdin_and_gets_no_terminal_unless_one_is_lent() -> None:
    """Nor by opening it: reading from a terminal that belongs to another program would stop us."""
    assert asked(shell('cat; (: </dev/tty) 2>/dev/null && echo "has one" || echo 123456')) == "123456"


def test_credentials_are_not_for_it_and_what_unlocks_a_manager_is(tmp_path: Path) -> None:
    seen = tmp_path / "environment"
    secret = ["AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN", "AWS_CONTAINER_AUTHORIZATION_TOKEN"]
    secret += ["AWS_ACCESS_KEY", "AWS_SECRET_KEY", "AWS_BEARER_TOKEN_BEDROCK"]
    environ = {**os.environ, "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", **dict.fromkeys(secret, "canary")}
    environ["OP_SESSION_work"] = "kept"
    asked(shell(f"env > {shlex.quote(str(seen))}; echo 123456"), environ)
    assert "canary" not in seen.read_text()
    assert "AKIA" not in seen.read_text()
    assert "OP_SESSION_work=kept" in seen.read_text()


@pytest.mark.parametrize(
    ("command", "line"),
    [
        (shell("echo hunter2; exit 3"), "the profile's mfa_process (sh) failed with exit code 3"),
        (shell("echo hunter2"), "the profile's mfa_process (sh) printed no code of six digits"),
        ("/no/such/program --seed hunter2", "the profile's mfa_process (program) cannot be started: No such file"),
        ("SEED=hunter2 oathtool", "the profile's mfa_process cannot be started: No such file"),
        ("echo 'hunter2", "the profile's mfa_process is not a command line: a quote is not closed"),
        ("", "the profile's mfa_process is not a command line"),
    ],
)
def test_a_command_that_fails_leaves_it_to_the_next_provider_and_is_not_quoted(command: str, line: str) -> None:
    with pytest.raises(NeedsHuman) as failure:
        asked(command)
    assert failure.value.message.startswith(line)
    assert "hunter2" not in failure.value.message + "".join(failure.value.hints)
    assert failure.value.__context__ is None or failure.value.__suppress_context__


def test_after_the_limit_it_is_ended_with_all_it_started(tmp_path: Path) -> None:
    pids = tmp_path / "pid"
    provider = MfaProcessProvider(os.environ, time_limit_s=0.5, tty=no_terminal)
    command = shell(f"sleep 60 & echo $! > {shlex.quote(str(pids))}; wait")
    with pytest.raises(NeedsHuman, match=r"\(sh\) did not end within 0.5 s"):
        provider.ask(CodeQuestion("MFA code: ", DEVICE, command))
    assert ends(int(wait_for(pids)))


def test_a_cancellation_ends_it_even_if_it_ignores_signals(tmp_path: Path) -> None:
    pids = tmp_path / "pid"
    cancellation = Cancellation()
    began_at = time.monotonic()
    with once(lambda: has_written(pids), lambda: cancellation.cancel(WRONG)), pytest.raises(WrongSecret):
        asked(shell(f"trap '' TERM; echo $$ > {shlex.quote(str(pids))}; sleep 60"), cancellation=cancellation)
    assert time.monotonic() - began_at < 5
    assert ends(int(wait_for(pids)))


def test_what_it_leaves_running_is_neither_waited_for_nor_ended(tmp_path: Path) -> None:
    """Such as the agent of a password manager that keeps our pipe open."""
    pids = tmp_path / "pid"
    began_at = time.monotonic()
    assert asked(shell(f"sleep 60 & echo $! > {shlex.quote(str(pids))}; echo 123456")) == "123456"
    assert time.monotonic() - began_at < 5
    left = int(wait_for(pids))
    assert is_running(left)
    os.kill(left, signal.SIGKILL)


def test_a_filter_that_ends_a_moment_later_is_heard() -> None:
    assert asked(shell("{ sleep 0.05; echo 123456; } &")) == "123456"


def test_a_process_that_keeps_the_pipe_does_not_delay_a_cancellation(tmp_path: Path) -> None:
    pids = tmp_path / "pid"
    detached = "import os, time; os.setsid(); print(os.getpid(), file=open(sys.argv[1], 'w'), flush=True)"
    script = f"import sys; {detached}; time.sleep(60)"
    child = " ".join(map(shlex.quote, [sys.executable, "-c", script, str(pids)]))
    cancellation = Cancellation()
    cancelled_at: list[float] = []

    def cancel() -> None:
        cancellation.cancel(WRONG)
        cancelled_at.append(time.monotonic())

    with once(lambda: has_written(pids), cancel), pytest.raises(WrongSecret):
        asked(shell(f"{child} & wait"), cancellation=cancellation)
    assert time.monotonic() - cancelled_at[0] < 2
    os.kill(int(wait_for(pids)), signal.SIGKILL)


@pytest.mark.parametrize("command", ["exec yes 123456", "yes 123456 & echo $! > {}; echo 654321"])
def test_one_that_prints_without_end_is_ended_and_read_no_further(command: str, tmp_path: Path) -> None:
    """Processes it left running find their pipe closed."""
    pids = tmp_path / "pid"
    began_at = time.monotonic()
    with pytest.raises(NeedsHuman, match="printed more than 64 KiB"):
        asked(shell(f"echo $$ > {pids}; {command.format(pids)}"))
    assert time.monotonic() - began_at < 5
    assert ends(int(wait_for(pids)))


def test_noise_on_stderr_is_cut_and_ends_nothing() -> None:
    noise = "head -c 1000000 /dev/zero >&2; echo 123456"
    command = ["/bin/sh", "-c", noise]
    ended = run_for_answer(command, environ=os.environ, limit_s=10, cancellation=None, catches_stderr=True)
    assert ended.stdout == b"123456\n"
    assert 65536 < len(ended.stderr) < 80000


def test_a_question_cancelled_before_starts_nothing(tmp_path: Path) -> None:
    cancellation = Cancellation()
    cancellation.cancel(WRONG)
    with pytest.raises(WrongSecret):
        asked(f"/usr/bin/touch {tmp_path}/started", cancellation=cancellation)
    assert os.listdir(tmp_path) == []


def test_ctrl_c_cancels_and_ends_it(tmp_path: Path) -> None:
    pids = tmp_path / "pid"
    with once(lambda: has_written(pids), lambda: os.kill(os.getpid(), signal.SIGINT)), pytest.raises(Cancelled):
        asked(shell(f"echo $$ > {shlex.quote(str(pids))}; sleep 60"))
    assert ends(int(wait_for(pids)))


def test_ctrl_c_while_a_program_starts_ends_it_too(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[int] = []

    class Interrupted(subprocess.Popen[bytes]):
        def __init__(self, *arguments: Any, **options: Any) -> None:  # noqa: ANN401  # as Popen has them
            super().__init__(*arguments, **options)
            started.append(self.pid)
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(subprocess, "Popen", Interrupted)
    with pytest.raises(Cancelled):
        asked("sleep 60")
    assert ends(started[0])


# mfa_process on a terminal


PROGRAM = """
import os, sys
from aws_mfa.prompt.code_programs import MfaProcessProvider
from aws_mfa.errors import AwsMfaError
from aws_mfa.prompt.providers import CodeQuestion
try:
    code = MfaProcessProvider(os.environ, time_limit_s={limit_s}).ask(CodeQuestion("MFA code: ", "device", {command!r}))
except AwsMfaError as error:
    print(type(error).__name__, error.message)
else:
    print("code", code)
"""


def on_terminal(command: str, limit_s: float = 10, redirect: str = "</dev/null 2>/dev/null") -> Pty:
    """The provider on a pty, started by a shell that shows the terminal's modes afterwards, and stays."""
    program = PROGRAM.format(command=command, limit_s=limit_s)
    script = f'"$0" -c "$1" {redirect}; echo "modes=[$(stty -a | tr "\\n" " ")]"; exec sleep 30'
    return on_a_pty(["/bin/sh", "-c", script, sys.executable, program], {**os.environ, **SOURCE}, timeout=10)


@pytest.mark.real
def test_it_asks_on_the_terminal_whatever_our_stdin_and_stderr_are() -> None:
    child = on_terminal(shell("echo 'PIN:' >&2; read pin; echo 12345$pin"))
    child.expect_exact("PIN:")
    child.send("6\n")
    child.expect_exact("code 123456")
    child.close()


@pytest.mark.real
def test_killed_while_it_asks_it_leaves_echo_on_and_no_process_at_the_terminal(tmp_path: Path) -> None:
    pids = tmp_path / "pid"
    asking = f"stty -echo; /bin/sh -c 'echo $$ > {pids}; read pin'; exit 1"
    child = on_terminal(shell(asking), limit_s=1)
    child.expect_exact("NeedsHuman the profile's mfa_process (sh) did not end within 1 s")
    child.expect(r"modes=\[.* echo .*\]")
    assert ends(int(wait_for(pids)))
    child.close()


@pytest.mark.real
def test_ctrl_c_on_the_terminal_cancels() -> None:
    child = on_terminal(shell("echo 'PIN:' >&2; read pin"))
    child.expect_exact("PIN:")
    child.send("\x03")
    child.expect_exact("Cancelled cancelled")
    child.close()


# ykman


KEY = """#!/bin/sh
echo "$*" >> "{folder}/calls"
case "$3" in
list) cat "{folder}/accounts" 2>/dev/null || {{ echo 'ERROR: No YubiKey detected!' >&2; exit 2; }} ;;
code) echo 'Touch your YubiKey...' >&2; echo 123456 ;;
esac
"""


class Key:
    """A script named `ykman` on a PATH, and the USB devices that Linux shows."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.usb = folder / "usb"
        program = folder / "ykman"
        program.write_text(KEY.format(folder=folder))
        program.chmod(0o755)

    def plug_in(self, *accounts: str) -> None:
        for name, vendor in {"1-1": "8087\n", "1-2": "1050\n"}.items():
            (self.usb / name).mkdir(parents=True)
            (self.usb / name / "idVendor").write_text(vendor)
        (self.usb / "1-2:1.0").mkdir()
        (self.folder / "accounts").write_text("".join(f"{account}\n" for account in accounts))

    def provider(self, **variables: str) -> YkmanProvider:
        environ = {"PATH": f"{self.folder}:/usr/bin:/bin", **variables}
        return YkmanProvider(environ, usb_devices=str(self.usb), tty=no_terminal)

    def calls(self) -> list[str]:
        return (self.folder / "calls").read_text().splitlines()


@pytest.fixture
def key(tmp_path: Path) -> Key:
    return Key(tmp_path)


QUESTION = CodeQuestion("MFA code: ", DEVICE)


def test_the_account_of_the_device_gives_the_code(key: Key) -> None:
    key.plug_in("GitHub:ann", "Amazon Web Services:bob@123456789012", QR_LABEL)
    assert key.provider().can_answer(QUESTION)
    assert key.provider().ask(QUESTION) == "123456"
    assert key.calls() == ["oath accounts list", f"oath accounts code --single -- {QR_LABEL}"]


@pytest.mark.parametrize(
    ("accounts", "wanted", "match"),
    [
        ([QR_LABEL, "Amazon Web Services:ann@210987654321"], None, QR_LABEL),
        ([f"aws:{DEVICE}"], None, f"aws:{DEVICE}"),
        (["ann@123456789012"], None, "ann@123456789012"),
        (["Amazon Web Services:joann@123456789012"], None, None),
        (["Amazon Web Services:ann@my-alias"], None, None),
        ([QR_LABEL, f"aws:{DEVICE}"], None, None),
        (["Amazon Web Services:ann@my-alias", "GitHub:ann"], "ANN@my", "Amazon Web Services:ann@my-alias"),
        (["aws:ann", "aws:anna"], "aws:ann", "aws:ann"),
        (["aws:ann", "aws:anna"], "aws", None),
        ([QR_LABEL], "GitHub", None),
        ([], None, None),
    ],
)
def test_one_account_matches_or_none_is_used(accounts: list[str], wanted: str | None, match: str | None) -> None:
    assert matching_account(accounts, DEVICE, wanted) == match


def test_a_key_without_our_account_leaves_it_to_the_next_provider(key: Key) -> None:
    key.plug_in("GitHub:ann")
    with pytest.raises(NeedsHuman, match=f"not exactly one account on the YubiKey is {DEVICE}"):
        key.provider().ask(QUESTION)
    assert key.calls() == ["oath accounts list"]


def test_without_a_key_ykman_is_started_only_if_a_variable_asks_for_it(key: Key) -> None:
    """It takes three seconds to find out: users who only have it installed must not wait for that."""
    assert not key.provider().can_answer(QUESTION)
    assert key.provider(AWS_MFA_PROMPT="ykman,terminal").can_answer(QUESTION)
    assert key.provider(AWS_MFA_YKMAN_ACCOUNT="aws:ann").can_answer(QUESTION)
    with pytest.raises(NeedsHuman, match="ykman cannot list the accounts of a YubiKey"):
        key.provider(AWS_MFA_PROMPT="ykman").ask(QUESTION)


def test_a_device_without_an_account_in_its_name_needs_the_account_named(key: Key) -> None:
    key.plug_in("aws:ann")
    hardware = CodeQuestion("MFA code: ", "GAHT12345678")
    assert not key.provider().can_answer(hardware)
    assert key.provider(AWS_MFA_YKMAN_ACCOUNT="aws:ann").ask(hardware) == "123456"


def test_ykman_is_not_tried_if_absent_nor_from_the_working_folder(key: Key, monkeypatch: pytest.MonkeyPatch) -> None:
    key.plug_in(QR_LABEL)
    monkeypatch.chdir(key.folder)
    assert not key.provider(PATH="/nowhere").can_answer(QUESTION)
    assert not key.provider(PATH=".").can_answer(QUESTION)


def test_a_touch_that_does_not_come_is_left_to_the_next_provider(key: Key) -> None:
    key.plug_in(QR_LABEL)
    program = key.folder / "ykman"
    program.write_text(program.read_text().replace("echo 123456", "exit 1"))
    with pytest.raises(NeedsHuman, match="ykman gave no code"):
        key.provider().ask(QUESTION)

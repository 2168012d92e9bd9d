"""The child is as a shell would have started it: the same process with `become`, the same end with `run`."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from unittest import mock

import pytest

from aws_mfa.errors import CommandNotRunnable, NoSuchCommand
from aws_mfa.system.child import ChildProcess
from needs import needs
from programs import SOURCE, output_of, start_program, wait_until
from real_terminals import Pty, end_of, on_a_pty

PARENT = """
import os, sys
from aws_mfa.system.child import ChildProcess
held = open(os.devnull)
child = ChildProcess()
method, *command = sys.argv[1:]
child.become(command, os.environ) if method == "become" else sys.exit(child.end_like(child.run(command, os.environ)))
"""
ENVIRON = {"PATH": os.environ["PATH"], **SOURCE, "LANG": "C.UTF-8", "PS1": "$ "}
BOTH_METHODS = pytest.mark.parametrize("method", ["become", "run"])
TIME_LIMIT_S = 20


def parent_of(method: str, *command: str) -> list[str]:
    return [sys.executable, "-c", PARENT, method, *command]


def ended(method: str, *command: str, **options: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # type: ignore[call-overload,no-any-return]  # options of any kind
        parent_of(method, *command),
        env=ENVIRON, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=TIME_LIMIT_S, check=False,
        start_new_session=True, **options,
    )  # fmt: skip


def started(method: str, *command: str) -> subprocess.Popen[str]:
    """A parent whose child has printed its first line."""
    process = start_program(parent_of(method, *command), ENVIRON)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def state_of(pid: str) -> str:
    """A letter: T is stopped."""
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        return file.read().rpartition(")")[2].split()[0]


def on_a_terminal(program: str, *argv: str) -> Pty:
    return on_a_pty([program, *argv], ENVIRON, timeout=TIME_LIMIT_S)


@pytest.mark.real
def test_becoming_keeps_the_process() -> None:
    process = start_program(parent_of("become", "sh", "-c", "echo $$"), ENVIRON)
    out, _ = process.communicate(timeout=TIME_LIMIT_S)
    assert int(out) == process.pid


@pytest.mark.real
@BOTH_METHODS
def test_the_exit_code_is_the_childs(method: str) -> None:
    assert [ended(method, "sh", "-c", f"exit {code}").returncode for code in (0, 7, 255)] == [0, 7, 255]


@pytest.mark.real
@BOTH_METHODS
@pytest.mark.parametrize("name", ["TERM", "KILL", "PIPE", "SEGV", "INT"])
def test_a_child_that_is_killed_looks_killed(method: str, name: str) -> None:
    assert ended(method, "sh", "-c", f"kill -{name} $$").returncode == -getattr(signal, f"SIG{name}")


@pytest.mark.real
@BOTH_METHODS
def test_no_signal_is_ignored_or_blocked_for_the_child(method: str) -> None:
    """Python ignores SIGPIPE: `aws s3 ls | head` would write on and on."""
    if not os.path.exists("/proc/self/status"):
        pytest.skip("no /proc here")
    child = ended(method, "cat", "/proc/self/status").stdout
    with open("/proc/thread-self/status", encoding="ascii") as file:
        here = file.read()
    by_python = 1 << (signal.SIGPIPE - 1) | 1 << (signal.SIGXFSZ - 1)
    # A program that started this one may ignore or block some: make does.
    assert masks(child) == (masks(here)[0] & ~by_python, masks(here)[1])


def masks(status: str) -> tuple[int, int]:
    """The signals that are ignored, and those that are blocked."""
    values = dict(line.split(":\t", 1) for line in status.splitlines() if line.startswith("Sig"))
    return int(values["SigIgn"], 16), int(values["SigBlk"], 16)


@pytest.mark.real
@BOTH_METHODS
def test_a_signal_that_the_caller_ignores_is_ignored_by_the_child(method: str) -> None:
    """Such as nohup."""
    before = [signal.signal(number, signal.SIG_IGN) for number in (signal.SIGHUP, signal.SIGINT)]
    try:
        done = ended(method, "sh", "-c", "kill -HUP $$; kill -INT $$; echo alive")
    finally:
        for number, handler in zip((signal.SIGHUP, signal.SIGINT), before, strict=True):
            signal.signal(number, handler)
    assert done.stdout == "alive\n"


@pytest.mark.real
@BOTH_METHODS
def test_the_child_has_the_callers_descriptors_and_no_others(method: str) -> None:
    if not os.path.exists("/proc/self/fd"):
        pytest.skip("no /proc here")
    opened = "[n for n in map(int, os.listdir('/proc/self/fd')) if os.path.exists(f'/proc/self/fd/{n}')]"
    with open(os.devnull, encoding="utf-8") as handed_on:
        number = handed_on.fileno()
        done = ended(method, sys.executable, "-c", f"import os; print(*{opened})", pass_fds=[number])
    assert set(map(int, done.stdout.split())) == {0, 1, 2, number}


@pytest.mark.real
@BOTH_METHODS
@pytest.mark.parametrize("name", ["TERM", "HUP", "USR1", "USR2", "INT", "QUIT"])
def test_a_signal_sent_to_the_parent_reaches_the_child(method: str, name: str) -> None:
    process = started(method, "sh", "-c", f"trap 'exit 42' {name}; echo ready; while :; do sleep 0.05; done")
    process.send_signal(getattr(signal, f"SIG{name}"))
    process.communicate(timeout=TIME_LIMIT_S)
    assert process.returncode == 42


@pytest.mark.real
def test_a_child_that_stops_without_a_terminal_does_not_stop_the_parent() -> None:
    """No shell would wake it."""
    needs("/proc/self/stat")
    process = started("run", "sh", "-c", "echo ready; echo $$; kill -STOP $$; exit 5")
    assert process.stdout is not None
    child = process.stdout.readline().strip()
    wait_until(lambda: state_of(child) == "T")
    process.send_signal(signal.SIGCONT)
    process.communicate(timeout=TIME_LIMIT_S)
    assert process.returncode == 5


@pytest.mark.real
@BOTH_METHODS
def test_ctrl_c_reaches_the_child_once_and_the_parent_outlives_it(method: str) -> None:
    count = (
        "import signal, sys, time\n"
        "got = []\n"
        "signal.signal(signal.SIGINT, lambda *_: got.append(1))\n"
        "print('ready', flush=True)\n"
        "while not got: time.sleep(0.02)\n"
        "time.sleep(0.3)\n"
        "print('got', len(got), flush=True)\n"
        "sys.exit(9)\n"
    )
    child = on_a_terminal(*parent_of(method, sys.executable, "-c", count))
    child.expect_exact("ready")
    child.sendintr()
    child.expect_exact("got 1")
    assert end_of(child)[0] == 9


@pytest.mark.real
@BOTH_METHODS
def test_ctrl_c_kills_the_parent_like_a_child_that_does_not_catch_it(method: str) -> None:
    child = on_a_terminal(*parent_of(method, "sh", "-c", "echo ready; exec sleep 20"))
    child.expect_exact("ready")
    child.sendintr()
    end_of(child)
    assert child.signalstatus == signal.SIGINT


def stopped_by_ctrl_z(shell: Pty, method: str) -> None:
    shell.sendline(command_line(method, "echo rea''dy; read answer; exit 6"))
    shell.expect_exact("ready")
    shell.send("\x1a")


def stopped_by_itself(shell: Pty, method: str) -> None:
    shell.sendline(command_line(method, "kill -STOP $$; read answer; exit 6"))


def command_line(method: str, script: str) -> str:
    return f"{sys.executable} \"$PARENT\" {method} sh -c '{script.replace(chr(39), chr(34))}'"


@pytest.mark.real
@BOTH_METHODS
@pytest.mark.parametrize("stop", [stopped_by_ctrl_z, stopped_by_itself])
def test_job_control_works_as_without_a_parent(tmp_path: str, method: str, stop: Callable[[Pty, str], None]) -> None:
    """When it is stopped the shell returns; after `fg` the child reads its line; the exit code is the child's."""
    path = os.path.join(tmp_path, "parent.py")
    with open(path, "w", encoding="utf-8") as file:
        file.write(PARENT)
    shell = on_a_terminal("/usr/bin/env", f"PARENT={path}", "bash", "--norc", "-i")
    for _ in range(2):
        stop(shell, method)
        shell.expect("Stopped")
        shell.sendline("fg")
        shell.expect("sh -c")
        wait_until(lambda: os.tcgetpgrp(shell.fileno()) != shell.pid)  # now the child is in the foreground
        shell.sendline("an answer")
        shell.sendline("echo it ended with $?.")
        shell.expect_exact("it ended with 6.")
    shell.sendline("exit")
    end_of(shell)


@pytest.mark.real
@BOTH_METHODS
def test_the_shell_returns_when_the_child_has_stopped_and_not_before(tmp_path: str, method: str) -> None:
    """Otherwise both would read what is typed, and the child would get some of it."""
    slow = (
        "import os, signal, time\n"
        "def stop(*_):\n"
        "    time.sleep(0.5)\n"
        "    os.write(1, b'now')\n"  # print() may be at work when the signal comes
        "    os.kill(os.getpid(), signal.SIGSTOP)\n"
        "signal.signal(signal.SIGTSTP, stop)\n"
        "print('ready', flush=True)\n"
        "print('read', input(), flush=True)\n"
    )
    paths = [os.path.join(tmp_path, name) for name in ("parent.py", "slow.py")]
    for path, text in zip(paths, (PARENT, slow), strict=True):
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
    shell = on_a_terminal("bash", "--norc", "-i")
    shell.sendline(" ".join([sys.executable, paths[0], method, sys.executable, paths[1]]))
    shell.expect_exact("ready")
    shell.send("\x1a")
    assert shell.expect_exact(["now", "Stopped"]) == 0
    shell.expect_exact("Stopped")
    shell.sendline("fg")
    shell.expect_exact("slow.py")
    shell.sendline("text")
    shell.expect_exact("read text")
    shell.sendline("exit")
    end_of(shell)


@pytest.mark.parametrize(
    ("name", "exit_code"), [("no-such-command-here", 127), ("./nothing", 127), ("./folder", 126), ("./file", 126)]
)
def test_what_is_missing_or_not_a_program_is_reported_before_it_is_needed(
    tmp_path: str, monkeypatch: pytest.MonkeyPatch, name: str, exit_code: int
) -> None:
    monkeypatch.chdir(tmp_path)
    os.mkdir("folder")
    os.close(os.open("file", os.O_CREAT, 0o644))
    with pytest.raises(NoSuchCommand if exit_code == 127 else CommandNotRunnable) as failure:
        ChildProcess().check([name], os.environ)
    assert (failure.value.exit_code, name in failure.value.message) == (exit_code, True)


def test_the_path_is_that_of_the_childs_environment(tmp_path: str) -> None:
    path = os.path.join(tmp_path, "found-here")
    os.close(os.open(path, os.O_CREAT, 0o755))
    ChildProcess().check(["found-here"], {"PATH": str(tmp_path)})
    with pytest.raises(NoSuchCommand):
        ChildProcess().check(["found-here"], {"PATH": "/nowhere"})


def test_a_script_that_the_system_cannot_start_is_reported(tmp_path: str) -> None:
    """Its interpreter is missing, it is not a program at all, or a word holds a NUL."""
    files = {"gone": "#!/no/such/interpreter\n", "junk": "\x00\x01"}
    for name, text in files.items():
        with open(os.path.join(tmp_path, name), "w", encoding="utf-8") as file:
            os.chmod(file.fileno(), 0o755)
            file.write(text)
    with pytest.raises(NoSuchCommand, match="interpreter"):
        ChildProcess().run([os.path.join(tmp_path, "gone")], os.environ)
    with pytest.raises(CommandNotRunnable) as failure:
        ChildProcess().run([os.path.join(tmp_path, "junk")], os.environ)
    assert failure.value.hints == ("a script needs a first line such as: #!/bin/sh",)
    full = mock.patch("aws_mfa.system.child.ended_child", side_effect=BlockingIOError(errno.EAGAIN, "Try again"))
    with full, pytest.raises(CommandNotRunnable) as failure:
        ChildProcess().run(["true"], os.environ)
    assert "ulimit -u" in failure.value.hints[0]
    with pytest.raises(CommandNotRunnable, match="NUL"):
        ChildProcess().run(["true", "\0"], os.environ)


def test_after_a_child_the_handlers_are_restored() -> None:
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)}
    assert ChildProcess().run(["true"], os.environ) == 0
    assert {number: signal.getsignal(number) for number in before} == before


CORE_LIMITS = """
import os, resource, sys
LIMIT = "import resource; print(resource.getrlimit(resource.RLIMIT_CORE)[0])"
resource.setrlimit(resource.RLIMIT_CORE, (2048, resource.getrlimit(resource.RLIMIT_CORE)[1]))
from aws_mfa.cli import main
from aws_mfa.system.child import ChildProcess
main.main([sys.argv[2], "no-such-profile"])
exec(LIMIT)
sys.stdout.flush()
getattr(ChildProcess(), sys.argv[1])([sys.executable, "-c", LIMIT], os.environ)
"""


@pytest.mark.parametrize("command", ["plan", "renew", "forget", "env"])
@pytest.mark.parametrize("starts", ["run", "become"])
def test_no_command_writes_a_core_file_and_what_it_starts_keeps_its_limit(
    command: str, starts: str, tmp_path: str
) -> None:
    environment = {**os.environ, **SOURCE, "HOME": str(tmp_path)}
    printed = output_of([sys.executable, "-c", CORE_LIMITS, starts, command], environment)
    assert printed.split()[-2:] == ["0", "2048"]


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, "/bin/sh"),
        ({"SHELL": ""}, "/bin/sh"),
        ({"SHELL": "/no/such/shell"}, "/bin/sh"),
        ({"SHELL": "/bin/cat"}, "/bin/cat"),
    ],
)
def test_the_shell_is_the_users_if_it_exists(environ: dict[str, str], expected: str) -> None:
    assert ChildProcess().shell(environ) == [expected]

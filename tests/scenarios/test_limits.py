"""What the program does where the system starts no further thread: `ulimit -u`, the pids limit of a container."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from aws_mfa_practice import PracticeAws
from classic_stage import ClassicStage, Ended
from needs import needs
from real_terminals import end_of, on_a_pty
from scenarios.test_renew_many import profile, role
from users_and_modes import as_root

pytestmark = [pytest.mark.real, as_root]

NO_THREAD = "aws-mfa: no further thread may be started here (ulimit -u, or the pids limit of a container)\n"
USER = 100_000 + os.getpid()  # a limit of processes counts all those of the user: no other program runs as this one
READS_ALL = "-all,+dac_override"  # the interpreter may be in a folder of root's
STORE = {"AWS_MFA_SESSION_STORE": "plain"}


@pytest.fixture
def limited(runtime: str) -> Iterator[ClassicStage]:
    """A home in a folder that the user may enter; pytest's are root's."""
    needs("prlimit", "setpriv")
    with PracticeAws() as aws:
        stage = ClassicStage(runtime, aws)
        stage.write(profile("dev", role(stage, "dev").arn), stage.config)
        for folder, _, files in os.walk(stage.home):
            for path in (folder, *(os.path.join(folder, name) for name in files)):
                os.chown(path, USER, USER)
        yield stage


def prefix(processes: int) -> tuple[str, ...]:
    another = ("setpriv", f"--reuid={USER}", "--clear-groups", f"--inh-caps={READS_ALL}", f"--ambient-caps={READS_ALL}")
    return (*another, "prlimit", f"--nproc={processes}")


def run(stage: ClassicStage, processes: int, *argv: str) -> Ended:
    words = [stage.code() if word == "CODE" else word for word in argv]
    return stage.run(*words, env=STORE, prefix=prefix(processes))


@pytest.mark.parametrize(
    "argv",
    [
        ("exec", "dev", "--token", "CODE", "--", "true"),
        ("env", "dev", "--token", "CODE"),
        ("credential-process", "dev", "--token", "CODE"),
        ("renew", "--all", "--token", "CODE"),
        ("console", "dev", "--token", "CODE", "--print-url"),
        ("--token", "CODE"),
    ],
)
def test_one_process_is_enough(limited: ClassicStage, argv: tuple[str, ...]) -> None:
    ended = run(limited, 1, *argv)
    assert (ended.code, "thread" in ended.err) == (0, False), ended


@pytest.mark.parametrize("argv", [("--profile", "default"), ("renew", "dev"), ("exec", "dev", "true")])
def test_a_question_is_asked_without_the_check_beside_it(limited: ClassicStage, argv: tuple[str, ...]) -> None:
    asked = on_a_pty([*prefix(1), *limited.command(*argv)], {**limited.environ, **STORE})
    asked.expect("MFA code for [^:]*")
    asked.sendline(limited.code())
    code, shown = end_of(asked)
    assert (code, "thread" in shown) == (0, False), shown


@pytest.mark.parametrize("processes", [1, 2])
@pytest.mark.parametrize(
    "command", [("serve", "dev"), ("exec", "--server", "dev", "--", "true")], ids=["serve", "exec"]
)
def test_what_serves_says_what_is_missing(limited: ClassicStage, processes: int, command: tuple[str, ...]) -> None:
    assert run(limited, 9, "env", "dev", "--token", "CODE").code == 0
    ended = run(limited, processes, *command)
    assert (ended.code, ended.err.splitlines(keepends=True)[-1]) == (3, NO_THREAD), ended

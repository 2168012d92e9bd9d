"""
One question over all processes, with real processes on real terminals: the log of the practice AWS shows the codes.

What a person sees once, twenty programs would otherwise ask for, each with a code that AWS takes once.
"""

from __future__ import annotations

import json
import os
import shlex
import signal
from collections.abc import Iterator
from contextlib import suppress

import pytest

from classic_stage import ClassicStage
from programs import wait_until
from real_terminals import Pty, on_a_pty
from scenarios.test_renew_many import profile, role

pytestmark = [pytest.mark.real, pytest.mark.xdist_group("one-question")]

STORE = {"AWS_MFA_SESSION_STORE": "plain"}


class Crowd:
    """Processes started by one shell, on one terminal; a folder has what each of them wrote."""

    def __init__(self, stage: ClassicStage, folder: str) -> None:
        self.stage = stage
        self.folder = folder
        self.shell: Pty | None = None

    def start(self, count: int, *argv: str) -> Pty:
        """So many at once, as Terraform starts its providers; they share the terminal and nothing else."""
        command = " ".join(map(shlex.quote, self.stage.command(*argv)))
        one = f"{command} >{self.folder}/$i.out 2>{self.folder}/$i.err </dev/null; echo $? >{self.folder}/$i.code"
        script = f"for i in $(seq {count}); do ( {one} ) & done; wait; echo all over"
        environ = {**self.stage.environ, **STORE}
        self.shell = on_a_pty(["/bin/sh", "-c", script], environ, timeout=60)
        return self.shell

    def read(self, suffix: str) -> list[str]:
        """What each process wrote, in no order."""
        texts = []
        for name in sorted(os.listdir(self.folder)):
            if name.endswith(suffix):
                with open(os.path.join(self.folder, name), encoding="utf-8") as file:
                    texts.append(file.read())
        return texts

    def wait_for_waiting(self, count: int) -> None:
        """Until so many say that they wait."""
        wait_until(lambda: sum("waiting for pid" in text for text in self.read(".err")) >= count, limit_s=45)

    def wait_for_sleep(self, count: int) -> None:
        """Until so many have nothing to do for half a second: a process that starts is running, or ready to run."""
        assert self.shell is not None
        assert self.shell.pid is not None
        session, quiet = self.shell.pid, 0

        def all_sleep() -> bool:
            nonlocal quiet
            states = states_of_pythons(session)
            quiet = quiet + 1 if states == ["S"] * count else 0
            return quiet == 100

        wait_until(all_sleep, limit_s=90)


def states_of_pythons(session: int) -> list[str]:
    """The states of the tool's processes in a session, from `/proc`."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        with suppress(OSError), open(f"/proc/{pid}/stat", encoding="utf-8") as file:
            name, _, rest = file.read().partition("(")[2].rpartition(") ")
            fields = rest.split()
            if int(fields[3]) == session and name.startswith("python"):
                found.append(fields[0])
    return found


@pytest.fixture
def crowd(stage: ClassicStage, tmp_path: object) -> Iterator[Crowd]:
    text = "".join(profile(name, role(stage, name).arn) for name in ("dev", "prod"))
    stage.write(text, stage.config)
    crowd = Crowd(stage, str(tmp_path))
    yield crowd
    if crowd.shell is not None:
        crowd.shell.close(force=True)


def codes_sent(stage: ClassicStage) -> int:
    return sum(1 for record in stage.aws.requests if record.code)


def question(stage: ClassicStage) -> str:
    return f"MFA code for {stage.phone.serial}: "


def test_fifty_processes_ask_once_and_all_of_them_have_a_session(crowd: Crowd) -> None:
    shell = crowd.start(50, "env", "dev", "--shell", "json")
    shell.expect_exact(question(crowd.stage))
    crowd.wait_for_waiting(49)
    shell.sendline(crowd.stage.code())
    shell.expect_exact("all over")
    assert question(crowd.stage) not in (shell.before or ""), "no process asks a second time"
    assert crowd.read(".code") == ["0\n"] * 50, crowd.read(".err")
    assert codes_sent(crowd.stage) == 1
    documents = [json.loads(text) for text in crowd.read(".out")]
    assert all(document["AWS_ACCESS_KEY_ID"] in crowd.stage.aws.sessions for document in documents)


def test_a_cancelled_question_does_not_make_nineteen_more(crowd: Crowd) -> None:
    shell = crowd.start(20, "env", "dev")
    shell.expect_exact(question(crowd.stage))
    crowd.wait_for_waiting(19)
    asking = holder(crowd)
    shell.sendeof()  # Ctrl-C would reach all that share the terminal; this no is said to the one that asks
    shell.expect_exact("all over")
    assert question(crowd.stage) not in (shell.before or "")
    assert crowd.read(".code") == ["130\n"] * 20, crowd.read(".err")
    assert codes_sent(crowd.stage) == 0
    said = f"pid {asking} asked for a code, and the question was cancelled"
    assert sum(said in text for text in crowd.read(".err")) == 19


def test_a_refusal_of_aws_is_shared(crowd: Crowd) -> None:
    crowd.stage.ann.devices[0].serial = f"{crowd.stage.phone.serial}-lost"
    shell = crowd.start(8, "exec", "dev", "--", "true")
    shell.expect(r"MFA code for \S+: ")
    crowd.wait_for_waiting(7)
    shell.sendline("123456")
    shell.expect_exact("all over")
    assert crowd.read(".code") == ["5\n"] * 8, crowd.read(".err")
    assert codes_sent(crowd.stage) == 1


def test_when_the_one_that_asks_is_killed_the_next_one_asks(crowd: Crowd) -> None:
    shell = crowd.start(5, "exec", "dev", "--", "true")
    shell.expect_exact(question(crowd.stage))
    crowd.wait_for_waiting(4)
    os.kill(holder(crowd), signal.SIGKILL)
    shell.expect_exact(question(crowd.stage))
    shell.sendline(crowd.stage.code())
    shell.expect_exact("all over")
    assert sorted(crowd.read(".code")) == ["0\n"] * 4 + ["137\n"], crowd.read(".err")
    assert codes_sent(crowd.stage) == 1


def test_terminals_that_need_the_same_session_in_the_file_ask_once(crowd: Crowd) -> None:
    """The classic form, as shells start it: the others find the session in the file."""
    shell = crowd.start(6)
    shell.expect_exact("Enter AWS MFA code for device")
    crowd.wait_for_waiting(5)
    shell.sendline(crowd.stage.code())
    shell.expect_exact("all over")
    assert crowd.read(".code") == ["0\n"] * 6, crowd.read(".out")
    assert codes_sent(crowd.stage) == 1
    assert sum("Your credentials are still valid" in text for text in crowd.read(".out")) == 5


@pytest.mark.parametrize("said", ["a code", "no"])
def test_what_an_sdk_shows_of_those_who_waited_is_one_line_at_most(crowd: Crowd, said: str) -> None:
    shell = crowd.start(6, "credential-process", "dev")
    shell.expect_exact(question(crowd.stage))
    crowd.wait_for_sleep(6)  # no output shows that they wait: their stderr is printed at the end
    if said == "no":
        shell.sendeof()
    else:
        shell.sendline(crowd.stage.code())
    shell.expect_exact("all over")
    assert question(crowd.stage) not in (shell.before or "")
    assert set(crowd.read(".code")) == {"130\n" if said == "no" else "0\n"}, crowd.read(".err")
    assert codes_sent(crowd.stage) == (0 if said == "no" else 1)
    if said == "no":
        assert [text.count("\n") for text in crowd.read(".err")] == [1] * 6


def holder(crowd: Crowd) -> int:
    """The pid that those who wait name."""
    (pid,) = {
        text.partition("waiting for pid ")[2].partition(",")[0] for text in crowd.read(".err") if "waiting" in text
    }
    return int(pid)

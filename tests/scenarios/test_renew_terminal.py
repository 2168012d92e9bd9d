"""`aws-mfa renew` on a real terminal: two codes of one device, a countdown between them, Ctrl-C, a progress bar."""

from __future__ import annotations

import sys
import time
from collections.abc import Generator

import pytest

from aws_mfa_practice import PracticeAws
from classic_stage import ClassicStage
from real_terminals import Pty, end_of, on_a_pty
from scenarios.test_renew_many import profile, role

pytestmark = pytest.mark.real

LEFT_S = 4
# The clock of the tool is moved along with that of the practice AWS, so that no test waits for the end of a window.
SCRIPT = """import sys, time
real = time.time
time.time = lambda: real() + {offset_s!r}
from aws_mfa.cli.start import start
sys.exit(start())
"""


class Clock:
    """The time, moved."""

    offset_s = 0.0

    def __call__(self) -> float:
        return time.time() + self.offset_s

    def let_window_end_in(self, seconds: float) -> None:
        self.offset_s = 30 - seconds - time.time() % 30


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def late_stage(home: str, clock: Clock) -> Generator[ClassicStage]:
    with PracticeAws(clock=clock) as aws:
        stage = ClassicStage(home, aws)
        dev, long = role(stage, "dev"), role(stage, "long")
        text = profile("dev", dev.arn) + profile("long", long.arn, duration_seconds="14400")
        stage.write(text, stage.config)
        yield stage


def started(stage: ClassicStage, clock: Clock, *argv: str) -> Pty:
    script = SCRIPT.format(offset_s=clock.offset_s)
    environ = {**stage.environ, "AWS_MFA_SESSION_STORE": "plain"}
    return on_a_pty([sys.executable, "-c", script, *argv], environ, columns=300)


def test_the_second_code_counts_down_to_the_next_window(late_stage: ClassicStage, clock: Clock) -> None:
    clock.let_window_end_in(LEFT_S)
    child = started(late_stage, clock, "renew", "long", "dev")
    child.expect_exact(
        f"2 profiles, 2 codes of {late_stage.phone.serial}: one for all roles of up to 1 h, one for long"
    )
    child.expect_exact(f"MFA code for {late_stage.phone.serial}: ")
    first = late_stage.phone.code()
    child.sendline(first)
    child.expect(rf"next code in  [1-{LEFT_S}] s")
    child.expect(r"MFA code for \S+ for long \(4 h sessions need their own code\): ")
    second = late_stage.phone.code()
    assert first != second
    child.sendline(second)
    status, said = end_of(child)
    assert status == 0, said
    assert [record.code for record in late_stage.aws.requests if record.code] == [first, second]
    for name in ("dev", "long"):
        assert late_stage.section(name)["aws_access_key_id"] in late_stage.aws.sessions


@pytest.mark.parametrize("at", ["countdown", "question"])
def test_ctrl_c_at_the_second_code_uses_what_the_first_one_got(late_stage: ClassicStage, clock: Clock, at: str) -> None:
    clock.let_window_end_in(LEFT_S)
    child = started(late_stage, clock, "renew", "long", "dev")
    child.expect_exact(f"MFA code for {late_stage.phone.serial}: ")
    child.sendline(late_stage.phone.code())
    child.expect("next code in" if at == "countdown" else "for long")
    child.sendintr()
    status, said = end_of(child)
    assert status == 130, said
    assert "Traceback" not in said
    states = [line.split()[:2] for line in said.splitlines() if line.startswith(("long ", "dev "))]
    assert states == [["long", "skipped"], ["dev", "renewed"]]
    assert late_stage.section("dev")["aws_access_key_id"] in late_stage.aws.sessions


def test_a_wrong_code_is_asked_again_and_the_roles_wait_for_it(late_stage: ClassicStage, clock: Clock) -> None:
    child = started(late_stage, clock, "renew", "dev")
    question = f"MFA code for {late_stage.phone.serial}: "
    for wrong in ("12345", late_stage.wrong_code()):
        child.expect_exact(question)
        child.sendline(wrong)
    child.expect_exact(question)
    child.sendline(late_stage.code())
    status, said = end_of(child)
    assert (status, "dev      renewed" in said) == (0, True), said


def test_roles_that_take_their_time_show_a_bar_that_disappears(late_stage: ClassicStage, clock: Clock) -> None:
    names = ["r0", "r1"]
    late_stage.write("".join(profile(name, role(late_stage, name).arn) for name in names), late_stage.config)
    late_stage.aws.latency_s = 1.5
    child = started(late_stage, clock, "renew", *names, "--token", late_stage.code())
    child.expect_exact("assuming roles")
    status, said = end_of(child)
    assert status == 0, said
    assert said.count(" renewed ") == len(names)

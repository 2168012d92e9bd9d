"""`aws-mfa code` as people use it: a question of an IDE, a job or another shell, answered in any terminal."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from classic_stage import ClassicStage
from programs import run_program, start_program, wait_until
from real_terminals import Pty, end_of, on_a_pty

pytestmark = pytest.mark.real

PLAIN = {"AWS_MFA_SESSION_STORE": "plain"}
LONG_S = 30.0


class Job:
    """A process without a terminal, started as an SDK starts it: every stream is a pipe of the SDK's, or nothing."""

    def __init__(self, stage: ClassicStage, *argv: str, **variables: str) -> None:
        self.process = start_program(stage.command(*argv), {**stage.environ, **PLAIN, **variables})

    @property
    def pid(self) -> int:
        return self.process.pid

    def ended(self) -> tuple[int, str, str]:
        """Exit code, stdout, stderr."""
        out, err = self.process.communicate(timeout=LONG_S)
        return self.process.returncode, out, err


@pytest.fixture
def job(stage: ClassicStage) -> Iterator[Job]:
    """An SDK asks for a session, and a code is needed."""
    job = Job(stage, "credential-process", "default", XDG_RUNTIME_DIR="/run/user/of-the-job")
    wait_for_question(stage)
    yield job
    if job.process.poll() is None:
        job.process.kill()
        job.process.communicate()


def folder(stage: ClassicStage) -> str:
    return os.path.join(stage.home, ".aws", "mfa", "questions")


def questions(stage: ClassicStage) -> list[str]:
    found = os.listdir(folder(stage)) if os.path.isdir(folder(stage)) else []
    return sorted(name for name in found if name.endswith(".sock"))


def wait_for_question(stage: ClassicStage, *, other_than: str = "") -> str:
    def others() -> list[str]:
        return [name for name in questions(stage) if name != other_than]

    wait_until(others)
    return others()[0]


def on_terminal(stage: ClassicStage, *argv: str) -> Pty:
    return on_a_pty(stage.command(*argv), {**stage.environ, **PLAIN}, columns=300)


def test_an_sdk_without_terminal_is_answered_from_any_shell(stage: ClassicStage, job: Job) -> None:
    answered = stage.run("code", stage.code())
    assert (answered.code, answered.out) == (0, ""), answered
    assert answered.err == f"answered the question of pid {job.pid}\n"
    code, out, err = job.ended()
    assert code == 0, err
    assert json.loads(out)["AccessKeyId"] in stage.aws.sessions
    assert err == "", "SDKs show it when all is over: it is for what went wrong"
    assert questions(stage) == []


def test_a_code_piped_in_is_taken(stage: ClassicStage, job: Job) -> None:
    answered = stage.run("code", stdin=f"{stage.code()}\n")
    assert (answered.code, answered.out) == (0, ""), answered
    assert answered.err.endswith(f"answered the question of pid {job.pid}\n")
    assert job.ended()[0] == 0


def test_without_a_code_it_shows_whose_question_it_is_and_asks(stage: ClassicStage, job: Job) -> None:
    child = on_terminal(stage, "code")
    child.expect_exact(f"pid {job.pid} waits for a code of {stage.phone.serial}\r\n")
    child.expect_exact(f"MFA code for {stage.phone.serial}: ")
    child.sendline(stage.code())
    assert end_of(child)[0] == 0
    assert job.ended()[0] == 0


def test_a_question_on_a_terminal_is_answered_from_another(stage: ClassicStage) -> None:
    asking = on_terminal(stage, "renew", "default")
    asking.expect_exact(f"MFA code for {stage.phone.serial}: ")
    assert stage.run("code", stage.code()).code == 0
    asking.expect_exact("answered in another terminal\r\n")
    status, said = end_of(asking)
    assert (status, "renewed" in said) == (0, True), said
    assert questions(stage) == []


def test_so_is_a_question_of_the_classic_form(stage: ClassicStage) -> None:
    asking = on_terminal(stage)
    asking.expect_exact("Enter AWS MFA code for device")
    assert stage.run("code", stage.code()).code == 0
    status, said = end_of(asking)
    assert (status, "INFO - Success!" in said) == (0, True), said


def test_a_question_that_is_answered_where_it_was_put_ends_here(stage: ClassicStage) -> None:
    asking, answering = on_terminal(stage, "renew", "default"), on_terminal(stage, "code")
    asking.expect_exact("MFA code for")
    answering.close()
    answering = on_terminal(stage, "code")
    answering.expect_exact("MFA code for")
    asking.sendline(stage.code())
    assert end_of(asking)[0] == 0
    status, said = end_of(answering)
    assert (status, "is no longer open" in said) == (4, True), said
    assert "Traceback" not in said


def test_a_window_is_closed_when_its_question_is_answered_elsewhere(stage: ClassicStage, tmp_path: Path) -> None:
    zenity, window = tmp_path / "zenity", tmp_path / "window"
    zenity.write_text(f"#!/bin/sh\necho $$ > {window}.new; mv {window}.new {window}\nexec sleep 60\n")
    zenity.chmod(0o755)
    job = Job(stage, "credential-process", "default", WAYLAND_DISPLAY="wayland-1", PATH=f"{tmp_path}:/usr/bin:/bin")
    wait_until(window.exists)
    assert stage.run("code", stage.code()).code == 0
    code, out, err = job.ended()
    assert (code, err) == (0, "")
    assert json.loads(out)["AccessKeyId"] in stage.aws.sessions
    with pytest.raises(ProcessLookupError):
        os.kill(int(window.read_text()), 0)


def test_where_no_question_waits_it_says_so(stage: ClassicStage) -> None:
    for argv in (["code"], ["code", "123456"]):
        answered = stage.run(*argv)
        assert answered.code == 4
        assert answered.err.startswith("aws-mfa: no question is waiting\nhint: ")
    assert not os.path.exists(folder(stage))


@pytest.mark.parametrize("given", ["12345", "abcdef", "1234567"])
def test_what_is_no_code_leaves_the_question_open(stage: ClassicStage, job: Job, given: str) -> None:
    for answered in (stage.run("code", given), stage.run("code", stdin=f"{given}\n")):
        assert answered.code == 2, answered
        assert "an MFA code is six digits" in answered.err
    assert stage.run("code", stage.code()).code == 0
    assert job.ended()[0] == 0


def test_what_aws_says_of_the_code_is_shown_here_and_the_next_one_is_asked_for(stage: ClassicStage, job: Job) -> None:
    first = wait_for_question(stage)
    wrong = stage.wrong_code()
    answered = stage.run("code", wrong)
    assert answered.code == 5, answered
    assert answered.err.startswith(f"aws-mfa: pid {job.pid} says: ")
    assert wrong not in answered.err
    wait_for_question(stage, other_than=first)
    assert stage.run("code", stage.code()).code == 0
    assert job.ended()[0] == 0


def test_a_killed_process_leaves_nothing_to_answer(stage: ClassicStage, job: Job) -> None:
    job.process.kill()
    job.ended()
    assert len(questions(stage)) == 1
    assert stage.run("code", "123456").code == 4
    assert questions(stage) == []


def test_ctrl_c_removes_the_question(stage: ClassicStage) -> None:
    asking = on_terminal(stage, "renew", "default")
    asking.expect_exact("MFA code for")
    wait_for_question(stage)
    asking.sendintr()
    assert end_of(asking)[0] == 130
    assert questions(stage) == []


def test_a_job_that_is_interrupted_while_it_waits_removes_it_too(stage: ClassicStage, job: Job) -> None:
    job.process.send_signal(signal.SIGINT)
    code, _, err = job.ended()
    assert (code, "Traceback" in err) == (130, False), err
    assert questions(stage) == []


@pytest.mark.parametrize(
    ("argv", "variables"),
    [
        (["renew", "default"], {}),
        ([], {}),
        (["credential-process", "default"], {"CI": "true"}),
        (["credential-process", "default", "--no-input"], {}),
        (["credential-process", "default", "--no-input"], {"AWS_MFA_PROMPT": "code"}),
    ],
)
def test_it_ends_at_once_if_it_must_not_wait(stage: ClassicStage, argv: list[str], variables: dict[str, str]) -> None:
    began_at = time.monotonic()
    run = stage.run(*argv, env={**PLAIN, **variables})
    assert run.code == (4 if argv else 1), run
    assert time.monotonic() - began_at < 15
    assert not os.path.exists(folder(stage))


def test_any_command_waits_where_that_way_is_chosen(stage: ClassicStage) -> None:
    job = Job(stage, "renew", "default", AWS_MFA_PROMPT="code", CI="true")
    wait_for_question(stage)
    assert stage.run("code", stage.code()).code == 0
    assert job.ended()[0] == 0


def test_a_way_that_does_not_exist_is_named(stage: ClassicStage) -> None:
    run = stage.run("renew", "default", env={**PLAIN, "AWS_MFA_PROMPT": "terminal,carrier-pigeon"})
    assert run.code == 2
    assert "AWS_MFA_PROMPT: 'carrier-pigeon' is not a way to ask for a code" in run.out


def test_in_the_background_of_a_terminal_the_line_is_written_there(stage: ClassicStage) -> None:
    """A Terraform run in the background: reading would stop it, and its providers' stderr is not shown."""
    shell = on_a_pty(["bash", "--norc", "-i"], {**stage.environ, **PLAIN}, columns=300, cwd=stage.home)
    shell.sendline(f"PS1=; {sys.executable} -m aws_mfa credential-process default >out 2>err &")
    shell.expect_exact(f"waiting 45 s for a code of {stage.phone.serial}: answer in any terminal: aws-mfa code")
    shell.sendline(f"{sys.executable} -m aws_mfa code {stage.code()}; wait; echo status=$?")
    shell.expect("answered the question of pid [0-9]+")
    shell.expect_exact("status=0")
    shell.sendline("exit")
    end_of(shell)


def test_the_code_is_in_no_file_no_argument_and_no_line(stage: ClassicStage, job: Job) -> None:
    code = stage.code()
    wrong = stage.wrong_code()
    answers = [stage.run("code", stdin=f"{given}\n") for given in (wrong, code)]
    command_line = run_program(["ps", "-ww", "-o", "args=", "-p", str(job.pid)], os.environ)
    _, out, err = job.ended()
    said = out + err + "".join(one.out + one.err for one in answers) + command_line.stdout
    for secret in (code, wrong):
        assert secret not in said.replace(json.loads(out)["SessionToken"], "")
        assert list(files_holding(stage.home, secret)) == []


def files_holding(home: str, text: str) -> Iterator[str]:
    for parent, _, names in os.walk(home):
        for name in names:
            with open(os.path.join(parent, name), "rb") as file:
                if text.encode() in file.read():
                    yield os.path.join(parent, name)


def test_a_program_without_a_person_blocks_no_other(stage: ClassicStage, job: Job) -> None:
    """The IDE waits; at a terminal its person is asked at once, and the one code serves both."""
    began = time.monotonic()
    child = on_terminal(stage, "exec", "default", "--", "true")
    child.expect_exact(f"MFA code for {stage.phone.serial}: ")
    assert time.monotonic() - began < 10
    child.sendline(stage.code())
    assert end_of(child)[0] == 0
    code, out, err = job.ended()
    assert code == 0, err
    assert json.loads(out)["AccessKeyId"] in stage.aws.sessions
    assert len([record for record in stage.aws.requests if record.code]) == 1


def test_programs_without_a_person_wait_at_the_same_time(stage: ClassicStage) -> None:
    """One after the other they would need twenty seconds each."""
    jobs = [Job(stage, "credential-process", "default") for _ in range(4)]
    wait_until(lambda: len(questions(stage)) >= 4, limit_s=15)
    assert stage.run("code", stage.code()).code == 0
    assert [job.ended()[0] for job in jobs] == [0] * 4
    assert len([record for record in stage.aws.requests if record.code]) == 1

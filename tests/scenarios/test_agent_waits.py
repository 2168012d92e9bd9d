"""
What an agent that runs a command sees when a code is needed: a line at once, how to answer, one line at the end.

The commands run as agents run them: without a terminal and with any kind of standard input, or on a pty of the agent's.
How long each wait lasts is tested where it is made, with shorter limits.
"""

from __future__ import annotations

import json
import os
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

import pytest

from classic_stage import ClassicStage
from programs import start_program, wait_until
from scenarios.test_code_command import questions, wait_for_question
from scenarios.test_renew_many import profile, role

if sys.platform == "win32":
    pytest.skip("pseudo-terminals and unix sockets are POSIX", allow_module_level=True)

import pexpect

from real_terminals import end_of, on_a_pty

pytestmark = pytest.mark.real

AGENT = {"AWS_MFA_AGENT": "claude-code", "AWS_MFA_AGENT_ACCESS": "same", "AWS_MFA_SESSION_STORE": "plain"}
AT_ONCE = {**AGENT, "CI": "true"}  # no person is there, so nothing waits for one
HANDED_OVER = [
    ("exec", "dev", "--", "true"),
    ("env", "dev", "--shell", "json"),
    ("credential-process", "dev"),
    ("console", "dev", "--print-url"),
    ("serve", "dev"),
]
LINE = "profile 'dev' needs an MFA code: ask the user to run: aws-mfa renew dev"


@pytest.fixture
def agent(stage: ClassicStage) -> ClassicStage:
    """A role for an hour, one for four, and a user."""
    roles = {name: role(stage, name).arn for name in ("dev", "long")}
    long = profile("long", roles["long"], duration_seconds="14400")
    stage.write(profile("dev", roles["dev"]) + long, stage.config)
    return stage


@contextmanager
def silent_stdin(kind: str) -> Iterator[int]:
    """A standard input that never gives a byte: Node's `pipe` is a socket."""
    if kind == "socket":
        ours, theirs = socket.socketpair()
        with ours, theirs:
            yield theirs.fileno()
    else:
        reader, writer = os.pipe()
        try:
            yield reader
        finally:
            os.close(reader)
            os.close(writer)


@contextmanager
def started(
    agent: ClassicStage, argv: tuple[str, ...], environ: dict[str, str], stdin: int = subprocess.DEVNULL
) -> Iterator[tuple[subprocess.Popen[str], IO[str]]]:
    """The process, and its stderr to be read line by line."""
    job = start_program(agent.command(*argv), {**agent.environ, **AGENT, **environ}, stdin=stdin)
    try:
        assert job.stderr is not None
        yield job, job.stderr
    finally:
        job.send_signal(signal.SIGINT)  # it ends what it has started, which would hold the pipe
        job.communicate(timeout=30)


@pytest.mark.parametrize("argv", HANDED_OVER, ids=lambda argv: argv[0])
def test_the_failure_is_one_line_that_names_the_command(agent: ClassicStage, argv: tuple[str, ...]) -> None:
    ended = agent.run(*argv, env=AT_ONCE)
    assert (ended.code, ended.err) == (4, f"aws-mfa: {LINE}\n"), ended
    ended = agent.run(argv[0], "--json-errors", *argv[1:], env=AT_ONCE)
    found = json.loads(ended.err)
    assert (ended.code, ended.err.count("\n"), found["message"], found["run"]) == (4, 1, LINE, "aws-mfa renew dev")


def test_renew_names_one_command_for_all_profiles(agent: ClassicStage) -> None:
    run = "aws-mfa renew dev long default"
    ended = agent.run("renew", "--all", stdin=None, env=AT_ONCE)
    assert (ended.code, ended.err.splitlines()[-1]) == (
        4,
        f"aws-mfa: dev, long, default: an MFA code is needed: ask the user to run: {run}",
    ), ended
    ended = agent.run("renew", "--all", "--json", "--json-errors", env=AT_ONCE)
    found = json.loads(ended.err.splitlines()[-1])
    assert (found["exit_code"], found["run"], [row["run"] for row in found["profiles"]]) == (4, run, [run] * 3)
    assert [row["run"] for row in json.loads(ended.out)["profiles"]] == [run] * 3


@pytest.mark.parametrize(
    "argv",
    [
        ("exec", "dev", "--", "true"),
        ("exec", "default", "--read-only", "--", "true"),
        ("exec", "default", "--duration", "15m", "--allow", "s3:List*", "--", "true"),
        ("exec", "long", "--", "true"),
        ("exec", "long", "--read-only", "--duration", "2h", "--", "true"),
        ("exec", "narrow", "--", "true"),
        ("renew", "dev", "default"),
    ],
    ids=" ".join,
)
def test_after_the_command_that_is_named_the_same_call_needs_no_one(agent: ClassicStage, argv: tuple[str, ...]) -> None:
    """The person runs it as it is printed, in a terminal of their own, where no variable names an agent."""
    if argv[1] == "narrow":
        rule = profile("narrow", role(agent, "narrow").arn, aws_mfa_agent="read-only")
        agent.write(agent.read(agent.config) + rule, agent.config)
    refused = agent.run(*argv[:1], "--json-errors", *argv[1:], env=AT_ONCE)
    assert refused.code == 4, refused
    command = json.loads(refused.err.splitlines()[-1])["run"]
    program, *words = shlex.split(command)
    assert program == "aws-mfa"
    person = on_a_pty(agent.command(*words), {**agent.environ, "AWS_MFA_SESSION_STORE": "plain"}, columns=300)
    while person.expect(["MFA code for", pexpect.EOF], timeout=60) == 0:
        person.sendline(agent.code())
    status, said = end_of(person)
    assert status == 0, said
    again = agent.run(*argv, env=AT_ONCE)
    assert again.code == 0, again
    assert ("aws_session_token" in agent.read()) == (words[0] == "renew"), "a rule that narrows: nothing in the file"


@pytest.mark.parametrize("kind", ["pipe", "socket"])
@pytest.mark.parametrize("argv", HANDED_OVER[:4], ids=lambda argv: argv[0])
def test_a_question_without_a_terminal_is_announced_at_once_and_answered_elsewhere(
    agent: ClassicStage, argv: tuple[str, ...], kind: str
) -> None:
    with silent_stdin(kind) as stdin, started(agent, argv, {}, stdin) as (job, err):
        device = agent.phone.serial
        assert err.readline() == f"waiting 45 s for a code of {device}: answer in any terminal: aws-mfa code\n"
        assert agent.run("code", agent.code()).code == 0
        assert job.wait(30) == 0


@pytest.mark.parametrize(
    ("argv", "question"),
    [
        (("renew", "dev"), "MFA code for {device}: "),
        (("exec", "--token-stdin", "dev"), None),
        (("env", "--token-stdin", "dev"), ""),
        (("setup",), "Profile name to [default]: "),
    ],
    ids=lambda argv: argv if isinstance(argv, str) else argv and argv[0],
)
def test_a_silent_pipe_that_is_to_hold_the_answer_is_announced(
    agent: ClassicStage, argv: tuple[str, ...], question: str | None
) -> None:
    if question is None:
        assert agent.run(*argv, env=AGENT).code == 2  # its standard input is the command's
        return
    with silent_stdin("socket") as stdin, started(agent, argv, {}, stdin) as (_, err):
        words = f"{question.format(device=agent.phone.serial)}waiting 90 s for a line on standard input\n"
        assert err.readline() == words


def test_on_a_pty_of_the_agents_the_question_is_shown_and_any_terminal_answers_it(agent: ClassicStage) -> None:
    child = on_a_pty(agent.command("exec", "dev", "--", "echo", "ran"), {**agent.environ, **AGENT}, columns=300)
    child.expect_exact(f"MFA code for {agent.phone.serial}, asked by claude-code for dev: ")
    wait_for_question(agent)
    assert agent.run("code", agent.code()).code == 0
    status, said = end_of(child)
    assert (status, said.splitlines()[-1], questions(agent)) == (0, "ran", [])


def test_no_list_waits_for_an_agent(agent: ClassicStage) -> None:
    """The list of profiles, which a person gets, waits for a key."""
    for argv, why in ((("exec",), "are required: PROFILE"), (("status", "--watch"), "--watch needs a terminal")):
        child = on_a_pty(agent.command(*argv), {**agent.environ, **AGENT, "TERM": "xterm"}, columns=300)
        status, said = end_of(child)
        assert (status, why in said) == (2, True), said


def slow(agent: ClassicStage, folder: str, name: str) -> dict[str, str]:
    path = os.path.join(folder, name)
    agent.write("#!/bin/sh\nexec sleep 60\n", path, mode=0o755)
    return {"PATH": f"{folder}:{os.environ['PATH']}"}


@pytest.mark.parametrize("argv", [("exec", "dev", "--", "true"), ("renew", "dev")], ids=lambda argv: argv[0])
def test_a_dialog_is_announced_to_those_who_see_stderr_only(
    agent: ClassicStage, argv: tuple[str, ...], tmp_path: object
) -> None:
    environ = {"DISPLAY": ":99", **slow(agent, str(tmp_path), "zenity")}
    with started(agent, argv, environ) as (job, err):
        device = agent.phone.serial
        line = f"waiting for a code of {device}: answer the dialog, or in any terminal: aws-mfa code\n"
        assert err.readline() == line
        assert agent.run("code", agent.code()).code == 0
        assert job.wait(30) == 0


def test_programs_that_may_ask_a_person_are_announced(agent: ClassicStage, tmp_path: object) -> None:
    environ = slow(agent, str(tmp_path), "otp")
    config = agent.read(agent.config)
    agent.write(f"{config}[default]\nmfa_process = {tmp_path}/otp\n", agent.config)
    with started(agent, ("exec", "dev", "--", "true"), environ) as (_, err):
        assert err.readline() == "waiting for the profile's mfa_process\n"
    agent.write(config, agent.config)
    environ = {**environ, "AWS_MFA_AGE_PASSPHRASE_COMMAND": f"{tmp_path}/otp"}
    with started(agent, ("import", "--vault", "age", "--yes"), environ) as (_, err):
        assert "waiting for the command in AWS_MFA_AGE_PASSPHRASE_COMMAND\n" in err


def test_a_stored_session_costs_the_agent_no_word(agent: ClassicStage) -> None:
    assert agent.run("exec", "dev", "--token", agent.code(), "--", "true", env=AGENT).code == 0
    ended = agent.run("exec", "dev", "--json-errors", "--", "true", env=AGENT)
    assert (ended.code, ended.out, ended.err) == (0, "", "")
    wait_until(lambda: questions(agent) == [])

"""The terminal as a code provider, in the foreground and in the background of a real pty."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

from aws_mfa.errors import NeedsHuman, WrongSecret
from aws_mfa.prompt.providers import CodeQuestion
from aws_mfa.prompt.terminal import ControllingTerminal, FunctionProvider, NoTerminal, TerminalProvider, child_terminal
from aws_mfa.system.cancel import Cancellation
from fakes import FakeTerminal
from programs import SOURCE
from real_terminals import Pty, on_a_pty

if TYPE_CHECKING:
    from aws_mfa.prompt.providers import CodeProvider


pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="process groups of a terminal are POSIX")

QUESTION = CodeQuestion("MFA code: ", "arn:aws:iam::123456789012:mfa/ann")


def test_the_line_typed_is_the_answer() -> None:
    terminal = FakeTerminal("123456")
    provider: CodeProvider = TerminalProvider(terminal)
    assert (provider.name, provider.has_human, provider.can_answer(QUESTION)) == ("terminal", True, True)
    assert provider.ask(QUESTION) == "123456"
    assert terminal.questions == [QUESTION.text]


def test_a_programs_function_gets_a_question_that_is_safe_to_print() -> None:
    provider = FunctionProvider(lambda text: text)
    provider.say("refused\x1b[2J")
    asked = provider.ask(CodeQuestion("MFA code for d\x1b]0;ev\x07: ", "d"))
    assert asked == "refused\\x1b[2J\nMFA code for d\\x1b]0;ev\\x07: "


def test_without_a_terminal_the_next_provider_is_tried() -> None:
    provider = TerminalProvider(NoTerminal())
    assert not provider.has_human
    with pytest.raises(NeedsHuman):
        provider.ask(QUESTION)


def test_in_the_background_a_cancelled_question_raises_the_cancellations_error(monkeypatch: pytest.MonkeyPatch) -> None:
    cancellation = Cancellation()
    cancellation.cancel(WrongSecret("the keys are wrong"))
    monkeypatch.setattr("aws_mfa.prompt.posix.in_foreground", lambda fd: False)
    ours, theirs = os.openpty()
    try:
        terminal = ControllingTerminal(os.ttyname(theirs))
        with pytest.raises(NeedsHuman, match="another program"):
            terminal.ask(QUESTION.text)
        with pytest.raises(WrongSecret):
            terminal.ask(QUESTION.text, cancellation)
        assert not TerminalProvider(terminal).has_human
    finally:
        os.close(ours)
        os.close(theirs)


def test_a_terminal_that_is_gone_counts_as_ours_and_is_not_lent() -> None:
    assert ControllingTerminal("/no/such/terminal").is_ours()
    with child_terminal("/no/such/terminal") as tty:
        assert tty is None


# On a pty: a job-control shell starts us in the background, in a process group that is not the terminal's.

PROGRAM = """
import os, sys
from aws_mfa.prompt.code_programs import MfaProcessProvider
from aws_mfa.prompt.terminal import choose_terminal
from aws_mfa.prompt.terminal import TerminalProvider
from aws_mfa.errors import AwsMfaError
from aws_mfa.prompt.providers import CodeQuestion

provider = {provider}
provider.say("said from here")
try:
    code = provider.ask(CodeQuestion("MFA code: ", "device", {command!r}))
except AwsMfaError as error:
    print(type(error).__name__, error.message)
else:
    print("code", code)
"""
TERMINAL = "TerminalProvider(choose_terminal(reads_pipe=False))"
COMMAND = "MfaProcessProvider(os.environ, time_limit_s=10)"


def shell_runs(line: str, provider: str, command: str | None = None) -> Pty:
    """A shell with job control on a pty that runs the line, with the program as `$0 -c "$1"`."""
    program = PROGRAM.format(provider=provider, command=command)
    return on_a_pty(["/bin/sh", "-m", "-c", line, sys.executable, program], {**os.environ, **SOURCE}, timeout=15)


IN_BACKGROUND = '"$0" -c "$1" & wait $!; echo "status=$?"'


@pytest.mark.real
def test_in_the_foreground_it_asks() -> None:
    child = shell_runs('"$0" -c "$1"', TERMINAL)
    child.expect_exact("said from here")
    child.expect_exact("MFA code: ")
    child.send("123456\n")
    child.expect_exact("code 123456")
    child.close()


def asks_itself(question: str) -> str:
    """A provider that asks this question of the terminal itself."""
    asking = f"choose_terminal(reads_pipe=False).{question}(q.text)"
    return f"type('', (), dict(say=print, ask=lambda self, q: {asking}))()"


REFUSED = "NeedsHuman the terminal belongs to another program now"
READS = "/bin/sh -c 'read pin; (: </dev/tty) 2>/dev/null && exit 7; echo 12345${pin:-6}'"


@pytest.mark.real
@pytest.mark.parametrize(
    ("line", "provider", "command", "shown"),
    [
        (IN_BACKGROUND, TERMINAL, None, REFUSED),
        # A passphrase is a question too: even switching the echo off would stop us.
        *((IN_BACKGROUND, asks_itself(question), None, REFUSED) for question in ("ask", "ask_hidden")),
        # A terminal that forbids to write.
        (f"stty tostop; {IN_BACKGROUND.replace('&', '>/dev/null 2>&1 &', 1)}", TERMINAL, None, ""),
        # A command is not lent the terminal: it reads the end of its input, and what it opens itself is not there.
        (IN_BACKGROUND, COMMAND, READS, "code 123456"),
    ],
    ids=["terminal", "ask", "ask_hidden", "tostop", "command"],
)
def test_in_the_background_nothing_stops_its_process_group(
    line: str, provider: str, command: str | None, shown: str
) -> None:
    child = shell_runs(line, provider, command)
    if command is None:
        child.expect_exact("said from here")
    child.expect_exact(shown)
    child.expect_exact("status=0")
    child.close()

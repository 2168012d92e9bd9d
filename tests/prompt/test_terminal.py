"""Questions on real terminals (pexpect, tmux), through pipes, and without a person to ask."""

from __future__ import annotations

import ctypes
import importlib
import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from aws_mfa.errors import BadAnswer, Cancelled, InputEnded, NeedsHuman, NobodyAnswered, WrongSecret
from aws_mfa.prompt.terminal import ControllingTerminal, NoTerminal, PipedAnswers, choose_terminal
from aws_mfa.prompt.typed_line import LONGEST_ANSWER, answer_in, width_of
from aws_mfa.system.cancel import Cancellation
from needs import needs
from programs import SOURCE, run_program
from real_terminals import Pty, Tmux, child_of, end_of, in_tmux, matched, on_a_pty, wait_for_echo

if TYPE_CHECKING:
    from aws_mfa.prompt.providers import Terminal

if sys.platform != "win32":
    import fcntl
    import pty
    import struct
    import termios

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are POSIX")

QUESTION = "Enter AWS MFA code for device [arn:aws:iam::123456789012:mfa/ann] (renewing for 43200 seconds):"

# What every program below does: run `body`, and tell its end as cli/main.py does, by exit code.
PROGRAM = """
import sys, threading, time
from aws_mfa.prompt.terminal import choose_terminal
from aws_mfa.errors import AwsMfaError, WrongSecret
from aws_mfa.system.cancel import Cancellation

QUESTION = {question!r}
terminal = choose_terminal(reads_pipe={reads_pipe})
try:
{body}
except AwsMfaError as error:
    print(type(error).__name__, error.message)
    sys.exit(error.exit_code)
"""

ASK = "print('answer', repr(terminal.ask(QUESTION)))"
ASK_HIDDEN = "print('answer', len(terminal.ask_hidden(QUESTION).reveal()))"
CANCELLED_BY_THREAD = """
cancellation = Cancellation()
threading.Timer(0.4, cancellation.cancel, [WrongSecret("the keys are wrong")]).start()
terminal.{ask}(QUESTION, cancellation)
"""

# The shell that started the program: it prints how the program ended, how it left the terminal, and what it left
# unread.
SHELL = """trap : INT QUIT TERM HUP
"$0" -c "$1"
echo "status=$?"
echo "modes=[$(stty -a | tr '\\n' ' ')]"
read left; echo "left=[$left]"
"""


def program(body: str, *, reads_pipe: bool = True, question: str = QUESTION) -> list[str]:
    indented = "".join(f"    {line}\n" for line in body.strip().splitlines())
    return [sys.executable, "-c", PROGRAM.format(question=question, reads_pipe=reads_pipe, body=indented)]


def environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    return {**kept, **SOURCE, "LC_ALL": "C.UTF-8", "TERM": "xterm"}


class Screen:
    """A program on a pty of its own, started by a shell as a person would start it."""

    def __init__(self, body: str, shell: str = SHELL) -> None:
        self.child = on_a_pty(["/bin/sh", "-c", shell, *program(body)[::2]], environment(), timeout=10)

    def sees(self, text: str) -> str:
        """Wait for the text; what stood before it."""
        self.child.expect_exact(text)
        return str(self.child.before)

    def types(self, text: str) -> None:
        self.child.send(text)

    def signals(self, number: signal.Signals) -> None:
        """Send the signal to the program only, which is the shell's only child."""
        os.kill(child_of(self.child.pid), number)

    def end(self) -> End:
        """Wait for the program's end, then look at what it left behind."""
        text = self.sees("status=")
        ending = matched(self.child, r"(\d+)\r\nmodes=\[(.*?)\]")
        self.types("next\n")
        left = matched(self.child, r"left=\[(.*)\]")[1]
        end_of(self.child)
        return End(text, int(ending[1]), " echo " in ending[2], left)


class End:
    """How a program ended: its last words, its status as the shell has it, echo, and what the shell read next."""

    def __init__(self, text: str, status: int, echo: bool, left: str) -> None:  # noqa: FBT001
        self.text, self.status, self.echo, self.left = text, status, echo, left

    def __repr__(self) -> str:
        return f"End({self.text!r}, {self.status}, echo={self.echo}, left={self.left!r})"


@pytest.fixture
def screen() -> Iterator[Callable[..., Screen]]:
    screens: list[Screen] = []

    def started(body: str, shell: str = SHELL) -> Screen:
        screens.append(Screen(body, shell))
        return screens[-1]

    yield started
    for each in screens:
        each.child.close(force=True)


def asked_on(screen: Callable[..., Screen], body: str, *typed: str, shell: str = SHELL) -> Screen:
    """The program has printed the question, and this was typed."""
    asked = screen(body, shell)
    asked.sees(QUESTION)
    for text in typed:
        asked.types(text)
    return asked


def test_the_three_are_terminals() -> None:
    """Checked by mypy; at run time, that only the real terminal claims a human."""
    terminals: list[Terminal] = [ControllingTerminal(), NoTerminal(), PipedAnswers()]
    assert [terminal.has_human for terminal in terminals] == [True, False, False]


# On a pty


@pytest.mark.real
def test_the_question_is_printed_as_given_and_the_typed_code_is_shown(screen: Callable[..., Screen]) -> None:
    asked = screen(ASK)
    assert asked.sees(QUESTION) == ""
    asked.types("123456\n")
    assert asked.end().text == "123456\r\nanswer '123456'\r\n"


@pytest.mark.real
def test_what_was_printed_before_the_question_appears_before_it(screen: Callable[..., Screen]) -> None:
    asked = screen(f"sys.stdout = open(1, 'w'); sys.stdout.write('INFO - Validating ')\n{ASK}")
    assert asked.sees(QUESTION) == "INFO - Validating "


@pytest.mark.real
def test_a_hidden_answer_is_not_shown_and_echo_is_back_after_it(screen: Callable[..., Screen]) -> None:
    asked = asked_on(screen, ASK_HIDDEN)
    wait_for_echo(asked.child, on=False)
    asked.types("wJalrXUtnFEMI\n")
    end = asked.end()
    assert (end.text, end.status, end.echo, end.left) == ("\r\nanswer 13\r\n", 0, True, "next")


@pytest.mark.real
@pytest.mark.parametrize("question", [ASK, ASK_HIDDEN])
@pytest.mark.parametrize(
    ("key", "shown", "said"),
    [
        ("\x03", "^C", "Cancelled cancelled"),
        ("", "", "Cancelled cancelled"),  # SIGINT without a key
        ("\x1c", "^\\", "Cancelled cancelled"),
        ("\x04", "", "InputEnded the input ended before the answer"),
    ],
)
def test_ctrl_c_ctrl_backslash_and_end_of_input_cancel(
    screen: Callable[..., Screen], question: str, key: str, shown: str, said: str
) -> None:
    """Echo is back, the cursor on a fresh line, and the shell gets nothing of what was half typed."""
    asked = asked_on(screen, question)
    if question is ASK_HIDDEN:
        wait_for_echo(asked.child, on=False)
        shown = ""
    if key:
        asked.types(key)
    else:
        asked.signals(signal.SIGINT)
    end = asked.end()
    assert (end.text, end.status, end.echo, end.left) == (f"{shown}\r\n{said}\r\n", 130, True, "next")


@pytest.mark.real
@pytest.mark.parametrize("question", [ASK, ASK_HIDDEN])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_deadly_signal_kills_with_echo_restored_and_the_half_typed_dropped(
    screen: Callable[..., Screen], question: str, number: signal.Signals
) -> None:
    asked = asked_on(screen, question, "half")
    if question is ASK_HIDDEN:
        wait_for_echo(asked.child, on=False)
    else:
        asked.sees("half")
    asked.signals(number)
    end = asked.end()
    assert (end.status, end.echo, end.left) == (128 + number, True, "next")
    assert {signal.SIGTERM: "Terminated", signal.SIGHUP: "Hangup"}[number] in end.text


@pytest.mark.real
def test_ignored_signals_stay_ignored(screen: Callable[..., Screen]) -> None:
    """`nohup aws-mfa` goes on after a hang-up."""
    asked = asked_on(screen, f"import signal; signal.signal(signal.SIGHUP, signal.SIG_IGN)\n{ASK_HIDDEN}")
    wait_for_echo(asked.child, on=False)
    asked.signals(signal.SIGHUP)
    asked.types("secret\n")
    assert asked.end().text == "\r\nanswer 6\r\n"


@pytest.mark.real
def test_a_handler_of_the_program_is_called_and_the_question_goes_on_hidden(screen: Callable[..., Screen]) -> None:
    handler = "import signal; signal.signal(signal.SIGTERM, lambda *_: print('handled', flush=True))"
    asked = asked_on(screen, f"{handler}\n{ASK_HIDDEN}\nprint(signal.getsignal(signal.SIGTERM).__name__)")
    asked.signals(signal.SIGTERM)
    asked.sees("handled")
    asked.sees(QUESTION)
    wait_for_echo(asked.child, on=False)
    asked.types("secret\n")
    assert asked.end().text == "\r\nanswer 6\r\n<lambda>\r\n"


@pytest.mark.real
@pytest.mark.parametrize("ask", ["ask", "ask_hidden"])
def test_a_cancelled_question_raises_the_other_threads_error(screen: Callable[..., Screen], ask: str) -> None:
    asked = asked_on(screen, CANCELLED_BY_THREAD.format(ask=ask))
    if ask == "ask_hidden":
        wait_for_echo(asked.child, on=False)
    asked.types("12")
    end = asked.end()
    shown = "12" if ask == "ask" else ""
    assert (end.text, end.status) == (f"{shown}\r\nWrongSecret the keys are wrong\r\n", 5)
    assert (end.echo, end.left) == (True, "next")


@pytest.mark.real
def test_a_question_cancelled_before_it_was_asked_does_not_wait(screen: Callable[..., Screen]) -> None:
    asked = screen("w = Cancellation(); w.cancel(WrongSecret('the keys are wrong'))\nterminal.ask(QUESTION, w)")
    assert asked.end().status == 5


@pytest.mark.real
@pytest.mark.parametrize("ask", ["ask", "ask_hidden"])
def test_a_question_on_an_agents_terminal_ends_in_time_and_echo_is_back(
    screen: Callable[..., Screen], ask: str
) -> None:
    """Cursor and others run commands on a pty that no person may look at."""
    body = f"terminal = choose_terminal(reads_pipe=False, limit_s=0.5)\nterminal.{ask}(QUESTION)"
    end = asked_on(screen, body, "12").end()
    assert (end.text.splitlines()[-1], end.status, end.echo, end.left) == (
        "NobodyAnswered nobody answered within 0.5 s",
        4,
        True,
        "next",
    )


@pytest.mark.real
@pytest.mark.parametrize(("question", "answer"), [(ASK, "'123456'"), (ASK_HIDDEN, "6")])
def test_text_typed_before_a_question_is_its_answer(screen: Callable[..., Screen], question: str, answer: str) -> None:
    asked = screen(f"import select; print('busy', flush=True); select.select([0], [], [])\n{question}")
    asked.sees("busy")
    asked.types("123456\n")
    assert f"answer {answer}\r\n" in asked.end().text


@pytest.mark.real
@pytest.mark.parametrize(
    ("body", "typed", "shown", "status"),
    [
        (f"sys.stdout = sys.stderr = open('/dev/null', 'w')\n{ASK}", ["123456\n"], "123456\r\n", 0),
        ("print('answer', terminal.ask(QUESTION, Cancellation()))", ["123456\n"], "123456\r\nanswer 123456\r\n", 0),
        (
            "print('both', repr(terminal.ask(QUESTION)), len(terminal.ask_hidden('Secret:').reveal()))",
            ["AKIAEXAMPLE\nwJalr\n"],
            "both 'AKIAEXAMPLE' 5\r\n",
            0,
        ),
        (ASK_HIDDEN, ["x" * 3000 + "\r"], "\r\nanswer 3000\r\n", 0),
        # Otherwise the first 4095 bytes would be stored as the secret.
        (ASK_HIDDEN, [*["x" * 500] * 10, "\n"], f"BadAnswer the answer is longer than {LONGEST_ANSWER} bytes\r\n", 2),
        (ASK_HIDDEN, ["tab\there\nrm -rf stuff\n"], "such as a tab in the middle\r\n", 2),
        # Ctrl-U and Backspace; and Ctrl-D after a text ends it as it does in `cat`.
        (ASK, ["999\x15129\x7f3456\x04\x04"], "\r\nanswer '123456'\r\n", 0),
    ],
    ids=["stdout elsewhere", "no cancellation", "two lines", "long", "cut by the kernel", "refused paste", "edited"],
)
def test_what_is_typed_is_the_answer_to_its_line_end_and_nothing_reaches_the_shell(
    screen: Callable[..., Screen], body: str, typed: list[str], shown: str, status: int
) -> None:
    end = asked_on(screen, body, *typed).end()
    assert end.text.endswith(shown)
    assert (end.status, end.echo, end.left) == (status, True, "next")


# Under the job control of a shell


@pytest.fixture
def shell(tmp_path: object) -> Iterator[Callable[[str], Pty]]:
    """An interactive bash on a pty, in whose folder the program is `./asking` (its text shall not be on the screen)."""
    needs("bash")
    bash = on_a_pty(["bash", "--norc", "--noprofile", "-i"], environment(), timeout=10, cwd=str(tmp_path))

    def with_program(body: str) -> Pty:
        path = os.path.join(str(tmp_path), "asking")
        interpreter, _, text = program(body)
        with open(path, "w", opener=lambda name, flags: os.open(name, flags, 0o700)) as file:
            file.write(f"#!{interpreter}\n{text}")
        return bash

    yield with_program
    bash.close(force=True)


@pytest.mark.real
@pytest.mark.parametrize(("question", "answer"), [(ASK, "'123456'"), (ASK_HIDDEN, "6")])
def test_suspended_the_shell_has_its_echo_and_after_fg_the_question_is_there_again(
    shell: Callable[[str], Pty], question: str, answer: str
) -> None:
    bash = shell(question)
    bash.sendline("./asking")
    bash.expect_exact(QUESTION)
    bash.send("half\x1a")
    bash.expect_exact("Stopped")
    bash.sendline("stty -a")
    assert matched(bash, r"(-?)\becho ")[1] == ""
    bash.sendline("fg")
    bash.expect_exact(QUESTION)
    if question is ASK_HIDDEN:
        wait_for_echo(bash, on=False)
    bash.send("123456\n")
    bash.expect_exact(f"answer {answer}")


@pytest.mark.real
def test_a_suspended_hidden_question_can_be_killed_from_the_shell(shell: Callable[[str], Pty]) -> None:
    """It must not touch the terminal from the background: that would stop it for ever."""
    bash = shell(ASK_HIDDEN)
    bash.sendline("./asking")
    bash.expect_exact(QUESTION)
    bash.send("\x1a")
    bash.expect_exact("Stopped")
    bash.sendline("kill %1; sleep 0.5; jobs")
    bash.expect_exact("Terminated")


@pytest.mark.real
@pytest.mark.parametrize("ask", ["ask", "ask_hidden"])
def test_in_the_background_no_question_is_asked_and_the_program_ends(shell: Callable[[str], Pty], ask: str) -> None:
    bash = shell(CANCELLED_BY_THREAD.format(ask=ask))
    bash.sendline("./asking & sleep 1; jobs")
    bash.expect_exact("NeedsHuman the terminal belongs to another program now")
    bash.expect_exact("Exit 4")


# In tmux, as people see it


@pytest.fixture
def tmux() -> Iterator[Callable[[int, str], Tmux]]:
    with ExitStack() as servers:

        def started(columns: int, body: str) -> Tmux:
            return servers.enter_context(in_tmux(program(body), environment(), columns=columns))

        yield started


@pytest.mark.real
@pytest.mark.parametrize("columns", [20, 80])
def test_a_code_is_seen_while_typed_and_a_secret_is_not_however_narrow_the_window(
    tmux: Callable[[int, str], Tmux], columns: int
) -> None:
    window, hidden = tmux(columns, ASK), tmux(columns, ASK_HIDDEN)
    for each, typed in ((window, "654321"), (hidden, "wJalrXUtnFEMI")):
        each.shows(QUESTION)
        each.types(typed)
    assert window.shows("654321") == f"{QUESTION}654321"
    assert hidden.shows(QUESTION) == QUESTION
    for each in (window, hidden):
        each.types("\r")
    window.shows("answer '654321'")
    assert "wJalr" not in hidden.shows("answer 13")


# Through a pipe, and without a terminal: none of these has a controlling terminal


def run(body: str, stdin: str | int, *, reads_pipe: bool = True) -> subprocess.CompletedProcess[str]:
    """Run it in a session of its own, which has no terminal; text is piped in."""
    return run_program(program(body, reads_pipe=reads_pipe), environment(), stdin=stdin, timeout_s=10)


@pytest.mark.real
@pytest.mark.parametrize(
    ("more", "piped", "printed", "exit_code"),
    [
        ("", "123456\n", "answer '123456'", 0),
        ("\nimport os; print(os.read(0, 99))", "y\n123456\nrest", "answer 'y'\nb'123456\\nrest'", 0),
        ("", "123456", "answer '123456'", 0),
        ("", "", f"\nNeedsHuman standard input ended before the answer to: {QUESTION.rstrip(':')}", 4),
    ],
    ids=["one line", "the rest is for others", "without a line end", "nothing"],
)
def test_a_piped_line_answers_and_stdout_has_the_question(more: str, piped: str, printed: str, exit_code: int) -> None:
    done = run(ASK + more, piped)
    assert (done.stdout, done.stderr, done.returncode) == (f"{QUESTION}{printed}\n", "", exit_code)


@pytest.mark.real
def test_a_file_on_stdin_is_read_as_a_pipe_is(tmp_path: object) -> None:
    path = os.path.join(str(tmp_path), "answers")
    with open(path, "w+") as answers:
        answers.write("123456\r\n")
        answers.flush()
        answers.seek(0)
        assert run(ASK_HIDDEN, answers.fileno()).stdout == f"{QUESTION}\nanswer 6\n"


@pytest.mark.real
def test_a_program_that_must_not_read_its_pipe_refuses_at_once() -> None:
    """An SDK gives its credential process a pipe that is never written to."""
    reader, writer = os.pipe()
    try:
        done = run(ASK, reader, reads_pipe=False)
    finally:
        os.close(reader)
        os.close(writer)
    assert done.stdout.startswith("NeedsHuman there is no terminal to ask on: Enter AWS MFA code")


@pytest.mark.real
def test_dev_null_and_a_closed_stdin_without_a_terminal_refuse() -> None:
    assert run(ASK, subprocess.DEVNULL).returncode == NeedsHuman.exit_code
    closed = run_program(["sh", "-c", 'exec "$@" 0<&-', "sh", *program(ASK)], environment(), timeout_s=10)
    assert (closed.returncode, closed.stderr) == (NeedsHuman.exit_code, "")
    done = run("terminal.say('hello'); print(type(terminal).__name__)", subprocess.DEVNULL)
    assert (done.stdout, done.stderr) == ("NoTerminal\n", "hello\n")


@pytest.mark.parametrize(
    ("asks_on_stdout", "limit_s", "is_limited"), [(True, None, False), (True, 60.0, True), (False, None, True)]
)
def test_a_pipe_that_stays_silent_is_given_up_but_by_a_person_in_the_form_without_a_command(
    monkeypatch: pytest.MonkeyPatch, *, asks_on_stdout: bool, limit_s: float | None, is_limited: bool
) -> None:
    """0.0.12 waited for ever, and a program that asks a person for the code may rely on it; an agent does not."""
    silent = NeedsHuman("nothing came")
    monkeypatch.setattr("aws_mfa.prompt.terminal.read_line", lambda *_: b"123456\n")
    monkeypatch.setattr("aws_mfa.prompt.terminal.read_line_in_time", lambda *_: (_ for _ in ()).throw(silent))
    reader, writer = os.pipe()
    with os.fdopen(reader) as stdin:
        terminal = choose_terminal(reads_pipe=True, asks_on_stdout=asks_on_stdout, limit_s=limit_s, stdin=stdin)
        if is_limited:
            with pytest.raises(NeedsHuman, match="nothing came"):
                terminal.ask(QUESTION)
        else:
            assert terminal.ask(QUESTION) == "123456"
    os.close(writer)


@pytest.mark.real
@pytest.mark.parametrize("stdin", ["</dev/null", "<&-"])
def test_without_a_pipe_the_terminal_is_asked(screen: Callable[..., Screen], stdin: str) -> None:
    shell = SHELL.replace('"$1"', f'"$1" {stdin}')
    assert asked_on(screen, ASK, "123456\n", shell=shell).end().text == "123456\r\nanswer '123456'\r\n"


@pytest.mark.real
def test_a_pipe_goes_before_the_terminal(screen: Callable[..., Screen]) -> None:
    asked = screen(ASK, SHELL.replace('"$0"', 'echo 654321 | "$0"'))
    assert asked.end().text == f"{QUESTION}answer '654321'\r\n"


@pytest.mark.real
def test_a_terminal_on_stdin_that_is_not_ours_to_control_is_asked_all_the_same(screen: Callable[..., Screen]) -> None:
    """`setsid aws-mfa` and some containers."""
    needs("setsid")
    asked = asked_on(screen, ASK_HIDDEN, shell=SHELL.replace('"$0"', 'setsid -w "$0"'))
    wait_for_echo(asked.child, on=False)
    asked.types("123456\n")
    end = asked.end()
    assert (end.text, end.echo) == ("\r\nanswer 6\r\n", True)


def test_a_refusal_quotes_the_question_and_says_what_to_do() -> None:
    with pytest.raises(NeedsHuman) as caught:
        NoTerminal("pass the code: aws-mfa --token CODE").ask("Create it? ")
    assert caught.value.message == "there is no terminal to ask on: Create it"
    assert caught.value.hints == ("pass the code: aws-mfa --token CODE",)


def test_a_cancellation_comes_before_the_refusal_and_before_reading() -> None:
    """The cause that was found says more than that no person can be asked."""
    cancellation = Cancellation()
    cancellation.cancel(WrongSecret("the keys are wrong"))
    for terminal in (NoTerminal(), PipedAnswers(fd=-1)):
        with pytest.raises(WrongSecret):
            terminal.ask(QUESTION, cancellation)


def test_an_unreadable_stdin_raises_needs_human(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(NeedsHuman, match="standard input cannot be read"):
        PipedAnswers(fd=-1).ask(QUESTION)


def test_a_terminal_that_is_gone_raises_needs_human(tmp_path: object) -> None:
    with pytest.raises(NeedsHuman):
        ControllingTerminal(os.path.join(str(tmp_path), "none")).ask(QUESTION)
    with pytest.raises(NeedsHuman):
        ControllingTerminal("/dev/null").ask_hidden(QUESTION)


def test_stdin_without_a_descriptor_is_no_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    """As under pytest and in notebooks: nothing is read from it, nothing raised."""
    assert not isinstance(choose_terminal(reads_pipe=True), PipedAnswers)


# Cancellations


def test_the_first_cancellation_stays_and_wakes_once() -> None:
    cancellation, woken = Cancellation(), list[str]()
    cancellation.check()
    cancellation.wake_by(lambda: woken.append("woken"))
    cancellation.cancel(WrongSecret("first"))
    cancellation.cancel(WrongSecret("second"))
    assert woken == ["woken"]
    with pytest.raises(WrongSecret, match="first"):
        cancellation.check()


def test_a_waiter_after_the_cancellation_is_woken_at_once_and_a_removed_one_never() -> None:
    cancellation, woken = Cancellation(), list[str]()
    cancellation.wake_by(lambda: woken.append("too late"))
    cancellation.wake_by(None)
    cancellation.cancel(WrongSecret("the keys are wrong"))
    cancellation.wake_by(lambda: woken.append("at once"))
    assert woken == ["at once"]


# One line


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        *((b"123456\n", "123456"), (b"123456\r\n", "123456"), (b"\n", "")),
        *((b" blanks stay \n", " blanks stay "), ("pässwört\n".encode(), "pässwört")),
        *((b"\xef\xbb\xbf123456\n", "123456"), ("\ufeff12\r\n".encode("utf-16-le"), "12")),
        *((b"\t123456\t\n", "123456"), (b" \t 1 2 \t\n", "  1 2 ")),
        (b"\x1b[200~123456\x1b[201~\n", "123456"),
        *((b"\x1b[A123\x1b[1;5D456\x1bOB\n", "123456"), (b"\x1b[[A\x1b[15~\x1bOP123456\n", "123456")),
        (b"x" * LONGEST_ANSWER + b"\r\n", "x" * LONGEST_ANSWER),
    ],
)
def test_a_line_is_its_text_without_line_end_bom_tabs_around_and_cursor_keys(line: bytes, answer: str) -> None:
    assert answer_in(line) == answer


@pytest.mark.parametrize(
    "line",
    [
        *(b"tab\there\n", b"\x1b\n", b"\x1b123456\n", b"\x04123456\n", b"nul\x00\n", b"\x7f\n"),
        *("\x9b\n".encode(), b"\xff\xfe\n", b"x" * (LONGEST_ANSWER + 1)),
    ],
)
def test_what_no_person_meant_to_type_is_refused_without_quoting_it(line: bytes) -> None:
    with pytest.raises(BadAnswer) as caught:
        answer_in(line)
    printed = " ".join([caught.value.message, *caught.value.hints])
    assert line.strip().decode(errors="replace") not in printed
    assert caught.value.__context__ is None or caught.value.__suppress_context__


# The console of Windows, with a keyboard and a screen of our own: its logic, not Windows


@pytest.fixture
def console(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], ModuleType]]:
    """The Windows module, whose keyboard holds these keys."""
    name = "aws_mfa.prompt.windows"

    def with_keys(keys: str) -> ModuleType:
        pressed = list(keys)
        keyboard = type(sys)("msvcrt")
        keyboard.__dict__.update(kbhit=lambda: bool(pressed), getwch=lambda: pressed.pop(0))
        monkeypatch.setitem(sys.modules, "msvcrt", keyboard)
        monkeypatch.setattr(sys, "platform", "win32")
        try:
            return importlib.import_module(name)
        finally:
            monkeypatch.undo()

    yield with_keys
    sys.modules.pop(name, None)


@pytest.mark.parametrize(
    ("keys", "answer", "shown"),
    [
        *(("123456\r", "123456", "123456\n"), ("12x\b3\r", "123", "12x\b \b3\n"), ("\b1\r", "1", "1\n")),
        *(("\t12\t\b3\r", "123", "123\n"), ("1\x1b[A2\r", "12", "1[A2\n"), ("1\x1a\x1b[A\b\b\b\b2\r", "12", None)),
        *(("\xe0K1\x00;2\r", "12", "12\n"), ("\ud83d\ude00\r", "😀", None)),
    ],
)
def test_the_windows_console_edits_the_line(
    console: Callable[[str], ModuleType], tmp_path: object, keys: str, answer: str, shown: str | None
) -> None:
    path = os.path.join(str(tmp_path), "screen")
    printed: list[str] = []
    terminal = console(keys).ControllingTerminal(path)
    terminal._print = printed.append
    assert terminal.ask("Code:") == answer
    if shown is not None:
        assert "".join(printed) == f"Code:{shown}"


def test_the_windows_console_hides_and_can_be_cancelled(console: Callable[[str], ModuleType], tmp_path: object) -> None:
    path = os.path.join(str(tmp_path), "screen")
    assert console("secret\b\r").ControllingTerminal(path).ask_hidden("Secret:").reveal() == "secre"
    with open(path) as screen:
        assert "secre" not in screen.read()
    for key, kind in (("\x03", Cancelled), ("\x1a", InputEnded), ("\x04", InputEnded)):
        sys.modules.pop("aws_mfa.prompt.windows")
        with pytest.raises(Cancelled) as cancelled:
            console(key).ControllingTerminal(path).ask("Code:")
        assert cancelled.type is kind
    cancellation = Cancellation()
    cancellation.cancel(WrongSecret("the keys are wrong"))
    with pytest.raises(WrongSecret):
        console("123").ControllingTerminal(path).ask("Code:", cancellation)


def test_a_question_at_an_agents_windows_console_ends_in_time(
    console: Callable[[str], ModuleType], tmp_path: object
) -> None:
    path = os.path.join(str(tmp_path), "screen")
    terminal = console("").ControllingTerminal(path, limit_s=0.2)
    for ask in (terminal.ask, terminal.ask_hidden):
        with pytest.raises(NobodyAnswered, match=r"nobody answered within 0.2 s"):
            ask("Code:")


def test_the_windows_console_gets_no_escape_sequence_of_other_peoples_names(
    console: Callable[[str], ModuleType], tmp_path: Path
) -> None:
    terminal = console("1\r2\r").ControllingTerminal(str(tmp_path / "screen"))
    printed: list[str] = []
    terminal._print = printed.append
    terminal.say("[\x1b]0;title\x07]")
    terminal.ask("\x9b31mred: ")
    terminal.ask_hidden("\u202ered: ")
    assert printed[:2] == ["[\\x1b]0;title\\x07]\n", "\\x9b31mred: "]
    assert "".join(printed).isascii()


@pytest.mark.parametrize(("window", "has_person"), [(0, False), (4711, True)])
def test_no_person_is_at_a_windows_console_without_a_window(
    console: Callable[[str], ModuleType],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    window: int,
    *,
    has_person: bool,
) -> None:
    module, path = console(""), str(tmp_path / "screen")
    kernel = SimpleNamespace(GetConsoleWindow=lambda: window)
    monkeypatch.setattr(ctypes, "windll", SimpleNamespace(kernel32=kernel), raising=False)
    assert module.terminal_opens(path) is has_person
    if not has_person:
        with module.child_terminal(path) as tty:
            assert tty is None


# The countdown: a line that is rewritten


@pytest.fixture
def pty_of(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[int], tuple[int, ControllingTerminal]]]:
    """A terminal of so many columns: the descriptor of its screen, and the terminal."""
    opened: list[int] = []
    monkeypatch.setattr("time.sleep", lambda _s: None)

    def of(columns: int) -> tuple[int, ControllingTerminal]:
        screen, terminal = pty.openpty()
        opened.extend((screen, terminal))
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("4H", 24, columns, 0, 0))
        return screen, ControllingTerminal(os.ttyname(terminal))

    yield of
    for fd in opened:
        os.close(fd)


@pytest.mark.parametrize(("piped", "left"), [(b"a\nb\nc\n", 2), (b"a\nb", 1), (b"a\n\n\n", 0), (b"a\n", 0)])
@pytest.mark.parametrize("is_open", [True, False])
def test_the_lines_left_in_a_pipe_are_counted_and_read_later(piped: bytes, left: int, *, is_open: bool) -> None:
    reader, writer = os.pipe()
    os.write(writer, piped)
    terminal = PipedAnswers(reader)
    assert terminal.ask("") == "a"
    if not is_open:
        os.close(writer)
    whole_lines = left if not is_open or piped.endswith(b"\n") else 0
    assert terminal.lines_left() == terminal.lines_left() == whole_lines
    assert [terminal.ask("") for _ in range(whole_lines)] == [line.decode() for line in piped.split()[1:]][:whole_lines]
    if is_open:
        os.close(writer)


def test_a_line_that_comes_after_the_wait_for_it_is_not_lost() -> None:
    reader, writer = os.pipe()
    terminal = PipedAnswers(reader)
    assert terminal.lines_left() == 0
    os.write(writer, b"late\n")
    while select.select([reader], [], [], 0)[0]:
        pass  # until the thread that waited has taken it
    os.write(writer, b"later\n")
    os.close(writer)
    assert [terminal.ask(""), terminal.ask("")] == ["late", "later"]


def until(screen: int, mark: bytes, number: int) -> bytes:
    """What is shown, up to so many of the mark."""
    shown = b""
    while shown.count(mark) < number:
        shown += os.read(screen, 1000)
    return shown


@pytest.mark.parametrize(
    ("columns", "text", "line"),
    [
        (80, "next code in", "next code in  1 s "),
        (12, "next code in", "next   1 s "),
        (12, "日本のコード", "日本  1 s "),
        (12, "e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301", "e\u0301e\u0301e\u0301e\u0301e\u0301  1 s "),
        (4, "next code in", "  1"),
    ],
)
def test_a_line_that_is_rewritten_is_narrower_than_the_terminal(
    pty_of: Callable[[int], tuple[int, ControllingTerminal]], columns: int, text: str, line: str
) -> None:
    screen, terminal = pty_of(columns)
    terminal.count_down(1, text)
    shown = until(screen, b"\r", 3).decode().split("\r")
    assert shown[1] == line
    assert not shown[2].strip()
    assert width_of(line) <= len(shown[2]) < columns


def test_a_countdown_that_is_interrupted_ends_its_line(
    pty_of: Callable[[int], tuple[int, ControllingTerminal]], monkeypatch: pytest.MonkeyPatch
) -> None:
    screen, terminal = pty_of(80)

    def interrupted(_s: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("time.sleep", interrupted)
    with pytest.raises(KeyboardInterrupt):
        terminal.count_down(30, "next code in")
    assert until(screen, b"\n", 1) == b"\rnext code in 30 s \r\n"

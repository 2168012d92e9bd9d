"""`aws-mfa exec` without PROFILE on real terminals: the choice, every way out of it, and what it leaves behind."""

from __future__ import annotations

import os
import shlex
import signal
from collections.abc import Iterator

import pytest

from classic_stage import ClassicStage
from programs import wait_until
from real_terminals import Pty, child_of, end_of, in_tmux, matched, on_a_pty
from scenarios.test_exec import PLAIN
from scenarios.test_renew_many import profile, role

pytestmark = pytest.mark.real

NAMES = ("dev", "prod-admin", "prod-readonly", "名前")
# A shell prints how the program ended, and the modes of the terminal before and after it.
SHELL = """trap : INT QUIT TERM HUP
before=$(stty -a); {command}; echo "status=$?"
test "$before" = "$(stty -a)" && echo same modes; read left; echo "left=[$left]"
"""
FIRST, SECOND_SCREEN, BACK = "profile: _", "\x1b[?1049h", "\x1b[?1049l\x1b[?25h"


def environ(stage: ClassicStage, **more: str) -> dict[str, str]:
    return {**stage.environ, **PLAIN, "TERM": "xterm", **more}


@pytest.fixture
def chooser(stage: ClassicStage) -> Iterator[Pty]:
    """The list is on the screen of a shell's only child."""
    stage.write("".join(profile(name, role(stage, "role").arn) for name in NAMES), stage.config)
    command = shlex.join(stage.command("exec", "--", "sh", "-c", "echo ran as $AWS_MFA_PROFILE"))
    child = on_a_pty(["sh", "-c", SHELL.format(command=command)], environ(stage))
    child.expect_exact(SECOND_SCREEN)
    child.expect_exact(FIRST)
    yield child
    child.close(force=True)


def left_behind(child: Pty) -> tuple[str, str]:
    """The exit status, and what is shown after the list is gone; the modes are as before, and nothing typed is left."""
    child.expect_exact(BACK)
    status = matched(child, r"status=(\d+)")[1]
    shown = child.before or ""
    child.expect_exact("same modes")
    child.sendline("next")
    child.expect_exact("left=[next]")
    end_of(child)
    return status, shown.strip().replace("\r\n", "\n")


def test_the_profile_chosen_is_used_and_one_line_remains(chooser: Pty, stage: ClassicStage) -> None:
    chooser.send("ADMIN")
    chooser.expect_exact("profile: ADMIN_")
    chooser.expect_exact("1 of 5  Enter")
    chooser.send("\r")
    chooser.expect_exact(f"{BACK}exec prod-admin\r\n")
    chooser.expect_exact(f"MFA code for {stage.phone.serial}: ")
    chooser.sendline(stage.code())
    chooser.expect_exact("ran as prod-admin")


@pytest.mark.parametrize("keys", ["\x1b", "\x03", "\x04", "\x1c", "half typed\x03"])
def test_esc_ctrl_c_and_ctrl_d_cancel_and_the_terminal_is_as_before(chooser: Pty, keys: str) -> None:
    chooser.send(keys)
    assert left_behind(chooser) == ("130", "aws-mfa: cancelled")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT])
def test_a_signal_ends_it_and_the_terminal_is_as_before(chooser: Pty, number: signal.Signals) -> None:
    chooser.send("half typed")
    chooser.expect_exact("half typed_")
    os.kill(child_of(chooser.pid), number)
    is_cancelled = number in (signal.SIGINT, signal.SIGQUIT)
    status, shown = left_behind(chooser)
    assert (status, "aws-mfa: cancelled" in shown) == (str(130 if is_cancelled else 128 + number), is_cancelled)


@pytest.mark.parametrize(("columns", "variables"), [(40, {}), (80, {"NO_COLOR": "1"}), (120, {"LC_ALL": "C"})])
def test_in_a_window_it_fits_is_suspended_and_comes_back(
    stage: ClassicStage, columns: int, variables: dict[str, str]
) -> None:
    """A window that is made smaller, Ctrl-Z and `fg`; more profiles than lines."""
    stage.write("".join(profile(f"p{number:03}", role(stage, "r").arn) for number in range(50)), stage.config)
    with in_tmux(["bash", "--norc", "-i"], environ(stage, **variables), columns=columns) as window:
        window.shows("bash-")
        window.types("stty -g >~/before; {} -- sh -c 'echo ran $AWS_MFA_PROFILE'; stty -g >~/after\n".format(
            shlex.join(stage.command("exec", "--token", stage.code()))
        ))  # fmt: skip
        shown = window.shows("> p000")
        assert [line for line in shown.splitlines() if len(line) >= columns] == []
        assert "  Enter takes it  Esc cancels"[: columns - 9] in shown.splitlines()[-1]
        window.presses("C-z")
        assert "p000" not in window.shows("Stopped")
        window.types("fg\n")
        window.shows("> p000")
        shell = child_of(window.does("display", "-p", "#{pane_pid}").strip())
        os.kill(child_of(shell), signal.SIGSTOP)
        window.shows("Stopped")
        window.types("fg\n")
        wait_until(lambda: "Stopped" not in window.screen())
        window.presses("PageDown", "PageDown", "PageDown", "Down")
        window.shows("> p031")
        window.does("resize-window", "-x", str(columns), "-y", "9")
        wait_until(lambda: "Enter takes it" in window.screen().splitlines()[-1])
        window.shows("> p031")
        window.types("\r")
        assert "> p0" not in window.shows("ran p031")
        window.types("cmp ~/before ~/after && echo 's'ame\n")
        window.shows("\nsame")


def test_without_a_terminal_or_with_no_input_the_argument_is_asked_for(stage: ClassicStage) -> None:
    ended = stage.run("exec", "--", "true")
    assert (ended.code, "give the profile without a flag: aws-mfa exec PROFILE -- COMMAND" in ended.err) == (2, True)
    dumb, piped = environ(stage, TERM="dumb"), [*stage.command("exec"), "--", "true"]
    for command in (stage.command("exec", "--no-input"), ["sh", "-c", f"true | {shlex.join(piped)}"]):
        status, shown = end_of(on_a_pty(command, environ(stage)))
        assert (status, "required: PROFILE" in shown, SECOND_SCREEN in shown) == (2, True, False), shown
    assert end_of(on_a_pty(stage.command("exec"), dumb))[0] == 2

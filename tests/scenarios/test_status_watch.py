"""`aws-mfa status --watch` on real terminals: renewing in place, every way out of it, and what it leaves behind."""

from __future__ import annotations

import os
import shlex
import signal
from collections.abc import Iterator

import pytest

from classic_stage import ClassicStage
from programs import wait_until
from real_terminals import Pty, child_of, in_tmux, on_a_pty
from scenarios.test_choose_profile import BACK, SECOND_SCREEN, SHELL, environ, left_behind
from scenarios.test_renew_many import profile, role

pytestmark = pytest.mark.real

HELP = "r renew  R renew even if good  q quit"


@pytest.fixture
def watched(stage: ClassicStage) -> Iterator[Pty]:
    """The view of three profiles is on the screen; the second one, `denied`, may not be assumed."""
    denied = stage.aws.account.add_role("denied", trusts=stage.aws.account.add_user("bob"), mfa=True)
    text = profile("dev", role(stage, "dev").arn) + profile("denied", denied.arn)
    stage.write(text, stage.config)
    command = shlex.join(stage.command("status", "--watch"))
    child = on_a_pty(["sh", "-c", SHELL.format(command=command)], environ(stage), columns=120)
    child.expect_exact(SECOND_SCREEN)
    child.expect_exact("> dev")
    child.expect_exact(HELP)
    yield child
    child.close(force=True)


def asked(child: Pty, stage: ClassicStage, key: str = "r") -> None:
    child.send(key)
    child.expect_exact(f"MFA code for {stage.phone.serial}: ")


def test_a_profile_is_renewed_in_place_and_no_failure_ends_the_view(watched: Pty, stage: ClassicStage) -> None:
    asked(watched, stage)
    watched.sendline("12345")
    watched.expect_exact("an MFA code is six digits")
    watched.expect_exact(f"MFA code for {stage.phone.serial}: ")
    watched.sendline(stage.code())
    watched.expect_exact("dev: renewed until ")
    watched.send("r")
    watched.expect_exact("dev: still good until ")
    watched.send("\x1b[B\r")
    watched.expect(r"denied: .* sts:AssumeRole on the role")
    watched.send("\x1b[B")
    asked(watched, stage, "R")
    watched.send("\x03")
    watched.expect_exact("default: cancelled")
    asked(watched, stage, "R")
    watched.send("\x04")
    watched.expect_exact("default: the input ended")
    watched.send("q")
    assert left_behind(watched) == ("0", "")
    assert stage.section("dev")["aws_access_key_id"] in stage.aws.sessions


@pytest.mark.parametrize(("key", "status"), [("q", "0"), ("\x04", "0"), ("\x03", "130"), ("\x1c", "130")])
def test_keys_end_it_and_the_terminal_is_as_before(watched: Pty, key: str, status: str) -> None:
    watched.send(key)
    assert left_behind(watched) == (status, "")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("at", ["list", "question"])
def test_a_deadly_signal_kills_it_with_the_terminal_as_before(
    watched: Pty, stage: ClassicStage, number: signal.Signals, at: str
) -> None:
    if at == "question":
        asked(watched, stage)
        watched.send("12")
    os.kill(child_of(watched.pid), number)
    assert left_behind(watched)[0] == str(128 + number)


@pytest.mark.parametrize(("columns", "variables"), [(40, {}), (80, {"NO_COLOR": "1"}), (120, {"LC_ALL": "C"})])
def test_in_a_window_it_fits_follows_the_files_is_suspended_and_comes_back(
    stage: ClassicStage, columns: int, variables: dict[str, str]
) -> None:
    """Ctrl-Z in the list and at the question; a window that is made smaller; another process that renews."""
    names = [f"p{number:03}" for number in range(50)]
    stage.write("".join(profile(name, role(stage, "r").arn) for name in names), stage.config)
    with in_tmux(["bash", "--norc", "-i"], environ(stage, **variables), columns=columns) as window:
        window.shows("bash-")
        command = shlex.join(stage.command("status", "--watch"))
        window.types(f"stty -g >~/before; {command}; stty -g >~/after\n")
        shown = window.shows("> p000")
        assert [line for line in shown.splitlines() if len(line) >= columns or not line.isascii()] == []
        assert HELP in shown.splitlines()[-1]
        window.presses("j", "PageDown", "PageDown", "k")
        assert "p000" not in window.shows("> p020")
        window.types("r")
        window.shows("MFA code for")
        window.presses("C-z")
        assert "p020" not in window.shows("Stopped")
        window.types("fg\n")
        window.shows("> p020")
        wait_until(lambda: "MFA code for" in window.screen().splitlines()[-1])
        window.presses("C-c")
        window.shows("p020: cancelled")
        window.presses("C-z")
        window.shows("Stopped")
        assert stage.run("renew", "p020", "--token", stage.code(), env={"AWS_MFA_SESSION_STORE": "plain"}).code == 0
        window.types("fg\n")
        wait_until(lambda: any("> p020" in line and "(1 h)" in line for line in window.screen().splitlines()))
        window.does("resize-window", "-x", str(columns), "-y", "9")
        wait_until(lambda: HELP in window.screen().splitlines()[-1])
        window.shows("> p020")
        window.types("q")
        window.types("cmp ~/before ~/after && echo 's'ame\n")
        window.shows("\nsame")


def test_without_a_terminal_it_is_refused(stage: ClassicStage) -> None:
    ended = stage.run("status", "--watch")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("aws-mfa: --watch needs a terminal")
    assert BACK not in ended.err

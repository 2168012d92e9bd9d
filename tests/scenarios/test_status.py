"""`aws-mfa status` and `whoami` as processes: on terminals, in the prompts of real shells, in a shell of `exec`."""

from __future__ import annotations

import json
import os
import re
import shlex
import sys
import time

import pytest

from classic_stage import ClassicStage
from needs import ROOT, needs
from programs import output_of
from scenarios.test_renew_many import profile, role

if sys.platform == "win32":
    pytest.skip("terminals of POSIX", allow_module_level=True)

from real_terminals import in_tmux

pytestmark = pytest.mark.real

START = [sys.executable, "-m", "aws_mfa", "status"]
PROFILES = 10_000
SHELLS = {
    "bash": (["bash", "--rcfile", "{rc}", "-i"], ".bashrc"),
    "zsh": (["zsh", "-i"], ".zshrc"),
    "fish": (["fish", "-C", "source {rc}"], "segment.fish"),
}


@pytest.fixture
def with_roles(stage: ClassicStage) -> ClassicStage:
    """Ann's user `work`, and three roles."""
    user = f"[profile work]\nregion = us-east-1\nmfa_serial = {stage.phone.serial}\n"
    roles = {name: role(stage, name.title()) for name in ("dev", "prod", "a-staging-account-in-ohio")}
    stage.write(stage.keys_section("work"))
    texts = [profile(name, one.arn, "work", "") for name, one in roles.items()]
    stage.write("".join([user, *texts, "[profile sso]\nsso_start_url = https://example.com\n"]), stage.config)
    return stage


@pytest.mark.parametrize("columns", [80, 120])
def test_a_terminal_shows_a_line_for_each_profile(with_roles: ClassicStage, columns: int) -> None:
    stage = with_roles
    assert stage.run("renew", "work", "prod", "--token", stage.code()).code == 0
    environ = {**stage.environ, "NO_COLOR": "1", "LC_ALL": "C", "TERM": "xterm", "COLUMNS": str(columns)}
    with in_tmux([*START], environ, columns=columns) as window:
        screen = window.shows("sso")
    lines = screen.splitlines()
    assert [line.split()[0] for line in lines] == [
        *("profile", "work", "dev", "prod", "a-staging-account-in-ohio", "sso"),
    ]
    assert re.search(r"\w{3} \d\d:\d\d \(1 h\)", lines[3])
    assert re.search(r"\w{3} \d\d:\d\d \(12 h\)", lines[1])
    assert ("credentials file" in screen, screen.isascii()) == (columns == 120, True)


def test_in_a_pipe_and_without_unicode_nothing_is_lost(with_roles: ClassicStage) -> None:
    with_roles.write(with_roles.read(with_roles.config) + "[profile Ünï]\nregion = eu-west-1\n", with_roles.config)
    ended = with_roles.run("status", env={"LC_ALL": "C", "PYTHONIOENCODING": "ascii", "COLUMNS": "40"})
    assert (ended.code, ended.err) == (0, "")
    assert "\\xdcn\\xef" in ended.out
    assert with_roles.sent() == []


@pytest.mark.parametrize("shell", SHELLS)
def test_the_recipe_for_the_prompt_works_in_a_real_shell(with_roles: ClassicStage, shell: str) -> None:
    """Typed again and again, also with another profile and none; the exit code of the command before stays."""
    needs(shell, "tmux")
    stage, (command, name) = with_roles, SHELLS[shell]
    stage.write(stage.read() + stage.session_section("work", left_s=7230) + stage.session_section("o%nl y", left_s=-9))
    rc = os.path.join(stage.home, name)
    with open(os.path.join(ROOT, "docs", "recipes.md"), encoding="utf-8") as file:
        block, *_ = re.findall(rf"^```{shell}\n([^`]*status --prompt[^`]*)^```$", file.read(), re.MULTILINE)
    stage.write(f"PS1='$ '\n{block}" if shell != "fish" else block, rc)
    stage.write(f'#!/bin/sh\nexec {shlex.join(START[:3])} "$@"\n', os.path.join(stage.home, "aws-mfa"), mode=0o755)
    environ = {**stage.environ, "PATH": f"{stage.home}:{os.environ['PATH']}", "TERM": "xterm", "SHELL": "/bin/sh"}
    set_to = "set -x AWS_PROFILE {}" if shell == "fish" else "export AWS_PROFILE={}"
    code = "$status" if shell == "fish" else "$?"
    with in_tmux([word.format(rc=rc) for word in command], {**environ, "AWS_PROFILE": "work"}) as window:
        window.shows("work 2h00m")
        for line, shown in (
            ("clear; false", "work 2h00m"),
            (f"echo left {code}", "left 1"),
            (set_to.format("'o%nl y'") + "; clear", "o%nl y expired"),
            (set_to.format("dev") + "; clear; echo done", "done"),
        ):
            window.types(f"{line}\n")
            screen = window.shows(shown)
        time.sleep(0.3)
        assert "expired" not in (screen := window.screen()), screen
        assert "dev" not in screen.replace("AWS_PROFILE dev", "")


def test_whoami_in_a_shell_of_exec_asks_for_that_shells_session(with_roles: ClassicStage) -> None:
    stage = with_roles
    arn = f":assumed-role/{'Prod'}/ann"
    again = [*START[:3], "whoami", "--json"]
    ended = stage.run("exec", "prod", "--token", stage.code(), "--", *again)
    assert ended.code == 0, ended
    found = json.loads(ended.out)
    assert (found["profile"], arn in found["identity"], found["role_chain"][0]) == ("prod", True, "work")
    assert found["alias"] is None  # the role may not list aliases
    stage.aws.requests.clear()
    ended = stage.run("whoami", "prod")
    assert (ended.code, ended.err) == (0, "")
    assert "valid until  " in ended.out
    assert stage.sent() == ["GetCallerIdentity", "ListAccountAliases"]


def test_ten_thousand_profiles_cost_less_than_botocores_load_of_the_files_twice(stage: ClassicStage) -> None:
    """CPU time, which a busy machine changes little; bench/status.py has the figures."""
    text = "".join(
        profile(f"team-{number}", f"arn:aws:iam::{number:012}:role/A", "work", "") for number in range(PROFILES)
    )
    stage.write(stage.keys_section("work"))
    stage.write(text, stage.config)
    load = "from botocore.session import Session; Session().full_config"
    timed = "import os, sys; code = os.spawnv(os.P_WAIT, sys.argv[1], sys.argv[1:]); used = os.times(); "
    timed += "print(used.children_user + used.children_system, file=sys.stderr); sys.exit(code)"

    def cpu_s(*command: str) -> float:
        measured = f"{shlex.join([sys.executable, '-c', timed, *command])} 2>&1 >/dev/null"
        return min(float(output_of(["sh", "-c", measured], stage.environ).split()[-1]) for _ in range(2))

    assert cpu_s(*START) < 2 * cpu_s(sys.executable, "-c", load)

"""`aws-mfa agent setup` as a new user runs it: real processes in a fresh home, no AWS, no keys."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from aws_mfa.agents.tools import TOOLS
from killed import KILLED_AFTER_RENAMES
from programs import SOURCE, run_program
from real_terminals import end_of, on_a_pty

pytestmark = [pytest.mark.real, pytest.mark.skipif(os.name == "nt", reason="terminals, modes and folders of POSIX")]

FILE = {
    "claude": ".claude/settings.json",
    "codex": ".codex/config.toml",
    "cursor": ".cursor/cli-config.json",
    "vscode": ".config/Code/User/settings.json"
    if sys.platform == "linux"
    else "Library/Application Support/Code/User/settings.json",
    "mcp": ".mcp.json",
}
PROGRAM = [sys.executable, "-m", "aws_mfa"]


class Home:
    """A home in which nothing was set up; the current folder is in it, too."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.environ = {"HOME": str(path), "PATH": os.environ["PATH"], "SHELL": "/bin/sh", **SOURCE}

    def run(self, *argv: str, start: list[str] = PROGRAM) -> subprocess.CompletedProcess[str]:
        return run_program([*start, *argv], self.environ, cwd=self.path)

    def write(self, name: str, text: str) -> Path:
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
        return path

    def files(self) -> dict[str, bytes]:
        """What is in the home, without what belongs to aws-mfa."""
        found = (path for path in self.path.rglob("*") if path.is_file() and ".aws/mfa" not in str(path))
        return {str(path.relative_to(self.path)): path.read_bytes() for path in found}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


@pytest.mark.parametrize("tool", TOOLS)
def test_a_new_user_sees_the_settings_writes_them_and_takes_them_back(home: Home, tool: str) -> None:
    printed = home.run("agent", "setup", tool, "dev")
    assert (printed.returncode, home.files()) == (0, {})
    assert f"for {home.path / FILE[tool]}; write them: aws-mfa agent setup {tool} dev --write" in printed.stderr
    assert "there is no profile 'dev'" in printed.stderr
    written = home.run("agent", "setup", tool, "dev", "--write", "--yes")
    assert written.returncode == 0, written
    files = home.files()
    assert list(files) == [FILE[tool]]
    assert files[FILE[tool]].decode() == printed.stdout
    assert [line[1:] for line in written.stdout.splitlines()[3:-1]] == printed.stdout.splitlines()  # the difference
    again = home.run("agent", "setup", tool, "dev", "--write")
    assert (again.returncode, again.stdout) == (0, f"{home.path / FILE[tool]}: has these settings already\n")
    undone = home.run("agent", "setup", tool, "--undo")
    assert (undone.returncode, home.files()) == (0, {})
    assert home.run("agent", "setup", tool, "--undo").stdout.endswith(": nothing to take back\n")


def test_the_profile_in_force_is_the_default_and_what_it_lacks_is_said(home: Home) -> None:
    config = home.write(".aws/config", "[profile dev]\nrole_arn = arn:aws:iam::123456789012:role/R\n")
    home.environ["AWS_PROFILE"] = "dev"
    ended = home.run("agent", "setup", "claude")
    assert json.loads(ended.stdout)["env"] == {"AWS_PROFILE": "dev"}
    assert ended.stderr.splitlines()[:2] == [
        "SDKs do not ask aws-mfa for dev yet; run: aws-mfa adopt dev",
        f"agents get all that you may do with dev; add to [profile dev] of {config}: aws_mfa_agent = read-only",
    ]


@pytest.mark.parametrize("answer", ["y", "n"])
def test_a_person_is_asked_below_the_difference(home: Home, answer: str) -> None:
    before = '{\n  "model": "opus"\n}\n'
    home.write(FILE["claude"], before)
    terminal = on_a_pty([*PROGRAM, "agent", "setup", "claude", "dev", "--write"], home.environ)
    terminal.expect_exact('+  "awsAuthRefresh": "AWS_MFA_AGENT=off aws-mfa whoami dev"')
    terminal.expect_exact("Write this? [y/n] ")
    terminal.sendline(answer)
    exit_code, _ = end_of(terminal)
    assert exit_code == (0 if answer == "y" else 130)
    assert (home.files()[FILE["claude"]] == before.encode()) == (answer == "n")


def test_without_a_person_nothing_is_written(home: Home) -> None:
    ended = run_program([*PROGRAM, "agent", "setup", "claude", "dev", "--write"], home.environ, stdin="y\n")
    assert (ended.returncode, home.files()) == (4, {})
    assert "hint: confirm with: --yes" in ended.stderr


JSONC = '{\n    // mine\n    "editor.fontSize": 12,\n}\n'


@pytest.mark.parametrize(
    ("tool", "text", "why"),
    [
        ("vscode", JSONC, "it has comments, has a key twice or is not a JSON object"),
        ("claude", '{"env": {}, "env": {"A": "b"}}\n', "it has comments, has a key twice or is not a JSON object"),
        ("claude", "[1]", "it has comments, has a key twice or is not a JSON object"),
        ("codex", "[shell_environment_policy]\n", "it has settings under shell_environment_policy"),
    ],
)
def test_a_file_that_cannot_be_edited_without_loss_is_left_and_what_to_paste_is_printed(
    home: Home, tool: str, text: str, why: str
) -> None:
    home.write(FILE[tool], text)
    printed = home.run("agent", "setup", tool, "dev").stdout
    ended = home.run("agent", "setup", tool, "dev", "--write", "--yes")
    assert (ended.returncode, ended.stdout) == (3, printed)
    assert f"{home.path / FILE[tool]}: not changed, because {why}" in ended.stderr
    assert "hint: put the settings above in their place by hand" in ended.stderr
    assert home.files() == {FILE[tool]: text.encode()}


def test_the_difference_shows_tabs_as_blanks(home: Home) -> None:
    home.write(FILE["claude"], '{\n\t"a": 1\n}\n')
    shown = home.run("agent", "setup", "claude", "dev", "--write", "--yes").stdout
    assert '\n-    "a": 1\n+    "a": 1,\n+    "permissions": {\n' in shown


def test_writing_and_taking_back_at_once_is_refused(home: Home) -> None:
    assert home.run("agent", "setup", "claude", "--write", "--undo").returncode == 2


def test_an_agent_changes_none_of_its_own_settings(home: Home) -> None:
    assert home.run("agent", "setup", "claude", "dev", "--write", "--yes").returncode == 0
    before = home.files()
    home.environ["CLAUDECODE"] = "1"
    for argv in (("--undo",), ("other", "--write", "--yes")):
        ended = home.run("agent", "setup", "claude", *argv)
        assert (ended.returncode, home.files()) == (5, before)
        assert "claude-code changes no settings of agents" in ended.stderr
    assert home.run("agent", "setup", "claude", "dev").returncode == 0


def test_a_read_only_file_is_left(home: Home) -> None:
    path = home.write(FILE["claude"], "{}\n")
    path.chmod(0o444)
    ended = home.run("agent", "setup", "claude", "dev", "--write", "--yes")
    assert (ended.returncode, f"{path} is read-only; nothing was written" in ended.stderr) == (3, True)
    assert path.read_text() == "{}\n"
    assert home.run("agent", "setup", "claude", "--undo").returncode == 0


def test_links_and_modes_stay(home: Home) -> None:
    target = home.write("dotfiles/claude.json", "{}\n")
    target.chmod(0o664)
    link = home.path / FILE["claude"]
    link.parent.mkdir()
    link.symlink_to(target)
    assert home.run("agent", "setup", "claude", "dev", "--write", "--yes").returncode == 0
    assert (link.is_symlink(), target.stat().st_mode & 0o777, len(target.read_text()) > 10) == (True, 0o664, True)
    assert (home.path / ".aws/mfa/agent-settings").stat().st_mode & 0o777 == 0o600
    assert home.run("agent", "setup", "claude", "--undo").returncode == 0
    assert (link.is_symlink(), target.stat().st_mode & 0o777, target.read_text()) == (True, 0o664, "{}\n")


def test_a_value_that_was_changed_since_stays_and_the_exit_code_says_so(home: Home) -> None:
    path = home.write(FILE["claude"], "{}\n")
    home.run("agent", "setup", "claude", "dev", "--write", "--yes")
    path.write_text(path.read_text().replace('"AWS_PROFILE": "dev"', '"AWS_PROFILE": "mine"'))
    ended = home.run("agent", "setup", "claude", "--undo")
    assert (ended.returncode, ended.stderr) == (3, "not taken back, because it was changed since: env.AWS_PROFILE\n")
    assert json.loads(path.read_text()) == {"env": {"AWS_PROFILE": "mine"}}


@pytest.mark.parametrize("argv", [["dev", "--write", "--yes"], ["prod", "--write", "--yes"], ["--undo"]])
@pytest.mark.parametrize("tool", ["claude", "codex"])
def test_killed_before_any_write_it_leaves_a_file_that_can_be_taken_back(
    home: Home, tool: str, argv: list[str]
) -> None:
    before = '{\n  "model": "opus"\n}' if tool == "claude" else 'model = "o"'
    home.write(FILE[tool], before)
    if argv[0] != "dev":
        assert home.run("agent", "setup", tool, "dev", "--write", "--yes").returncode == 0
    whole = home.files()[FILE[tool]]
    for left in range(10):
        ended = home.run(str(left), "agent", "setup", tool, *argv, start=[sys.executable, "-c", KILLED_AFTER_RENAMES])
        found = home.files()[FILE[tool]]
        text = found.decode()
        assert found in (whole, before.encode()) or "prod" in text or "dev" in text
        undone = home.run("agent", "setup", tool, "--undo")
        assert (undone.returncode, home.files()[FILE[tool]]) == (0, before.encode()), left
        if ended.returncode == 0:
            break
        if argv[0] != "dev":
            assert home.run("agent", "setup", tool, "dev", "--write", "--yes").returncode == 0
    assert left == (2 if argv[0] != "--undo" else 3), shlex.join(argv)

"""The folder a command is started in, and files in the user's own folders, may be made by another user."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from programs import SOURCE, run_program

pytestmark = pytest.mark.real


def run(home: str, *argv: str, cwd: Path | None = None, timeout_s: float = 30) -> subprocess.CompletedProcess[str]:
    """The tool, with nothing but a home."""
    return run_program(
        [sys.executable, "-m", "aws_mfa", *argv],
        {"PATH": os.environ["PATH"], "HOME": home},
        cwd=cwd,
        timeout_s=timeout_s,
    )


@pytest.mark.parametrize("argv", [["--help"], ["--profile", "work"], ["demo"]])
def test_no_module_of_the_current_folder_is_imported(tmp_path: Path, home: str, argv: list[str]) -> None:
    """A clone with a hostile json.py in it is no reason to run that with the keys at hand."""
    for name in ("json", "argparse", "botocore", "secrets", "shlex", "subprocess", "tempfile"):
        (tmp_path / f"{name}.py").write_text("print('PWNED'); raise SystemExit(7)\n")
    ended = run(home, *argv, cwd=tmp_path, timeout_s=110)
    assert "PWNED" not in ended.stdout + ended.stderr
    assert ended.returncode != 7


@pytest.mark.skipif(sys.platform == "win32", reason="Windows removes no folder that a process works in")
def test_a_current_folder_that_was_removed_is_no_matter(tmp_path: Path, home: str) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    ended = run_program(
        ["sh", "-c", 'rmdir "$PWD"; exec "$@"', "sh", sys.executable, "-m", "aws_mfa", "plan", "nobody"],
        {"PATH": os.environ["PATH"], "HOME": home, **SOURCE},
        cwd=gone,
        timeout_s=30,
    )
    assert (ended.returncode, "Traceback" in ended.stderr) == (3, False), ended


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no FIFOs")
@pytest.mark.parametrize("name", ["mfa/known-keys", "mfa/used-codes", "credentials", "config"])
def test_a_pipe_in_place_of_a_file_of_aws_mfa_is_not_waited_for(home: str, name: str) -> None:
    os.makedirs(os.path.join(home, ".aws", "mfa"), mode=0o700)
    os.mkfifo(os.path.join(home, ".aws", name))
    ended = run(home, "--token", "123456")
    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr


def test_what_follows_an_unknown_flag_is_not_repeated(home: str) -> None:
    """A secret after a flag that does not exist would be kept in the log of a CI job."""
    for argv, message in (
        (["setup", "--secret-access-key", "hunter2secret"], "unrecognized arguments: --secret-access-key"),
        (["--secret=hunter2secret"], "unrecognized arguments: --secret"),
        (["--force", "hunter2secret"], "one argument too many (not shown, it may be a secret)"),
    ):
        ended = run(home, *argv)
        assert ended.returncode == 2
        assert message in ended.stderr
        assert "hunter2" not in ended.stdout + ended.stderr


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs root, to be another than the owner")
def test_root_does_not_narrow_a_file_of_another_that_a_link_leads_to(tmp_path: Path, home: str) -> None:
    victim = tmp_path / "passwd"
    victim.write_text("[default]\n")
    os.chown(victim, 65534, 65534)
    victim.chmod(0o644)
    os.makedirs(os.path.join(home, ".aws"))
    os.symlink(victim, os.path.join(home, ".aws", "credentials"))
    run(home, "--token", "123456")
    assert victim.stat().st_mode & 0o777 == 0o644
    shutil.rmtree(os.path.join(home, ".aws"))

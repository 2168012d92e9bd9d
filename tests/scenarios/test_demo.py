"""`aws-mfa demo`: a newcomer sees the whole job, and nothing of theirs is touched."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from programs import run_program

FROZEN = """
import sys
sys.frozen, sys.executable = True, sys.argv.pop(1)
from aws_mfa.cli.start import start
start()
"""


@pytest.mark.real
@pytest.mark.skipif(os.name == "nt", reason="a script in place of a program")
def test_a_build_in_one_file_plays_it_without_a_python(home: str, tmp_path: Path) -> None:
    """As PyInstaller makes it: `sys.executable` is the tool."""
    build = tmp_path / "aws-mfa"
    build.write_text(f'#!/bin/sh\nexec {sys.executable} -m aws_mfa "$@"\n')
    build.chmod(0o755)
    ended = run_program(
        [sys.executable, "-c", FROZEN, str(build), "demo"], {"PATH": os.environ["PATH"], "HOME": home}, timeout_s=110
    )
    assert (ended.returncode, ended.stderr) == (0, ""), ended.stdout
    assert "has no Python to run an SDK with" in ended.stdout


@pytest.mark.real
def test_the_demo_plays_the_whole_job_without_a_question(home: str) -> None:
    """A home, keys and a profile of the user's own are in the way, and are not looked at."""
    environ = {"PATH": os.environ["PATH"], "HOME": home, "AWS_PROFILE": "mine", "AWS_ACCESS_KEY_ID": "AKIAOFTHEUSER"}
    ended = run_program(
        [sys.executable, "-m", "aws_mfa", "demo"],
        {**environ, "AWS_REGION": "eu-west-1", "MFA_DEVICE": "mine", "HTTP_PROXY": "http://127.0.0.1:9"},
        timeout_s=110,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert ended.stderr == ""
    said = ended.stdout
    assert said.count("INFO - Success! Your credentials will expire in") == 1
    assert "INFO - Your credentials are still valid for" in said
    assert said.count("\n    arn:aws:iam::") == 1
    assert [role in said for role in (":assumed-role/Developer/", ":assumed-role/Reader/")] == [True, True]
    assert "...(masked)" in said
    assert os.listdir(home) == []

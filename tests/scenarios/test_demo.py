"""`aws-mfa demo`: a newcomer sees the whole job, and nothing of theirs is touched."""

from __future__ import annotations

import os
import sys

import pytest

from programs import run_program


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

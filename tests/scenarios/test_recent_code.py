"""A role that demands a recent code, and an older MFA session: the same answer from every command."""

from __future__ import annotations

import os
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from classic_stage import ClassicStage, Ended, section
from cli.test_no_keychain import run
from programs import run_program

pytestmark = pytest.mark.real

NOTHING = [sys.executable, "-c", ""]
# FLAGS: how the code is given, or that none is.
COMMANDS = {
    "renew": ["renew", "FLAGS", "PROFILE"],
    "exec": ["exec", "FLAGS", "PROFILE", "--", *NOTHING],
    "exec --server": ["exec", "--server", "FLAGS", "PROFILE", "--", *NOTHING],
    "env": ["env", "FLAGS", "--shell", "json", "PROFILE"],
    "credential-process": ["credential-process", "FLAGS", "PROFILE"],
    "console": ["console", "FLAGS", "--print-url", "PROFILE"],
    "serve": ["serve", "FLAGS", "--shell", "json", "PROFILE"],
}
PROGRAM = "import sys, aws_mfa; aws_mfa.credentials(sys.argv[1], ask=lambda question: sys.argv[2])"


@pytest.fixture
def old(stage: ClassicStage) -> ClassicStage:
    """Ann has an MFA session of 40 minutes; `fresh` wants a code of the last half hour, `top` is assumed from it."""
    fresh = stage.aws.account.add_role("fresh", trusts=stage.ann, max_mfa_age_s=1800)
    top = stage.aws.account.add_role("top", trusts=fresh)
    user = section("profile default", {"region": "us-east-1", "mfa_serial": stage.phone.serial})
    roles = [("fresh", fresh.arn, "default"), ("top", top.arn, "fresh")]
    sections = [
        section(f"profile {name}", {"role_arn": arn, "source_profile": source, "region": "us-east-1"})
        for name, arn, source in roles
    ]
    stage.write(user + "".join(sections), stage.config)
    assert stage.run("renew", "--token", stage.code()).code == 0
    for key_id, session in stage.aws.sessions.items():
        stage.aws.sessions[key_id] = replace(session, issued_at=session.issued_at - 2400)
    for path in Path(stage.home).rglob("session-mfa*"):
        os.utime(path, (time.time() - 2400,) * 2)
    stage.aws.requests.clear()
    return stage


def ran(stage: ClassicStage, command: str, profile: str, *flags: str) -> Ended:
    words = COMMANDS[command]
    where = words.index("FLAGS")
    argv = [*words[:where], *flags, *words[where + 1 :]]
    return run(stage, *(profile if word == "PROFILE" else word for word in argv))


@pytest.mark.parametrize("profile", ["fresh", "top"])
@pytest.mark.parametrize("command", COMMANDS)
def test_a_given_code_is_used_and_else_the_command_is_named(old: ClassicStage, command: str, profile: str) -> None:
    ended = ran(old, command, profile, "--no-input")
    assert ended.code == 4, ended
    assert "the MFA session is 40 min old, the role may want a newer code" in ended.out + ended.err
    assert f"in a terminal: aws-mfa renew {profile}" in " ".join((ended.out + ended.err).split())
    assert "GetSessionToken" not in old.sent()
    ended = ran(old, command, profile, "--token", "CODE")
    assert ended.code == 0, ended
    assert old.sent().count("GetSessionToken") == 1


def test_a_python_program_is_asked(old: ClassicStage) -> None:
    done = run_program([sys.executable, "-c", PROGRAM, "top", old.code()], old.environ)
    assert done.returncode == 0, done.stderr
    assert old.sent().count("GetSessionToken") == 1

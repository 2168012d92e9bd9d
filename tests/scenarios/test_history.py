"""`aws-mfa history`: every way a session leaves is noted once, with who took it, and AWS has that key id."""

from __future__ import annotations

import json
import os
import signal
import sys

import pytest

from classic_stage import ClassicStage, Ended, Settings
from scenarios.test_renew_many import profile, role
from users_and_modes import posix_only

pytestmark = pytest.mark.real

PLAIN = {"AWS_MFA_SESSION_STORE": "plain"}
IN_PYTHON = "import aws_mfa; aws_mfa.credentials('dev')"


@pytest.fixture
def with_session(stage: ClassicStage) -> ClassicStage:
    """A role profile, and the user's MFA session stored."""
    stage.write(profile("dev", role(stage, "dev").arn), stage.config)
    ended = stage.run("renew", "default", "--token", stage.code(), env=PLAIN)
    assert ended.code == 0, ended
    return stage


def ran(stage: ClassicStage, *argv: str, env: Settings | None = None, prefix: tuple[str, ...] = ()) -> Ended:
    ended = stage.run(*argv, env={**PLAIN, **(env or {})}, prefix=prefix)
    assert ended.code in (0, 128 + signal.SIGTERM), ended
    return ended


def noted(stage: ClassicStage, *flags: str) -> list[dict[str, str | None]]:
    found: list[dict[str, str | None]] = json.loads(ran(stage, "history", "--json", *flags).out)["hand_overs"]
    return found


def test_every_exit_is_noted_once_on_both_paths(with_session: ClassicStage) -> None:
    stage = with_session
    exits = [["env", "dev", "--shell", "json"], ["credential-process", "dev"], ["console", "dev", "--print-url"]]
    exits += [["exec", "dev", "--", "true"], ["exec", "dev", "--server", "--", "true"]]
    for argv in exits:
        ran(stage, *argv)
    wanted = [argv[0] for argv in exits]
    for command in ("credential-process", "exec"):  # on the hot path, from here on
        ran(stage, command, "dev", *(["true"] if command == "exec" else []))
    ran(stage, "whoami", "dev")
    ran(stage, "status")
    rows = noted(stage)
    assert [row["command"] for row in rows] == [*wanted, "credential-process", "exec"]
    for row in rows:
        assert row["access_key_id"] in stage.aws.sessions
        assert (row["profile"], row["agent"], row["narrowed"], row["folder"]) == ("dev", None, None, os.getcwd())
    if sys.platform == "linux":
        assert len({row["program"] for row in rows} - {None}) == 1


@posix_only
def test_serve_and_python_are_noted(with_session: ClassicStage) -> None:
    stage = with_session
    until_printed = (
        '"$@" >"$OUT" & until grep -q FULL_URI "$OUT"; do kill -0 $! || break; sleep 0.1; done; kill $!; wait'
    )
    out = os.path.join(stage.home, "out")
    ran(stage, "serve", "dev", "default", prefix=("sh", "-c", until_printed, "sh"), env={"OUT": out})
    python = stage.command()[0]
    ran(stage, prefix=(python, "-c", IN_PYTHON))
    assert [(row["command"], row["profile"]) for row in noted(stage)] == [
        ("serve", "dev"),
        ("serve", "default"),
        ("python", "dev"),
    ]
    assert noted(stage)[2]["program"] == "-c"


def test_an_agent_a_narrow_session_and_the_end_are_noted(with_session: ClassicStage) -> None:
    stage = with_session
    for _ in range(2):
        ran(stage, "credential-process", "dev", "--read-only", env={"CLAUDECODE": "1"})
        ran(stage, "exec", "default", "--agent", "codex", "--", "true")
    first, second, *again = noted(stage)
    assert (first["agent"], first["narrowed"], second["agent"], second["narrowed"]) == (
        "claude-code",
        "read-only",
        "codex",
        None,
    )
    assert [{**row, "at": None} for row in again] == [{**row, "at": None} for row in (first, second)]
    assert noted(stage, "--since", "1m") == [first, second, *again]
    table = ran(stage, "history").out.splitlines()
    assert (len(table), "claude-code" in table[1], "codex" in table[2]) == (5, True, True)


@posix_only
@pytest.mark.parametrize("what", ["full disk", "pipe"])
def test_a_history_that_cannot_be_written_stops_no_hand_over(with_session: ClassicStage, what: str) -> None:
    stage = with_session
    path = os.path.join(stage.home, ".aws", "mfa", "history")
    ran(stage, "credential-process", "dev")
    os.remove(path)
    if what == "pipe":
        os.mkfifo(path)
    prefix = ("sh", "-c", 'ulimit -f 0; exec "$@" | cat', "sh") if what == "full disk" else ()
    for flags in ((), ("--min-remaining", "1m")):  # the hot path, then the full one
        ended = ran(stage, "credential-process", "dev", *flags, prefix=prefix)
        assert (json.loads(ended.out)["Version"], ended.err) == (1, "")
    ended = stage.run("history", env=PLAIN)
    assert (ended.code, "Traceback" in ended.err) == (3 if what == "pipe" else 0, False), ended

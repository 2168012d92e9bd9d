"""Bad values, bad policies, AWS's refusals, a dead network: where the rule cannot be kept, nothing is handed over."""

from __future__ import annotations

import os
import time
from types import SimpleNamespace

import pytest

from agent_stage import CREATE, EXITS, LIST, ROLES, USERS, WRITE_FOR_EVERYONE, AgentStage, Taken, env, may
from aws_mfa.agents.caller import VARIABLE
from aws_mfa.agents.rule import DEFAULT_VARIABLE
from aws_mfa.aws import query
from aws_mfa_practice import faults, refusals
from aws_mfa_practice.faults import Fault
from aws_mfa_practice.refusals import Refusal
from classic_stage import ClassicStage
from users_and_modes import posix_only

AGENT = {"CLAUDECODE": "1"}
every_exit = pytest.mark.parametrize("exit_name", EXITS)


def check_nothing(taken: Taken, *codes: int) -> None:
    assert (taken.sessions, taken.asked) == ([], 0), taken
    assert taken.code in codes, taken
    assert len(taken.err.splitlines()) <= 4, taken
    assert "Traceback" not in taken.err


@every_exit
@pytest.mark.parametrize("kind", [USERS, ROLES])
def test_a_bad_value_hands_nothing_over_by_any_exit(stage: ClassicStage, exit_name: str, kind: str) -> None:
    """Of a variable it is wrong usage, of a profile a broken setting; the classic form ends with 1 as always."""
    of_classic = (1,) if exit_name == "classic" else ()
    stage_of_agents = AgentStage(stage, "")
    for variables in (
        *({VARIABLE: name} for name in ("two words", "x" * 33, "né", "a=b")),
        *({**AGENT, DEFAULT_VARIABLE: value} for value in ("readonly", "none", "agents.txt", "{}", "'same'")),
    ):
        check_nothing(stage_of_agents.take(EXITS[exit_name](kind), **variables), *(of_classic or (2,)))
    for line in ("= readonly", "= same # mine", "_duration = soon", "_duration = 1m", "_labels = names"):
        stage_of_agents = AgentStage(stage, "", more=f"aws_mfa_agent{line if line[0] == '_' else f' {line}'}\n")
        check_nothing(stage_of_agents.take(EXITS[exit_name](kind), **AGENT), *(of_classic or (3,)))
    assert [one.action for one in stage.aws.requests] == []


POLICIES: dict[str, tuple[str | None, int]] = {
    "missing": (None, 0o600),
    "not JSON": ("Allow: everything", 0o600),
    "no policy": ("[]", 0o600),
    "too long": (f'{{"Version":"2012-10-17","Statement":[],"Id":"{"x" * 2100}"}}', 0o600),
    "empty": ("", 0o600),
    **({} if os.name == "nt" else {"writable by others": ("{}", 0o666)}),
}


@every_exit
@pytest.mark.parametrize(("text", "mode"), POLICIES.values(), ids=POLICIES)
def test_a_bad_policy_is_refused_before_a_code_is_asked_for(
    stage: ClassicStage, exit_name: str, text: str | None, mode: int
) -> None:
    stage_of_agents, file = AgentStage(stage, "agents.json"), os.path.join(stage.home, ".aws", "agents.json")
    os.unlink(file)
    if text is not None:
        stage.write(text, file, mode)
    for kind in (USERS, ROLES):
        taken = stage_of_agents.take(EXITS[exit_name](kind), **AGENT)
        check_nothing(taken, 1 if exit_name == "classic" else 3)
        assert "aws_mfa_agent in" in taken.err + taken.out
    assert [one.action for one in stage.aws.requests] == []


@posix_only
def test_a_policy_that_becomes_writable_by_others_ends_the_fast_path(stage: ClassicStage) -> None:
    stage_of_agents, run = AgentStage(stage, "agents.json"), EXITS["credential-process"](USERS)
    assert [stage_of_agents.take(run, **AGENT).is_fast for _ in range(2)] == [False, True]
    os.chmod(os.path.join(stage.home, ".aws", "agents.json"), 0o666)
    check_nothing(stage_of_agents.take(run, **AGENT), 3)


@pytest.mark.parametrize("exit_name", ["exec", "exec --server", "env", "serve"])
def test_a_duration_above_what_is_left_is_refused_and_no_code_is_asked_for(stage: ClassicStage, exit_name: str) -> None:
    stage_of_agents = AgentStage(stage, "read-only")
    check_nothing(stage_of_agents.take(EXITS[exit_name](USERS, "--duration", "13h"), **AGENT), 2)
    assert stage_of_agents.take(env(USERS)).asked == 1  # it has a little less than twelve hours by now
    check_nothing(stage_of_agents.take(EXITS[exit_name](USERS, "--duration", "12h"), **AGENT), 2)
    assert stage_of_agents.take(EXITS[exit_name](USERS, "--duration", "11h"), **AGENT).sessions


def refused(refusal: Refusal) -> Fault:
    return Fault(refusal.code, refusal=refusal, instead=True)


FAULTS: dict[str, tuple[Fault, int]] = {
    "malformed": (refused(refusals.malformed_policy("Syntax errors in policy.")), 5),
    "too large": (refused(refusals.packed_too_large("PackedPolicySize exceeds")), 5),
    "too short": (refused(refusals.insufficient_lifetime()), 5),
    "subject": (refused(refusals.invalid_subject()), 5),
    "denied": (refused(refusals.access_denied("User: x is not authorized to perform: sts:GetScopedCredentials")), 5),
    "an STS that does not know it": (refused(refusals.unknown_action("GetScopedCredentials", "2011-06-15")), 5),
    "throttled": (faults.throttling(), 5),
    "500": (faults.internal_failure(), 6),
    "503": (faults.service_unavailable(), 6),
    "reset": (faults.reset(), 6),
    "portal": (faults.captive_portal(), 6),
    "malformed body": (faults.malformed_body(), 6),
    "empty body": (faults.empty_body(), 6),
}
NARROW_A_USER = [name for name in EXITS if name not in (*WRITE_FOR_EVERYONE, "console")]


@pytest.mark.parametrize(("fault", "code"), FAULTS.values(), ids=FAULTS)
def test_if_narrowing_fails_nothing_is_handed_over_and_no_further_code_asked_for(
    stage: ClassicStage, monkeypatch: pytest.MonkeyPatch, fault: Fault, code: int
) -> None:
    monkeypatch.setattr(query, "time", SimpleNamespace(time=time.time, sleep=lambda _: None))
    stage_of_agents = AgentStage(stage, "read-only")
    stage.aws.faults.add("GetScopedCredentials", fault, times=None)
    asked = [stage_of_agents.take(EXITS["exec"](USERS), **AGENT).asked]
    for name in NARROW_A_USER:
        check_nothing(stage_of_agents.take(EXITS[name](USERS), **AGENT), code)
    stage.aws.faults.clear()
    taken = stage_of_agents.take(EXITS["exec"](USERS), **AGENT)
    assert (may(taken.session, CREATE), may(taken.session, LIST)) == (False, True)
    assert [*asked, taken.asked] == [1, 0]


@pytest.mark.parametrize("exit_name", NARROW_A_USER)
def test_without_a_network_nothing_is_handed_over(stage: ClassicStage, exit_name: str) -> None:
    stage_of_agents = AgentStage(stage, "read-only")
    assert stage_of_agents.take(env(USERS)).code == 0
    stage.aws.stop()
    check_nothing(stage_of_agents.take(EXITS[exit_name](USERS), **AGENT), 6)
    assert may(stage_of_agents.take(env(USERS)).session, CREATE), "the person's stored session is there as before"


def test_a_narrow_session_without_proof_of_mfa_is_a_session_all_the_same(stage: ClassicStage) -> None:
    stage.aws.account.scoped_sessions_prove_mfa = False
    session = AgentStage(stage, "read-only").take(EXITS["exec"](USERS), **AGENT).session
    assert (session.has_mfa, may(session, LIST), may(session, CREATE)) == (False, True, False)


@pytest.mark.parametrize("exit_name", NARROW_A_USER)
@pytest.mark.parametrize("minutes", [0, 10])
def test_a_revoked_mfa_session_is_replaced_once_unless_it_is_new(
    stage: ClassicStage, monkeypatch: pytest.MonkeyPatch, exit_name: str, minutes: int
) -> None:
    stage_of_agents = AgentStage(stage, "read-only")
    old = stage_of_agents.take(env(USERS)).session
    del stage.aws.sessions[old.access_key_id]
    for folder, _, names in os.walk(os.path.join(stage.home, ".aws", "mfa", "sessions")):
        for name in names:
            os.utime(os.path.join(folder, name), (time.time() - 60 * minutes,) * 2)
    taken = stage_of_agents.take(EXITS[exit_name](USERS), **AGENT)
    if minutes == 0:
        check_nothing(taken, 5)  # or each run would cost a code
        return
    assert (taken.asked, may(taken.session, LIST), may(taken.session, CREATE)) == (1, True, False)

"""
One rule for every exit: agents x exits x settings x kinds of profile, against the practice AWS, in this process.

For each cell: what is handed over may call what the rule allows and nothing else, or nothing is handed over; CloudTrail
can tell whose it is; and it takes at most one request more than a person's run, and no code more.
"""

from __future__ import annotations

import json
import sys

import pytest

from agent_stage import (
    CREATE,
    EXITS,
    HAVE_A_FAST_PATH,
    LIST,
    ROLES,
    SETTINGS,
    USER,
    USERS,
    WRITE_FOR_EVERYONE,
    AgentStage,
    Taken,
    may,
)
from aws_mfa.agents.caller import AGENTS, VARIABLE
from classic_stage import ClassicStage

NAMED = {name: value or "a-new-one" for name, value in AGENTS.items()}
# The variables of a run, its flags, the agent's name.
CALLERS: list[tuple[dict[str, str], tuple[str, ...], str]] = [
    *(({variable: name}, (), name) for variable, name in NAMED.items()),
    ({VARIABLE: "ci"}, (), "ci"),
    ({"CLAUDECODE": "1", VARIABLE: "off"}, ("--agent", "by-flag"), "by-flag"),
]
ALLOWED = {"same": {LIST, CREATE, USER}, "read-only": {LIST}, "agents.json": {USER}}
MFA, SCOPED, ROLE, SIGN_IN = "GetSessionToken", "GetScopedCredentials", "AssumeRole", "getSigninToken"
FEDERATED = ["GetFederationToken", SIGN_IN]


def requests_of(exit_name: str, kind: str, setting: str) -> tuple[list[str], list[str]]:
    """What AWS is asked by the first agent, and by each other one; that of a person, plus one for a user's session."""
    if exit_name in WRITE_FOR_EVERYONE:
        first = {"renew --all": [MFA, ROLE], "classic": [ROLE if kind == ROLES else MFA]}
        return first.get(exit_name, [MFA, ROLE] if kind == ROLES else [MFA]), []
    if kind == USERS and exit_name == "console":
        return FEDERATED, FEDERATED
    own = [ROLE] if kind == ROLES else [SCOPED] if setting != "same" else []
    own += [SIGN_IN] if exit_name == "console" else []
    return [MFA, *own], own


def check_refused(taken: Taken, exit_name: str) -> None:
    assert (taken.sessions, taken.requests, taken.asked) == ([], [], 0)
    assert taken.code == (1 if exit_name == "classic" else 5)
    assert "aws_mfa_agent in " in taken.err + taken.out
    if exit_name not in WRITE_FOR_EVERYONE:
        assert len(taken.err.splitlines()) == 1


def check_allowed(taken: Taken, kind: str, setting: str) -> None:
    for session in taken.sessions:
        may_call = {action for action in (LIST, CREATE, USER) if may(session, action)}
        # The managed policy of roles lets them read more than the built-in one of users.
        assert may_call == ALLOWED[setting] | ({USER} if (kind, setting) == (ROLES, "read-only") else set())


def check_label(taken: Taken, exit_name: str, kind: str, setting: str, name: str) -> None:
    if exit_name in WRITE_FOR_EVERYONE:
        assert not any(name in label for label in taken.labels)
    elif kind == USERS and exit_name == "console":
        assert name in taken.labels[0]
    elif kind == ROLES or setting != "same":
        assert name in taken.labels[-1]
        assert kind in taken.labels[-1]


@pytest.mark.parametrize("exit_name", EXITS)
@pytest.mark.parametrize("setting", SETTINGS)
@pytest.mark.parametrize("kind", [USERS, ROLES])
def test_every_agent_gets_what_the_rule_says_by_every_exit(
    stage: ClassicStage, kind: str, setting: str, exit_name: str
) -> None:
    stage_of_agents, seen = AgentStage(stage, setting), set[str]()
    is_refused = setting == "refuse" or (setting != "same" and exit_name in WRITE_FOR_EVERYONE)
    first, others = requests_of(exit_name, kind, setting)
    for number, (variables, flags, name) in enumerate(CALLERS[: -1 if exit_name == "classic" else None]):
        run = EXITS[exit_name](kind, *flags)
        taken = stage_of_agents.take(run, **variables)
        if is_refused:
            check_refused(taken, exit_name)
            check_refused(stage_of_agents.take(run, **variables), exit_name)
            continue
        assert (taken.code, taken.requests) == (0, first if number == 0 else others), taken
        assert taken.asked == (1 if number == 0 and first != others else 0)
        check_allowed(taken, kind, setting)
        check_label(taken, exit_name, kind, setting, name)
        keys = {one.access_key_id for one in taken.sessions}
        assert seen.isdisjoint(keys) or not others
        seen |= keys
        again = stage_of_agents.take(run, **variables)
        assert again.code == 0
        assert again.is_fast == (exit_name in HAVE_A_FAST_PATH)
        assert exit_name == "console" or {one.access_key_id for one in again.sessions} == keys
    person = stage_of_agents.take(EXITS[exit_name](kind))
    assert person.code == 0
    assert all(may(one, action) for one in person.sessions for action in (LIST, CREATE, USER))
    assert seen.isdisjoint(one.access_key_id for one in person.sessions) or not others


CALLS = """
import boto3, botocore
iam = boto3.client("iam", region_name="us-east-1")
print(len(iam.list_access_keys()["AccessKeyMetadata"]))
try:
    print("created", len(iam.create_access_key()))
except botocore.exceptions.ClientError as error:
    print(error.response["Error"]["Code"])
"""


@pytest.mark.real
def test_a_real_agents_command_may_list_and_not_create_and_a_persons_may_both(stage: ClassicStage) -> None:
    """Keys, an endpoint, the same again by the fast path, and an aws-mfa below the command of `exec --agent`."""
    agents = AgentStage(stage, "read-only")
    program, plain = [sys.executable, "-c", CALLS], {"AWS_MFA_SESSION_STORE": "plain"}
    code = ["--token", stage.code()]
    for flags in (code, [], ["--server"]):
        ended = stage.run("exec", USERS, *flags, "--", *program, env={**plain, "GEMINI_CLI": "1"})
        assert (ended.code, ended.out) == (0, "1\nAccessDenied\n"), ended
    below = stage.run("exec", USERS, "--agent", "ci", "--", *stage.command("credential-process", ROLES), env=plain)
    terms = stage.aws.sessions[json.loads(below.out)["AccessKeyId"]]
    assert terms.principal.arn.endswith("/agent=ci,dev,ann")
    assert not may(terms, CREATE)
    person = stage.run("exec", USERS, "--", *program, env=plain)
    assert (person.code, person.out.split()[:2]) == (0, ["1", "created"]), person
    stage.write(stage.read(agents.stage.config).replace("read-only", "refuse"), stage.config)
    refused = stage.run("exec", USERS, "--", *program, env={**plain, "GEMINI_CLI": "1"})
    assert (refused.code, refused.out, refused.err.count("\n")) == (5, "", 1), refused

"""
An agent that tries everything to get more than the rule: by every flag, name and variable, after a person's runs.

Out of scope, and documented: reading files, unsetting the variables by which it is recognised, files of its own in
place of the user's.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock

import pytest

import aws_mfa
from agent_stage import (
    CREATE,
    EXITS,
    HAVE_A_FAST_PATH,
    LIST,
    ROLES,
    USER,
    USERS,
    WRITE_FOR_EVERYONE,
    AgentStage,
    Taken,
    may,
    python,
    writing,
)
from aws_mfa.agents.caller import VARIABLE
from aws_mfa.agents.rule import DEFAULT_VARIABLE
from classic_stage import ClassicStage
from sessions.test_cache import FakeItem

Try = tuple[Callable[[AgentStage], Taken], dict[str, str]]

AGENT = {"CLAUDECODE": "1"}
EVERYTHING = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'
WIDE = ("--policy", "everything.json")
ADMIN = ("--policy-arn", "arn:aws:iam::aws:policy/AdministratorAccess")
FLAGS: list[tuple[str, ...]] = [
    *(WIDE, ADMIN, ("--read-only",), ("--read-only", *WIDE), ("--read-only", *ADMIN), (*WIDE, *ADMIN)),
    *(("--allow", actions) for actions in ("*:*", "*", "iam:*", "iam:CreateAccessKey", "iam:GetUser")),
    *(("--duration", length) for length in ("12h", "1h", "15m")),
    *(("--agent", name) for name in ("nobody", "off", "", "claude-code read-only")),
    *(("--region", region) for region in ("eu-west-1", "us-east-1")),
    *(("--min-remaining", "1m"), ("--min-remaining", "40m"), ("--vault", "file"), ("--no-keychain",)),
    ("--source-profile", USERS),
]
NAMES = ["work-long-term", "includes", "includes-role", " work", "work ", "Work", '"work"', "profile work"]
VARIABLES: list[dict[str, str]] = [
    {},
    {"AWS_PROFILE": "includes", "AWS_DEFAULT_PROFILE": "nobody"},
    {"AWS_MFA_PROFILE": "dev", "AWS_MFA_REGION": "eu-west-1", "AWS_REGION": "eu-west-1"},
    *({DEFAULT_VARIABLE: "same"}, {VARIABLE: ""}, {VARIABLE: "another"}, {"AI_AGENT": "off"}),
    *({"AWS_MFA_SESSION_STORE": "none"}, {"AWS_MFA_STRICT_MODES": "no"}),
]
WISHES: list[dict[str, Any]] = [
    *({"policy": EVERYTHING}, {"policy_arns": [ADMIN[1]]}, {"read_only": True, "policy_arns": [ADMIN[1]]}),
    *({"allow": ["*:*"]}, {"allow": ["iam:*"]}, {"duration_s": 43200}, {"agent": "another"}, {"agent": "off"}),
]
OF_RENEW = [("--force",), ("--read-only",), WIDE, ADMIN, ("--agent", "x"), ("--min-remaining", "11h")]
OF_CLASSIC = [
    "--force",
    "--short-term-suffix mine",
    "--long-term-suffix none",
    "--long-term-suffix term",
    "--duration 900",
]


def tries(stage: AgentStage) -> Iterator[Try]:
    arn = stage.role.arn
    for name, run in EXITS.items():
        if name not in (*WRITE_FOR_EVERYONE, "python credentials", "python boto3_session"):
            yield from ((run(kind, *flags), {}) for kind in (USERS, ROLES) for flags in FLAGS)
            yield from ((run(kind), variables) for kind in (USERS, ROLES) for variables in VARIABLES)
            yield from ((run(name), {}) for name in NAMES)
            sources = (USERS, ROLES, "work-long-term", "includes")
            yield from ((run(one, "--source-profile", source), {}) for one in (arn, arn.lower()) for source in sources)
            yield run(arn), {"AWS_PROFILE": "includes"}
    yield from ((python(aws_mfa.credentials, kind, **wish), {}) for kind in (USERS, ROLES) for wish in WISHES)
    yield python(aws_mfa.credentials, arn, source_profile="work-long-term"), {}
    for flags in OF_RENEW:
        yield from ((EXITS["renew"](name, *flags), {}) for name in (USERS, ROLES, *NAMES[:3]))
        yield EXITS["renew --all"]("", *flags), {}
    for profile in (USERS, "work-long", "work-long-term", "work-long-term-long-term"):
        yield from ((writing("--profile", profile, *one.split()), {}) for one in OF_CLASSIC)
        yield writing("--profile", profile, "--short-term-suffix", "mine", "--assume-role", arn), {}
        yield writing("--short-term-suffix", "mine"), {"AWS_PROFILE": profile, "MFA_ASSUME_ROLE": arn}


def prepared(stage: ClassicStage, setting: str, store: str = "plain") -> AgentStage:
    """A person has used every exit, so that whole sessions are wherever they can be."""
    prepared = AgentStage(stage, setting, store=store)
    stage.write(EVERYTHING, os.path.join(stage.home, "everything.json"))
    included = f"[profile includes]\ninclude_profile = {USERS}\n[profile includes-role]\ninclude_profile = {ROLES}\n"
    stage.write(stage.read(stage.config) + included, stage.config)
    for run in EXITS.values():
        for kind in (USERS, ROLES, USERS, ROLES):
            assert prepared.take(run(kind)).code == 0
    return prepared


@pytest.mark.parametrize(
    ("setting", "most", "longest_s"),
    [
        ("read-only", {LIST, USER}, 43200),
        ("refuse", set[str](), 0),
        ("agents.json", {USER}, 43200),
        ("same\naws_mfa_agent_duration = 15m", {LIST, USER, CREATE}, 900),
    ],
)
def test_it_never_gets_more_than_the_rule(
    stage: ClassicStage, monkeypatch: pytest.MonkeyPatch, setting: str, most: set[str], longest_s: int
) -> None:
    monkeypatch.chdir(stage.home)
    stage_of_agent = prepared(stage, setting)
    before, got = stage.read(), 0
    whole = {one.access_key_id for one in stage_of_agent.in_file()}
    for number, (run, variables) in enumerate(tries(stage_of_agent)):
        taken = stage_of_agent.take(run, **AGENT, **variables)
        assert stage.read() == before, (number, taken)
        for session in taken.sessions:
            if session.access_key_id not in whole:
                got += 1
                assert {action for action in (LIST, CREATE, USER) if may(session, action)} <= most, (number, taken)
                assert session.expires_at - stage.aws.clock() <= longest_s + 1, (number, taken)
    assert (got > 100) == (setting != "refuse")


@pytest.mark.parametrize("store", ["memory", "plain", "sealed"])
@pytest.mark.parametrize("kind", [USERS, ROLES])
def test_agent_and_person_never_share_a_session_in_any_store(
    stage: ClassicStage, request: pytest.FixtureRequest, kind: str, store: str
) -> None:
    """A person first, with and without a plan, then two agents, then the person again."""
    shared, item, known = AgentStage(stage, "read-only", store=store), FakeItem(), dict[str, str]()
    if store == "memory":
        shared.environ["XDG_RUNTIME_DIR"] = request.getfixturevalue("runtime")
    with mock.patch("aws_mfa.vaults.keychain.vault.open_identity_item", return_value=item):
        for run in (EXITS[name](kind) for name in HAVE_A_FAST_PATH):
            for name in ("", "", "one", "one", "", "two", "one", "two", ""):
                taken = shared.take(run, **({VARIABLE: name} if name else {}))
                session = taken.session
                assert may(session, CREATE) == (not name)
                assert known.setdefault(name, session.access_key_id) == session.access_key_id, "stored, also for exec"
            assert taken.is_fast, taken
    assert (len(set(known.values())), shared.asked) == (3, 1)
    assert bool(item.text) == (store == "sealed")

"""`whoami`: whose session it is, as AWS says, and what is said beside that."""

from __future__ import annotations

import json

import pytest

from aws_mfa.cli.commands import whoami
from aws_mfa.errors import BadProfile, NotAuthorized, SessionExpired
from aws_mfa.handover.environment import session_variables
from aws_mfa.model import Identity
from cli.commands.running import run_command
from fakes import ACCOUNT, ANN, DEVICE, KEYS, FakeInterfaces, a_session, asking

HOP, PROD = f"arn:aws:iam::{ACCOUNT}:role/Hop", f"arn:aws:iam::{ACCOUNT}:role/Admin"
CONFIG = f"""\
[profile work]
mfa_serial = {DEVICE}
region = eu-central-1
[profile hop]
role_arn = {HOP}
source_profile = work
[profile prod]
role_arn = {PROD}
source_profile = hop
"""
AS_PROD = f"arn:aws:sts::{ACCOUNT}:assumed-role/Admin/ann"


@pytest.fixture
def interfaces() -> FakeInterfaces:
    made = asking("123456")
    made.config.text = CONFIG
    made.vaults["keychain"].stored["work-long-term"] = KEYS
    made.fake_sts.identity = Identity(AS_PROD, ACCOUNT, "AROA:ann")
    made.fake_sts.answers = [a_session(), a_session(lasts_s=3600, role_arn=HOP), a_session(lasts_s=3600, role_arn=PROD)]
    return made


def told(interfaces: FakeInterfaces, capsys: pytest.CaptureFixture[str], *argv: str) -> dict[str, object]:
    assert run_command(whoami, interfaces, "--json", *argv) == 0
    document = json.loads(capsys.readouterr().out)
    assert document.pop("version") == 1
    return dict(document)


def test_identity_account_alias_end_and_chain_are_told_and_a_stored_session_costs_one_call(
    interfaces: FakeInterfaces, capsys: pytest.CaptureFixture[str]
) -> None:
    interfaces.fake_iam.alias = "acme-prod"
    assert told(interfaces, capsys, "prod") == {
        "profile": "prod",
        "identity": AS_PROD,
        "account": ACCOUNT,
        "alias": "acme-prod",
        "expires_at": "2026-11-22T07:03:19Z",
        "role_chain": ["work", HOP, PROD],
    }
    interfaces.fake_sts.identity_calls = 0  # the keys were checked while the code was typed
    assert told(interfaces, capsys, "prod")["identity"] == AS_PROD
    assert (interfaces.fake_sts.identity_calls, len(interfaces.terminal.questions)) == (1, 1)


def test_people_get_a_line_for_each_fact(interfaces: FakeInterfaces, capsys: pytest.CaptureFixture[str]) -> None:
    interfaces.fake_iam.alias = "acme-prod"
    assert run_command(whoami, interfaces, "prod") == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.partition("  ")[0] for line in lines] == [
        *("profile", "identity", "account", "valid until", "role chain")
    ]
    assert lines[2] == f"account      {ACCOUNT} (acme-prod)"
    assert lines[4] == f"role chain   work -> {HOP} -> {PROD}"


def test_an_alias_that_iam_may_not_tell_is_left_out_silently(
    interfaces: FakeInterfaces, capsys: pytest.CaptureFixture[str]
) -> None:
    interfaces.fake_iam.failures["account_alias"] = NotAuthorized("denied")
    assert told(interfaces, capsys, "prod")["alias"] is None
    assert interfaces.said == []


def test_without_a_name_it_is_the_profile_in_force(
    interfaces: FakeInterfaces, capsys: pytest.CaptureFixture[str]
) -> None:
    interfaces.environ = {"AWS_PROFILE": "work"}
    found = told(interfaces, capsys)
    assert (found["profile"], found["role_chain"]) == ("work", ["work"])
    interfaces.environ = {}
    with pytest.raises(BadProfile, match="no profile 'default'"):
        run_command(whoami, interfaces)


@pytest.mark.parametrize(("profile", "chain"), [("prod", ["work", HOP, PROD]), ("gone", []), (PROD, [])])
def test_in_a_shell_of_exec_it_is_that_shells_session(
    interfaces: FakeInterfaces, capsys: pytest.CaptureFixture[str], profile: str, chain: list[str]
) -> None:
    """Also if the profile is gone, or the shell is a role's without a profile: nothing is asked for."""
    interfaces.environ = {"AWS_MFA_PROFILE": profile, **session_variables(a_session(lasts_s=60, role_arn=PROD))}
    found = told(interfaces, capsys)
    assert (found["profile"], found["expires_at"]) == (profile, "2026-11-22T06:04:19Z")
    assert found["role_chain"] == chain
    assert (interfaces.terminal.questions, interfaces.fake_sts.sent) == ([], [])


def test_in_that_shell_a_named_profile_and_an_endpoint_are_asked_for_as_elsewhere(
    interfaces: FakeInterfaces, capsys: pytest.CaptureFixture[str]
) -> None:
    interfaces.environ = {"AWS_MFA_PROFILE": "prod"}  # of exec --server
    assert told(interfaces, capsys)["profile"] == "prod"
    interfaces.environ = {"AWS_MFA_PROFILE": "prod", **session_variables(a_session(role_arn=PROD))}
    interfaces.fake_sts.identity = Identity(ANN, ACCOUNT, "AIDA")
    assert told(interfaces, capsys, "work")["identity"] == ANN


def test_a_session_that_aws_refuses_is_its_failure(interfaces: FakeInterfaces) -> None:
    interfaces.fake_sts.identity = SessionExpired("it has expired")
    with pytest.raises(SessionExpired):
        run_command(whoami, interfaces, "work")

"""GetScopedCredentials and session policies: what a narrowed session may still call, by a real SDK."""

from __future__ import annotations

import json
from typing import Any, TypeAlias

import pytest

from aws_mfa.aws_values.read_only import READ_ONLY
from aws_mfa_practice import PracticeAws, PracticeClock
from aws_mfa_practice.account import User
from aws_mfa_practice.keys import Session
from aws_mfa_practice.totp import Device
from practice.conftest import Client, Connect
from practice.signing import refusal_of

Credentials: TypeAlias = dict[str, str]
pytestmark = pytest.mark.newest  # the SDK must know the call


def policy(*actions: str, effect: str = "Allow") -> str:
    statement = {"Effect": effect, "Action": list(actions), "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.fixture
def session(sts: Client, phone: Device) -> Credentials:
    """The MFA session of Ann."""
    return of(sts.get_session_token(SerialNumber=phone.serial, TokenCode=phone.code()))


def of(answer: dict[str, Any]) -> Credentials:
    credentials: Credentials = answer["Credentials"]
    return credentials


def issued(aws: PracticeAws, credentials: Credentials) -> Session:
    return aws.sessions[credentials["AccessKeyId"]]


def test_a_scoped_session_is_the_same_identity_with_less(
    aws: PracticeAws, connect: Connect, session: Credentials
) -> None:
    answer = connect(session).get_scoped_credentials(Policy=policy("iam:List*"), ScopedSessionDescription="agent: test")
    scoped = of(answer)
    assert answer["ScopedPoliciesCount"] == 1
    assert answer["SessionInfo"]["Arn"] == connect(scoped).get_caller_identity()["Arn"]
    assert connect(scoped, "iam").list_access_keys()["AccessKeyMetadata"]
    refusal = refusal_of(connect(scoped, "iam").create_access_key)
    assert refusal[:2] == (403, "AccessDenied")
    assert "because no session policy allows the iam:CreateAccessKey action" in refusal[2]


def test_the_built_in_read_only_policy_is_accepted_and_only_looks(connect: Connect, session: Credentials) -> None:
    scoped = of(connect(session).get_scoped_credentials(Policy=READ_ONLY))
    iam = connect(scoped, "iam")
    assert iam.list_mfa_devices()["MFADevices"]
    assert iam.list_access_keys()["AccessKeyMetadata"]
    for call in (iam.create_access_key, iam.get_user):
        assert refusal_of(call)[:2] == (403, "AccessDenied")
    role = {"RoleArn": "arn:aws:iam::123456789012:role/Admin", "RoleSessionName": "work"}
    refusal = refusal_of(lambda: connect(scoped).assume_role(**role))
    assert "because no session policy allows the sts:AssumeRole action" in refusal[2]


def test_layers_intersect_and_a_fourth_is_refused(aws: PracticeAws, connect: Connect, session: Credentials) -> None:
    scoped = session
    for actions in (("iam:*",), ("iam:List*", "iam:Get*"), ("iam:ListMFADevices", "iam:Get*")):
        scoped = of(connect(scoped).get_scoped_credentials(Policy=policy(*actions)))
    assert connect(scoped, "iam").list_mfa_devices()["MFADevices"]
    assert refusal_of(connect(scoped, "iam").list_access_keys)[1] == "AccessDenied"
    fourth = refusal_of(lambda: connect(scoped).get_scoped_credentials(Policy=policy("*")))
    assert fourth[:2] == (403, "AccessDenied")
    shorter = connect(scoped).get_scoped_credentials(DurationSeconds=60)
    assert shorter["ScopedPoliciesCount"] == 3


def test_a_deny_wins_over_an_allow(aws: PracticeAws, connect: Connect, session: Credentials) -> None:
    both = json.loads(policy("iam:*"))
    both["Statement"].append({"Effect": "Deny", "Action": "iam:listaccesskeys", "Resource": "*"})
    scoped = of(connect(session).get_scoped_credentials(Policy=json.dumps(both)))
    assert refusal_of(connect(scoped, "iam").list_access_keys)[1] == "AccessDenied"
    assert connect(scoped, "iam").get_user()["User"]


def test_it_ends_when_asked_and_never_after_its_session(
    aws: PracticeAws, connect: Connect, session: Credentials, clock: PracticeClock
) -> None:
    parent, sts = issued(aws, session), connect(session)
    assert issued(aws, of(sts.get_scoped_credentials(Policy=policy("*")))).expires_at == parent.expires_at
    assert issued(aws, of(sts.get_scoped_credentials(DurationSeconds=900))).expires_at == int(clock()) + 900
    left_s = parent.expires_at - int(clock())
    refusal = refusal_of(lambda: connect(session).get_scoped_credentials(DurationSeconds=left_s + 1))
    assert refusal[:2] == (400, "InsufficientSessionLifetime")


def test_long_term_keys_and_a_request_for_nothing_are_refused(
    sts: Client, connect: Connect, session: Credentials
) -> None:
    assert refusal_of(lambda: sts.get_scoped_credentials(DurationSeconds=900))[:2] == (400, "InvalidSubjectCredentials")
    assert refusal_of(connect(session).get_scoped_credentials)[:2] == (400, "ValidationError")


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({"Policy": "{"}, "MalformedPolicyDocument"),
        ({"Policy": policy(*(f"s3:Get{number:03}" for number in range(120)))}, "PackedPolicyTooLarge"),
        ({"Policy": "x" * 2049}, "ValidationError"),
        ({"DurationSeconds": 0}, "ValidationError"),
        ({"DurationSeconds": 900, "ScopedSessionDescription": "x"}, "ValidationError"),
    ],
)
def test_what_cannot_be_a_scope_is_refused(
    connect: Connect, session: Credentials, parameters: dict[str, Any], code: str
) -> None:
    assert refusal_of(lambda: connect(session).get_scoped_credentials(**parameters))[:2] == (400, code)


@pytest.mark.parametrize("keeps", [True, False])
def test_whether_the_proof_of_mfa_survives_can_be_chosen(
    aws: PracticeAws, connect: Connect, session: Credentials, *, keeps: bool
) -> None:
    """AWS does not say."""
    aws.account.scoped_sessions_prove_mfa = keeps
    assert issued(aws, of(connect(session).get_scoped_credentials(DurationSeconds=900))).has_mfa is keeps


def test_a_role_session_with_read_only_access_cannot_assume_the_next_role(
    aws: PracticeAws, connect: Connect, ann: User
) -> None:
    hub = aws.account.add_role("Hub", trusts=ann)
    spoke = aws.account.add_role("Spoke", trusts=hub)
    arns = [{"arn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}]
    narrow = connect(ann.keys).assume_role(RoleArn=hub.arn, RoleSessionName="work", PolicyArns=arns)
    assumed = refusal_of(lambda: connect(of(narrow)).assume_role(RoleArn=spoke.arn, RoleSessionName="work"))
    assert assumed[:2] == (403, "AccessDenied")

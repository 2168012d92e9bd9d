"""GetScopedCredentials as this tool calls it: what is sent, what is accepted, and how each refusal is explained."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from xml.etree import ElementTree as ET

import pytest

from aws_mfa import errors
from aws_mfa.aws.endpoints import sts_endpoint
from aws_mfa.aws.http import AwsHttp
from aws_mfa.aws.query import Call, elements_of
from aws_mfa.aws.refusals import AwsRefusal, explain
from aws_mfa.aws.sts import AwsSts
from aws_mfa.aws_values.narrowing import allow_policy
from aws_mfa.aws_values.read_only import READ_ONLY
from aws_mfa.aws_values.text import rfc3339_text
from aws_mfa.model import LongTermKeys, Secret, Session, SessionRequest
from aws_mfa_practice import PracticeAws

ADMIN = "arn:aws:iam::123456789012:role/Admin"


def asked(policy: str | None = READ_ONLY, duration_s: int | None = None, role_arn: str | None = None) -> SessionRequest:
    usual = duration_s is None
    shown = "aws-mfa agent=ci profile=work"
    return SessionRequest("", duration_s or 43200, role_arn, policy=policy, is_usual_duration=usual, description=shown)


class Stage:
    """The practice AWS, our client of it, and an MFA session of its user."""

    def __init__(self, aws: PracticeAws, http: AwsHttp) -> None:
        self.aws = aws
        self.sts = AwsSts(sts_endpoint("eu-central-1", {"AWS_ENDPOINT_URL": aws.url}), http)
        ann = aws.account.add_user("ann")
        phone = ann.add_device()
        keys = LongTermKeys(ann.keys.access_key_id, Secret(ann.keys.secret_access_key))
        self.session = self.sts.get_session_token(keys, SessionRequest(phone.serial, 3600), phone.code())

    def narrowed(self, request: SessionRequest, left_s: int | None = None) -> Session:
        left_s = int(self.session.expires_at - time.time()) if left_s is None else left_s
        return self.sts.get_scoped_credentials(self.session, request, left_s=left_s)


@pytest.fixture
def stage() -> Iterator[Stage]:
    with PracticeAws() as aws, contextlib.closing(AwsHttp(read_timeout_s=0.5)) as http:
        yield Stage(aws, http)


def test_the_session_is_the_users_own_and_ends_with_the_one_that_signed(stage: Stage) -> None:
    session = stage.narrowed(asked())
    assert stage.sts.get_caller_identity(session).arn.endswith(":user/ann")
    assert session.expires_at == stage.session.expires_at
    sent = dict(stage.aws.requests[1].parameters)
    assert sent.pop("ScopedSessionDescription") == "aws-mfa agent=ci profile=work"
    assert sent.pop("Policy") == READ_ONLY
    assert set(sent) == {"Action", "Version"}


def test_a_duration_is_sent_and_cut_to_what_is_left(stage: Stage) -> None:
    session = stage.narrowed(asked(None, 900))
    assert abs(session.expires_at - time.time() - 900) < 2
    stage.narrowed(asked(None, 3600), left_s=1000)
    assert [one.parameters.get("DurationSeconds") for one in stage.aws.requests[1:]] == ["900", "995"]


def test_a_roles_session_stays_the_roles(stage: Stage) -> None:
    assert stage.narrowed(asked(role_arn=ADMIN)).assumed_role_arn == ADMIN


@pytest.mark.parametrize(
    ("request_", "kind", "says"),
    [
        (asked('{"Version":1}'), errors.MalformedPolicy, "cannot read the session policy"),
        (
            asked(allow_policy(",".join(f"s{n * n:x}:G{n}x" for n in range(130)), "")),
            errors.TooLargeForSession,
            "too large",
        ),
        (asked(None, 7200), errors.DurationTooLong, "ends before the duration asked for"),
    ],
)
def test_each_refusal_is_explained(
    stage: Stage, request_: SessionRequest, kind: type[errors.AwsMfaError], says: str
) -> None:
    with pytest.raises(kind, match=says) as refused:
        stage.narrowed(request_, left_s=10_000)
    assert refused.value.exit_code == 5


@pytest.mark.parametrize("lie", ["the same session", "no policy", "a later end"])
def test_an_answer_that_is_not_narrower_is_not_used(stage: Stage, lie: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked_of = stage.sts._query.call
    later = rfc3339_text(stage.session.expires_at + 60)

    def lying(call: Call, keys: LongTermKeys | Session) -> tuple[ET.Element, float]:
        answer, moment = asked_of(call, keys)
        told = {
            "the same session": ("AccessKeyId", stage.session.access_key_id),
            "no policy": ("ScopedPoliciesCount", "0"),
        }
        name, value = told.get(lie, ("Expiration", later))
        (element,) = elements_of(answer, name)
        element.text = value
        return answer, moment

    monkeypatch.setattr(stage.sts._query, "call", lying)
    with pytest.raises(errors.AwsFailed, match="cannot be read") as refused:
        stage.narrowed(asked())
    assert refused.value.exit_code == 6


def refusal(code: str) -> AwsRefusal:
    action = "sts:GetScopedCredentials"
    return AwsRefusal(action=action, status=400, code=code, message="no", server_date=None, now=0.0, carried_code=False)


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("InvalidAction", "STS at this endpoint does not know sts:GetScopedCredentials"),
        ("InvalidSubjectCredentials", "AWS does not narrow the session"),
    ],
)
def test_what_cannot_be_narrowed_there_has_the_hint_to_use_a_role(code: str, says: str) -> None:
    refused = explain(refusal(code))
    assert refused.message.startswith(says)
    assert "use a profile with a role" in str(refused.hints)
    assert refused.exit_code == 5


def test_an_agents_role_that_is_refused_names_the_role_session_name(stage: Stage) -> None:
    role = stage.aws.account.add_role("Admin", trusts=stage.aws.account.add_user("bob"), mfa=True)
    name = "agent=ci,dev,ann"
    for agent, count in (("ci", 1), (None, 0)):
        request = SessionRequest("", 900, role.arn, name, agent=agent)
        with pytest.raises(errors.NotAuthorized) as refused:
            stage.sts.assume_role(stage.session, request, None)
        assert sum(f"the role session name is {name}" in hint for hint in refused.value.hints) == count

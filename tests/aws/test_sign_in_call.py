"""The call to the console's sign-in, against the practice one; and that no message or log holds a secret."""

from __future__ import annotations

import contextlib
import logging
import socket
import traceback
from collections.abc import Iterator

import pytest

from aws_mfa import errors
from aws_mfa.aws.endpoints import sts_endpoint
from aws_mfa.aws.http import AwsHttp
from aws_mfa.aws.sign_in import administrator_access_arn, sign_in_endpoint
from aws_mfa.aws.sign_in_call import AwsSignIn
from aws_mfa.aws.sts import AwsSts
from aws_mfa.cli.main import silence_libraries
from aws_mfa.interfaces import SignIn, Sts
from aws_mfa.model import LongTermKeys, Secret, Session, SessionRequest
from aws_mfa_practice import PracticeAws, faults
from aws_mfa_practice.account import User
from aws_mfa_practice.answers import Answer
from aws_mfa_practice.faults import Fault

POLICY = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}'


@pytest.fixture
def aws() -> Iterator[PracticeAws]:
    with PracticeAws() as aws:
        yield aws


@pytest.fixture
def http() -> Iterator[AwsHttp]:
    http = AwsHttp(read_timeout_s=2)
    yield http
    http.close()


@pytest.fixture
def ann(aws: PracticeAws) -> User:
    return aws.account.add_user("ann")


def federated(aws: PracticeAws, ann: User, http: AwsHttp, policy: str | None = None) -> Session:
    sts: Sts = AwsSts(sts_endpoint("us-east-1", {"AWS_ENDPOINT_URL": aws.url}), http)
    keys = LongTermKeys(ann.keys.access_key_id, Secret(ann.keys.secret_access_key))
    arns = (administrator_access_arn("aws"),)
    return sts.get_federation_token(keys, "ann", 3600, policy=policy, policy_arns=arns)


def sign_in(aws: PracticeAws, http: AwsHttp, *, takes_form: bool = True) -> SignIn:
    return AwsSignIn(sign_in_endpoint("us-east-1", {"AWS_ENDPOINT_URL": aws.url}), http, takes_form=takes_form)


@pytest.mark.parametrize("takes_form", [True, False])
def test_a_session_is_exchanged_for_a_token(aws: PracticeAws, ann: User, http: AwsHttp, takes_form: bool) -> None:  # noqa: FBT001
    token = sign_in(aws, http, takes_form=takes_form).token(federated(aws, ann, http))
    assert len(token.reveal()) > 100
    asked = aws.requests[-1]
    assert (asked.action, asked.method, asked.status) == ("getSigninToken", "POST" if takes_form else "GET", 200)
    assert "SessionDuration" not in asked.parameters


def test_policies_of_a_federated_user_arrive(aws: PracticeAws, ann: User, http: AwsHttp) -> None:
    session = federated(aws, ann, http, POLICY)
    terms = aws.sessions[session.access_key_id].terms
    assert (terms.policy, terms.policy_arns) == (POLICY, ("arn:aws:iam::aws:policy/AdministratorAccess",))
    assert session.assumed_role_arn is None


@pytest.mark.parametrize("takes_form", [True, False])
@pytest.mark.parametrize(
    ("fault", "failure", "words"),
    [
        (faults.internal_failure(), errors.AwsFailed, r"failed \(HTTP 500\)"),
        (faults.throttling(), errors.NotAuthorized, r"refused the session \(HTTP 400\)"),
        (faults.captive_portal(), errors.AwsUnreachable, r"not AWS: a web page or a redirect \(HTTP 200\)"),
        (faults.reset(), errors.AnswerLost, "was cut before the whole answer"),
        (faults.truncated_body(), errors.AnswerLost, "was cut before the whole answer"),
        (faults.empty_body(), errors.AwsFailed, "cannot be read"),
        (faults.slow(2), errors.AnswerLost, "did not answer in time"),
    ],
    ids=lambda value: getattr(value, "name", None),
)
def test_a_failure_has_our_message_and_holds_nothing_of_the_session(
    aws: PracticeAws,
    ann: User,
    http: AwsHttp,
    takes_form: bool,  # noqa: FBT001
    fault: Fault,
    failure: type[errors.AwsMfaError],
    words: str,
) -> None:
    """Neither in the message nor in a traceback with all causes: urllib3's errors hold the URL, and it the session."""
    session = federated(aws, ann, http)
    aws.faults.add("getSigninToken", fault)
    impatient = AwsHttp(read_timeout_s=0.4)
    with pytest.raises(failure, match=words) as caught, contextlib.closing(impatient):
        sign_in(aws, impatient, takes_form=takes_form).token(session)
    said = "\n".join([*caught.value.hints, *traceback.format_exception(caught.value)])
    assert holding(said, session) == []


@pytest.mark.parametrize("takes_form", [True, False])
def test_a_closed_port_is_unreachable_without_a_part_of_the_session(ann: User, http: AwsHttp, takes_form: bool) -> None:  # noqa: FBT001
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    session = Session("ASIAINVENTED00000001", Secret("canary-of/the-key"), Secret("canary-of/the-token=="), 0)
    endpoint = sign_in_endpoint("us-east-1", {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}"})
    with pytest.raises(errors.AwsUnreachable, match=r"no connection to 127\.0\.0\.1") as caught:
        AwsSignIn(endpoint, http, takes_form=takes_form).token(session)
    assert holding("".join(traceback.format_exception(caught.value)), session) == []


def test_an_mfa_session_is_refused_as_it_is_by_aws(aws: PracticeAws, ann: User, http: AwsHttp) -> None:
    phone = ann.add_device()
    sts: Sts = AwsSts(sts_endpoint("us-east-1", {"AWS_ENDPOINT_URL": aws.url}), http)
    keys = LongTermKeys(ann.keys.access_key_id, Secret(ann.keys.secret_access_key))
    session = sts.get_session_token(keys, SessionRequest(phone.serial, 3600), phone.unused_code())
    with pytest.raises(errors.NotAuthorized, match="refused the session"):
        sign_in(aws, http).token(session)


@pytest.mark.parametrize("takes_form", [True, False])
def test_nothing_is_logged_at_any_level(
    aws: PracticeAws,
    ann: User,
    http: AwsHttp,
    takes_form: bool,  # noqa: FBT001
    caplog: pytest.LogCaptureFixture,
) -> None:
    """In aws-mfa's own process: only its commands sign in."""
    silence_libraries()
    caplog.set_level(logging.DEBUG)
    session = federated(aws, ann, http)
    token = sign_in(aws, http, takes_form=takes_form).token(session)
    logging.getLogger(__name__).debug("the log works")
    assert "the log works" in caplog.text
    assert holding(caplog.text, session) == []
    assert token.reveal() not in caplog.text


def holding(text: str, session: Session) -> list[str]:
    """The secrets of a session that are in the text, as they are or percent-encoded."""
    secrets = (session.secret_access_key.reveal(), session.session_token.reveal())
    pieces = [piece for secret in secrets for piece in secret.replace("+", "/").replace("=", "/").split("/")]
    return [piece for piece in pieces if len(piece) > 5 and piece in text]


@pytest.mark.parametrize(
    ("status", "failure", "words"),
    [
        (407, errors.AwsUnreachable, "wants a user name and a password"),
        (302, errors.AwsUnreachable, "a web page or a redirect"),
        (429, errors.Throttled, "had too many requests"),
    ],
)
def test_proxies_redirects_and_limits_are_distinguished(
    aws: PracticeAws, ann: User, http: AwsHttp, status: int, failure: type[errors.AwsMfaError], words: str
) -> None:
    session = federated(aws, ann, http)
    aws.faults.add("getSigninToken", faults.Fault("between", lambda _: Answer(status, b""), instead=True))
    with pytest.raises(failure, match=words):
        sign_in(aws, http).token(session)

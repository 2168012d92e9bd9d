"""A good signature is accepted, in the header and in the query; each kind of bad one has AWS's answer."""

from __future__ import annotations

import contextlib
import http.client
import re
from urllib.parse import urlsplit

import pytest

from aws_mfa_practice import PracticeAws, PracticeClock
from aws_mfa_practice.account import User
from aws_mfa_practice.moments import http_date
from practice.conftest import Connect
from practice.signing import HandSigned, Reply, refusal_of, send

IDENTITY = {"Action": "GetCallerIdentity", "Version": "2011-06-15"}


@pytest.fixture
def request_of_ann(aws: PracticeAws, ann: User) -> HandSigned:
    return HandSigned(ann.keys.access_key_id, ann.keys.secret_access_key, dict(IDENTITY), aws.clock())


def host_of(aws: PracticeAws) -> str:
    return urlsplit(aws.url).netloc


def assert_refused(reply: Reply, status: int, code: str, message: str) -> None:
    """The whole answer: status, XML, and the message by its beginning."""
    namespace = "https://sts.amazonaws.com/doc/2011-06-15/"
    shape = (
        rf'<ErrorResponse xmlns="{namespace}"><Error><Type>Sender</Type><Code>{code}</Code>'
        rf"<Message>{re.escape(message)}.*</Message></Error><RequestId>[0-9a-f-]{{36}}</RequestId></ErrorResponse>"
    )
    assert re.fullmatch(shape, reply.body), reply.body
    assert reply.status == status
    assert reply.headers["x-amzn-RequestId"] in reply.body


def test_a_real_sdk_is_accepted(connect: Connect, ann: User, aws: PracticeAws) -> None:
    answer = connect(ann.keys).get_caller_identity()
    assert (answer["Arn"], answer["Account"]) == (ann.arn, aws.account.account_id)
    assert answer["UserId"] == ann.user_id


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_presigned_address_is_accepted_until_it_is_altered(connect: Connect, ann: User, method: str) -> None:
    url = urlsplit(connect(ann.keys).generate_presigned_url("get_caller_identity", HttpMethod=method))
    for query, status in ((url.query, 200), (url.query.replace("us-east-1", "us-east-2"), 403)):
        connection = http.client.HTTPConnection(url.netloc, timeout=5)
        with contextlib.closing(connection):
            connection.request(method, f"/?{query}")
            assert connection.getresponse().status == status


@pytest.mark.parametrize("part", ["Algorithm", "Credential", "Signature", "SignedHeaders", "Date"])
def test_a_presigned_address_without_one_of_its_parts_is_incomplete(connect: Connect, ann: User, part: str) -> None:
    url = urlsplit(connect(ann.keys).generate_presigned_url("get_caller_identity", HttpMethod="GET"))
    left = "&".join(piece for piece in url.query.split("&") if not piece.startswith(f"X-Amz-{part}="))
    connection = http.client.HTTPConnection(url.netloc, timeout=5)
    with contextlib.closing(connection):
        connection.request("GET", f"/?{left}")
        response = connection.getresponse()
        body = response.read().decode()
    assert response.status == 400
    assert f"<Message>AWS query-string parameters must include 'X-Amz-{part}'.</Message>" in body


def test_a_hand_signed_request_is_accepted(aws: PracticeAws, request_of_ann: HandSigned) -> None:
    assert send(aws.url, request_of_ann.sign(host_of(aws))).status == 200


def test_an_altered_body_is_refused(aws: PracticeAws, request_of_ann: HandSigned) -> None:
    request = request_of_ann.sign(host_of(aws))
    request.body += b"&DurationSeconds=900"
    assert_refused(send(aws.url, request), 403, "SignatureDoesNotMatch", "The request signature we calculated")


def test_an_altered_header_is_refused(aws: PracticeAws, request_of_ann: HandSigned) -> None:
    request = request_of_ann.sign(host_of(aws))
    request.headers["host"] = "sts.amazonaws.com"
    assert_refused(send(aws.url, request), 403, "SignatureDoesNotMatch", "The request signature we calculated")


def test_a_query_added_to_a_signed_form_is_refused(aws: PracticeAws, request_of_ann: HandSigned) -> None:
    request = request_of_ann.sign(host_of(aws))
    assert_refused(send(aws.url, request, target="/?a=b"), 403, "SignatureDoesNotMatch", "The request signature we")


@pytest.mark.parametrize("signed", ["x-amz-date", "host"])
def test_host_and_amz_headers_must_be_signed(aws: PracticeAws, request_of_ann: HandSigned, signed: str) -> None:
    request = request_of_ann.sign(host_of(aws), signed=signed)
    missing = {"x-amz-date": "host", "host": "x-amz-date"}[signed]
    assert_refused(send(aws.url, request), 403, "SignatureDoesNotMatch", f"'{missing}' must be a 'SignedHeader'")


def test_a_wrong_secret_is_refused(connect: Connect, ann: User, aws: PracticeAws) -> None:
    other = aws.account.add_user("bob")
    mixed = {"AccessKeyId": ann.keys.access_key_id, "SecretAccessKey": other.keys.secret_access_key}
    status, code, message = refusal_of(connect(mixed).get_caller_identity)
    assert (status, code) == (403, "SignatureDoesNotMatch")
    assert message.startswith("The request signature we calculated does not match the signature you provided.")


def test_unknown_and_inactive_keys_get_the_same_answer(connect: Connect, ann: User) -> None:
    unknown = {"AccessKeyId": "AKIA" + "A" * 16, "SecretAccessKey": ann.keys.secret_access_key}
    expected = (403, "InvalidClientTokenId", "The security token included in the request is invalid.")
    assert refusal_of(connect(unknown).get_caller_identity) == expected
    ann.keys.active = False
    assert refusal_of(connect(ann.keys).get_caller_identity) == expected


@pytest.mark.parametrize("off_s", [-900, 900])
def test_fifteen_minutes_are_still_good(aws: PracticeAws, request_of_ann: HandSigned, off_s: int) -> None:
    request_of_ann.signed_at += off_s
    assert send(aws.url, request_of_ann.sign(host_of(aws))).status == 200


def test_a_replay_beyond_fifteen_minutes_is_refused_with_the_times(
    aws: PracticeAws, clock: PracticeClock, request_of_ann: HandSigned
) -> None:
    clock.now = request_of_ann.signed_at = 1795327200.0  # 2026-11-22 06:00 UTC
    request = request_of_ann.sign(host_of(aws))
    assert send(aws.url, request).status == 200
    clock.advance(45 * 60)
    reply = send(aws.url, request)
    expected = "Signature expired: 20261122T060000Z is now earlier than 20261122T063000Z (20261122T064500Z - 15 min.)"
    assert_refused(reply, 403, "SignatureDoesNotMatch", expected)
    assert reply.headers["Date"] == http_date(clock()) == "Sun, 22 Nov 2026 06:45:00 GMT"


def test_a_signature_of_the_future_is_refused_with_the_times(
    aws: PracticeAws, clock: PracticeClock, request_of_ann: HandSigned
) -> None:
    clock.now, request_of_ann.signed_at = 1795327200.0, 1795327200.0 + 901
    expected = (
        "Signature not yet current: 20261122T061501Z is still later than 20261122T061500Z (20261122T060000Z + 15 min.)"
    )
    assert_refused(send(aws.url, request_of_ann.sign(host_of(aws))), 403, "SignatureDoesNotMatch", expected)


@pytest.mark.parametrize(
    ("region", "service", "code"),
    [
        ("us-east-1", "s3", "SignatureDoesNotMatch"),
        ("nowhere", "sts", "SignatureDoesNotMatch"),
        ("cn-north-1", "sts", "InvalidClientTokenId"),
        ("us-gov-west-1", "sts", "InvalidClientTokenId"),
    ],
)
def test_the_scope_must_be_of_the_service_and_the_partition(
    aws: PracticeAws, request_of_ann: HandSigned, region: str, service: str, code: str
) -> None:
    request_of_ann.region, request_of_ann.service = region, service
    message = {
        "s3": "Credential should be scoped to correct service: 'sts'.",
        "nowhere": "Credential should be scoped to a valid region.",
    }
    expected = message.get(service) or message.get(region) or "The security token included in the request is invalid."
    assert_refused(send(aws.url, request_of_ann.sign(host_of(aws))), 403, code, expected)


def test_each_partition_takes_its_own_regions(aws: PracticeAws, connect: Connect) -> None:
    for partition, region in (("aws-cn", "cn-northwest-1"), ("aws-us-gov", "us-gov-east-1"), ("aws", "ap-southeast-2")):
        user = aws.add_account(partition=partition).add_user("ann")
        assert connect(user.keys, region=region).get_caller_identity()["Arn"].startswith(f"arn:{partition}:iam::")


def test_a_disabled_region_says_so(aws: PracticeAws, connect: Connect, ann: User) -> None:
    aws.account.disabled_regions.add("me-south-1")
    status, code, message = refusal_of(connect(ann.keys, region="me-south-1").get_caller_identity)
    assert (status, code) == (403, "RegionDisabledException")
    assert message.startswith(f"STS is not activated in this region for account:{aws.account.account_id}.")


def test_no_signature_at_all_is_refused(aws: PracticeAws, request_of_ann: HandSigned) -> None:
    request = request_of_ann.sign(host_of(aws))
    del request.headers["authorization"]
    assert_refused(send(aws.url, request), 403, "MissingAuthenticationToken", "Request is missing Authentication Token")


@pytest.mark.parametrize(
    ("authorization", "message"),
    [
        ("Basic YTpi", "Unsupported AWS 'algorithm': 'Basic'."),
        ("AWS4-HMAC-SHA256 Credential", "'Credential' not a valid key=value pair (missing equal-sign)"),
        ("AWS4-HMAC-SHA256 Credential=a/b", "Authorization header requires 'Signature' parameter."),
        (
            "AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host, Signature=0",
            "Credential must have exactly 5 slash-delimited elements",
        ),
    ],
)
def test_an_unreadable_signature_is_incomplete(
    aws: PracticeAws, request_of_ann: HandSigned, authorization: str, message: str
) -> None:
    request = request_of_ann.sign(host_of(aws))
    request.headers["authorization"] = authorization
    assert_refused(send(aws.url, request), 400, "IncompleteSignature", message)


@pytest.mark.parametrize("date", [None, "yesterday", "20261399T000000Z"])
def test_a_signature_without_a_readable_date_is_incomplete(
    aws: PracticeAws, request_of_ann: HandSigned, date: str | None
) -> None:
    request = request_of_ann.sign(host_of(aws))
    del request.headers["x-amz-date"]
    request.headers |= {} if date is None else {"x-amz-date": date}
    reply = send(aws.url, request)
    assert (reply.status, "<Code>IncompleteSignature</Code>" in reply.body) == (400, True)


def test_a_scope_of_another_day_is_refused(aws: PracticeAws, request_of_ann: HandSigned) -> None:
    request = request_of_ann.sign(host_of(aws))
    day = request.headers["x-amz-date"][:8]
    request.headers["authorization"] = request.headers["authorization"].replace(day, "20200101")
    assert_refused(send(aws.url, request), 403, "SignatureDoesNotMatch", "Date in Credential scope does not match")


def test_a_scope_must_end_as_version_4_does(aws: PracticeAws, request_of_ann: HandSigned) -> None:
    request = request_of_ann.sign(host_of(aws))
    request.headers["authorization"] = request.headers["authorization"].replace("aws4_request", "aws5_request")
    expected = "Credential should be scoped with a valid terminator: 'aws4_request', not 'aws5_request'."
    assert_refused(send(aws.url, request), 403, "SignatureDoesNotMatch", expected)


def test_a_long_term_key_with_a_session_token_is_refused(aws: PracticeAws, request_of_ann: HandSigned) -> None:
    request_of_ann.session_token = "made-up"
    assert_refused(send(aws.url, request_of_ann.sign(host_of(aws))), 403, "InvalidClientTokenId", "The security token")


def test_session_tokens_are_checked_and_expire(
    aws: PracticeAws, clock: PracticeClock, connect: Connect, ann: User
) -> None:
    credentials = connect(ann.keys).get_session_token(DurationSeconds=900)["Credentials"]
    request = HandSigned(credentials["AccessKeyId"], credentials["SecretAccessKey"], dict(IDENTITY), clock())
    assert_refused(send(aws.url, request.sign(host_of(aws))), 403, "InvalidClientTokenId", "The security token")
    request.session_token = credentials["SessionToken"][::-1]
    assert_refused(send(aws.url, request.sign(host_of(aws))), 403, "InvalidClientTokenId", "The security token")
    request.session_token = credentials["SessionToken"]
    assert send(aws.url, request.sign(host_of(aws))).status == 200
    clock.now = credentials["Expiration"].timestamp() - 1
    assert send(aws.url, request.sign(host_of(aws))).status == 200
    clock.advance(1)
    expected = "The security token included in the request is expired"
    assert_refused(send(aws.url, request.sign(host_of(aws))), 403, "ExpiredToken", expected)


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ({"Action": "Levitate", "Version": "2011-06-15"}, "operation Levitate for version 2011-06-15"),
        ({"Action": "GetCallerIdentity", "Version": "2010-05-08"}, "GetCallerIdentity for version 2010-05-08"),
        ({"Action": "GetCallerIdentity"}, "GetCallerIdentity for version NO_VERSION_SPECIFIED"),
    ],
)
def test_action_and_version_must_fit(
    aws: PracticeAws, request_of_ann: HandSigned, form: dict[str, str], text: str
) -> None:
    request_of_ann.form = form
    reply = send(aws.url, request_of_ann.sign(host_of(aws)))
    assert (reply.status, "<Code>InvalidAction</Code>" in reply.body, text in reply.body) == (400, True, True)


@pytest.mark.parametrize("body", [b"Action=A&Action=B", b"%ff=\xff", b"nonsense"])
def test_a_form_that_cannot_be_read_is_malformed(aws: PracticeAws, request_of_ann: HandSigned, body: bytes) -> None:
    request = request_of_ann.sign(host_of(aws))
    request.body = body
    reply = send(aws.url, request)
    assert (reply.status, "<Code>MalformedQueryString</Code>" in reply.body) == (400, True)

"""What can be made to go wrong, how often, and whether a code is lost by it."""

from __future__ import annotations

import http.client
import time
from urllib.parse import urlsplit

import pytest

from aws_mfa_practice import PracticeAws, faults
from aws_mfa_practice.account import User
from aws_mfa_practice.moments import http_date
from aws_mfa_practice.totp import Device
from practice.conftest import Client
from practice.signing import HandSigned, refusal_of, send


@pytest.fixture
def identity(aws: PracticeAws, ann: User) -> HandSigned:
    form = {"Action": "GetCallerIdentity", "Version": "2011-06-15"}
    request = HandSigned(ann.keys.access_key_id, ann.keys.secret_access_key, form, aws.clock())
    return request.sign(urlsplit(aws.url).netloc)


def spend(sts: Client, phone: Device) -> None:
    sts.get_session_token(SerialNumber=phone.serial, TokenCode=phone.code())


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (faults.internal_failure(), (500, "InternalFailure")),
        (faults.service_unavailable(), (503, "ServiceUnavailable")),
        (faults.throttling(), (400, "Throttling")),
    ],
    ids=lambda value: value.name if isinstance(value, faults.Fault) else "",
)
def test_a_failure_strikes_once_and_5xx_spends_the_code(
    aws: PracticeAws, sts: Client, phone: Device, fault: faults.Fault, expected: tuple[int, str]
) -> None:
    aws.faults.add("GetSessionToken", fault)
    assert sts.get_caller_identity()
    assert refusal_of(lambda: spend(sts, phone))[:2] == expected
    assert bool(phone.spent_windows) is (expected[0] >= 500)


def test_a_reset_comes_before_any_byte_and_after_the_code_was_spent(
    aws: PracticeAws, sts: Client, identity: HandSigned, phone: Device
) -> None:
    aws.faults.add("GetCallerIdentity", faults.reset())
    with pytest.raises(ConnectionResetError):
        send(aws.url, identity)
    aws.faults.add("GetSessionToken", faults.reset())
    with pytest.raises(Exception, match=r"Connection (was closed|reset)|aborted"):
        spend(sts, phone)
    assert refusal_of(lambda: spend(sts, phone))[2].startswith("MultiFactorAuthentication failed with invalid")


def test_a_slow_answer_is_late_and_right(aws: PracticeAws, identity: HandSigned) -> None:
    aws.faults.add(faults.ANY, faults.slow(0.1))
    began = time.monotonic()
    assert send(aws.url, identity).status == 200
    assert time.monotonic() - began >= 0.1


def test_a_truncated_body_ends_before_its_promised_length(aws: PracticeAws, identity: HandSigned) -> None:
    aws.faults.add(faults.ANY, faults.truncated_body())
    with pytest.raises(http.client.IncompleteRead):
        send(aws.url, identity)


def test_a_malformed_body_is_not_understood_by_a_real_sdk(aws: PracticeAws, sts: Client) -> None:
    aws.faults.add(faults.ANY, faults.malformed_body())
    with pytest.raises(Exception, match=r"(?i)invalid xml|unable to parse"):
        sts.get_caller_identity()


def test_an_empty_body_is_200_and_nothing(aws: PracticeAws, identity: HandSigned) -> None:
    aws.faults.add(faults.ANY, faults.empty_body())
    reply = send(aws.url, identity)
    assert (reply.status, reply.body) == (200, "")


def test_a_captive_portal_answers_html_and_aws_sees_nothing(aws: PracticeAws, sts: Client, phone: Device) -> None:
    aws.faults.add(faults.ANY, faults.captive_portal())
    with pytest.raises(Exception, match=r"(?i)invalid xml|unable to parse"):
        spend(sts, phone)
    assert not phone.spent_windows


@pytest.mark.parametrize(
    ("off_s", "beginning"), [(2700, "Signature expired: "), (-2700, "Signature not yet current: ")]
)
def test_a_skewed_server_clock_shows_in_the_date_header(
    aws: PracticeAws, identity: HandSigned, off_s: int, beginning: str
) -> None:
    aws.faults.add(faults.ANY, faults.skewed_clock(off_s))
    reply = send(aws.url, identity)
    assert (reply.status, beginning in reply.body) == (403, True)
    assert reply.headers["Date"] == http_date(aws.clock() + off_s)


def test_faults_strike_as_often_as_asked_in_the_order_added(aws: PracticeAws, identity: HandSigned) -> None:
    aws.faults.add("AssumeRole", faults.internal_failure())
    aws.faults.add(faults.ANY, faults.throttling(), times=2)
    aws.faults.add("GetCallerIdentity", faults.service_unavailable(), times=None)
    assert [send(aws.url, identity).status for _ in range(5)] == [400, 400, 503, 503, 503]
    aws.faults.clear()
    assert send(aws.url, identity).status == 200
    assert [record.fault for record in aws.requests] == ["throttling"] * 2 + ["service unavailable"] * 3 + ["none"]

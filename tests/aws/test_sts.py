"""STS and IAM called for real, against the practice AWS, which checks signatures and codes itself."""

from __future__ import annotations

import contextlib
import dataclasses
import logging
import re
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, NamedTuple

import pytest

from aws_mfa import __version__, errors
from aws_mfa.aws.endpoints import iam_endpoint, sts_endpoint
from aws_mfa.aws.http import AwsHttp
from aws_mfa.aws.iam import AwsIam
from aws_mfa.aws.sts import AwsSts
from aws_mfa.aws_values.arns import is_fido
from aws_mfa.interfaces import Sts
from aws_mfa.model import LongTermKeys, Secret, Session, SessionRequest
from aws_mfa_practice import faults
from aws_mfa_practice.account import Role, User
from aws_mfa_practice.aws import PracticeAws
from aws_mfa_practice.faults import Fault
from aws_mfa_practice.totp import Device
from programs import wait_until

ROUNDING_S = 2
POLICY = '{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "iam:*", "Resource": "*"}]}'


class Practice(NamedTuple):
    """The practice AWS with one user, the user's phone, and our client of it."""

    aws: PracticeAws
    ann: User
    phone: Device
    keys: LongTermKeys
    sts: AwsSts
    iam: AwsIam

    def request(self, duration_s: int = 3600, **role: Any) -> SessionRequest:  # noqa: ANN401  # fields of any type
        return SessionRequest(self.phone.serial, duration_s, **role)

    def count(self, action: str) -> int:
        return sum(record.action == action for record in self.aws.requests)


@contextlib.contextmanager
def practising(aws: PracticeAws, http: AwsHttp, region: str = "eu-central-1") -> Iterator[Practice]:
    environ = {"AWS_ENDPOINT_URL": aws.url}
    ann = aws.account.add_user("ann")
    keys = LongTermKeys(ann.keys.access_key_id, Secret(ann.keys.secret_access_key))
    sts, iam = AwsSts(sts_endpoint(region, environ), http), AwsIam(iam_endpoint(region, environ), http)
    with aws, contextlib.closing(http):
        yield Practice(aws, ann, ann.add_device(), keys, sts, iam)


@pytest.fixture
def practice() -> Iterator[Practice]:
    with practising(PracticeAws(), AwsHttp(read_timeout_s=0.5)) as practice:
        yield practice


def role_arn(role: Role) -> str:
    """The beginning of the ARNs that its sessions have."""
    return role.account.arn(f"assumed-role/{role.name}", service="sts")


def wrong_code(phone: Device) -> str:
    good = {phone.code(time.time() + off * 30) for off in range(-2, 3)}
    return next(code for code in ("000000", "000001", "000002", "000003", "000004", "000005") if code not in good)


def test_the_class_fulfils_its_protocol(practice: Practice) -> None:
    sts: Sts = practice.sts
    assert sts.get_caller_identity(practice.keys).arn == practice.ann.arn


def test_an_mfa_session_is_what_sts_issued(practice: Practice) -> None:
    session = practice.sts.get_session_token(practice.keys, practice.request(7200), practice.phone.code())
    issued = practice.aws._service.world.sessions[session.access_key_id]
    assert issued.has_mfa
    assert session.secret_access_key.reveal() == issued.secret_access_key
    assert session.session_token.reveal() == issued.session_token
    assert session.expires_at == issued.expires_at
    assert abs(session.expires_at - time.time() - 7200) < ROUNDING_S
    assert session.assumed_role_arn is None
    assert practice.sts.get_caller_identity(session).arn == practice.ann.arn


def test_a_role_is_assumed_with_code_session_name_and_external_id(practice: Practice) -> None:
    role = practice.aws.account.add_role("Admin", trusts=practice.ann, mfa=True, external_id="a/b:c=d,e")
    request = practice.request(role_arn=role.arn, role_session_name="ann@x+=,.-", external_id="a/b:c=d,e")
    session = practice.sts.assume_role(practice.keys, request, practice.phone.code())
    assert session.assumed_role_arn == role.arn
    identity = practice.sts.get_caller_identity(session)
    assert identity.arn.endswith(":assumed-role/Admin/ann@x+=,.-")
    assert identity.account == practice.aws.account.account_id


def mfa_session(practice: Practice) -> Session:
    return practice.sts.get_session_token(practice.keys, practice.request(), practice.phone.unused_code())


def test_with_an_mfa_session_a_role_needs_no_code_and_no_device_is_sent(practice: Practice) -> None:
    role = practice.aws.account.add_role("Admin", trusts=practice.ann, mfa=True)
    request = practice.request(role_arn=role.arn, role_session_name="ann")
    session = practice.sts.assume_role(mfa_session(practice), request, None)
    assert practice.sts.get_caller_identity(session).arn.endswith(":assumed-role/Admin/ann")
    sent = practice.aws.requests[1].parameters
    assert set(sent) == {"Action", "Version", "DurationSeconds", "RoleArn", "RoleSessionName"}


def test_a_role_session_assumes_the_next_role(practice: Practice) -> None:
    hub = practice.aws.account.add_role("Hub", trusts=practice.ann, mfa=True)
    spoke = practice.aws.add_account().add_role("Spoke", trusts=hub)
    session = mfa_session(practice)
    for role in (hub, spoke):
        session = practice.sts.assume_role(session, practice.request(role_arn=role.arn, role_session_name="ann"), None)
    chain = practice.aws.sessions[session.access_key_id].chain
    assert [arn.rpartition(":")[2] for arn in chain] == ["user/ann", "assumed-role/Hub/ann", "assumed-role/Spoke/ann"]


def test_all_terms_of_a_role_session_arrive(practice: Practice) -> None:
    role = practice.aws.account.add_role("Admin", trusts=practice.ann)
    request = SessionRequest(
        practice.phone.serial,
        900,
        role.arn,
        "ann",
        tags=(("Team", "blue + green = 1"), ("Straße", ""), ("Ticket", "7")),
        transitive_tag_keys=("Ticket", "Team"),
        source_identity="ann@example.com",
        policy=POLICY,
        policy_arns=("arn:aws:iam::aws:policy/ReadOnlyAccess", "arn:aws:iam::aws:policy/job-function/Billing"),
    )
    for session in (
        practice.sts.assume_role(mfa_session(practice), request, None),
        practice.sts.assume_role(practice.keys, request, practice.phone.unused_code()),
    ):
        terms = practice.aws.sessions[session.access_key_id].terms
        assert tuple(terms.tags.items()) == request.tags
        assert terms.transitive_tag_keys == request.transitive_tag_keys
        texts = (request.source_identity, request.policy, request.policy_arns)
        assert (terms.source_identity, terms.policy, terms.policy_arns) == texts


def test_the_user_agent_is_sent_and_requests_are_signed_for_their_region(practice: Practice) -> None:
    practice.sts.get_caller_identity(practice.keys)
    practice.iam.list_mfa_devices(practice.keys)
    sts_record, iam_record = practice.aws.requests
    assert sts_record.user_agent == f"aws-mfa/{__version__}"
    assert (sts_record.region, iam_record.region) == ("eu-central-1", "us-east-1")


@pytest.mark.parametrize(("partition", "region"), [("aws-cn", "cn-north-1"), ("aws-us-gov", "us-gov-west-1")])
def test_other_partitions_have_their_own_regions(partition: str, region: str) -> None:
    with practising(PracticeAws(partition=partition), AwsHttp(), region) as practice:
        assert practice.sts.get_caller_identity(practice.keys).arn.startswith(f"arn:{partition}:")
        assert practice.iam.list_mfa_devices(practice.keys) == [practice.phone.serial]


def test_all_devices_are_listed_and_listing_them_may_be_refused(practice: Practice) -> None:
    passkey = practice.ann.add_fido_device()
    serials = practice.iam.list_mfa_devices(practice.keys)
    assert serials == [practice.phone.serial, passkey.serial]
    assert [is_fido(serial) for serial in serials] == [False, True]
    practice.ann.may_list_devices = False
    with pytest.raises(errors.NotAuthorized, match="iam:ListMFADevices"):
        practice.iam.list_mfa_devices(practice.keys)


# Refusals


def test_a_wrong_code_is_reported_with_the_device_and_when_the_next_begins(practice: Practice) -> None:
    with pytest.raises(errors.WrongCode, match=practice.phone.serial):
        practice.sts.get_session_token(practice.keys, practice.request(), wrong_code(practice.phone))
    code = practice.phone.code()
    practice.sts.get_session_token(practice.keys, practice.request(), code)
    with pytest.raises(errors.WrongCode, match="used before") as refused:
        practice.sts.get_session_token(practice.keys, practice.request(), code)
    assert "next one begins in" in refused.value.hints[0]


def test_another_users_device_a_wrong_secret_and_an_inactive_key_are_named(practice: Practice) -> None:
    bob = practice.aws.account.add_user("bob").add_device()
    with pytest.raises(errors.UnknownDevice, match=bob.serial):
        practice.sts.get_session_token(practice.keys, SessionRequest(bob.serial, 3600), bob.code())
    with pytest.raises(errors.WrongSecret):
        practice.sts.get_caller_identity(LongTermKeys(practice.keys.access_key_id, Secret("not/the/secret")))
    practice.ann.keys.active = False
    with pytest.raises(errors.UnknownKey, match=practice.keys.access_key_id[-4:]):
        practice.sts.get_caller_identity(practice.keys)


def test_a_role_that_trusts_another_user_and_one_with_a_shorter_maximum_are_named(practice: Practice) -> None:
    account, code = practice.aws.account, practice.phone.unused_code
    role, short = account.add_role("Admin", trusts=account.add_user("bob")), account.add_role("S", trusts=practice.ann)
    with pytest.raises(errors.NotAuthorized, match=f"{practice.ann.arn} may not assume {role.arn}"):
        practice.sts.assume_role(practice.keys, practice.request(role_arn=role.arn, role_session_name="ann"), code())
    with pytest.raises(errors.DurationTooLong, match=short.arn):
        practice.sts.assume_role(
            practice.keys, practice.request(7200, role_arn=short.arn, role_session_name="ann"), code()
        )


BLUE = ("Team", "blue")
MANY_BYTES = ("Team", "b" * 256)
TERMS: list[tuple[dict[str, Any], type[errors.AwsMfaError], str]] = [
    ({"policy": '{"Secret": '}, errors.MalformedPolicy, "invalid Json"),
    ({"policy": "{}" + " " * 2047}, errors.MalformedPolicy, "less than or equal to 2048"),
    ({"tags": (MANY_BYTES, ("Two", "b" * 256))}, errors.TooLargeForSession, "session tags .* 114 %"),
    ({"tags": (MANY_BYTES,), "policy_arns": (f"arn:aws:iam::aws:policy/{'p' * 600}",)}, errors.TooLargeForSession, "%"),
    ({"tags": (BLUE, ("team", "red"))}, errors.TagsRefused, "Duplicate tag keys"),
    ({"tags": (BLUE,), "transitive_tag_keys": ("Teem",)}, errors.TagsRefused, "must be included"),
    ({"tags": (("Team", "a;b"),)}, errors.TagsRefused, "regular expression"),
]


@pytest.mark.parametrize(("terms", "failure", "says"), TERMS)
def test_terms_that_aws_does_not_accept_are_reported_with_the_role(
    practice: Practice, terms: dict[str, Any], failure: type[errors.AwsMfaError], says: str
) -> None:
    role = practice.aws.account.add_role("Admin", trusts=practice.ann)
    request = SessionRequest("", 900, role.arn, "ann", **terms)
    with pytest.raises(failure, match=says) as refused:
        practice.sts.assume_role(practice.keys, request, None)
    assert role.arn in refused.value.message
    assert "Secret" not in refused.value.message
    assert refused.value.hints


def test_a_chain_does_not_change_what_it_inherits(practice: Practice) -> None:
    hub = practice.aws.account.add_role("Hub", trusts=practice.ann)
    spoke = practice.aws.account.add_role("Spoke", trusts=hub)
    request = SessionRequest(
        "", 900, hub.arn, "ann", tags=(BLUE,), transitive_tag_keys=("Team",), source_identity="ann"
    )
    session = practice.sts.assume_role(practice.keys, request, None)
    for changed, says in (({"tags": (BLUE,)}, "inherited"), ({"source_identity": "bob"}, "source_identity")):
        with pytest.raises(errors.TagsRefused, match="set already") as refused:
            practice.sts.assume_role(session, SessionRequest("", 900, spoke.arn, "ann", **changed), None)
        assert says in refused.value.hints[0]


def test_a_role_that_accepts_no_tags_is_reported_with_the_missing_permission(practice: Practice) -> None:
    role = practice.aws.account.add_role("Admin", trusts=practice.ann, takes_tags=False, takes_source_identity=False)
    for terms, action in (({"tags": (BLUE,)}, "sts:TagSession"), ({"source_identity": "ann"}, "sts:SetSourceIdentity")):
        request = SessionRequest("", 900, role.arn, "ann", **terms)
        with pytest.raises(errors.NotAuthorized, match=action) as refused:
            practice.sts.assume_role(practice.keys, request, None)
        assert "trust policy" in refused.value.hints[0]


def test_a_malformed_code_is_reported_without_its_value(practice: Practice) -> None:
    with pytest.raises(errors.BadCode) as refused:
        practice.sts.get_session_token(practice.keys, practice.request(), "98765")
    assert "98765" not in "".join((refused.value.message, *refused.value.hints))


def test_a_region_that_is_switched_off_is_named(practice: Practice) -> None:
    practice.aws.account.disabled_regions.add("eu-central-1")
    with pytest.raises(errors.RegionDisabled, match="eu-central-1"):
        practice.sts.get_caller_identity(practice.keys)


def test_an_expired_session_is_reported_as_that(practice: Practice) -> None:
    session = practice.sts.get_session_token(practice.keys, practice.request(900), practice.phone.code())
    sessions = practice.aws._service.world.sessions
    sessions[session.access_key_id] = dataclasses.replace(sessions[session.access_key_id], expires_at=0)
    with pytest.raises(errors.SessionExpired):
        practice.sts.get_caller_identity(session)


@pytest.mark.parametrize(("ahead_s", "says"), [(45 * 60, "45 min behind"), (-5 * 3600, "5 h ahead")])
def test_a_clock_that_is_off_is_measured(practice: Practice, ahead_s: float, says: str) -> None:
    practice.aws.faults.add("GetCallerIdentity", faults.skewed_clock(ahead_s))
    with pytest.raises(errors.ClockSkew, match=says):
        practice.sts.get_caller_identity(practice.keys)


@pytest.mark.parametrize("ahead_s", [0, 400, -5 * 3600])
def test_a_clock_is_compared_without_keys(practice: Practice, ahead_s: float) -> None:
    practice.aws.faults.add("GetCallerIdentity", faults.skewed_clock(ahead_s))
    assert practice.sts.clock_ahead_s() == pytest.approx(-ahead_s, abs=2)
    assert practice.aws.requests[-1].access_key_id is None


def test_a_page_of_a_network_does_not_tell_the_time(practice: Practice) -> None:
    practice.aws.faults.add("GetCallerIdentity", faults.captive_portal())
    with pytest.raises(errors.AwsUnreachable, match="not AWS"):
        practice.sts.clock_ahead_s()


def test_keys_that_cannot_be_sent_are_refused_without_a_request(practice: Practice) -> None:
    for keys in (
        LongTermKeys("AKIA\r\nX-Evil: 1", Secret("secret")),
        LongTermKeys("wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEEvil", Secret("AKIAIOSFODNN7EXAMPLE")),
        Session("ASIAEXAMPLE", Secret("secret"), Secret("token\r\nX-Evil: 1"), 0.0),
    ):
        with pytest.raises(errors.BadInput) as refused:
            practice.sts.get_caller_identity(keys)
        assert "Evil" not in refused.value.message
    assert practice.aws.requests == []


# Faults of network and AWS. A call that carries a code is sent exactly once.

FAULTS: list[tuple[Callable[[], Fault], type[errors.AwsMfaError]]] = [
    (faults.internal_failure, errors.AwsFailed),
    (faults.service_unavailable, errors.AwsFailed),
    (faults.throttling, errors.Throttled),
    (faults.reset, errors.AnswerLost),
    (lambda: faults.slow(1.0), errors.AnswerLost),
    (faults.malformed_body, errors.AwsFailed),
    (faults.truncated_body, errors.AnswerLost),
    (faults.empty_body, errors.AwsFailed),
    (faults.captive_portal, errors.AwsUnreachable),
]


@pytest.mark.parametrize(("fault", "failure"), FAULTS, ids=lambda value: getattr(value, "__name__", ""))
@pytest.mark.parametrize("is_kept", [False, True], ids=["new connection", "kept connection"])
def test_a_call_with_a_code_is_sent_once(
    practice: Practice, fault: Callable[[], Fault], failure: type[errors.AwsMfaError], *, is_kept: bool
) -> None:
    if is_kept:
        practice.sts.get_caller_identity(practice.keys)
    practice.aws.faults.add("GetSessionToken", fault(), times=None)
    with pytest.raises(failure) as failed:
        practice.sts.get_session_token(practice.keys, practice.request(), practice.phone.code())
    assert practice.count("GetSessionToken") == 1
    assert any("code may be spent" in hint for hint in failed.value.hints)
    assert failed.value.message.isprintable()
    assert failed.value.__cause__ is None


def test_the_client_works_again_after_each_fault(practice: Practice, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aws_mfa.aws.query.FIRST_WAIT_S", 0.0)
    for fault, failure in FAULTS:
        practice.aws.faults.add("GetCallerIdentity", fault(), times=None)
        with pytest.raises(failure):
            practice.sts.get_caller_identity(practice.keys)
        practice.aws.faults.clear()
        assert practice.sts.get_caller_identity(practice.keys).arn == practice.ann.arn


@pytest.mark.parametrize(
    ("fault", "times"),
    [(faults.reset, 1), (faults.throttling, 3), (faults.internal_failure, 1), (faults.service_unavailable, 1)],
)
def test_a_call_without_a_code_is_sent_again_after_a_cut_and_where_aws_throttles_or_fails_for_a_moment(
    practice: Practice, monkeypatch: pytest.MonkeyPatch, fault: Callable[[], Fault], times: int
) -> None:
    monkeypatch.setattr("aws_mfa.aws.query.FIRST_WAIT_S", 0.0)
    practice.aws.faults.add("GetCallerIdentity", fault(), times=times)
    assert practice.sts.get_caller_identity(practice.keys).arn == practice.ann.arn
    assert practice.count("GetCallerIdentity") == 1 + times


def test_an_answer_without_its_parts_cannot_be_read(practice: Practice, monkeypatch: pytest.MonkeyPatch) -> None:
    """A well-formed answer that lacks its credentials, or whose expiration is unreadable, gives no session."""
    monkeypatch.setattr("aws_mfa.aws.sts.parse_moment", lambda _: None)
    with pytest.raises(errors.AwsFailed, match="cannot be read") as failed:
        practice.sts.get_session_token(practice.keys, practice.request(), practice.phone.code())
    assert "code may be spent" in failed.value.hints[0]


def answered_with(tag: str, value: str) -> Fault:
    """An answer with another value in this element."""
    whole, other = re.compile(f"<{tag}>[^<]*</{tag}>".encode()), f"<{tag}>{value}</{tag}>".encode()
    return Fault("foreign", lambda answer: replace(answer, body=whole.sub(lambda _: other, answer.body)))


@pytest.mark.parametrize(
    ("tag", "value"),
    [
        ("SecretAccessKey", "CANARY&#10;x"),
        ("SecretAccessKey", "CANARY&quot;x"),
        ("SecretAccessKey", "CANARY\\x"),
        ("SessionToken", "CANARY x"),
        ("SessionToken", "CANARY\u00e9"),
        ("AccessKeyId", "ASIA&#9;CANARY"),
        ("AccessKeyId", "AKIAIOSFODNN7EXAMPLE"),
        ("AccessKeyId", "CANARY"),
        ("Expiration", "2001-01-01T00:00:00Z"),
        ("Expiration", "9999-12-31T23:59:59Z"),
    ],
)
def test_an_expired_session_one_that_aws_does_not_give_and_one_that_no_file_can_hold_are_refused(
    practice: Practice, tag: str, value: str
) -> None:
    practice.aws.faults.add("GetSessionToken", answered_with(tag, value))
    with pytest.raises(errors.AwsFailed, match="cannot be read") as failed:
        practice.sts.get_session_token(practice.keys, practice.request(), practice.phone.code())
    assert "CANARY" not in str(failed.value)
    assert "code may be spent" in failed.value.hints[0]


@pytest.mark.parametrize(("more_s", "is_taken"), [(800, True), (1000, False)])
@pytest.mark.parametrize("role", [None, "dev"])
def test_a_session_that_ends_long_after_what_was_requested_is_not_taken(
    practice: Practice, role: str | None, more_s: int, *, is_taken: bool
) -> None:
    end = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3600 + more_s))
    practice.aws.faults.add("AssumeRole" if role else "GetFederationToken", answered_with("Expiration", end))
    with contextlib.nullcontext() if is_taken else pytest.raises(errors.AwsFailed, match="cannot be read"):
        if role:
            request = practice.request(
                role_arn=practice.aws.account.add_role(role, trusts=practice.ann, mfa=True).arn, role_session_name="ann"
            )
            practice.sts.assume_role(practice.keys, request, practice.phone.code())
        else:
            practice.sts.get_federation_token(practice.keys, "ann", 3600, policy=POLICY, policy_arns=())


def test_a_session_is_judged_by_the_clock_of_aws(practice: Practice) -> None:
    """This machine's may be off."""
    before = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 300))
    practice.aws.faults.add("GetSessionToken", replace(answered_with("Expiration", before), clock_skew_s=-600))
    code = practice.phone.code(time.time() - 600)
    session = practice.sts.get_session_token(practice.keys, practice.request(), code)
    assert session.expires_at < time.time()


# Connections, and what is never logged


@pytest.fixture
def connections(practice: Practice, monkeypatch: pytest.MonkeyPatch) -> list[socket.socket]:
    """Every connection that the practice AWS accepts."""
    accepted: list[socket.socket] = []
    accept = practice.aws._server.get_request

    def counted_accept() -> object:
        connection, address = accept()
        accepted.append(connection)
        return connection, address

    monkeypatch.setattr(practice.aws._server, "get_request", counted_accept)
    return accepted


def test_one_connection_serves_all_calls(practice: Practice, connections: list[socket.socket]) -> None:
    for _ in range(3):
        practice.sts.get_caller_identity(practice.keys)
    assert len(connections) == 1


def test_a_connection_closed_while_asking_costs_no_code(
    practice: Practice, connections: list[socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aws_mfa_practice.server.Handler.timeout", 0.05)
    practice.sts.get_caller_identity(practice.keys)
    wait_until(lambda: connections[0].fileno() == -1)
    practice.sts.get_session_token(practice.keys, practice.request(), practice.phone.code())
    assert practice.count("GetSessionToken") == 1


def test_a_connection_long_quiet_is_not_used_for_a_code(practice: Practice, monkeypatch: pytest.MonkeyPatch) -> None:
    practice.sts.get_caller_identity(practice.keys)
    http = practice.sts._query._http
    closed: list[bool] = []
    monkeypatch.setattr("aws_mfa.aws.http._LONGEST_QUIET_S", -1.0)
    monkeypatch.setattr(next(iter(http._managers.values())), "clear", lambda: closed.append(True))
    practice.sts.get_session_token(practice.keys, practice.request(), practice.phone.code())
    assert closed == [True]


def test_a_hundred_roles_side_by_side_share_connections(
    practice: Practice, connections: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Threads wait for a connection if there are more threads; none opens one to use it once."""
    monkeypatch.setattr("aws_mfa.aws.http._MOST_CONNECTIONS", 4)
    roles = [practice.aws.account.add_role(f"role-{number}", trusts=practice.ann, mfa=True) for number in range(100)]
    session = mfa_session(practice)
    http = AwsHttp()
    sts = AwsSts(sts_endpoint("eu-central-1", {"AWS_ENDPOINT_URL": practice.aws.url}), http)

    def assumed(role: Role) -> Session:
        return sts.assume_role(session, practice.request(role_arn=role.arn, role_session_name="ann"), None)

    connections.clear()
    with contextlib.closing(http), ThreadPoolExecutor(16) as workers:
        sessions = list(workers.map(assumed, roles))
    assert [one.assumed_role_arn for one in sessions] == [role.arn for role in roles]
    issued = [practice.aws.sessions[one.access_key_id].principal for one in sessions]
    assert [principal.arn for principal in issued] == [f"{role_arn(role)}/ann" for role in roles]
    assert len(connections) <= 4


def test_a_cut_or_long_answer_gives_the_connection_back(practice: Practice, monkeypatch: pytest.MonkeyPatch) -> None:
    """More of them than there are connections, and the next call still finds one."""
    monkeypatch.setattr("aws_mfa.aws.http._MOST_CONNECTIONS", 2)
    http = AwsHttp(read_timeout_s=0.5)
    sts = AwsSts(sts_endpoint("eu-central-1", {"AWS_ENDPOINT_URL": practice.aws.url}), http)
    with contextlib.closing(http):
        for fault in (faults.truncated_body(), faults.reset(), faults.slow(1.0), faults.truncated_body()):
            practice.aws.faults.add("GetSessionToken", fault)
            with pytest.raises(errors.AnswerLost):
                sts.get_session_token(practice.keys, practice.request(), "000000")
        with monkeypatch.context() as narrow:
            narrow.setattr("aws_mfa.aws.http._LARGEST_ANSWER", 10)
            for _ in range(3):
                with pytest.raises(errors.AnswerLost):
                    sts.get_session_token(practice.keys, practice.request(), "000000")
        assert sts.get_caller_identity(practice.keys).arn == practice.ann.arn


def test_threads_share_the_client(practice: Practice) -> None:
    with ThreadPoolExecutor(8) as workers:
        found = [workers.submit(practice.sts.get_caller_identity, practice.keys) for _ in range(8)]
    assert [one.result().arn for one in found] == [practice.ann.arn] * 8


def test_no_log_holds_a_secret_even_at_debug(practice: Practice, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    code = practice.phone.code()
    session = practice.sts.get_session_token(practice.keys, practice.request(), code)
    practice.sts.get_caller_identity(session)
    with pytest.raises(errors.WrongSecret):
        practice.sts.get_caller_identity(LongTermKeys(practice.keys.access_key_id, Secret("x")))
    logging.getLogger(__name__).debug("the log works")
    assert "the log works" in caplog.text
    for secret in (practice.ann.keys.secret_access_key, session.session_token.reveal(), code, "botocore"):
        assert secret not in caplog.text

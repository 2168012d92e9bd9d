"""Which session signs in to the console, to which page, and what is refused before and after."""

from __future__ import annotations

from unittest.mock import Mock
from urllib.parse import parse_qs, urlsplit

import pytest

from aws_mfa.aws_values.narrowing import Overlay
from aws_mfa.aws_values.read_only import READ_ONLY
from aws_mfa.errors import BadInput, BrokenFile, NotAuthorized, NotSetUp
from aws_mfa.handover.console import Page, console
from aws_mfa.model import Identity
from aws_mfa.renewal.request import RenewalRequest
from aws_mfa.sessions.history import narrowing
from fakes import ACCOUNT, ANN, DEVICE, KEYS, NOW, FakeInterfaces, FakeTerminal, a_session, as_interfaces

ROLE = f"arn:aws:iam::{ACCOUNT}:role/dev"
CONFIG = f"""\
[profile work]
mfa_serial = {DEVICE}
region = eu-central-1
[profile dev]
role_arn = {ROLE}
source_profile = work
[profile dev-us]
role_arn = {ROLE}
source_profile = work
region = us-west-2
[profile bare]
"""
EVERYTHING = ("arn:aws:iam::aws:policy/AdministratorAccess",)


@pytest.fixture
def interfaces() -> FakeInterfaces:
    interfaces = FakeInterfaces("", CONFIG)
    for section in ("work-long-term", "bare-long-term"):
        interfaces.vaults["keychain"].stored[section] = KEYS
    interfaces.known_keys.text = "[work-long-term]\nvault = keychain\n[bare-long-term]\nvault = keychain\n"
    interfaces.terminal = FakeTerminal("123456")
    return interfaces


def page_of(interfaces: FakeInterfaces, profile: str, service: str | None = None, region: str | None = None) -> Page:
    return console(RenewalRequest([profile], region=region), as_interfaces(interfaces), service=service)


def destination(page: Page) -> str:
    return parse_qs(urlsplit(page.url.reveal()).query)["Destination"][0]


def actions(interfaces: FakeInterfaces) -> list[str]:
    return [action for action, _, _ in interfaces.fake_sts.sent]


def test_a_role_signs_in_with_its_own_session(interfaces: FakeInterfaces) -> None:
    page = page_of(interfaces, "dev")
    assert actions(interfaces) == ["GetSessionToken", "AssumeRole"]
    assert [session.assumed_role_arn for session in interfaces.fake_sign_in.sessions] == [ROLE]
    assert (page.arn, page.notices) == (ROLE, ())


@pytest.mark.parametrize(
    ("profile", "overlay", "kind"),
    [
        ("dev", Overlay(), ""),
        ("dev", Overlay(read_only=True), "read-only"),
        ("work", Overlay(), ""),
        ("work", Overlay(read_only=True), "read-only"),
        ("work", Overlay('{"Version":"2012-10-17","Statement":[]}'), "policy"),
        ("work", Overlay(policy_arns=("arn:aws:iam::aws:policy/job-function/ViewOnlyAccess",)), "policy-arns"),
    ],
)
def test_what_signs_in_is_noted_once(interfaces: FakeInterfaces, profile: str, overlay: Overlay, kind: str) -> None:
    console(RenewalRequest([profile], overlay), as_interfaces(interfaces))
    ((name, session, inputs),) = interfaces.handed_over
    assert (name, session) == (profile, interfaces.fake_sign_in.sessions[-1])
    assert narrowing(inputs) == kind


@pytest.mark.parametrize("name", ["config", "credentials"])
def test_a_stored_session_is_sent_to_no_endpoint_of_a_file_that_others_can_write(
    interfaces: FakeInterfaces, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    page_of(interfaces, "dev")
    refusal = NotSetUp("other users can write it")
    monkeypatch.setattr(getattr(interfaces, name), "check_trusted", Mock(side_effect=refusal))
    with pytest.raises(NotSetUp, match=refusal.message):
        page_of(interfaces, "dev")
    assert len(interfaces.fake_sign_in.sessions) == 1


def test_a_user_signs_in_with_a_federated_session_got_with_the_long_term_keys(interfaces: FakeInterfaces) -> None:
    """An MFA session would be refused; no code is asked for, and no session is stored."""
    page = page_of(interfaces, "work")
    ((action, code, request),) = interfaces.fake_sts.sent
    assert (action, code, request.role_session_name) == ("GetFederationToken", None, "ann")
    assert (request.duration_s, request.policy, request.policy_arns) == (43200, None, EVERYTHING)
    assert interfaces.terminal.questions == []
    assert interfaces.session_cache.stored == {}
    assert page.arn == ANN
    assert page.notices == ("work has no role: signed in without proof of MFA: policies that demand it will refuse",)


def test_a_user_needs_no_device_to_sign_in(interfaces: FakeInterfaces) -> None:
    interfaces.fake_iam.devices = NotAuthorized("not to be asked")
    assert page_of(interfaces, "bare").arn == ANN


def test_a_users_own_duration_is_used_up_to_the_limit_of_the_console(interfaces: FakeInterfaces) -> None:
    for asked, taken in (("3600", 3600), ("129600", 43200)):
        interfaces.config.text = CONFIG.replace("region = eu-central-1", f"duration_seconds = {asked}")
        page_of(interfaces, "work")
        assert interfaces.fake_sts.sent[-1][2].duration_s == taken


def test_policies_that_narrow_a_user_replace_administrator_access(interfaces: FakeInterfaces) -> None:
    console(RenewalRequest(["work"], overlay=Overlay(read_only=True)), as_interfaces(interfaces))
    assert interfaces.fake_sts.sent[-1][2].policy == READ_ONLY
    assert interfaces.fake_sts.sent[-1][2].policy_arns == ()
    console(RenewalRequest(["work"], overlay=Overlay("{}")), as_interfaces(interfaces))
    assert interfaces.fake_sts.sent[-1][2].policy == "{}"
    assert interfaces.fake_sts.sent[-1][2].policy_arns == ()


@pytest.mark.parametrize("arn", [f"arn:aws:iam::{ACCOUNT}:root", f"arn:aws:sts::{ACCOUNT}:assumed-role/x/y"])
def test_the_root_user_does_not_sign_in(interfaces: FakeInterfaces, arn: str) -> None:
    interfaces.fake_sts.identity = Identity(arn, ACCOUNT, "x")
    with pytest.raises(NotAuthorized, match="which is not an IAM user"):
        page_of(interfaces, "work")
    assert interfaces.fake_sts.sent == []


def test_a_user_without_the_permission_gets_the_hint_to_use_a_role(interfaces: FakeInterfaces) -> None:
    interfaces.fake_sts.answers = [NotAuthorized("no", "ask your administrator")]
    with pytest.raises(NotAuthorized, match="no") as refused:
        page_of(interfaces, "work")
    assert refused.value.hints[0].startswith("use a profile with a role")
    assert refused.value.hints[1] == "ask your administrator"


def test_a_code_that_would_not_be_used_is_refused(interfaces: FakeInterfaces) -> None:
    with pytest.raises(BadInput, match="work has no role: signing in takes no code"):
        console(RenewalRequest(["work"], token="123456"), as_interfaces(interfaces))
    assert interfaces.fake_sts.identity_calls == 0


@pytest.mark.parametrize("profile", ["work", "dev"])
def test_a_time_that_no_session_has_left_is_refused(interfaces: FakeInterfaces, profile: str) -> None:
    with pytest.raises(BadInput, match=f"--min-remaining 13 h: a session of {profile} lasts"):
        console(RenewalRequest([profile], min_remaining_s=13 * 3600), as_interfaces(interfaces))
    assert interfaces.fake_sts.sent == []


@pytest.mark.parametrize(
    ("profile", "region", "environ", "expected"),
    [
        ("dev", None, {}, "eu-central-1"),
        ("dev-us", None, {}, "us-west-2"),
        ("dev-us", "ap-south-1", {}, "ap-south-1"),
        ("dev-us", None, {"AWS_REGION": "eu-north-1"}, "eu-north-1"),
        ("dev-us", None, {"AWS_REGION": "cn-north-1"}, "us-west-2"),
        ("dev-us", None, {"AWS_REGION": "aws-global"}, "us-east-1"),
        ("bare", None, {}, "us-east-1"),
    ],
)
def test_the_page_is_in_the_region_asked_for_else_the_profiles(
    interfaces: FakeInterfaces, profile: str, region: str | None, environ: dict[str, str], expected: str
) -> None:
    interfaces.environ = environ
    page = page_of(interfaces, profile, "ec2", region)
    assert destination(page) == f"https://{expected}.console.aws.amazon.com/ec2/home?region={expected}"
    assert interfaces.fake_sign_in.regions == [expected]


@pytest.mark.parametrize(
    ("service", "region", "message"),
    [
        (None, "cn-north-1", "region cn-north-1, given by --region, is in partition aws-cn"),
        ("s3/../iam", None, "is not the name of a service"),
    ],
)
def test_a_region_of_another_partition_and_what_is_not_a_service_are_refused_before_a_code_is_asked_for(
    interfaces: FakeInterfaces, service: str | None, region: str | None, message: str
) -> None:
    with pytest.raises(BadInput, match=message):
        page_of(interfaces, "dev", service, region)
    assert interfaces.terminal.questions == []


def test_the_page_lasts_as_long_as_the_session(interfaces: FakeInterfaces) -> None:
    interfaces.fake_sts.answers = [a_session(), a_session(lasts_s=3600, role_arn=ROLE)]
    assert page_of(interfaces, "dev").expires_at == NOW + 3600


def test_a_broken_credentials_file_is_named_by_its_path(interfaces: FakeInterfaces) -> None:
    interfaces.credentials.text = "no section\n"
    interfaces.known_keys.text, interfaces.vaults["keychain"].stored = None, {}
    with pytest.raises(BrokenFile, match=r"^~/.aws/credentials, line 1: "):
        page_of(interfaces, "work")

"""`aws_mfa_policy` and `aws_mfa_policy_arns` of a role profile narrow its sessions, and nothing widens them."""

from __future__ import annotations

import pytest

from aws_mfa.aws_values.narrowing import Overlay
from aws_mfa.cli.commands import renew
from aws_mfa.config.profiles import AwsProfiles
from aws_mfa.errors import AwsMfaError, BadInput, BadProfile, NotSetUp
from aws_mfa.model import SessionRequest
from aws_mfa.renewal.make_plan import make_plan
from aws_mfa.renewal.plan import Plan
from aws_mfa.renewal.request import RenewalRequest
from cli.commands.running import run_command
from fakes import ACCOUNT, DEVICE, KEYS, FakeInterfaces, FakeTerminal, as_interfaces

READ_ONLY, VIEW_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess", "arn:aws:iam::aws:policy/job-function/ViewOnlyAccess"
IN_CONFIG = "~/.aws/config [profile narrow]"


def some_interfaces(*lines: str, prefix: str = "aws_mfa_", user: str = "") -> FakeInterfaces:
    """`narrow` has these lines, `deep` is assumed from it, `wide` is the same role."""
    role = f"role_arn = arn:aws:iam::{ACCOUNT}:role/dev\n{prefix}source_profile = work\n"
    config = (
        f"[profile narrow]\n{prefix}{role}" + "".join(f"{line}\n" for line in lines) + f"[profile wide]\n{role}"
        f"[profile deep]\nrole_arn = arn:aws:iam::{ACCOUNT}:role/deep\nsource_profile = narrow\n"
        f"[profile work]\nmfa_serial = {DEVICE}\n{user}"
    )
    interfaces = FakeInterfaces("", config)
    interfaces.vaults["keychain"].stored["work-long-term"] = KEYS
    interfaces.known_keys.text = f"[work-long-term]\nvault = keychain\naws_access_key_id = {KEYS.access_key_id}\n"
    interfaces.policies["p.json"] = '{ "Version": "2012-10-17", "Statement": [] }'
    interfaces.terminal = FakeTerminal("123456", "234567")
    return interfaces


def planned(interfaces: FakeInterfaces, *names: str, overlay: Overlay | None = None) -> Plan:
    return make_plan(RenewalRequest(names, overlay or Overlay()), as_interfaces(interfaces))


def requests(interfaces: FakeInterfaces, *names: str) -> dict[str, SessionRequest]:
    return {step.label: step.request for step in planned(interfaces, *names).steps}


def failure(interfaces: FakeInterfaces, name: str = "narrow", overlay: Overlay | None = None) -> AwsMfaError:
    found = planned(interfaces, name, overlay=overlay)
    assert (found.steps, interfaces.fake_sts.sent, interfaces.fake_iam.calls) == ([], [], [])
    return found.failures[name]


def test_both_settings_are_sent_with_the_role_wherever_it_is_assumed() -> None:
    """Also on the way to another role, as SDKs do it: they ask for the narrow profile's session, and sign with it."""
    interfaces = some_interfaces("aws_mfa_policy = p.json", f"aws_mfa_policy_arns = {READ_ONLY}, {VIEW_ONLY},")
    found = requests(interfaces, "narrow", "wide", "deep")
    assert found["narrow"].policy == '{"Version":"2012-10-17","Statement":[]}'
    assert found["narrow"].policy_arns == (READ_ONLY, VIEW_ONLY)
    assert [(found[name].policy, found[name].policy_arns) for name in ("wide", "deep")] == [(None, ())] * 2
    (step,) = (one for one in planned(interfaces, "deep").steps if one.label == "narrow")
    assert step.request.policy == found["narrow"].policy


def test_another_policy_is_another_session() -> None:
    interfaces = some_interfaces("aws_mfa_policy = p.json", prefix="aws_mfa_")
    for text in ("{}", "{}", '{"Version":"1"}'):
        interfaces.policies["p.json"] = text
        assert run_command(renew, interfaces, "narrow") == 0
    assert [request.policy for _, _, request in interfaces.fake_sts.sent] == [None, "{}", '{"Version":"1"}']


@pytest.mark.parametrize("overlay", [Overlay(read_only=True), Overlay("{}"), Overlay(None, (VIEW_ONLY,))])
@pytest.mark.parametrize("line", ["policy = p.json", f"policy_arns = {READ_ONLY}"])
def test_a_flag_that_could_allow_more_is_refused(overlay: Overlay, line: str) -> None:
    interfaces = some_interfaces(f"aws_mfa_{line}")
    error = failure(interfaces, overlay=overlay)
    assert isinstance(error, BadInput)
    key = line.partition(" ")[0]
    assert error.message == (
        f"aws_mfa_{key} in {IN_CONFIG} narrows narrow already, and another policy could allow more"
    )
    assert list(planned(interfaces, "wide", "deep", overlay=overlay).failures) == [], "the flag narrows what is wanted"


NO_PATH = ": it is not the path of a file"


@pytest.mark.parametrize(
    ("line", "message", "hint"),
    [
        *(
            (f"policy = {value}", NO_PATH, "aws_mfa_policy = /path")
            for value in ('{"a": 1}', "{\n  a\n }", "[1]", "file://p")
        ),
        (f"policy = {READ_ONLY}", NO_PATH, "aws_mfa_policy_arns = ARN"),
        ("policy = p.json # mine", ": AWS files have no comments behind values", "line of its own"),
        ("policy = other.json", ": there is no file other.json", "begins at the folder of the config file"),
        ("policy = list.json", ": the policy in list.json is not a JSON object", "it begins with"),
        ("policy = long.json", ": the policy in long.json has 2050 characters", ""),
        ("policy_arns = ,", " names no policy", "remove the line"),
        ("policy_arns = ReadOnlyAccess", ": 'ReadOnlyAccess' is not the ARN of a managed policy", "arn:aws:iam::aws"),
        (f"policy_arns = {READ_ONLY.replace('aws:iam', 'aws-cn:iam')}", "is in partition aws", READ_ONLY),
        ("policy_arns = " + ",".join(f"{READ_ONLY}{n}" for n in range(11)), ": 11 policy ARNs are given", ""),
    ],
)
def test_what_is_no_policy_is_refused_with_its_line(line: str, message: str, hint: str) -> None:
    interfaces = some_interfaces(f"aws_mfa_{line}")
    interfaces.policies |= {"list.json": "[]", "long.json": f'{{"a":"{"x" * 2042}"}}'}
    error = failure(interfaces)
    assert isinstance(error, BadProfile)
    assert error.message.startswith(f"aws_mfa_{line.partition(' ')[0]} in {IN_CONFIG}")
    assert message in error.message
    assert hint in "; ".join(error.hints)
    assert isinstance(failure(interfaces, "deep"), BadProfile), "never assumed without what should narrow it"


def test_a_policy_that_others_can_write_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    interfaces = some_interfaces("aws_mfa_policy = p.json")
    file = interfaces.policy_file("p.json")

    def refuse(*, runs_commands: bool = False) -> None:
        raise NotSetUp("other users can write p.json")

    monkeypatch.setattr(file, "check_trusted", refuse)
    monkeypatch.setattr(interfaces, "policy_file", lambda _: file)
    assert failure(interfaces).message == f"aws_mfa_policy in {IN_CONFIG}: other users can write p.json"


@pytest.mark.parametrize("line", ["aws_mfa_policy = p.json", f"aws_mfa_policy_arns = {READ_ONLY}"])
def test_a_profile_without_a_role_is_refused_also_as_a_source(line: str) -> None:
    """An MFA session is not narrowed: it would have all rights."""
    interfaces = some_interfaces(user=f"{line}\n")
    for name in ("work", "wide"):
        error = failure(interfaces, name)
        assert isinstance(error, BadProfile)
        assert "profile 'work' has no role, and only a role's session can be narrowed" in error.message


def test_without_the_prefix_the_keys_are_another_tools() -> None:
    profile = AwsProfiles("[profile work]\npolicy = {}\npolicy_arns = x\n", "").profile("work")
    assert profile is not None
    assert (profile.narrowing, profile.policy, profile.policy_arns) == (None, None, ())


@pytest.mark.parametrize(
    ("prefix", "line", "warnings"),
    [
        ("", "", ["narrow: warning: SDKs still get the whole role, they assume it again"]),
        ("aws_mfa_", "", []),
        ("aws_mfa_", "credential_process = aws-mfa credential-process narrow", []),
    ],
)
def test_renew_warns_if_sdks_see_the_role_and_get_all_of_it(prefix: str, line: str, warnings: list[str]) -> None:
    interfaces = some_interfaces("aws_mfa_policy = p.json", line, prefix=prefix)
    assert run_command(renew, interfaces, "narrow") == 0
    assert interfaces.said == warnings
    assert interfaces.fake_sts.sent[-1][2].policy == '{"Version":"2012-10-17","Statement":[]}'

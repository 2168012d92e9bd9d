"""What is wanted for one run: a duration, a region, a role by its ARN. Every command that hands over agrees."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping

import pytest

from aws_mfa.cli.commands import console, credential_process, env, exec_command
from aws_mfa.cli.options import add_hand_over_arguments, hand_over_request
from aws_mfa.errors import AwsMfaError, BadInput, BadProfile, NeedsHuman
from aws_mfa.handover.renew_ahead import RenewAhead
from aws_mfa.model import Session, SessionRequest
from cli.commands.running import run_command
from fakes import ACCOUNT, DEVICE, KEYS, NOW, FakeInterfaces, FakeSts, FakeTerminal, a_session, as_interfaces

DEV, ADMIN = f"arn:aws:iam::{ACCOUNT}:role/dev", "arn:aws:iam::444455556666:role/ops/Admin"
CONFIG = f"""\
[profile work]
mfa_serial = {DEVICE}
region = eu-central-1
[profile root]
mfa_serial = arn:aws:iam::{ACCOUNT}:mfa/root-account-mfa-device
[profile dev]
role_arn = {DEV}
source_profile = work
region = eu-west-1
external_id = invented
[profile deep]
role_arn = {DEV}2
source_profile = dev
"""
COMMANDS = {"exec": exec_command, "env": env, "credential-process": credential_process, "console": console}
every_command = pytest.mark.parametrize("command", [*COMMANDS, "serve"])


class Asked(FakeSts):
    """Sessions last as long as was asked for."""

    def _answer(self, action: str, code: str | None, request: SessionRequest) -> Session:
        self.answers = [a_session(lasts_s=request.duration_s, role_arn=request.role_arn)]
        return super()._answer(action, code, request)


def some_interfaces(environ: Mapping[str, str] | None = None) -> FakeInterfaces:
    interfaces = FakeInterfaces("", CONFIG)
    interfaces.known_keys.text = ""
    for name in ("work", "root"):
        interfaces.vaults["keychain"].stored[f"{name}-long-term"] = KEYS
        note = f"[{name}-long-term]\nvault = keychain\naws_access_key_id = {KEYS.access_key_id}\n"
        interfaces.known_keys.text += note
    interfaces.terminal = FakeTerminal("123456", "234567")
    interfaces.fake_sts = Asked()
    interfaces.environ = environ or {}
    return interfaces


def run(command: str, interfaces: FakeInterfaces, *argv: str) -> None:
    """Run the command up to the session that it hands over; its failure is raised."""
    if command == "serve":
        parser = argparse.ArgumentParser()
        parser.add_argument("profile")
        add_hand_over_arguments(parser)
        args, given = parser.parse_args(argv), as_interfaces(interfaces)
        RenewAhead(hand_over_request(args, [args.profile], given), given).get_first()
    elif run_command(COMMANDS[command], interfaces, *argv, command=("true",) * (command == "exec")) == 2:
        raise BadInput("see stderr")


def refusal(command: str, *argv: str, environ: Mapping[str, str] | None = None) -> AwsMfaError:
    """The failure, before anything was asked or sent."""
    interfaces = some_interfaces(environ)
    with pytest.raises(AwsMfaError) as refused:
        run(command, interfaces, *argv)
    assert interfaces.fake_sts.sent + interfaces.fake_iam.calls + interfaces.terminal.questions == []
    assert interfaces.fake_sts.identity_calls == 0
    return refused.value


MFA, SHORT = ("GetSessionToken", 43200), ("AssumeRole", 900)


@every_command
@pytest.mark.parametrize(
    ("profile", "time", "calls"),
    [
        *(("dev", "15m", [MFA, SHORT]), ("dev", "3600", [MFA, ("AssumeRole", 3600)])),
        *(("dev", "4h", [("AssumeRole", 14400)]), ("work", "15m", [("GetSessionToken", 900)])),
        ("deep", "900", [MFA, ("AssumeRole", 3600), SHORT]),
    ],
)
def test_the_wanted_session_lasts_as_long_as_asked_and_the_others_as_ever(
    command: str, profile: str, time: str, calls: list[tuple[str, int]]
) -> None:
    interfaces = some_interfaces()
    run(command, interfaces, profile, "--duration", time)
    if (command, profile) == ("console", "work"):
        calls = [("GetFederationToken", 900)]
    assert [(action, request.duration_s) for action, _, request in interfaces.fake_sts.sent] == calls
    assert len(interfaces.terminal.questions) == (calls[0][0] != "GetFederationToken")


def test_a_session_of_another_duration_is_another_one_and_both_are_stored() -> None:
    """A short one is renewed at half its time, as SDKs and `serve` do it."""
    interfaces = some_interfaces()
    for argv in ((), ("--duration", "15m"), (), ("--duration", "900")):
        run("exec", interfaces, "dev", *argv)
    for after_s in (449, 451):
        interfaces.moment = NOW + after_s
        run("credential-process", interfaces, "dev", "--duration", "15m")
        assert len(interfaces.fake_sts.sent) == (3 if after_s == 449 else 4)
    assert [request.duration_s for _, _, request in interfaces.fake_sts.sent] == [43200, 3600, 900, 900]


@every_command
@pytest.mark.parametrize(
    ("argv", "environ", "message"),
    [
        *((("dev", "--duration", time), {}, "AssumeRole takes 900 to 43200 seconds") for time in ("899", "0", "43201")),
        (("dev", "--duration", "soon"), {}, "--duration 'soon' is not a duration"),
        (("deep", "--duration", "3601"), {}, "deep is assumed from the role of dev, and AWS gives such a session 1 h"),
        (("work", "--duration", "36h1s"), {}, ""),
        (("dev", "--duration", "15m", "--min-remaining", "20m"), {}, "a session of dev lasts 15 min"),
        (
            ("dev", "--region", "cn-north-1"),
            {},
            "given by --region, is in partition aws-cn, but the keys are for aws",
        ),
        *(
            (("dev", "--region", name), {}, "is not a region's name")
            for name in ("", "eu west", "EU-WEST-1", "eu-west")
        ),
        ((ADMIN,), {"AWS_PROFILE": ""}, f"no profile is named to assume the role {ADMIN} from"),
        ((DEVICE, "--source-profile", "work"), {}, "is not the ARN of a role"),
        ((f"arn:aws:sts::{ACCOUNT}:assumed-role/x/y",), {"AWS_PROFILE": "work"}, "is not the ARN of a role"),
        (("arn:aws:iam::1234:role/x",), {"AWS_PROFILE": "work"}, "is not a complete ARN"),
        (("dev", "--source-profile", "work"), {}, "--source-profile belongs to the ARN of a role, and dev is not one"),
        ((ADMIN, "--source-profile", "work", "--duration", "13h"), {}, "AssumeRole takes 900 to 43200 seconds"),
        ((ADMIN, "--source-profile", "work", "--region", "cn-north-1"), {}, "is in partition aws-cn"),
        ((ADMIN, "--duration", "2h"), {"AWS_PROFILE": "dev"}, "is assumed from the role of dev"),
    ],
)
def test_what_cannot_be_granted_is_refused_before_a_code_is_asked_for_and_nothing_is_sent(
    command: str, argv: tuple[str, ...], environ: dict[str, str], message: str
) -> None:
    error = refusal(command, *argv, environ=environ)
    assert error.exit_code == 2
    assert command == "credential-process" or message in error.message


@pytest.mark.parametrize(
    ("argv", "hints"),
    [
        (("root", "--duration", "2h"), ["use for example: --duration 3600"]),
        (
            ("deep", "--duration", "2h"),
            [
                "ask for less: --duration 3600",
                "a user, such as work, in source_profile in ~/.aws/config [profile deep]",
            ],
        ),
        (("dev", "--duration", "15m", "--min-remaining", "20m"), ["ask for longer sessions: --duration 1200"]),
        ((ADMIN,), ["name the one that has your long-term keys: --source-profile NAME", "AWS_PROFILE=NAME"]),
    ],
)
def test_the_line_or_flag_to_change_is_named(argv: tuple[str, ...], hints: list[str]) -> None:
    given = refusal("exec", *argv).hints
    assert [found.endswith(end) for found, end in zip(given, hints, strict=False)] == [True] * len(hints)


@every_command
@pytest.mark.parametrize("environ", [{}, {"AWS_REGION": "us-west-2", "AWS_DEFAULT_REGION": "cn-north-1"}])
def test_the_region_is_that_of_sts_and_of_what_gets_the_session(
    command: str, environ: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    interfaces = some_interfaces(environ)
    asked = interfaces.sts_of["ap-south-1"] = Asked()
    run(command, interfaces, "dev", "--region", "ap-south-1", *(["--shell", "json"] if command == "env" else []))
    assert ([action for action, _, _ in asked.sent], interfaces.fake_sts.sent) == (
        ["GetSessionToken", "AssumeRole"],
        [],
    )
    given = {**interfaces.child.environ, **(json.loads(capsys.readouterr().out) if command == "env" else {})}
    if command in ("exec", "env"):
        names = ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_MFA_REGION")
        assert [given[name] for name in names] == ["ap-south-1"] * 3, "marked, so that the next profile replaces it"
    assert interfaces.fake_sign_in.regions == (["ap-south-1"] if command == "console" else [])
    run(command, interfaces, "dev", "--region", "sa-east-1")
    assert interfaces.fake_sts.sent == [], "the session is the same in every region"


def test_with_a_hardware_device_the_users_own_region_tells_the_partition() -> None:
    interfaces = some_interfaces()
    interfaces.config.text = CONFIG.replace(DEVICE, "GAHT12345678")
    with pytest.raises(BadInput, match="is in partition aws-cn, but the keys are for aws"):
        run("exec", interfaces, "work", "--region", "cn-north-1")
    run("exec", interfaces, "work", "--region", "eu-north-1")


@pytest.mark.parametrize("profile", ["dev", "work"])
@pytest.mark.parametrize("command", ["exec", "console"])
def test_an_unknown_region_counts_and_one_that_looks_mistyped_is_doubted(command: str, profile: str) -> None:
    for region, is_doubted in (("eu-wset-1", True), ("xx-newplace-1", False)):
        interfaces = some_interfaces()
        run(command, interfaces, profile, "--region", region)
        assert ("do you mean eu-west-1?" in " ".join(interfaces.said)) == is_doubted


@every_command
def test_a_role_is_assumed_by_its_arn_from_the_source_profile_or_through_the_one_in_aws_profile(command: str) -> None:
    for argv, roles in (
        (("--source-profile", "work"), [(None, None, 43200), (ADMIN, None, 3600)]),
        (("--duration", "15m"), [(None, None, 43200), (DEV, "invented", 3600), (ADMIN, None, 900)]),
    ):
        interfaces = some_interfaces({"AWS_PROFILE": "dev"})
        run(command, interfaces, ADMIN, *argv)
        sent = [(one.role_arn, one.external_id, one.duration_s) for _, _, one in interfaces.fake_sts.sent]
        assert (sent, interfaces.fake_sts.sent[-1][2].role_session_name) == (roles, "ann")
        assert ADMIN in interfaces.session_cache.labels
        assert interfaces.watch.noted == {}, "the hot path does not know these flags"


@pytest.mark.parametrize("key", ["--source-profile", "AWS_PROFILE"])
def test_a_source_that_is_not_there_is_named_by_where_it_was_given(key: str) -> None:
    argv, environ = ((key, "wrok"), {}) if key.startswith("-") else ((), {key: "wrok"})
    error = refusal("exec", ADMIN, *argv, environ=environ)
    assert isinstance(error, BadProfile)
    assert error.message == f"{key} names profile 'wrok', which does not exist"


def test_a_role_of_another_partition_than_the_device_is_refused() -> None:
    error = refusal("exec", ADMIN.replace("arn:aws:", "arn:aws-cn:"), "--source-profile", "work")
    assert "the role (PROFILE) in aws-cn" in error.message


@pytest.mark.parametrize("source", [None, "work"])
def test_a_section_whose_name_is_the_arn_counts_unless_the_flag_says_otherwise(source: str | None) -> None:
    interfaces = some_interfaces({"AWS_PROFILE": "dev"})
    interfaces.config.text = f"{CONFIG}[profile {ADMIN}]\nrole_arn = {DEV}\nsource_profile = work\n"
    run("exec", interfaces, ADMIN, *(("--source-profile", source) if source else ()))
    assert interfaces.fake_sts.sent[-1][2].role_arn == (ADMIN if source else DEV)


@pytest.mark.parametrize(
    ("argv", "command"),
    [
        ((ADMIN,), f"aws-mfa exec --source-profile work {ADMIN}"),
        (("dev", "--duration", "15m"), "aws-mfa exec --duration 900 dev"),
        (("dev", "--region", "eu-west-1"), "aws-mfa renew dev"),
    ],
)
def test_without_a_person_the_command_for_another_terminal_gets_this_session(
    argv: tuple[str, ...], command: str
) -> None:
    interfaces = some_interfaces({"AWS_PROFILE": "work"})
    interfaces.terminal = FakeTerminal(has_human=False)
    with pytest.raises(NeedsHuman) as refused:
        run("exec", interfaces, *argv)
    assert refused.value.hints[0] == f"in a terminal: {command}"

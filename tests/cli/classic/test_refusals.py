"""Each refusal of STS has its own message and hint, nothing is written, and no code is sent twice."""

from __future__ import annotations

import os

import pytest

from aws_mfa_practice import faults
from aws_mfa_practice.faults import Fault
from classic_stage import ClassicStage


def refused(stage: ClassicStage, *argv: str, code: str = "") -> str:
    """The ERROR line and the hints of a run that sent its code at most once and wrote nothing."""
    before = stage.state()
    ended = stage.call("--token", code or stage.code(), *argv)
    assert stage.state() == before
    assert sum(bool(record.code) for record in stage.aws.requests) <= 1
    return f"{ended.error}\n{ended.hints}"


def test_a_wrong_code_is_named_with_its_device_and_when_the_next_begins(stage: ClassicStage) -> None:
    text = refused(stage, code=stage.wrong_code())
    assert f"AWS refused the code of {stage.phone.serial}" in text
    assert "the next one begins in " in text


def test_code_already_used_is_known_and_not_sent(stage: ClassicStage) -> None:
    code = stage.code()
    assert stage.call("--token", code).code == 0
    stage.aws.requests.clear()
    text = refused(stage, "--force", code=code)
    assert "this code was used before" in text
    assert "the next one in " in text
    assert stage.sent() == []


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [
        ("aws_access_key_id", "AKIAIOSFODNN7EXAMPLE", "AWS does not know the access key id"),
        ("aws_access_key_id", "ASIAIOSFODNN7EXAMPLE", "long-term keys begin with AKIA"),
        ("aws_secret_access_key", "wJalrXUtnFEMI", "the secret access key does not belong to the access key id"),
    ],
)
def test_keys_that_aws_refuses_are_named_without_secret(stage: ClassicStage, key: str, value: str, says: str) -> None:
    stage.write(stage.keys_section(settings={key: value}))
    text = refused(stage)
    assert says in text
    assert not any(secret in text for secret in (stage.ann.keys.secret_access_key, "wJalrXUtnFEMI"))


def test_a_role_of_a_shorter_maximum_gets_a_hint_at_a_duration_that_it_allows(stage: ClassicStage) -> None:
    role = stage.aws.account.add_role("Admin", trusts=stage.ann, mfa=True)
    text = refused(stage, "--assume-role", role.arn, "--duration", "43200")
    assert f"the duration is longer than {role.arn} allows (its MaxSessionDuration)" in text
    assert "--duration 3600" in text


def test_a_role_that_does_not_exist_looks_like_one_that_does_not_trust(stage: ClassicStage) -> None:
    text = refused(stage, "--assume-role", stage.aws.account.arn("role/Nobody"))
    assert "or there is no such role: AWS does not say which" in text
    assert "external id" in text


def test_root_may_assume_no_role(stage: ClassicStage) -> None:
    root = stage.aws.account.add_root()
    phone = root.add_device()
    role = stage.aws.account.add_role("Admin", trusts=stage.aws.account)
    stage.write(stage.keys_section("root", root))
    text = refused(stage, "--profile", "root", "--assume-role", role.arn, code=phone.unused_code())
    assert "root user" in text


@pytest.mark.parametrize(("skew_s", "words"), [(45 * 60, "45 min behind"), (-3 * 3600, "3 h ahead")])
def test_clock_skew_is_named_with_its_amount(stage: ClassicStage, skew_s: float, words: str) -> None:
    stage.aws.faults.add(faults.ANY, faults.skewed_clock(skew_s), times=None)
    text = refused(stage)
    assert f"this machine's clock is {words}" in text


def test_a_region_that_is_switched_off_is_named_with_one_that_is_on(stage: ClassicStage) -> None:
    stage.aws.account.disabled_regions.add("eu-south-1")
    stage.write(stage.keys_section(region="eu-south-1"))
    text = refused(stage)
    assert "STS is not active for this account in region eu-south-1" in text
    assert "AWS_REGION=us-east-1" in text


def test_throttling_is_named_and_not_retried(stage: ClassicStage) -> None:
    stage.aws.faults.add("GetSessionToken", faults.throttling())
    assert "too many requests" in refused(stage)
    assert stage.sent() == ["GetSessionToken"]


@pytest.mark.parametrize(
    "fault",
    [
        faults.internal_failure(),
        faults.service_unavailable(),
        faults.malformed_body(),
        faults.truncated_body(),
        faults.empty_body(),
        faults.reset(),
        faults.captive_portal(),
    ],
    ids=lambda fault: fault.name,
)
def test_b14_a_code_without_a_clear_answer_was_sent_once(stage: ClassicStage, fault: Fault) -> None:
    stage.aws.faults.add("GetSessionToken", fault)
    text = refused(stage)
    assert stage.sent() == ["GetSessionToken"]
    assert "the code may be spent: take the next one" in text


def test_code_whose_answer_was_lost_counts_as_used(stage: ClassicStage) -> None:
    stage.aws.faults.add("GetSessionToken", faults.reset())
    code = stage.code()
    refused(stage, code=code)
    assert "this code was used before" in refused(stage, code=code)
    assert stage.sent() == ["GetSessionToken"]


@pytest.mark.parametrize("key", ["role_arn", "aws_mfa_role_arn"])
def test_a_role_profile_gets_a_hint_at_the_command_for_roles(stage: ClassicStage, key: str) -> None:
    """It has no long-term keys and wants none: set-up would be the wrong way."""
    stage.write(f"[profile dev]\n{key} = arn:aws:iam::123456789012:role/dev\nsource_profile = default\n", stage.config)
    ended = stage.call("--profile", "dev")
    assert "Long term credentials session '[dev-long-term]' is missing" in ended.error
    assert ended.hints == "hint: dev is a role: aws-mfa renew dev"


@pytest.mark.parametrize("is_there", [True, False])
def test_a_wrong_header_is_named_in_place_of_the_hint_to_set_up(stage: ClassicStage, *, is_there: bool) -> None:
    stage.write("[dev]\nregion = eu-west-1\n", stage.config)
    if not is_there:
        os.unlink(stage.credentials)
    hints = stage.call("--profile", "dev").hints
    assert hints.startswith(f"hint: section [dev] of {stage.config} must be [profile dev]")
    assert "aws-mfa setup" not in hints


AGENT_WITH_LESS = "[profile work]\naws_mfa_agent = read-only\n"


@pytest.mark.parametrize(
    ("keys_in", "argv"),
    [
        ("work-long-term", ("--profile", "work")),
        ("work-long-term", ("--profile", "work-long-term", "--long-term-suffix", "none", "--short-term-suffix", "x")),
        ("work-long-term", ("--profile", "work-long", "--long-term-suffix", "term")),
        ("work-long-term", ("--profile", "work-long-term", "--short-term-suffix", "x")),
        ("work-keys", ("--profile", "work", "--long-term-suffix", "keys")),
        ("work-keys", ("--profile", "work-keys", "--long-term-suffix", "none", "--short-term-suffix", "x")),
    ],
)
def test_an_agent_that_gets_less_gets_nothing_by_another_name_of_the_keys(
    stage: ClassicStage, keys_in: str, argv: tuple[str, ...]
) -> None:
    stage.write(stage.keys_section("work").replace("work-long-term", keys_in))
    stage.write(AGENT_WITH_LESS, stage.config)
    before = stage.state()
    ended = stage.call("--token", stage.code(), *argv, env={"CLAUDECODE": "1"})
    assert "aws_mfa_agent in" in ended.error
    assert (stage.sent(), stage.state()) == ([], before)
    assert "aws_mfa_agent" not in stage.call("--token", stage.code(), *argv).out


def test_an_agent_that_gets_all_that_the_user_may_do_is_told_which_setting_changes_that(stage: ClassicStage) -> None:
    ended = stage.call("--token", stage.code(), env={"CLAUDECODE": "1"})
    told = "set: aws_mfa_agent = read-only, in [default]\n"
    assert (ended.code, ended.err.count("\n"), ended.err.endswith(told)) == (0, 1, True), ended

"""docs/compatibility.md, section 3: the order of actions, and what is checked before any question (B7 to B11)."""

from __future__ import annotations

import os

import pytest

from aws_mfa.command_lines import unset_variable
from classic_stage import ClassicStage, Human, section

QUESTION = "would you like to create one? [y/n]"
ROLE = "arn:aws:iam::123456789012:role/Admin"


# A missing credentials file.


@pytest.mark.parametrize("answer", ["y", "Y"])
def test_missing_file_is_created_on_yes_and_the_run_goes_on(stage: ClassicStage, answer: str) -> None:
    os.unlink(stage.credentials)
    ended = stage.call(stdin=f"{answer}\n")
    assert f"Could not locate credentials file at {stage.credentials}, {QUESTION}" in ended.out
    assert ended.error.startswith("ERROR - Long term credentials session '[default-long-term]' is missing.")
    assert stage.read() == ""
    assert os.name == "nt" or os.stat(stage.credentials).st_mode & 0o777 == 0o600


@pytest.mark.parametrize("answer", ["n\n", "yes\n", "\n", ""], ids=["n", "yes", "empty line", "end of input"])
def test_missing_file_is_an_error_on_anything_else(stage: ClassicStage, answer: str) -> None:
    os.unlink(stage.credentials)
    error = stage.call(stdin=answer).error
    assert error == f"ERROR - Could not locate credentials file at {stage.credentials}"
    assert not os.path.exists(stage.credentials)


def test_b7_missing_folder_is_created_with_the_file(stage: ClassicStage) -> None:
    os.unlink(stage.credentials)
    os.rmdir(os.path.dirname(stage.credentials))
    stage.call(stdin="y\n")
    assert stage.read() == ""
    assert os.name == "nt" or os.stat(os.path.dirname(stage.credentials)).st_mode & 0o777 == 0o700


def test_names_that_cannot_be_are_refused_without_a_question(stage: ClassicStage) -> None:
    """0.0.12 asks about the file first, and fails after the answer."""
    os.unlink(stage.credentials)
    assert "cannot be equal" in stage.call("--long-term-suffix", "none", stdin="y\n").error
    assert not os.path.exists(stage.credentials)


# What is missing.


def test_a_missing_long_term_section_has_the_contracts_message_and_nothing_is_sent(stage: ClassicStage) -> None:
    stage.write(stage.keys_section("other"))
    ended = stage.call("--token", stage.code())
    assert ended.error.startswith(
        "ERROR - Long term credentials session '[default-long-term]' is missing. You must add this section to your "
        "credentials file along with your long term 'aws_access_key_id' and 'aws_secret_access_key'"
    )
    assert "INFO - Validating credentials for profile: default\n" in ended.out
    assert "aws-mfa setup --profile default" in ended.hints
    error = stage.call(env={"AWS_PROFILE": "unknown"}).error
    assert error.startswith("ERROR - Long term credentials session '[unknown-long-term]' is missing."), "B5"
    assert stage.sent() == []


ROLE = "arn:aws:iam::123456789012:role/Dev"


@pytest.mark.parametrize(
    ("profile", "env", "hint"),
    [
        ("alias", {}, "alias has source_profile = ann, but no role_arn: aws-mfa --profile ann"),
        ("hidden", {}, "hidden has source_profile = ann # x, but no role_arn: aws-mfa --profile ann"),
        ("dev", {}, "dev is a role: aws-mfa renew dev"),
        ("included", {}, "if the profile that it includes has keys: aws-mfa renew included"),
        (ROLE, {}, f"that is an ARN, not a profile: aws-mfa --profile NAME --assume-role {ROLE}"),
        (None, {"AWS_DEFAULT_PROFILE": "ann"}, "AWS_DEFAULT_PROFILE is not read here: set AWS_PROFILE=ann"),
        ("own", {}, "section [own] holds long-term keys: aws-mfa import --profile own"),
        ("new", {}, "profiles set up on this machine: ann"),
    ],
)
def test_the_first_hint_at_missing_keys_is_for_this_profile(
    stage: ClassicStage, profile: str | None, env: dict[str, str], hint: str
) -> None:
    config = "[profile alias]\nsource_profile = ann\n[profile hidden]\naws_mfa_source_profile = ann # x\n"
    config += f"[profile dev]\nrole_arn = {ROLE}\n[profile included]\ninclude_profile = ann\n"
    stage.write(config, stage.config)
    stage.write(stage.keys_section("ann") + stage.keys_section("own").replace("own-long-term", "own"))
    ended = stage.call(*(() if profile is None else ("--profile", profile)), env=env)
    assert ended.error.startswith(
        f"ERROR - Long term credentials session '[{profile or 'default'}-long-term]' is missing."
    )
    assert ended.hints.splitlines()[0].removeprefix("hint: ") == hint
    assert len(ended.hints.splitlines()) <= 3


@pytest.mark.parametrize("key", ["aws_access_key_id", "aws_secret_access_key"])
def test_a_missing_key_of_the_long_term_section_is_named_and_nothing_is_sent(stage: ClassicStage, key: str) -> None:
    stage.write(stage.keys_section(settings={key: ""}))
    assert stage.call("--token", stage.code()).error == f"ERROR - No option '{key}' in section: 'default-long-term'"
    assert stage.sent() == []


def test_keys_are_wanted_even_while_the_session_is_good(stage: ClassicStage) -> None:
    stage.write(stage.session_section())
    assert stage.call().error.startswith("ERROR - Long term credentials session '[default-long-term]' is missing.")


def test_missing_keys_are_named_before_a_missing_device(stage: ClassicStage) -> None:
    stage.write("[default-long-term]\nassume_role = x\n")
    assert "No option 'aws_access_key_id'" in stage.call().error


# No device is configured.


def test_one_device_is_found(stage: ClassicStage) -> None:
    stage.ann.add_fido_device()
    stage.write(stage.keys_section(aws_mfa_device=""))
    ended = stage.renew()
    assert f"INFO - MFA device found: {stage.phone.serial}\n" in ended.out
    assert stage.sent() == ["ListMFADevices", "GetSessionToken"]


def must_provide(error: str) -> bool:
    return error.startswith(
        'ERROR - You must provide --device or MFA_DEVICE or set "aws_mfa_device" in ".aws/credentials"'
    )


def test_several_devices_are_listed_without_a_person_to_choose(stage: ClassicStage) -> None:
    second = stage.ann.add_device()
    stage.write(stage.keys_section(aws_mfa_device=""))
    ended = stage.call(stdin=f"{stage.code()}\n")
    assert must_provide(ended.error)
    assert f"--device {stage.phone.serial}" in ended.hints
    assert f"--device {second.serial}" in ended.hints
    assert "Enter AWS MFA code" not in ended.out


def test_several_devices_are_a_menu_for_a_human(stage: ClassicStage) -> None:
    second = stage.ann.add_device()
    stage.write(stage.keys_section(aws_mfa_device=""))
    human = Human("3", "2", second.unused_code)
    ended = stage.call(terminal=human)
    assert ended.code == 0, ended
    assert stage.aws.requests[-1].parameters["SerialNumber"] == second.serial
    assert f"  2  {second.serial}" in human.seen


def test_user_with_passkeys_only_is_sent_to_aws_login(stage: ClassicStage) -> None:
    stage.ann.devices.clear()
    stage.ann.add_fido_device()
    stage.write(stage.keys_section(aws_mfa_device=""))
    ended = stage.call(stdin="123456\n")
    assert must_provide(ended.error)
    assert "passkey" in ended.error
    assert "aws login" in ended.hints
    assert stage.sent() == ["ListMFADevices"]


def test_a_user_without_devices_must_name_one(stage: ClassicStage) -> None:
    stage.ann.devices.clear()
    stage.write(stage.keys_section())
    assert must_provide(stage.call(stdin="123456\n").error)


def test_without_the_permission_to_list_devices_it_is_named(stage: ClassicStage) -> None:
    stage.ann.may_list_devices = False
    stage.write(stage.keys_section(aws_mfa_device=""))
    error = stage.call(stdin="123456\n").error
    assert must_provide(error)
    assert "iam:ListMFADevices" in error


# B8, B9: what cannot be right is named; no code is asked for, nothing sent.

IN_ORDER = ("--assume-role", ROLE, "--role-session-name")
CANNOT_BE_RIGHT = {
    "too short": (("--duration", "899"), "--duration", "duration 899"),
    "too long": (("--duration", "129601"), "--duration", "GetSessionToken takes 900 to 129600"),
    "too long for a role": (("--duration", "43201", "--assume-role", ROLE), "--duration", "AssumeRole takes 900 to"),
    "negative": (("--duration", "-1"), "--duration", "duration -1"),
    "user for mfa": (("--device", "arn:aws:iam::123456789012:user/ann"), ":mfa/ann", "--device"),
    "passkey": (("--device", "arn:aws:iam::123456789012:u2f/user/ann/key"), "aws login", "--device"),
    "short serial": (("--device", "123"), "aws iam list-mfa-devices", "--device"),
    "no role": (("--assume-role", "Admin"), "arn:aws:iam::123456789012:role/Admin", "--assume-role"),
    "user for role": (("--assume-role", "arn:aws:iam::123456789012:user/ann"), "role/NAME", "--assume-role"),
    "session for role": (
        ("--assume-role", "arn:aws:sts::123456789012:assumed-role/Admin/ann"),
        "arn:aws:iam::123456789012:role/Admin",
        "--assume-role",
    ),
    "role of another partition": (("--assume-role", ROLE.replace("aws", "aws-cn", 1)), "partition", "aws-cn"),
    "session name": ((*IN_ORDER, "ann smith"), "--role-session-name ann-smith", "2 to 64"),
    "short session name": ((*IN_ORDER, "a"), "--role-session-name", "2 to 64"),
    "region": ((), "eu-central-1", "AWS_REGION"),
    "MFA_STS_DURATION": ((), "43200", "MFA_STS_DURATION"),
    "MFA_DEVICE": ((), ":mfa/ann", "MFA_DEVICE"),
    "MFA_ASSUME_ROLE": ((), "role/Admin", "MFA_ASSUME_ROLE"),
    "AWS_ENDPOINT_URL_STS": ((), unset_variable("AWS_ENDPOINT_URL_STS"), "AWS_ENDPOINT_URL_STS"),
    "AWS_MFA_VAULT": ((), "keychain", "AWS_MFA_VAULT"),
    "code of five": (("--token", "12345"), "six digits", "six digits"),
    "code of letters": (("--token", "abcdef"), "six digits", "six digits"),
}
VARIABLES = {
    "region": {"AWS_REGION": "eu-west-1.evil.example"},
    "MFA_STS_DURATION": {"MFA_STS_DURATION": "abc"},
    "MFA_DEVICE": {"MFA_DEVICE": "arn:aws:iam::123456789012:user/ann"},
    "MFA_ASSUME_ROLE": {"MFA_ASSUME_ROLE": "Admin"},
    "AWS_ENDPOINT_URL_STS": {"AWS_ENDPOINT_URL_STS": "sts.example"},
    "AWS_MFA_VAULT": {"AWS_MFA_VAULT": "safe"},
}


@pytest.mark.parametrize("case", CANNOT_BE_RIGHT)
def test_b8_b9_what_cannot_be_right_is_named_before_the_prompt(stage: ClassicStage, case: str) -> None:
    flags, hint, named = CANNOT_BE_RIGHT[case]
    before = stage.state()
    ended = stage.call(*flags, stdin=f"{stage.code()}\n", env=VARIABLES.get(case))
    assert named in ended.error
    assert hint in ended.hints
    assert "Enter AWS MFA code" not in ended.out
    assert (stage.state(), stage.sent()) == (before, [])


def test_b10_setting_in_the_long_term_section_is_named_with_its_section(stage: ClassicStage) -> None:
    stage.write(stage.keys_section("work", duration_seconds="12h"))
    assert "duration_seconds in [work-long-term]" in stage.call("--profile", "work").error


@pytest.mark.parametrize("form", ["{0} {1}", " {0}{1} ", "{0}{1}\r"])
def test_blanks_in_a_code_are_stripped(stage: ClassicStage, form: str) -> None:
    good = stage.code()
    assert stage.call(stdin=f"{form.format(good[:3], good[3:])}\n").code == 0


@pytest.mark.parametrize("code", ["12345", "1234567", "abcdef", "²²²²²²", "", "12-34-56"])
def test_piped_code_that_is_no_code_is_not_sent(stage: ClassicStage, code: str) -> None:
    error = stage.call(stdin=f"{code}\n").error
    assert "six digits" in error
    assert code not in error or not code
    assert stage.sent() == []


# A terminal that is not there: the question stays on its line, the ERROR begins one.


@pytest.mark.parametrize("line", ["\x01", "1" * 5000], ids=["a control character", "a file"])
def test_error_after_a_piped_answer_that_is_none_begins_a_line(stage: ClassicStage, line: str) -> None:
    assert "the answer" in stage.call(stdin=f"{line}\n").error
    os.unlink(stage.credentials)
    assert "the answer" in stage.call(stdin=f"{line}\n").error


# Set-up comes before the names.


def test_setup_does_not_ask_whether_the_suffixes_would_do(stage: ClassicStage) -> None:
    secret = stage.ann.keys.secret_access_key
    stage.write("")
    answers = f"new\n{stage.ann.keys.access_key_id}\n{secret}\n"
    ended = stage.call("--setup", "--long-term-suffix", "x", "--short-term-suffix", "x", stdin=answers)
    assert ended.code == 0, ended
    assert stage.section("new-long-term")["aws_secret_access_key"] == secret


# B3.


@pytest.mark.parametrize("token", ["", "aws_session_token = old\n"], ids=["alone", "beside an old token"])
def test_b3_permanent_keys_in_the_target_section_are_not_overwritten(stage: ClassicStage, token: str) -> None:
    keys = stage.keys_section().partition("\n")[2].rstrip()
    stage.write(f"{stage.keys_section('work')}[work]\n{keys}\n{token}")
    before = stage.state()
    for flags in ((), ("--force",)):
        ended = stage.call("--profile", "work", "--token", stage.code(), *flags)
        assert "section [work]" in ended.error
        assert "aws-mfa import --profile work" in ended.hints
    assert (stage.state(), stage.sent()) == (before, [])


def test_b3_plain_permanent_keys_only_are_a_missing_section_with_a_hint_at_import(stage: ClassicStage) -> None:
    """`aws configure` and nothing else: the commonest first run. The contract gives the message, the hint is new."""
    keys = stage.keys_section().partition("\n")[2]
    stage.write(f"[default]\n{keys}")
    before = stage.state()
    ended = stage.call("--token", stage.code())
    assert ended.error.startswith("ERROR - Long term credentials session '[default-long-term]' is missing.")
    assert "aws-mfa import --profile default" in ended.hints
    assert (stage.state(), stage.sent()) == (before, [])


def test_b3_an_id_without_its_secret_is_no_pair_and_may_be_replaced(stage: ClassicStage) -> None:
    stage.write(stage.keys_section() + section("default", {"aws_access_key_id": "AKIAIOSFODNN7EXAMPLE"}))
    stage.renew()
    assert stage.section()["aws_access_key_id"].startswith("ASIA")


def test_b3_a_secret_without_its_id_is_not_overwritten_and_the_way_out_is_one(stage: ClassicStage) -> None:
    half = section("default", {"aws_secret_access_key": "wJalrXUtnFEMI"})
    stage.write(stage.keys_section() + half)
    ended = stage.call("--token", stage.code())
    assert "section [default]" in ended.error
    assert "without its id" in ended.error
    assert "add its aws_access_key_id there" in ended.hints
    assert (stage.read().endswith(half), stage.sent()) == (True, [])
    stage.write(half)
    assert "import" not in stage.call("--token", stage.code()).hints


def test_b3_temporary_keys_of_another_tool_may_be_replaced(stage: ClassicStage) -> None:
    foreign = {"aws_access_key_id": "ASIAIOSFODNN7EXAMPLE", "aws_secret_access_key": "x", "aws_session_token": "y"}
    stage.write(stage.keys_section() + section("default", foreign))
    ended = stage.renew()
    assert "WARNING - Your existing credentials are missing or invalid, obtaining new credentials." in ended.out

"""docs/compatibility.md, section 6: every message begins as it always has, on stdout; the prompt, and the level."""

from __future__ import annotations

import re
import sys

import pytest

from classic_stage import ClassicStage, Human

STAMP = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"


def says(out: str, pattern: str) -> bool:
    """Whether a line begins so."""
    return re.search(f"^{pattern}", out, re.MULTILINE) is not None


def test_the_log_of_an_mfa_session_is_the_contracts(stage: ClassicStage) -> None:
    ended = stage.renew("--duration", "7200")
    serial = re.escape(stage.phone.serial)
    assert says(ended.out, "INFO - Using profile: default$")
    assert says(ended.out, "INFO - Validating credentials for profile: default$")
    assert says(ended.out, "INFO - Short term credentials section default is missing, obtaining new credentials.")
    assert says(
        ended.out,
        rf"Enter AWS MFA code for device \[{serial}\] \(renewing for 7200 seconds\):"
        r"INFO - Fetching Credentials - Profile: default, Duration: 7200$",
    )
    assert says(ended.out, rf"INFO - Success! Your credentials will expire in 7200 seconds at: {STAMP}\+00:00")
    assert ended.err == ""


def test_the_log_of_a_role_is_the_contracts(stage: ClassicStage) -> None:
    role = stage.aws.account.add_role("Admin", trusts=stage.ann, mfa=True)
    stage.write(stage.keys_section("work"))
    ended = stage.call("--profile", "work", "--assume-role", role.arn, "--token", stage.code())
    assert says(ended.out, "INFO - Using profile: work$")
    assert says(ended.out, f"INFO - Validating credentials for profile: work with assumed role {role.arn}$")
    assert says(ended.out, f"INFO - Assuming Role - Profile: work, Role: {role.arn}, Duration: 3600$")
    assert says(ended.out, rf"INFO - Success! Your credentials will expire in 3600 seconds at: {STAMP}\+00:00")


def test_success_and_still_valid_name_the_moment_of_the_file(stage: ClassicStage) -> None:
    renewed = stage.renew().out
    expiration = stage.section()["expiration"]
    assert f" seconds at: {expiration}+00:00" in renewed
    assert says(
        stage.call().out,
        rf"INFO - Your credentials are still valid for 43\d\d\d seconds they will expire at {expiration}",
    )


def test_b18_success_says_what_sts_returned_not_what_was_asked(stage: ClassicStage) -> None:
    """The root user gets one hour, whatever a hardware serial hides from us."""
    root = stage.aws.account.add_root()
    token = root.add_device("GAHT12345678")
    stage.write(stage.keys_section("root", root))
    ended = stage.call("--profile", "root", "--duration", "43200", "--token", token.unused_code())
    assert says(ended.out, r"INFO - Success! Your credentials will expire in 3[56]\d\d seconds at: ")


def test_the_default_of_the_root_user_is_what_aws_gives(stage: ClassicStage) -> None:
    root = stage.aws.account.add_root()
    phone = root.add_device()
    stage.write(stage.keys_section("root", root))
    ended = stage.call("--profile", "root", "--token", phone.unused_code())
    assert says(ended.out, r"INFO - Fetching Credentials - Profile: root, Duration: 3600")
    assert says(ended.out, r"INFO - Success! Your credentials will expire in 3[56]\d\d seconds at: ")
    for given in (["--duration", "43200"], ["MFA_STS_DURATION", "43200"]):
        env = dict([given]) if given[0].isupper() else {}
        refused = stage.call("--profile", "root", "--force", *([] if env else given), env=env)
        assert (refused.code, "3600 seconds for the root user" in refused.out) == (1, True), refused


def test_b19_local_time_is_beside_utc(stage: ClassicStage) -> None:
    stage.write(stage.keys_section() + stage.session_section(expiration="2099-01-02 03:04:05"))
    assert "2099-01-02 03:04:05 UTC (" in stage.call().out


LEVELS = {
    "NOTSET": {"WARNING"},  # the old tool left it to the root logger
    "DEBUG": {"DEBUG", "INFO", "WARNING"},
    "INFO": {"INFO", "WARNING"},
    "WARNING": {"WARNING"},
    "ERROR": set(),
    "CRITICAL": set(),
}


@pytest.mark.parametrize("level", LEVELS)
def test_level_silences_what_is_below_it(stage: ClassicStage, level: str) -> None:
    stage.write(stage.keys_section() + stage.session_section(expiration="soon"))
    ended = stage.call("--log-level", level, "--token", stage.code())
    assert ended.code == 0
    assert set(re.findall(r"^([A-Z]+) - ", ended.out, re.MULTILINE)) == LEVELS[level]


def test_level_error_silences_neither_the_prompt_nor_an_error(stage: ClassicStage) -> None:
    ended = stage.call("--log-level", "ERROR", stdin=f"{stage.wrong_code()}\n")
    assert ended.out.startswith("Enter AWS MFA code for device [")
    assert len(ended.out.partition("seconds):")[2].splitlines()[0].partition("ERROR - ")[2]) > 10


def test_level_critical_silences_errors_and_their_hints(stage: ClassicStage) -> None:
    ended = stage.call("--log-level", "CRITICAL", "--token", "1")
    assert (ended.code, ended.out) == (1, "")


# On a terminal a code that did not do is asked again.


def test_wrong_code_is_asked_again_up_to_three_times(stage: ClassicStage) -> None:
    wrong = stage.wrong_code()
    human = Human(wrong, stage.wrong_code(), wrong)
    ended = stage.call(terminal=human)
    assert ended.error.startswith("ERROR - AWS refused the code of ")
    assert [line.startswith("Enter AWS MFA code") for line in human.seen if not line.startswith("hint: ")] == [
        *(True, False),
        *(True, False),
        True,
    ]
    assert stage.sent().count("GetSessionToken") == 2  # the third is the first again


def test_next_code_after_a_wrong_one_is_taken(stage: ClassicStage) -> None:
    human = Human("12345", stage.wrong_code(), stage.code)
    ended = stage.call(terminal=human)
    assert ended.code == 0, ended
    assert stage.sent().count("GetSessionToken") == 2
    assert "WARNING - an MFA code is six digits" in human.seen


def test_level_error_does_not_silence_why_the_question_comes_again(stage: ClassicStage) -> None:
    """It belongs to the question, and is printed where the question is."""
    human = Human("12345", stage.code)
    ended = stage.call("--log-level", "ERROR", terminal=human)
    assert (ended.code, ended.out) == (0, "")
    assert human.seen[1] == "WARNING - an MFA code is six digits"


def test_keys_are_checked_beside_the_question(stage: ClassicStage) -> None:
    assert stage.call(terminal=Human(stage.code)).code == 0
    assert sorted(stage.sent()) == ["GetCallerIdentity", "GetSessionToken"]


@pytest.mark.parametrize("given", ["pipe", "flag"])
def test_wrong_code_is_not_asked_again_without_a_person(stage: ClassicStage, given: str) -> None:
    wrong = stage.wrong_code()
    ended = stage.call(*(["--token", wrong] if given == "flag" else []), stdin=f"{wrong}\n{stage.code()}\n")
    assert ended.error.startswith("ERROR - AWS refused the code of ")
    assert stage.sent() == ["GetSessionToken"]


@pytest.mark.skipif(sys.platform == "win32", reason="the command is POSIX's")
def test_a_command_whose_codes_are_refused_gives_way_to_a_person(stage: ClassicStage) -> None:
    """As in every other command: it is asked once more in the next window, and then no more."""
    stage.write(f"[default]\nmfa_process = /bin/echo {stage.wrong_code()}\n", stage.config)
    human = Human(stage.code)
    ended = stage.call(terminal=human)
    assert ended.code == 0, ended
    # No time passes here: the window is the same.
    assert stage.sent() == ["GetCallerIdentity"] + ["GetSessionToken"] * 2
    assert len([line for line in human.seen if line.startswith("Enter AWS MFA code")]) == 1
    assert ended.out.count("INFO - Fetching Credentials") == 3
    assert "AWS refused the code" in ended.err

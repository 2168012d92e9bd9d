"""docs/compatibility.md, section 4: when it renews, and that a session still good is not changed."""

from __future__ import annotations

import pytest

from aws_mfa.config.files import AwsFile
from aws_mfa.errors import NotSetUp
from aws_mfa.prompt.lock import FileLocks
from aws_mfa.sessions.freshness import REQUIRED_KEYS
from classic_stage import ClassicStage, Human

ROLE = "arn:aws:iam::123456789012:role/Admin"
OTHER = "arn:aws:iam::123456789012:role/Other"

MISSING = "INFO - Short term credentials section default is missing, obtaining new credentials."
INVALID = "WARNING - Your existing credentials are missing or invalid, obtaining new credentials."
FORCED = "INFO - Forcing refresh of credentials."
NEW_ROLE = "INFO - Obtaining credentials for a new role or profile."
EXPIRED = "INFO - Your credentials have expired, renewing."
VALID = "INFO - Your credentials are still valid for "
UNREADABLE = ("soon", "2099-13-01 00:00:00", "01.02.2099 03:04", "1700000000")


def reasons(stage: ClassicStage, *argv: str) -> list[str]:
    """The beginnings of the lines that say why, up to the prompt, whose input is empty."""
    out = stage.call(*argv).out
    return [reason for reason in (MISSING, INVALID, FORCED, NEW_ROLE, EXPIRED, VALID) if f"\n{reason}" in f"\n{out}"]


def test_a_missing_section_is_the_one_reason_with_and_without_force(stage: ClassicStage) -> None:
    assert reasons(stage) == [MISSING]
    assert reasons(stage, "--force") == [MISSING]


@pytest.mark.parametrize(
    ("keys", "session", "argv", "expected"),
    [
        *(({}, {key: ""}, [], [INVALID]) for key in REQUIRED_KEYS),
        *(
            ({}, {"expiration": text}, [], [INVALID])
            for text in ("soon", "2099-13-01 00:00:00", "01.02.2099 03:04", "17")
        ),
        ({}, {"expiration": "2099-1-2 3:04:05"}, [], [VALID]),
        ({}, {}, ["--force"], [FORCED]),
        ({}, {}, ["--assume-role="], [VALID]),
        ({}, {}, ["--assume-role", ROLE], [NEW_ROLE]),
        ({}, {"assumed_role_arn": ROLE}, [], [NEW_ROLE]),
        ({}, {"assumed_role_arn": ROLE}, ["--assume-role", OTHER], [NEW_ROLE]),
        ({"assume_role": OTHER}, {"assumed_role_arn": ROLE}, [], [NEW_ROLE]),
        *(
            ({}, {"assumed_role_arn": ROLE}, ["--assume-role", same], [VALID])
            for same in (ROLE, f" {ROLE}", f"{ROLE}\n")
        ),
        ({}, {"aws_session_token": ""}, ["--force"], [INVALID, FORCED]),
        ({}, {"aws_session_token": ""}, ["--assume-role", ROLE], [INVALID, NEW_ROLE]),
        ({}, {"aws_session_token": ""}, ["--assume-role", ROLE, "--force"], [INVALID, FORCED]),
    ],
    ids=str,
)
def test_a_missing_key_an_unreadable_moment_force_or_another_role_renews_and_is_named(
    stage: ClassicStage, keys: dict[str, str], session: dict[str, str], argv: list[str], expected: list[str]
) -> None:
    is_role = {"assumed_role": str("assumed_role_arn" in session)}
    stage.write(stage.keys_section(settings=keys) + stage.session_section(settings={**is_role, **session}))
    assert reasons(stage, *argv) == expected


def test_b22_the_role_named_is_the_role_in_force(stage: ClassicStage) -> None:
    stage.write(stage.keys_section() + stage.session_section(assumed_role_arn=ROLE))
    assert f"profile: default with assumed role {OTHER}\n" in stage.call("--assume-role", OTHER).out
    assert "INFO - Validating credentials for profile: default\n" in stage.call().out


@pytest.mark.parametrize(("left_s", "renews"), [(-1, True), (0, True), (3, True), (59, True), (70, False)])
def test_b20_margin_of_a_minute_counts_as_expired(stage: ClassicStage, left_s: float, *, renews: bool) -> None:
    stage.write(stage.keys_section() + stage.session_section(left_s=left_s))
    assert reasons(stage) == [EXPIRED if renews else VALID]


@pytest.mark.parametrize(
    "expiration",
    [
        "2099-01-02T03:04:05Z",
        "2099-01-02T03:04:05+00:00",
        "2099-01-02T05:04:05+02:00",
        "2099-01-02T03:04:05.000Z",
        "2099-01-02 03:04:05 UTC",
        "2099-01-02 03:04:05+00:00",
        "2099-01-02 03:04:05",
    ],
)
def test_b11_foreign_expiration_is_understood(stage: ClassicStage, expiration: str) -> None:
    stage.write(stage.keys_section() + stage.session_section(expiration=expiration))
    before = stage.state()
    ended = stage.call()
    assert ended.code == 0
    assert "they will expire at 2099-01-02 03:04:05" in ended.out
    assert stage.state() == before


def test_for_a_session_still_good_nothing_is_touched_asked_or_sent(stage: ClassicStage) -> None:
    stage.write(f"# mine\n{stage.session_section()}{stage.keys_section()}")
    before = stage.state()
    ended = stage.call("--token", "000000")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.splitlines()[-1].startswith(VALID)
    assert (stage.state(), stage.sent()) == (before, [])


def test_settings_of_default_count_for_the_session_too(stage: ClassicStage) -> None:
    """It is configparser's, and 0.0.12 reads it so."""
    stage.write("[DEFAULT]\nassumed_role = False\n\n" + stage.keys_section() + stage.session_section(assumed_role=""))
    assert reasons(stage) == [VALID]


def test_long_term_keys_of_default_are_no_session_and_are_not_in_the_way(stage: ClassicStage) -> None:
    keys = stage.keys_section().replace("[default-long-term]", "[DEFAULT]")
    stage.write(f"{keys}[default-long-term]\n\n[default]\nregion = eu-north-1\n")
    assert reasons(stage) == [INVALID]
    stage.renew()
    assert stage.read().startswith(keys)
    assert stage.section()["aws_access_key_id"].startswith("ASIA")


STORED = "INFO - Such a session is stored already: no code is needed, --force gets another one."


@pytest.mark.parametrize(
    "more", [["--short-term-suffix", "other"], ["--no-keychain"], ["--profile", "work"], ["--token", "000000"]]
)
def test_the_stored_mfa_session_is_written_and_nothing_sent(stage: ClassicStage, more: list[str]) -> None:
    stage.write(stage.keys_section() + stage.keys_section("work"))
    stage.renew()
    session = stage.section()
    stage.write(stage.keys_section() + stage.keys_section("work"))
    sent = stage.sent()
    ended = stage.call(*more)
    section = {"--profile": "work", "--short-term-suffix": "default-other"}.get(more[0], "default")
    assert (ended.code, stage.sent(), stage.section(section)) == (0, sent, session)
    assert ended.out.splitlines()[-2] == STORED
    assert ended.out.splitlines()[-1].startswith("INFO - Success! Your credentials will expire in 43200 seconds at: ")


@pytest.mark.parametrize(
    "more", [["--force"], ["--duration", "3600"], ["--assume-role", ROLE], ["--device", "GAHT12345678"]]
)
def test_with_force_or_for_another_request_a_code_is_asked_for(stage: ClassicStage, more: list[str]) -> None:
    stage.renew()
    stage.write(stage.keys_section())
    assert "Enter AWS MFA code for device" in stage.call(*more).out


@pytest.mark.real
@pytest.mark.parametrize("force", [[], ["--force"]])
def test_what_another_command_got_while_we_waited_for_the_question_is_written(
    stage: ClassicStage, monkeypatch: pytest.MonkeyPatch, force: list[str]
) -> None:
    if force:
        stage.renew()
        stage.write(stage.keys_section())
    hold = FileLocks.hold

    def hold_after_another(*arguments: object, **more: object) -> object:
        ended = stage.run(
            "renew", "--force", "--token", stage.code(), env={"AWS_SHARED_CREDENTIALS_FILE": f"{stage.home}/its"}
        )
        assert ended.code == 0, ended
        return hold(*arguments, **more)  # type: ignore[arg-type]

    stage.write(stage.keys_section(), f"{stage.home}/its")
    monkeypatch.setattr(FileLocks, "hold", hold_after_another)
    ended = stage.call(*force, terminal=Human())
    assert (ended.code, ended.out.splitlines()[-2]) == (0, STORED), ended
    assert stage.section()["aws_access_key_id"] in stage.aws.sessions


def test_a_role_s_session_is_signed_with_the_long_term_keys_each_time(stage: ClassicStage) -> None:
    role = stage.aws.account.add_role("Admin", trusts=stage.ann, mfa=True)
    for _ in range(2):
        stage.write(stage.keys_section())
        stage.renew("--assume-role", role.arn)
    assert stage.sent() == ["AssumeRole"] * 2


@pytest.mark.parametrize("role", ["none", "Admin"])
def test_a_session_that_the_file_did_not_take_is_written_by_the_next_run_without_a_code(
    stage: ClassicStage, monkeypatch: pytest.MonkeyPatch, role: str
) -> None:
    if role != "none":
        role = stage.aws.account.add_role(role, trusts=stage.ann, mfa=True).arn

    def refuse(*_: object) -> None:
        raise NotSetUp("cannot write it: Device or resource busy; the old file is intact")

    with monkeypatch.context() as broken:
        broken.setattr(AwsFile, "update", refuse)
        assert "busy" in stage.call("--assume-role", role, stdin=f"{stage.code()}\n").error
    sent = stage.sent()
    ended = stage.call("--assume-role", role)
    assert (ended.code, stage.sent()) == (0, sent)
    assert stage.section()["assumed_role"] == str(role != "none")


def test_good_session_of_another_profile_does_not_count(stage: ClassicStage) -> None:
    stage.write(stage.keys_section() + stage.session_section("work"))
    assert reasons(stage) == [MISSING]


def test_renewed_session_is_good_at_once(stage: ClassicStage) -> None:
    stage.renew()
    before = stage.state()
    assert reasons(stage) == [VALID]
    assert stage.state() == before

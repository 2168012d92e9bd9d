"""docs/compatibility.md, section 2: which profile, section, device, role, duration, code and keys are in force."""

from __future__ import annotations

import pytest

from aws_mfa_practice.account import Role
from classic_stage import ClassicStage, section


@pytest.fixture
def roles(stage: ClassicStage) -> list[Role]:
    """Roles that Ann may assume with MFA, for up to twelve hours."""
    add = stage.aws.account.add_role
    return [add(f"R{number}", trusts=stage.ann, mfa=True, max_session_s=43200) for number in range(4)]


def asked(stage: ClassicStage, name: str) -> str | None:
    """What the last request said."""
    return stage.aws.requests[-1].parameters.get(name)


# The profile.


def test_profile_is_the_flag_before_the_variable_before_default(stage: ClassicStage) -> None:
    stage.write("".join(stage.keys_section(name) for name in ("flag", "variable", "default")))
    stage.renew("--profile", "flag", env={"AWS_PROFILE": "variable"})
    assert "ASIA" in stage.section("flag")["aws_access_key_id"]
    assert "ASIA" not in stage.read().replace(stage.section("flag")["aws_access_key_id"], "")
    stage.renew(env={"AWS_PROFILE": "variable"})
    assert "ASIA" in stage.section("variable")["aws_access_key_id"]
    stage.renew(env={"AWS_PROFILE": ""})
    assert "ASIA" in stage.section("default")["aws_access_key_id"]


def test_default_profile_variable_names_no_profile(stage: ClassicStage) -> None:
    """`AWS_DEFAULT_PROFILE` was never read; B5: nor does it disturb."""
    stage.renew(env={"AWS_DEFAULT_PROFILE": "elsewhere"})
    assert "ASIA" in stage.section("default")["aws_access_key_id"]
    assert "elsewhere" not in stage.read()


# The sections.


@pytest.mark.parametrize(
    ("suffix", "name"),
    [(None, "work-long-term"), ("", "work-long-term"), ("none", "work"), ("NoNe", "work"), ("keys", "work-keys")],
)
def test_the_long_term_suffix_names_the_section_of_the_keys(stage: ClassicStage, suffix: str | None, name: str) -> None:
    keys = stage.keys_section().partition("\n")[2]
    stage.write(f"[{name}]\n{keys}")
    flags = [] if suffix is None else [f"--long-term-suffix={suffix}"]
    stage.renew("--profile", "work", "--short-term-suffix", "session", *flags)
    assert "ASIA" in stage.section("work-session")["aws_access_key_id"]
    assert "AKIA" in stage.section(name)["aws_access_key_id"]


@pytest.mark.parametrize(
    ("suffix", "name"), [(None, "work"), ("", "work"), ("none", "work"), ("NONE", "work"), ("mfa", "work-mfa")]
)
def test_the_short_term_suffix_names_the_sessions_section(stage: ClassicStage, suffix: str | None, name: str) -> None:
    stage.write(stage.keys_section("work"))
    flags = [] if suffix is None else [f"--short-suffix={suffix}"]
    ended = stage.renew("--profile", "work", *flags)
    assert stage.section(name)["assumed_role"] == "False"
    assert f"INFO - Validating credentials for profile: {name}\n" in ended.out


@pytest.mark.parametrize(
    "flags",
    [
        ("--long-term-suffix", "none"),
        ("--long-suffix", "NONE", "--short-suffix", "none"),
        ("--long-suffix", "x", "--short-suffix", "x"),
        ("--short-term-suffix", "long-term"),
    ],
    ids=" ".join,
)
def test_equal_section_names_are_refused(stage: ClassicStage, flags: tuple[str, ...]) -> None:
    before = stage.state()
    assert stage.call(*flags, "--token", stage.wrong_code()).error.startswith(
        "ERROR - The value for '--long-term-suffix' cannot be equal to the value for '--short-term-suffix'"
    )
    assert (stage.state(), stage.sent()) == (before, [])


# The device.


def test_device_is_flag_then_variable_then_long_term_section_then_config(stage: ClassicStage) -> None:
    serials = [stage.phone.serial, *(stage.ann.add_device().serial for _ in range(3))]
    flag, variable, own, config = serials
    stage.write(section("default", {"mfa_serial": config}), stage.config)
    sources: list[tuple[str, dict[str, str], tuple[str, ...]]] = [
        (config, {"aws_mfa_device": ""}, ()),
        (own, {"aws_mfa_device": own}, ()),
        (variable, {"aws_mfa_device": own, "MFA_DEVICE": variable}, ()),
        (flag, {"aws_mfa_device": own, "MFA_DEVICE": variable}, ("--device", flag)),
    ]
    for expected, settings, flags in sources:
        stage.write(stage.keys_section(aws_mfa_device=settings["aws_mfa_device"]))
        stage.call(*flags, "--token", stage.wrong_code(), env={"MFA_DEVICE": settings.get("MFA_DEVICE")})
        assert asked(stage, "SerialNumber") == expected


def test_empty_device_counts_as_absent(stage: ClassicStage) -> None:
    stage.renew("--device", "", env={"MFA_DEVICE": ""})
    assert asked(stage, "SerialNumber") == stage.phone.serial


# The role.


def test_role_is_flag_then_variable_then_long_term_section(stage: ClassicStage, roles: list[Role]) -> None:
    flag, variable, own = (role.arn for role in roles[:3])
    stage.write(stage.keys_section(assume_role=own))
    stage.call("--token", stage.wrong_code())
    assert asked(stage, "RoleArn") == own
    stage.call("--token", stage.wrong_code(), env={"MFA_ASSUME_ROLE": variable})
    assert asked(stage, "RoleArn") == variable
    stage.call("--token", stage.wrong_code(), "--assume-role", flag, env={"MFA_ASSUME_ROLE": variable})
    assert asked(stage, "RoleArn") == flag
    stage.call("--token", stage.wrong_code(), "--assume-role=", env={"MFA_ASSUME_ROLE": ""})
    assert asked(stage, "RoleArn") == own, "an empty string counts as absent"


@pytest.mark.parametrize("none", ["none", "None", "NONE"])
def test_b23_a_configured_role_can_be_switched_off(stage: ClassicStage, roles: list[Role], none: str) -> None:
    stage.write(stage.keys_section(assume_role=roles[0].arn))
    ended = stage.renew("--assume-role", none)
    assert stage.sent() == ["GetSessionToken"]
    assert "with assumed role" not in ended.out


def test_role_of_the_config_file_is_not_the_classic_forms(stage: ClassicStage, roles: list[Role]) -> None:
    """`role_arn` is the SDKs' own business: here it never was a source."""
    stage.write(section("default", {"role_arn": roles[0].arn}), stage.config)
    stage.renew()
    assert stage.sent() == ["GetSessionToken"]


# The duration.


@pytest.mark.parametrize(
    ("flags", "variable", "seconds"),
    [
        ((), None, "43200"),
        ((), "", "43200"),
        ((), "7200", "7200"),
        (("--duration", "900"), "7200", "900"),
        (("--duration", "0"), "7200", "7200"),
        (("--duration", "0"), None, "43200"),
        (("--duration", "129600"), None, "129600"),
    ],
)
def test_duration_of_an_mfa_session_is_flag_then_variable_then_twelve_hours(
    stage: ClassicStage, flags: tuple[str, ...], variable: str | None, seconds: str
) -> None:
    stage.renew(*flags, env={"MFA_STS_DURATION": variable})
    assert asked(stage, "DurationSeconds") == seconds


@pytest.mark.parametrize(
    ("flags", "variable", "seconds"),
    [((), None, "3600"), ((), "7200", "7200"), (("--duration", "43200"), "7200", "43200")],
)
def test_duration_of_a_role_is_flag_then_variable_then_one_hour(
    stage: ClassicStage, roles: list[Role], flags: tuple[str, ...], variable: str | None, seconds: str
) -> None:
    stage.renew("--assume", roles[0].arn, *flags, env={"MFA_STS_DURATION": variable})
    assert asked(stage, "DurationSeconds") == seconds


def test_duration_of_the_config_file_comes_after_all_others(stage: ClassicStage) -> None:
    stage.write(section("default", {"duration_seconds": "1800"}), stage.config)
    stage.call("--token", stage.wrong_code())
    assert asked(stage, "DurationSeconds") == "1800"
    stage.call("--token", stage.wrong_code(), env={"MFA_STS_DURATION": "7200"})
    assert asked(stage, "DurationSeconds") == "7200"


# Names and ids of the role's session.


def test_role_session_name_is_flag_then_config_then_local_user(
    stage: ClassicStage, roles: list[Role], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOGNAME", "ann.local")
    flags = ("--assume-role", roles[0].arn)
    stage.call(*flags, "--token", stage.wrong_code())
    assert asked(stage, "RoleSessionName") == "ann.local"
    stage.write(section("default", {"role_session_name": "from-config"}), stage.config)
    stage.call(*flags, "--token", stage.wrong_code())
    assert asked(stage, "RoleSessionName") == "from-config"
    stage.call(*flags, "--token", stage.wrong_code(), "--role-session-name", "flag")
    assert asked(stage, "RoleSessionName") == "flag"


def test_b17_domain_user_fits_sts(stage: ClassicStage, roles: list[Role], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "DOM\\user")
    stage.renew("--assume-role", roles[0].arn)
    assert asked(stage, "RoleSessionName") == "DOM-user"


@pytest.mark.parametrize("place", ["config", "long-term section"])
def test_external_id_is_read_from_the_files(stage: ClassicStage, place: str) -> None:
    role = stage.aws.account.add_role("R", trusts=stage.ann, mfa=True, external_id="their-id")
    if place == "config":
        stage.write(section("profile work", {"external_id": "their-id"}), stage.config)
        stage.write(stage.keys_section("work"))
    else:
        stage.write(stage.keys_section("work", external_id="their-id"))
    stage.renew("--profile", "work", "--assume-role", role.arn)
    assert stage.section("work")["assumed_role_arn"] == role.arn


def test_settings_of_the_configs_own_role_do_not_go_to_another(stage: ClassicStage, roles: list[Role]) -> None:
    """`[profile work]` is the first role's: its external id is only for its owner."""
    own = {"role_arn": roles[0].arn, "duration_seconds": "1800", "external_id": "theirs", "role_session_name": "ann-1"}
    stage.write(section("profile work", {**own, "region": "eu-north-1"}), stage.config)
    stage.write(stage.keys_section("work"))
    flags = ("--profile", "work")
    stage.call(*flags, "--token", stage.wrong_code(), "--assume-role", roles[1].arn)
    assert (asked(stage, "DurationSeconds"), asked(stage, "ExternalId")) == ("3600", None)
    assert asked(stage, "RoleSessionName") != "ann-1"
    assert stage.aws.requests[-1].region == "eu-north-1"
    stage.call(*flags, "--token", stage.wrong_code(), "--assume-role", roles[0].arn)
    assert (asked(stage, "DurationSeconds"), asked(stage, "ExternalId")) == ("1800", "theirs")
    assert asked(stage, "RoleSessionName") == "ann-1"


# The code.


@pytest.mark.parametrize("flag", ["--token", "--mfa-token"])
def test_code_is_the_flag_before_the_prompt(stage: ClassicStage, flag: str) -> None:
    ended = stage.call(flag, stage.code(), stdin=f"{stage.wrong_code()}\n")
    assert ended.code == 0
    assert "DEBUG - Received token as argument\n" in ended.out
    assert "Enter AWS MFA code" not in ended.out


@pytest.mark.parametrize("token", [["--token", ""], ["--mfa-token="]], ids=str)
def test_empty_code_counts_as_absent(stage: ClassicStage, token: list[str]) -> None:
    """`--token "$CODE"` of a script whose variable is empty asks, as master does."""
    ended = stage.renew(*token)
    assert "Received token" not in ended.out


# The keys that sign.


@pytest.mark.parametrize("with_session", [False, True], ids=["keys", "session"])
def test_keys_of_the_environment_never_sign(stage: ClassicStage, *, with_session: bool) -> None:
    mallory = stage.aws.add_account().add_user("mallory")
    foreign = {
        "AWS_ACCESS_KEY_ID": mallory.keys.access_key_id,
        "AWS_SECRET_ACCESS_KEY": mallory.keys.secret_access_key,
        "AWS_SESSION_TOKEN": "token" if with_session else None,
    }
    stage.renew(env=foreign)
    assert {record.access_key_id for record in stage.aws.requests} == {stage.ann.keys.access_key_id}


def test_k1_without_keys_nothing_is_sent_though_the_environment_has_some(stage: ClassicStage) -> None:
    mallory = stage.aws.add_account().add_user("mallory")
    stage.write(section("default", stage_keys(mallory)) + section("default-long-term", {"aws_mfa_device": "GAHT12345"}))
    foreign = {f"AWS_{name.removeprefix('aws_').upper()}": value for name, value in stage_keys(mallory).items()}
    before = stage.state()
    error = stage.call("--token", "123456", "--short-suffix", "mfa", env=foreign).error
    assert error.startswith("ERROR - No option 'aws_access_key_id' in section: 'default-long-term'")
    assert (stage.state(), stage.sent()) == (before, [])


def stage_keys(user: object) -> dict[str, str]:
    keys = user.keys  # type: ignore[attr-defined]
    return {"aws_access_key_id": keys.access_key_id, "aws_secret_access_key": keys.secret_access_key}


# The region.


@pytest.mark.parametrize(
    ("settings", "region"),
    [
        ({}, "us-east-1"),
        ({"long-term": "eu-west-3"}, "eu-west-3"),
        ({"long-term": "eu-west-3", "config": "eu-north-1"}, "eu-north-1"),
        ({"config": "eu-north-1", "AWS_DEFAULT_REGION": "ap-south-1"}, "ap-south-1"),
        ({"AWS_DEFAULT_REGION": "ap-south-1", "AWS_REGION": "sa-east-1"}, "sa-east-1"),
        ({"AWS_REGION": "", "AWS_DEFAULT_REGION": "ap-south-1"}, "ap-south-1"),
    ],
    ids=["default", "long-term", "config", "AWS_DEFAULT_REGION", "AWS_REGION", "empty"],
)
def test_b15_region_is_found(stage: ClassicStage, settings: dict[str, str], region: str) -> None:
    stage.write(stage.keys_section(region=settings.get("long-term", "")))
    stage.write(section("default", {"region": settings.get("config", "")}), stage.config)
    stage.renew(env={name: value for name, value in settings.items() if name.startswith("AWS_")})
    assert stage.aws.requests[-1].region == region


@pytest.mark.parametrize(
    ("partition", "region"), [("aws-cn", "cn-north-1"), ("aws-us-gov", "us-gov-west-1")], ids=["China", "GovCloud"]
)
def test_region_is_the_devices_partitions_before_any_variable(stage: ClassicStage, partition: str, region: str) -> None:
    ann = stage.aws.add_account(partition=partition).add_user("ann")
    phone = ann.add_device()
    stage.write(stage.keys_section("gov", ann))
    ended = stage.call("--profile", "gov", "--token", phone.unused_code(), env={"AWS_REGION": "eu-west-1"})
    assert ended.code == 0, ended
    assert stage.aws.requests[-1].region == region
    assert "WARNING - AWS_REGION names region eu-west-1" in ended.out


@pytest.mark.parametrize(
    ("profile", "header"),
    [
        ("default", "profile default"),
        ("default", "profile 'default'"),
        ("my prof", "profile 'my prof'"),
        ("my prof", 'profile "my prof"'),
        ("work", "profile   work"),
        ("work", "profile\twork"),
    ],
)
def test_the_configs_profile_is_found_under_botocores_headers(stage: ClassicStage, profile: str, header: str) -> None:
    stage.write(section(header, {"region": "eu-north-1", "mfa_serial": stage.phone.serial}), stage.config)
    stage.write(stage.keys_section(profile, aws_mfa_device=""))
    stage.renew("--profile", profile)
    assert stage.aws.requests[-1].region == "eu-north-1"
    assert stage.sent() == ["GetSessionToken"]


# Where the files are.


def test_b6_variables_name_the_files(stage: ClassicStage) -> None:
    credentials, config = f"{stage.home}/else/where", f"{stage.home}/else/config"
    stage.write(stage.keys_section("work"), credentials)
    stage.write(section("profile work", {"region": "eu-north-1"}), config)
    before = stage.state()
    stage.renew("--profile", "work", env={"AWS_SHARED_CREDENTIALS_FILE": "~/else/where", "AWS_CONFIG_FILE": config})
    assert "[work]" in stage.read(credentials)
    assert stage.aws.requests[-1].region == "eu-north-1"
    assert stage.state() == before

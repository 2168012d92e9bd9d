"""Values of the classic form (docs/compatibility.md, section 2): each row there is a claim, with its source."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import botocore.exceptions
import botocore.session
import pytest

from aws_mfa.config.settings import (
    Given,
    Sections,
    config_section_name,
    device_in_force,
    duration_in_force,
    hidden_by,
    role_in_force,
    session_name_in_force,
)
from aws_mfa.errors import BadInput

DEVICE = "arn:aws:iam::123456789012:mfa/ann"
ROLE = Given("arn:aws:iam::123456789012:role/deploy", "--assume-role")
OTHER = Given("arn:aws:iam::123456789012:role/other", "--assume-role")


def sections(long_term: dict[str, str] | None = None, config: dict[str, str] | None = None) -> Sections:
    return Sections("work-long-term", long_term or {}, "profile work", config or {})


def parts(given: Given | None) -> tuple[str, str] | None:
    return None if given is None else (given.value, given.source)


@pytest.mark.parametrize(
    ("environ", "named"),
    [
        ({"AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "s"}, "AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY"),
        ({"AWS_ACCESS_KEY_ID": "ASIA", "AWS_SESSION_TOKEN": "t"}, "AWS_ACCESS_KEY_ID, AWS_SESSION_TOKEN"),
        ({"AWS_WEB_IDENTITY_TOKEN_FILE": "/token"}, "AWS_WEB_IDENTITY_TOKEN_FILE"),
        # What botocore does not look at, or only after the profiles.
        ({"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "s", "AWS_SESSION_TOKEN": "t"}, None),
        ({"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:1/x", "AWS_SSO_SESSION": "x"}, None),
    ],
)
def test_variables_that_hide_every_profile_are_named(environ: dict[str, str], named: str | None) -> None:
    line = f"SDKs do not look at the profile while the environment has these variables: {named}"
    assert hidden_by(environ) == ([line] if named else [])


@pytest.mark.parametrize(
    "name", ["AWS_ACCESS_KEY_ID", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_FULL_URI"]
)
def test_botocore_has_the_same_order(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "credentials").write_text("[ann]\naws_access_key_id = OURS\naws_secret_access_key = s\n")
    environ = {"AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "credentials"), "AWS_PROFILE": "ann", name: "/none"}
    for variable, value in {**environ, "AWS_SECRET_ACCESS_KEY": "s", "AWS_DEFAULT_REGION": "eu-west-1"}.items():
        monkeypatch.setenv(variable, value)
    try:
        found = botocore.session.Session().get_credentials()
    except botocore.exceptions.BotoCoreError:
        found = None
    assert (found is None or found.access_key != "OURS") == bool(hidden_by({name: "/none"}))


def test_each_source_of_the_device_precedes_the_next() -> None:
    environ = {"MFA_DEVICE": "variable"}
    both = sections({"aws_mfa_device": "own", "mfa_serial": "long-term"}, {"mfa_serial": "config"})
    assert parts(device_in_force("flag", environ, both)) == ("flag", "--device")
    assert parts(device_in_force("", environ, both)) == ("variable", "MFA_DEVICE")
    assert parts(device_in_force(None, {"MFA_DEVICE": ""}, both)) == ("own", "aws_mfa_device in [work-long-term]")
    both.long_term = {"mfa_serial": "long-term"}
    assert parts(device_in_force(None, {}, both)) == ("config", "mfa_serial in ~/.aws/config [profile work]")
    both.config = {}
    assert parts(device_in_force(None, {}, both)) == ("long-term", "mfa_serial in [work-long-term]")
    assert device_in_force(None, {}, sections()) is None


def test_aws_mfa_device_is_not_looked_for_in_the_config_file() -> None:
    assert device_in_force(None, {}, sections(config={"aws_mfa_device": "config"})) is None


def test_each_source_of_the_role_precedes_the_next() -> None:
    environ, long_term = {"MFA_ASSUME_ROLE": "variable"}, {"assume_role": "own", "role_arn": "never"}
    assert parts(role_in_force("flag", environ, long_term, "w")) == ("flag", "--assume-role")
    assert parts(role_in_force(None, environ, long_term, "w")) == ("variable", "MFA_ASSUME_ROLE")
    assert parts(role_in_force("", environ, long_term, "w")) == ("variable", "MFA_ASSUME_ROLE")
    assert parts(role_in_force("", {"MFA_ASSUME_ROLE": ""}, long_term, "w")) == ("own", "assume_role in [w]")
    assert role_in_force(None, {}, {"assume_role": ""}, "w") is None
    assert role_in_force(None, {}, {}, "w") is None


@pytest.mark.parametrize("none", ["none", "None", "NONE"])
def test_a_configured_role_can_be_switched_off(none: str) -> None:
    """By a flag over a variable, by a variable over a setting (docs/compatibility.md, B23)."""
    assert role_in_force(none, {"MFA_ASSUME_ROLE": "variable"}, {"assume_role": "own"}, "w") is None
    assert role_in_force(None, {"MFA_ASSUME_ROLE": none}, {"assume_role": "own"}, "w") is None
    assert role_in_force(None, {}, {"assume_role": none}, "w") is None


def test_each_source_of_the_duration_precedes_the_next() -> None:
    environ = {"MFA_STS_DURATION": "2000"}
    both = sections({"duration_seconds": "4000"}, {"duration_seconds": "3000"})
    assert duration_in_force(1000, environ, both, None) == (1000, "--duration")
    assert duration_in_force(0, environ, both, None) == (2000, "MFA_STS_DURATION")
    assert duration_in_force(0, {"MFA_STS_DURATION": "8h"}, both, None) == (28800, "MFA_STS_DURATION")
    of_config = (3000, "duration_seconds in ~/.aws/config [profile work]")
    assert duration_in_force(None, {"MFA_STS_DURATION": ""}, both, None) == of_config
    both.config = {}
    assert duration_in_force(None, {}, both, None) == (4000, "duration_seconds in [work-long-term]")


def test_the_default_duration_is_an_hour_with_a_role_and_twelve_without() -> None:
    assert duration_in_force(None, {}, sections(), None) == (43200, "default")
    assert duration_in_force(None, {}, sections(), ROLE) == (3600, "default")


def test_a_roles_own_duration_shortens_neither_an_mfa_session_nor_another_roles() -> None:
    role_profile = sections(config={"role_arn": ROLE.value, "duration_seconds": "900"})
    assert duration_in_force(None, {}, role_profile, None) == (43200, "default")
    assert duration_in_force(None, {}, role_profile, OTHER) == (3600, "default")
    assert duration_in_force(None, {}, role_profile, ROLE)[0] == 900


def test_a_setting_of_another_role_in_the_config_does_not_count_but_the_long_term_sections_does() -> None:
    both = sections({"external_id": "long-term"}, {"role_arn": ROLE.value, "external_id": "roles"})
    assert parts(both.role_setting("external_id", ROLE)) == ("roles", "external_id in ~/.aws/config [profile work]")
    for role in (OTHER, None):
        assert parts(both.role_setting("external_id", role)) == ("long-term", "external_id in [work-long-term]")
    both.config = {"role_arn": "", "external_id": "any"}
    assert parts(both.role_setting("external_id", OTHER)) == ("any", "external_id in ~/.aws/config [profile work]")


@pytest.mark.parametrize("blanks", [" {}", "{} ", "{}\n", "\t{}\r\n"])
def test_blanks_around_a_role_are_not_part_of_it(blanks: str) -> None:
    """It is compared with the role of the session that is there."""
    given = blanks.format(ROLE.value)
    assert parts(role_in_force(given, {}, {}, "w")) == (ROLE.value, "--assume-role")
    assert parts(role_in_force(None, {"MFA_ASSUME_ROLE": given}, {}, "w")) == (ROLE.value, "MFA_ASSUME_ROLE")
    assert role_in_force(blanks.format(""), {}, {}, "w") is None
    assert role_in_force(blanks.format("none"), {}, {"assume_role": "own"}, "w") is None


@pytest.mark.parametrize(
    ("environ", "setting", "source"),
    [
        ({"MFA_STS_DURATION": "abc"}, "3000", "MFA_STS_DURATION"),
        ({}, "1h", "duration_seconds in ~/.aws/config [profile work]"),
    ],
)
def test_a_duration_that_is_not_a_number_names_its_source(environ: dict[str, str], setting: str, source: str) -> None:
    with pytest.raises(BadInput) as raised:
        duration_in_force(None, environ, sections(config={"duration_seconds": setting}), None)
    assert raised.value.message == f"{source} is not a number of seconds"


@pytest.mark.parametrize("written", ["{} # x", "{}\t;x", "'{}'"])
def test_what_is_written_around_a_value_is_named_in_the_classic_form_too(written: str) -> None:
    own = {"aws_mfa_device": DEVICE, "assume_role": "r", "region": "x", "mfa_process": "p"}
    long_term = {key: written.format(value) for key, value in own.items()}
    found = sections(long_term, {"mfa_serial": written.format(DEVICE), "region": written.format("x")})
    reads: tuple[tuple[Callable[[], object], str], ...] = (
        (lambda: device_in_force(None, {}, found), "aws_mfa_device in [work-long-term]"),
        (lambda: found.config_setting("region"), "region in ~/.aws/config [profile work]"),
        (lambda: found.own_setting("region"), "region in [work-long-term]"),
        (lambda: role_in_force(None, {}, long_term, "work-long-term"), "assume_role in [work-long-term]"),
    )
    for read, source in reads:
        with pytest.raises(BadInput) as raised:
            read()
        assert raised.value.message.startswith(f"{source}: AWS files have no ")
    assert parts(found.own_setting("mfa_process")) == (written.format("p"), "mfa_process in [work-long-term]")
    assert parts(device_in_force(written.format(DEVICE), {}, found)) == (written.format(DEVICE), "--device")


def test_each_source_of_the_session_name_precedes_the_next() -> None:
    both = sections({"role_session_name": "long-term"}, {"role_session_name": "config"})
    assert parts(session_name_in_force("flag", both, ROLE)) == ("flag", "--role-session-name")
    of_config = ("config", "role_session_name in ~/.aws/config [profile work]")
    assert parts(session_name_in_force("", both, ROLE)) == of_config
    both.config = {"role_session_name": ""}
    assert parts(session_name_in_force(None, both, ROLE)) == ("long-term", "role_session_name in [work-long-term]")
    assert session_name_in_force(None, sections(), ROLE) is None


@pytest.mark.parametrize(("profile", "header"), [("default", "default"), ("work", "profile work")])
def test_a_profile_in_the_config_file_is_found_under_its_header(profile: str, header: str) -> None:
    assert config_section_name(profile) == header

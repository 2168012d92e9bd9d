"""docs/compatibility.md, section 1: every flag, alias and abbreviation of the old tool and its forks."""

from __future__ import annotations

import pytest

from aws_mfa.cli.classic.flags import parse_flags
from classic_stage import ClassicStage

ROLE = "arn:aws:iam::123456789012:role/Admin"

# Destination, value as it comes out, every spelling: flag, alias, and the abbreviations that work in 0.0.12.
WITH_VALUE = {
    "device": ("GAHT12345678", ["--device", "--dev", "--de"]),
    "duration": ("3600", ["--duration", "--dur", "--du"]),
    "profile": ("work", ["--profile", "--prof", "--p"]),
    "long_term_suffix": ("keys", ["--long-term-suffix", "--long-suffix", "--long-t", "--long-s"]),
    "short_term_suffix": ("mfa", ["--short-term-suffix", "--short-suffix", "--short-t", "--short-s"]),
    "assume_role": (ROLE, ["--assume-role", "--assume", "--assume-r"]),
    "role_session_name": ("ann", ["--role-session-name", "--role", "--r"]),
    "log_level": ("INFO", ["--log-level", "--log"]),
    "token": ("123456", ["--token", "--mfa-token", "--tok", "--mfa"]),
}
SWITCHES = {
    "force": ["--force", "--forc", "--f"],
    "setup": ["--setup", "--set"],
    "no_keychain": ["--no-keychain", "--no"],
}

SPELLINGS = [(name, value, flag) for name, (value, flags) in WITH_VALUE.items() for flag in flags]
SWITCHED = [(name, flag) for name, flags in SWITCHES.items() for flag in flags]


@pytest.mark.parametrize(("name", "value", "flag"), SPELLINGS, ids=[flag for *_, flag in SPELLINGS])
def test_a_value_may_follow_a_blank_or_an_equals_sign(name: str, value: str, flag: str) -> None:
    for argv in ([flag, value], [f"{flag}={value}"]):
        assert str(getattr(parse_flags(argv, ""), name)) == value


@pytest.mark.parametrize(("name", "flag"), SWITCHED, ids=[flag for _, flag in SWITCHED])
def test_a_switch_is_off_until_it_is_given(name: str, flag: str) -> None:
    assert getattr(parse_flags([], ""), name) is False
    assert getattr(parse_flags([flag], ""), name) is True


def test_flags_have_any_order_and_the_last_of_two_counts() -> None:
    there = parse_flags(["--profile", "work", "--force", "--duration", "900"], "")
    back = parse_flags(["--duration", "900", "--force", "--profile", "work"], "")
    assert vars(there) == vars(back)
    assert parse_flags(["--profile", "one", "--prof", "two"], "").profile == "two"


def test_defaults_are_the_contracts() -> None:
    flags = vars(parse_flags([], ""))
    assert flags.pop("log_level") == "DEBUG"
    assert all(value in (None, False) for value in flags.values()), flags


@pytest.mark.parametrize(
    "argv",
    [
        ["--duration", "abc"],
        ["--duration", "1.5"],
        ["--log-level", "debug"],
        ["--log-level", "LOUD"],
        ["--profile"],
        ["--force=yes"],
        ["--unknown"],
        ["--d", "x"],  # device or duration
        ["--l", "x"],  # long-term-suffix or log-level
        ["--s"],  # setup or short-term-suffix
        ["unknown-command"],
    ],
    ids=" ".join,
)
def test_usage_error_prints_the_usage_on_stderr_and_exits_with_2(stage: ClassicStage, argv: list[str]) -> None:
    ended = stage.call(*argv)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("usage: aws-mfa")
    assert stage.sent() == []


@pytest.mark.parametrize(
    ("spelling", "likely"),
    [
        ("--d", "--device, --duration"),
        ("--l", "--long-term-suffix, --long-suffix, --log-level"),
        ("--s", "--short-term-suffix, --short-suffix, --setup"),
    ],
)
def test_ambiguous_prefix_is_refused_with_what_it_could_mean(stage: ClassicStage, spelling: str, likely: str) -> None:
    for words in ([spelling, "x"], [f"{spelling}=x"]):
        ended = stage.call(*words)
        assert (ended.code, ended.out) == (2, "")
        assert ended.err.endswith(f"error: ambiguous option: {spelling} could match {likely}\n")


@pytest.mark.parametrize("flag", ["--help", "-h", "--h"])
def test_help_is_printed_on_stdout_with_exit_0(stage: ClassicStage, flag: str) -> None:
    ended = stage.call(flag)
    assert (ended.code, ended.err) == (0, "")
    assert all(f" {flags[0]}" in ended.out for _, flags in WITH_VALUE.values())


def test_new_flag_has_no_abbreviation_so_that_it_takes_none_from_an_old_one(stage: ClassicStage) -> None:
    assert stage.call("--vau", "file").code == 2
    assert stage.call("--ver").code == 2

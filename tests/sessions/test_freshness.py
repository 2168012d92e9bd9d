"""Each verdict on a short-term section, with its reason (docs/compatibility.md, sections 4 and 9: B3, B11, B20)."""

from __future__ import annotations

import pytest

from aws_mfa.aws_values.text import utc_text
from aws_mfa.config.sections import LONG_TERM_KEYS, OUR_SESSION, kind_of
from aws_mfa.sessions.freshness import (
    MARGIN_S,
    REQUIRED_KEYS,
    Expired,
    Fresh,
    Incomplete,
    Missing,
    OtherRole,
    PermanentKeys,
    judge,
)

NOW = 1_795_327_399.0
ROLE = "arn:aws:iam::123456789012:role/deploy"
OTHER = "arn:aws:iam::123456789012:role/other"


def section(
    *, left_s: int = 3600, without: tuple[str, ...] = (), role: str | None = None, expiration: str = ""
) -> dict[str, str]:
    """A section as the old tool writes it."""
    written = {
        "assumed_role": "False" if role is None else "True",
        "aws_access_key_id": "ASIAXAMPLE",
        "aws_secret_access_key": "secret",
        "aws_session_token": "token",
        "aws_security_token": "token",
        "expiration": expiration or utc_text(NOW + left_s),
    }
    if role is not None:
        written["assumed_role_arn"] = role
    return {key: value for key, value in written.items() if key not in without}


def test_a_complete_section_with_time_left_is_fresh() -> None:
    verdict = judge(section(), role_arn=None, now=NOW)
    assert isinstance(verdict, Fresh)
    assert (verdict.expires_at, verdict.left_s) == (NOW + 3600, 3600)


@pytest.mark.parametrize(("left_s", "kind"), [(62, Fresh), (61, Fresh), (60, Expired), (0, Expired), (-90, Expired)])
def test_the_last_sixty_seconds_count_as_expired(left_s: int, kind: type[Fresh | Expired]) -> None:
    assert MARGIN_S == 60
    verdict = judge(section(left_s=left_s), role_arn=None, now=NOW)
    assert type(verdict) is kind
    assert verdict.left_s == left_s


@pytest.mark.parametrize(
    ("left_s", "after_s", "margin_s", "kind"),
    [(61, 0.999, MARGIN_S, Fresh), (61, 1, MARGIN_S, Expired), (1, 0, 0, Fresh), (300, 0, 300, Expired)],
)
def test_the_margin_counts_parts_of_a_second_and_the_caller_may_choose_it(
    left_s: int, after_s: float, margin_s: float, kind: type[Fresh | Expired]
) -> None:
    assert type(judge(section(left_s=left_s), role_arn=None, now=NOW + after_s, margin_s=margin_s)) is kind


def test_no_section_is_missing() -> None:
    assert isinstance(judge(None, role_arn=None, now=NOW), Missing)


@pytest.mark.parametrize("key", REQUIRED_KEYS)
def test_each_required_key_that_is_absent_or_empty_makes_it_incomplete(key: str) -> None:
    for faulty in (section(without=(key,)), {**section(), key: ""}):
        verdict = judge(faulty, role_arn=None, now=NOW)
        assert isinstance(verdict, Incomplete)
        assert verdict.keys == (key,)


def test_the_required_keys_are_those_of_the_contract() -> None:
    assert set(REQUIRED_KEYS) == set(section())


def test_all_missing_keys_are_named() -> None:
    verdict = judge({}, role_arn=None, now=NOW)
    assert isinstance(verdict, Incomplete)
    assert verdict.keys == REQUIRED_KEYS


@pytest.mark.parametrize("expiration", ["soon", "22.11.2026 06:03:19", "1795327399"])
def test_an_expiration_that_cannot_be_read_means_renew(expiration: str) -> None:
    verdict = judge(section(expiration=expiration), role_arn=None, now=NOW)
    assert isinstance(verdict, Incomplete)
    assert verdict.keys == ("expiration",)


@pytest.mark.parametrize("zone", ["Z", " UTC", "+00:00", ".000Z"])
def test_other_formats_of_the_expiration_are_understood(zone: str) -> None:
    assert isinstance(judge(section(expiration=utc_text(NOW + 3600) + zone), role_arn=None, now=NOW), Fresh)


@pytest.mark.parametrize(("stored", "asked"), [(None, ROLE), (ROLE, None), (ROLE, OTHER), (ROLE, ROLE.upper())])
def test_another_role_than_asked_means_renew(stored: str | None, asked: str | None) -> None:
    for left_s in (3600, -1):
        verdict = judge(section(left_s=left_s, role=stored), role_arn=asked, now=NOW)
        assert isinstance(verdict, OtherRole)
        assert (verdict.stored, verdict.asked) == (stored, asked)


def test_the_role_asked_is_fresh_and_an_empty_role_is_no_role() -> None:
    assert isinstance(judge(section(role=ROLE), role_arn=ROLE, now=NOW), Fresh)
    assert isinstance(judge(section(role=""), role_arn=None, now=NOW), Fresh)


ALL_BUT_THE_KEYS = tuple(key for key in REQUIRED_KEYS if key != "aws_secret_access_key")


@pytest.mark.parametrize(
    "without", [(), ("aws_session_token", "aws_security_token"), ("expiration",), ALL_BUT_THE_KEYS]
)
def test_akia_keys_are_permanent_whatever_is_beside_them(without: tuple[str, ...]) -> None:
    """`aws configure` leaves old token lines when it replaces the keys; never overwritten, with any role asked."""
    keys = {**section(without=without), "aws_access_key_id": "AKIAXAMPLE"}
    for role_arn in (None, ROLE):
        assert isinstance(judge(keys, role_arn=role_arn, now=NOW), PermanentKeys)


@pytest.mark.parametrize("key_id", ["'AKIAXAMPLE'", "\nAKIAXAMPLE", "\ufeffAKIAXAMPLE", "akiaxample"])
def test_a_mistyped_akia_id_is_an_iam_users_too(key_id: str) -> None:
    assert kind_of({**section(), "aws_access_key_id": key_id}) == LONG_TERM_KEYS
    assert kind_of({**section(), "aws_access_key_id": "ASIAKIAXAMPLE"}) == OUR_SESSION


@pytest.mark.parametrize("mark", ["aws_session_token", "aws_security_token", "expiration", "assumed_role"])
def test_a_key_of_unknown_prefix_is_permanent_unless_something_marks_a_session(mark: str) -> None:
    keys = {"aws_access_key_id": "XYZAEXAMPLE", "aws_secret_access_key": "secret"}
    assert kind_of(keys) == LONG_TERM_KEYS
    assert kind_of({**keys, mark: ""}) == LONG_TERM_KEYS
    assert kind_of({**keys, mark: "something"}) != LONG_TERM_KEYS


def test_a_secret_without_its_id_is_permanent_unless_something_marks_a_session() -> None:
    """AWS never shows it again."""
    assert kind_of({"aws_secret_access_key": "secret"}) == LONG_TERM_KEYS
    assert kind_of({"aws_secret_access_key": "secret", "expiration": "something"}) != LONG_TERM_KEYS


def test_what_is_incomplete_may_be_for_another_role_as_well() -> None:
    verdict = judge(section(role=ROLE, without=("expiration",)), role_arn=None, now=NOW)
    assert isinstance(verdict, Incomplete)
    assert verdict.other_role is not None
    assert (verdict.other_role.stored, verdict.other_role.asked) == (ROLE, None)
    same = judge(section(role=ROLE, without=("expiration",)), role_arn=ROLE, now=NOW)
    assert isinstance(same, Incomplete)
    assert same.other_role is None


@pytest.mark.parametrize(
    "keys",
    [
        {},
        {"aws_access_key_id": ""},
        {"aws_access_key_id": "ASIAXAMPLE", "aws_secret_access_key": "secret"},
        {"aws_access_key_id": "AKIAXAMPLE"},
        {"aws_access_key_id": "AKIAXAMPLE", "aws_secret_access_key": ""},
        {"region": "x"},
    ],
)
def test_no_key_an_incomplete_pair_and_session_keys_are_not_permanent(keys: dict[str, str]) -> None:
    assert kind_of(keys) != LONG_TERM_KEYS
    assert isinstance(judge(keys, role_arn=None, now=NOW), Incomplete)

"""The limits of STS per call, and durations as people read them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aws_mfa.aws_values.text import (
    DEFAULT_MFA_SESSION_S,
    DEFAULT_ROLE_SESSION_S,
    check_duration,
    duration_text,
    parse_duration,
    parse_seconds,
)
from aws_mfa.errors import BadInput
from examples import examples


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("900", 900), (" 43200\n", 43200), ("0", 0), ("0900", 900), ("+1200", 1200), ("43_200", 43200), ("-1", -1)],
)
def test_whole_seconds_are_read_as_int_reads_them(text: str, seconds: int) -> None:
    assert parse_seconds(text, "MFA_STS_DURATION") == seconds


@pytest.mark.parametrize("text", ["", "abc", "1h", "900.0", "9__00", "_900", "²", "9" * 5000])
def test_what_is_not_a_number_of_seconds_names_its_source(text: str) -> None:
    with pytest.raises(BadInput, match=r"^MFA_STS_DURATION is not a number of seconds$"):
        parse_seconds(text, "MFA_STS_DURATION")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        *(("6h", 21600), ("30m", 1800), ("900s", 900), ("900", 900), (" 1h30m ", 5400), ("1h30m5s", 5405)),
        *(("0", 0), ("36h", 129600), ("999999999", 999_999_999), ("90m", 5400)),
    ],
)
def test_durations_are_read_as_people_write_them(text: str, seconds: int) -> None:
    assert parse_duration(text, "--min-remaining") == seconds


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "h", "soon", "1.5h", "-1h", "+1h", "1h30", "30m1h", "1h1h", "1d", "6 h", "6H", "٦h", "²h", "1hm"),
        *("9" * 10, "1" * 5000 + "h"),
    ],
)
def test_what_is_not_a_duration_names_its_source(text: str) -> None:
    """`1h30` too: half of those who write it mean minutes."""
    with pytest.raises(BadInput, match=r"^--min-remaining '.*' is not a duration$") as refused:
        parse_duration(text, "--min-remaining")
    assert refused.value.hints == ("give for example: 6h, 30m or 900",)
    assert len(refused.value.message) < 300


@pytest.mark.parametrize(
    ("role", "root", "longest_s"),
    [(False, False, 129600), (True, False, 43200), (False, True, 3600), (True, True, 43200)],
)
def test_each_call_has_its_own_limits(role: bool, root: bool, longest_s: int) -> None:  # noqa: FBT001
    for duration_s in (900, longest_s):
        check_duration(duration_s, "--duration", role=role, root=root)
    for duration_s, instead_s in ((899, 900), (0, 900), (-1, 900), (longest_s + 1, longest_s)):
        with pytest.raises(BadInput) as raised:
            check_duration(duration_s, "--duration", role=role, root=root)
        call = "AssumeRole" if role else "GetSessionToken"
        message = f"duration {duration_s} (--duration) is out of range: {call} takes 900 to {longest_s}"
        assert message in raised.value.message
        assert raised.value.message.endswith("for the root user") == (root and not role)
        assert raised.value.hints == (f"use for example: --duration {instead_s}",)


def test_the_defaults_are_those_of_the_contract_and_are_accepted() -> None:
    assert (DEFAULT_MFA_SESSION_S, DEFAULT_ROLE_SESSION_S) == (43200, 3600)
    check_duration(DEFAULT_MFA_SESSION_S, "default", role=False)
    check_duration(DEFAULT_ROLE_SESSION_S, "default", role=True)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        *((-5, "0 s"), (0, "0 s"), (45, "45 s"), (59.4, "59 s"), (59.6, "1 min"), (60, "1 min"), (119, "2 min")),
        *((1020, "17 min"), (3599, "1 h"), (3600, "1 h"), (3900, "1 h 05 min"), (43200, "12 h"), (129600, "36 h")),
    ],
)
def test_durations_as_people_read_them(seconds: float, text: str) -> None:
    assert duration_text(seconds) == text


@examples(60)
@given(st.integers(60, 200_000))
def test_a_duration_shown_is_the_nearest_minute(seconds: int) -> None:
    """43 199 s are twelve hours to a person."""
    words = duration_text(seconds).split()
    shown = sum(
        int(number) * {"h": 3600, "min": 60}[unit] for number, unit in zip(words[::2], words[1::2], strict=True)
    )
    assert abs(seconds - shown) <= 30

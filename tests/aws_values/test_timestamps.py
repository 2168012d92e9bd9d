"""Moments are read as `datetime` reads them; any other text is None, never a guess."""

from __future__ import annotations

import sys
import time
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aws_mfa.aws_values.text import local_text, parse_moment, rfc3339_text, utc_text
from examples import examples

some = examples(60)
utc_moments = st.datetimes(timezones=st.just(timezone.utc))
zones = st.integers(-23 * 60, 23 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
OLD_TOOL = "2026-11-22 06:03:19"
AT = 1795327399


def seconds(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(seconds=1)


@some
@given(utc_moments)
def test_every_day_of_the_calendar_is_read_as_datetime_reads_it(moment: datetime) -> None:
    assert parse_moment(moment.strftime(f"{moment.year:04d}-%m-%d %H:%M:%S")) == seconds(moment)


@some
@given(
    st.datetimes(datetime(1, 1, 3), datetime(9999, 12, 29), timezones=zones),  # noqa: DTZ001  # `timezones` gives them
    st.sampled_from("T "),
    st.sampled_from(("seconds", "milliseconds", "microseconds")),
    st.sampled_from(("", " ")),
)
def test_offsets_and_fractions_are_read_as_datetime_reads_them(moment: datetime, sep: str, unit: str, gap: str) -> None:
    """A fraction is dropped: no session is taken to live longer than it does."""
    written = moment.isoformat(sep, unit)
    assert parse_moment(written[:-6] + gap + written[-6:]) == seconds(moment)
    assert parse_moment(written[:-6] + gap + written[-6:].replace(":", "")) == seconds(moment)


@pytest.mark.parametrize(
    "text",
    [
        *(OLD_TOOL, "2026-11-22T06:03:19Z", "2026-11-22t06:03:19z", "2026-11-22T06:03:19.999999Z"),
        *("2026-11-22 06:03:19 UTC", "2026-11-22 06:03:19.5 GMT", "2026-11-22 06:03:19+00:00"),
        *("2026-11-22T07:03:19+01:00", "2026-11-22T07:03:19+01", "2026-11-22T00:33:19 -0530"),
        f" {OLD_TOOL}\n",
    ],
)
def test_each_spelling_found_in_credentials_files_is_the_same_moment(text: str) -> None:
    assert parse_moment(text) == AT


@some
@given(utc_moments, st.tuples(*[st.sampled_from(("", "02"))] * 5), st.sampled_from((" ", "   ")))
def test_leading_zeros_may_be_missing_as_for_strptime(moment: datetime, widths: tuple[str, ...], gap: str) -> None:
    """The old tool did so: a session stays valid after its user edited the moment by hand."""
    parts = (moment.month, moment.day, moment.hour, moment.minute, moment.second)
    month, day, hour, minute, second = (f"{part:{width}}" for part, width in zip(parts, widths, strict=True))
    text = f"{moment.year:04}-{month}-{day}{gap}{hour}:{minute}:{second}"
    assert datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=timezone.utc, microsecond=0) == moment.replace(
        microsecond=0
    )
    assert parse_moment(text) == seconds(moment)


@pytest.mark.parametrize("year", [1900, 2000, 2024, 2026, 2100, 2400])
def test_the_29th_of_february_exists_in_leap_years_only(year: int) -> None:
    is_leap = year in (2000, 2024, 2400)
    assert (parse_moment(f"{year}-02-29 00:00:00") is not None) == is_leap
    first_of_march = parse_moment(f"{year}-03-01 00:00:00")
    assert first_of_march == seconds(datetime(year, 3, 1, tzinfo=timezone.utc))


@pytest.mark.parametrize(
    "text",
    [
        *("", "never", "1795327399", "2026-11-22", "2026-11-22 06:03"),
        *("22.11.2026 06:03:19", "Sun Nov 22 06:03:19 2026"),
        *("2026-00-22 06:03:19", "2026-13-22 06:03:19", "2026-11-00 06:03:19", "2026-11-31 06:03:19"),
        *("2026-11-22 24:03:19", "2026-11-22 06:60:19", "2026-11-22 06:03:60", "0000-11-22 06:03:19"),
        *("2026/11/22 06:03:19", "2026-11-22_06:03:19", "2026-11-22 06.03.19", "2026-11-22 006:03:19"),
        *("26-11-22 06:03:19", "2026- 11-22 06:03:19", "2026-11-22 06: 03:19", "2026-11-22 06:03:"),
        "+026-11-22 06:03:19",
        *(f"{OLD_TOOL} CET", f"{OLD_TOOL} AM", f"{OLD_TOOL}.", f"{OLD_TOOL}.Z", f"{OLD_TOOL},5", f"{OLD_TOOL}0"),
        *(f"{OLD_TOOL}{zone}" for zone in ("+1", "+1:00", "+:0100", "+010:0", "+01:", "+", "+24:00", "+01:60")),
        *(f"{OLD_TOOL}{zone}" for zone in ("+01:00:00", "+0x:00", "+\u0660\u0661:00")),
        *("٢٠٢٦-11-22 06:03:19", f"{OLD_TOOL} +0000 UTC", "2026-11-22T06:03:19ZZ"),
    ],
)
def test_what_is_not_a_moment_is_none(text: str) -> None:
    assert parse_moment(text) is None


@some
@given(st.text(max_size=30) | st.text(alphabet="0129+-:.ZUTC ", max_size=9).map(OLD_TOOL.__add__))
def test_no_text_makes_it_raise(text: str) -> None:
    found = parse_moment(text)
    assert found is None or found == int(found)


@some
@given(st.integers(0, 4_000_000_000), st.floats(0, 0.999))
def test_what_is_written_is_read_back_to_the_second(moment: int, fraction: float) -> None:
    assert parse_moment(utc_text(moment + fraction)) == moment
    assert parse_moment(rfc3339_text(moment + fraction)) == moment


def test_the_forms_written_are_those_of_the_contract() -> None:
    assert utc_text(AT) == OLD_TOOL
    assert rfc3339_text(AT) == "2026-11-22T06:03:19Z"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no tzset")
@pytest.mark.parametrize(
    ("zone", "shown"),
    [
        ("CET-1", "Sun 07:03:19 UTC+1"),
        ("EST5", "Sun 01:03:19 UTC-5"),
        ("IST-5:30", "Sun 11:33:19 UTC+5:30"),
        ("NST3:30", "Sun 02:33:19 UTC-3:30"),
        ("UTC0", "Sun 06:03:19 UTC"),
    ],
)
def test_local_text_is_the_users_clock(monkeypatch: pytest.MonkeyPatch, zone: str, shown: str) -> None:
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        assert local_text(AT) == shown
    finally:
        monkeypatch.undo()
        time.tzset()

"""Windows of 30 seconds, and codes of six digits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aws_mfa.aws_values.codes import checked_code, looks_like_key_id, looks_like_secret, seconds_to_next, window_of
from aws_mfa.errors import BadCode
from examples import examples


@pytest.mark.parametrize(("moment", "window"), [(0, 0), (29.999, 0), (30, 1), (59, 1), (1_111_111_109, 37_037_036)])
def test_the_window_is_the_time_step_of_rfc_6238(moment: float, window: int) -> None:
    """The last one is T=0x23523EC of the RFC's appendix B."""
    assert window_of(moment) == window


@pytest.mark.parametrize(("now", "wait_s"), [(0, 30), (0.001, 30), (1, 29), (28.5, 2), (29, 1), (29.999, 1), (30, 30)])
def test_seconds_to_next_are_whole_and_never_too_few(now: float, wait_s: int) -> None:
    assert seconds_to_next(now) == wait_s


@examples(60)
@given(st.floats(0, 4_000_000_000))
def test_after_that_wait_the_next_window_has_begun(now: float) -> None:
    wait_s = seconds_to_next(now)
    assert 1 <= wait_s <= 30
    assert window_of(now + wait_s) == window_of(now) + 1


@pytest.mark.parametrize(
    "text",
    [
        *("123456", " 123456\n", "\t123456\t", "123 456", "12 34 56", "123\u00a0456"),
        *("123-456", "123\u2011456", "123 \u2013 456", "\ufeff123456", "\ufeff 123-456\r\n"),
        *("\uff11\uff12\uff13\uff14\uff15\uff16", "١٢٣٤٥٦", "١٢٣-٤٥٦", "۱۲۳۴۵۶", "१२३456"),
    ],
)
def test_six_digits_are_accepted_as_phones_and_keyboards_write_them(text: str) -> None:
    assert checked_code(text) == "123456"


@pytest.mark.parametrize(
    "text",
    [
        *("", "12345", "1234567", "12345a", "-12345", "-123456", "123456-", "12-3456", "123--456", "1-2-3456"),
        *("+12345", "1e5000", "²²²²²²", "①②③④⑤⑥", "一二三四五六"),
    ],
)
def test_anything_else_is_refused_and_not_quoted(text: str) -> None:
    with pytest.raises(BadCode, match=r"^an MFA code is six digits$") as raised:
        checked_code(text)
    assert not text or text not in repr((raised.value.message, raised.value.hints))


@pytest.mark.parametrize(
    ("text", "is_key_id", "is_secret"),
    [
        *(("AKIAIOSFODNN7EXAMPLE", True, False), ("ASIAIOSFODNN7EXAMPLE", True, False), ("", False, False)),
        *(("akiaiosfodnn7example", False, False), ("b0dd8c31d3ee8d9a9a0d2d7c33dbcba1a1a9e5c1", False, False)),
        ("GK31c2f218a2e44f485b94239eGK31c2f218", False, True),
        ("je7MtGbClwBFd2Zp9Utkdh3yCo8nvbQXEXAMPLEK", False, True),
        ("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", False, True),
        ("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEK", False, True),
    ],
)
def test_a_key_in_the_place_of_the_other_is_known_by_its_shape(text: str, *, is_key_id: bool, is_secret: bool) -> None:
    assert (looks_like_key_id(text), looks_like_secret(text)) == (is_key_id, is_secret)

"""Text that other people wrote is printed without anything that a terminal would execute."""

from __future__ import annotations

import pytest

from aws_mfa.aws_values.text import shown_text


@pytest.mark.parametrize("text", ["", "work", "büro", "arn:aws:iam::123456789012:mfa/ann", "日本", "a b"])
def test_printable_text_stays_as_it_is(text: str) -> None:
    assert shown_text(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\nERROR - forged", "a\\nERROR - forged"),
        ("\x1b]0;title\x07", "\\x1b]0;title\\x07"),
        ("\u202eright to left", "\\u202eright to left"),
        ("\x9b31mred", "\\x9b31mred"),
        ("tab\there", "tab\\there"),
    ],
)
def test_what_a_terminal_would_execute_is_printed_as_its_escape(text: str, shown: str) -> None:
    assert shown_text(text) == shown

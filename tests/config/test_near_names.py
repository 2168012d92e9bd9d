from __future__ import annotations

import pytest

from aws_mfa.config.profile_names import did_you_mean

THERE = ["work", "work-admin", "Prod", "staging", "sta\x1bging"]


@pytest.mark.parametrize(
    ("name", "hints"),
    [
        ("wrok", ["did you mean: work"]),
        ("prod", ["did you mean: Prod"]),
        ("work-admn", ["did you mean: work-admin, work"]),
        ("stagng", ["did you mean: staging"]),
        ("elsewhere", []),
        ("", []),
    ],
)
def test_names_like_it_are_offered_and_none_that_could_not_be_typed(name: str, hints: list[str]) -> None:
    assert did_you_mean(name, THERE) == hints

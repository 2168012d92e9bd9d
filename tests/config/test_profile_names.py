"""Near names are offered, and hints to set up name the profile."""

from __future__ import annotations

import pytest

from aws_mfa.command_lines import quote
from aws_mfa.config.profile_names import SetUpHint, did_you_mean, name_profile
from aws_mfa.errors import KeychainUnavailable


@pytest.mark.parametrize(
    ("name", "hints"),
    [
        *(("wrok", ["did you mean: work"]), ("prod", ["did you mean: Prod"])),
        *(("work-admn", ["did you mean: work-admin, work"]), ("stagng", ["did you mean: staging"])),
        *(("elsewhere", []), ("", [])),
    ],
)
def test_names_like_it_are_offered_and_none_that_could_not_be_typed(name: str, hints: list[str]) -> None:
    assert did_you_mean(name, ["work", "work-admin", "Prod", "staging", "sta\x1bging"]) == hints


def test_a_hint_that_sets_up_names_the_profile_ready_for_a_shell() -> None:
    hints = ("unlock it", SetUpHint("or", " --vault age"), "aws-mfa setup --profile x")
    error = KeychainUnavailable("locked", *hints)
    assert error.hints == ("unlock it", "or: aws-mfa setup --vault age", "aws-mfa setup --profile x")
    name_profile(error, "my prof-long-term")
    named = ("unlock it", f"or: aws-mfa setup --profile {quote('my prof')} --vault age", "aws-mfa setup --profile x")
    assert (error.message, error.hints) == ("locked", named)
    name_profile(error, "the first name stays")
    assert error.hints == named
    assert KeychainUnavailable("locked", *hints).hints[1] == "or: aws-mfa setup --vault age"

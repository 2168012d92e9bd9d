"""Hints that name the profile."""

from __future__ import annotations

from aws_mfa.errors import KeychainUnavailable
from aws_mfa.rules.named_hints import with_profile


def test_a_hint_that_sets_up_names_the_profile_ready_for_a_shell() -> None:
    error = KeychainUnavailable("locked", "unlock it", "or: aws-mfa setup --vault age", "aws-mfa setup --profile x")
    named = with_profile(error, "my prof-long-term")
    assert type(named) is KeychainUnavailable
    assert named.message == "locked"
    assert named.hints == (
        "unlock it",
        "or: aws-mfa setup --profile 'my prof' --vault age",
        "aws-mfa setup --profile x",
    )
    assert error.hints[1] == "or: aws-mfa setup --vault age"

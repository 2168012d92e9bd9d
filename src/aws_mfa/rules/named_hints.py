"""Hints that say `aws-mfa setup`, with the profile they are about: whoever raised them need not know it."""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING, TypeVar

from aws_mfa.rules.section_names import profile_of

if TYPE_CHECKING:
    from aws_mfa.errors import AwsMfaError

Failure = TypeVar("Failure", bound="AwsMfaError")

_SET_UP = "aws-mfa setup"


def with_profile(error: Failure, profile: str) -> Failure:
    """The same failure; hints that name a profile stay. A long-term section's name stands for its profile."""
    named = f"{_SET_UP} --profile {quote(profile_of(profile))}"
    hints = (hint if "--profile" in hint else hint.replace(_SET_UP, named) for hint in error.hints)
    return type(error)(error.message, *hints)

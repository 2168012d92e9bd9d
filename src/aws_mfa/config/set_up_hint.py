"""Hints to run `aws-mfa setup`: raised where the profile is unknown, completed where the failure is caught."""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING

from aws_mfa.config.section_names import profile_of

if TYPE_CHECKING:
    from typing_extensions import Self

    from aws_mfa.errors import AwsMfaError


class SetUpHint(str):
    """`TEXT: aws-mfa setup OPTIONS`, for any profile."""

    __slots__ = ("options", "text")
    options: str
    text: str

    def __new__(cls, text: str, options: str = "") -> Self:  # noqa: D102
        hint = super().__new__(cls, f"{text}: aws-mfa setup{options}")
        hint.text = text
        hint.options = options
        return hint


def name_profile(error: AwsMfaError, profile: str) -> None:
    """Name the profile in the hints that have none yet; the name of a long-term section means its profile."""
    option = f" --profile {quote(profile_of(profile))}"
    error.hints = tuple(
        f"{hint.text}: aws-mfa setup{option}{hint.options}" if isinstance(hint, SetUpHint) else hint
        for hint in error.hints
    )

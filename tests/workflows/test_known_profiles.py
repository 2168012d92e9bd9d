"""Whose a name is: somebody's profile, or one whose credentials another program has."""

from __future__ import annotations

import pytest

from aws_mfa.errors import BadProfile
from aws_mfa.workflows.known_profiles import check_known, other_program_of
from fakes import FakeOutside, as_outside

OURS = "aws-mfa credential-process dev"


@pytest.mark.parametrize(
    ("credentials", "config", "notes"),
    [
        ("[work]\nregion = x\n", "", ""),
        ("[work-long-term]\nregion = x\n", "", ""),
        ("", "[profile work]\nregion = x\n", ""),
        ("", "", "[work-long-term]\nvault = keychain\n"),
    ],
)
def test_a_profile_is_known_from_each_place_that_may_have_it(credentials: str, config: str, notes: str) -> None:
    outside = FakeOutside(credentials, config)
    outside.known_keys.text = notes
    check_known("work", as_outside(outside))
    with pytest.raises(BadProfile) as refused:
        check_known("wrok", as_outside(outside), "a hint")
    assert refused.value.hints[-1] == "a hint"


@pytest.mark.parametrize(
    ("config", "place"),
    [
        ("", None),
        ("[profile dev]\nregion = x\n", None),
        (f"[profile dev]\nrole_arn = r\ncredential_process = {OURS}\n", None),
        ("[profile dev]\ncredential_process = aws-vault x\n", "credential_process in ~/.aws/config [profile dev]"),
    ],
)
def test_another_programs_line_is_found_and_ours_is_none(config: str, place: str | None) -> None:
    assert other_program_of("dev", as_outside(FakeOutside("", config))) == place

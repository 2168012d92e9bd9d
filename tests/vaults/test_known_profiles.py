"""Which profile names are known, and which of them have another program for their credentials."""

from __future__ import annotations

import pytest

from aws_mfa.errors import BadProfile, BrokenFile
from aws_mfa.vaults.lookup import KnownProfiles, check_known, other_program_of
from fakes import FakeInterfaces, as_interfaces

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
    interfaces = FakeInterfaces(credentials, config)
    interfaces.known_keys.text = notes
    check_known("work", as_interfaces(interfaces))
    with pytest.raises(BadProfile) as refused:
        check_known("wrok", as_interfaces(interfaces), "a hint")
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
def test_another_programs_line_is_found_and_ours_is_not(config: str, place: str | None) -> None:
    assert other_program_of(KnownProfiles(as_interfaces(FakeInterfaces("", config))).profiles.profile("dev")) == place


NOTE = "[work-long-term]\nvault = keychain\n\n[session of home]\nsession = ASIA\n"


def known_by(notes: str | None) -> KnownProfiles:
    interfaces = FakeInterfaces()
    interfaces.known_keys.text = notes
    return KnownProfiles(as_interfaces(interfaces))


def test_keys_are_noted_for_the_profile_of_the_long_term_section() -> None:
    known = known_by(NOTE)
    assert known.has_noted_keys("work")
    assert not known.has_noted_keys("work-long-term")
    assert not known.has_noted_keys("home")
    assert not known_by(None).noted_sections


def test_notes_that_cannot_be_read_are_named() -> None:
    with pytest.raises(BrokenFile, match="known-keys"):
        known_by("vault = keychain\n")

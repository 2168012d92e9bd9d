"""Profile and suffixes (docs/compatibility.md, section 2): each row there is a claim."""

from __future__ import annotations

import configparser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aws_mfa.config.edit import with_changes
from aws_mfa.config.ini import section_values
from aws_mfa.config.sections import (
    check_name,
    default_long_term,
    long_term_section,
    profile_in_force,
    profile_of,
    section_names,
)
from aws_mfa.errors import BadInput
from examples import examples


@pytest.mark.parametrize(
    ("flag", "environ", "profile"),
    [
        ("work", {"AWS_PROFILE": "other"}, "work"),
        (None, {"AWS_PROFILE": "other"}, "other"),
        ("", {"AWS_PROFILE": "other"}, "other"),
        (None, {"AWS_PROFILE": ""}, "default"),
        (None, {}, "default"),
        (None, {"AWS_DEFAULT_PROFILE": "other"}, "default"),
    ],
)
def test_the_flag_then_aws_profile_then_default(flag: str | None, environ: dict[str, str], profile: str) -> None:
    assert profile_in_force(flag, environ) == profile


@pytest.mark.parametrize(
    ("suffix", "name"),
    [
        *((None, "p-long-term"), ("", "p-long-term"), ("keys", "p-keys"), ("long-term", "p-long-term")),
        *(("none", "p"), ("None", "p"), ("NONE", "p"), ("nonesuch", "p-nonesuch")),
    ],
)
def test_the_long_term_section_is_the_profile_with_its_suffix(suffix: str | None, name: str) -> None:
    assert long_term_section("p", suffix) == name


@pytest.mark.parametrize("profile", ["work", "default", "", "long-term", "work-long-term"])
def test_the_profile_of_a_long_term_section_is_the_one_it_is_named_after(profile: str) -> None:
    assert default_long_term(profile) == long_term_section(profile, None)
    assert profile_of(default_long_term(profile)) == profile


@pytest.mark.parametrize("name", ["work", "long-term", "work-long-term-2"])
def test_a_name_without_the_suffix_is_unchanged(name: str) -> None:
    assert profile_of(name) == name


@pytest.mark.parametrize(
    ("suffix", "name"),
    [
        *((None, "p"), ("", "p"), ("none", "p"), ("None", "p"), ("NONE", "p")),
        *(("short", "p-short"), ("nonesuch", "p-nonesuch")),
    ],
)
def test_the_short_term_section_is_the_profile_unless_a_suffix_is_given(suffix: str | None, name: str) -> None:
    assert section_names("p", "keys", suffix) == ("p-keys", name)


def test_both_names_long_term_first() -> None:
    assert section_names("work", None, None) == ("work-long-term", "work")
    assert section_names("work", "none", "session") == ("work", "work-session")


@pytest.mark.parametrize(
    ("long_suffix", "short_suffix"), [("none", None), ("NONE", "none"), ("x", "x"), (None, "long-term"), ("none", "")]
)
def test_equal_names_are_refused_as_the_contract_says(long_suffix: str | None, short_suffix: str | None) -> None:
    with pytest.raises(BadInput) as raised:
        section_names("work", long_suffix, short_suffix)
    message = "The value for '--long-term-suffix' cannot be equal to the value for '--short-term-suffix'"
    assert raised.value.message == message


@pytest.mark.parametrize(
    "name", ["", " ", " a", "a ", "a\n", "a\nb", "a\tb", "a\0", "a]", "[a", "a\u2028b", "a\ud800", "DEFAULT"]
)
def test_a_name_that_no_header_can_hold_is_refused(name: str) -> None:
    with pytest.raises(BadInput):
        check_name(name)


@pytest.mark.parametrize("name", ["a]b", "[a", "a]", " a "])
def test_an_existing_section_may_have_any_printable_name(name: str) -> None:
    """boto3 reads it, but other SDKs could not read a file with such a new section."""
    check_name(name, is_new=False)
    with pytest.raises(BadInput):
        check_name(name)


@pytest.mark.parametrize("name", ["", "DEFAULT", "a\nb", "a\x1b[2J", "a\0"])
def test_an_existing_section_may_not_have_another_name(name: str) -> None:
    with pytest.raises(BadInput):
        check_name(name, is_new=False)


@pytest.mark.parametrize(
    "name", ["default", "work", "my work", "ann@example.com", "größe", "a.b_c-d/e:f+g", "Default", "a#b"]
)
def test_ordinary_names_are_accepted(name: str) -> None:
    check_name(name)


@pytest.mark.parametrize(
    ("profile", "long_suffix", "short_suffix"),
    [("DEFAULT", None, None), ("DEFAULT", "none", "x"), ("a", "x\n[y]", None), ("a", None, "x\n[y]")],
)
def test_both_names_are_checked(profile: str, long_suffix: str | None, short_suffix: str | None) -> None:
    with pytest.raises(BadInput):
        section_names(profile, long_suffix, short_suffix)


@examples(60)
@given(st.text(max_size=12))
def test_every_accepted_name_is_read_back_from_a_file(name: str) -> None:
    try:
        check_name(name)
    except BadInput:
        return
    text = with_changes("[other]\n", name, {"k": "v"}) if name != "other" else "[other]\nk = v\n"
    parser = configparser.RawConfigParser()
    parser.read_string(text)
    assert dict(parser.items(name)) == section_values(text, name) == {"k": "v"}

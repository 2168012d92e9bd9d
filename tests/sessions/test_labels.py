"""Labels and the names of their files: reversible, and safe on every file system."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aws_mfa.sessions.places import file_name, shortened, stored_in

ANY_LABEL = st.text(st.characters(codec=None) | st.sampled_from("%Aa/\\.:*\ud800"), max_size=300)


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("work", "session-work.txt"),
        ("mfa@work-long-term", "session-mfa@work-long-term.txt"),
        *(("Prod", "session-%50rod.txt"), ("../x", "session-..%2fx.txt"), ("con", "session-con.txt")),
        *(("", "session-.txt"), ("a b", "session-a%20b.txt"), ("%41", "session-%2541.txt")),
        ("\u00e9", "session-%c3%a9.txt"),
    ],
)
def test_names_are_readable_if_possible(label: str, name: str) -> None:
    assert (file_name(label, ".txt"), stored_in(name, ".txt")) == (name, label)


@given(ANY_LABEL)
def test_a_label_is_read_from_the_name_of_its_file(label: str) -> None:
    name = file_name(label, ".age")
    assert stored_in(name, ".age") == label
    assert len(os.fsencode(file_name(shortened(label), ".age"))) <= 187, "a mark has 13 more"
    assert not set(name) & set('/\\:*?"<>|\0')


@given(ANY_LABEL, ANY_LABEL)
def test_two_labels_never_share_a_file_even_if_case_is_ignored(one: str, other: str) -> None:
    names = file_name(one, ".txt"), file_name(other, ".txt")
    if one != other:
        assert names[0].casefold() != names[1].casefold()


@pytest.mark.parametrize(
    ("label", "is_cut"), [("a" * 175, False), ("a" * 176, True), ("A" * 58, False), ("A" * 59, True)]
)
def test_a_label_that_is_too_long_is_cut_and_ends_in_a_hash_of_the_whole(label: str, *, is_cut: bool) -> None:
    short = shortened(label)
    assert (short != label) == is_cut
    assert shortened(short) == short
    assert label.startswith(short.partition("~")[0])
    assert not is_cut or short != shortened(label + label[0])


@given(st.text(), st.sampled_from(["", "session-"]), st.sampled_from(["", ".txt"]))
def test_any_other_file_has_no_label(name: str, before: str, behind: str) -> None:
    label = stored_in(before + name + behind, ".txt")
    assert label is None or file_name(label, ".txt") == before + name + behind


@pytest.mark.parametrize(
    "name", ["session-%4.txt", "session-%zz.txt", "session-%41", "session-A.txt", "session-%61.txt"]
)
def test_a_name_that_aws_mfa_would_not_give_has_no_label(name: str) -> None:
    assert stored_in(name, ".txt") is None

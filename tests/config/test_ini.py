"""`ini` reads what SDKs read and refuses what they refuse; `edit` keeps every byte outside its change."""

from __future__ import annotations

import configparser
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from botocore.configloader import raw_config_parse  # the reference
from botocore.exceptions import ConfigParseError
from hypothesis import assume, example, given
from hypothesis import strategies as st

from aws_mfa.config.edit import with_all_changes, with_changes, without_keys
from aws_mfa.config.index import SectionIndex
from aws_mfa.config.ini import check, check_if_small, section_values, sections
from aws_mfa.errors import BadInput, BrokenFile
from config.ini_examples import (
    NAMES,
    NAMES_TO_CHANGE,
    File,
    Line,
    Values,
    any_characters,
    any_lines,
    files,
    read_by_sdk,
)
from examples import examples

CANARY = "wJalrXUtnFEMI/K7MDENG"

some = examples(60)
any_text = any_lines() | any_characters() | files().map(lambda file: file.text)
new_values = st.text(alphabet="av=:#;[] é", max_size=6).map(str.strip)
changes_of = st.dictionaries(
    st.sampled_from(("aws_access_key_id", "aws_secret_access_key", "expiration", "s3", "clé", "new", "newer")),
    st.none() | new_values,
    max_size=5,
)


def sdk_refuses(text: str) -> bool:
    try:
        read_by_sdk(text)
    except (configparser.Error, ConfigParseError):
        return True
    return False


def our_refusal(text: str) -> BrokenFile | None:
    try:
        check(text)
    except BrokenFile as refusal:
        return refusal
    return None


def names_to_ask(text: str) -> set[str]:
    """Every text between two brackets, whether it is a section or not."""
    opening = [at for at, char in enumerate(text) if char == "["]
    closing = [at for at, char in enumerate(text) if char == "]"]
    spans = [text[start + 1 : end] for start in opening for end in closing if start + 1 < end]
    return {span for span in spans if "\n" not in span and "\r" not in span} | set(NAMES)


def values_read(text: str) -> Values:
    """What `sections` finds, the pieces of [DEFAULT] joined."""
    found: Values = {}
    for section in sections(text):
        found.setdefault(section.name, {}).update(section.values())
    return found


def lines_of(text: str) -> list[str]:
    """With their ends, of which CR CR LF is one here."""
    return re.findall(r"[^\r\n]*(?:\r?\r?\n|\r)|[^\r\n]+", text)


# Reading


@some
@given(any_text)
@example("[a]\n[] = v\n")
@example("[a]\n[]\n")
@example("[DEFAULT]\nk = 1\n[a]\n[DEFAULT]\nK = 2\n")
@example("[DEFAULT]\nk =\n [default]\n")
def test_a_text_is_refused_exactly_when_sdks_refuse_it(text: str) -> None:
    assert (our_refusal(text) is not None) == sdk_refuses(text)


@some
@given(any_text)
@example("[a]\nk = 1\n\n  2\n\n")
@example("[a]\n[] = v\n")
@example("[a]\n[b]\n  [c]\nk = 1\n   [d]\n")
def test_every_section_has_the_keys_and_values_that_sdks_read(text: str) -> None:
    assume(not sdk_refuses(text))
    expected = read_by_sdk(text)
    assert {name: section_values(text, name) for name in names_to_ask(text)} == {
        name: expected.get(name) for name in names_to_ask(text)
    }
    assert values_read(text) == expected


@some
@given(any_text | files().map(lambda file: file.text))
@example("k = 1\n[a]\n")
@example("# c\n[a]\nk = 1\nK = 2\n")
@example("[a]\nk = 1\n[b]\n[a]\n")
@example("[a]\nk = 1\n[DEFAULT]\nk = 1\nk = 2\n")
def test_a_file_that_looks_plain_is_one_that_sdks_read(text: str) -> None:
    try:
        is_plain = SectionIndex(text, "the file").is_plain()
    except BrokenFile:
        assert sdk_refuses(text)
    else:
        assert not (is_plain and sdk_refuses(text))


def test_a_file_of_usual_lines_need_not_be_walked() -> None:
    assert SectionIndex("# c\n\n[a]\nk = 1\n; c\n\n[b c]\nk = 2", "the file").is_plain()


@some
@given(files())
def test_the_generated_files_are_files_that_sdks_read(file: File) -> None:
    """Otherwise the tests below would claim nothing."""
    assert list(read_by_sdk(file.text)) == [line.section for line in file.lines if line.is_header]
    check(file.text)


STRANGE = [
    ("[DEFAULT]\nregion = x\n[a]\nk = 1\n[DEFAULT]\noutput = y\n[b]\nk = 2\n", "2"),
    ("[a]\r\r\nk = 1\r\r\n[b]\r\r\nk = 2\r\r\n", "2"),
    ("[a]\rk = 1\r# c\r[b]\rk = 2\r", "2"),
    ("[a]\n# \0\nk = 1\n[b]\nk = 2\n", "2"),
    ("[a]\nk = 1\0\n[b]\nk = 2\n", "2"),
    ("[a]\nk = 1\n[b]\nk =\r\r\n  2=\r\r\n# c\r\r\n  3=\r\r\n", "\n\n2=\n\n\n3="),
]


@pytest.mark.parametrize(("text", "value"), STRANGE)
def test_strange_files_that_botocore_reads_are_read_and_changed(text: str, value: str, tmp_path: Path) -> None:
    def by_botocore(text: str) -> object:
        (tmp_path / "file").write_bytes(text.encode())
        return raw_config_parse(str(tmp_path / "file"), parse_subsections=False)

    check(text)
    of_all = section_values(text, "DEFAULT") or {}
    assert section_values(text, "b") == {"k": value}
    assert by_botocore(text) == {"a": {**of_all, **(section_values(text, "a") or {})}, "b": {**of_all, "k": value}}
    after = with_changes(text, "a", {"k": "new"})
    old = "1\0" if "1\0" in text else "1"
    assert after == text.replace(f"k = {old}", "k = new")
    assert by_botocore(after) == {"a": {**of_all, "k": "new"}, "b": {**of_all, "k": value}}
    assert by_botocore(with_changes(text, "c", {"k": "3"})) == {
        "a": {**of_all, "k": old},
        "b": {**of_all, "k": value},
        "c": {**of_all, "k": "3"},
    }


@pytest.mark.parametrize(
    "edit",
    [
        lambda text: with_changes(text, "DEFAULT", {"k": "2"}),
        lambda text: with_all_changes(text, {"a": {"k": "1"}, "DEFAULT": {"k": "2"}}),
        lambda text: without_keys(text, "DEFAULT", None),
        lambda text: without_keys(text, "DEFAULT", ["k"]),
    ],
)
def test_the_settings_of_every_profile_are_not_changed(edit: Callable[[str], str]) -> None:
    with pytest.raises(BadInput, match=r"\[DEFAULT\] holds settings of every profile"):
        edit("[DEFAULT]\nk = 1\n[a]\n")


@pytest.mark.parametrize(
    "edit", [lambda text: with_changes(text, "a", {"k": "2"}), lambda t: without_keys(t, "a", None)]
)
def test_a_byte_order_mark_is_refused_before_an_edit(edit: Callable[[str], str]) -> None:
    with pytest.raises(BrokenFile):
        edit("\ufeff# c\n[a]\nk = 1\n")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("[a]\rk = 1\r", "[a]\rk = 1\rnew = 2\r"),
        ("[a]\r\r\nk = 1\r\r\n", "[a]\r\r\nk = 1\r\r\nnew = 2\r\r\n"),
        ("[a]\rk = 1\n", "[a]\rk = 1\nnew = 2\n"),
    ],
)
def test_a_new_line_ends_like_the_others(before: str, after: str) -> None:
    """Except a lone CR among others, which only Python reads as a line end."""
    assert with_changes(before, "a", {"new": "2"}) == after


def test_a_large_text_is_not_checked_on_the_hot_path() -> None:
    broken = "[a]\nk = 1\nk = 2\n"
    with pytest.raises(BrokenFile):
        check_if_small(broken)
    check_if_small(broken + "#" * 20_000)
    with pytest.raises(BrokenFile):
        check(broken + "#" * 20_000)


# Messages

NO_BLOCK = "no '=' in a line below an empty value: SDKs cannot load the file (a value belongs into the line of its key)"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("\n# c\nk = 1\n[a]\n", "line 3: a key before the first [section]"),
        ("[a]\n\n# [b]\njunk\n", "line 4: neither a comment, a [section] nor a 'key = value' line"),
        ("[a]\nk = 1\n\n= 1\n", "line 4: neither a comment, a [section] nor a 'key = value' line"),
        ("[a]\n[b]\r\n\n[a]\n", "line 4: duplicate section [a] (first in line 1)"),
        ("[b]\nk = 1\n[a]\nK = 1\n  2\nj = 1\nk: 2\n", "line 7: duplicate key in section [a] (first in line 4)"),
        ("[DEFAULT]\nk = 1\n[a]\n[DEFAULT]\nK = 2\n", "line 5: duplicate key in section [DEFAULT] (first in line 2)"),
        ("[a]\ns3 =\n  # c\n\n  x = 1\n\n  junk\n", f"line 7: {NO_BLOCK}"),
        ("[a]\r\nk:\r\n\tx: 1\r\nj = 1\r\n", f"line 3: {NO_BLOCK}"),
        ("[DEFAULT]\nk =\n x = 1\n y = 2\x0cz\n[a]\n", f"line 4: {NO_BLOCK}"),
        ("\ufeff[a]\n", "line 1: begins with a byte order mark, which SDKs refuse: save it as UTF-8 without BOM"),
    ],
)
def test_a_message_names_file_line_and_reason(text: str, message: str) -> None:
    with pytest.raises(BrokenFile) as raised:
        check(text, where="~/.aws/credentials")
    assert raised.value.message == f"~/.aws/credentials, {message}"
    assert raised.value.hints == ("fix that line by hand: nothing was changed",)


@pytest.mark.parametrize("fault", ["junk\n", "k = 1\nK = 2\n"])
def test_the_line_number_is_right_where_the_section_was_found_by_a_search(fault: str) -> None:
    text = f"[other]\nx = 1\n\n[a]\nj = 1\n{fault}"
    with pytest.raises(BrokenFile, match=f"^the file, line {text.count(chr(10))}: "):
        with_changes(text, "a", {"new": "1"})


@some
@given(file=files(), fault=st.sampled_from(("junk", "= v", "again", "[again]")), more=st.booleans())
def test_the_first_faulty_line_is_the_one_that_sdks_name(file: File, fault: str, *, more: bool) -> None:
    assume(file.newline != "\r\r\n")  # two lines for Python, one for editors
    sound = File(
        [*file.lines, Line(file.newline, None), Line(f"[last]{file.newline}again = 1{file.newline}", None)], ""
    )
    headers = [line.section for line in file.lines if line.is_header and line.section != "DEFAULT"]
    first = next(iter(headers), "last")
    line = {"again": "again = 2", "[again]": f"[{first}]"}.get(fault, fault)
    text = sound.text + line + (file.newline + "sound = 1" if more else "")
    with pytest.raises(configparser.Error) as theirs:
        read_by_sdk(text)
    error = theirs.value
    number = error.errors[0][0] if isinstance(error, configparser.ParsingError) else vars(error)["lineno"]
    with pytest.raises(BrokenFile, match=f"^the file, line {number}: "):
        check(text)


def with_canaries() -> st.SearchStrategy[str]:
    """Faulty texts where every value, every line without a key and every token that ends in `==` is a secret."""
    key_lines = st.sampled_from(
        (f"k = {CANARY}", f"K: {CANARY}", f"j={CANARY}\n  {CANARY}", f"{CANARY}", f"{CANARY}==")
    )
    odd_lines = st.sampled_from(
        ("[a]", "[b]", f"[a] # {CANARY}", f"[{CANARY}", f"# {CANARY}", f"= {CANARY}", f"\r{CANARY}")
    )
    ends = st.sampled_from((f"{CANARY}\0", f"\rk = {CANARY}", f"{CANARY}==\n{CANARY}=="))
    return st.builds("{}\n{}".format, st.lists(key_lines | odd_lines, max_size=6).map("\n".join), ends)


@some
@given(with_canaries(), st.sampled_from("ab"))
def test_no_refusal_quotes_a_value(text: str, name: str) -> None:
    """Neither in its message nor in its hints nor in an error it was raised from."""
    for work in (
        lambda: check(text),
        lambda: section_values(text, name),
        lambda: with_changes(text, name, {"k": CANARY, "new": f"{CANARY}\n"}),
        lambda: without_keys(text, name, None),
    ):
        try:
            work()
        except (BrokenFile, BadInput) as refusal:
            shown = repr((refusal, refusal.args, refusal.hints, refusal.__cause__, refusal.__context__))
            assert CANARY.lower() not in shown.lower()


# Changing


def lines_after(file: File, name: str, changes: dict[str, str | None]) -> list[Line]:
    """The lines that must remain; a changed key's line stays in its place unless a line that stays is indented."""
    indented = [
        at
        for at, line in enumerate(file.lines)
        if line.section == name and line.key and line.key not in changes and line.text[0].isspace()
        if line.key not in (earlier.key for earlier in file.lines[:at] if earlier.section == name)
    ]
    left: list[Line] = []
    done: set[str] = set()
    for at, line in enumerate(file.lines):
        if line.section != name or line.key not in changes:
            left.append(line)
        elif line.key not in done and not (indented and at < indented[-1]):
            done.add(line.key)
            if changes[line.key] is not None:
                left.append(line)
    new = [key for key in changes if key not in done and changes[key] is not None]
    keys = [at for at, line in enumerate(file.lines) if line.section == name and (line.key or line.is_header)]
    behind = {id(line) for line in file.lines[keys[-1] + 1 :]} if keys else set()
    place = next((at for at, line in enumerate(left) if id(line) in behind), len(left))
    return [*left[:place], *(Line("", name, key) for key in new), *left[place:]]


def expected_values(before: Values, name: str, changes: dict[str, str | None]) -> Values:
    merged = {**before.get(name, {}), **changes}
    return {**before, name: {key: value for key, value in merged.items() if value is not None}}


@some
@given(files(), st.data(), changes_of)
def test_a_change_touches_the_lines_of_its_keys_and_no_others(
    file: File, data: st.DataObject, changes: dict[str, str | None]
) -> None:
    names = [line.section for line in file.lines if line.is_header and line.section != "DEFAULT"]
    assume(names)
    name = data.draw(st.sampled_from(names)) or ""
    after = with_changes(file.text, name, changes)
    wanted = lines_after(file, name, changes)
    found = lines_of(after)
    assert len(found) == len(wanted)
    for number, (line, want) in enumerate(zip(found, wanted, strict=True)):
        if want.section == name and want.key in changes:
            assert line.rstrip("\r\n") == f"{want.key} = {changes[want.key]}"
        elif want.is_header:
            assert line.strip() == want.text.strip()
        else:
            assert line.rstrip("\r\n") == want.text.rstrip("\r\n")
        assert line.endswith(file.newline) or number == len(found) - 1
        assert line.rstrip("\r\n").count("\r") == 0


@some
@given(any_text, st.sampled_from((*NAMES_TO_CHANGE, "not there")), changes_of)
@example("[work]\n[default]\n  [x]\nk = 1\n", "default", {"new": "1"})
@example("[work]\r\nk = 1\r\n[default]", "default", {"new": "1"})
@example("[default]\nexpiration=1\nregion =\n", "default", {"expiration": "", "region": ""})
def test_sdks_read_new_values_and_elsewhere_the_old_and_a_change_made_twice_is_made_once(
    text: str, name: str, changes: dict[str, str | None]
) -> None:
    assume(not sdk_refuses(text))
    before = read_by_sdk(text)
    after = with_changes(text, name, changes)
    nothing_to_write = name not in before and not any(value is not None for value in changes.values())
    expected = before if nothing_to_write else expected_values(before, name, changes)
    found = read_by_sdk(after)
    assert found == expected
    for section, values in found.items():
        kept = [key for key in expected[section] if section != name or key not in changes]
        assert [key for key in values if key in kept] == kept
    assert with_changes(after, name, changes) == after


@some
@given(files(), new_values)
def test_a_new_section_goes_at_the_end_after_a_blank_line(file: File, value: str) -> None:
    after = with_changes(file.text, "not there", {"k": value, "j": None, "l": "1"})
    written = file.newline.join(("[not there]", f"k = {value}", "l = 1", ""))
    gap = after.removeprefix(file.text).removesuffix(written)
    assert file.text + gap == after[: len(file.text + gap)]
    assert gap.strip("\r\n") == ""
    assert not file.text or lines_of(file.text + gap)[-1].strip("\r\n") == ""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "[a]\nk = 1\n"),
        ("[b]\nx = 1", "[b]\nx = 1\n\n[a]\nk = 1\n"),
        ("[b]\nx = 1\n", "[b]\nx = 1\n\n[a]\nk = 1\n"),
        ("[b]\r\nx = 1\r\n\r\n", "[b]\r\nx = 1\r\n\r\n[a]\r\nk = 1\r\n"),
        ("# see [a]\n", "# see [a]\n\n[a]\nk = 1\n"),
        ("[a]", "[a]\nk = 1\n"),
        ("[a]\n\n# c\n", "[a]\nk = 1\n\n# c\n"),
        ("[a]\n  j = 1\n# c\n\n[b]\n", "[a]\n  j = 1\nk = 1\n# c\n\n[b]\n"),
        ("[a]\n  j = 1\n\n [b]\n", "[a]\n  j = 1\nk = 1\n\n[b]\n"),
        ("[a]\n\tK:0 \nj = 2\n", "[a]\nk = 1\nj = 2\n"),
        ("[a]\n\tK:0 \n\tj = 2\n", "[a]\n\tj = 2\nk = 1\n"),
        ("[a]\n\tK:0\n\t  0\n", "[a]\nk = 1\n"),
        ("[a]\n\tj =\n", "[a]\n\tj =\nk = 1\n"),
        ("[a]\nk\t=\n  s = 1\n  # c\n  t = 1\nj = 2", "[a]\nk = 1\n  # c\nj = 2"),
        ("[a]\nk=\n", "[a]\nk = 1\n"),
        ("[a]\nk =", "[a]\nk = 1"),
        ("[a]\r\nK:  \r\n", "[a]\r\nk = 1\r\n"),
        ("[b]\r\n[a]", "[b]\r\n[a]\r\nk = 1\r\n"),
    ],
)
def test_a_line_of_ours_begins_in_column_0_and_has_the_form_that_every_sdk_reads(before: str, after: str) -> None:
    assert with_changes(before, "a", {"k": "1"}) == after


@pytest.mark.parametrize("value", ["1\n[default]", "1\r", "\n", " 1", "1\t", "1\0", "1\x85"])
def test_a_value_that_would_be_read_differently_is_refused(value: str) -> None:
    refused = pytest.raises(BadInput, match="the value for 'k' holds a line break")
    with refused:
        with_changes("[a]\n", "a", {"k": value})
    with refused:
        with_all_changes("[a]\n", {"b": {"k": "v"}, "a": {"k": value}})


@pytest.mark.parametrize(
    ("text", "says"),
    [("[a]\nk = 1\nK = 2\n", "line 3: duplicate key"), ("[b]\n[a]\n[a] # c\n", r"line 3: duplicate section \[a\]")],
)
def test_a_section_with_duplicates_is_not_changed(text: str, says: str) -> None:
    with pytest.raises(BrokenFile, match=says):
        with_changes(text, "a", {"k": "3"})
    with pytest.raises(BrokenFile, match=says):
        with_all_changes(text, {"a": {"k": "3"}})


# Removing


@some
@given(any_text, st.sampled_from((*NAMES_TO_CHANGE, "not there")))
@example("[a]\nk = 1\n[work]\n  [b]\nj = 1\n", "work")
def test_a_removed_section_is_gone_and_the_others_are_read_as_before(text: str, name: str) -> None:
    assume(not sdk_refuses(text))
    after = without_keys(text, name, None)
    assert read_by_sdk(after) == {other: values for other, values in read_by_sdk(text).items() if other != name}
    assert without_keys(after, name, None) == after


@some
@given(files(), st.sampled_from(NAMES_TO_CHANGE))
def test_a_removed_section_leaves_its_comments_and_every_other_line(file: File, name: str) -> None:
    own = [line for line in file.lines if line.section == name]
    keep_own = any(line.text.strip() and not (line.key or line.is_header) for line in own)
    wanted: list[str] = []
    for at, line in enumerate(file.lines):
        if line.section != name:
            is_next = line.is_header and at > 0 and file.lines[at - 1].section == name
            wanted.append(line.text.lstrip() if is_next else line.text)
        elif keep_own and not (line.key or line.is_header):
            wanted.append(line.text)
    assert without_keys(file.text, name, None) == "".join(wanted)


@some
@given(files(), st.sampled_from((*NAMES_TO_CHANGE, "not there")), changes_of)
@example(File([Line("[work]", "work", is_header=True)], "\n"), "work", {"region": None})
@example(
    File([Line("[a]\n", "a", is_header=True), Line("k=\n", "a", "k"), Line("j=", "a", "j")], "\n"), "a", {"j": None}
)
def test_removing_keys_removes_a_section_that_is_then_empty(file: File, name: str, keys: dict[str, str | None]) -> None:
    """A last line without an end takes the end of the line before with it."""
    without = with_changes(file.text, name, dict.fromkeys(keys))
    own = [line for line in file.lines if line.section == name and not line.is_header and line.key not in keys]
    is_left = any(line.text.strip() for line in own) or without == file.text
    wanted = without if is_left else without_keys(file.text, name, None)
    found = without_keys(file.text, name, keys)
    assert found == wanted or found == wanted.rstrip("\r\n") != file.text.rstrip("\r\n") == file.text


# Size


def test_ten_thousand_profiles_are_searched_checked_and_changed_in_place() -> None:
    profile = "[p{0}]\naws_access_key_id = ASIA{0}\nexpiration = 2026-11-22 06:03:19\n\n"
    text = "".join(profile.format(number) for number in range(10_000))
    check(text)
    assert section_values(text, "p9999") == {"aws_access_key_id": "ASIA9999", "expiration": "2026-11-22 06:03:19"}
    assert section_values(text, "p10000") is None
    assert with_changes(text, "p5000", {"aws_access_key_id": "new"}) == text.replace("= ASIA5000\n", "= new\n")
    assert without_keys(text, "p5000", None) == text.replace(profile.format(5000), "")


# Many sections at once


@examples(200)
@given(files(), st.dictionaries(st.sampled_from((*NAMES_TO_CHANGE, "new", "newer")), changes_of, max_size=4))
@example(File([Line("[a]", "a", is_header=True)], "\n"), {"new": {"k": "v"}, "a": {"k": "v"}})
@example(
    # The value spans an empty line: without it there is no blank line before the new section.
    File([Line("[a]\n", "a", is_header=True), Line("k=\n", "a", "k"), Line("\n", "a"), Line(" x\n", "a", "k")], "\n"),
    {"new": {"k": "v"}, "a": {"k": None}},
)
def test_many_sections_at_once_are_as_one_by_one(file: File, changes: dict[str, dict[str, str | None]]) -> None:
    one_by_one = file.text
    for name in sorted(changes, key=lambda name: section_values(file.text, name) is None):
        one_by_one = with_changes(one_by_one, name, changes[name])
    at_once = with_all_changes(file.text, changes)
    assert read_by_sdk(at_once) == read_by_sdk(one_by_one)
    assert at_once == one_by_one


@some
@given(any_text, st.dictionaries(st.sampled_from(NAMES_TO_CHANGE), changes_of, max_size=3))
def test_a_text_that_sdks_could_not_read_is_never_written(text: str, changes: dict[str, dict[str, str | None]]) -> None:
    """A fault in the text is refused here too if it touches a changed section."""
    try:
        after = with_all_changes(text, changes)
    except BrokenFile:
        assert our_refusal(text) is not None
        return
    assert our_refusal(text) is not None or our_refusal(after) is None

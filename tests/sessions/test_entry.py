"""Stored sessions as text: what is written is read, and what is not whole or for other inputs is not."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aws_mfa.model import Secret, Session
from aws_mfa.sessions.entry import Entry, entry_text, parse_entry, text_of_inputs

EXPIRES_AT = 1795327399.0  # 2026-11-22T06:03:19Z
ROLE = "arn:aws:iam::123456789012:role/Admin"
INPUTS = {
    "access_key_id": "AKIAIOSFODNN7EXAMPLE",
    "region": "eu-west-1",
    "policies 1": '{\n  "Version": "2012-10-17"\n}',
}

ANY_TEXT = st.text(st.one_of(st.sampled_from("\\\n\r\t =%ner\"'\0\u2028\x85"), st.characters()), max_size=12)
ANY_INPUTS = st.dictionaries(ANY_TEXT, ANY_TEXT, max_size=5)
AWS_TEXT = st.text(st.sampled_from("ABCxyz019+/=%s-_"), min_size=1, max_size=30)


def session(role: str | None = ROLE, expires_at: float = EXPIRES_AT) -> Session:
    return Session("ASIAIOSFODNN7EXAMPLE", Secret("wJalr/K7"), Secret("IQoJb3JpZ2luX2VjE=="), expires_at, role)


def is_for(entry: Entry, inputs: dict[str, str]) -> bool:
    """As the cache compares."""
    return entry.inputs_text == text_of_inputs(inputs)


def parsed(text: str) -> Entry:
    entry = parse_entry(text)
    assert entry is not None
    return entry


def test_an_entry_begins_with_its_inputs_and_ends_with_the_finished_answer() -> None:
    assert entry_text(INPUTS, session()) == (
        "aws-mfa session 1\n"
        "expires = 2026-11-22T06:03:19Z\n"
        "role = arn:aws:iam::123456789012:role/Admin\n"
        "access_key_id = AKIAIOSFODNN7EXAMPLE\n"
        'policies 1 = {\\n  "Version": "2012-10-17"\\n}\n'
        "region = eu-west-1\n"
        "\n"
        '{"Version": 1, "AccessKeyId": "ASIAIOSFODNN7EXAMPLE", "SecretAccessKey": "wJalr/K7", '
        '"SessionToken": "IQoJb3JpZ2luX2VjE==", "Expiration": "2026-11-22T06:03:19Z"}\n'
    )


@given(ANY_INPUTS, AWS_TEXT, AWS_TEXT, AWS_TEXT, st.integers(0, 4102444800), st.none() | ANY_TEXT.filter(bool))
def test_any_session_is_read_as_it_was_written(
    inputs: dict[str, str], key_id: str, secret: str, token: str, expires_at: int, role: str | None
) -> None:
    written = Session(key_id, Secret(secret), Secret(token), expires_at, role)
    entry = parsed(entry_text(inputs, written))
    read = entry.session()
    assert (entry.inputs, is_for(entry, inputs)) == (inputs, True)
    assert (read.access_key_id, read.expires_at, read.assumed_role_arn) == (key_id, expires_at, role)
    assert (read.secret_access_key.reveal(), read.session_token.reveal()) == (secret, token)
    assert json.loads(entry.document) == {
        "Version": 1,
        "AccessKeyId": key_id,
        "SecretAccessKey": secret,
        "SessionToken": token,
        "Expiration": json.loads(entry.document)["Expiration"],
    }


@given(st.data())
def test_one_changed_input_is_another_request(data: st.DataObject) -> None:
    """Changed, removed or added, even if the change imitates further lines."""
    inputs = data.draw(st.dictionaries(ANY_TEXT, ANY_TEXT, min_size=1, max_size=5))
    name = data.draw(st.sampled_from(sorted(inputs)))
    entry = parsed(entry_text(inputs, session()))
    forged = data.draw(ANY_TEXT | st.sampled_from([f"x\n{name} = {inputs[name]}", inputs[name] + "\\n", "\\"]))
    assert is_for(entry, {**inputs, name: forged}) == (forged == inputs[name])
    assert not is_for(entry, {key: value for key, value in inputs.items() if key != name})
    assert not is_for(entry, {**inputs, name + forged + "x": ""})


def test_the_order_in_which_inputs_are_given_does_not_matter() -> None:
    assert entry_text(dict(reversed(INPUTS.items())), session()) == entry_text(INPUTS, session())


@given(ANY_INPUTS, st.none() | st.just(ROLE), st.data())
def test_an_entry_cut_short_anywhere_is_none(inputs: dict[str, str], role: str | None, data: st.DataObject) -> None:
    text = entry_text(inputs, session(role))
    assert parse_entry(text[: data.draw(st.integers(0, len(text) - 1))]) is None


@pytest.mark.parametrize(
    ("old", "new"),
    [
        *(("session 1\n", "session 2\n"), ("expires = ", "expired = "), ("role = ", "")),
        ("06:03:19Z\nrole", "07:03:19Z\nrole"),
        *(("06:03:19Z", "66:03:19Z"), ('"Version": 1', '"Version": 2'), ('"AccessKeyId"', '"accessKeyId"')),
        *(("wJalr", "wJa\\u006cr"), ("wJalr", 'wJa"lr'), ("wJalr", "wJa\x00lr"), ("wJalr", "wJa\u00e9lr")),
        *(('Z"}', 'Z" }'), ('Z"}\n', 'Z"}\n\n'), ('Z"}\n', 'Z"}\n{}\n'), ("\n\n", "\n\n\n"), ("\n", "\r\n")),
    ],
)
def test_what_differs_from_the_form_is_not_an_entry(old: str, new: str) -> None:
    text = entry_text(INPUTS, session())
    assert text != text.replace(old, new)
    assert parse_entry(text.replace(old, new)) is None


@given(st.text(max_size=8), st.text(max_size=8))
def test_text_around_an_entry_makes_it_none(before: str, behind: str) -> None:
    text = entry_text(INPUTS, session())
    assert (parse_entry(before + text + behind) is not None) == (before == behind == "")


@pytest.mark.parametrize("bad", ["", 'a"b', "a\\b", "a\nb", "a\u00e9b"])
def test_a_session_that_json_would_escape_is_refused_and_not_quoted(bad: str) -> None:
    with pytest.raises(ValueError, match="characters that AWS never uses") as failure:
        entry_text(INPUTS, Session("ASIA1", Secret(bad), Secret("t"), EXPIRES_AT))
    assert not bad or bad not in str(failure.value)


def test_an_entry_shows_nothing_when_it_is_printed() -> None:
    assert "wJalr" not in repr(parsed(entry_text(INPUTS, session())))

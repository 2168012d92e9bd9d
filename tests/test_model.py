"""The nouns keep their secrets: whatever prints, formats, copies or serialises them sees nothing."""

from __future__ import annotations

import copy
import json
import logging
import pickle
import pprint
import traceback
from collections.abc import Callable
from string import Template

import pytest

from aws_mfa.model import Identity, LongTermKeys, Secret, Session, SessionRequest, masked

TEXT = "wJalrXUtnFEMI/K7MDENG"
KEY_ID = "AKIAIOSFODNN7EXAMPLE"


def keys() -> LongTermKeys:
    return LongTermKeys(KEY_ID, Secret(TEXT))


def session() -> Session:
    return Session(KEY_ID, Secret(TEXT), Secret(TEXT), 1_795_327_399.0)


@pytest.mark.parametrize("noun", [Secret(TEXT), keys(), session(), [Secret(TEXT)], {"k": keys()}, (session(),)])
@pytest.mark.parametrize(
    "shown",
    [
        repr,
        str,
        ascii,
        pprint.pformat,
        "{}".format,
        "{!r}".format,
        lambda noun: "%s %r" % (noun, noun),  # noqa: UP031  # the old spelling is the claim
        lambda noun: f"{noun} {noun!s} {noun!r}",
        lambda noun: Template("$noun").substitute(noun=noun),
        lambda noun: json.dumps({"noun": noun}, default=str),
        lambda noun: "".join(traceback.format_exception_only(ValueError(noun))),
        lambda noun: logging.LogRecord("n", 10, "p", 1, "%s", (noun,), None).getMessage(),
    ],
)
def test_nothing_that_prints_a_noun_shows_its_secret(noun: object, shown: Callable[[object], str]) -> None:
    assert TEXT not in shown(noun)


@pytest.mark.parametrize("spec", ["", ">40", "s", "x", "{}"])
def test_a_format_says_secret_whatever_is_asked(spec: str) -> None:
    assert format(Secret(TEXT), spec) == "<secret>"


@pytest.mark.parametrize("noun", [Secret(TEXT), keys(), session()])
@pytest.mark.parametrize(
    "copied",
    [
        *(
            lambda noun, protocol=protocol: pickle.dumps(noun, protocol)
            for protocol in range(pickle.HIGHEST_PROTOCOL + 1)
        ),
        copy.deepcopy,
        json.dumps,
        vars,
    ],
)
def test_no_noun_with_a_secret_can_be_serialised(noun: object, copied: Callable[[object], object]) -> None:
    with pytest.raises(TypeError) as raised:
        copied(noun)
    assert TEXT not in str(raised.value)


def test_a_secret_cannot_be_copied() -> None:
    with pytest.raises(TypeError, match=r"^a secret cannot be serialised$"):
        copy.copy(Secret(TEXT))


def test_a_secret_is_compared_on_purpose_only() -> None:
    assert Secret(TEXT) != Secret(TEXT)
    assert Secret(TEXT).matches(Secret(TEXT))
    assert not Secret(TEXT).matches(Secret(TEXT + "x"))


def test_reveal_gives_the_text_and_an_empty_secret_is_false() -> None:
    assert Secret(TEXT).reveal() == TEXT
    assert Secret(TEXT)
    assert not Secret("")


def test_keys_match_only_with_both_parts() -> None:
    assert keys().matches(keys())
    assert not keys().matches(LongTermKeys(KEY_ID, Secret("other")))
    assert not keys().matches(LongTermKeys("AKIAOTHER", Secret(TEXT)))


def test_keys_and_sessions_are_shown_by_their_last_four_characters() -> None:
    assert masked(KEY_ID) == "...MPLE"
    assert repr(keys()) == "LongTermKeys(...MPLE)"
    assert repr(session()) == "Session(...MPLE)"
    assert KEY_ID not in repr((keys(), session()))


def test_a_session_without_a_role_and_a_request_without_one_say_none() -> None:
    assert session().assumed_role_arn is None
    request = SessionRequest("device", 43200)
    assert (request.device, request.duration_s) == ("device", 43200)
    assert (request.role_arn, request.role_session_name, request.external_id) == (None, None, None)
    assert (request.source_identity, request.policy) == (None, None)
    assert (request.tags, request.transitive_tag_keys, request.policy_arns) == ((), (), ())


@pytest.mark.parametrize("noun", [Secret(TEXT), keys(), session(), SessionRequest("d", 1), Identity("arn", "1", "id")])
def test_no_noun_takes_a_field_it_does_not_know(noun: object) -> None:
    with pytest.raises(AttributeError):
        noun.unknown = 1  # type: ignore[attr-defined]

"""The inputs of a request: none can be forgotten, and different requests have different inputs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from aws_mfa.sessions.inputs import INPUTS, inputs_of

if TYPE_CHECKING:
    from aws_mfa.sessions.inputs import Value


NOTHING: dict[str, Value] = dict.fromkeys(INPUTS)


def test_inputs_become_lines_of_text() -> None:
    values: dict[str, Value] = {
        **NOTHING,
        "access_key_id": "AKIA1",
        "duration_s": 3600,
        "role_chain": ["arn:1", "arn:2"],
        "external_ids": [None, ""],
        "tags": [{"Project": "x", "a = b": "c"}, {}],
        "transitive_tag_keys": [["Project", "Team"], []],
    }
    assert inputs_of(values) == {
        "access_key_id": "AKIA1",
        "duration_s": "3600",
        "role_chain 1": "arn:1",
        "role_chain 2": "arn:2",
        "external_ids 2": "",
        "tags 1 Project": "x",
        "tags 1 a = b": "c",
        "transitive_tag_keys 1 1": "Project",
        "transitive_tag_keys 1 2": "Team",
    }


@pytest.mark.parametrize("name", INPUTS)
def test_every_input_makes_a_difference(name: str) -> None:
    assert inputs_of({**NOTHING, name: "x"}) != inputs_of({**NOTHING, name: "y"}) != inputs_of(NOTHING)


@pytest.mark.parametrize("name", INPUTS)
def test_an_input_cannot_be_forgotten(name: str) -> None:
    """Else the session of one request would be used for another."""
    with pytest.raises(ValueError, match=f"forgotten or unknown: {name}"):
        inputs_of({given: value for given, value in NOTHING.items() if given != name})


def test_an_unknown_input_is_refused() -> None:
    with pytest.raises(ValueError, match="forgotten or unknown: shoe_size"):
        inputs_of({**NOTHING, "shoe_size": 43})


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"role_chain": ["a", "b"]}, {"role_chain": ["b", "a"]}),
        ({"role_chain": ["a"]}, {"role_session_names": ["a"]}),
        ({"external_ids": ["x", None]}, {"external_ids": [None, "x"]}),
        ({"tags": [{"a": "b"}, {}]}, {"tags": [{}, {"a": "b"}]}),
        ({"policy_arns": [["a", "b"]]}, {"policy_arns": [["a"], ["b"]]}),
        ({"source_identities": None}, {"source_identities": [""]}),
    ],
)
def test_requests_that_differ_have_different_inputs(one: dict[str, Value], other: dict[str, Value]) -> None:
    assert inputs_of({**NOTHING, **one}) != inputs_of({**NOTHING, **other})

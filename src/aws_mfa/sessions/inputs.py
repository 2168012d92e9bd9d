"""
All inputs of a request for a session, as names and texts: what a stored session is compared by.

Owns the list of inputs, so that none can be forgotten: a stored session must never be served for a request that differs
in anything.
"""

from __future__ import annotations

import hashlib

from aws_mfa.sessions.entry import text_of_inputs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Value = str | int | None | Sequence["Value"] | dict[str, str]


INPUTS = (
    "access_key_id",  # of the long-term keys that sign, or whose MFA session does
    "partition",
    "endpoint",
    "region",
    "device",
    "duration_s",
    "role_chain",  # ARNs, the first assumed one first; the following up to policy_arns have one value per role
    "role_session_names",
    "external_ids",
    "tags",
    "transitive_tag_keys",
    "source_identities",
    "policies",
    "policy_arns",
)
_NAMES = frozenset(INPUTS)
_NOT_GIVEN = [None]  # what most chains of one role have for most names


def inputs_of(values: Mapping[str, Value]) -> dict[str, str]:
    """
    The inputs as text. `values` has every name of `INPUTS` and no other, or `ValueError` is raised.

    None and empty lists say "not given" and leave no text. A list becomes `name 1`, `name 2`, ...; a mapping (tags)
    `name KEY`; both nest (`tags 1 Project`).
    """
    if values.keys() != _NAMES:
        raise ValueError(f"inputs forgotten or unknown: {', '.join(sorted(values.keys() ^ _NAMES))}")
    texts: dict[str, str] = {}
    for name in INPUTS:
        value = values[name]
        if isinstance(value, (str, int)):
            texts[name] = str(value)
        elif value and value != _NOT_GIVEN:
            _add_nested(texts, name, value)
    return texts


def _add_nested(texts: dict[str, str], name: str, value: Sequence[Value] | dict[str, str]) -> None:
    if isinstance(value, dict):
        for key in value:
            texts[f"{name} {key}"] = value[key]
        return
    for number, one in enumerate(value, 1):
        if isinstance(one, (str, int)):
            texts[f"{name} {number}"] = str(one)
        elif one:
            _add_nested(texts, f"{name} {number}", one)


_MARK_LENGTH = 12


def stored_name(label: str, inputs: Mapping[str, str]) -> str:
    """Return the name of the session of this label that is asked for with these inputs."""
    return name_of_text(label, text_of_inputs(inputs))


def name_of_text(label: str, inputs_text: str) -> str:
    """As `stored_name`, by the text of the inputs."""
    mark = hashlib.sha256(inputs_text.encode("utf-8", "surrogatepass")).hexdigest()[:_MARK_LENGTH]
    return f"{label}~{mark}"


def label_in(name: str) -> str:
    """Return the label of a stored name; a name of no such form is a label itself."""
    label, _, mark = name.rpartition("~")
    return label if len(mark) == _MARK_LENGTH and label else name

"""
All inputs of a request for a session, as names and texts, by which stored sessions are compared and named.

Owns the list of inputs, so that none can be forgotten: a stored session is never used for a request that differs in
anything that AWS judges. The region is no input: a session is valid in all regions of its partition. A session's name
is its label, which users see and `forget`, `~`, and a short hash of all inputs: so a session of another device,
duration or policy never replaces one that may have cost a code. What the hash finds is compared by its inputs.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_enable-regions.html
"""

from __future__ import annotations

import hashlib

from aws_mfa.sessions.entry import text_of_inputs
from aws_mfa.sessions.places import shortened

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Value = str | int | None | Sequence["Value"] | dict[str, str]


INPUTS = (
    "access_key_id",  # of the long-term keys that sign, or whose MFA session does
    "partition",
    "endpoint",  # only one that somebody configured
    "device",
    "duration_s",
    "role_chain",  # ARNs, the role that is assumed first comes first; the next ones have one value per role each
    "role_session_names",
    *("external_ids", "tags", "transitive_tag_keys", "source_identities", "policies", "policy_arns"),
    *("scoped_policy", "scoped_description"),  # of GetScopedCredentials, on top of all others
    "agent",  # that it is for: an agent and a person never share such a session
)
_NAMES = frozenset(INPUTS)
_MARK_LENGTH = 12


def inputs_of(values: Mapping[str, Value]) -> dict[str, str]:
    """The inputs as text: a list becomes `name 1`, `name 2`, ...; tags `name KEY`; None and empty lists nothing."""
    if values.keys() != _NAMES:
        raise ValueError(f"inputs forgotten or unknown: {', '.join(sorted(values.keys() ^ _NAMES))}")
    texts: dict[str, str] = {}
    for name in INPUTS:
        _add(texts, name, values[name])
    return texts


def _add(texts: dict[str, str], name: str, value: Value) -> None:
    if isinstance(value, (str, int)):
        texts[name] = str(value)
    elif isinstance(value, dict):
        for key, one in value.items():
            texts[f"{name} {key}"] = one
    else:
        for number, each in enumerate(value or (), 1):
            _add(texts, f"{name} {number}", each)


def stored_name(label: str, inputs: Mapping[str, str]) -> str:
    """Return the name under which a session of this label and these inputs is stored."""
    return name_of_text(label, text_of_inputs(inputs))


def name_of_text(label: str, inputs_text: str) -> str:
    """Like `stored_name`, from the text of the inputs."""
    mark = hashlib.sha256(inputs_text.encode("utf-8", "surrogatepass")).hexdigest()[:_MARK_LENGTH]
    return f"{shortened(label)}~{mark}"


def mark_in(name: str) -> str:
    """The hash of the inputs at the end of a stored name, or of the name of its file without the suffix."""
    return name[-_MARK_LENGTH:]


def label_in(name: str) -> str:
    """Return the label of a stored name; a name without the mark of `stored_name` is a label itself."""
    label, _, mark = name.rpartition("~")
    return label if len(mark) == _MARK_LENGTH and label else name

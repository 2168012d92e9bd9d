"""
Under which name a session is stored: its label, `~`, and a short hash of everything that it was asked with.

So a session of another device, another region or other policies never takes the place of one that may have cost a code.
The label is what people read, and forget by. The hash decides nothing more: what is found is compared by its inputs.
Where it would cost too much, on the hot path, the name is known already.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from aws_mfa.sessions.entry import text_of_inputs

if TYPE_CHECKING:
    from collections.abc import Mapping

_MARK_LENGTH = 12


def stored_name(label: str, inputs: Mapping[str, str]) -> str:
    """Return the name of the session of this label that is asked for with these inputs."""
    text = text_of_inputs(inputs).encode("utf-8", "surrogatepass")
    return f"{label}~{hashlib.sha256(text).hexdigest()[:_MARK_LENGTH]}"


def label_in(name: str) -> str:
    """Return the label of a stored name; a name of no such form is a label itself."""
    label, _, mark = name.rpartition("~")
    return label if len(mark) == _MARK_LENGTH and label else name

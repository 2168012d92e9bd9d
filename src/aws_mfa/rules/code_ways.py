"""
The ways to a code, and which of them are tried in which order: `AWS_MFA_PROMPT`, else all of them.

What each way does is an adapter's business; what is asked is the same for all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_mfa.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Mapping

MFA_PROCESS, YKMAN, TERMINAL, DIALOG, CODE = "mfa_process", "ykman", "terminal", "dialog", "code"
WAYS = (MFA_PROCESS, YKMAN, TERMINAL, DIALOG, CODE)
COMMANDS = (MFA_PROCESS, YKMAN)  # these answer without a person, or with a touch
VARIABLE = "AWS_MFA_PROMPT"


class CodeQuestion:
    """
    What is asked: the question as a person reads it, the device, the profile's `mfa_process` where it has one.

    `text` ends in a colon and a blank, as on a terminal.
    """

    __slots__ = ("command", "device", "text")

    def __init__(self, text: str, device: str, command: str | None = None) -> None:
        self.text = text
        self.device = device
        self.command = command


def choose_ways(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return the names of the ways in the order in which they are tried; `BadInput` for what is no way."""
    given = environ.get(VARIABLE, "")
    names = tuple(dict.fromkeys(name for name in (part.strip().lower() for part in given.split(",")) if name))
    for name in names:
        if name not in WAYS:
            raise BadInput(f"{VARIABLE}: {name!r} is no way to ask for a code", f"choose from: {','.join(WAYS)}")
    return names or WAYS

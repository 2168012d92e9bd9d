"""
The ways to a code, and which of them are tried in which order: `AWS_MFA_PROMPT`, else all of them.

What each way does is an adapter's business; what is asked is the same for all, and `CodeWay` is what all can do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_mfa.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Protocol

    from aws_mfa.cancel import Cancellation

    class CodeWay(Protocol):
        """
        One way to get a code: a command, a person at the terminal, a pipe, a dialog, another terminal.

        `NeedsHuman` says that this way is closed here and the next one may be open; `Cancelled` that a person said no.
        """

        @property
        def name(self) -> str:
            """One of `WAYS`."""

        @property
        def has_human(self) -> bool:
            """Whether a person answers, who reads the question and can be asked again."""

        def can_answer(self, question: CodeQuestion) -> bool:
            """Whether it is worth trying, at a glance: a display is set, the program is there, a command is given."""

        def ask(self, question: CodeQuestion, cancellation: Cancellation | None = None) -> str:
            """What was answered, not looked at yet. A cancellation ends the question with its error."""

        def say(self, text: str) -> None:
            """Tell whoever answers here one line, such as why the last code did not do."""


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


class AsAnotherWay:
    """All that a `CodeWay` can do, as `way` does it; for classes whose `ask` adds something to that."""

    def __init__(self, way: CodeWay) -> None:
        self._way = way

    @property
    def name(self) -> str:
        """The other way's."""
        return self._way.name

    @property
    def has_human(self) -> bool:
        """As the other way."""
        return self._way.has_human

    def can_answer(self, question: CodeQuestion) -> bool:
        """As the other way."""
        return self._way.can_answer(question)

    def ask(self, question: CodeQuestion, cancellation: Cancellation | None = None) -> str:
        """As the other way."""
        return self._way.ask(question, cancellation)

    def say(self, text: str) -> None:
        """As the other way."""
        self._way.say(text)


def choose_ways(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return the names of the ways in the order in which they are tried; `BadInput` for what is no way."""
    given = environ.get(VARIABLE, "")
    names = tuple(dict.fromkeys(name for name in (part.strip().lower() for part in given.split(",")) if name))
    for name in names:
        if name not in WAYS:
            raise BadInput(f"{VARIABLE}: {name!r} is no way to ask for a code", f"choose from: {','.join(WAYS)}")
    return names or WAYS

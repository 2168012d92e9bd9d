"""
The providers of codes, and the order in which they are tried: `AWS_MFA_PROMPT`, else all of them.

Owns what all of them can do (`CodeProvider`) and what they are asked; how each gets a code is an adapter's business.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_mfa.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Protocol

    from aws_mfa.model import Secret
    from aws_mfa.system.cancel import Cancellation

    class Terminal(Protocol):
        """
        The user at a terminal. `NoTerminal`, in its place, raises `NeedsHuman` for every question.

        Raises `Cancelled` on Ctrl-C and end of input. Echo is restored whatever happens.
        """

        @property
        def has_human(self) -> bool:
            """Whether a person can choose from a menu, or answer a question twice."""

        def ask(self, question: str, cancellation: Cancellation | None = None) -> str:
            """Ask with echo: what is typed is shown. A cancellation ends the question with its error."""

        def ask_hidden(self, question: str, cancellation: Cancellation | None = None) -> Secret: ...
        def say(self, text: str) -> None: ...
        def count_down(self, seconds: int, text: str) -> None: ...

    class CodeProvider(Protocol):
        """
        Where a code may come from: a command, a person at the terminal, a pipe, a dialog, another terminal.

        `NeedsHuman` says that this one cannot answer here and the next one is tried; `Cancelled` that a person said no.
        """

        @property
        def name(self) -> str:
            """One of `PROVIDERS`."""

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
PROVIDERS = (MFA_PROCESS, YKMAN, TERMINAL, DIALOG, CODE)
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


class WrappedProvider:
    """Does all that a `CodeProvider` can do as `provider` does it; for classes whose `ask` adds something to that."""

    def __init__(self, provider: CodeProvider) -> None:
        self._provider = provider

    @property
    def name(self) -> str:
        """The name of the provider inside."""
        return self._provider.name

    @property
    def has_human(self) -> bool:
        """As the provider inside."""
        return self._provider.has_human

    def can_answer(self, question: CodeQuestion) -> bool:
        """As the provider inside."""
        return self._provider.can_answer(question)

    def ask(self, question: CodeQuestion, cancellation: Cancellation | None = None) -> str:
        """As the provider inside."""
        return self._provider.ask(question, cancellation)

    def say(self, text: str) -> None:
        """As the provider inside."""
        self._provider.say(text)


def choose_providers(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return the names of the providers in the order in which they are tried; `BadInput` for an unknown name."""
    given = environ.get(VARIABLE, "")
    names = tuple(dict.fromkeys(name for name in (part.strip().lower() for part in given.split(",")) if name))
    for name in names:
        if name not in PROVIDERS:
            raise BadInput(f"{VARIABLE}: {name!r} is no way to ask for a code", f"choose from: {','.join(PROVIDERS)}")
    return names or PROVIDERS

"""
The providers of codes, and the order in which they are tried: `AWS_MFA_PROMPT`, else all of them.

Owns what a provider can do (`CodeProvider`), what a terminal can do (`Terminal`) and what they are asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from aws_mfa.errors import BadInput, NothingGiven

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Protocol, TypeVar

    from aws_mfa.errors import AwsMfaError
    from aws_mfa.model import Secret
    from aws_mfa.system.cancel import Cancellation

    Reply = TypeVar("Reply")

    class Terminal(Protocol):
        """
        The user at a terminal. `NoTerminal`, in its place, raises `NeedsHuman` for every question.

        Raises `Cancelled` on Ctrl-C and end of input, `BadAnswer` for what no person meant to type. Echo is restored
        whatever happens.
        """

        @property
        def has_human(self) -> bool:
            """Whether a person can choose from a menu, or answer a question twice."""

        def ask(self, question: str, cancellation: Cancellation | None = None) -> str:
            """Ask with echo: what is typed is shown. A cancellation ends the question with its error."""

        def ask_hidden(self, question: str, cancellation: Cancellation | None = None) -> Secret: ...
        def lines_left(self) -> int:
            """How many lines of a pipe are not read yet, without blank ones at the end; 0 for a person."""

        def say(self, text: str) -> None: ...
        def draw(self, lines: Sequence[str]) -> None:
            """Print a picture of this program's own making, escape sequences and all; never into a pipe or a log."""

        def count_down(self, seconds: int, text: str) -> None: ...

    class CodeProvider(Protocol):
        """
        Where a code may come from: a command, a person at the terminal, a pipe, a dialog, another terminal.

        `NeedsHuman`: this one cannot answer here, the next one is tried. `Cancelled`: a person refused.
        """

        @property
        def name(self) -> str:
            """One of `PROVIDERS`."""

        @property
        def has_human(self) -> bool:
            """Whether a person answers, who reads the question and can be asked again."""

        def can_answer(self, question: CodeQuestion) -> bool:
            """Whether to try it, by quick tests only: a display is set, the program exists, a command is given."""

        def ask(self, question: CodeQuestion, cancellation: Cancellation | None = None) -> str:
            """Return the answer, not checked yet. A cancellation ends the question with its error."""

        def say(self, text: str) -> None:
            """Show one line to the person who answers, such as why the last code was refused."""


MFA_PROCESS, YKMAN, TERMINAL, DIALOG, CODE = "mfa_process", "ykman", "terminal", "dialog", "code"
PROVIDERS = (MFA_PROCESS, YKMAN, TERMINAL, DIALOG, CODE)
COMMANDS = (MFA_PROCESS, YKMAN)  # these answer without a person, or with a touch
QUESTIONS = 3  # how often a person is asked for one answer
VARIABLE = "AWS_MFA_PROMPT"
# Why a provider that the variable names cannot answer.
_ABSENT = {MFA_PROCESS: "the profile has no mfa_process", YKMAN: "no YubiKey answers", DIALOG: "no display answers"}


class CodeQuestion(NamedTuple):
    """The question as a person reads it, with `: ` at its end; the device; the profile's `mfa_process`, if any."""

    text: str
    device: str
    command: str | None = None


class WrappedProvider:
    """A base class for a `CodeProvider` that adds something to the `ask` of another one."""

    def __init__(self, provider: CodeProvider) -> None:
        self.name = provider.name
        self._provider = provider

    @property
    def has_human(self) -> bool:
        return self._provider.has_human

    def can_answer(self, question: CodeQuestion) -> bool:
        return self._provider.can_answer(question)

    def say(self, text: str) -> None:
        self._provider.say(text)


def until_good(ask: Callable[[], Reply], terminal: Terminal) -> Reply:
    """Ask; if a person mistypes, say what is wrong and ask again, three times in all."""
    for _ in range(QUESTIONS - 1):
        try:
            return ask()
        except NothingGiven:
            raise
        except BadInput as error:
            if not terminal.has_human:
                raise
            say_error(error, terminal)
    return ask()


def say_error(error: AwsMfaError, terminal: Terminal) -> None:
    """Print the error and its hints, without raising it."""
    for line in error.lines:
        terminal.say(line)


def choose_providers(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return the names of the providers in the order in which they are tried; `BadInput` for an unknown name."""
    given = environ.get(VARIABLE, "")
    names = tuple(dict.fromkeys(name for name in (part.strip().lower() for part in given.split(",")) if name))
    for name in names:
        if name not in PROVIDERS:
            hint = f"choose from: {','.join(PROVIDERS)}"
            raise BadInput(f"{VARIABLE}: {name!r} is not a way to ask for a code", hint)
    return names or PROVIDERS


def not_asked(
    question: CodeQuestion, offered: Sequence[CodeProvider], environ: Mapping[str, str], *, has_terminal: bool
) -> tuple[str, list[str]]:
    """What `AWS_MFA_PROMPT` leaves out that could answer here, and why those that it names cannot; empty without it."""
    if not environ.get(VARIABLE):
        return "", []
    has_display = environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY")
    could = (
        *((TERMINAL, "the terminal", has_terminal), (DIALOG, "the dialog", has_display)),
        (MFA_PROCESS, "the profile's mfa_process", question.command),
    )
    left = [what for name, what, is_here in could if is_here and name not in choose_providers(environ)]
    absent = [_ABSENT[one.name] for one in offered if one.name in _ABSENT and not one.can_answer(question)]
    return f"{VARIABLE}={environ[VARIABLE]} leaves {' and '.join(left)} out" if left else "", absent

"""
The doors to people: who is asked, where the code comes from, and which process may ask.

Protocols alone; `cli/wiring.py` opens the real doors, the tests open fakes that mypy checks against these.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager

    from aws_mfa.cancel import Cancellation
    from aws_mfa.errors import AwsMfaError
    from aws_mfa.model import Secret
    from aws_mfa.rules.code_ways import CodeWay


class Terminal(Protocol):
    """
    A human. Its twin `NoTerminal` raises `NeedsHuman` for every question.

    Raises `Cancelled` on Ctrl-C and end of input. Echo is restored whatever happens.
    """

    @property
    def has_human(self) -> bool:
        """Whether somebody can choose from a menu, or answer a question twice."""

    def ask(self, question: str, cancellation: Cancellation | None = None) -> str:
        """Ask with echo: what is typed is shown. A cancellation ends the question with its error."""

    def ask_hidden(self, question: str, cancellation: Cancellation | None = None) -> Secret:
        """Ask without echo."""

    def say(self, text: str) -> None:
        """Print one line where the questions are."""

    def count_down(self, seconds: int, text: str) -> None:
        """Wait, and show the seconds that are left behind the text."""


class OpenQuestion(Protocol):
    """A question of another process of this user that waits for a code."""

    @property
    def pid(self) -> int:
        """The process that asks."""

    @property
    def device(self) -> str:
        """The device whose code is wanted."""

    @property
    def text(self) -> str:
        """The question as a person reads it, ending as on a terminal."""

    def wait_for_end(self) -> None:
        """Return when it is answered by us; raises `NeedsHuman` as soon as it is no longer open."""

    def answer(self, code: str) -> list[str]:
        """
        Hand the code over; what the process said about it in the next seconds, nothing where it was content.

        Raises `NeedsHuman` where the question is no longer open.
        """


class OpenQuestions(Protocol):
    """The questions that processes of this user have left open: `NotSetUp` where the system has no such thing."""

    def oldest(self) -> AbstractContextManager[OpenQuestion | None]:
        """The oldest question whose process is alive, None where there is none; let go at the end of a `with`."""


class CodeLedger(Protocol):
    """The codes known as used, by device."""

    def is_used(self, device: str, code: str, now: float) -> bool:
        """Whether the code was sent before, within the minutes in which it could be accepted at all."""

    def note_used(self, device: str, code: str, now: float) -> None:
        """Remember the code as sent."""


class PromptLock(Protocol):
    """The lock around the prompt for a code of one device: no other process asks for one meanwhile."""

    @property
    def was_yielded(self) -> bool:
        """Whether other processes could have had it since we took it."""

    def yielded(self) -> AbstractContextManager[None]:
        """Let other processes have it for the length of a `with`; where getting it back takes long, go on without."""

    def is_anothers(self) -> bool:
        """Whether another process has it now that we yielded it."""

    def outcome(self, question: str) -> AwsMfaError | None:
        """How the prompt we waited for ended, if it was about the same question, and failed for us too."""

    def publish(self, question: str, failure: AwsMfaError) -> None:
        """Tell the processes that wait how it ended: refused by AWS, cancelled, unanswered; they need not ask again."""


class PromptLocks(Protocol):
    """One process at a time asks for a code of a device."""

    def hold(self, device: str, *, patience_s: float, gives_up_quietly: bool) -> AbstractContextManager[PromptLock]:
        """
        Wait for the lock, saying which process has it; held for the length of a `with`.

        After `patience_s` seconds: with `gives_up_quietly` go on without it (a code in hand need not wait for a person
        who is being asked), else raise `NeedsHuman`, which names the holder.
        """

    def recent_outcome(self, device: str, question: str) -> AwsMfaError | None:
        """How the last question about a code of this device ended, if it was this one, and not well, minutes ago."""


class Browser(Protocol):
    """The browser of whoever sits here."""

    def open(self, url: Secret) -> bool:
        """Show the page, without waiting for its end; False where no browser can be opened from here."""


class People(Protocol):
    """Who is asked, how, by which process; what of a code is remembered."""

    @property
    def terminal(self) -> Terminal:
        """Where questions are asked."""

    @property
    def code_ways(self) -> Sequence[CodeWay]:
        """Where a code may come from, in the order in which it is tried."""

    @property
    def prompt_locks(self) -> PromptLocks:
        """Which process of this user may ask for a code."""

    @property
    def open_questions(self) -> OpenQuestions:
        """The questions that other processes of this user have left open."""

    @property
    def ledger(self) -> CodeLedger:
        """The codes known as used."""

    @property
    def browser(self) -> Browser:
        """The browser of whoever sits here."""

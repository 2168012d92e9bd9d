"""
The world as the workflows see it: `Outside` is all doors, the clock and this machine.

The doors stand in rooms, `doors_to_*`, each with the Protocols behind it; here is what belongs to none. Nothing knows
an adapter; `cli/wiring.py` opens the real doors, the tests open fakes that mypy checks against these.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from aws_mfa.workflows.doors_to_aws import Aws
from aws_mfa.workflows.doors_to_people import People
from aws_mfa.workflows.doors_to_programs import Programs
from aws_mfa.workflows.doors_to_stores import Stores

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from contextlib import AbstractContextManager
    from typing import TypeVar

    from aws_mfa.rules.code_providers import CodeProvider

    Result = TypeVar("Result")


class Beside(Protocol):
    """Work that runs while a human reads and types."""

    def wait(self) -> None:
        """Return when it has ended, and raise what it raised."""


class DeferredSignals(Protocol):
    """The signals that would end us, held back while what belongs together is written."""

    def check(self) -> None:
        """Raise `KeyboardInterrupt` where one has come: it takes its own effect at the end of the `with`."""


class Outside(People, Stores, Aws, Programs, Protocol):
    """All doors, the clock and this machine; each door is opened when it is first used."""

    @property
    def environ(self) -> Mapping[str, str]:
        """The environment variables."""

    def with_code_providers(self, ways: Sequence[CodeProvider]) -> Outside:
        """The same doors, with these ways to a code."""

    def away_from_terminal(self) -> Outside:
        """The same doors, for while the terminal is another program's: it refuses every question, a vault's too."""

    def unattended(self) -> Outside:
        """The same doors, with nobody to ask: every question is refused, and a locked keychain stays locked."""

    def say(self, text: str) -> None:
        """Print one line of talk on stderr; what is asked, and belongs to a question, goes to the terminal."""

    def deferred_signals(self) -> AbstractContextManager[DeferredSignals]:
        """Hold back the signals that would end us, for the length of a `with`."""

    def beside(self, work: Callable[[], None], failed: Callable[[BaseException], None]) -> Beside:
        """Run `work` in a thread; `failed` is told at once when it raises."""

    def side_by_side(self, calls: Sequence[Callable[[], Result]], done: Callable[[], None]) -> list[Result]:
        """Make the calls, a bounded number at a time; results in their order. `done` is told after each."""

    def now(self) -> float:
        """Seconds since the epoch."""

    def user_name(self) -> str | None:
        """The local user's name, None where the machine knows none."""

"""
The world as the workflows see it: `Outside` holds all doors and the clock.

Nothing here knows an adapter; `cli/wiring.py` opens the real doors, the tests open fakes that mypy checks
against these.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from contextlib import AbstractContextManager
    from typing import TypeVar

    from aws_mfa.workflows.doors_to_aws import Iam, SignIn, Sts
    from aws_mfa.workflows.doors_to_people import Browser, CodeLedger, CodeWay, OpenQuestions, Terminal, Turns
    from aws_mfa.workflows.doors_to_programs import Child, Endpoint
    from aws_mfa.workflows.doors_to_stores import AwsTextFile, Document, ForkItems, SessionCache, Vault, Watch

    Result = TypeVar("Result")


class Beside(Protocol):
    """Work that runs while a human reads and types."""

    def wait(self) -> None:
        """Return when it has ended, and raise what it raised."""


class Outside(Protocol):
    """All doors and the clock; each is opened when it is first used."""

    @property
    def environ(self) -> Mapping[str, str]:
        """The environment variables."""

    @property
    def terminal(self) -> Terminal:
        """Where questions are asked."""

    @property
    def code_ways(self) -> Sequence[CodeWay]:
        """Where a code may come from, in the order in which it is tried."""

    def with_code_ways(self, ways: Sequence[CodeWay]) -> Outside:
        """The same doors, with these ways to a code."""

    def away_from_terminal(self) -> Outside:
        """The same doors, for while the terminal is another program's: it refuses every question, a vault's too."""

    def unattended(self) -> Outside:
        """The same doors, with nobody to ask: every question is refused, and a locked keychain stays locked."""

    @property
    def turns(self) -> Turns:
        """Whose turn it is to ask for a code, over all processes of this user."""

    @property
    def open_questions(self) -> OpenQuestions:
        """The questions that other processes of this user have left open."""

    def say(self, text: str) -> None:
        """Print one line of talk on stderr; what is asked, and belongs to a question, goes to the terminal."""

    @property
    def credentials(self) -> AwsTextFile:
        """`~/.aws/credentials`, or what `AWS_SHARED_CREDENTIALS_FILE` names."""

    @property
    def config(self) -> AwsTextFile:
        """`~/.aws/config`, or what `AWS_CONFIG_FILE` names."""

    @property
    def known_keys(self) -> AwsTextFile:
        """Our note of which vault holds the keys of which long-term section, and the key id: no secret."""

    @property
    def ledger(self) -> CodeLedger:
        """The codes known as used."""

    @property
    def fork(self) -> ForkItems:
        """The keychain fork's items."""

    def vault(self, name: str) -> Vault:
        """The vault of that name: `keychain`, `age` or `file`."""

    def document(self, path: str) -> Document:
        """The file of that name, standard input for `-`."""

    @property
    def session_cache(self) -> SessionCache:
        """The stored sessions that are not in the credentials file."""

    def watch_files(self) -> Watch:
        """Look at the files that a plan is made of; to be called before they are read."""

    @property
    def child(self) -> Child:
        """The command that a session is for."""

    @property
    def callers(self) -> Sequence[str]:
        """Names of the programs above us, the nearest first: our caller, its caller; as far as the system tells."""

    def sts(self, region: str, endpoint_url: str | None = None) -> Sts:
        """
        STS in the region; the same one each time, with its connections kept.

        `endpoint_url` is the config file's; variables come before it.
        """

    def iam(self, region: str) -> Iam:
        """IAM of the region's partition."""

    def sign_in(self, region: str) -> SignIn:
        """The console's sign-in in the region."""

    @property
    def browser(self) -> Browser:
        """The browser of whoever sits here."""

    def endpoint(self, port: int) -> AbstractContextManager[Endpoint]:
        """
        The local endpoint, served for the length of a `with`; `port` 0: any that is free.

        Raises `BadInput` where the port is taken, `NotSetUp` where the token cannot be stored.
        """

    def beside(self, work: Callable[[], None], failed: Callable[[BaseException], None]) -> Beside:
        """Run `work` in a thread; `failed` is told at once when it raises."""

    def side_by_side(self, calls: Sequence[Callable[[], Result]], done: Callable[[], None]) -> list[Result]:
        """Make the calls, a bounded number at a time; results in their order. `done` is told after each."""

    def now(self) -> float:
        """Seconds since the epoch."""

    def user_name(self) -> str | None:
        """The local user's name, None where the machine knows none."""

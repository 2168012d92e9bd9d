"""
The doors: what the workflows ask of the world, as Protocols, and `Outside` that holds them with the clock.

Nothing here knows an adapter; `cli/wiring.py` opens the real doors, the tests open fakes that mypy checks
against these.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from typing import TypeVar

    from aws_mfa.model import Identity, LongTermKeys, Secret, Session, SessionRequest
    from aws_mfa.withdrawal import Withdrawal

    Result = TypeVar("Result")


class Terminal(Protocol):
    """
    A human. Its twin `NoTerminal` raises `NeedsHuman` for every question.

    Raises `Cancelled` on Ctrl-C and end of input. Echo is restored whatever happens.
    """

    @property
    def has_human(self) -> bool:
        """Whether somebody can choose from a menu, or answer a question twice."""

    def ask(self, question: str, withdrawal: Withdrawal | None = None) -> str:
        """Ask with echo: what is typed is shown. A withdrawal ends the question with its error."""

    def ask_hidden(self, question: str, withdrawal: Withdrawal | None = None) -> Secret:
        """Ask without echo."""

    def say(self, text: str) -> None:
        """Print one line where the questions are."""

    def count_down(self, seconds: int, text: str) -> None:
        """Wait, and show the seconds that are left behind the text."""


class Sts(Protocol):
    """AWS STS for one region: a refusal is a `RefusedByAws`, no answer `AwsUnreachable`; no code is sent twice."""

    def get_session_token(self, keys: LongTermKeys, request: SessionRequest, code: str) -> Session:
        """Call `GetSessionToken`: an MFA session."""

    def assume_role(self, keys: LongTermKeys | Session, request: SessionRequest, code: str | None) -> Session:
        """Call `AssumeRole`: with the long-term keys and a code, or with a session, which needs none."""

    def get_caller_identity(self, keys: LongTermKeys | Session) -> Identity:
        """Who these keys belong to; needs no permission, so it checks keys, clock and network."""


class Iam(Protocol):
    """AWS IAM, as far as a user may ask about himself."""

    def list_mfa_devices(self, keys: LongTermKeys) -> list[str]:
        """Serial numbers (ARNs) of the caller's own MFA devices, FIDO and passkeys included."""


class Vault(Protocol):
    """Where long-term keys live; `section` is the long-term section's name, such as `work-long-term`."""

    @property
    def name(self) -> str:
        """`keychain`, `age` or `file`."""

    def check(self) -> None:
        """Prove that keys can be stored and read back here, without touching any; raise `KeychainUnavailable`."""

    def forgets(self) -> bool:
        """Whether it is known to lose what it stores at logout: good enough for a try, never for the only copy."""

    def load(self, section: str) -> LongTermKeys | None:
        """The keys stored under the name, None where there are none."""

    def store(self, section: str, keys: LongTermKeys) -> None:
        """Store them, read them back, and raise if what is read differs."""

    def remove(self, section: str) -> None:
        """Remove the entry; nothing happens where there is none."""


class ForkItems(Protocol):
    """What the keychain fork of the old tool stored: read and migrated, never written."""

    def load_fork(self, section: str) -> LongTermKeys | None:
        """The keys of its two items."""

    def fork_device(self, section: str) -> str | None:
        """The device of its third item."""

    def remove_fork(self, section: str) -> None:
        """Remove its items, once they are stored elsewhere."""


class AwsTextFile(Protocol):
    """A file of sections (credentials, config, our notes), read whole and replaced whole under a lock."""

    @property
    def path(self) -> str:
        """Where it is, for messages."""

    def exists(self) -> bool:
        """Whether there is such a file."""

    def create(self) -> None:
        """Make it, empty and 0600, where it is missing."""

    def read(self) -> str:
        """Its text ("" where there is none); `BrokenFile` for bad bytes."""

    def update(self, edit: Callable[[str], str]) -> bool:
        """
        Lock, read again, apply `edit`, replace atomically; whether the bytes changed.

        The file is created 0600 (its folder 0700). On any error the old file stands as it was.
        """

    def check_writable(self) -> None:
        """Raise `NotSetUp` where the file could not be replaced."""

    def repair_mode(self) -> bool:
        """Take the file from group and others; whether that was needed."""


class Document(Protocol):
    """A file that a person named, or standard input for `-`: read once, never written."""

    @property
    def name(self) -> str:
        """For messages."""

    def read(self) -> str:
        """Its text, a BOM included; `BadInput` for what cannot be read as text."""

    def is_same_file(self, path: str) -> bool:
        """Whether `path` leads to this very file."""

    def others_may_read(self) -> bool:
        """Whether its mode lets group or others in."""


class CodeLedger(Protocol):
    """The codes known as used, by device."""

    def is_used(self, device: str, code: str, now: float) -> bool:
        """Whether the code was sent before, within the minutes in which it could be accepted at all."""

    def note_used(self, device: str, code: str, now: float) -> None:
        """Remember the code as sent."""


class StoredSession(Protocol):
    """What is remembered of a session."""

    @property
    def expires_at(self) -> float:
        """Seconds since the epoch."""

    def session(self) -> Session:
        """The session itself."""


class SessionCache(Protocol):
    """Sessions that are not for the credentials file. A courtesy: trouble is one line, never a failure."""

    def load(self, label: str, inputs: Mapping[str, str]) -> Session | None:
        """The session stored under the label, where it was asked for with these inputs and has a minute left."""

    def find(self, label: str, inputs: Mapping[str, str]) -> StoredSession | None:
        """As `load`: what is remembered of it."""

    def store(self, label: str, inputs: Mapping[str, str], session: Session) -> bool:
        """Remember the session in place of what the label had; whether it is remembered."""

    def forget(self, labels: Collection[str] | None) -> list[str]:
        """Remove these labels' entries (None: all) from every store; those removed, sorted."""


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

    def sts(self, region: str, endpoint_url: str | None = None) -> Sts:
        """
        STS in the region; the same one each time, with its connections kept.

        `endpoint_url` is the config file's; variables come before it.
        """

    def iam(self, region: str) -> Iam:
        """IAM of the region's partition."""

    def beside(self, work: Callable[[], None], failed: Callable[[BaseException], None]) -> Beside:
        """Run `work` in a thread; `failed` is told at once when it raises."""

    def side_by_side(self, calls: Sequence[Callable[[], Result]], done: Callable[[], None]) -> list[Result]:
        """Make the calls, a bounded number at a time; results in their order. `done` is told after each."""

    def now(self) -> float:
        """Seconds since the epoch."""

    def user_name(self) -> str | None:
        """The local user's name, None where the machine knows none."""

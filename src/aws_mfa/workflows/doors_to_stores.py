"""The doors to what is stored: keys in vaults, the AWS files, sessions; Protocols alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from aws_mfa.model import LongTermKeys, Session
    from aws_mfa.rules.session_witness import Witnessed


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

    def fork_key_id(self, section: str) -> str | None:
        """The key id, whether or not the secret is there too."""

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

    def linked_inode(self) -> int | None:
        """The inode of a file with further names (hard links): they keep what an update takes away; else None."""


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
        """Remember the session beside those of other inputs; whether it is remembered."""

    def drop(self, label: str, inputs: Mapping[str, str], access_key_id: str, *, min_age_s: float = 0.0) -> bool:
        """
        Remove the session of this key id, which AWS refuses; another that is stored there by now stays.

        False where it is not as old as `min_age_s` seconds: then it stays too.
        """

    def forget(self, labels: Collection[str] | None) -> tuple[list[str], list[str]]:
        """
        Remove these labels' entries (None: all), whatever their inputs, from every store.

        The labels of what was removed, sorted, and a line for each store that could not be looked at or emptied.
        """


class Watch(Protocol):
    """The files that plans are made of, as they stood at the moment of the watch."""

    def note(self, profile: str, found: Witnessed) -> None:
        """
        Write that a plain request for the profile's session is answered so while they stand like that.

        A courtesy for the quick path: trouble is passed over.
        """


class Stores(Protocol):
    """What is stored, and the files that a person names."""

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

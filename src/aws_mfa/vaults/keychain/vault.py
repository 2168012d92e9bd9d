"""
The system keychain as a vault, one item per profile: items are read, written and removed, with a wait that ends.

Owns what is stored under which name of the service `aws-mfa`: long-term keys under their section's, the age identity
that stored sessions are sealed with under `[session-store]`. Every call has a time limit, because keychains hang for
ever (a window nobody sees, a stopped service), and everything a backend raises becomes `KeychainUnavailable` here. What
is written is read back. An item is never rewritten without need: macOS asks again after each write. The keychain fork's
items are read and removed, never written.
"""

from __future__ import annotations

import time
from functools import partial
from shlex import quote
from typing import TYPE_CHECKING, TypeVar

from aws_mfa.errors import AwsMfaError, KeychainUnavailable, NotSetUp
from aws_mfa.model import LongTermKeys, Secret
from aws_mfa.system.threads import NoAnswer, answer_within
from aws_mfa.vaults import items as key_items
from aws_mfa.vaults.keychain.backend import open_backend
from aws_mfa.vaults.keychain.failures import explained, silent, unusable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aws_mfa.vaults.keychain.backend import Backend

    Result = TypeVar("Result")

SERVICE = "aws-mfa"
CHECK_USER = "aws-mfa-check"
IDENTITY_USER = "[session-store]"  # no section of an AWS file can have that name
FORK_KEY_ID = "aws:access_key_id"
FORK_SECRET = "aws:secret_access_key"  # noqa: S105 - the name of a service
FORK_DEVICE = "aws:mfa_device"
TIME_LIMIT_S = 20.0
_CHECK_VALUE = '{"v": 1, "check": true}'
_IDENTITY_FIELD = "age_identity"
# Before what was written is read again.
_PAUSES_S = (0.1, 0.4)


def open_keychain(
    environ: Mapping[str, str],
    *,
    time_limit_s: float | None = TIME_LIMIT_S,
    on_delay: Callable[[], None] = lambda: None,
    may_ask: bool = True,
) -> Keychain:
    """This machine's keychain, opened at the first call; `may_ask` as for `open_backend`, else as `KeychainItems`."""
    opener = partial(open_backend, environ, may_ask=may_ask)
    return Keychain(opener, time_limit_s=time_limit_s, on_delay=on_delay)


def open_identity_item(
    environ: Mapping[str, str],
    *,
    time_limit_s: float | None = TIME_LIMIT_S,
    on_delay: Callable[[], None] = lambda: None,
    may_ask: bool = True,
) -> IdentityItem:
    """The item in this machine's keychain, opened at the first call; arguments as in `open_keychain`."""
    opener = partial(open_backend, environ, may_ask=may_ask)
    return IdentityItem(opener, time_limit_s=time_limit_s, on_delay=on_delay)


class KeychainItems:
    """
    What the vault and the session store do with their items; the keychain is opened at the first call.

    `time_limit_s` is per call, in seconds; None where a human sees the keychain's window and must have the time to
    type. `on_delay` is called when a call takes more than some seconds, to tell that human where to look.
    """

    def __init__(
        self,
        opener: Callable[[], Backend],
        *,
        time_limit_s: float | None = TIME_LIMIT_S,
        on_delay: Callable[[], None] = lambda: None,
    ) -> None:
        self._opener = opener
        self._time_limit_s = time_limit_s
        self._on_delay = on_delay
        self._backend: Backend | None = None
        self._lost: KeychainUnavailable | None = None

    def _read(self, section: str) -> dict[str, object] | None:
        text = self._get(SERVICE, section)
        try:
            return None if text is None else key_items.read_object(text)
        except key_items.UnreadableItem as error:
            raise _broken_item(section, error) from None

    def _write(self, user: str, value: str) -> None:
        before = self._get(SERVICE, user)
        self._ask(lambda backend: backend.set(SERVICE, user, value))
        if not self._holds(user, value):
            if before is not None:
                self._ask(lambda backend: backend.set(SERVICE, user, before))
            raise unusable(
                "the keychain did not give back what was written to it", "nothing else was changed; use another vault"
            )

    def _delete(self, service: str, user: str) -> None:
        self._ask(lambda backend: backend.delete(service, user))
        if self._get(service, user) is not None:
            hint = f"remove it: keyring del {service} {quote(user)}"
            raise unusable("the keychain still holds what it was to remove", hint)

    def _holds(self, user: str, value: str) -> bool:
        """KWallet on a busy machine has answered before it had written."""
        for pause_s in _PAUSES_S:
            if self._get(SERVICE, user) == value:
                return True
            time.sleep(pause_s)
        return self._get(SERVICE, user) == value

    def _get(self, service: str, user: str) -> str | None:
        return self._ask(lambda backend: backend.get(service, user))

    def _find(self, service: str, user: str) -> str | None:
        return self._ask(lambda backend: backend.find(service, user))

    def _ask(self, call: Callable[[Backend], Result]) -> Result:
        """Do `call` within the limit. A keychain that hung, or could not be opened, is not asked a second time."""
        if self._lost is not None:
            raise self._lost
        try:
            return answer_within(self._time_limit_s, lambda: call(self._opened()), on_delay=self._on_delay)
        except NoAnswer:
            self._lost = silent(self._time_limit_s or 0, asks=self._backend is not None and self._backend.asks)
        except AwsMfaError:
            raise
        except Exception as error:  # noqa: BLE001 - backends leak exceptions of every library below them
            # `from None`: their texts quote commands, paths and values.
            raise explained(error, self._backend.name if self._backend else "keyring") from None
        raise self._lost

    def _opened(self) -> Backend:
        if self._backend is None:
            try:
                self._backend = self._opener()
            except KeychainUnavailable as error:
                self._lost = error
                raise
        return self._backend


class Keychain(KeychainItems):
    """The vault `keychain`, and the keychain fork's items."""

    name = "keychain"
    _fork_found: tuple[str, str | None] | None = None  # of the section looked up last: no item is read twice

    def check(self) -> None:
        """Write an item without a secret, read it back and remove it."""
        self._write(CHECK_USER, _CHECK_VALUE)
        self._delete(SERVICE, CHECK_USER)

    def forgets(self) -> bool:
        """Whether it is known to lose its items at logout."""
        return self._ask(lambda backend: backend.forgets())

    def load(self, section: str) -> LongTermKeys | None:
        """The keys stored under the name, None where there are none."""
        item = self._read(section)
        if item is None or not key_items.is_for(item, section):
            return None
        try:
            return key_items.keys_of(item)
        except key_items.UnreadableItem as error:
            raise _broken_item(section, error) from None

    def store(self, section: str, keys: LongTermKeys) -> None:
        """Store them, read them back, and raise if what is read differs."""
        item = self._read(section) or {}
        if not key_items.is_for(item, section):
            raise unusable(
                f"this keychain does not tell {section!r} from {item['section']!r}, which is stored already",
                "give the profile a name that differs in more than upper and lower case",
            )
        try:
            wanted = key_items.with_keys(item, section, keys)
        except key_items.UnreadableItem as error:
            raise _broken_item(section, error) from None
        if wanted != item:
            self._write(section, key_items.write_object(wanted))

    def remove(self, section: str) -> None:
        """Remove the entry, whatever it holds; nothing happens where there is none, or another section's."""
        text = self._get(SERVICE, section)
        if text is None:
            return
        try:
            ours = key_items.is_for(key_items.read_object(text), section)
        except key_items.UnreadableItem:
            ours = True
        if ours:
            self._delete(SERVICE, section)

    def load_fork(self, section: str) -> LongTermKeys | None:
        """The keys that the keychain fork stored; None unless both halves are there."""
        key_id = self._find(FORK_KEY_ID, section)
        self._fork_found = section, key_id
        secret = self._find(FORK_SECRET, section) if key_id else None
        return LongTermKeys(key_id, Secret(secret)) if key_id and secret else None

    def fork_key_id(self, section: str) -> str | None:
        """The key id alone, as `load_fork` found it: who has no more of the pair is told so."""
        if self._fork_found is None or self._fork_found[0] != section:
            self.load_fork(section)
        return (self._fork_found[1] if self._fork_found else None) or None

    def fork_device(self, section: str) -> str | None:
        """The device that a later fork stored."""
        return self._find(FORK_DEVICE, section) or None

    def remove_fork(self, section: str) -> None:
        """Remove the fork's items from the keychain in use; nothing happens where there are none."""
        self._fork_found = None
        for service in (FORK_SECRET, FORK_KEY_ID, FORK_DEVICE):
            if self._get(service, section) is not None:
                self._delete(service, section)


class IdentityItem(KeychainItems):
    """
    The item that the session store is sealed with: `{"v": 1, "age_identity": "AGE-SECRET-KEY-1..."}`.

    Further fields stay as they are, so that long-term keys of a section with this very name can lie beside it. Every
    method raises `KeychainUnavailable`, and `NotSetUp` for a broken item.
    """

    def exists_at_all(self) -> bool:
        """Whether there is a keychain, locked or not; asks it nothing."""
        try:
            self._ask(lambda _: None)
        except KeychainUnavailable:
            return False
        return True

    def identity(self) -> Secret | None:
        """The identity, None where none was made yet."""
        found = (self._read(IDENTITY_USER) or {}).get(_IDENTITY_FIELD)
        return Secret(found) if isinstance(found, str) and found else None

    def keep_identity(self, identity: Secret) -> None:
        """Store the identity, and raise if what is read back differs."""
        item = {"v": key_items.FORMAT_VERSION, **(self._read(IDENTITY_USER) or {}), _IDENTITY_FIELD: identity.reveal()}
        self._write(IDENTITY_USER, key_items.write_object(item))


def _broken_item(section: str, error: key_items.UnreadableItem) -> NotSetUp:
    return NotSetUp(
        f"the keychain item {SERVICE!r} / {section!r} cannot be read: {error}",
        *key_items.hints_for(error, f"remove it and store the keys again: keyring del {SERVICE} {quote(section)}"),
    )

"""
The system keychain as a vault: items are read, written and removed, each call within a time limit.

Owns the items' names under the service `aws-mfa`: the long-term section for keys, `[session-store]` for the age
identity that stored sessions are encrypted to. Calls need the limit because keychains can hang (a hidden window, a
stopped service). Whatever a backend raises becomes `KeychainUnavailable`. Every write is read back; where it may delete
the item first (macOS), a copy of the new value exists meanwhile, which the next reader puts back. Refuses to rewrite an
item without need, because macOS asks again after each write, and to write items of the keychain fork.
"""

from __future__ import annotations

import sys
import time
from contextlib import suppress
from functools import partial
from secrets import token_hex
from typing import TYPE_CHECKING, TypeVar

from aws_mfa.command_lines import quote
from aws_mfa.errors import AwsMfaError, KeychainUnavailable, NotSetUp
from aws_mfa.model import LongTermKeys, Secret
from aws_mfa.system.threads import NoAnswer, answer_within, deferred_signals
from aws_mfa.vaults import items as key_items
from aws_mfa.vaults.keychain.backend import open_backend
from aws_mfa.vaults.keychain.failures import explained, silent, unusable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aws_mfa.vaults.keychain.backend import Backend

    Result = TypeVar("Result")

SERVICE = "aws-mfa"
CHECK_USER = "aws-mfa-check"
IDENTITY_USER = "[session-store]"  # a name that no section of an AWS file can have
FORK_KEY_ID = "aws:access_key_id"
FORK_SECRET = "aws:secret_access_key"  # noqa: S105 - the name of a service
FORK_DEVICE = "aws:mfa_device"
TIME_LIMIT_S = 20.0
WAITING = "waiting for the keychain: is there a window that asks to unlock it?"
_COPY = " [copy]"  # behind the name of an item: no section can have that name either
_CHECK_VALUE = '{"v": 1, "check": true}'
_IDENTITY_FIELD = "age_identity"
# KWallet on a busy machine answers before it has written: read back again after each of these.
_PAUSES_S = (0.1, 0.4)


def open_keychain(
    environ: Mapping[str, str],
    *,
    time_limit_s: float | None = TIME_LIMIT_S,
    on_delay: Callable[[], object] = lambda: None,
    may_ask: bool = True,
) -> Keychain:
    """This machine's keychain, opened at the first call; `may_ask` as in `open_backend`, the rest `KeychainItems`."""
    opener = partial(open_backend, environ, may_ask=may_ask)
    return Keychain(opener, time_limit_s=time_limit_s, on_delay=on_delay)


def open_identity_item(environ: Mapping[str, str], *, may_ask: bool = True) -> IdentityItem:
    """The item in this machine's keychain, opened at the first call; `may_ask` as in `open_backend`."""
    return IdentityItem(partial(open_backend, environ, may_ask=may_ask), on_delay=_say_waiting if may_ask else bool)


def _say_waiting() -> None:
    with suppress(AttributeError, OSError, ValueError):  # a stderr that is closed
        sys.stderr.write(f"{WAITING}\n")


class KeychainItems:
    """
    Reading, writing and deleting items; the keychain is opened at the first call.

    `time_limit_s` is per call, in seconds; None if the user sees the keychain's window and needs time to type.
    `on_delay` is called when a call takes more than a few seconds, to tell the user where to look.
    """

    def __init__(
        self,
        opener: Callable[[], Backend],
        *,
        time_limit_s: float | None = TIME_LIMIT_S,
        on_delay: Callable[[], object] = lambda: None,
    ) -> None:
        self._opener = opener
        self._time_limit_s = time_limit_s
        self._on_delay = on_delay
        self._backend: Backend | None = None
        self._failure: KeychainUnavailable | None = None

    def _read(self, section: str) -> dict[str, object] | None:
        text = self._item(section)
        try:
            return None if text is None else key_items.read_object(text)
        except key_items.UnreadableItem as error:
            raise _broken_item(section, error) from None

    def _item(self, user: str) -> str | None:
        """The item's value, or that of the copy if a write was killed; only the next write puts the item back."""
        found = self._get(SERVICE, user)
        return self._get(SERVICE, user + _COPY) if found is None and not self._replaces_in_place() else found

    def _write(self, user: str, value: str) -> None:
        before = self._item(user)
        has_copy = before is not None and not self._replaces_in_place()
        try:
            if has_copy:
                self._set(user + _COPY, value)
            self._set(user, value)
        except KeychainUnavailable:
            if before is not None and self._get(SERVICE, user) != before:
                self._set(user, before)
            raise
        finally:
            with suppress(KeychainUnavailable):  # a copy that is left is replaced by the next write
                if has_copy and self._get(SERVICE, user) in (before, value):
                    self._delete(SERVICE, user + _COPY)

    def _set(self, user: str, value: str) -> None:
        """Write and read back; a failure of the write counts only if the value is not there."""
        try:
            self._ask(lambda backend: backend.set(SERVICE, user, value))
        except KeychainUnavailable:
            if self._get(SERVICE, user) != value:
                raise
        for pause_s in (*_PAUSES_S, 0):
            if self._get(SERVICE, user) == value:
                return
            time.sleep(pause_s)
        raise unusable(
            "the keychain did not give back what was written to it", "nothing else was changed; use another vault"
        )

    def _replaces_in_place(self) -> bool:
        return self._ask(lambda backend: backend.replaces_in_place)

    def _delete(self, service: str, user: str) -> None:
        """Remove the item; no failure if it is gone already."""
        try:
            self._ask(lambda backend: backend.delete(service, user))
        except KeychainUnavailable:
            if self._failure is not None or self._get(service, user) is not None:
                raise
        if self._get(service, user) is not None:
            hint = f"remove it: keyring del {service} {quote(user)}"
            raise unusable("the keychain still has the item that was removed", hint)

    def _get(self, service: str, user: str) -> str | None:
        return self._ask(lambda backend: backend.get(service, user))

    def _find(self, service: str, user: str) -> str | None:
        return self._ask(lambda backend: backend.find(service, user))

    def _ask(self, call: Callable[[Backend], Result]) -> Result:
        """Make the call within the limit. A keychain that hung, or could not be opened, is not asked a second time."""
        if self._failure is not None:
            raise self._failure
        try:
            return answer_within(self._time_limit_s, lambda: call(self._opened()), on_delay=self._on_delay)
        except NoAnswer:
            self._failure = silent(self._time_limit_s or 0, asks=self._backend is not None and self._backend.asks)
        except AwsMfaError:
            raise
        except Exception as error:  # noqa: BLE001 - backends leak exceptions of every library below them
            # `from None`: their texts quote commands, paths and values.
            raise explained(error, self._backend.name if self._backend else "keyring") from None
        raise self._failure

    def _opened(self) -> Backend:
        if self._backend is None:
            try:
                self._backend = self._opener()
            except KeychainUnavailable as error:
                self._failure = error
                raise
        return self._backend


class Keychain(key_items.ItemVault, KeychainItems):
    """The vault `keychain`, and the keychain fork's items."""

    name = "keychain"
    # Of the section looked up last, so that no item is read twice: each read can open a window.
    _fork_found: tuple[str, str | None] | None = None

    def check(self) -> None:
        """Write an item without a secret, read it back and remove it, also if a signal arrives meanwhile."""
        user = f"{CHECK_USER}-{token_hex(4)}"  # another run's check must not remove it
        self._get(SERVICE, user)  # a window that asks to unlock the keychain opens here, where signals still end us
        with deferred_signals():
            try:
                self._write(user, _CHECK_VALUE)
            finally:
                if self._failure is None:
                    self._delete(SERVICE, user)

    def forgets(self) -> bool:
        return self._ask(lambda backend: backend.forgets())

    def load(self, section: str) -> LongTermKeys | None:
        item = self._read(section)
        if item is None or not key_items.is_for(item, section):
            return None
        try:
            return key_items.keys_of(item)
        except key_items.UnreadableItem as error:
            raise _broken_item(section, error) from None

    def load_next(self, section: str) -> LongTermKeys | None:
        item = self._read(section)
        return key_items.next_keys_of(item) if item and key_items.is_for(item, section) else None

    def _edit(self, section: str, edit: Callable[[dict[str, object]], dict[str, object]]) -> None:
        item = self._read(section) or {}
        if not key_items.is_for(item, section):
            raise unusable(
                f"this keychain cannot distinguish {section!r} from {item['section']!r}, which is stored already",
                "give the profile a name that differs in more than upper and lower case",
            )
        try:
            wanted = edit(item)
        except key_items.UnreadableItem as error:
            raise _broken_item(section, error) from None
        if wanted != item or (not self._replaces_in_place() and self._get(SERVICE, section + _COPY) is not None):
            self._write(section, key_items.write_object(wanted))  # removes what a killed write left, too

    def remove(self, section: str) -> None:
        """Remove the entry, if there is one, even if it is unreadable; but not another section's."""
        text = self._item(section)
        if text is None:
            return
        with suppress(key_items.UnreadableItem):
            item = key_items.read_object(text)
            if not key_items.is_for(item, section):
                return
            key_items.refuse_unfinished(section, key_items.next_keys_of(item))
        if not self._replaces_in_place():
            self._delete(SERVICE, section + _COPY)
        self._delete(SERVICE, section)

    def load_fork(self, section: str) -> LongTermKeys | None:
        """The keys that the keychain fork stored; None unless id and secret are both there."""
        key_id = self._find(FORK_KEY_ID, section)
        self._fork_found = section, key_id
        secret = self._find(FORK_SECRET, section) if key_id else None
        return LongTermKeys(key_id, Secret(secret)) if key_id and secret else None

    def fork_key_id(self, section: str) -> str | None:
        """Only the key id, so that a message can say which half is missing."""
        if self._fork_found is None or self._fork_found[0] != section:
            self.load_fork(section)
        return (self._fork_found[1] if self._fork_found else None) or None

    def fork_device(self, section: str) -> str | None:
        return self._find(FORK_DEVICE, section) or None

    def remove_fork(self, section: str) -> None:
        self._fork_found = None
        for service in (FORK_SECRET, FORK_KEY_ID, FORK_DEVICE):
            if self._get(service, section) is not None:
                self._delete(service, section)


class IdentityItem(KeychainItems):
    """The item `{"v": 1, "age_identity": "AGE-SECRET-KEY-1..."}` and further fields; `NotSetUp` if it is broken."""

    def keychain_exists(self) -> bool:
        """Whether there is a keychain, locked or not. Opens the backend and calls nothing of it."""
        try:
            self._ask(lambda _: None)
        except KeychainUnavailable:
            return False
        return True

    def identity(self) -> Secret | None:
        found = (self._read(IDENTITY_USER) or {}).get(_IDENTITY_FIELD)
        return Secret(found) if isinstance(found, str) and found else None

    def store_identity(self, identity: Secret) -> None:
        item = {"v": key_items.FORMAT_VERSION, **(self._read(IDENTITY_USER) or {}), _IDENTITY_FIELD: identity.reveal()}
        self._write(IDENTITY_USER, key_items.write_object(item))


def _broken_item(section: str, error: key_items.UnreadableItem) -> NotSetUp:
    return NotSetUp(
        f"the keychain item {SERVICE!r} / {section!r} cannot be read: {error}",
        *key_items.hints_for(error, f"remove it and store the keys again: keyring del {SERVICE} {quote(section)}"),
    )

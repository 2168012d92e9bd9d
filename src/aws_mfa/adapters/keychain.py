"""
The system keychain as a vault: one item per profile, under the service `aws-mfa`.

Owns what is stored under which name; the wait, the reading back and the failures are those of `keychain_items`. An
item is never rewritten without need: macOS asks again after each write. The keychain fork's items are read and removed,
never written.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from aws_mfa.adapters import key_items
from aws_mfa.adapters.keychain_backend import open_backend
from aws_mfa.adapters.keychain_failures import unusable
from aws_mfa.adapters.keychain_items import SERVICE, TIME_LIMIT_S, KeychainItems, broken_item
from aws_mfa.adapters.stderr_mute import StderrMute
from aws_mfa.model import LongTermKeys, Secret

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

CHECK_USER = "aws-mfa-check"
FORK_KEY_ID = "aws:access_key_id"
FORK_SECRET = "aws:secret_access_key"  # noqa: S105 - the name of a service
FORK_DEVICE = "aws:mfa_device"
_CHECK_VALUE = '{"v": 1, "check": true}'


def open_keychain(
    environ: Mapping[str, str],
    *,
    time_limit_s: float | None = TIME_LIMIT_S,
    on_delay: Callable[[], None] = lambda: None,
    may_ask: bool = True,
) -> Keychain:
    """This machine's keychain, opened at the first call; `may_ask` as for `open_backend`, else as `KeychainItems`."""
    mute = StderrMute()
    opener = partial(open_backend, environ, mute, may_ask=may_ask)
    return Keychain(opener, time_limit_s=time_limit_s, on_delay=on_delay, mute=mute)


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
            raise broken_item(section, error) from None

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
            raise broken_item(section, error) from None
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

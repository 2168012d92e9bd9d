"""
Items of the system keychain: read, written, removed, with a wait that ends.

Every call has a time limit, because keychains hang for ever (a window nobody sees, a stopped service), and everything a
backend raises becomes `KeychainUnavailable` here. What is written is read back. What an item holds is for `keychain`
and `keychain_identity`, how its text is made for `key_items`.
"""

from __future__ import annotations

import time
from shlex import quote
from typing import TYPE_CHECKING, TypeVar

from aws_mfa.adapters import key_items
from aws_mfa.adapters.keychain_failures import explained, silent, unusable
from aws_mfa.adapters.stderr_mute import StderrMute
from aws_mfa.adapters.time_limit import NoAnswer, answer_within
from aws_mfa.errors import AwsMfaError, KeychainUnavailable, NotSetUp

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_mfa.adapters.any_keychain import Backend

    Answer = TypeVar("Answer")

SERVICE = "aws-mfa"
TIME_LIMIT_S = 20.0
# Before what was written is read again.
_PAUSES_S = (0.1, 0.4)


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
        mute: StderrMute | None = None,
    ) -> None:
        self._opener = opener
        self._time_limit_s = time_limit_s
        self._on_delay = on_delay
        self._mute = mute or StderrMute()
        self._backend: Backend | None = None
        self._lost: KeychainUnavailable | None = None

    def _read(self, section: str) -> dict[str, object] | None:
        text = self._get(SERVICE, section)
        try:
            return None if text is None else key_items.read_object(text)
        except key_items.UnreadableItem as error:
            raise broken_item(section, error) from None

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

    def _ask(self, call: Callable[[Backend], Answer]) -> Answer:
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
        finally:
            # After a time-out or Ctrl-C the call goes on in its thread; what we have to say must be seen.
            self._mute.lift()
        raise self._lost

    def _opened(self) -> Backend:
        if self._backend is None:
            try:
                self._backend = self._opener()
            except KeychainUnavailable as error:
                self._lost = error
                raise
        return self._backend


def broken_item(section: str, error: key_items.UnreadableItem) -> NotSetUp:
    """The failure for an item of ours that cannot be read, and the way out."""
    return NotSetUp(
        f"the keychain item {SERVICE!r} / {section!r} cannot be read: {error}",
        *key_items.hints_for(error, f"remove it and store the keys again: keyring del {SERVICE} {quote(section)}"),
    )

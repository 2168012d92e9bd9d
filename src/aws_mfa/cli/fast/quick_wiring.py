"""
Opens the adapters of the quick path, with as few imports as possible: beside `wiring.py` the only one to do so.

Owns the seal of stored sessions, because both paths need it: a keychain that the quick path found locked or silent is
not asked a second time by the full path that follows.
"""

from __future__ import annotations

import gc
import time

from aws_mfa.cli.fast.quick_child import become
from aws_mfa.sessions import fast_lookup as quick_sessions

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_mfa.sessions.entry import Entry
    from aws_mfa.sessions.fingerprint import Witnessed
    from aws_mfa.vaults.seal import AgeSeal

__all__ = ["become", "open_seal", "quick_session"]

_LOCK_NAME = "session-store.lock"
_opened: list[tuple[Mapping[str, str], AgeSeal]] = []


def quick_session(profile: str, environ: Mapping[str, str]) -> tuple[Entry, Witnessed] | None:
    """Return the stored session and what its witness says; raises as `quick_sessions.quick_session` does."""

    def opened() -> AgeSeal:
        # What is loaded from here on stays: to look for garbage in it costs a tenth of it.
        gc.disable()
        seal = open_seal(environ)
        _opened[:] = [(environ, seal)]
        return seal

    try:
        return quick_sessions.quick_session(profile, environ, opened, now=time.time())
    finally:
        gc.enable()


def open_seal(environ: Mapping[str, str], *, may_ask: bool = True) -> AgeSeal:
    """
    Return the seal of the store `sealed`; once the one that the quick path opened in this environment.

    `may_ask`: the keychain may show its window to be unlocked. The quick path knows no flag that would forbid it.
    """
    if may_ask and _opened and _opened[0][0] is environ:
        return _opened.pop()[1]
    from aws_mfa.config.files import state_folder
    from aws_mfa.vaults.keychain.vault import open_identity_item
    from aws_mfa.vaults.seal import AgeSeal

    return AgeSeal(open_identity_item(environ, may_ask=may_ask), f"{state_folder(environ)}/{_LOCK_NAME}")

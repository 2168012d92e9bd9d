"""
A stored session that is still good, handed over without the heavy modules: to an SDK, or to a command.

Knows `credential-process PROFILE` and `exec PROFILE [--] COMMAND...` without any flag, and nothing else. Answers where
the profile's fingerprint says that the full path would hand over this very session, and in any doubt not at all.
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]  # the C part of `signal`, there in every CPython and PyPy
import gc
import os
import time

from aws_mfa.errors import AwsMfaError
from aws_mfa.handover.environment import child_environment, chosen_by_the_user, session_variables
from aws_mfa.sessions import fast_lookup

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_mfa.sessions.entry import Entry
    from aws_mfa.sessions.fingerprint import FingerprintedSession
    from aws_mfa.vaults.seal import AgeSeal


# The ones that Python ignores at its start.
_IGNORED_BY_PYTHON = ("SIGPIPE", "SIGXFSZ")


def become(command: Sequence[str], environ: Mapping[str, str]) -> None:
    """Become it; returns where that cannot be, with everything as it was."""
    if os.name != "posix" or not environ.get("PATH"):
        return  # without a PATH there is more than one opinion on where to look
    numbers = [getattr(_signal, name) for name in _IGNORED_BY_PYTHON if hasattr(_signal, name)]
    before = [_signal.signal(number, _signal.SIG_DFL) for number in numbers]
    try:
        os.execvpe(command[0], list(command), dict(environ))  # noqa: S606  # the user's command, and no shell
    except (OSError, ValueError):
        for number, handler in zip(numbers, before, strict=True):
            _signal.signal(number, handler)


__all__ = ["become", "open_seal", "quick_session"]

_LOCK_NAME = "session-store.lock"
_opened: list[tuple[Mapping[str, str], AgeSeal]] = []


def quick_session(profile: str, environ: Mapping[str, str]) -> tuple[Entry, FingerprintedSession] | None:
    """Return the stored session and what its fingerprint says; raises as `fast_lookup.stored_session` does."""

    def opened() -> AgeSeal:
        # What is loaded from here on stays: to look for garbage in it costs a tenth of it.
        gc.disable()
        seal = open_seal(environ)
        _opened[:] = [(environ, seal)]
        return seal

    try:
        return fast_lookup.stored_session(profile, environ, opened, now=time.time())
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


_COMMAND, _PROFILE, _NEXT = range(3)


def quick_document(argv: list[str], environ: Mapping[str, str]) -> str | None:
    """Return what `credential-process PROFILE` prints, None in any doubt."""
    if len(argv) != _NEXT or argv[_COMMAND] != "credential-process":
        return None
    found = _found(argv[_PROFILE], environ)
    return f"{found[0].document}\n" if found else None


def become_command(argv: list[str], environ: Mapping[str, str]) -> None:
    """Become the command of `exec PROFILE [--] COMMAND...`; return in any doubt."""
    command = _command(argv)
    found = _found(argv[_PROFILE], environ) if command else None
    if found is None:
        return
    entry, fingerprinted = found
    # What there was to say about the profile was said when the session was planned.
    variables = session_variables(entry.session())
    become(command, child_environment(environ, variables, fingerprinted.region, argv[_PROFILE]))


def _command(argv: list[str]) -> list[str]:
    """Return the words behind PROFILE; [] where there are none, and where a flag stands there."""
    words = argv[_NEXT:]
    if words[:1] == ["--"]:
        return words[1:]
    return words if words and not words[0].startswith("-") else []


def _found(profile: str, environ: Mapping[str, str]) -> tuple[Entry, FingerprintedSession] | None:
    if not profile or profile.startswith("-"):
        return None
    try:
        return quick_session(profile, chosen_by_the_user(environ))
    except (AwsMfaError, OSError, UnicodeError, ValueError):
        return None

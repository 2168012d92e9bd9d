"""
Prints a stored session that is still good, or runs a command with it, without the heavy modules. On the hot path.

Knows `credential-process PROFILE` and `exec PROFILE [--] COMMAND...`, and behind PROFILE --read-only and --agent NAME,
no other flag. Answers only if the profile's fingerprint proves that the full path would use this session, and notes it
in the history. Opens the seal of stored sessions for both paths, so that a keychain that was locked or silent is not
asked twice. Beside `cli/wiring.py` only this module opens such parts.
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]  # `signal` loads `enum`, a seventh of a bare start; this is its C part
import gc
import os
import time

from aws_mfa.cli.start import AGENT_VARIABLES
from aws_mfa.errors import AwsMfaError
from aws_mfa.handover.environment import child_environment, chosen_by_the_user, session_variables
from aws_mfa.sessions import fast_lookup, history
from aws_mfa.sessions.fingerprint import wish_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_mfa.sessions.entry import Entry
    from aws_mfa.sessions.fingerprint import FingerprintedSession
    from aws_mfa.vaults.seal import AgeSeal

_COMMAND, _PROFILE, _NEXT = range(3)
_IGNORED_BY_PYTHON = ("SIGPIPE", "SIGXFSZ")
_LOCK_NAME = "session-store.lock"
_opened: list[tuple[Mapping[str, str], AgeSeal]] = []


def fast_document(argv: list[str], environ: Mapping[str, str]) -> str | None:
    """Return what `credential-process PROFILE` prints, None in any doubt."""
    rest, flags = _flags(argv)
    is_known = not rest and flags is not None and argv[_COMMAND] == "credential-process"
    found = _stored_session(argv, environ, flags) if is_known and flags else None
    return f"{found[0].document}\n" if found else None


def become_command(argv: list[str], environ: Mapping[str, str]) -> None:
    """Become the command of `exec PROFILE [--] COMMAND...`; return in any doubt."""
    words, flags = _flags(argv)
    command = words[1:] if words[:1] == ["--"] else words
    if flags is None or not command or (command is words and words[0].startswith("-")):
        return
    found = _stored_session(argv, environ, flags)
    if found is not None:
        # Notices about the profile were printed when the session was planned.
        variables = session_variables(found[0].session())
        child = child_environment(environ, variables, found[1].region, argv[_PROFILE])
        become(command, {**child, AGENT_VARIABLES[0]: flags[0]} if flags[0] else child)


def _flags(argv: list[str]) -> tuple[list[str], tuple[str | None, bool] | None]:
    """The words behind our flags, and those: the value of --agent, and whether --read-only is among them."""
    if len(argv) < _NEXT:
        return [], None
    rest, agent, read_only = argv[_NEXT:], None, False
    while rest and rest[0] in ("--read-only", "--agent"):
        if rest[0] == "--read-only":
            read_only, rest = True, rest[1:]
        elif len(rest) == 1 or rest[1].startswith("-"):
            return [], None
        else:
            agent, rest = rest[1], rest[2:]
    return rest, (agent, read_only)


def become(command: Sequence[str], environ: Mapping[str, str]) -> None:
    """Replace this process by the command; if that fails, restore the signal handlers and return."""
    if os.name != "posix" or not environ.get("PATH"):
        return  # without PATH, shells and Python search different folders
    numbers = [getattr(_signal, name) for name in _IGNORED_BY_PYTHON if hasattr(_signal, name)]
    before = [_signal.signal(number, _signal.SIG_DFL) for number in numbers]
    try:
        os.execvpe(command[0], list(command), dict(environ))  # noqa: S606  # the user's command, and no shell
    except (OSError, ValueError):
        for number, handler in zip(numbers, before, strict=True):
            _signal.signal(number, handler)


def _stored_session(
    argv: list[str], environ: Mapping[str, str], flags: tuple[str | None, bool]
) -> tuple[Entry, FingerprintedSession] | None:
    """Return the session, which is noted as handed over, and its fingerprint's record; None in any doubt."""
    profile = argv[_PROFILE]
    if not profile or profile.startswith("-"):
        return None
    environ = chosen_by_the_user(environ)

    def opened() -> AgeSeal:
        gc.disable()  # nothing loaded from here on is garbage: a search would cost a tenth of the loading time
        seal = open_seal(environ)
        _opened[:] = [(environ, seal)]
        return seal

    try:
        agent, now = None, time.time()
        if flags[0] is not None or any(map(environ.get, AGENT_VARIABLES)):
            from aws_mfa.agents.caller import agent_in

            agent = agent_in(environ, flags[0])
        found = fast_lookup.stored_session(profile, environ, opened, now=now, wish=wish_of(agent, read_only=flags[1]))
    except (AwsMfaError, OSError, ValueError, MemoryError):
        return None
    finally:
        gc.enable()
    paths = fast_lookup.plain_paths(environ)
    if found is not None and paths is not None:
        about = {"agent": agent or "", "command": argv[_COMMAND], "program": history.parent()}
        history.note(os.path.dirname(paths[-1]), now, profile, found[0].session(), found[0].inputs, **about)
    return found


def open_seal(environ: Mapping[str, str], *, may_ask: bool = True) -> AgeSeal:
    """Return the seal of the store `sealed`; the first time, if the keychain may ask, the one the fast path opened."""
    if may_ask and _opened and _opened[0][0] is environ:
        return _opened.pop()[1]
    from aws_mfa.config.files import state_folder
    from aws_mfa.vaults.keychain.vault import open_identity_item
    from aws_mfa.vaults.seal import AgeSeal

    return AgeSeal(open_identity_item(environ, may_ask=may_ask), f"{state_folder(environ)}/{_LOCK_NAME}")

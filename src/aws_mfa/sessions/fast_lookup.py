"""
The session that a profile's witness leads to: two small files are read, three looked at, and nothing is planned.

Owns where the quick path looks, which is where the full path looks where variables alone say it. In any doubt there is
no session here, and the full path finds it, mends what is broken, and says what there is to say. On the hot path.
"""

from __future__ import annotations

import os
import sys

from aws_mfa import __version__
from aws_mfa.sessions.choice import choose_store
from aws_mfa.sessions.entry import parse_entry
from aws_mfa.sessions.fingerprint import circumstances, state_of, witnessed_in
from aws_mfa.sessions.freshness import needed_by_sdks
from aws_mfa.sessions.labels import file_name, witness_name
from aws_mfa.system.private_reading import Unfit, private_folder, read_private, runtime_folder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Protocol

    from aws_mfa.sessions.entry import Entry
    from aws_mfa.sessions.fingerprint import Witnessed

    class Opening(Protocol):
        """What opens the entries of the store `sealed`."""

        def opened(self, data: bytes) -> bytes:
            """The bytes of the entry; raises `Unfit`, and errors of ours."""


IN_RUNTIME_FOLDER, IN_STATE_FOLDER = "aws-mfa", "sessions"
PLAIN, SEALED = ".txt", ".age"

_IS_WINDOWS = os.name == "nt"
_HOME_VARIABLE = "USERPROFILE" if _IS_WINDOWS else "HOME"
_FILES = (("credentials", "AWS_SHARED_CREDENTIALS_FILE"), ("config", "AWS_CONFIG_FILE"))


def quick_session(
    profile: str, environ: Mapping[str, str], open_seal: Callable[[], Opening], *, now: float
) -> tuple[Entry, Witnessed] | None:
    """
    Return the stored session, if enough is left of it at `now` for an SDK, and what the witness says of it.

    `open_seal` is called when all else is well and the entry is sealed. Raises `OSError`, `UnicodeError` and our own
    errors, each a doubt.
    """
    home, paths = _home(environ), plain_paths(environ)
    name = witness_name(profile)
    if home is None or paths is None or name is None:
        return None
    try:
        stores = _stores(home, environ)
        text = _read(stores[0][0], name) if stores else None
        seen = circumstances_now(profile, environ, paths)
        found = witnessed_in(text.decode(), seen) if text is not None and seen is not None else None
        data = _entry(stores, found.name, open_seal) if found else None
    except Unfit:
        return None
    entry = parse_entry(data.decode()) if data is not None else None
    if entry is None or found is None or entry.inputs_text != found.inputs_text:
        return None
    return (entry, found) if entry.expires_at - now > needed_by_sdks(entry.inputs) else None


def plain_paths(environ: Mapping[str, str]) -> tuple[str, ...] | None:
    """Return credentials, config and known keys where variables say it with nothing to expand; None otherwise."""
    home = _home(environ)
    if home is None:
        return None
    given = [environ.get(variable) or os.path.join(home, ".aws", name) for name, variable in _FILES]
    # What `$` and `%` stand for, and where a relative path leads, is said elsewhere.
    if not all(os.path.isabs(path) and "$" not in path and "%" not in path for path in given):
        return None
    return (*given, os.path.join(home, ".aws", "mfa", "known-keys"))


def circumstances_now(profile: str, environ: Mapping[str, str], paths: tuple[str, ...]) -> str | None:
    """Return what a witness of this profile begins with, as things stand; `paths` are `plain_paths`."""
    return circumstances_of(profile, environ, paths, [status_of(path) for path in paths])


def circumstances_of(
    profile: str, environ: Mapping[str, str], paths: tuple[str, ...], statuses: list[os.stat_result | None]
) -> str | None:
    """As `circumstances_now`, with the files as they were."""
    states = [state_of(status, is_windows=_IS_WINDOWS) for status in statuses]
    files = list(zip(("credentials", "config", "known-keys"), paths, states, strict=True))
    return circumstances(profile, environ, files, version=__version__, user_id=_user_id())


def status_of(path: str) -> os.stat_result | None:
    """Return the status of the file that the path leads to, None where there is none; raises `OSError`."""
    try:
        return os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None


def _user_id() -> int:
    """Whose name the roles' sessions get where no variable says it; on Windows one always does."""
    if sys.platform == "win32":
        return 0
    return os.getuid()


def _home(environ: Mapping[str, str]) -> str | None:
    home = environ.get(_HOME_VARIABLE, "")
    return (home.rstrip("/") or "/") if os.path.isabs(home) else None


def _stores(home: str, environ: Mapping[str, str]) -> list[tuple[str, str]]:
    """Folder and suffix of the stores that are read, in this order: as `session_stores.Stores` has it."""
    runtime = runtime_folder(environ)
    choice = choose_store(environ, has_runtime_folder=runtime is not None)
    if choice.name == "memory":
        return [(os.path.join(runtime or "", IN_RUNTIME_FOLDER), PLAIN)]
    folder = os.path.join(home, ".aws", "mfa", IN_STATE_FOLDER)
    if choice.name == "plain":
        return [(folder, PLAIN)]
    if choice.name == "sealed":
        return [(folder, SEALED)] if choice.explicit else [(folder, SEALED), (folder, PLAIN)]
    return []


def _entry(stores: list[tuple[str, str]], stored: str, open_seal: Callable[[], Opening]) -> bytes | None:
    for folder, suffix in stores:
        name = file_name(stored, suffix)
        data = _read(folder, name) if name else None
        if data is not None:
            return open_seal().opened(data) if suffix == SEALED else data
    return None


def _read(folder: str, name: str) -> bytes | None:
    status = private_folder(folder)
    return None if status is None else read_private(os.path.join(folder, name), status)

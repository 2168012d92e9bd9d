"""
Finds the stored session that a profile's fingerprint names: reads two small files, checks three, makes no plan.

Owns the paths of the files that the hot path reads: those of the full path, which alone expands `~` and variables in
them. In any doubt it returns no session; then the full path finds it, repairs what is broken, and prints messages. On
the hot path.
"""

from __future__ import annotations

import os
import sys

from aws_mfa import __version__
from aws_mfa.sessions.entry import needed_by_sdks, parse_entry, sealed_part
from aws_mfa.sessions.fingerprint import fingerprint, session_in, state_of
from aws_mfa.sessions.places import SEALED, file_name, fingerprint_name, stores_to_read
from aws_mfa.system.ownership import Unfit, private_folder, read_private, runtime_folder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aws_mfa.sessions.entry import Entry
    from aws_mfa.sessions.fingerprint import FingerprintedSession
    from aws_mfa.sessions.stores import Seal

_IS_WINDOWS = os.name == "nt"
_HOME_VARIABLE = "USERPROFILE" if _IS_WINDOWS else "HOME"
_FILES = (("credentials", "AWS_SHARED_CREDENTIALS_FILE"), ("config", "AWS_CONFIG_FILE"))


def stored_session(
    profile: str, environ: Mapping[str, str], open_seal: Callable[[], Seal], *, now: float, wish: str = ""
) -> tuple[Entry, FingerprintedSession] | None:
    """
    Return the stored session, if enough is left of it at `now` for an SDK, and what the fingerprint's file says of it.

    `open_seal` is called last, and only for a sealed entry. Raises `OSError`, `UnicodeError` and `AwsMfaError`: then
    the full path decides.
    """
    home, paths = _home(environ), plain_paths(environ)
    name = fingerprint_name(profile, wish)
    if home is None or paths is None:
        return None
    try:
        stores = stores_to_read(environ, home, runtime_folder(environ))
        text = _read(stores[0][0], name) if stores else None
        now_is = fingerprint_of(profile, environ, paths, [status_of(path) for path in paths], wish)
        found = session_in(text.decode(), now_is) if text is not None and now_is is not None else None
        is_same = found and all(
            line_of(path := line.split(" ", 7)[-1], status_of(path)) == line for line in found.files
        )
        data = _entry(stores, found.name, open_seal) if found and is_same else None
    except Unfit:
        return None
    entry = parse_entry(data.decode()) if data is not None else None
    if entry is None or found is None or entry.inputs_text != found.inputs_text:
        return None
    return (entry, found) if entry.expires_at - now > needed_by_sdks(entry.inputs) else None


def plain_paths(environ: Mapping[str, str]) -> tuple[str, ...] | None:
    """Return the paths of credentials, config and known keys; None if one of them must be expanded."""
    home = _home(environ)
    if home is None:
        return None
    given = [environ.get(variable) or os.path.join(home, ".aws", name) for name, variable in _FILES]
    # Only the full path expands `$` and `%`, and resolves relative paths.
    if not all(os.path.isabs(path) and "$" not in path and "%" not in path for path in given):
        return None
    return (*given, os.path.join(home, ".aws", "mfa", "known-keys"))


def fingerprint_of(
    profile: str,
    environ: Mapping[str, str],
    paths: tuple[str, ...],
    statuses: list[os.stat_result | None],
    wish: str = "",
) -> str | None:
    """Return the profile's fingerprint; `paths` are `plain_paths`, and `statuses` theirs."""
    states = [state_of(status, is_windows=_IS_WINDOWS) for status in statuses]
    files = list(zip(("credentials", "config", "known-keys"), paths, states, strict=True))
    # The session name of roles, if no variable gives one; on Windows one always does.
    user_id = 0 if sys.platform == "win32" else os.getuid()
    return fingerprint(profile, environ, files, version=__version__, user_id=user_id, wish=wish)


def line_of(path: str, status: os.stat_result | None) -> str:
    """State and path of a file, as the fingerprint's record of a session has them."""
    return f"{state_of(status, is_windows=_IS_WINDOWS)} {path}"


def status_of(path: str) -> os.stat_result | None:
    """Return the status of the file, None if there is none; follows symlinks, raises `OSError`."""
    try:
        return os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None


def _home(environ: Mapping[str, str]) -> str | None:
    home = environ.get(_HOME_VARIABLE, "")
    return (home.rstrip("/") or "/") if os.path.isabs(home) else None


def _entry(stores: list[tuple[str, str]], stored: str, open_seal: Callable[[], Seal]) -> bytes | None:
    for folder, suffix in stores:
        data = _read(folder, file_name(stored, suffix))
        if data is not None:
            return open_seal().opened(sealed_part(data)) if suffix == SEALED else data
    return None


def _read(folder: str, name: str) -> bytes | None:
    status = private_folder(folder)
    return None if status is None else read_private(os.path.join(folder, name), status)

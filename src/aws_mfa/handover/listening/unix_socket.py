"""
The endpoint at a unix socket: no token, because the system says which user connects, and only this one is answered.

The socket is in a folder where only this user can write, so that nobody can put another in its place, which a sandbox
or `ssh -R` would then ask. A socket at which nobody listens is replaced; nothing else that is at the path is touched.
The folder is locked meanwhile, so that of two servers that start at once one finds the other's socket alive.
"""

from __future__ import annotations

import os
import socket
import stat
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from aws_mfa.command_lines import command, quote
from aws_mfa.errors import BadInput
from aws_mfa.handover.listening.endpoint import BACKLOG, Listening
from aws_mfa.system.locks import try_lock, unlock
from aws_mfa.system.ownership import is_own, others_can_write
from aws_mfa.system.unix_sockets import bind_privately, check_path, is_this_user, user_at_other_end

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import ExitStack

_LOCK_LIMIT_S = 5.0
_CONNECT_LIMIT_S = 1.0
_PAUSE_S = 0.01
_NAME_ANOTHER = "name another path: --socket PATH"


class SocketEndpoint(Listening):
    """An `Endpoint` inside its `with`; `BadInput`, also from here, if the path cannot be used."""

    def __init__(self, path: str, now: Callable[[], float]) -> None:
        super().__init__(now)
        self._path = os.path.abspath(path)
        check_path(self._path)
        with _locked_folder_of(self._path):
            _is_free(self._path)

    def settings_for(self, profile: str) -> dict[str, str]:
        """The line for an AWS config file that sends SDKs to the profile's session."""
        return {"credential_process": f"aws-mfa credential-process --from {quote(self._path)} {quote(profile)}"}

    def _open(self, closing: ExitStack) -> None:
        self._listener = socket.socket(socket.AF_UNIX)
        closing.callback(self._listener.close)
        with _locked_folder_of(self._path):
            try:
                if not _is_free(self._path):
                    os.unlink(self._path)
                bind_privately(self._listener, self._path)  # nobody can connect before `listen`
                closing.callback(_remove, self._path, os.lstat(self._path))
                self._listener.listen(BACKLOG)
            except OSError as error:
                raise BadInput(f"--socket: cannot make {self._path}: {error.strerror}", _NAME_ANOTHER) from None
        self._listener.settimeout(_CONNECT_LIMIT_S)  # `accept` ends even if the path leads elsewhere at the end

    def _admits(self, connection: socket.socket) -> bool:
        """Whether this user is at the other end; nobody else learns even which profiles are served."""
        with suppress(OSError):
            return is_this_user(user_at_other_end(connection))
        return False


def _is_free(path: str) -> bool:
    """True if nothing is at the path, False for a socket of ours at which nobody listens; raises `BadInput`."""
    try:
        found = os.lstat(path)
    except FileNotFoundError:
        return True
    if not stat.S_ISSOCK(found.st_mode):
        raise BadInput(f"{path} is there, and is not a socket: it stays as it is", _NAME_ANOTHER)
    if not is_own(found):
        raise BadInput(f"{path} is the socket of another user (id {found.st_uid})", _NAME_ANOTHER)
    with socket.socket(socket.AF_UNIX) as asking:
        asking.settimeout(_CONNECT_LIMIT_S)
        try:
            asking.connect(path)
        except ConnectionRefusedError:
            return False
        except OSError:
            pass  # alive and busy, or of another kind
    raise BadInput(f"another process serves at {path}", f"end that one, or {_NAME_ANOTHER}")


def _remove(path: str, ours: os.stat_result) -> None:
    """Remove the socket, if it is still ours. No server replaces it meanwhile: the listener is still open."""
    with suppress(OSError):
        if os.path.samestat(os.lstat(path), ours):
            os.unlink(path)


def _check_above(folder: str) -> None:
    """Raise `BadInput` if other users can replace a folder on the way to this one: then all that is in it, too."""
    while (above := os.path.dirname(folder)) != folder:
        found = os.stat(above)
        if others_can_write(found) or (found.st_uid != 0 and not is_own(found)):
            raise _replaceable(above)
        folder = above


def _replaceable(folder: str) -> BadInput:
    what = f"--socket: in {folder} other users could put a socket of theirs in its place"
    return BadInput(what, "use a folder of your own, for example: --socket ~/.aws/mfa/socket")


@contextmanager
def _locked_folder_of(path: str) -> Iterator[None]:
    """Lock the folder, without a file in it, while inside; `BadInput` if other users can write there."""
    folder = os.path.realpath(os.path.dirname(path))
    try:
        _check_above(folder)
        fd = os.open(folder, os.O_RDONLY | getattr(os, "O_DIRECTORY", 0))
    except OSError as error:
        hint = command("make private folder", folder)
        raise BadInput(f"--socket: cannot open the folder {folder}: {error.strerror}", f"make it: {hint}") from None
    try:
        found = os.fstat(fd)
        if not is_own(found) or others_can_write(found) or found.st_mode & stat.S_IWOTH:
            raise _replaceable(folder)
        gives_up_at = time.monotonic() + _LOCK_LIMIT_S
        while not try_lock(fd):
            if time.monotonic() > gives_up_at:
                raise BadInput(f"--socket: another process holds a lock on {folder}", _NAME_ANOTHER)
            time.sleep(_PAUSE_S)
        yield
    finally:
        unlock(fd)
        os.close(fd)

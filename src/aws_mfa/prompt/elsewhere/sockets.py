"""
The folder of the waiting questions, and the Unix sockets in it: opened, reached, and removed where nobody listens.

The folder is this user's alone (0700), and where Linux tells who is at the other end it must be this user or root.
What a socket carries is the business of `elsewhere_server.py` and `elsewhere_client.py`. Not on Windows: its Python has
no Unix sockets.
"""

from __future__ import annotations

import contextlib
import os
import socket
import struct
import sys
import time
from typing import TYPE_CHECKING

from aws_mfa.system.private_files import ensure_private_folder
from aws_mfa.system.private_reading import private_folder

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

HAS_SOCKETS = hasattr(socket, "AF_UNIX") and os.name != "nt"
TAKEN, MALFORMED = b"taken\n", b"malformed\n"

# `sun_path` holds 108 bytes on Linux (unix(7)) and 104 on macOS and the BSDs, with the final zero.
_LONGEST_PATH = 107 if sys.platform == "linux" else 103
_END = ".sock"
# A home may be on a network share: the sockets of other machines look dead from here.
_OF_ANOTHER_MACHINE_S = 7 * 86400.0
_CONNECT_LIMIT_S = 2.0
_UCRED = struct.Struct("3i")  # pid, uid, gid: unix(7), SO_PEERCRED


def new_path(folder: str) -> str:
    """A name for a socket in the folder: it sorts by time, and says which process of which machine made it."""
    return os.path.join(folder, f"{time.time_ns()}-{os.getpid()}-{_machine()}{_END}")


def open_socket(path: str) -> socket.socket:
    """A listening socket (0600); its folder is made where it is missing. Raises `NotSetUp` and OSError."""
    folder = os.path.dirname(path)
    ensure_private_folder(folder)
    private_folder(folder)
    # Until it listens a socket looks dead: it gets the name by which it is found when it does.
    unborn = f"{path}.new"
    listener = socket.socket(socket.AF_UNIX)
    try:
        with _address(unborn) as address:
            _bind_privately(listener, address)
        listener.listen()
        os.rename(unborn, path)
    except BaseException:
        listener.close()
        with contextlib.suppress(OSError):
            os.unlink(unborn)
        raise
    return listener


def live_sockets(folder: str) -> Generator[socket.socket, None, None]:
    """
    Connections to the sockets of the folder at which somebody listens, the oldest first; who takes one closes it.

    Dead ones are removed. Raises `NotSetUp` where the folder is not this user's alone.
    """
    if private_folder(folder) is None:
        return
    for path in _paths(folder):
        connection = _connect(path)
        if connection is not None:
            yield connection


def remove_dead_sockets(folder: str) -> None:
    """Remove what killed processes left; connections to the living are closed again. Raises as `live_sockets`."""
    for connection in live_sockets(folder):
        connection.close()


def is_trusted(connection: socket.socket) -> bool:
    """Whether this user or root is at the other end; True where the system does not tell: the folder's mode does."""
    if sys.platform != "linux":
        return True
    found = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _UCRED.size)
    _, uid, _ = _UCRED.unpack(found)
    return uid in (os.geteuid(), 0)


def _paths(folder: str) -> list[str]:
    try:
        names = [name for name in os.listdir(folder) if name.endswith(_END)]
    except OSError:
        return []
    born = sorted((_born_at(name), name) for name in names)
    return [os.path.join(folder, name) for moment, name in born if moment]


def _connect(path: str) -> socket.socket | None:
    """A connection, None where there is none to be had; a dead socket is removed."""
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(_CONNECT_LIMIT_S)
    try:
        with _address(path) as address:
            connection.connect(address)
        if is_trusted(connection):
            return connection
    except ConnectionRefusedError:
        _remove_dead(path)
    except OSError:
        pass  # gone meanwhile, another's, or its holder is stopped
    connection.close()
    return None


def _remove_dead(path: str) -> None:
    name = os.path.basename(path)
    is_of_this_machine = name.removesuffix(_END).split("-", 2)[2:] == [_machine()]
    with contextlib.suppress(OSError):
        if is_of_this_machine or time.time() - _born_at(name) > _OF_ANOTHER_MACHINE_S:
            os.unlink(path)


def _born_at(name: str) -> float:
    """The moment in the socket's name; 0 for what is no socket of ours."""
    moment_ns = name.partition("-")[0]
    return int(moment_ns) / 1e9 if moment_ns.isascii() and moment_ns.isdigit() else 0.0


def _machine() -> str:
    return socket.gethostname().replace("/", "_")


def _bind_privately(listener: socket.socket, address: str) -> None:
    """
    Bind with mode 0600, beside that of the folder, and never follow what somebody may have put in the file's place.

    The umask would do for it too, but it is that of all threads of the program around us.
    """
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            os.fchmod(listener.fileno(), 0o600)  # the kernel's `unix_bind` gives the file the mode of its socket
    listener.bind(address)
    if os.chmod in os.supports_follow_symlinks:  # not on Linux
        os.chmod(address, 0o600, follow_symlinks=False)


@contextlib.contextmanager
def _address(path: str) -> Iterator[str]:
    """The path, or a shorter name for it that the kernel takes while the folder is open; OSError where none is."""
    if len(os.fsencode(path)) <= _LONGEST_PATH:
        yield path
        return
    folder, name = os.path.split(path)
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{fd}/{name}"
    finally:
        os.close(fd)

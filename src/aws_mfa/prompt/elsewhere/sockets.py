"""
The folder of open questions, and the Unix sockets in it: opened, connected to, and removed once no process listens.

Only this user can enter the folder (0700), and on Linux, where the kernel names the user at the other end, that must be
this user or root. Not on Windows: its Python has no Unix sockets.
"""

from __future__ import annotations

import contextlib
import os
import socket
import sys
import time
from typing import TYPE_CHECKING

from aws_mfa.system.ownership import private_folder
from aws_mfa.system.private_files import ensure_private_folder
from aws_mfa.system.unix_sockets import LONGEST_PATH, bind_privately, user_at_other_end

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

TAKEN, MALFORMED = b"taken\n", b"malformed\n"

_END = ".sock"
# A home may be on a network share: sockets of other machines look dead from here.
_OF_ANOTHER_MACHINE_S = 7 * 86400.0
_CONNECT_LIMIT_S = 2.0


def new_path(folder: str) -> str:
    """Return a new socket name: it sorts by time, and names the process and the machine."""
    return os.path.join(folder, f"{time.time_ns()}-{os.getpid()}-{_machine()}{_END}")


def open_socket(path: str) -> socket.socket:
    """Open a listening socket (0600), creating its folder if needed. Raises `NotSetUp` and OSError."""
    folder = os.path.dirname(path)
    ensure_private_folder(folder)
    private_folder(folder)
    # A socket that does not listen yet looks dead: it gets its final name once it listens.
    early_path = f"{path}.new"
    listener = socket.socket(socket.AF_UNIX)
    try:
        with _address(early_path) as address:
            bind_privately(listener, address)
        listener.listen()
        os.rename(early_path, path)
    except BaseException:
        listener.close()
        with contextlib.suppress(OSError):
            os.unlink(early_path)
        raise
    return listener


def live_sockets(folder: str) -> Generator[socket.socket, None, None]:
    """Connections to the live sockets, oldest first, for the caller to close; removes dead ones. Raises `NotSetUp`."""
    if private_folder(folder) is None:
        return
    try:
        names = [name for name in os.listdir(folder) if name.endswith(_END)]
    except OSError:
        return
    for opened_at, name in sorted((_opened_at(name), name) for name in names):
        connection = _connect(os.path.join(folder, name)) if opened_at else None
        if connection is not None:
            yield connection


def remove_dead_sockets(folder: str) -> None:
    """Remove the sockets of killed processes. Raises what `live_sockets` raises."""
    for connection in live_sockets(folder):
        connection.close()


def is_trusted(connection: socket.socket) -> bool:
    """Whether this user or root is at the other end; True if unknown: the folder's mode keeps others out."""
    if sys.platform != "linux":
        return True
    return user_at_other_end(connection) in (os.geteuid(), 0)


def _connect(path: str) -> socket.socket | None:
    """Connect, or return None; a dead socket is removed."""
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(_CONNECT_LIMIT_S)
    try:
        with _address(path) as address:
            connection.connect(address)
        if is_trusted(connection):
            return connection
    except ConnectionRefusedError:
        name = os.path.basename(path)
        is_of_this_machine = name.removesuffix(_END).split("-", 2)[2:] == [_machine()]
        with contextlib.suppress(OSError):
            if is_of_this_machine or time.time() - _opened_at(name) > _OF_ANOTHER_MACHINE_S:
                os.unlink(path)
    except OSError:
        pass  # removed meanwhile, another user's, or its process is stopped
    connection.close()
    return None


def _opened_at(name: str) -> float:
    """The moment in the socket's name; 0 for a file that is not one of our sockets."""
    moment_ns = name.partition("-")[0]
    return int(moment_ns) / 1e9 if moment_ns.isascii() and moment_ns.isdigit() else 0.0


def _machine() -> str:
    return socket.gethostname().replace("/", "_")


@contextlib.contextmanager
def _address(path: str) -> Iterator[str]:
    """The path, or a shorter name of it through the open folder; OSError if the system has no such name."""
    if len(os.fsencode(path)) <= LONGEST_PATH:
        yield path
        return
    folder, name = os.path.split(path)
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{fd}/{name}"
    finally:
        os.close(fd)

"""
Unix sockets: bound so that only this user can connect, and which user is at the other end. On the hot path.

Uses `_socket`, the C part of `socket`, which itself takes two thirds of a bare Python start. Not on Windows: its Python
has no Unix sockets.
"""

from __future__ import annotations

import _socket
import os
import sys

from aws_mfa.errors import BadInput

HAS_SOCKETS = hasattr(_socket, "AF_UNIX") and os.name != "nt"
# `sun_path` holds 108 bytes on Linux (unix(7)) and 104 on macOS and the BSDs, with the final zero.
LONGEST_PATH = 107 if sys.platform == "linux" else 103
# In a user namespace (a container) the kernel shows every user that has no id there under this one.
_NO_USER = 65534


def bind_privately(listener: _socket.socket, address: str) -> None:
    """Bind with mode 0600, through no link that someone put there, and not by the umask, which all threads share."""
    if sys.platform == "linux":
        try:  # noqa: SIM105  # contextlib is no module of the hot path
            os.fchmod(listener.fileno(), 0o600)  # the kernel's `unix_bind` gives the file the mode of its socket
        except OSError:
            pass
    listener.bind(address)
    if os.chmod in os.supports_follow_symlinks:  # not on Linux
        os.chmod(address, 0o600, follow_symlinks=False)


def check_path(path: str) -> None:
    """Raise `BadInput` if the system has no sockets, or does not take this path for one."""
    if not HAS_SOCKETS:
        raise BadInput("Python has no unix sockets on Windows", "run both sides in WSL, or use a port: aws-mfa serve")
    if len(os.fsencode(path)) > LONGEST_PATH:
        raise BadInput(f"the path of a socket has {LONGEST_PATH} bytes at most: {path}", "choose a shorter path")


def user_at_other_end(connection: _socket.socket) -> int:
    """The user id of the process that connected, or that listens; OSError if the other end is gone."""
    if sys.platform == "linux":  # struct ucred: process, user, group
        found = connection.getsockopt(_socket.SOL_SOCKET, _socket.SO_PEERCRED, 12)
    else:  # LOCAL_PEERCRED of macOS and the BSDs, struct xucred: version, user, groups
        found = connection.getsockopt(0, 1, 76)
    return int.from_bytes(found[4:8], sys.byteorder)


def is_this_user(uid: int) -> bool:
    """Whether it is the id of this process's user, and not the one that stands for all unknown users."""
    return os.name != "nt" and uid == os.geteuid() != _NO_USER

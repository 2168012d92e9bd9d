"""Whether a folder's file system has a disk under it. Only Linux tells; elsewhere nothing is claimed."""

from __future__ import annotations

import os
import sys

_IN_MEMORY = (b"tmpfs", b"ramfs")
_MOUNTS = "/proc/self/mountinfo"


def is_known_to_have_a_disk(path: str) -> bool:
    """Whether the kernel names another file system than one in memory; False where it names none."""
    if sys.platform != "linux":
        return False
    try:
        kind = _file_system_of(os.stat(path).st_dev)
    except OSError:
        return False
    return kind is not None and kind not in _IN_MEMORY


def _file_system_of(device: int) -> bytes | None:
    wanted = b"%d:%d" % (os.major(device), os.minor(device))
    with open(_MOUNTS, "rb") as mounts:
        for mount in mounts:
            # `36 35 0:21 /root /place options ... - tmpfs source options`; blanks in a path are escaped.
            if mount.split(b" ", 3)[2] == wanted:
                return mount.partition(b" - ")[2].split(b" ", 1)[0]
    return None

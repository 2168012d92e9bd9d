"""
A folder that is held open: what is made, moved and removed in it stays in it.

Between two steps that name a folder by path, its user can put a link in its place; root would then work elsewhere.
Windows opens no folders, and lets few users make links: there each step goes by path.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing_extensions import Self

_CAN_HOLD = os.open in os.supports_dir_fd
_READ_FOLDER = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_CLOEXEC", 0)


class FolderHandle:
    """
    The folder at `path`, open for the length of a `with`; links to it are followed, once. Raises OSError.

    `dir_fd` and `at(name)` go together, into whatever takes a `dir_fd`; `itself` is for what takes a descriptor or a
    path.
    """

    __slots__ = ("dir_fd", "itself", "path")

    def __init__(self, path: str) -> None:
        self.path = path
        self.dir_fd = os.open(path, _READ_FOLDER) if _CAN_HOLD else None
        self.itself = path if self.dir_fd is None else self.dir_fd

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        if self.dir_fd is not None:
            os.close(self.dir_fd)

    def at(self, name: str) -> str:
        """What stands for the file `name` beside `dir_fd`."""
        return os.path.join(self.path, name) if self.dir_fd is None else name

    def sync(self) -> None:
        """Make what was moved here survive a power cut; it stands already, so a refusal is no failure."""
        if self.dir_fd is None:
            return
        try:
            os.fsync(self.dir_fd)
        except OSError:
            return

"""
Become a command, as `child_process.py` does it, without what that needs to run one beside us and to explain failures.

On the hot path: `signal` loads `enum`, which costs a seventh of a bare Python start, so the module below it is used.
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]  # the C part of `signal`, there in every CPython and PyPy
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

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

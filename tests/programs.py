"""Runs a program to its end, without a terminal: a session of its own, and nothing of this process's environment."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping, Sequence


def run_program(
    command: Sequence[str],
    env: Mapping[str, str],
    *,
    stdin: str | None = None,
    cwd: str | os.PathLike[str] | None = None,
    timeout_s: float = 60,
) -> subprocess.CompletedProcess[str]:
    """Exit code, stdout and stderr; `stdin` is piped in, None is /dev/null."""
    return subprocess.run(
        list(command), env=dict(env), cwd=cwd, timeout=timeout_s, capture_output=True, text=True, check=False,
        input=stdin, stdin=subprocess.DEVNULL if stdin is None else None, start_new_session=True,
    )  # fmt: skip

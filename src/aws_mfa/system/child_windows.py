"""
Runs a command as a child process on Windows, where a process cannot become another program.

The console sends Ctrl-C and Ctrl-Break to all its programs: this process ignores them and ends with the child's exit
code. Windows has no other signals to pass on.
"""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

from aws_mfa.system.programs import found_program

assert sys.platform == "win32"  # for the type checker

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# The code of a crash has its highest bit set, and `sys.exit` accepts such a code only as a negative number.
_HIGHEST_BIT = 1 << 31


def ended_child(command: Sequence[str], environ: Mapping[str, str]) -> int:
    """Run it to its end in the main thread; the exit code. Raises `OSError` or `ValueError` if it cannot be started."""
    program = found_command(command[0], environ)
    if program is None:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), command[0])
    numbers = (signal.SIGINT, signal.SIGBREAK)
    before = [signal.signal(number, lambda *_: None) for number in numbers]
    try:
        code = subprocess.call([program, *command[1:]], env=dict(environ))  # noqa: S603  # the user's command
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)
    return code - 2 * _HIGHEST_BIT if code >= _HIGHEST_BIT else code


def found_command(name: str, environ: Mapping[str, str]) -> str | None:
    """The path of a command or None; CreateProcess begins in the working folder, and never finds `aws.cmd`."""
    if os.path.dirname(name):
        return shutil.which(name) or name
    return found_program(name, environ)

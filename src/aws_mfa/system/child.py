"""
The command that a session is for: this process becomes it, or runs it and passes signals on.

The command inherits signal handlers as Python found them, no descriptor that this program opened, and exactly the
environment given. Uses no shell, so nothing in the command's words is expanded.
"""

from __future__ import annotations

import errno
import os
import shutil
import signal
import sys
from typing import TYPE_CHECKING

from aws_mfa.errors import CommandNotRunnable, NoSuchCommand
from aws_mfa.system.core_dumps import restore_core_limit

if sys.platform == "win32":
    from aws_mfa.system.child_windows import ended_child, found_command
else:
    from aws_mfa.system.child_posix import end_by_signal, ended_child

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_mfa.errors import AwsMfaError

# Python ignores these at its start. Handlers need no reset: `exec` drops them.
_IGNORED_BY_PYTHON = ("SIGPIPE", "SIGXFSZ")
_KILLED = 128  # shells: 128 + the signal
_HINTS = {
    errno.ENOEXEC: "a script needs a first line such as: #!/bin/sh",
    errno.EAGAIN: "a limit of this machine stops it: ulimit -u, or the pids limit of a container",
}


class ChildProcess:
    """Implements the Protocol `Child`."""

    def shell(self, environ: Mapping[str, str]) -> list[str]:
        """`SHELL` if it can be run, else /bin/sh; on Windows `COMSPEC`."""
        if sys.platform == "win32":
            return [environ.get("COMSPEC") or "cmd.exe"]
        shell = environ.get("SHELL") or "/bin/sh"
        return [shell if shutil.which(shell, path=environ.get("PATH")) else "/bin/sh"]

    def check(self, command: Sequence[str], environ: Mapping[str, str]) -> None:
        _found(command[0], environ)

    def become(self, command: Sequence[str], environ: Mapping[str, str]) -> int:
        if sys.platform == "win32":
            return self.end_like(self.run(command, environ))
        _flush_streams()
        for name in _IGNORED_BY_PYTHON:
            if hasattr(signal, name):
                signal.signal(getattr(signal, name), signal.SIG_DFL)
        try:
            restore_core_limit()
            os.execvpe(command[0], list(command), dict(environ))  # noqa: S606  # the user's command, and no shell
        except (OSError, ValueError) as error:
            raise _not_started(command[0], error) from None

    def run(self, command: Sequence[str], environ: Mapping[str, str]) -> int:
        _flush_streams()
        try:
            return ended_child(command, environ)
        except (OSError, ValueError) as error:
            raise _not_started(command[0], error) from None

    def end_like(self, exit_code: int) -> int:
        if sys.platform != "win32" and exit_code < 0:
            end_by_signal(-exit_code)
            return _KILLED - exit_code
        return exit_code


def _found(program: str, environ: Mapping[str, str]) -> str:
    if sys.platform == "win32":
        command = found_command(program, environ)
        if command is None:
            raise NoSuchCommand(f"command not found: {program}", f"if it is in the working folder, write: .\\{program}")
        return command
    path = environ.get("PATH")
    found = shutil.which(program, path=path)
    if found is not None:
        return found
    there = shutil.which(program, mode=os.F_OK, path=path)
    if there is not None or (os.path.dirname(program) and os.path.exists(program)):
        raise CommandNotRunnable(f"the command cannot be run: {program}: not an executable file")
    raise NoSuchCommand(f"command not found: {program}")


def _not_started(program: str, error: OSError | ValueError) -> AwsMfaError:
    """The error for what the system said; a `ValueError` means a NUL in a word, which no system accepts."""
    if isinstance(error, FileNotFoundError):
        return NoSuchCommand(f"command not found, or its interpreter is not: {program}")
    reason = error.strerror if isinstance(error, OSError) else "it holds a NUL character"
    hints = [text for number, text in _HINTS.items() if getattr(error, "errno", None) == number]
    return CommandNotRunnable(f"the command cannot be run: {program}: {reason}", *hints)


def _flush_streams() -> None:
    """Print what is buffered before the child prints anything."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()

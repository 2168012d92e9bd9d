"""
The command that a session is for: become it, or run it and stay out of its way.

Owns what a child inherits: signals as Python found them, no descriptor of ours, stdin untouched. The environment is
given whole. Refuses a shell in between: words are words, and nothing is expanded.
"""

from __future__ import annotations

import errno
import os
import shutil
import signal
import sys
from typing import TYPE_CHECKING

from aws_mfa.errors import CommandNotRunnable, NoSuchCommand

if sys.platform == "win32":
    from aws_mfa.system.child_windows import ended_child, found_command
else:
    from aws_mfa.system.child_posix import end_by_signal, ended_child

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_mfa.errors import AwsMfaError

# The ones that Python ignores at its start; every handler of ours goes with our program.
_IGNORED_BY_PYTHON = ("SIGPIPE", "SIGXFSZ")
_KILLED = 128  # shells: 128 + the signal


class ChildProcess:
    """Fulfils the Protocol `Child`."""

    def shell(self, environ: Mapping[str, str]) -> list[str]:
        """`SHELL` where it can be run, else /bin/sh; on Windows `COMSPEC`."""
        if sys.platform == "win32":
            return [environ.get("COMSPEC") or "cmd.exe"]
        shell = environ.get("SHELL") or "/bin/sh"
        return [shell if shutil.which(shell, path=environ.get("PATH")) else "/bin/sh"]

    def check(self, command: Sequence[str], environ: Mapping[str, str]) -> None:
        """Look the command up as the system will."""
        _found(command[0], environ)

    def become(self, command: Sequence[str], environ: Mapping[str, str]) -> int:
        """Become it; on Windows, where a program cannot become another, run it."""
        if sys.platform == "win32":
            return self.end_like(self.run(command, environ))
        _flush_streams()
        for name in _IGNORED_BY_PYTHON:
            if hasattr(signal, name):
                signal.signal(getattr(signal, name), signal.SIG_DFL)
        try:
            os.execvpe(command[0], list(command), dict(environ))  # noqa: S606  # the user's command, and no shell
        except (OSError, ValueError) as error:
            raise _not_started(command[0], error) from None

    def run(self, command: Sequence[str], environ: Mapping[str, str]) -> int:
        """Run it, with a stop, a Ctrl-C and a signal sent to us reaching it too."""
        _flush_streams()
        try:
            return ended_child(command, environ)
        except (OSError, ValueError) as error:
            raise _not_started(command[0], error) from None

    def end_like(self, exit_code: int) -> int:
        """Die by the signal that killed the child, so that the caller sees what happened."""
        if sys.platform != "win32" and exit_code < 0:
            end_by_signal(-exit_code)
            return _KILLED - exit_code
        return exit_code


def _found(program: str, environ: Mapping[str, str]) -> str:
    if sys.platform == "win32":
        command = found_command(program, environ)
        if command is None:
            raise NoSuchCommand(f"command not found: {program}", f"in the working folder it is named: .\\{program}")
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
    """What the system said; `ValueError` is a NUL in a word, which no system takes."""
    if isinstance(error, FileNotFoundError):
        return NoSuchCommand(f"command not found, or its interpreter is not: {program}")
    reason = error.strerror if isinstance(error, OSError) else "it holds a NUL character"
    is_bare_script = isinstance(error, OSError) and error.errno == errno.ENOEXEC
    hints = ["a script needs a first line such as: #!/bin/sh"] if is_bare_script else []
    return CommandNotRunnable(f"the command cannot be run: {program}: {reason}", *hints)


def _flush_streams() -> None:
    """What we said comes before what the child says."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()

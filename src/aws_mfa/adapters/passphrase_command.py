"""
A passphrase from a command (AWS_MFA_AGE_PASSPHRASE_COMMAND): `pass show aws-mfa`, `op read ...`, a script.

Owns the running of it: no shell, a time limit, the first line of its stdout. Its stderr goes where ours goes, so that
it can say "touch your key"; its output is shown to nobody, not even when it fails. It gets no stdin: that may be a
pipe with an MFA code in it.
"""

from __future__ import annotations

import os
import subprocess

from aws_mfa.adapters.answering_program import words_of
from aws_mfa.errors import BadInput
from aws_mfa.model import Secret

VARIABLE = "AWS_MFA_AGE_PASSPHRASE_COMMAND"
TIME_LIMIT_S = 60.0


class PassphraseCommand:
    """Asks the command instead of a human; `command` is one line, split as a POSIX shell would."""

    tries = 1

    def __init__(self, command: str, *, time_limit_s: float = TIME_LIMIT_S) -> None:
        self._command = command
        self._time_limit_s = time_limit_s

    def __call__(self, *, new: bool) -> Secret:
        """The passphrase; `BadInput` when the command fails or says nothing, or not twice the same for a new vault."""
        found = self._asked()
        if new and not found.matches(self._asked()):
            raise _failed("printed two different passphrases: a new vault would never open again")
        return found

    def _asked(self) -> Secret:
        line = self._output().split(b"\n", 1)[0].rstrip(b"\r")
        try:
            found = Secret(line.decode("utf-8"))
        except UnicodeDecodeError:
            raise _failed("printed something that is not UTF-8") from None
        if not found:
            raise _failed("printed no passphrase")
        return found

    def _output(self) -> bytes:
        try:
            ended = subprocess.run(  # noqa: S603 - the user's own command, and no shell
                words_of(self._command),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                timeout=self._time_limit_s,
                check=False,
            )
        except subprocess.TimeoutExpired:
            # `from None`: the exception carries what the command has printed so far.
            raise _failed(f"did not end within {self._time_limit_s:g} s") from None
        except OSError as error:
            name = words_of(self._command)[0] if os.name != "nt" else "it"
            raise _failed(f"cannot be started: {name}: {error.strerror}") from None
        except ValueError:
            raise _failed("is not a command line: a quote is not closed, or it is empty") from None
        if ended.returncode != 0:
            raise _failed(f"failed with exit code {ended.returncode}")
        return ended.stdout


def _failed(what: str) -> BadInput:
    return BadInput(
        f"the command in {VARIABLE} {what}",
        "it must print the passphrase on one line; no shell runs it: ~ and $NAME are not expanded",
    )

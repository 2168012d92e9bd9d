"""
A passphrase from a command (AWS_MFA_AGE_PASSPHRASE_COMMAND): `pass show aws-mfa`, `op read ...`, a script.

Owns what is made of it: the first line of its stdout, which is shown to nobody, not even when it fails. It can say
"touch your key" and ask for a PIN on the terminal, but it gets no stdin: that may be a pipe with an MFA code in it.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from aws_mfa.errors import BadInput
from aws_mfa.model import Secret
from aws_mfa.system.programs import NotStarted, ProgramFailed, run_for_answer, words_of

if TYPE_CHECKING:
    from collections.abc import Mapping

VARIABLE = "AWS_MFA_AGE_PASSPHRASE_COMMAND"
TIME_LIMIT_S = 60.0


class PassphraseCommand:
    """Asks the command instead of a human; `command` is one line, split as a POSIX shell would; `environ` is ours."""

    tries = 1

    def __init__(
        self, command: str, *, environ: Mapping[str, str] | None = None, time_limit_s: float = TIME_LIMIT_S
    ) -> None:
        self._command = command
        self._environ = os.environ if environ is None else environ
        self._time_limit_s = time_limit_s

    def __call__(self, *, new: bool) -> Secret:
        """The passphrase; `BadInput` when the command fails or says nothing, or not twice the same for a new vault."""
        found = self._asked()
        if new and not found.matches(self._asked()):
            raise _failed("printed two different passphrases: a new vault would never open again")
        return found

    def _asked(self) -> Secret:
        try:
            ended = run_for_answer(
                self._command,
                environ=self._environ,
                limit_s=self._time_limit_s,
                cancellation=None,
                keeps_terminal=True,
            )
        except NotStarted as error:
            name = words_of(self._command)[0] if os.name != "nt" else "it"
            raise _failed(f"cannot be started: {name}: {error.reason}") from None
        except ProgramFailed as error:
            raise _failed(str(error)) from None
        if ended.code != 0:
            raise _failed(f"failed with exit code {ended.code}")
        try:
            found = Secret(ended.stdout.split(b"\n", 1)[0].rstrip(b"\r").decode("utf-8"))
        except UnicodeDecodeError:
            raise _failed("printed something that is not UTF-8") from None
        if not found:
            raise _failed("printed no passphrase")
        return found


def _failed(what: str) -> BadInput:
    return BadInput(
        f"the command in {VARIABLE} {what}",
        "it must print the passphrase on one line; no shell runs it: ~ and $NAME are not expanded",
    )

"""
The age vault's passphrase, asked of a human: without echo, a new one twice, a wrong one again.

Never read from a pipe: the pipe holds the MFA code. Its other source is `passphrase_command`.
`KnownOfVault` is what this process knows by then: whoever else may ask, or may not, need not ask again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_mfa.errors import BadInput, NeedsHuman
from aws_mfa.prompt.terminal import NO_TERMINAL, NoTerminal

if TYPE_CHECKING:
    from aws_mfa.model import Secret
    from aws_mfa.prompt.terminal import ControllingTerminal, PipedAnswers


class KnownOfVault:
    """The passphrase, once it was given, and the vault's content as last decrypted."""

    __slots__ = ("opened", "passphrase")

    def __init__(self) -> None:
        self.passphrase: Secret | None = None
        self.opened: tuple[bytes, dict[str, dict[str, object]]] | None = None


class AskedPassphrase:
    """Fulfils `AskPassphrase` at a terminal."""

    tries = 3

    def __init__(self, terminal: ControllingTerminal | PipedAnswers | NoTerminal) -> None:
        self._terminal = terminal
        self._times_asked = 0

    def __call__(self, *, new: bool) -> Secret:
        """The passphrase; `NeedsHuman` where there is no terminal, `BadInput` where two new ones differ."""
        if not self._terminal.has_human:
            because = self._terminal.because if isinstance(self._terminal, NoTerminal) else NO_TERMINAL
            raise NeedsHuman(
                f"the age vault needs its passphrase, and {because}",
                "name a command that prints it: export AWS_MFA_AGE_PASSPHRASE_COMMAND='pass show aws-mfa'",
            )
        if new:
            return self._new()
        if self._times_asked:
            self._terminal.say("that passphrase does not open the age vault")
        self._times_asked += 1
        return self._terminal.ask_hidden("Passphrase of the age vault: ")

    def _new(self) -> Secret:
        self._terminal.say("A new age vault is made. Nobody can recover its passphrase: keep it somewhere else too.")
        for _ in range(self.tries):
            passphrase = self._terminal.ask_hidden("New passphrase of the age vault: ")
            if passphrase.matches(self._terminal.ask_hidden("The same again: ")):
                return passphrase
            self._terminal.say("the two differ")
        raise BadInput("the two passphrases differ", "try again")

"""
The age vault's passphrase, asked at the terminal: without echo, a new one twice, again after a wrong one.

Never read from a pipe: the pipe holds the MFA code. The other source is `age.PassphraseCommand`. `KnownOfVault` caches
passphrase and content for this process, so that later readers need not ask. Does not import age, which is slow to load.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_mfa.command_lines import set_variables
from aws_mfa.errors import BadInput, NeedsHuman
from aws_mfa.prompt.providers import until_good
from aws_mfa.prompt.terminal import NO_TERMINAL, NoTerminal

if TYPE_CHECKING:
    from aws_mfa.model import Secret
    from aws_mfa.prompt.terminal import ControllingTerminal, PipedAnswers

_COMMAND = {"AWS_MFA_AGE_PASSPHRASE_COMMAND": "pass show aws-mfa"}


class KnownOfVault:
    """The passphrase, once it was given, and the vault's bytes with their content as last decrypted."""

    passphrase: Secret | None = None
    opened: tuple[bytes, dict[str, dict[str, object]]] | None = None


class TerminalPassphrase:
    """The `PassphraseSource` that asks at a terminal."""

    tries = 3

    def __init__(self, terminal: ControllingTerminal | PipedAnswers | NoTerminal) -> None:
        self._terminal = terminal
        self._times_asked = 0

    def __call__(self, *, new: bool) -> Secret:
        if not self._terminal.has_human:
            because = self._terminal.because if isinstance(self._terminal, NoTerminal) else NO_TERMINAL
            raise NeedsHuman(
                f"the age vault needs its passphrase, and {because}",
                f"name a command that prints it: {set_variables(**_COMMAND)}",
            )
        if not new:
            if self._times_asked:
                self._terminal.say("that passphrase does not open the age vault")
            self._times_asked += 1
            return self._ask("Passphrase of the age vault: ")
        self._terminal.say("This makes a new age vault. A lost passphrase cannot be recovered: keep a copy elsewhere.")
        for _ in range(self.tries):
            passphrase = self._ask("New passphrase of the age vault: ")
            if passphrase.matches(self._ask("The same again: ")):
                return passphrase
            self._terminal.say("the two differ")
        raise BadInput("the two passphrases differ", "try again")

    def _ask(self, question: str) -> Secret:
        return until_good(lambda: self._terminal.ask_hidden(question), self._terminal)

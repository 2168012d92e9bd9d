"""
The vault `age`: long-term keys in one passphrase-encrypted file, in the age format (https://age-encryption.org/v1).

Owns the file (by default `~/.aws/mfa/keys.age`). The content is JSON, long-term section -> item, so that `age -d` shows
it and `age -p` can make it without aws-mfa. No cryptography of our own; age makes guessing a passphrase slow on
purpose, so opening takes a second or two.
"""

from __future__ import annotations

import json
import os
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol

from aws_mfa.command_lines import quote, split
from aws_mfa.errors import BadInput, BrokenFile, KeychainUnavailable, NotSetUp
from aws_mfa.model import Secret
from aws_mfa.prompt.terminal import print_notice
from aws_mfa.system.input_file import text_of_line
from aws_mfa.system.locks import lock
from aws_mfa.system.private_files import ensure_private_folder, read_regular, replace_privately
from aws_mfa.system.programs import NotStarted, ProgramFailed, run_for_answer
from aws_mfa.system.threads import MOMENT_S, after
from aws_mfa.vaults import items as key_items
from aws_mfa.vaults.passphrase import KnownOfVault
from aws_mfa.vaults.seal import refuse_without_age

with suppress(ImportError):  # as in `seal`
    from pyrage import DecryptError, passphrase

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager

    from aws_mfa.errors import AwsMfaError
    from aws_mfa.model import LongTermKeys

    Items = dict[str, dict[str, object]]


VARIABLE = "AWS_MFA_AGE_PASSPHRASE_COMMAND"
TIME_LIMIT_S = 60.0
# age measures this machine for a millisecond, and refuses a file that would take it 15 s: on a busy one, try again.
_TOO_MUCH_WORK, _MOST_TRIES, _PAUSE_S = "Excessive work", 5, 0.2
# Under the lock the file is encrypted or decrypted three times: 15 s on a slow machine.
_LOCK_TIMEOUT_S = 60.0


class PassphraseSource(Protocol):
    """A terminal or a command that gives the passphrase; `tries`: how often to ask after a wrong one."""

    tries: int

    def __call__(self, *, new: bool) -> Secret:
        """`new`: there is no file yet, so the passphrase must be given twice."""


class AgeFile(key_items.ItemVault):
    """The age file at `path`; objects that share `known` ask for one passphrase and decrypt once."""

    name = "age"

    def __init__(self, path: str, ask_passphrase: PassphraseSource, known: KnownOfVault | None = None) -> None:
        self._path = path
        self._ask_passphrase = ask_passphrase
        self._known = known or KnownOfVault()

    def check(self) -> None:
        self._passphrase(new=not os.path.exists(self._path))
        self._items()
        with self._locked():
            pass

    def load(self, section: str) -> LongTermKeys | None:
        """Asks for nothing if there is no file."""
        if not os.path.exists(self._path):
            return None
        item = self._items().get(section)
        try:
            return None if item is None else key_items.keys_of(item)
        except key_items.UnreadableItem as error:
            raise self._broken(section, error) from None

    def load_next(self, section: str) -> LongTermKeys | None:
        return key_items.next_keys_of(self._items().get(section, {})) if os.path.exists(self._path) else None

    def remove(self, section: str) -> None:
        def without(items: Items) -> Items:
            key_items.refuse_unfinished(section, key_items.next_keys_of(items.get(section, {})))
            return {name: item for name, item in items.items() if name != section}

        if os.path.exists(self._path):
            self._change(without)

    def _edit(self, section: str, edit: Callable[[dict[str, object]], dict[str, object]]) -> None:
        def edited(items: Items) -> Items:
            try:
                return {**items, section: edit(items.get(section, {}))}
            except key_items.UnreadableItem as error:
                raise self._broken(section, error) from None

        self._change(edited)

    def _change(self, edit: Callable[[Items], Items]) -> None:
        # Before the lock, so that no other process waits while a person types.
        self._passphrase(new=not os.path.exists(self._path))
        with self._locked():
            items = self._items()
            wanted = edit(items)
            if wanted == items:
                return
            text = json.dumps(wanted, indent=2) + "\n"
            phrase = self._passphrase(new=False)
            replace_privately(self._path, bytes(passphrase.encrypt(text.encode("ascii"), phrase.reveal())))
            if self._items() != wanted:
                raise KeychainUnavailable(f"{self._path} does not hold what was written to it")

    def _items(self) -> Items:
        """The file's content now; decrypted again only if its bytes have changed."""
        try:
            data = read_regular(self._path)
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise NotSetUp(f"cannot read {self._path}: {error.strerror}") from None
        opened = self._known.opened
        if opened is None or opened[0] != data:
            opened = self._known.opened = data, _items_in(self._decrypted(data), self._path)
        return opened[1]

    def _decrypted(self, data: bytes) -> bytes:
        for tries_left in reversed(range(self._ask_passphrase.tries)):
            phrase = self._passphrase(new=False)
            try:
                return _opened(data, phrase)
            except DecryptError as error:
                failure = self._not_decrypted(str(error))
            if not isinstance(failure, BadInput) or not tries_left:
                break
        raise failure

    def _not_decrypted(self, reason: str) -> AwsMfaError:
        if reason == "Decryption failed":
            self._known.passphrase = None
            return BadInput(f"the passphrase does not open {self._path}", "try again: upper and lower case count")
        if reason.startswith(_TOO_MUCH_WORK):
            return BrokenFile(
                f"{self._path} was made by a faster machine: opening it here would take too long",
                "if this machine is only busy at the moment, try again later",
            )
        return BrokenFile(
            f"{self._path} is damaged, or is not a file that age encrypted with a passphrase",
            f"see what age says: age -d {quote(self._path)}",
        )

    def _passphrase(self, *, new: bool) -> Secret:
        refuse_without_age("the age vault", "or use another vault: --vault keychain, --vault file")
        known = self._known.passphrase
        if known is None:
            known = self._ask_passphrase(new=new)
            if not known:
                raise BadInput("an empty passphrase protects nothing" if new else "no passphrase was typed")
            self._known.passphrase = known
        return known

    def _broken(self, section: str, error: key_items.UnreadableItem) -> BrokenFile:
        return BrokenFile(f"the entry {section!r} of {self._path} cannot be read: {error}", *key_items.hints_for(error))

    def _locked(self) -> AbstractContextManager[None]:
        ensure_private_folder(os.path.dirname(os.path.abspath(self._path)))
        return lock(self._path + ".lock", timeout_s=_LOCK_TIMEOUT_S)


def _opened(data: bytes, phrase: Secret) -> bytes:
    """The content of an age file; raises `DecryptError`."""
    tries = 0
    while True:
        tries += 1
        try:
            return bytes(passphrase.decrypt(data, phrase.reveal()))
        except DecryptError as error:
            if tries == _MOST_TRIES or not str(error).startswith(_TOO_MUCH_WORK):
                raise
        time.sleep(_PAUSE_S)


def _items_in(data: bytes, path: str) -> Items:
    try:
        found = key_items.read_object(data.decode("utf-8"))
    except UnicodeDecodeError:
        raise BrokenFile(f"the content of {path} is not long-term keys: it is not UTF-8") from None
    except key_items.UnreadableItem as error:
        raise BrokenFile(f"the content of {path} is not long-term keys: {error}") from None
    items = {section: item for section, item in found.items() if isinstance(item, dict)}
    if len(items) < len(found):
        raise BrokenFile(f"the content of {path} is not long-term keys: an entry is not a JSON object")
    return items


class PassphraseCommand:
    """
    Runs a command for the passphrase, such as `pass show aws-mfa`: the first line of its stdout, never shown.

    It may ask for a PIN at the terminal; its stdin is empty, because this process's may be a pipe with an MFA code.
    """

    tries = 1

    def __init__(
        self, command: str, *, environ: Mapping[str, str] | None = None, time_limit_s: float = TIME_LIMIT_S
    ) -> None:
        self._command = command
        self._environ = os.environ if environ is None else environ
        self._time_limit_s = time_limit_s

    def __call__(self, *, new: bool) -> Secret:
        found = self._asked()
        if new and not found.matches(self._asked()):
            raise _failed("printed two different passphrases: a new vault would never open again")
        return found

    @after(MOMENT_S, lambda: print_notice(f"waiting for the command in {VARIABLE}"))
    def _asked(self) -> Secret:
        try:
            ended = run_for_answer(
                self._command, environ=self._environ, limit_s=self._time_limit_s, cancellation=None, keeps_terminal=True
            )
        except NotStarted as error:
            raise _failed(f"cannot be started: {split(self._command)[0]}: {error.reason}") from None
        except ProgramFailed as error:
            raise _failed(str(error)) from None
        if ended.code != 0:
            raise _failed(f"failed with exit code {ended.code}")
        try:
            found = Secret(text_of_line(ended.stdout.split(b"\n", 1)[0]))
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

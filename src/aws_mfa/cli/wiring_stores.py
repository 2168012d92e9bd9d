"""
Opens the doors to what is stored: the AWS files, the vaults of long-term keys, the stored sessions.

A part of `wiring.py`; the keychain and the age format are loaded where a vault or a sealed session needs them. The
Protocols: `workflows/doors_to_stores.py`.
"""

from __future__ import annotations

import sys
from functools import cached_property
from typing import TYPE_CHECKING

from aws_mfa.adapters.age_passphrase import AskedPassphrase
from aws_mfa.adapters.aws_files import AwsFile, find_files, state_folder
from aws_mfa.cli.quick_wiring import open_seal
from aws_mfa.cli.wiring_ground import Ground
from aws_mfa.errors import KeychainUnavailable
from aws_mfa.workflows.keys import narrowed

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_mfa.adapters.age_file import AgeFile, AskPassphrase
    from aws_mfa.adapters.age_identity import AgeSeal
    from aws_mfa.adapters.given_document import GivenDocument
    from aws_mfa.adapters.key_file import KeyFile
    from aws_mfa.adapters.keychain import Keychain
    from aws_mfa.adapters.session_cache import SessionCache
    from aws_mfa.adapters.session_stores import Stores
    from aws_mfa.adapters.witnesses import WatchedFiles
    from aws_mfa.workflows.doors_to_stores import Vault

_WAIT_FOR_HUMAN_S = 120.0


class DoorsToStores(Ground):
    """Where keys, settings and sessions lie."""

    @cached_property
    def credentials(self) -> AwsFile:
        """The credentials file."""
        return AwsFile(find_files(self.environ)[0], say_narrowed=lambda path: self.say(narrowed(path)))

    @cached_property
    def config(self) -> AwsFile:
        """AWS's config file."""
        return AwsFile(find_files(self.environ)[1])

    @cached_property
    def known_keys(self) -> AwsFile:
        """Our note of which vault holds which keys."""
        return AwsFile(self._state("known-keys"))

    @cached_property
    def fork(self) -> Keychain:
        """The keychain fork's items lie in the same keychain."""
        return self._keychain

    def vault(self, name: str) -> Vault:
        """The vault of that name."""
        vaults: dict[str, Callable[[], Vault]] = {
            "keychain": lambda: self._keychain,
            "age": lambda: self._age_file,
            "file": lambda: self._key_file,
        }
        return vaults[name]()

    def document(self, path: str) -> GivenDocument:
        """The file of that name, standard input for `-`."""
        from aws_mfa.adapters.given_document import GivenDocument

        return GivenDocument(path)

    @cached_property
    def session_cache(self) -> SessionCache:
        """The stored sessions that are not in the credentials file."""
        from aws_mfa.adapters.session_cache import SessionCache

        return SessionCache(self._stores, now=self.now, say=self.terminal.say)

    def watch_files(self) -> WatchedFiles:
        """Look at the files that a plan is made of."""
        from aws_mfa.adapters.witnesses import WatchedFiles

        paths = (self.credentials.path, self.config.path, self.known_keys.path)
        return WatchedFiles(self.environ, paths, lambda: self._stores)

    @cached_property
    def _stores(self) -> Stores:
        from aws_mfa.adapters.session_stores import open_stores

        open_seal = self._open_seal if self._shared.use_keychain else None
        return open_stores(self.environ, state_folder(self.environ), open_seal)

    def _open_seal(self) -> AgeSeal:
        return open_seal(self.environ, may_ask=not self._asking.never_asks)

    @cached_property
    def _keychain(self) -> Keychain:
        if not self._shared.use_keychain:
            raise KeychainUnavailable("--no-keychain is set")
        from aws_mfa.adapters.keychain import open_keychain
        from aws_mfa.adapters.keychain_items import TIME_LIMIT_S

        has_display = bool(self.environ.get("DISPLAY") or self.environ.get("WAYLAND_DISPLAY"))
        human = self.terminal.has_human and (has_display or sys.platform in ("darwin", "win32"))
        return open_keychain(
            self.environ,
            time_limit_s=_WAIT_FOR_HUMAN_S if human else TIME_LIMIT_S,
            on_delay=lambda: self.terminal.say("waiting for the keychain: is there a window that asks to unlock it?"),
            may_ask=not self._asking.never_asks,
        )

    @cached_property
    def _age_file(self) -> AgeFile:
        from aws_mfa.adapters.age_file import AgeFile

        return AgeFile(self._state("keys.age"), self._ask_passphrase, self._shared.age_vault)

    @property
    def _ask_passphrase(self) -> AskPassphrase:
        from aws_mfa.adapters.passphrase_command import VARIABLE, PassphraseCommand

        command = self.environ.get(VARIABLE)
        return PassphraseCommand(command) if command else AskedPassphrase(self._open_terminal(reads_pipe=False))

    @cached_property
    def _key_file(self) -> KeyFile:
        from aws_mfa.adapters.key_file import KeyFile

        return KeyFile(self.credentials)

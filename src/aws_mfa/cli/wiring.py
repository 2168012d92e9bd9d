"""
The doors of the real world, each opened when it is first used; the only importer of adapters.

This is the lazy seam: what is heavy (botocore, the keychain) is loaded here or not at all, and nothing else in the
project imports inside a function.
"""

from __future__ import annotations

import os
import sys
import time
from copy import copy
from functools import cached_property
from typing import TYPE_CHECKING

from aws_mfa.adapters.aws_files import AwsFile, find_files, state_folder
from aws_mfa.adapters.terminal import NoTerminal, choose_terminal
from aws_mfa.cli.quick_wiring import open_seal
from aws_mfa.rules.child_environment import chosen_by_the_user
from aws_mfa.rules.shown_text import shown_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import TypeVar

    from aws_mfa.adapters.age_file import AgeFile, AskPassphrase
    from aws_mfa.adapters.answering import QuestionFolder
    from aws_mfa.adapters.aws_http import AwsHttp
    from aws_mfa.adapters.browser import SystemBrowser
    from aws_mfa.adapters.child_process import ChildProcess
    from aws_mfa.adapters.code_ledger import LedgerFile
    from aws_mfa.adapters.given_document import GivenDocument
    from aws_mfa.adapters.iam import AwsIam
    from aws_mfa.adapters.key_file import KeyFile
    from aws_mfa.adapters.keychain import Keychain
    from aws_mfa.adapters.session_cache import SessionCache
    from aws_mfa.adapters.session_stores import Stores
    from aws_mfa.adapters.sign_in import AwsSignIn
    from aws_mfa.adapters.sts import AwsSts
    from aws_mfa.adapters.this_machine import InThread
    from aws_mfa.adapters.turns import FileTurns
    from aws_mfa.adapters.witnesses import WatchedFiles
    from aws_mfa.server.endpoint import LocalEndpoint
    from aws_mfa.workflows.doors_to_people import CodeWay, Terminal
    from aws_mfa.workflows.doors_to_stores import Vault

    Result = TypeVar("Result")

_WAIT_FOR_HUMAN_S = 120.0


class RealOutside:
    """
    Fulfils the Protocol `Outside` with this machine.

    `reads_pipe`: answers may be piped in; `asks_on_stdout`: then the questions go there, as the old tool's did;
    `never_asks`: whoever asks is told that nobody is there; `announces`: somebody reads stderr while a question waits.
    """

    def __init__(
        self,
        *,
        reads_pipe: bool = True,
        asks_on_stdout: bool = True,
        never_asks: bool = False,
        announces: bool = True,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        self.environ = chosen_by_the_user(environ)
        self._reads_pipe = reads_pipe
        self._asks_on_stdout = asks_on_stdout
        self._never_asks = never_asks
        self._announces = announces
        self._sts: dict[tuple[str, str | None], AwsSts] = {}

    @cached_property
    def terminal(self) -> Terminal:
        """Where questions are asked."""
        if self._never_asks:
            return NoTerminal("run the same without --no-input in a terminal")
        return choose_terminal(reads_pipe=self._reads_pipe, asks_on_stdout=self._asks_on_stdout)

    @cached_property
    def code_ways(self) -> list[CodeWay]:
        """Where a code may come from."""
        from aws_mfa.cli.wiring_code_ways import open_code_ways

        return open_code_ways(
            self.environ,
            self.terminal,
            self._question_folder,
            say=self.say if self._announces else _unheard,
            hands_over=not self._reads_pipe,
            never_asks=self._never_asks,
        )

    def with_code_ways(self, ways: Sequence[CodeWay]) -> RealOutside:
        """The same doors, those that are open already included."""
        twin = copy(self)
        vars(twin)["code_ways"] = list(ways)
        return twin

    @cached_property
    def open_questions(self) -> QuestionFolder:
        """What other processes of this user ask."""
        from aws_mfa.adapters.answering import QuestionFolder

        return QuestionFolder(self._question_folder)

    @cached_property
    def turns(self) -> FileTurns:
        """Whose turn it is to ask for a code."""
        from aws_mfa.adapters.turns import FileTurns

        return FileTurns(os.path.join(state_folder(self.environ), "turns"), now=self.now, say=self.say)

    def say(self, text: str) -> None:
        """Print one line on stderr."""
        # One write: twenty processes that say it at once do not mix their lines.
        sys.stderr.write(f"{shown_text(text)}\n")

    @cached_property
    def credentials(self) -> AwsFile:
        """The credentials file."""
        return AwsFile(find_files(self.environ)[0])

    @cached_property
    def config(self) -> AwsFile:
        """AWS's config file."""
        return AwsFile(find_files(self.environ)[1])

    @cached_property
    def known_keys(self) -> AwsFile:
        """Our note of which vault holds which keys."""
        return AwsFile(os.path.join(state_folder(self.environ), "known-keys"))

    @cached_property
    def ledger(self) -> LedgerFile:
        """The codes known as used."""
        from aws_mfa.adapters.code_ledger import LedgerFile

        return LedgerFile(os.path.join(state_folder(self.environ), "used-codes"))

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

        return open_stores(self.environ, state_folder(self.environ), lambda: open_seal(self.environ))

    def sts(self, region: str, endpoint_url: str | None = None) -> AwsSts:
        """STS in the region."""
        from aws_mfa.adapters.sts import AwsSts
        from aws_mfa.rules.endpoints import sts_endpoint

        key = (region, endpoint_url)
        if key not in self._sts:
            self._sts[key] = AwsSts(sts_endpoint(region, self.environ, configured_url=endpoint_url), self._http)
        return self._sts[key]

    def side_by_side(self, calls: Sequence[Callable[[], Result]], done: Callable[[], None]) -> list[Result]:
        """Make the calls in threads."""
        from aws_mfa.adapters.this_machine import side_by_side

        return side_by_side(calls, done)

    @cached_property
    def child(self) -> ChildProcess:
        """The command that a session is for."""
        from aws_mfa.adapters.child_process import ChildProcess

        return ChildProcess()

    @cached_property
    def callers(self) -> list[str]:
        """The programs above us."""
        from aws_mfa.adapters.callers import callers

        return callers()

    def iam(self, region: str) -> AwsIam:
        """IAM of the region's partition."""
        from aws_mfa.adapters.iam import AwsIam
        from aws_mfa.rules.endpoints import iam_endpoint

        return AwsIam(iam_endpoint(region, self.environ), self._http)

    def sign_in(self, region: str) -> AwsSignIn:
        """The console's sign-in in the region."""
        from aws_mfa.adapters.sign_in import AwsSignIn
        from aws_mfa.rules.sign_in import sign_in_endpoint, takes_form

        return AwsSignIn(sign_in_endpoint(region, self.environ), self._http, takes_form=takes_form(region))

    @cached_property
    def browser(self) -> SystemBrowser:
        """The browser of whoever sits here."""
        from aws_mfa.adapters.browser import SystemBrowser

        return SystemBrowser(self.environ)

    def endpoint(self, port: int) -> LocalEndpoint:
        """The local endpoint; its token lies where nothing reaches a disk, if there is such a place."""
        from aws_mfa.adapters.private_files import ensure_private_folder
        from aws_mfa.adapters.private_reading import private_folder, runtime_folder
        from aws_mfa.server.endpoint import LocalEndpoint

        runtime = runtime_folder(self.environ)
        folder = os.path.join(runtime, "aws-mfa") if runtime else os.path.join(state_folder(self.environ), "servers")
        ensure_private_folder(folder)
        private_folder(folder)
        return LocalEndpoint(folder, port, self.now)

    def beside(self, work: Callable[[], None], failed: Callable[[BaseException], None]) -> InThread:
        """Run `work` in a thread."""
        from aws_mfa.adapters.this_machine import InThread

        return InThread(work, failed)

    def now(self) -> float:
        """Seconds since the epoch."""
        return time.time()

    def user_name(self) -> str | None:
        """The local user's name."""
        from aws_mfa.adapters.this_machine import user_name

        return user_name()

    def close(self) -> None:
        """Close the connections to AWS; for programs that live on when we have answered."""
        if "_http" in vars(self):
            self._http.close()

    @property
    def _question_folder(self) -> str:
        return os.path.join(state_folder(self.environ), "questions")

    @cached_property
    def _http(self) -> AwsHttp:
        from aws_mfa.adapters.aws_http import AwsHttp

        return AwsHttp.from_environ(self.environ)

    @cached_property
    def _keychain(self) -> Keychain:
        from aws_mfa.adapters.keychain import TIME_LIMIT_S, open_keychain

        has_display = bool(self.environ.get("DISPLAY") or self.environ.get("WAYLAND_DISPLAY"))
        human = self.terminal.has_human and (has_display or sys.platform in ("darwin", "win32"))
        return open_keychain(
            self.environ,
            time_limit_s=_WAIT_FOR_HUMAN_S if human else TIME_LIMIT_S,
            on_delay=lambda: self.terminal.say("waiting for the keychain: is there a window that asks to unlock it?"),
        )

    @cached_property
    def _age_file(self) -> AgeFile:
        from aws_mfa.adapters.age_file import AgeFile

        return AgeFile(os.path.join(state_folder(self.environ), "keys.age"), self._ask_passphrase)

    @property
    def _ask_passphrase(self) -> AskPassphrase:
        from aws_mfa.adapters.age_passphrase import AskedPassphrase
        from aws_mfa.adapters.passphrase_command import VARIABLE, PassphraseCommand

        command = self.environ.get(VARIABLE)
        return PassphraseCommand(command) if command else AskedPassphrase(choose_terminal(reads_pipe=False))

    @cached_property
    def _key_file(self) -> KeyFile:
        from aws_mfa.adapters.key_file import KeyFile

        return KeyFile(self.credentials)


def _unheard(text: str) -> None:
    """Where stderr is shown when all is over, it is for what went wrong."""
    del text

"""
Opens the real parts behind `Interfaces`, each on first use; beside it only `cli/fast/session` opens such parts.

Heavy modules (botocore, the keychain) are imported inside the methods that need them. Owns what copies share, and
decides whether a person may be asked. Decides nothing else.
"""

from __future__ import annotations

import os
import sys
import time
import zlib
from contextlib import ExitStack, contextmanager, suppress
from copy import copy
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from aws_mfa.agents.caller import agent_in
from aws_mfa.agents.rule import granted
from aws_mfa.aws.endpoints import NO_SETTINGS, iam_endpoint, sts_endpoint
from aws_mfa.aws_values.narrowing import EVERYTHING
from aws_mfa.cli.fast.session import open_seal
from aws_mfa.cli.start import AGENT_VARIABLES
from aws_mfa.config.files import AwsFile, expanded, find_files, state_folder
from aws_mfa.errors import AwsMfaError, KeychainUnavailable
from aws_mfa.handover.environment import chosen_by_the_user
from aws_mfa.prompt.terminal import ControllingTerminal, NoTerminal, choose_terminal, own_terminal, print_notice
from aws_mfa.sessions import history
from aws_mfa.system.input_file import GivenDocument
from aws_mfa.system.locks import lock
from aws_mfa.system.ownership import private_folder, runtime_folder
from aws_mfa.system.private_files import ensure_private_folder
from aws_mfa.system.threads import InThread, deferred_signals, side_by_side, user_name
from aws_mfa.vaults.lookup import narrowed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

    from aws_mfa.aws.endpoints import EndpointSettings
    from aws_mfa.aws.http import AwsHttp
    from aws_mfa.aws.iam import AwsIam
    from aws_mfa.aws.sign_in_call import AwsSignIn
    from aws_mfa.aws.sts import AwsSts
    from aws_mfa.aws_values.narrowing import Grant
    from aws_mfa.config.profile import Profile
    from aws_mfa.handover.browser import SystemBrowser
    from aws_mfa.interfaces import Endpoint, Screen, Vault
    from aws_mfa.model import Session
    from aws_mfa.prompt.elsewhere.client import QuestionFolder
    from aws_mfa.prompt.lock import FileLocks
    from aws_mfa.prompt.providers import CodeProvider, Terminal
    from aws_mfa.prompt.terminal import PipedAnswers
    from aws_mfa.renewal.used_codes import LedgerFile
    from aws_mfa.sessions.cache import SessionCache
    from aws_mfa.sessions.stores import Stores
    from aws_mfa.sessions.watch import WatchedFiles
    from aws_mfa.system.child import ChildProcess
    from aws_mfa.vaults.age import AgeFile
    from aws_mfa.vaults.keychain.vault import Keychain
    from aws_mfa.vaults.passphrase import KnownOfVault
    from aws_mfa.vaults.seal import AgeSeal

_WAIT_FOR_HUMAN_S = 120.0
_BUSY = "waiting for another aws-mfa of yours to end, which changes keys or devices"
_WAIT_FOR_CALL_S = 20.0  # a call without a code is answered within a second or two


@dataclass(eq=False, repr=False)
class Shared:
    """What all copies of one run share: nothing in it can ask or print."""

    held_back: list[str] = field(default_factory=list)
    connections: dict[str | None, AwsHttp] = field(default_factory=dict)
    sts: dict[tuple[str, str, AwsHttp], AwsSts] = field(default_factory=dict)

    @cached_property
    def age_vault(self) -> KnownOfVault:
        from aws_mfa.vaults.passphrase import KnownOfVault

        return KnownOfVault()


@dataclass(kw_only=True, eq=False, repr=False)
class RealInterfaces:
    """Implements `Interfaces` on this machine."""

    reads_pipe: bool = True  # answers may be piped in
    asks_on_stdout: bool = True  # piped answers get their questions on stdout, as the old tool did
    never_asks: bool = False  # every question is refused
    announces: bool = True  # a person reads stderr while a question waits
    at_terminal: bool = True  # no other program uses the terminal
    is_unattended: bool = False  # background work that must not prompt (as opposed to --no-input)
    use_keychain: bool = True  # without it nothing opens the keychain
    looks_only: bool = False  # files and stored sessions stay as they are
    given_agent: str | None = None  # by --agent
    command: str = ""  # of aws-mfa, `python` for the Python API
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    shared: Shared = field(default_factory=Shared)
    _unattended: RealInterfaces | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self.environ = chosen_by_the_user(self.environ)

    def replaced(
        self,
        *,
        code_providers: Sequence[CodeProvider] | None = None,
        away_from_terminal: bool = False,
        unattended: bool = False,
        without_keychain: bool = False,
        looks_only: bool = False,
        came_at: float | None = None,
    ) -> RealInterfaces:
        """See `Interfaces`; `came_at`: since when this caller waits: it learns of failures published since then."""
        made = self
        if looks_only:
            made = replace(self, never_asks=True, is_unattended=True, looks_only=True)
        elif unattended and not self.never_asks:  # always the same: a silent keychain is not asked again
            self._unattended = made = self._unattended or replace(self, never_asks=True, is_unattended=True)
        elif away_from_terminal and not unattended:
            made = replace(self, at_terminal=False)
        if code_providers is not None or without_keychain or came_at is not None:
            made = copy(made)
            made.use_keychain = made.use_keychain and not without_keychain
        if code_providers is not None:
            made.code_providers = list(code_providers)
        if came_at is not None:
            made.prompt_locks = self._open_locks(came_at)
        return made

    def _state(self, name: str) -> str:
        return os.path.join(state_folder(self.environ), name)

    # The caller, the user and the code

    @cached_property
    def agent(self) -> str | None:
        is_said = self.given_agent is not None or any(map(self.environ.get, AGENT_VARIABLES))
        return agent_in(self.environ, self.given_agent) if is_said else None

    @cached_property
    def reading_agent(self) -> str | None:
        by_flag = self.given_agent is not None and not any(map(self.environ.get, AGENT_VARIABLES))
        return None if by_flag and own_terminal() else self.agent

    def grant(self, profile: Profile) -> Grant:
        is_all = self.looks_only or self.agent is None
        return EVERYTHING if is_all else granted(profile, self.agent, self.environ)

    @cached_property
    def terminal(self) -> Terminal:
        return self._open_terminal(reads_pipe=self.reads_pipe)

    def _open_terminal(self, *, reads_pipe: bool) -> ControllingTerminal | PipedAnswers | NoTerminal:
        """The terminal for questions of any kind, or one that refuses them and says why."""
        if self.is_unattended:
            return NoTerminal("run aws-mfa renew in a terminal", because="this command does not ask for it")
        if self.never_asks:
            return NoTerminal("run the same without --no-input in a terminal", because="--no-input is set")
        if not self.at_terminal:
            return NoTerminal("run aws-mfa renew in another terminal", because="the command uses the terminal")
        limit_s = _WAIT_FOR_HUMAN_S / 2 if self.reading_agent else None  # many agents end a command after two minutes
        return choose_terminal(reads_pipe=reads_pipe, asks_on_stdout=self.asks_on_stdout, limit_s=limit_s)

    def screen(self) -> AbstractContextManager[Screen] | None:
        is_typed = sys.stdin is not None and sys.stdin.isatty()
        if self.reading_agent or sys.platform == "win32" or not is_typed or self.environ.get("TERM", "dumb") == "dumb":
            return None
        terminal = self.terminal
        if isinstance(terminal, ControllingTerminal) and terminal.is_ours():
            return terminal.screen(inverts=not self.environ.get("NO_COLOR"))
        return None

    def say(self, text: str) -> None:
        """Print one line on stderr; without `announces`, keep it until the outcome is known."""
        if self.looks_only:
            return
        (print_notice if self.announces else self.shared.held_back.append)(text)

    @cached_property
    def code_providers(self) -> list[CodeProvider]:
        from aws_mfa.prompt.open import open_code_providers

        return open_code_providers(
            self.environ,
            self.terminal,
            self._state("questions"),
            # Without `announces`, the caller shows stderr only after a failure; an agent reads it with that.
            say=self.say if self.announces else print_notice if self.reading_agent else lambda _: None,
            hands_over=not self.reads_pipe,
            never_asks=self.never_asks,
        )

    @cached_property
    def remote_questions(self) -> QuestionFolder:
        from aws_mfa.prompt.elsewhere.client import QuestionFolder

        return QuestionFolder(self._state("questions"))

    @cached_property
    def prompt_locks(self) -> FileLocks:
        return self._open_locks(came_at=None)

    def _open_locks(self, came_at: float | None) -> FileLocks:
        from aws_mfa.prompt.lock import FileLocks

        return FileLocks(self._state("prompt-locks"), now=self.now, say=self.say, came_at=came_at)

    @cached_property
    def ledger(self) -> LedgerFile:
        from aws_mfa.renewal.used_codes import LedgerFile

        return LedgerFile(self._state("used-codes"))

    @cached_property
    def browser(self) -> SystemBrowser:
        from aws_mfa.handover.browser import SystemBrowser

        return SystemBrowser(self.environ)

    # Stores and files

    @cached_property
    def credentials(self) -> AwsFile:
        return self._aws_file(find_files(self.environ)[0], lambda path: self.say(narrowed(path)))

    @cached_property
    def config(self) -> AwsFile:
        return self._aws_file(find_files(self.environ)[1])

    def _aws_file(self, path: str, say_narrowed: Callable[[str], None] = lambda _: None) -> AwsFile:
        is_strict = self.environ.get("AWS_MFA_STRICT_MODES", "").lower() != "no"
        return AwsFile(path, say_narrowed=say_narrowed, is_strict=is_strict, is_read_only=self.looks_only)

    @cached_property
    def known_keys(self) -> AwsFile:
        return self._aws_file(self._state("known-keys"))

    def policy_file(self, path: str) -> AwsFile:
        return self._aws_file(os.path.join(os.path.dirname(self.config.path), expanded(path, self.environ)))

    def settings_file(self, path: str) -> AwsFile:
        return self._aws_file(path)

    @cached_property
    def rotations(self) -> AwsFile:
        return self._aws_file(self._state("rotations"))

    @cached_property
    def history(self) -> list[AwsFile]:
        return [self._aws_file(self._state(name)) for name in (history.OLDER, history.NAME)]

    def note_hand_over(self, profile: str, session: Session, inputs: Mapping[str, str]) -> None:
        if self.command not in history.COMMANDS or self.looks_only:
            return
        names = map(os.path.basename, sys.argv) if self.command == "python" else self.callers
        with suppress(AwsMfaError, OSError):
            about = {"agent": self.agent or "", "command": self.command, "program": next(iter(names), "")}
            folder, path = state_folder(self.environ), self._state(history.NAME)
            ensure_private_folder(folder)
            size = history.note(folder, self.now(), profile, session, inputs, **about)
            if size > history.MOST_BYTES:
                with lock(self._state(".history.aws-mfa.lock"), timeout_s=1):
                    if os.path.getsize(path) > history.MOST_BYTES:  # else another process was faster
                        os.replace(path, self._state(history.OLDER))

    document = staticmethod(GivenDocument)

    def vault(self, name: str) -> Vault:
        if name == "keychain":
            return self.fork
        if name == "age":
            return self._age_file
        from aws_mfa.vaults.plain import KeyFile

        return KeyFile(self.config if name == "config" else self.credentials)

    @cached_property
    def fork(self) -> Keychain:
        if not self.use_keychain:
            raise KeychainUnavailable("--no-keychain is set")
        from aws_mfa.vaults.keychain.vault import TIME_LIMIT_S, WAITING, open_keychain

        has_display = bool(self.environ.get("DISPLAY") or self.environ.get("WAYLAND_DISPLAY"))
        human = self.terminal.has_human and (has_display or sys.platform in ("darwin", "win32"))
        return open_keychain(
            self.environ,
            time_limit_s=_WAIT_FOR_HUMAN_S if human else TIME_LIMIT_S,
            on_delay=lambda: None if self.looks_only else self.terminal.say(WAITING),
            may_ask=not self.never_asks,
        )

    @cached_property
    def _age_file(self) -> AgeFile:
        from aws_mfa.vaults.age import VARIABLE, AgeFile, PassphraseCommand
        from aws_mfa.vaults.passphrase import TerminalPassphrase

        command = None if self.looks_only else self.environ.get(VARIABLE)
        ask = PassphraseCommand(command) if command else TerminalPassphrase(self._open_terminal(reads_pipe=False))
        return AgeFile(self._state("keys.age"), ask, self.shared.age_vault)

    @cached_property
    def session_cache(self) -> SessionCache:
        from aws_mfa.sessions.cache import SessionCache

        return SessionCache(self._stores, now=self.now, say=self.say, tidies=not self.looks_only)

    def watch_files(self) -> WatchedFiles:
        from aws_mfa.sessions.watch import WatchedFiles

        paths = (self.credentials.path, self.config.path, self.known_keys.path)
        return WatchedFiles(self.environ, paths, lambda: self._stores)

    def state_of_files(self) -> object:
        found: list[int] = []
        folders = (store.folder for store in self._stores.readable)
        for path in (self.credentials.path, self.config.path, self.known_keys.path, self.rotations.path, *folders):
            with suppress(OSError):
                status = os.stat(path)
                found += [status.st_ino, status.st_mtime_ns]
        return found

    @cached_property
    def _stores(self) -> Stores:
        from aws_mfa.sessions.stores import open_stores

        opens = self._open_seal if self.use_keychain else None
        return open_stores(self.environ, state_folder(self.environ), opens)

    def _open_seal(self) -> AgeSeal:
        return open_seal(self.environ, may_ask=not self.never_asks)

    # AWS

    def sts(self, region: str, endpoints: EndpointSettings = NO_SETTINGS) -> AwsSts:
        from aws_mfa.aws.sts import AwsSts

        endpoint, http = sts_endpoint(region, self.environ, endpoints), self._http(endpoints)
        return self.shared.sts.setdefault((endpoint.url, endpoint.region, http), AwsSts(endpoint, http))

    def iam(self, region: str, endpoints: EndpointSettings = NO_SETTINGS) -> AwsIam:
        from aws_mfa.aws.iam import AwsIam

        return AwsIam(iam_endpoint(region, self.environ, endpoints), self._http(endpoints))

    def sign_in(self, region: str, endpoints: EndpointSettings = NO_SETTINGS) -> AwsSignIn:
        from aws_mfa.aws.sign_in import sign_in_endpoint, takes_form
        from aws_mfa.aws.sign_in_call import AwsSignIn

        endpoint = sign_in_endpoint(region, self.environ, endpoints)
        return AwsSignIn(endpoint, self._http(endpoints), takes_form=takes_form(region))

    def _http(self, endpoints: EndpointSettings) -> AwsHttp:
        """The connections of these settings' `ca_bundle`, shared by all copies."""
        from aws_mfa.aws.http import AwsHttp

        configured = endpoints.given("ca_bundle")
        name = configured.value if configured else None
        connections = self.shared.connections
        if name not in connections:
            connections.setdefault(name, AwsHttp.from_environ(self.environ, configured))
        return connections[name]

    def close(self) -> None:
        """Close the connections to AWS, for Python programs that go on running."""
        for http in self.shared.connections.values():
            http.close()

    # Programs and this machine

    @cached_property
    def child(self) -> ChildProcess:
        from aws_mfa.system.child import ChildProcess

        return ChildProcess()

    @cached_property
    def callers(self) -> list[str]:
        from aws_mfa.handover.callers import callers

        return callers()

    def printed_by(self, command: Sequence[str], *, limit_s: float) -> str | None:
        from aws_mfa.system.programs import ProgramFailed, found_program, run_for_answer

        words = [found_program(command[0], self.environ) or "", *command[1:]]
        try:
            ended = run_for_answer(words, environ=self.environ, limit_s=limit_s, cancellation=None, catches_stderr=True)
        except ProgramFailed:
            return None
        return (ended.stdout + ended.stderr).decode("utf-8", "replace")

    def endpoint(self, at: int | str) -> Endpoint:
        """The local endpoint; its token file is in memory (`$XDG_RUNTIME_DIR`) if there is such a folder."""
        if isinstance(at, str):
            from aws_mfa.handover.listening.unix_socket import SocketEndpoint

            return SocketEndpoint(at, self.now)
        from aws_mfa.handover.listening.endpoint import LocalEndpoint

        runtime = runtime_folder(self.environ)
        folder = os.path.join(runtime, "aws-mfa") if runtime else self._state("servers")
        ensure_private_folder(folder)
        private_folder(folder)
        return LocalEndpoint(folder, at, self.now)

    def set_up_lock(self) -> AbstractContextManager[None]:
        ensure_private_folder(state_folder(self.environ))
        return lock(self._state("set-up.lock"), timeout_s=_WAIT_FOR_HUMAN_S, waiting=lambda _: self.say(_BUSY))

    @contextmanager
    def one_caller(self, session: str) -> Iterator[None]:
        # One of 256 files: one for each session would be thousands in time.
        path = self._state(os.path.join("prompt-locks", f"call-{zlib.crc32(session.encode()) % 256:02x}.lock"))
        with ExitStack() as held:
            with suppress(AwsMfaError):  # then each process makes its own call
                if self._stores.readable:  # else the others would wait for nothing
                    ensure_private_folder(os.path.dirname(path))
                    held.enter_context(lock(path, timeout_s=_WAIT_FOR_CALL_S))
            yield

    deferred_signals = staticmethod(deferred_signals)
    beside = staticmethod(InThread)
    side_by_side = staticmethod(side_by_side)
    now = staticmethod(time.time)
    user_name = staticmethod(user_name)

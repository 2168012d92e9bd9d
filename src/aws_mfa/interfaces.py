"""
What the program needs from outside, as Protocols that tests fake: `Interfaces` is all of them, with clock and threads.

`cli/wiring.py` opens the real parts; mypy checks the fakes in `tests/fakes.py` against these. Imports no real part.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from aws_mfa.aws.endpoints import NO_SETTINGS

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from contextlib import AbstractContextManager
    from typing import TypeVar

    from aws_mfa.aws.endpoints import EndpointSettings
    from aws_mfa.aws_values.iam_users import AccessKey, NewDevice
    from aws_mfa.aws_values.narrowing import Grant
    from aws_mfa.config.profile import Profile
    from aws_mfa.errors import AwsMfaError
    from aws_mfa.model import Identity, LongTermKeys, Secret, Session, SessionRequest
    from aws_mfa.prompt.providers import CodeProvider, Terminal
    from aws_mfa.sessions.container import ServedSession
    from aws_mfa.sessions.entry import Head
    from aws_mfa.sessions.fingerprint import FingerprintedSession

    Result = TypeVar("Result")
    Signer = LongTermKeys | Session


# AWS


class Sts(Protocol):
    """AWS STS for one region: a refusal is a `RefusedByAws`, no answer `AwsUnreachable`; no code is sent twice."""

    def get_session_token(self, keys: LongTermKeys, request: SessionRequest, code: str) -> Session: ...
    def assume_role(self, keys: LongTermKeys | Session, request: SessionRequest, code: str | None) -> Session:
        """With the long-term keys and a code, or with a session, which needs no code."""

    def get_scoped_credentials(self, keys: Session, request: SessionRequest, *, left_s: int) -> Session:
        """The session of `keys`, which has `left_s` seconds left, narrowed by a policy or shorter; needs no code."""

    def get_federation_token(
        self, keys: LongTermKeys, name: str, duration_s: int, *, policy: str | None, policy_arns: tuple[str, ...]
    ) -> Session:
        """The user's own permissions narrowed by the policies, without proof of MFA."""

    def get_caller_identity(self, keys: LongTermKeys | Session) -> Identity:
        """Whose these keys are; needs no permission, so it checks keys, clock and network."""

    def clock_ahead_s(self) -> float:
        """How far this machine's clock is ahead of AWS's, by a request that no keys sign."""


class Iam(Protocol):
    """IAM of one partition, about the user who signs. The docstrings of `aws/iam.AwsIam` say what each call returns."""

    def list_access_keys(self, signer: Signer) -> list[AccessKey]: ...
    def create_access_key(self, signer: Signer) -> LongTermKeys: ...
    def set_key_active(self, signer: Signer, access_key_id: str, *, active: bool) -> None: ...
    def delete_access_key(self, signer: Signer, access_key_id: str) -> None: ...
    def key_last_used(self, signer: Signer, access_key_id: str) -> tuple[float | None, str]: ...
    def list_mfa_devices(self, signer: Signer) -> list[str]: ...
    def unassigned_devices(self, signer: Signer) -> list[str]: ...
    def create_virtual_device(self, signer: Signer, name: str) -> NewDevice: ...
    def enable_device(self, signer: Signer, user_name: str, serial: str, codes: tuple[str, str]) -> None: ...
    def deactivate_device(self, signer: Signer, user_name: str, serial: str) -> None: ...
    def delete_virtual_device(self, signer: Signer, serial: str) -> None: ...
    def account_alias(self, signer: Signer) -> str | None: ...


class SignIn(Protocol):
    """The sign-in of the AWS console in one region: it signs a session in by a URL."""

    def token(self, session: Session) -> Secret:
        """Exchange a session, which must not be an MFA session, for a token that signs in within 15 minutes."""


# People


class RemoteQuestion(Protocol):
    """A question of another process of this user that waits for a code; `text` ends as on a terminal."""

    @property
    def pid(self) -> int: ...
    @property
    def device(self) -> str: ...
    @property
    def text(self) -> str: ...
    def wait_for_end(self) -> None:
        """Return once the process replies to our answer; raise `NeedsHuman` if it closes the question."""

    def answer(self, code: str) -> list[str]:
        """Send the code; return what the process says of it, [] if it was right; `NeedsHuman` if no longer asked."""


class RemoteQuestions(Protocol):
    """The questions that processes of this user have left open; `NotSetUp` on a system without Unix sockets."""

    def oldest(self) -> AbstractContextManager[RemoteQuestion | None]:
        """The oldest question whose process is alive, None if there is none; closed at the end of the `with`."""


class CodeLedger(Protocol):
    """The codes known as used, by device."""

    def is_used(self, device: str, code: str, now: float) -> bool:
        """Whether the code was sent before, within the time in which AWS could accept it."""

    def note_used(self, device: str, code: str, now: float) -> None: ...


class PromptLock(Protocol):
    """The lock around the prompt for a code of one device."""

    @property
    def was_yielded(self) -> bool:
        """Whether other processes could have held it since we took it."""

    def yielded(self) -> AbstractContextManager[None]:
        """Release it for the length of a `with`; if taking it again takes long, go on without it."""

    def take_again(self) -> None:
        """Take it back before the end of `yielded`, if no other process has it."""

    def release(self) -> None:
        """Yield it once more; a second call has no effect."""

    def is_taken(self) -> bool:
        """Whether another process holds it while it is yielded."""

    def outcome(self, question: str) -> AwsMfaError | None:
        """The failure of the prompt we waited for, if it was the same question."""

    def publish(self, question: str, failure: AwsMfaError) -> None:
        """Save how it failed (refused by AWS, cancelled, not answered), so that waiting processes do not ask again."""


class PromptLocks(Protocol):
    """One process at a time asks for a code of a device."""

    def hold(self, device: str, *, patience_s: float, gives_up_quietly: bool) -> AbstractContextManager[PromptLock]:
        """
        Wait for the lock, printing which process holds it; after `patience_s` seconds raise `NeedsHuman`.

        `gives_up_quietly`: this process has a code already, so it then goes on without the lock.
        """

    def recent_outcome(self, device: str, question: str) -> AwsMfaError | None:
        """The failure of the device's last question, if that was the same one and ended in the last minutes."""

    def just_ended(self, device: str, question: str) -> AwsMfaError | None:
        """The same for an SDK that runs us again, if another process asked: a cancellation for 5 min, else for 30 s."""


class Screen(Protocol):
    """The whole terminal; what was on it comes back at the end of the `with`, however that ends."""

    @property
    def size(self) -> tuple[int, int]: ...  # columns and rows
    def draw(self, lines: Sequence[str], at: int) -> None:
        """Show these lines and no others; the one with the number `at` is selected."""

    def key(self, wait_s: float | None) -> str:
        """A key as `prompt/screen` names it, "" if none came or all is to be redrawn; `Cancelled` on Ctrl-C."""

    def question(self) -> AbstractContextManager[None]:
        """For the length of a `with` questions can be asked, below what is drawn."""


class Browser(Protocol):
    """The user's browser."""

    def open(self, url: Secret) -> bool:
        """Open the page and do not wait; False if no browser can be opened from here."""


# Stores and files


class Vault(Protocol):
    """Where long-term keys are kept; `section` is the long-term section's name, such as `work-long-term`."""

    @property
    def name(self) -> str: ...
    def check(self) -> None:
        """Prove that keys can be stored and read back, without touching any; raise `KeychainUnavailable`."""

    def forgets(self) -> bool:
        """Whether it is known to lose its items at logout: never the place for the only copy."""

    def load(self, section: str) -> LongTermKeys | None: ...
    def store(self, section: str, keys: LongTermKeys) -> None:
        """Store them, read them back, and raise if what is read differs; `NotSetUp` if they are being rotated."""

    def load_next(self, section: str) -> LongTermKeys | None:
        """The second pair, beside the keys while they are rotated."""

    def store_next(self, section: str, keys: LongTermKeys | None) -> None:
        """Store a second pair beside the keys, and read it back; None: remove it."""

    def exchange(self, section: str) -> None:
        """Let the two pairs change places, in one write."""

    def remove(self, section: str) -> None:
        """Remove the keys; `NotSetUp` if they are being rotated."""


class ForkItems(Protocol):
    """What the keychain fork of the old tool stored (keys, key id, device): read and migrated, never written."""

    def load_fork(self, section: str) -> LongTermKeys | None: ...
    def fork_key_id(self, section: str) -> str | None: ...
    def fork_device(self, section: str) -> str | None: ...
    def remove_fork(self, section: str) -> None: ...


class AwsTextFile(Protocol):
    """A file with sections (credentials, config, known-keys), read whole and replaced whole under a lock."""

    @property
    def path(self) -> str: ...
    def exists(self) -> bool: ...
    def create(self) -> None: ...
    def read(self) -> str:
        """Its text ("" if there is no file); `BrokenFile` if it is not text."""

    def update(self, edit: Callable[[str], str]) -> bool:
        """Lock, read again, `edit`, replace it atomically (0600), or on any error keep it; whether bytes changed."""

    def check_writable(self) -> None: ...
    def check_trusted(self, *, runs_commands: bool = False) -> None:
        """Raise `NotSetUp` if other users can write it; `runs_commands`: also if root runs another user's commands."""

    def forbid_others_to_write(self) -> list[str]:
        """Remove that permission from the file and its folder, if they are this user's; return what was changed."""

    def repair_mode(self, *, also_written: bool = False) -> bool:
        """Remove the access of group and others; return whether they had any. Write access only if `also_written`."""

    def replace(self, text: str | None, *, if_still: str | None = None) -> None:
        """Replace it with its mode kept, or remove it (None); `NotSetUp` if its text is not `if_still` (None: any)."""

    def linked_inode(self) -> int | None:
        """The inode if the file has further hard links, which keep what an update removes; else None."""


class Document(Protocol):
    """A file named by the user, or stdin for `-`: read once, never written; `BadInput` if it is not text."""

    @property
    def name(self) -> str: ...
    def read(self) -> str: ...
    def read_line(self) -> str:
        """Its first line only: the writer may leave the pipe open, and what follows is for others."""

    def is_same_file(self, path: str) -> bool: ...
    def others_may_read(self) -> bool: ...


class StoredSession(Protocol):
    """A session in the cache, whose secrets may still be sealed; `expires_at` is in seconds since the epoch."""

    name: str  # the one it is stored under, perhaps another profile's

    @property
    def expires_at(self) -> float: ...
    def session(self) -> Session: ...


class SessionCache(Protocol):
    """Sessions that are not for the credentials file. A failure here is one line of output, never an error."""

    def find(self, label: str, inputs: Mapping[str, str]) -> StoredSession | None:
        """The session with these inputs that has a minute left: the label's, or one of another label."""

    def listed(self) -> Callable[[str, str], StoredSession | None]:
        """`find` for many sessions, by label and text of the inputs, among those that are stored now."""

    def heads(self) -> Sequence[Head]:
        """What is no secret of all stored sessions, expired ones too; opens no keychain, and removes nothing."""

    def check(self) -> None:
        """Say, before a question, if no session can be stored: each command will ask for a code."""

    def store(self, label: str, inputs: Mapping[str, str], session: Session, *, is_copy: bool = False) -> bool:
        """Return whether it was stored. `is_copy`: the session is for the credentials file too, so nothing is said."""

    def stored_s_ago(self, label: str, inputs: Mapping[str, str]) -> float | None:
        """How many seconds ago it was stored, by our clock; None if there is none."""

    def drop(self, label: str, inputs: Mapping[str, str], access_key_id: str, *, min_age_s: float = 0.0) -> bool:
        """Remove the session of this key id, which AWS refused; False if kept: it is younger than `min_age_s`."""

    def forget(self, labels: Collection[str] | None) -> tuple[list[str], list[str]]:
        """From every store, None: all; return the removed labels, sorted, and a line for each store that failed."""


class Watch(Protocol):
    """The state of the files a plan is made from, taken before they are read."""

    def note(self, profile: str, found: FingerprintedSession, paths: Sequence[str] = (), *, wish: str = "") -> None:
        """
        Write the fingerprint that answers a plain request until a file (`paths` too) changes; ignores failures.

        `wish`: what else tells the request from others, as `fingerprint.wish_of` writes it.
        """


# Programs and this machine


class Endpoint(Protocol):
    """What SDKs ask for sessions, on 127.0.0.1 or at a unix socket, inside its `with`; it answers from memory."""

    def __enter__(self) -> object: ...
    def __exit__(self, *exception: object) -> None: ...
    def settings_for(self, profile: str) -> dict[str, str]:
        """What sends SDKs to the profile's session: the two variables, or the line of a config file; no secret."""

    def hand_out(self, profile: str, served: ServedSession) -> None:
        """Answer requests for the profile with this from now on. Any thread may call it."""


class Child(Protocol):
    """The command that a session is for; it inherits our streams. Raises `NoSuchCommand`, `CommandNotRunnable`."""

    def shell(self, environ: Mapping[str, str]) -> list[str]: ...
    def check(self, command: Sequence[str], environ: Mapping[str, str]) -> None:
        """Raise if the command cannot be run, as far as can be known; called before a code is asked for."""

    def become(self, command: Sequence[str], environ: Mapping[str, str]) -> int:
        """Replace this process by the command. If the system cannot do that, run it and return its exit code."""

    def run(self, command: Sequence[str], environ: Mapping[str, str]) -> int:
        """Run it as a child and pass signals on; return its exit code, -N if signal N killed it."""

    def end_like(self, exit_code: int) -> int:
        """Die by the signal that killed the child of `run`, or return the exit code for this process."""


class Beside(Protocol):
    """Work in a thread while a person types; `wait` raises what the work raised."""

    def wait(self) -> None: ...


class DeferredSignals(Protocol):
    """The signals that would end the program, deferred until writes that belong together are done."""

    def check(self) -> None:
        """Raise `KeyboardInterrupt` if one has come; the signal itself takes effect at the end of the `with`."""

    def waiting(self) -> AbstractContextManager[None]:
        """While inside, for a question or a pause, one that comes raises `KeyboardInterrupt` at once, as `check`."""


class Interfaces(Protocol):
    """
    All parts; each is opened when it is first used.

    Vaults are `keychain`, `age`, `file`, and `config` for copies of keys in the config file; the document `-` is
    standard input; `now` is in seconds since the epoch; `code_providers` are in the order in which they are tried.
    """

    @property
    def environ(self) -> Mapping[str, str]: ...
    def replaced(
        self,
        *,
        code_providers: Sequence[CodeProvider] | None = None,
        away_from_terminal: bool = False,
        unattended: bool = False,
        without_keychain: bool = False,
        looks_only: bool = False,
    ) -> Interfaces:
        """
        A copy with other code providers, one that asks less, or one that opens no keychain.

        `away_from_terminal`: another program owns the terminal, so every question there is refused, a vault's too.
        `unattended`: background work that must not prompt: every question is refused, a locked keychain stays locked.
        `looks_only`: unattended, prints nothing, and leaves every file, note, mode and stored session as it is.
        """

    @property
    def agent(self) -> str | None:
        """The name of the coding agent that called, None for a person; `BadInput` for a bad name."""

    @property
    def reading_agent(self) -> str | None:
        """The agent that reads what is printed; not if a person at a terminal called, for an agent (`--agent`)."""

    def grant(self, profile: Profile) -> Grant:
        """What the caller may get of the profile, by `agents/rule`; raises what that raises."""

    @property
    def terminal(self) -> Terminal: ...
    def screen(self) -> AbstractContextManager[Screen] | None:
        """None if no person is at a terminal that can be drawn on, or if nothing may be asked."""

    @property
    def code_providers(self) -> Sequence[CodeProvider]: ...
    @property
    def prompt_locks(self) -> PromptLocks: ...
    @property
    def remote_questions(self) -> RemoteQuestions: ...
    @property
    def ledger(self) -> CodeLedger: ...
    @property
    def browser(self) -> Browser: ...
    @property
    def credentials(self) -> AwsTextFile:
        """`~/.aws/credentials`, or what `AWS_SHARED_CREDENTIALS_FILE` names."""

    @property
    def config(self) -> AwsTextFile:
        """`~/.aws/config`, or what `AWS_CONFIG_FILE` names."""

    def policy_file(self, path: str) -> AwsTextFile:
        """A file that a profile names: `~` and `$NAME` are expanded, a relative path begins at the config's folder."""

    def settings_file(self, path: str) -> AwsTextFile: ...
    @property
    def known_keys(self) -> AwsTextFile:
        """The registry of which vault has the keys of which long-term section, and the key id: no secret."""

    @property
    def rotations(self) -> AwsTextFile:
        """The journal of key rotations that are not over: no secret."""

    @property
    def history(self) -> Sequence[AwsTextFile]: ...  # the older file of `sessions/history`, then the newer one
    def note_hand_over(self, profile: str, session: Session, inputs: Mapping[str, str]) -> None:
        """Append it to the history, if this command hands sessions over; failures are ignored."""

    @property
    def fork(self) -> ForkItems: ...
    def vault(self, name: str) -> Vault: ...
    def document(self, path: str) -> Document: ...
    @property
    def session_cache(self) -> SessionCache: ...
    def watch_files(self) -> Watch:
        """Take the state of the files a plan is made from; call it before they are read."""

    def state_of_files(self) -> object:
        """A value that is another one if the files of profiles, the notes or the stored sessions have changed."""

    def sts(self, region: str, endpoints: EndpointSettings = NO_SETTINGS) -> Sts:
        """STS in the region. `endpoints`: what the config file says; variables win, for `iam` and `sign_in` too."""

    def iam(self, region: str, endpoints: EndpointSettings = NO_SETTINGS) -> Iam: ...
    def sign_in(self, region: str, endpoints: EndpointSettings = NO_SETTINGS) -> SignIn: ...
    @property
    def child(self) -> Child: ...
    @property
    def callers(self) -> Sequence[str]:
        """Names of the parent process, its parent and so on, as far as the system names them."""

    def printed_by(self, command: Sequence[str], *, limit_s: float) -> str | None:
        """What a program prints, without input and AWS credentials; None if it cannot be run, or takes too long."""

    def endpoint(self, at: int | str) -> Endpoint:
        """On the port, 0: any free one, or at a unix socket. `BadInput`: it is taken, or the path cannot be used."""

    def say(self, text: str) -> None:
        """Print one line on stderr; questions, and lines about them, go to the terminal."""

    def deferred_signals(self) -> AbstractContextManager[DeferredSignals]: ...
    def one_caller(self, session: str) -> AbstractContextManager[None]:
        """Held while this session is got without a code, so that one process gets it for all; waits some seconds."""

    def set_up_lock(self) -> AbstractContextManager[None]:
        """Only one process at a time stores or moves keys of this user; `Unreachable` if another one takes too long."""

    def beside(self, work: Callable[[], None], failed: Callable[[BaseException], None]) -> Beside:
        """Run `work` in a thread, which calls `failed` at once when it raises."""

    def side_by_side(self, calls: Sequence[Callable[[], Result]], done: Callable[[], None]) -> list[Result]:
        """Make the calls, a bounded number at a time, and call `done` after each; results in their order."""

    def now(self) -> float: ...
    def user_name(self) -> str | None: ...

"""The interfaces, faked: small classes that mypy checks against the Protocols of `interfaces.py`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from copy import copy
from typing import TYPE_CHECKING, TypeVar

from aws_mfa.agents.rule import granted
from aws_mfa.aws.endpoints import NO_SETTINGS, EndpointSettings
from aws_mfa.aws_values.iam_users import AccessKey, NewDevice
from aws_mfa.aws_values.narrowing import Grant
from aws_mfa.config.profile import Profile
from aws_mfa.errors import AlreadyExists, AwsMfaError, Cancelled, NeedsHuman, NotSetUp
from aws_mfa.handover.environment import ENDPOINT
from aws_mfa.interfaces import Interfaces
from aws_mfa.model import Identity, LongTermKeys, Secret, Session, SessionRequest, masked
from aws_mfa.prompt.providers import CodeQuestion
from aws_mfa.renewal.steps import SourceUser, Step
from aws_mfa.sessions.container import ServedSession
from aws_mfa.sessions.entry import Head, text_of_inputs
from aws_mfa.sessions.fingerprint import FingerprintedSession
from aws_mfa.sessions.inputs import label_in, name_of_text, stored_name
from aws_mfa.system.cancel import Cancellation

if TYPE_CHECKING:
    from aws_mfa.prompt.providers import CodeProvider


Result = TypeVar("Result")

NOW = 1_795_327_399.0  # 2026-11-22 06:03:19 UTC
ACCOUNT = "123456789012"
ANN = f"arn:aws:iam::{ACCOUNT}:user/ann"
DEVICE = f"arn:aws:iam::{ACCOUNT}:mfa/ann"
KEYS = LongTermKeys("AKIAINVENTEDANNSKEY1", Secret("invented/secret+of+ann/of+twice+the+size"))
OTHER_KEYS = LongTermKeys("AKIAINVENTEDBOBSKEY2", Secret("invented/secret+of+bob"))


class FakeTerminal:
    """Answers in order; after the last one no person is there."""

    def __init__(self, *answers: str | AwsMfaError, has_human: bool = True) -> None:
        self.answers = list(answers)
        self.has_human = has_human
        self.questions: list[str] = []
        self.said: list[str] = []
        self.drawn: list[list[str]] = []
        self.waited_s: list[int] = []

    def ask(self, question: str, cancellation: Cancellation | None = None) -> str:
        self.questions.append(question)
        if cancellation is not None:
            cancellation.check()
        if not self.answers:
            raise NeedsHuman("nobody is there")
        answer = self.answers.pop(0)
        if isinstance(answer, AwsMfaError):
            raise answer
        return answer

    def ask_hidden(self, question: str, cancellation: Cancellation | None = None) -> Secret:
        return Secret(self.ask(f"(hidden) {question}", cancellation))

    def lines_left(self) -> int:
        return 0 if self.has_human else len(self.answers)

    def say(self, text: str) -> None:
        self.said.append(text)

    def draw(self, lines: Sequence[str]) -> None:
        self.drawn.append(list(lines))

    def count_down(self, seconds: int, text: str) -> None:
        self.waited_s.append(seconds)


class FakeScreen:
    """Gives the keys in order, then Ctrl-C; `drawn` are the pictures, with `<` behind the selected line."""

    def __init__(self, *keys: str, size: tuple[int, int] = (80, 24)) -> None:
        self.keys = list(keys)
        self.size = size
        self.drawn: list[str] = []
        self.is_asking = False

    def draw(self, lines: Sequence[str], at: int) -> None:
        self.drawn.append("\n".join(f"{line}<" if number == at else line for number, line in enumerate(lines)))

    def key(self, wait_s: float | None) -> str:
        if not self.keys:
            raise Cancelled("cancelled")
        return self.keys.pop(0)

    @contextmanager
    def question(self) -> Iterator[None]:
        self.is_asking = True
        yield
        self.is_asking = False


def says_no(*answers: str) -> FakeTerminal:
    """A person who presses Ctrl-C after these answers."""
    return FakeTerminal(*answers, *[Cancelled("cancelled")] * 9)


class FakeProvider:
    """The terminal as a code provider, or another with its own answers; `closed`: it cannot be asked."""

    def __init__(self, terminal: FakeTerminal, name: str = "terminal", *, closed: str | None = None) -> None:
        self.name = name
        self.terminal = terminal
        self.closed = closed
        self.asked: list[CodeQuestion] = []

    @property
    def has_human(self) -> bool:
        return self.terminal.has_human

    def can_answer(self, question: CodeQuestion) -> bool:
        return True

    def ask(self, question: CodeQuestion, cancellation: Cancellation | None = None) -> str:
        self.asked.append(question)
        if self.closed is not None:
            raise NeedsHuman(self.closed)
        return self.terminal.ask(question.text, cancellation)

    def say(self, text: str) -> None:
        self.terminal.say(text)


class FakeQuestion:
    """A question that another process left open; `said` is what it says about the code, `over`: it has ended."""

    pid = 4711
    device = DEVICE
    text = f"MFA code for {DEVICE}: "

    def __init__(self, *said: str, over: bool = False) -> None:
        self.said = list(said)
        self.over = over
        self.codes: list[str] = []

    def wait_for_end(self) -> None:
        if self.over:
            raise NeedsHuman("the question is over")

    def answer(self, code: str) -> list[str]:
        self.codes.append(code)
        return self.said


class FakeQuestions:
    """The questions left open: one or none."""

    def __init__(self, question: FakeQuestion | None = None) -> None:
        self.question = question

    @contextmanager
    def oldest(self) -> Iterator[FakeQuestion | None]:
        yield self.question


class FakeLock:
    """The lock at once; `ended` is how the question ended that we waited for."""

    def __init__(self, locks: FakeLocks) -> None:
        self.was_yielded = False
        self._locks = locks

    @contextmanager
    def yielded(self) -> Iterator[None]:
        self.was_yielded = True
        self._locks.log.append("let go")
        yield
        self._locks.log.append("take again")

    def take_again(self) -> None:
        self._locks.log.append("answered")

    def release(self) -> None:
        """Nothing to do."""

    def is_taken(self) -> bool:
        return self._locks.is_taken

    def outcome(self, question: str) -> AwsMfaError | None:
        return self._locks.ended.get(question)

    def publish(self, question: str, failure: AwsMfaError) -> None:
        self._locks.lately[question] = failure


class FakeLocks:
    """No other process asks; `before_us` is called before we have the lock: what another process did meanwhile."""

    def __init__(self) -> None:
        self.ended: dict[str, AwsMfaError] = {}
        self.lately: dict[str, AwsMfaError] = {}
        self.before_us: Callable[[], object] = lambda: None
        self.devices: list[str] = []
        self.log: list[str] = []
        self.is_taken = False

    @contextmanager
    def hold(self, device: str, *, patience_s: float, gives_up_quietly: bool) -> Iterator[FakeLock]:
        self.devices.append(device)
        self.before_us()
        yield FakeLock(self)

    def recent_outcome(self, device: str, question: str) -> AwsMfaError | None:
        return self.lately.get(question)

    def just_ended(self, device: str, question: str) -> AwsMfaError | None:
        return self.lately.get(question)


class FakeSts:
    """Answers with what it was given: an identity, a session, or a failure to raise."""

    def __init__(self) -> None:
        self.identity: Identity | AwsMfaError = Identity(ANN, ACCOUNT, "AIDAINVENTED")
        self.answers: list[Session | AwsMfaError] = []
        self.sent: list[tuple[str, str | None, SessionRequest]] = []
        self.identity_calls = 0
        self.ahead_s: float | AwsMfaError = 0.0

    def get_session_token(self, keys: LongTermKeys, request: SessionRequest, code: str) -> Session:
        return self._answer("GetSessionToken", code, request)

    def assume_role(self, keys: LongTermKeys | Session, request: SessionRequest, code: str | None) -> Session:
        return self._answer("AssumeRole", code, request)

    def get_scoped_credentials(self, keys: Session, request: SessionRequest, *, left_s: int) -> Session:
        return self._answer("GetScopedCredentials", None, request)

    def get_federation_token(
        self, keys: LongTermKeys, name: str, duration_s: int, *, policy: str | None, policy_arns: tuple[str, ...]
    ) -> Session:
        request = SessionRequest("", duration_s, None, name, policy=policy, policy_arns=policy_arns)
        return self._answer("GetFederationToken", None, request)

    def get_caller_identity(self, keys: LongTermKeys | Session) -> Identity:
        self.identity_calls += 1
        if isinstance(self.identity, AwsMfaError):
            raise self.identity
        return self.identity

    def clock_ahead_s(self) -> float:
        if isinstance(self.ahead_s, AwsMfaError):
            raise self.ahead_s
        return self.ahead_s

    def _answer(self, action: str, code: str | None, request: SessionRequest) -> Session:
        self.sent.append((action, code, request))
        answer = self.answers.pop(0) if self.answers else a_session(role_arn=request.role_arn)
        if isinstance(answer, AwsMfaError):
            raise answer
        return answer


class FakeSignIn:
    """Answers with a token, or fails; `sessions` are those it was given."""

    def __init__(self) -> None:
        self.answer: Secret | AwsMfaError = Secret("sign-in/token==")
        self.sessions: list[Session] = []
        self.regions: list[str] = []

    def token(self, session: Session) -> Secret:
        self.sessions.append(session)
        if isinstance(self.answer, AwsMfaError):
            raise self.answer
        return self.answer


class FakeBrowser:
    """Remembers the pages; `can_open` off: there is none."""

    def __init__(self) -> None:
        self.can_open = True
        self.opened: list[str] = []

    def open(self, url: Secret) -> bool:
        self.opened.append(url.reveal())
        return self.can_open


class FakeIam:
    """
    One user's keys and devices in memory; `devices` or `failures[call]` may be a failure to raise.

    `calls` are `name ARGUMENT`, with `signer` the masked id of the keys that signed each.
    """

    def __init__(self, devices: list[str] | AwsMfaError) -> None:
        self.devices = devices
        self.free_devices: list[str] = []
        self.access_keys = [AccessKey(KEYS.access_key_id, True, NOW - 100 * 86400)]
        self.new_keys = [LongTermKeys("AKIAINVENTEDANNSKEY9", Secret("invented/new+secret+of+ann"))]
        self.new_seeds = ["INVENTEDSEEDOFANEWPHONE2"]
        self.alias: str | None = None
        self.failures: dict[str, AwsMfaError] = {}
        self.calls: list[str] = []
        self.signers: list[str] = []

    def _called(self, signer: LongTermKeys | Session, name: str, *arguments: str) -> None:
        self.signers.append(masked(signer.access_key_id))
        self.calls.append(" ".join((name, *arguments)))
        if name in self.failures:
            raise self.failures[name]

    def list_access_keys(self, signer: LongTermKeys | Session) -> list[AccessKey]:
        self._called(signer, "list_access_keys")
        return list(self.access_keys)

    def create_access_key(self, signer: LongTermKeys | Session) -> LongTermKeys:
        self._called(signer, "create_access_key")
        keys = self.new_keys.pop(0)
        self.access_keys.append(AccessKey(keys.access_key_id, True, NOW))
        return keys

    def set_key_active(self, signer: LongTermKeys | Session, access_key_id: str, *, active: bool) -> None:
        self._called(signer, "activate" if active else "deactivate", access_key_id)
        ids = [one.access_key_id for one in self.access_keys]
        self.access_keys[ids.index(access_key_id)] = AccessKey(access_key_id, active, NOW)

    def delete_access_key(self, signer: LongTermKeys | Session, access_key_id: str) -> None:
        self._called(signer, "delete_access_key", access_key_id)
        self.access_keys = [one for one in self.access_keys if one.access_key_id != access_key_id]

    def key_last_used(self, signer: LongTermKeys | Session, access_key_id: str) -> tuple[float | None, str]:
        self._called(signer, "key_last_used", access_key_id)
        return None, "N/A"

    def list_mfa_devices(self, signer: LongTermKeys | Session) -> list[str]:
        self._called(signer, "list_mfa_devices")
        if isinstance(self.devices, AwsMfaError):
            raise self.devices
        return self.devices

    def unassigned_devices(self, signer: LongTermKeys | Session) -> list[str]:
        self._called(signer, "unassigned_devices")
        return list(self.free_devices)

    def create_virtual_device(self, signer: LongTermKeys | Session, name: str) -> NewDevice:
        self._called(signer, "create_virtual_device", name)
        serial = f"arn:aws:iam::{ACCOUNT}:mfa/{name}"
        if serial in self.free_devices:
            raise AlreadyExists("AWS refused iam:CreateVirtualMFADevice: EntityAlreadyExists")
        self.free_devices.append(serial)
        return NewDevice(serial, Secret(self.new_seeds.pop(0)))

    def enable_device(
        self, signer: LongTermKeys | Session, user_name: str, serial: str, codes: tuple[str, str]
    ) -> None:
        self._called(signer, "enable_device", user_name, serial, *codes)
        self.free_devices.remove(serial)
        assert isinstance(self.devices, list)
        self.devices.append(serial)

    def deactivate_device(self, signer: LongTermKeys | Session, user_name: str, serial: str) -> None:
        self._called(signer, "deactivate_device", user_name, serial)
        assert isinstance(self.devices, list)
        self.devices.remove(serial)
        self.free_devices.append(serial)

    def delete_virtual_device(self, signer: LongTermKeys | Session, serial: str) -> None:
        self._called(signer, "delete_virtual_device", serial)
        self.free_devices.remove(serial)

    def account_alias(self, signer: LongTermKeys | Session) -> str | None:
        self._called(signer, "account_alias")
        return self.alias


class FakeVault:
    """A vault in memory; `failure` is raised by every call."""

    def __init__(self, name: str = "keychain", **stored: LongTermKeys) -> None:
        self.name = name
        self.stored = {section.replace("_", "-"): keys for section, keys in stored.items()}
        self.beside: dict[str, LongTermKeys] = {}
        self.failure: AwsMfaError | None = None
        self.calls: list[str] = []
        self.is_forgetful = False

    def check(self) -> None:
        self._called("check")

    def forgets(self) -> bool:
        return self.is_forgetful

    def load(self, section: str) -> LongTermKeys | None:
        self._called(f"load {section}")
        return self.stored.get(section)

    def store(self, section: str, keys: LongTermKeys) -> None:
        self._called(f"store {section}")
        self.stored[section] = keys

    def load_next(self, section: str) -> LongTermKeys | None:
        self._called(f"load_next {section}")
        return self.beside.get(section)

    def store_next(self, section: str, keys: LongTermKeys | None) -> None:
        self._called(f"store_next {section}")
        self.beside.pop(section, None)
        if keys is not None:
            self.beside[section] = keys

    def exchange(self, section: str) -> None:
        self._called(f"exchange {section}")
        self.stored[section], self.beside[section] = self.beside[section], self.stored[section]

    def remove(self, section: str) -> None:
        self._called(f"remove {section}")
        self.stored.pop(section, None)

    def _called(self, call: str) -> None:
        self.calls.append(call)
        if self.failure is not None:
            raise self.failure


class FakeFork:
    """The keychain fork's items in memory."""

    def __init__(self, **stored: LongTermKeys) -> None:
        self.stored = {section.replace("_", "-"): keys for section, keys in stored.items()}
        self.device: str | None = None
        self.key_id: str | None = None

    def load_fork(self, section: str) -> LongTermKeys | None:
        return self.stored.get(section)

    def fork_key_id(self, section: str) -> str | None:
        return self.key_id

    def fork_device(self, section: str) -> str | None:
        return self.device

    def remove_fork(self, section: str) -> None:
        self.stored.pop(section, None)


class MemoryFile:
    """An AWS file in memory; None: there is none."""

    def __init__(self, text: str | None = None, path: str = "~/.aws/credentials") -> None:
        self.text = text
        self.path = path
        self.failure: AwsMfaError | None = None
        self.is_wide = False
        self.inode: int | None = None

    def exists(self) -> bool:
        return self.text is not None

    def create(self) -> None:
        self.text = self.text or ""

    def read(self) -> str:
        return self.text or ""

    def update(self, edit: Callable[[str], str]) -> bool:
        after = edit(self.read())
        if self.failure is not None:
            raise self.failure
        changed = after != self.text
        self.text = after
        return changed

    def replace(self, text: str | None, *, if_still: str | None = None) -> None:
        if self.failure is not None:
            raise self.failure
        if if_still not in (None, self.read()):
            raise NotSetUp("changed by another program")
        self.text = text

    def check_writable(self) -> None:
        pass

    def check_trusted(self, *, runs_commands: bool = False) -> None:
        pass

    def forbid_others_to_write(self) -> list[str]:
        return []

    def repair_mode(self, *, also_written: bool = False) -> bool:
        was_wide, self.is_wide = self.is_wide, False
        return was_wide

    def linked_inode(self) -> int | None:
        return self.inode


class FakeDocument:
    """A file that a person named, in memory."""

    def __init__(self, text: str = "", name: str = "FILE", *, is_open: bool = False, path: str = "") -> None:
        self.text = text
        self.name = name
        self.is_open = is_open
        self.path = path

    def read(self) -> str:
        return self.text

    def read_line(self) -> str:
        return self.text.partition("\n")[0]

    def is_same_file(self, path: str) -> bool:
        return path == self.path

    def others_may_read(self) -> bool:
        return self.is_open


class Remembered:
    """A stored session."""

    def __init__(self, name: str, inputs: Mapping[str, str], session: Session) -> None:
        self.name = name
        self.inputs = dict(inputs)
        self.expires_at = session.expires_at
        self._session = session

    def session(self) -> Session:
        return self._session


class FakeSessionCache:
    """Stored sessions in memory, by their names; `labels` are the names without what is not for people."""

    def __init__(self) -> None:
        self.stored: dict[str, Remembered] = {}
        self.missed: list[str] = []
        self.keeps = True
        self.checks = 0
        self.age_s = 3600.0  # of each

    def find(self, label: str, inputs: Mapping[str, str]) -> Remembered | None:
        return self.listed()(label, text_of_inputs(inputs))

    def listed(self) -> Callable[[str, str], Remembered | None]:
        stored = dict(self.stored)

        def find(label: str, text: str) -> Remembered | None:
            found = [one for one in stored.values() if text_of_inputs(one.inputs) == text]
            return stored.get(name_of_text(label, text)) or max(found, key=lambda one: one.expires_at, default=None)

        return find

    def heads(self) -> list[Head]:
        heads = []
        for one in self.stored.values():
            head = Head(one.expires_at, one.session().assumed_role_arn or "", text_of_inputs(one.inputs))
            head.label, head.place = label_in(one.name), "memory"
            heads.append(head)
        return heads

    def check(self) -> None:
        self.checks += 1

    def store(self, label: str, inputs: Mapping[str, str], session: Session, *, is_copy: bool = False) -> bool:
        if self.keeps:
            name = stored_name(label, inputs)
            self.stored[name] = Remembered(name, inputs, session)
        return self.keeps

    def stored_s_ago(self, label: str, inputs: Mapping[str, str]) -> float | None:
        return self.age_s if self.find(label, inputs) else None

    def drop(self, label: str, inputs: Mapping[str, str], access_key_id: str, *, min_age_s: float = 0.0) -> bool:
        found = self.find(label, inputs)
        if found is None or found.session().access_key_id != access_key_id:
            return True
        if self.age_s < min_age_s:
            return False
        del self.stored[found.name]
        return True

    def forget(self, labels: Collection[str] | None) -> tuple[list[str], list[str]]:
        gone = [name for name in self.stored if labels is None or label_in(name) in labels]
        for name in gone:
            del self.stored[name]
        return sorted({label_in(name) for name in gone}), self.missed

    @property
    def labels(self) -> list[str]:
        return sorted(label_in(name) for name in self.stored)

    def one(self, label: str) -> Remembered:
        (found,) = (self.stored[name] for name in self.stored if label_in(name) == label)
        return found


class FakeWatch:
    """Remembers what was noted."""

    def __init__(self) -> None:
        self.noted: dict[str, FingerprintedSession] = {}
        self.paths: list[str] = []

    def note(self, profile: str, found: FingerprintedSession, paths: Sequence[str] = (), *, wish: str = "") -> None:
        self.noted[f"{profile} {wish}".rstrip()] = found
        self.paths += paths


class FakeLedger:
    """Used codes in memory."""

    def __init__(self) -> None:
        self.used: set[tuple[str, str]] = set()

    def is_used(self, device: str, code: str, now: float) -> bool:
        return (device, code) in self.used

    def note_used(self, device: str, code: str, now: float) -> None:
        self.used.add((device, code))


class FakeSignals:
    """A signal comes with the write of that number; 0: none comes."""

    def __init__(self) -> None:
        self.comes_at = 0
        self.writes = 0

    def check(self) -> None:
        self.writes += 1
        if self.writes == self.comes_at:
            raise KeyboardInterrupt

    def waiting(self) -> AbstractContextManager[None]:
        return nullcontext()


class AtOnce:
    """Work beside the question that has ended before the question is put."""

    def __init__(self, work: Callable[[], None], failed: Callable[[BaseException], None]) -> None:
        self._error: BaseException | None = None
        try:
            work()
        except AwsMfaError as error:
            self._error = error
            failed(error)

    def wait(self) -> None:
        if self._error is not None:
            raise self._error


class FakeChild:
    """Remembers the command and its environment; `exit_code` is how it ends."""

    def __init__(self) -> None:
        self.exit_code = 0
        self.command: list[str] = []
        self.environ: dict[str, str] = {}

    def shell(self, environ: Mapping[str, str]) -> list[str]:
        return ["/bin/sh"]

    def check(self, command: Sequence[str], environ: Mapping[str, str]) -> None:
        pass

    def become(self, command: Sequence[str], environ: Mapping[str, str]) -> int:
        return self.run(command, environ)

    def run(self, command: Sequence[str], environ: Mapping[str, str]) -> int:
        self.command, self.environ = list(command), dict(environ)
        return self.exit_code

    def end_like(self, exit_code: int) -> int:
        return exit_code


class FakeEndpoint:
    """Keeps what it is to answer with."""

    def __init__(self) -> None:
        self.served: dict[str, ServedSession] = {}
        self.is_open = False
        self.served_from_the_start: list[str] = []

    def __enter__(self) -> None:
        self.is_open = True
        self.served_from_the_start = list(self.served)

    def __exit__(self, *_: object) -> None:
        self.is_open = False

    def settings_for(self, profile: str) -> dict[str, str]:
        url = f"http://127.0.0.1:4711/{profile}"
        return dict(zip(ENDPOINT, (url, "/run/invented.token"), strict=True))

    def hand_out(self, profile: str, served: ServedSession) -> None:
        self.served[profile] = served


class FakeInterfaces:
    """All parts, each an attribute that a test may replace."""

    def __init__(self, credentials: str | None = None, config: str | None = None) -> None:
        self.environ: Mapping[str, str] = {}
        self.agent: str | None = None
        self.terminal: FakeTerminal = FakeTerminal()
        self.fake_screen: FakeScreen | None = None
        self.providers: Sequence[CodeProvider] | None = None
        self.prompt_locks = FakeLocks()
        self.remote_questions = FakeQuestions()
        self.said: list[str] = []
        self.credentials = MemoryFile(credentials)
        self.config = MemoryFile(config, "~/.aws/config")
        self.known_keys = MemoryFile(None, "~/.aws/mfa/known-keys")
        self.policies: dict[str, str] = {}
        self.settings: dict[str, MemoryFile] = {}
        self.rotations = MemoryFile(None, "~/.aws/mfa/rotations")
        self.history = [MemoryFile(None, "~/.aws/mfa/history.1"), MemoryFile(None, "~/.aws/mfa/history")]
        self.handed_over: list[tuple[str, Session, Mapping[str, str]]] = []
        self.ledger = FakeLedger()
        self.fork = FakeFork()
        self.documents: dict[str, FakeDocument] = {}
        self.vaults = {name: FakeVault(name) for name in ("keychain", "age", "file", "config")}
        self.sts_of: dict[str, FakeSts] = {}
        self.fake_sts = FakeSts()
        self.fake_iam = FakeIam([DEVICE])
        self.fake_sign_in = FakeSignIn()
        self.browser = FakeBrowser()
        self.moment = NOW
        self.session_cache = FakeSessionCache()
        self.watch = FakeWatch()
        self.child = FakeChild()
        self.callers: list[str] = []
        self.printed: dict[str, str] = {}
        self.fake_endpoint = FakeEndpoint()
        self.signals = FakeSignals()
        self.unattended_copy: FakeInterfaces | None = None
        self.before_set_up: Callable[[], None] = lambda: None  # what another process did before we got the lock

    @property
    def reading_agent(self) -> str | None:
        return self.agent

    def grant(self, profile: Profile) -> Grant:
        return granted(profile, self.agent, self.environ)

    def screen(self) -> AbstractContextManager[FakeScreen] | None:
        return None if self.fake_screen is None else nullcontext(self.fake_screen)

    @property
    def code_providers(self) -> Sequence[CodeProvider]:
        return [FakeProvider(self.terminal)] if self.providers is None else self.providers

    def replaced(
        self,
        *,
        code_providers: Sequence[CodeProvider] | None = None,
        away_from_terminal: bool = False,
        unattended: bool = False,
        without_keychain: bool = False,
        looks_only: bool = False,
    ) -> FakeInterfaces:
        if (unattended or looks_only) and self.unattended_copy:
            return self.unattended_copy
        made = copy(self)
        if code_providers is not None:
            made.providers = code_providers
        if away_from_terminal or unattended or looks_only:
            made.terminal = FakeTerminal(has_human=False)
            made.terminal.said, made.terminal.waited_s = self.terminal.said, self.terminal.waited_s
        return made

    def printed_by(self, command: Sequence[str], *, limit_s: float) -> str | None:
        return self.printed.get(command[0])

    def endpoint(self, at: int | str) -> FakeEndpoint:
        return self.fake_endpoint

    def say(self, text: str) -> None:
        self.said.append(text)

    def watch_files(self) -> FakeWatch:
        return self.watch

    def state_of_files(self) -> object:
        texts = (self.credentials.text, self.config.text, self.known_keys.text, self.rotations.text)
        return (*texts, list(self.session_cache.stored))

    def vault(self, name: str) -> FakeVault:
        return self.vaults[name]

    def policy_file(self, path: str) -> MemoryFile:
        return MemoryFile(self.policies.get(path), path)

    def settings_file(self, path: str) -> MemoryFile:
        return self.settings.setdefault(path, MemoryFile(None, path))

    def document(self, path: str) -> FakeDocument:
        return self.documents[path]

    def note_hand_over(self, profile: str, session: Session, inputs: Mapping[str, str]) -> None:
        self.handed_over.append((profile, session, inputs))

    def side_by_side(self, calls: Sequence[Callable[[], Result]], done: Callable[[], None]) -> list[Result]:
        results = []
        for call in calls:
            results.append(call())
            done()
        return results

    def sts(self, region: str, endpoints: EndpointSettings = NO_SETTINGS) -> FakeSts:
        return self.sts_of.get(region, self.fake_sts)

    def iam(self, region: str, endpoints: EndpointSettings = NO_SETTINGS) -> FakeIam:
        return self.fake_iam

    def sign_in(self, region: str, endpoints: EndpointSettings = NO_SETTINGS) -> FakeSignIn:
        self.fake_sign_in.regions.append(region)
        return self.fake_sign_in

    @contextmanager
    def one_caller(self, session: str) -> Iterator[None]:
        self.prompt_locks.before_us()
        yield

    @contextmanager
    def set_up_lock(self) -> Iterator[None]:
        self.before_set_up()
        yield

    def deferred_signals(self) -> AbstractContextManager[FakeSignals]:
        return nullcontext(self.signals)

    def beside(self, work: Callable[[], None], failed: Callable[[BaseException], None]) -> AtOnce:
        return AtOnce(work, failed)

    def now(self) -> float:
        return self.moment

    def user_name(self) -> str | None:
        return "ann"


def asking(*answers: str, has_human: bool = True) -> FakeInterfaces:
    """Interfaces whose terminal gives these answers."""
    interfaces = FakeInterfaces()
    interfaces.terminal = FakeTerminal(*answers, has_human=has_human)
    return interfaces


def a_step(
    label: str = "mfa@work-long-term",
    *,
    device: str = DEVICE,
    role_arn: str | None = None,
    user: str = "work",
    duration_s: int = 14400,
) -> Step:
    """A call that needs a code."""
    source_user = SourceUser(user, f"{user}-long-term", KEYS.access_key_id, DEVICE, region="us-east-1", partition="aws")
    request = SessionRequest(device, duration_s, role_arn, "ann")
    return Step(label, source_user, request, (request,) if role_arn else (), reason="duration_seconds = 14400 > 1 h")


def a_session(*, lasts_s: float = 43200, role_arn: str | None = None) -> Session:
    """A session as STS answers."""
    return Session("ASIAINVENTED00000001", Secret("session/secret"), Secret("session/token=="), NOW + lasts_s, role_arn)


def as_interfaces(fake: FakeInterfaces) -> Interfaces:
    """The fake as the Protocol: mypy refuses a fake that has drifted."""
    return fake

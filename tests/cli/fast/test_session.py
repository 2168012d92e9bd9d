"""A session handed over without a plan: the one that the full path would hand over now, or none at all."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from types import SimpleNamespace
from typing import TypeAlias

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from aws_mfa.aws_values.narrowing import Overlay
from aws_mfa.aws_values.text import parse_moment
from aws_mfa.cli.fast import session as fast
from aws_mfa.cli.fast.session import become_command, fast_document
from aws_mfa.cli.wiring import RealInterfaces
from aws_mfa.errors import AwsMfaError
from aws_mfa.handover.hand_over import hand_over
from aws_mfa.model import Secret, Session
from aws_mfa.prompt.terminal import NoTerminal
from aws_mfa.renewal.make_plan import make_plan
from aws_mfa.renewal.request import RenewalRequest
from aws_mfa.sessions import fast_lookup
from aws_mfa.sessions import watch as fingerprints
from aws_mfa.sessions.entry import document_of
from aws_mfa.sessions.fingerprint import VARIABLES
from examples import examples
from programs import SOURCE, output_of, run_program
from real_keychains import RealKeychain, gnome_keyring
from users_and_modes import NOBODY, as_root

__all__ = ["gnome_keyring"]  # a fixture

DEVICE = "arn:aws:iam::123456789012:mfa/ann"
ROLE = "arn:aws:iam::123456789012:role/dev"
HOUR_S = 3600
KEYS = f"aws_access_key_id = AKIA{'A' * 16}\naws_secret_access_key = {'s' * 40}\n"
CREDENTIALS = f"[home-long-term]\n{KEYS}"
NOTED = f"[home-long-term]\nvault = keychain\naws_access_key_id = AKIA{'A' * 16}\n"
ROLE_SETTINGS = f"role_arn = {ROLE}\nsource_profile = home\nmfa_serial = {DEVICE}\nregion = eu-west-1\n"
CONFIG = f"[profile work]\n{ROLE_SETTINGS}"
START = [sys.executable, "-c", "import sys; from aws_mfa.cli.start import start; sys.exit(start())"]


class Offline(RealInterfaces):
    """This machine without a human, and without AWS: what is not stored cannot be had."""

    terminal = NoTerminal()
    code_providers = []  # noqa: RUF012  # no person to answer


class Stage:
    """A home whose profile `work` has a session with an hour left in the store `plain`, keys in the vault `file`."""

    def __init__(self, home: str) -> None:
        self.environ: Mapping[str, str] = {
            "HOME": home,
            "USERPROFILE": home,
            "LOGNAME": "ann",
            "AWS_MFA_VAULT": "file",
            "AWS_MFA_SESSION_STORE": "plain",
            "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
        }
        self.home = home
        self.config = self.path("config")
        self.credentials = self.path("credentials")
        self.known_keys = self.path("mfa", "known-keys")
        self.sessions = self.path("mfa", "sessions")
        self.fingerprint = self.path("mfa", "sessions", "fingerprint-work.txt")
        os.makedirs(self.path("mfa"), mode=0o700)
        self.write(self.config, CONFIG)
        self.write(self.credentials, CREDENTIALS)

    @cached_property
    def entry(self) -> str:
        (name,) = (name for name in os.listdir(self.sessions) if name.startswith("session-work~"))
        return os.path.join(self.sessions, name)

    def path(self, *parts: str) -> str:
        return os.path.join(self.home, ".aws", *parts)

    def write(self, path: str, text: str) -> None:
        """In place, as editors may do it."""
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(text.encode())

    def read(self, path: str) -> str:
        with open(path, "rb") as file:
            return file.read().decode()

    def update(self, **variables: str) -> None:
        self.environ = {**self.environ, **variables}

    def store(self, profile: str = "work", *, left_s: float = HOUR_S, key_id: str = "ASIAFIRST") -> None:
        """Store a session for what a request for the profile asks now."""
        interfaces = Offline(environ=self.environ)
        planned = make_plan(RenewalRequest([profile], hands_over=True), interfaces)
        for failure in planned.failures.values():
            raise failure
        found = planned.of_profile[profile]
        session = Session(key_id, Secret("secret"), Secret("token"), float(int(time.time() + left_s)), ROLE)
        label = profile if planned.chains[profile].role_chain else found.label
        assert interfaces.session_cache.store(label, found.inputs, session)

    def full(self, profile: str = "work", *, vault: str | None = None) -> Session:
        return hand_over(RenewalRequest([profile], vault=vault), Offline(environ=self.environ))[0]

    def full_document(self, profile: str = "work") -> str | None:
        """What the full path prints, None if it fails."""
        try:
            return f"{document_of(self.full(profile))}\n"
        except AwsMfaError:
            return None

    def fast(self, profile: str = "work") -> str | None:
        return fast_document(["credential-process", profile], self.environ)


Change: TypeAlias = "Callable[[Stage], object]"


@pytest.fixture(autouse=True)
def _later(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files that a test has just written count as settled; the user's name is the stage's."""
    monkeypatch.setattr(fingerprints, "time", SimpleNamespace(time_ns=lambda: time.time_ns() + 3_000_000_000))
    monkeypatch.setenv("LOGNAME", "ann")


@pytest.fixture
def stage(home: str) -> Stage:
    """The fingerprint is there: a full run has handed the session over."""
    stage = Stage(home)
    stage.store()
    assert stage.fast() is None
    stage.full()
    return stage


def test_the_document_is_the_full_paths_to_the_byte(stage: Stage) -> None:
    fast = stage.fast()
    assert fast is not None
    assert fast == stage.full_document()


def test_both_ways_note_the_same_line_and_doubt_notes_none(stage: Stage) -> None:
    """But for the program: the hot path knows it only where there is a /proc."""
    path = stage.path("mfa", "history")
    assert not os.path.exists(path), "the stage's own interfaces are those of no command"
    assert stage.fast("other") is None
    assert not os.path.exists(path)
    assert stage.fast() is not None
    interfaces = Offline(environ=stage.environ, command="credential-process")
    session = hand_over(RenewalRequest(["work"]), interfaces)[0]
    fast, full = (json.loads(line) for line in stage.read(path).splitlines())
    assert (fast["access_key_id"], fast["profile"], fast["agent"]) == (session.access_key_id, "work", "")
    assert abs((parse_moment(fast.pop("at")) or 0) - (parse_moment(full.pop("at")) or 0)) <= 2
    assert fast.pop("program") in (full.pop("program"), "")
    assert fast == full


def test_an_agent_is_noted_on_the_hot_path(stage: Stage) -> None:
    stage.update(AWS_MFA_AGENT="codex")
    interfaces = Offline(environ=stage.environ, command="credential-process")
    request = RenewalRequest(["work"], hands_over=True)
    (found, label), now = (make_plan(request, interfaces).of_profile["work"], "work"), float(int(time.time()))
    assert interfaces.session_cache.store(
        label, found.inputs, Session("ASIAOFCODEX", Secret("s"), Secret("t"), now + HOUR_S, ROLE)
    )
    hand_over(request, interfaces)
    assert stage.fast() is not None
    lines = [json.loads(line) for line in stage.read(stage.path("mfa", "history")).splitlines()]
    assert [(line["agent"], line["access_key_id"]) for line in lines] == [("codex", "ASIAOFCODEX")] * 2


@pytest.mark.real
def test_the_real_command_prints_the_same_bytes_on_both_ways(stage: Stage) -> None:
    def printed(*flags: str) -> str:
        return output_of([*START, "credential-process", "work", *flags], {**stage.environ, **SOURCE})

    assert printed() == printed("--min-remaining", "1m") != ""


def changed(path: Callable[[Stage], str], edit: Callable[[str], str] = lambda text: f"{text}# \n") -> Change:
    return lambda stage: stage.write(path(stage), edit(stage.read(path(stage))))


def touched(path: Callable[[Stage], str]) -> Change:
    return lambda stage: os.utime(path(stage), (1, 1))


def replaced_by_a_copy(stage: Stage) -> None:
    shutil.copy2(stage.config, f"{stage.config}.new")
    os.replace(f"{stage.config}.new", stage.config)


def a_byte_changed_and_the_mtime_put_back(stage: Stage) -> None:
    before = os.stat(stage.config)
    text = stage.read(stage.config).replace("role/dev", "role/ops")
    while os.stat(stage.config).st_ctime_ns == before.st_ctime_ns:  # the file system's clock ticks
        stage.write(stage.config, text)
    os.utime(stage.config, ns=(before.st_atime_ns, before.st_mtime_ns))


def a_symlink_to_another(stage: Stage) -> None:
    stage.write(f"{stage.config}.other", stage.read(stage.config))
    os.replace(stage.config, f"{stage.config}.old")
    os.symlink(f"{stage.config}.other", stage.config)


def other_inputs(stage: Stage) -> None:
    """What is stored now was asked for with another role; the config is put back, and its moments of change."""
    entry = stage.read(stage.entry)
    stage.write(stage.entry, entry.replace(f"role_chain 1 = {ROLE}", f"role_chain 1 = {ROLE}2"))


def a_link_in_place_of(path: Callable[[Stage], str]) -> Change:
    def change(stage: Stage) -> None:
        os.replace(path(stage), f"{path(stage)}.old")
        os.symlink(f"{path(stage)}.old", path(stage))

    return change


def the_fingerprint_of_another_profile(stage: Stage) -> None:
    stage.write(stage.config, f"{CONFIG}[profile other]\n{ROLE_SETTINGS}".replace("role/dev\nsource", "role/o\nsource"))
    stage.store("other", key_id="ASIAOTHER")
    stage.full("other")
    shutil.copy2(stage.path("mfa", "sessions", "fingerprint-other.txt"), stage.fingerprint)


def a_pipe(stage: Stage) -> None:
    os.unlink(stage.config)
    os.mkfifo(stage.config)


def config(stage: Stage) -> str:
    return stage.config


DOUBTS: dict[str, Change] = {
    "a line more in the config": changed(config),
    "another role": changed(config, lambda text: text.replace("role/dev", "role/ops")),
    "the config touched": touched(config),
    "the credentials touched": touched(lambda stage: stage.credentials),
    "a key rotated in the file": changed(lambda s: s.credentials, lambda text: text.replace("AKIAA", "AKIAB")),
    **({} if os.name == "nt" else {"a byte changed behind the mtime": a_byte_changed_and_the_mtime_put_back}),
    "the config replaced": replaced_by_a_copy,
    "the config linked elsewhere": a_symlink_to_another,
    "the config gone": lambda stage: os.unlink(stage.config),
    "a vault noted": lambda stage: stage.write(stage.known_keys, NOTED),
    "another store": lambda stage: stage.update(AWS_MFA_SESSION_STORE="sealed"),
    "no store": lambda stage: stage.update(AWS_MFA_SESSION_STORE="none"),
    "a store that is none": lambda stage: stage.update(AWS_MFA_SESSION_STORE="nowhere"),
    "no home": lambda stage: stage.update(HOME="", USERPROFILE=""),
    "a home by its short name": lambda stage: stage.update(HOME="~", USERPROFILE="~"),
    "the entry gone": lambda stage: os.unlink(stage.entry),
    "the entry replaced": other_inputs,
    "the entry damaged": changed(lambda stage: stage.entry),
    "the entry without text": lambda stage: stage.write(stage.entry, ""),
    "the entry a link": a_link_in_place_of(lambda stage: stage.entry),
    "less than fifteen minutes": lambda stage: stage.store(left_s=899),
    "expired": lambda stage: stage.store(left_s=-1),
    "the fingerprint gone": lambda stage: os.unlink(stage.fingerprint),
    "the fingerprint a link": a_link_in_place_of(lambda stage: stage.fingerprint),
    "the fingerprint no text": lambda stage: stage.write(stage.fingerprint, "\x00"),
    "the fingerprint of another profile": the_fingerprint_of_another_profile,
    "forgotten": lambda stage: Offline(environ=stage.environ).session_cache.forget(["work"]),
}
DOUBTS_ON_POSIX: dict[str, Change] = {
    "the config's mode": lambda stage: os.chmod(stage.config, 0o644),
    "an entry for all to read": lambda stage: os.chmod(stage.entry, 0o644),
    "a fingerprint for all to write": lambda stage: os.chmod(stage.fingerprint, 0o666),
    "a folder for all": lambda stage: os.chmod(stage.sessions, 0o755),
    "a pipe for a config": a_pipe,
}


@pytest.mark.parametrize("change", DOUBTS.values(), ids=DOUBTS)
def test_in_doubt_the_full_path_answers(stage: Stage, change: Change) -> None:
    before = stage.fast()
    assert before is not None
    change(stage)
    assert stage.fast() is None


@pytest.mark.skipif(os.name == "nt", reason="modes and pipes of POSIX")
@pytest.mark.parametrize("change", DOUBTS_ON_POSIX.values(), ids=DOUBTS_ON_POSIX)
def test_in_doubt_of_modes_the_full_path_answers(stage: Stage, change: Change) -> None:
    change(stage)
    assert stage.fast() is None


@as_root
@pytest.mark.parametrize("name", ["entry", "fingerprint", "sessions"])
def test_what_another_user_may_write_is_not_used(stage: Stage, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    user = 4711
    for path in (stage.sessions, stage.entry, stage.fingerprint):
        os.chown(path, user, user)
    monkeypatch.setattr(os, "geteuid", lambda: user)
    assert stage.fast() is not None
    os.chown(getattr(stage, name), NOBODY, NOBODY)
    assert stage.fast() is None


def test_another_user_is_a_doubt(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getuid", lambda: 4711, raising=False)
    assert stage.fast() is None or os.name == "nt"


def test_another_version_plans_anew(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it understands of the same files may be something else."""
    monkeypatch.setattr(fast_lookup, "__version__", "9.9.9")
    assert stage.fast() is None


def test_a_newer_session_of_the_same_request_is_handed_over(stage: Stage) -> None:
    stage.store(left_s=2 * HOUR_S, key_id="ASIASECOND")
    fast = stage.fast()
    assert fast is not None
    assert "ASIASECOND" in fast
    assert fast == stage.full_document()


def test_a_change_undone_by_the_full_path_is_answered_fast_again(stage: Stage) -> None:
    os.utime(stage.config, (1, 1))
    full = stage.full_document()
    assert full is not None
    assert stage.fast() == full


def test_a_rotated_key_that_was_noted_is_a_doubt(home: str) -> None:
    stage = Stage(home)
    stage.update(AWS_MFA_VAULT="")
    stage.write(stage.known_keys, NOTED)
    stage.write(stage.credentials, "")
    stage.store()
    stage.full()
    assert stage.fast() == stage.full_document() is not None
    stage.write(stage.known_keys, NOTED.replace("AKIAA", "AKIAB"))
    assert stage.fast() is None


def test_flags_leave_no_fingerprint(home: str) -> None:
    """A vault named by a flag, or what narrows a session, says nothing of the plain request."""
    stage = Stage(home)
    stage.store()
    stage.full(vault="file")
    assert stage.fast() is None


@pytest.mark.parametrize(
    "argv",
    [
        *([], ["credential-process"], ["credential-proces", "work"], ["exec", "work"]),
        *(
            ["credential-process", *words]
            for words in ([""], ["-h"], ["--", "work"], ["work", "--no-input"], ["work"] * 2)
        ),
    ],
    ids=str,
)
def test_other_spellings_are_the_full_paths(stage: Stage, argv: list[str]) -> None:
    assert fast_document(argv or [""], stage.environ) is None


# --- any name, any damage -------------------------------------------------------------------------------------------

NAMES = st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="[]"), min_size=1, max_size=12)


@given(name=NAMES | st.sampled_from(["Work", "work.txt", "../work", "con", "mfa@home-long-term", "a b", "Σ", "%41"]))
@settings(examples(40), suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_profiles_of_any_name_are_answered_alike(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    stage = Stage(str(tmp_path_factory.mktemp("home")))
    stage.write(stage.config, f"[profile {name}]\n{ROLE_SETTINGS}")
    try:
        stage.store(name)
    except AwsMfaError:
        return  # AWS files cannot have such a profile
    full = stage.full_document(name)
    assert stage.fast(name) in (full, None)
    assert stage.fast(name) == full or name.startswith("-") or not name.isprintable()


def test_a_damaged_fingerprint_hands_over_nothing_else(stage: Stage) -> None:
    """Another user's session is stored beside it, and a label changed by hand must not lead to it."""
    good, text = stage.fast(), stage.read(stage.fingerprint)
    stage.write(stage.config, f"{CONFIG}[profile wor]\n{ROLE_SETTINGS}".replace("role/dev\nsource", "role/o\nsource"))
    stage.store("wor", key_id="ASIAOTHER")
    stage.write(stage.config, CONFIG)
    stage.full()
    for place in range(len(text)):
        stage.write(stage.fingerprint, text[:place] + text[place + 1 :])
        assert stage.fast() in (None, good)


# --- agents and persons, any rule -----------------------------------------------------------------------------------

ENDS_AT = float(int(time.time()) + 2 * HOUR_S)
RULES = ["", "same", "read-only", "refuse", "p.json"]
CHANGES = st.tuples(
    st.sampled_from(["", "one", "two"]),  # who calls: a person, or an agent
    st.booleans(),  # --read-only
    st.sampled_from([None, *RULES]),  # a new rule of the profile
    st.sampled_from([None, "same", "refuse", "p.json"]),  # AWS_MFA_AGENT_ACCESS
    st.sampled_from([None, "Get", "List"]),  # a new policy
)


def full_for(stage: Stage, *, read_only: bool) -> str | None:
    """What the full path prints; its session is one of its own for each set of inputs, and is stored if it is not."""
    interfaces, request = Offline(environ=stage.environ), RenewalRequest(["work"], Overlay(read_only=read_only))
    planned = make_plan(replace(request, hands_over=True), interfaces)
    if "work" in planned.of_profile:
        found = planned.of_profile["work"]
        key_id = f"ASIA{found.key.encode().hex()}"
        session = Session(key_id, Secret("secret"), Secret("token"), ENDS_AT, ROLE)
        interfaces.session_cache.store("work", found.inputs, session)
    try:
        return f"{document_of(hand_over(request, interfaces)[0])}\n"
    except AwsMfaError:
        return None


@example([("one", False, "p.json", None, None), ("one", False, None, None, "Get")])
@given(st.lists(CHANGES, min_size=2, max_size=8))
@settings(examples(60), suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_an_agents_fast_session_is_the_one_that_a_plan_would_hand_over_now(
    tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[str, bool, str | None, str | None, str | None]]
) -> None:
    stage = Stage(str(tmp_path_factory.mktemp("home")))
    stage.write(stage.path("p.json"), "{}")
    for agent, read_only, rule, default, policy in changes:
        stage.update(AWS_MFA_AGENT=agent, **({} if default is None else {"AWS_MFA_AGENT_ACCESS": default}))
        if rule is not None:
            stage.write(stage.config, f"{CONFIG}aws_mfa_agent = {rule}\n" if rule else CONFIG)
        if policy is not None:
            stage.write(stage.path("p.json"), f'{{"Id":"{policy}"}}')
        argv = ["credential-process", "work", *(["--read-only"] if read_only else [])]
        before = fast_document(argv, stage.environ)
        full = full_for(stage, read_only=read_only)
        assert before in (full, None)
        assert fast_document(argv, stage.environ) == full


# --- nothing that a plan reads is left out --------------------------------------------------------------------------

WITHOUT_WEIGHT = {
    "AWS_MFA_SESSION_STORE": "where the session is stored; both paths choose that anew",
    "XDG_RUNTIME_DIR": "the same",
}


class Recorder(dict[str, str]):
    """Variables that remember which of them was asked for."""

    def __init__(self, values: Mapping[str, str]) -> None:
        super().__init__(values)
        self.asked: set[str] = set()

    def __getitem__(self, name: str) -> str:
        self.asked.add(name)
        return super().__getitem__(name)

    def get(self, name: str, default: str | None = None) -> str | None:  # type: ignore[override]  # what `environ` gives
        self.asked.add(name)
        return super().get(name, default)

    def __contains__(self, name: object) -> bool:
        self.asked.add(str(name))
        return super().__contains__(name)

    def __iter__(self) -> Iterator[str]:
        raise AssertionError("every variable is looked at")

    items = keys = values = __iter__  # type: ignore[assignment]


@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"AWS_MFA_VAULT": ""},
        {"AWS_ENDPOINT_URL_STS": "http://127.0.0.1:9"},
        {"AWS_ENDPOINT_URL": ""},
        {"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"},
        {"AWS_REGION": "eu-west-1"},
        {"LOGNAME": ""},
        {"LOGNAME": "", "USER": "", "LNAME": "", "USERNAME": ""},
        {"AWS_MFA_SESSION_STORE": "", "XDG_RUNTIME_DIR": "/dev/null/nowhere"},
    ],
    ids=str,
)
@pytest.mark.parametrize("session_name", ["", "role_session_name = ann\n"])
def test_every_variable_that_decides_is_in_the_fingerprint(
    home: str, variables: dict[str, str], session_name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the full path asks for is compared by the fast path, or is in the table above with its reason."""
    stage = Stage(home)
    stage.write(stage.config, CONFIG + session_name + "services = s\n[services s]\nsts =\n  endpoint_url = https://s\n")
    stage.write(stage.known_keys, NOTED.replace("keychain", "age"))
    stage.update(**variables)
    recorder = Recorder(stage.environ)
    monkeypatch.setattr(os, "environ", recorder)
    interfaces = Offline(environ=recorder)
    planned = make_plan(RenewalRequest(["work"], hands_over=True), interfaces)
    inputs = planned.of_profile["work"].inputs
    session = Session("ASIAFIRST", Secret("secret"), Secret("token"), time.time() + HOUR_S, ROLE)
    interfaces.session_cache.store("work", inputs, session)
    recorder.asked.clear()
    assert hand_over(RenewalRequest(["work"]), interfaces)[0].access_key_id == "ASIAFIRST"
    monkeypatch.undo()
    assert recorder.asked >= {"AWS_REGION", "AWS_CONFIG_FILE"}
    assert recorder.asked - set(VARIABLES) <= WITHOUT_WEIGHT.keys()


# --- exec -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def became(monkeypatch: pytest.MonkeyPatch) -> list[tuple[list[str], dict[str, str]]]:
    found: list[tuple[list[str], dict[str, str]]] = []
    monkeypatch.setattr(
        "aws_mfa.cli.fast.session.become", lambda command, environ: found.append((list(command), dict(environ)))
    )
    return found


@pytest.mark.parametrize(
    ("argv", "command"),
    [
        (["--", "aws", "s3", "ls"], ["aws", "s3", "ls"]),
        (["aws", "--profile", "x"], ["aws", "--profile", "x"]),
        (["--", "--", "x"], ["--", "x"]),
        (["--", "-x"], ["-x"]),
        (["x", "--", "y"], ["x", "--", "y"]),
    ],
    ids=str,
)
def test_a_command_gets_the_session_and_the_profiles_region(
    stage: Stage, became: list[tuple[list[str], dict[str, str]]], argv: list[str], command: list[str]
) -> None:
    stage.update(AWS_PROFILE="other")
    become_command(["exec", "work", *argv], stage.environ)
    ((words, environ),) = became
    assert words == command
    assert (environ["AWS_ACCESS_KEY_ID"], environ["AWS_REGION"]) == ("ASIAFIRST", "eu-west-1")
    assert "AWS_PROFILE" not in environ


@pytest.mark.parametrize(
    "argv", [[], ["--"], ["--no-input", "--", "x"], ["-x"], ["--token", "123456", "x"], ["-"]], ids=str
)
def test_flags_and_a_shell_are_the_full_paths(
    stage: Stage, became: list[tuple[list[str], dict[str, str]]], argv: list[str]
) -> None:
    become_command(["exec", "work", *argv], stage.environ)
    assert became == []


def test_in_the_child_of_another_profile_its_region_does_not_count(stage: Stage) -> None:
    inside = {**stage.environ, **dict.fromkeys(("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_MFA_REGION"), "eu-west-9")}
    assert fast_document(["credential-process", "work"], inside) is not None
    chosen = {**inside, "AWS_MFA_REGION": "eu-west-1"}
    assert fast_document(["credential-process", "work"], chosen) is None


@pytest.mark.real
@pytest.mark.skipif(os.name == "nt", reason="a program cannot become another")
@pytest.mark.parametrize("flags", [[], ["--min-remaining", "1m"]], ids=["fast", "full"])
def test_the_child_is_the_same_on_both_ways(stage: Stage, flags: list[str]) -> None:
    """Environment, words, ignored signals, exit code."""
    child = (
        "import os, signal, sys; print(sorted(os.environ.items()), sys.argv, [signal.getsignal(n) for n in (13, 25)])"
    )
    environ = {**stage.environ, "PATH": os.environ["PATH"], **SOURCE}
    command = [sys.executable, "-c", f"{child}; sys.exit(7)", "a b", "--x"]

    def ran(*flags: str) -> tuple[int, str, str]:
        ended = run_program([*START, "exec", "work", *flags, "--", *command], environ)
        return ended.returncode, ended.stdout, ended.stderr

    assert ran() == ran(*flags)
    assert ran()[0] == 7


@pytest.mark.skipif(os.name == "nt", reason="a program cannot become another")
def test_a_command_that_is_not_there_is_the_full_paths_to_tell(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is looked for, in a folder without programs, and then all is as it was."""
    tried: list[list[str]] = []
    become = os.execvpe

    def watched(program: str, words: list[str], environ: dict[str, str]) -> None:
        tried.append(words)
        become(program, words, environ)

    monkeypatch.setattr(os, "execvpe", watched)
    before = signal.getsignal(signal.SIGPIPE)
    become_command(["exec", "work", "--", "no-such-command"], {**stage.environ, "PATH": stage.home})
    assert tried == [["no-such-command"]]
    assert signal.getsignal(signal.SIGPIPE) == before == signal.SIG_IGN


# --- sealed sessions, and a keychain that was asked is not asked again ----------------------------------------------


@pytest.mark.real
@pytest.mark.skipif(sys.platform != "linux", reason="a keychain of Linux desktops")
def test_a_sealed_session_is_opened_by_the_real_keychain_and_not_by_a_locked_one(gnome_keyring: RealKeychain) -> None:
    stage = Stage(gnome_keyring.home)
    stage.update(**{**gnome_keyring.environ, "AWS_MFA_SESSION_STORE": "sealed"})
    stage.store()
    full = stage.full_document()
    assert full is not None
    assert stage.fast() == full
    stage.update(AWS_MFA_SESSION_STORE="")
    stage.update(XDG_RUNTIME_DIR="")
    assert stage.fast() == full
    gnome_keyring.lock()
    stage.update()  # another process
    assert stage.fast() is None
    seal = fast._opened[0][1]
    assert fast.open_seal(stage.environ) is seal


def test_the_seal_the_fast_path_opened_is_the_full_paths_once(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    environ = dict(stage.environ)
    seal = fast.open_seal(environ)
    monkeypatch.setattr(fast, "_opened", [(environ, seal)])
    assert fast.open_seal(dict(environ)) is not seal
    assert fast.open_seal(environ) is seal
    assert fast.open_seal(environ) is not seal

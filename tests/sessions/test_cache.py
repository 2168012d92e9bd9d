"""The session cache: what it returns, what it drops, where it writes, and that it never fails a run."""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from types import SimpleNamespace

import pytest

from aws_mfa.errors import KeychainUnavailable
from aws_mfa.model import Secret, Session
from aws_mfa.sessions import stores as session_stores
from aws_mfa.sessions.cache import SessionCache
from aws_mfa.sessions.entry import Entry
from aws_mfa.sessions.inputs import stored_name
from aws_mfa.sessions.stores import open_stores
from aws_mfa.system.locks import lock
from aws_mfa.system.ownership import runtime_folder
from aws_mfa.vaults.seal import AgeSeal
from programs import SOURCE, start_program
from users_and_modes import NOBODY, as_root, posix_only

linux = pytest.mark.skipif(sys.platform != "linux", reason="no other system names the file systems in memory")

NOW = 1795327399.0
INPUTS = {"access_key_id": "AKIAIOSFODNN7EXAMPLE", "region": "eu-west-1"}
NOT_ENCRYPTED = "no runtime folder and no keychain here: sessions are stored in"


def a_session(secret: str = "wJalrXUtnFEMI", left_s: float = 3600) -> Session:
    return Session("ASIAIOSFODNN7EXAMPLE", Secret(secret), Secret("IQoJb3Jp=="), NOW + left_s, "arn:role")


class FakeItem:
    """The keychain's item; `trouble` is what each read raises, `is_there` whether there is a keychain at all."""

    def __init__(self) -> None:
        self.text: Secret | None = None
        self.reads = 0
        self.trouble: KeychainUnavailable | None = None
        self.is_there = True

    def keychain_exists(self) -> bool:
        return self.is_there

    def identity(self) -> Secret | None:
        self.reads += 1
        if self.trouble:
            raise self.trouble
        return self.text

    def store_identity(self, identity: Secret) -> None:
        self.text = identity


class Stage:
    """A user's machine: home, runtime folder, keychain; `cache()` is a process that has just started there."""

    def __init__(self, folder: Path, runtime: str) -> None:
        self.home = str(folder / "home")
        self.state = folder / "home" / ".aws" / "mfa"
        self.sessions = self.state / "sessions"
        self.runtime = Path(runtime)
        self.memory = self.runtime / "aws-mfa"
        self.keychain = FakeItem()
        self.said: list[str] = []
        self.now = NOW

    def cache(self, store: str = "", *, runtime: bool = True) -> SessionCache:
        environ = {"HOME": self.home, **({"XDG_RUNTIME_DIR": str(self.runtime)} if runtime else {})}
        stores = open_stores(
            {**environ, "AWS_MFA_SESSION_STORE": store},
            str(self.state),
            lambda: AgeSeal(self.keychain, str(self.state / "session-store.lock")),
        )
        return SessionCache(stores, now=lambda: self.now, say=self.said.append)

    def file(self, store: str, label: str = "work", inputs: dict[str, str] = INPUTS) -> Path:
        folder = self.memory if store == "memory" else self.sessions
        return folder / f"session-{stored_name(label, inputs)}{'.age' if store == 'sealed' else '.txt'}"


@pytest.fixture
def stage(tmp_path: Path, request: pytest.FixtureRequest) -> Stage:
    runtime = request.getfixturevalue("runtime") if sys.platform == "linux" else str(tmp_path / "no-runtime")
    return Stage(tmp_path, runtime)


def secret_of(entry: Entry | None) -> str | None:
    return None if entry is None else entry.session().secret_access_key.reveal()


STORES = [pytest.param("memory", marks=linux), "sealed", "plain"]
every_store = pytest.mark.parametrize("store", STORES)


@every_store
def test_what_one_process_stores_the_next_one_loads(stage: Stage, store: str) -> None:
    stage.cache(store).store("work", INPUTS, a_session())
    cache = stage.cache(store)
    entry = cache.find("work", INPUTS)
    assert entry is not None
    found = entry.session()
    values = (found.access_key_id, secret_of(entry), found.session_token.reveal())
    assert values == ("ASIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI", "IQoJb3Jp==")
    assert (found.expires_at, found.assumed_role_arn) == (NOW + 3600, "arn:role")
    assert entry.inputs == INPUTS
    assert stage.said == []


@every_store
@pytest.mark.parametrize(
    "asked", [{**INPUTS, "region": "eu-west-2"}, {**INPUTS, "device": "x"}, {"region": "eu-west-1"}, {}]
)
def test_a_session_asked_for_with_other_inputs_is_never_served(stage: Stage, store: str, asked: dict[str, str]) -> None:
    stage.cache(store).store("work", INPUTS, a_session())
    assert stage.cache(store).find("work", asked) is None
    assert stage.cache(store).find("work", INPUTS) is not None
    assert stage.said == []


@every_store
def test_sessions_of_other_inputs_are_stored_beside_it_and_one_label_forgets_all(stage: Stage, store: str) -> None:
    """Another device, another region, a policy: returning to the first must not cost a code."""
    others = [{**INPUTS, "device": "bob"}, {**INPUTS, "region": "us-west-2"}, {**INPUTS, "policies 1": "{}"}]
    asked = [INPUTS, *others]
    for number, inputs in enumerate(asked):
        stage.cache(store).store("mfa@work-long-term", inputs, a_session(f"s{number}"))
    found = [secret_of(stage.cache(store).find("mfa@work-long-term", inputs)) for inputs in asked]
    assert found == ["s0", "s1", "s2", "s3"]
    assert stage.cache(store).forget(["mfa@work-long-term"]) == (["mfa@work-long-term"], [])
    assert [stage.cache(store).find("mfa@work-long-term", inputs) for inputs in asked] == [None] * 4


@every_store
def test_expired_sessions_are_removed_when_the_next_one_is_stored(stage: Stage, store: str) -> None:
    """They may never be read again: inputs change, and entries must not pile up."""
    stage.cache(store).store("work", INPUTS, a_session(left_s=300))
    stage.cache(store).store("work", {**INPUTS, "region": "x"}, a_session(left_s=7200))
    stage.now += 600
    stage.cache(store).store("home", INPUTS, a_session(left_s=7200))
    names = sorted(path.name for path in stage.file(store).parent.glob("session-*"))
    assert names == sorted((stage.file(store, "home").name, stage.file(store, "work", {**INPUTS, "region": "x"}).name))
    assert stage.said == []


@every_store
def test_a_session_that_aws_refuses_is_dropped_and_a_newer_one_is_not(stage: Stage, store: str) -> None:
    stage.cache(store).drop("work", INPUTS, "ASIAIOSFODNN7EXAMPLE")
    stage.cache(store).store("work", INPUTS, a_session())
    stage.cache(store).drop("work", INPUTS, "ASIAOTHER")
    assert stage.cache(store).find("work", INPUTS) is not None
    stage.cache(store).drop("work", INPUTS, "ASIAIOSFODNN7EXAMPLE")
    assert stage.cache(store).find("work", INPUTS) is None
    assert stage.said == []


@every_store
@pytest.mark.parametrize(("age_s", "goes"), [(-3600, False), (299, False), (301, True)])
def test_a_refused_session_too_new_to_be_dropped_stays(stage: Stage, store: str, age_s: float, *, goes: bool) -> None:
    """The age is that of the file by this machine's clock; a file from the future, after the clock was set, is new."""
    stage.cache(store).store("work", INPUTS, a_session())
    os.utime(stage.file(store), (NOW - age_s, NOW - age_s))
    assert stage.cache(store).drop("work", INPUTS, "ASIAOTHER", min_age_s=300)
    assert stage.cache(store).drop("work", INPUTS, "ASIAIOSFODNN7EXAMPLE", min_age_s=300) is goes
    assert (stage.cache(store).find("work", INPUTS) is None) is goes
    assert stage.cache(store).drop("work", INPUTS, "ASIAIOSFODNN7EXAMPLE")
    assert stage.cache(store).find("work", INPUTS) is None
    assert stage.said == []


@every_store
def test_the_last_one_stored_counts_and_the_label_s_own_before_an_equal_one(stage: Stage, store: str) -> None:
    cache = stage.cache(store)
    for label, secret in (("work", "a"), ("Work", "b"), ("work", "c"), ("mfa@work-long-term", "d")):
        cache.store(label, INPUTS, a_session(secret))
    labels = ("work", "Work", "mfa@work-long-term")
    assert [secret_of(cache.find(label, INPUTS)) for label in labels] == ["c", "b", "d"]


@every_store
@pytest.mark.parametrize("own_left_s", [None, 600])
def test_a_session_with_equal_inputs_serves_every_label(stage: Stage, store: str, own_left_s: float | None) -> None:
    """One key under two names: what a code bought for one of them, the other one gets."""
    cache = stage.cache(store)
    if own_left_s:
        cache.store("home", INPUTS, a_session("a", left_s=own_left_s))
    cache.store("work", INPUTS, a_session("b"))
    cache.store("other", {**INPUTS, "device": "another"}, a_session("c", left_s=7200))
    found = stage.cache(store).find("home", INPUTS)
    assert found is not None
    assert (secret_of(found), found.name) == ("b", stored_name("work", INPUTS))
    assert stage.cache(store).drop("home", INPUTS, found.session().access_key_id)
    assert stage.cache(store).find("home", INPUTS) is None, "AWS refused it, whatever its label is"


LONG = "Λογαριασμός-παραγωγής-διαχειριστής-ομάδα"


@every_store
@pytest.mark.parametrize("label", [LONG, f"mfa@{LONG}-long-term", f"{LONG}@1h", "a" * 200, "../" * 50, "." * 176])
def test_a_session_of_a_long_name_is_stored_found_and_forgotten(stage: Stage, store: str, label: str) -> None:
    cache = stage.cache(store)
    assert cache.store(label, INPUTS, a_session())
    assert cache.store(f"{label}x", {**INPUTS, "device": "x"}, a_session("other"))
    assert secret_of(stage.cache(store).find(label, INPUTS)) == "wJalrXUtnFEMI"
    assert stage.cache(store).forget([label]) == ([label], [])
    assert stage.cache(store).find(label, INPUTS) is None
    assert secret_of(stage.cache(store).find("", {**INPUTS, "device": "x"})) == "other"
    assert stage.said == []


@every_store
@pytest.mark.parametrize(("left_s", "is_served"), [(61, True), (60, False), (-5, False)])
def test_a_session_in_its_last_minute_is_removed(stage: Stage, store: str, *, left_s: float, is_served: bool) -> None:
    stage.cache(store).store("work", INPUTS, a_session(left_s=left_s))
    assert (stage.cache(store).find("work", INPUTS) is not None) == is_served
    assert stage.file(store).exists() == is_served
    assert stage.said == []


def test_what_another_stores_while_an_old_one_is_removed_stays(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a code that was just typed would be asked for again."""
    stage.cache("plain").store("work", INPUTS, a_session(left_s=0))

    def lock_late(path: str, *, timeout_s: float) -> AbstractContextManager[None]:
        monkeypatch.setattr(session_stores, "lock", lock)
        stage.cache("plain").store("work", INPUTS, a_session("new"))
        return lock(path, timeout_s=timeout_s)

    monkeypatch.setattr(session_stores, "lock", lock_late)
    assert stage.cache("plain").find("work", INPUTS) is None
    assert secret_of(stage.cache("plain").find("work", INPUTS)) == "new"


@posix_only
@every_store
def test_files_and_folders_are_private(stage: Stage, store: str) -> None:
    before = os.umask(0)
    try:
        stage.cache(store).store("work", INPUTS, a_session())
    finally:
        os.umask(before)
    path = stage.file(store)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_memory_is_the_default_where_there_is_a_runtime_folder(stage: Stage) -> None:
    stage.cache().store("work", INPUTS, a_session())
    assert stage.file("memory").exists() == (sys.platform == "linux")
    assert stage.sessions.exists() == (sys.platform != "linux")


@linux
@pytest.mark.parametrize(("kind", "said"), [(b"ext4", 1), (b"tmpfs", 0), (b"", 0)])
def test_a_runtime_folder_on_a_disk_is_reported_once(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: bytes, said: int
) -> None:
    """As for `plain`: sessions are stored there unencrypted."""
    device = os.stat(stage.runtime).st_dev
    mounts = tmp_path / "mountinfo"
    number = b"%d:%d" % (os.major(device), os.minor(device))
    if kind:
        lines = b"36 35 7:77 / / rw - tmpfs none rw\n37 35 %s / /run rw shared:1 - %s none rw\n" % (number, kind)
        mounts.write_bytes(lines)
    monkeypatch.setattr(session_stores, "_MOUNTS", str(mounts))
    for label in ("work", "home"):
        stage.cache().store(label, INPUTS, a_session())
        assert stage.file("memory", label).exists()
    place = f"{stage.memory} (0600, not encrypted)"
    assert stage.said == [f"XDG_RUNTIME_DIR is on a disk: sessions are stored in {place}"] * said


@linux
def test_forget_finds_what_other_variables_store(stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Processes of cron and `su` have no runtime folder in their variables."""
    stage.cache().store("work", INPUTS, a_session())
    link = tmp_path / "run-user" / str(os.geteuid())
    link.parent.mkdir()
    link.symlink_to(stage.runtime)
    monkeypatch.setattr(session_stores, "RUNTIME_FOLDERS", str(link.parent))
    assert stage.cache(runtime=False).forget(None) == ([], []), "this is not the home of the user of this machine"
    monkeypatch.setattr(session_stores, "pwd", SimpleNamespace(getpwuid=lambda uid: SimpleNamespace(pw_dir=stage.home)))
    assert stage.cache(runtime=False).forget(None) == (["work"], [])


def test_of_a_sealed_session_only_its_end_is_in_clear(stage: Stage) -> None:
    stage.cache(runtime=False).store("work", INPUTS, a_session())
    data = stage.file("sealed").read_bytes()
    head = b"aws-mfa sealed session 1\nexpires = 2026-11-22T07:03:19Z\nrole = \n\n"
    assert data.startswith(head + b"age-encryption.org/v1\n-> X25519 ")
    for text in (b"wJalr", b"ASIA", b"AKIA", b"eu-west-1", b"arn:"):
        assert text not in data


@pytest.mark.parametrize("store", STORES)
def test_the_end_of_a_stored_session_is_known_without_the_keychain(stage: Stage, store: str) -> None:
    narrowed = {**INPUTS, "policy_arns 1 1": "arn:aws:iam::aws:policy/ReadOnlyAccess"}
    stage.cache(store).store("mfa@a/b", narrowed, a_session())
    stage.cache(store).store("work", INPUTS, a_session(left_s=-5))
    stage.keychain.reads, stage.keychain.trouble = 0, KeychainUnavailable("asked")
    found = stage.cache(store).heads()
    assert sorted((one.label, one.place, one.expires_at, one.is_narrowed) for one in found) == [
        ("mfa@a/b", store, NOW + 3600, True),
        ("work", store, NOW - 5, False),
    ]
    assert {one.role_arn for one in found} == {"" if store == "sealed" else "arn:role"}
    assert (stage.keychain.reads, stage.said) == (0, [])


def test_a_session_that_an_older_version_sealed_is_used_and_its_end_is_unknown(stage: Stage) -> None:
    stage.cache("sealed").store("work", INPUTS, a_session())
    file = stage.file("sealed")
    file.write_bytes(file.read_bytes().partition(b"\n\n")[2])
    (head,) = stage.cache("sealed").heads()
    assert (head.label, head.expires_at) == ("work", None)
    assert stage.cache("sealed").find("work", INPUTS) is not None


def test_a_changed_end_in_clear_changes_no_session(stage: Stage) -> None:
    stage.cache("sealed").store("work", INPUTS, a_session())
    file = stage.file("sealed")
    file.write_bytes(file.read_bytes().replace(b"2026-11-22", b"2036-11-22"))
    entry = stage.cache("sealed").find("work", INPUTS)
    assert entry is not None
    assert entry.expires_at == NOW + 3600


def test_files_that_are_no_entries_have_no_head(stage: Stage) -> None:
    stage.cache("plain").store("work", INPUTS, a_session())
    whole = stage.file("plain").read_bytes()
    for data in (
        b"",
        b"\xff\n\n",
        whole[:30],
        whole.replace(b"2026", b"soon"),
        whole.replace(b"session 1", b"session 2"),
    ):
        stage.file("plain").write_bytes(data)
        assert stage.cache("plain").heads() == []


def test_the_identity_is_read_once_in_a_process_and_made_once_for_all(stage: Stage) -> None:
    stage.cache("sealed").store("work", INPUTS, a_session())
    identity = stage.keychain.text
    cache = stage.cache("sealed")
    stage.keychain.reads = 0
    cache.store("home", INPUTS, a_session())
    assert cache.find("home", INPUTS) is not None
    assert cache.find("work", INPUTS) is not None
    assert stage.keychain.reads == 1
    assert stage.keychain.text is identity


def test_an_empty_store_asks_no_keychain(stage: Stage) -> None:
    stage.keychain.trouble = KeychainUnavailable("asked")
    assert stage.cache("sealed").find("work", INPUTS) is None
    assert stage.cache(runtime=False).find("work", INPUTS) is None
    assert (stage.keychain.reads, stage.said) == (0, [])


def test_a_locked_keychain_is_reported_and_the_sealed_session_stays(stage: Stage) -> None:
    """It can be read again when the keychain is unlocked."""
    stage.cache("sealed").store("work", INPUTS, a_session())
    stage.keychain.trouble = KeychainUnavailable("the keychain is locked")
    for cache in (stage.cache("sealed"), stage.cache(runtime=False)):
        assert cache.find("work", INPUTS) is None
        cache.store("home", INPUTS, a_session())
    assert set(stage.said) == {
        "the stored session of 'work' cannot be read: the keychain is locked",
        "the session of 'home' is not remembered: the keychain is locked",
    }
    assert list(stage.sessions.glob("session-*")) == [stage.file("sealed")]
    stage.keychain.trouble = None
    assert stage.cache("sealed").find("work", INPUTS) is not None


def test_a_session_sealed_to_a_lost_identity_is_dropped(stage: Stage) -> None:
    for make_another in (False, True):
        stage.keychain.text = None
        stage.cache("sealed").store("work", INPUTS, a_session())
        stage.keychain.text = None
        if make_another:
            stage.cache("sealed").store("home", {**INPUTS, "device": "another"}, a_session())
        assert stage.cache("sealed").find("work", INPUTS) is None
        assert not stage.file("sealed").exists()
    assert stage.said == [
        "dropped the stored session of 'work': it is sealed, and the keychain no longer has what opens it",
        "dropped the stored session of 'work': it is damaged, or sealed with another identity",
    ]


def test_an_item_that_is_not_an_identity_is_reported_without_its_text(stage: Stage) -> None:
    stage.keychain.text = Secret("AGE-SECRET-KEY-1NONSENSE")
    stage.cache("sealed").store("work", INPUTS, a_session())
    assert stage.said == [
        "the session of 'work' is not remembered: the keychain item 'aws-mfa' / '[session-store]' holds no age identity"
    ]


def test_an_identity_that_could_not_be_stored_seals_nothing(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(identity: Secret) -> None:
        raise KeychainUnavailable("the keychain did not give back what was written to it")

    monkeypatch.setattr(stage.keychain, "store_identity", refuse)
    cache = stage.cache("sealed")
    cache.store("work", INPUTS, a_session())
    cache.store("work", INPUTS, a_session())
    assert not stage.file("sealed").exists()


def test_without_runtime_folder_and_keychain_it_is_plain_and_reported_once(stage: Stage) -> None:
    stage.keychain.is_there = False
    for label in ("work", "home"):
        stage.cache(runtime=False).store(label, INPUTS, a_session())
        assert stage.cache(runtime=False).find(label, INPUTS) is not None
    assert stage.said == [f"{NOT_ENCRYPTED} {stage.sessions} (0600, not encrypted)"]
    assert stage.file("plain").exists()
    assert stage.keychain.reads == 0


def test_if_the_user_chose_sealed_nothing_plain_is_written_or_read(stage: Stage) -> None:
    stage.cache("plain").store("work", INPUTS, a_session())
    stage.keychain.is_there = False
    stage.keychain.trouble = KeychainUnavailable("this machine has no keychain to use")
    cache = stage.cache("sealed")
    assert cache.find("work", INPUTS) is None
    cache.store("home", INPUTS, a_session())
    assert not stage.file("plain", "home").exists()
    assert stage.said == ["the session of 'home' is not remembered: this machine has no keychain to use"]


def test_the_store_none_stores_nothing(stage: Stage) -> None:
    stage.cache("plain").store("work", INPUTS, a_session())
    cache = stage.cache("none")
    cache.store("home", INPUTS, a_session())
    assert (cache.find("work", INPUTS), cache.find("home", INPUTS)) == (None, None)
    assert not stage.file("plain", "home").exists()


@pytest.mark.parametrize(("before", "after"), [("plain", "sealed"), ("sealed", "plain")])
def test_storing_elsewhere_leaves_no_older_one_behind(stage: Stage, before: str, after: str) -> None:
    stage.cache(before).store("work", INPUTS, a_session())
    stage.cache(after).store("work", INPUTS, a_session())
    assert (stage.file(before).exists(), stage.file(after).exists()) == (False, True)


def test_forget_removes_from_every_store_chosen_or_not(stage: Stage) -> None:
    for store, label in (("plain", "a"), ("sealed", "b"), ("plain", "c")):
        stage.cache(store).store(label, INPUTS, a_session())
    assert stage.cache("none").forget(["b", "c", "never"]) == (["b", "c"], [])
    assert stage.cache("none").forget(["b"]) == ([], [])
    assert stage.file("plain", "a").exists()
    assert stage.cache("sealed").forget(None) == (["a"], [])
    assert list(stage.sessions.glob("session-*")) == []
    assert stage.said == []


@posix_only
def test_forget_asks_no_keychain_and_needs_no_good_entry(stage: Stage) -> None:
    cache = stage.cache()
    cache.store("work", INPUTS, a_session())
    stage.cache("sealed").store("home", INPUTS, a_session())
    stage.file("memory").write_bytes(b"rubbish")
    stage.keychain.reads = 0
    assert cache.forget(None) == (["home", "work"], [])
    assert stage.keychain.reads == 0


def test_forgetting_all_removes_what_a_killed_process_left_and_no_foreign_file(stage: Stage) -> None:
    stage.cache("plain").store("work", INPUTS, a_session())
    leftovers = [".session-work.txt.aws-mfa-0123456789abcdef.tmp", ".session-home.age.aws-mfa-0123456789abcdef.tmp"]
    foreign = ["session-work.bak", "notes.txt", "session-A.txt", ".session-work.txt.swp"]
    for name in leftovers + foreign:
        (stage.sessions / name).write_bytes(b"x")
    assert stage.cache("plain").forget(["work"]) == (["work"], [])
    assert {path.name for path in stage.sessions.iterdir()} == {*leftovers, *foreign, ".sessions.lock"}
    assert stage.cache("plain").forget(None) == ([], [])
    assert {path.name for path in stage.sessions.iterdir()} == {*foreign, ".sessions.lock"}


def test_forget_without_a_store_creates_nothing(stage: Stage) -> None:
    assert (stage.cache("plain").forget(None), stage.cache("plain").find("work", INPUTS)) == (([], []), None)
    assert not stage.state.exists()


@every_store
def test_a_file_cut_short_or_changed_is_never_served_and_dropped_with_one_line(stage: Stage, store: str) -> None:
    stage.cache(store).store("work", INPUTS, a_session())
    path = stage.file(store)
    whole = path.read_bytes()
    damaged = [whole[:end] for end in range(0, len(whole), 7)]
    damaged += [whole[:-1], whole + b"x", b"\xff" + whole, whole.replace(b"session 1", b"session 2") + b"\n"]
    for data in damaged:
        path.write_bytes(data)
        path.chmod(0o600)
        stage.said.clear()
        cache = stage.cache(store)
        assert cache.find("work", INPUTS) is None
        assert cache.find("work", INPUTS) is None
        assert len(stage.said) == 1
        assert stage.said[0].startswith("dropped the stored session of 'work': it is damaged, or ")
        assert "wJalr" not in stage.said[0]
        assert not path.exists()


@every_store
def test_a_file_that_is_too_large_is_dropped_unread(stage: Stage, store: str) -> None:
    stage.cache(store).store("work", INPUTS, a_session())
    with stage.file(store).open("ab") as file:
        file.truncate(10 * 1024 * 1024)
    assert stage.cache(store).find("work", INPUTS) is None
    assert stage.said == ["dropped the stored session of 'work': it is too large"]


def widen(path: Path) -> None:
    path.chmod(0o640)


def link(path: Path) -> None:
    path.rename(path.with_name("target"))
    path.symlink_to("target")


def give_away(path: Path) -> None:
    os.chown(path, NOBODY, NOBODY)


def make_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path, 0o600)


@posix_only
@every_store
@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (widen, "others can read it"),
        (link, "it is a symlink"),
        (make_pipe, "it is not a regular file"),
        pytest.param(give_away, "it belongs to another user", marks=as_root),
    ],
)
def test_a_file_that_others_could_have_read_or_written_is_dropped(
    stage: Stage, store: str, damage: Callable[[Path], None], reason: str
) -> None:
    stage.cache(store).store("work", INPUTS, a_session())
    damage(stage.file(store))
    assert stage.cache(store).find("work", INPUTS) is None
    assert stage.said == [f"dropped the stored session of 'work': {reason}"]
    assert not os.path.lexists(stage.file(store))


@posix_only
@every_store
def test_a_symlink_in_place_of_an_entry_is_replaced_and_its_target_not_changed(stage: Stage, store: str) -> None:
    stage.cache(store).store("work", INPUTS, a_session())
    target = stage.state.parent / "mine"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text("mine")
    stage.file(store).unlink()
    stage.file(store).symlink_to(target)
    stage.cache(store).store("work", INPUTS, a_session())
    assert target.read_text() == "mine"
    assert stage.cache(store).find("work", INPUTS) is not None


def open_to_others(folder: Path) -> None:
    folder.chmod(0o755)


def link_elsewhere(folder: Path) -> None:
    folder.rename(folder.with_name("elsewhere"))
    folder.symlink_to("elsewhere")


@posix_only
@every_store
@pytest.mark.parametrize("damage", [open_to_others, link_elsewhere])
def test_a_shared_folder_is_neither_read_nor_written(stage: Stage, store: str, damage: Callable[[Path], None]) -> None:
    stage.cache(store).store("work", INPUTS, a_session())
    folder = stage.file(store).parent
    damage(folder)
    before = sorted(os.listdir(folder))
    cache = stage.cache(store)
    assert cache.find("work", INPUTS) is None
    assert stage.said[0].startswith(f"the sessions stored in {folder} cannot be read: {folder} is ")
    removed, missed = cache.forget(None)
    assert removed == []
    reason = f"what is stored in {folder} could not all be removed: {folder} is "
    assert any(line.startswith(reason) for line in missed)
    cache.store("home", INPUTS, a_session())
    assert sorted(os.listdir(folder)) == before
    assert all(str(folder) in line for line in stage.said)
    assert f"the session of 'home' is not remembered: {folder} is " in "\n".join(stage.said)


@as_root
def test_root_reads_and_writes_in_the_home_of_another_user(stage: Stage) -> None:
    """A container whose home is mounted, or `sudo`: the files belong to that user."""
    stage.sessions.mkdir(0o700, parents=True)
    os.chown(stage.sessions, NOBODY, NOBODY)
    stage.cache("plain").store("work", INPUTS, a_session())
    assert stage.cache("plain").find("work", INPUTS) is not None
    assert stage.file("plain").stat().st_uid == NOBODY


@as_root
def test_root_does_not_use_another_users_runtime_folder(stage: Stage) -> None:
    os.chown(stage.runtime, NOBODY, NOBODY)
    assert stage.cache()._stores.choice.name == "sealed"


@posix_only
@pytest.mark.parametrize("mode", [0o750, 0o755, 0o1777])
def test_a_runtime_folder_that_others_can_read_is_not_used(stage: Stage, mode: int) -> None:
    stage.runtime.chmod(mode)
    assert stage.cache()._stores.choice.name == "sealed"


@pytest.mark.parametrize("value", ["", "run", "/does/not/exist", __file__])
def test_what_is_not_a_folder_is_not_a_runtime_folder(value: str) -> None:
    assert runtime_folder({"XDG_RUNTIME_DIR": value}) is None


@every_store
def test_a_bad_disk_is_one_line_and_fails_nothing(stage: Stage, store: str, monkeypatch: pytest.MonkeyPatch) -> None:
    stage.cache(store).store("work", INPUTS, a_session())

    def refuse(*arguments: object, **options: object) -> int:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as broken:
        broken.setattr(os, "open", refuse)
        cache = stage.cache(store)
        assert cache.find("work", INPUTS) is None
        cache.store("home", INPUTS, a_session())
    assert stage.said[0] == "the stored session of 'work' cannot be read: Input/output error"
    assert stage.said[1].startswith("the session of 'home' is not remembered: cannot write ")
    assert len(stage.said) == 2


@every_store
def test_an_unusable_store_is_reported_once_before_the_question_and_never_as_in_use(stage: Stage, store: str) -> None:
    folder = stage.file(store).parent
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.write_text("in the way")
    cache = stage.cache("" if store == "memory" else store)
    cache.check()
    said = list(stage.said)
    assert said[0].startswith(
        f"no session can be stored here, each command will ask for a code: {folder} is in the way"
    )
    assert os.name == "nt" or said[1:] == [
        "hint: store them elsewhere for this shell: export XDG_RUNTIME_DIR=$(mktemp -d)"
    ]
    assert not cache.store("work", INPUTS, a_session())
    assert stage.said == said


@every_store
def test_a_store_that_can_be_used_is_checked_silently_and_left_as_it_was(stage: Stage, store: str) -> None:
    stage.cache(store).check()
    assert (stage.said, stage.state.exists(), stage.memory.exists()) == ([], False, False)


def test_a_copy_of_what_the_credentials_file_gets_too_is_stored_without_a_word(stage: Stage) -> None:
    stage.keychain.is_there = False
    assert stage.cache(runtime=False).store("work", INPUTS, a_session(), is_copy=True)
    assert stage.said == []


def test_the_age_is_that_of_the_last_one_stored_under_any_label(stage: Stage) -> None:
    cache = stage.cache("plain")
    assert cache.stored_s_ago("work", INPUTS) is None
    for label, age_s in (("work", 600), ("other", 200)):
        cache.store(label, INPUTS, a_session())
        os.utime(stage.file("plain", label), (NOW - age_s, NOW - age_s))
    assert cache.stored_s_ago("work", INPUTS) == 200


@pytest.mark.parametrize(("inputs", "secret"), [({"policy": "\udcff"}, "s"), (INPUTS, 'wJ"alr')])
def test_what_cannot_be_stored_is_reported(stage: Stage, inputs: dict[str, str], secret: str) -> None:
    cache = stage.cache("plain")
    cache.store("work", inputs, a_session(secret))
    assert cache.find("work", inputs) is None
    assert stage.said == ["the session of 'work' is not remembered: it holds characters that cannot be stored"]


WORKER = """
import sys, time
from aws_mfa.sessions.cache import SessionCache
from aws_mfa.sessions.stores import open_stores
from aws_mfa.model import Secret, Session
cache = SessionCache(open_stores({"AWS_MFA_SESSION_STORE": "plain"}, sys.argv[1], None), now=time.time, say=print)
inputs = {"n": "1"}
for number in range(40):
    cache.store("work", inputs, Session("ASIA1", Secret("s" * 3000), Secret("t"), time.time() + 600))
    if cache.find("work", inputs) is None:
        print("lost")
"""


@pytest.mark.real
def test_processes_that_store_the_same_label_at_once_never_see_half_of_it(stage: Stage) -> None:
    command = [sys.executable, "-c", WORKER, str(stage.state)]
    workers = [start_program(command, {**os.environ, **SOURCE}) for _ in range(4)]
    assert [worker.communicate(timeout=60) for worker in workers] == [("", "")] * 4

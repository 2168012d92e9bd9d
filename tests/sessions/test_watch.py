"""Files of fingerprints: written if they can be trusted, never taken for entries, removed when all is forgotten."""

from __future__ import annotations

import os
import time
from types import SimpleNamespace
from typing import NoReturn

import pytest

from aws_mfa.config.files import find_files
from aws_mfa.model import Secret, Session
from aws_mfa.sessions import watch as fingerprints
from aws_mfa.sessions.cache import SessionCache
from aws_mfa.sessions.fingerprint import FingerprintedSession
from aws_mfa.sessions.inputs import label_in
from aws_mfa.sessions.stores import Stores, open_stores
from aws_mfa.sessions.watch import WatchedFiles

SESSION = Session("ASIAIOSFODNN7EXAMPLE", Secret("s"), Secret("t"), time.time() + 7200)
FOUND = FingerprintedSession("work", "", None)


class Stage:
    """A home with both AWS files, and a session of `work` in the store `plain`."""

    def __init__(self, home: str) -> None:
        self.home = home
        self.sessions = os.path.join(home, ".aws", "mfa", "sessions")
        self.environ = {"HOME": home, "USERPROFILE": home, "AWS_MFA_SESSION_STORE": "plain"}
        self.said: list[str] = []
        os.makedirs(os.path.dirname(self.sessions), mode=0o700)
        for name in ("credentials", "config"):
            with open(os.path.join(home, ".aws", name), "w", encoding="utf-8"):
                """It is empty."""
        self.cache.store("work", {}, SESSION)

    @property
    def stores(self) -> Stores:
        return open_stores(self.environ, os.path.dirname(self.sessions), self._no_seal)

    @property
    def cache(self) -> SessionCache:
        return SessionCache(self.stores, now=time.time, say=self.said.append)

    def watch(self) -> WatchedFiles:
        paths = (*find_files(self.environ), os.path.join(self.home, ".aws", "mfa", "known-keys"))
        return WatchedFiles(self.environ, paths, lambda: self.stores)

    def write(self, path: str) -> None:
        with open(path, "w", encoding="utf-8") as file:
            file.write("{}")

    def fingerprints(self) -> list[str]:
        return sorted(name for name in os.listdir(self.sessions) if "fingerprint" in name)

    @staticmethod
    def _no_seal() -> NoReturn:
        raise AssertionError


@pytest.fixture
def stage(home: str) -> Stage:
    return Stage(home)


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second after the last change of the files."""
    monkeypatch.setattr(fingerprints, "time", SimpleNamespace(time_ns=lambda: time.time_ns() + 1_000_000_000))


@pytest.mark.usefixtures("later")
def test_a_fingerprint_is_written_beside_the_entries_only_for_this_user(stage: Stage) -> None:
    stage.watch().note("work", FOUND)
    assert stage.fingerprints() == ["fingerprint-work.txt"]
    if os.name != "nt":
        assert os.stat(os.path.join(stage.sessions, "fingerprint-work.txt")).st_mode & 0o777 == 0o600


def test_files_that_changed_a_moment_ago_have_no_fingerprint(stage: Stage) -> None:
    """A further change within the same tick of the file system's clock would not show."""
    os.utime(os.path.join(stage.home, ".aws", "config"))
    stage.watch().note("work", FOUND)
    assert stage.fingerprints() == []


@pytest.mark.usefixtures("later")
def test_a_change_while_the_full_path_reads_leaves_the_fingerprint_of_what_was_before(stage: Stage) -> None:
    watch = stage.watch()
    path = os.path.join(stage.home, ".aws", "config")
    with open(path, "w", encoding="utf-8") as file:
        file.write("[profile work]\n")
    watch.note("work", FOUND)
    with open(os.path.join(stage.sessions, "fingerprint-work.txt"), encoding="utf-8") as file:
        assert f" {os.stat(path).st_mtime_ns} " not in file.read()


@pytest.mark.usefixtures("later")
@pytest.mark.parametrize(
    "variables",
    [
        {"AWS_CONFIG_FILE": "config"},
        {"AWS_CONFIG_FILE": "$HOME/.aws/config"},
        {"AWS_SHARED_CREDENTIALS_FILE": "~/.aws/credentials"},
        {"AWS_REGION": "eu-west-1\nUSER = bob"},
        {"AWS_ENDPOINT_URL": "https://ann:secret@proxy/"},
        {"AWS_MFA_SESSION_STORE": "none"},
        {"AWS_MFA_SESSION_STORE": "nowhere"},
    ],
    ids=str,
)
def test_variables_to_expand_and_stores_without_files_leave_none(stage: Stage, variables: dict[str, str]) -> None:
    stage.environ |= variables
    stage.watch().note("work", FOUND)
    assert stage.fingerprints() == []


@pytest.mark.usefixtures("later")
@pytest.mark.parametrize("state", ["settled", "written after the watch began", "missing"])
def test_a_policy_that_may_have_changed_since_it_was_read_leaves_none(stage: Stage, state: str) -> None:
    path = os.path.join(stage.home, ".aws", "p.json")
    if state == "settled":
        stage.write(path)
    watch = stage.watch()
    if state.startswith("written"):
        stage.write(path)
        os.utime(path, (time.time() + 5, time.time() + 5))
    watch.note("work", FOUND, [path])
    assert stage.fingerprints() == (["fingerprint-work.txt"] if state == "settled" else [])


@pytest.mark.usefixtures("later")
def test_a_symlink_in_its_place_is_replaced_and_not_followed(stage: Stage, home: str) -> None:
    target = os.path.join(home, "target")
    os.symlink(target, os.path.join(stage.sessions, "fingerprint-work.txt"))
    stage.watch().note("work", FOUND)
    assert not os.path.exists(target)
    assert not os.path.islink(os.path.join(stage.sessions, "fingerprint-work.txt"))


@pytest.mark.usefixtures("later")
def test_a_long_name_has_a_fingerprint_too(stage: Stage) -> None:
    for name in ("w" * 300, "w" * 301):
        stage.watch().note(name, FOUND)
    assert len(stage.fingerprints()) == 2


@pytest.mark.usefixtures("later")
def test_fingerprints_are_not_entries_and_are_removed_when_all_is_forgotten(stage: Stage) -> None:
    stage.watch().note("work", FOUND)
    leftover = os.path.join(stage.sessions, f".fingerprint-work.txt.aws-mfa-{'0' * 16}.tmp")
    with open(leftover, "w", encoding="utf-8"):
        """Left by a killed process."""
    assert list(map(label_in, stage.stores.readable[0].names())) == ["work"]
    assert stage.cache.forget(["work"]) == (["work"], [])
    assert stage.fingerprints() != []
    assert stage.cache.forget(None) == ([], [])
    assert stage.fingerprints() == []
    assert stage.said == []


@pytest.mark.usefixtures("later")
def test_an_unchanged_fingerprint_is_not_written_again(stage: Stage) -> None:
    """Else opening many shells would wait for the disk each time."""
    path = os.path.join(stage.sessions, "fingerprint-work.txt")
    stage.watch().note("work", FOUND)
    before = os.stat(path)
    stage.watch().note("work", FOUND)
    assert os.stat(path).st_ino == before.st_ino
    os.chmod(path, 0o644)
    stage.watch().note("work", FOUND)
    assert os.name == "nt" or os.stat(path).st_mode & 0o077 == 0

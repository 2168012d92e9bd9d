"""Witnesses as files: written where they can be trusted, never taken for entries, gone when everything is forgotten."""

from __future__ import annotations

import os
import time
from types import SimpleNamespace
from typing import NoReturn

import pytest

from aws_mfa.config.files import find_files
from aws_mfa.model import Secret, Session
from aws_mfa.sessions import watch as witnesses
from aws_mfa.sessions.cache import SessionCache
from aws_mfa.sessions.fingerprint import Witnessed
from aws_mfa.sessions.stores import Stores, open_stores
from aws_mfa.sessions.watch import WatchedFiles

SESSION = Session("ASIAIOSFODNN7EXAMPLE", Secret("s"), Secret("t"), time.time() + 7200)
WITNESSED = Witnessed("work", "", None)


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

    def witnesses(self) -> list[str]:
        return sorted(name for name in os.listdir(self.sessions) if "witness" in name)

    @staticmethod
    def _no_seal() -> NoReturn:
        raise AssertionError


@pytest.fixture
def stage(home: str) -> Stage:
    return Stage(home)


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is a second later than the files say."""
    monkeypatch.setattr(witnesses, "time", SimpleNamespace(time_ns=lambda: time.time_ns() + 1_000_000_000))


@pytest.mark.usefixtures("later")
def test_a_witness_is_written_beside_the_entries_for_this_user_alone(stage: Stage) -> None:
    stage.watch().note("work", WITNESSED)
    assert stage.witnesses() == ["witness-work.txt"]
    if os.name != "nt":
        assert os.stat(os.path.join(stage.sessions, "witness-work.txt")).st_mode & 0o777 == 0o600


def test_files_that_changed_a_moment_ago_have_no_witness(stage: Stage) -> None:
    """A further change within the same tick of the file system's clock would not show."""
    os.utime(os.path.join(stage.home, ".aws", "config"))
    stage.watch().note("work", WITNESSED)
    assert stage.witnesses() == []


@pytest.mark.usefixtures("later")
def test_a_change_while_the_full_path_reads_makes_a_witness_of_what_was_before(stage: Stage) -> None:
    watch = stage.watch()
    path = os.path.join(stage.home, ".aws", "config")
    with open(path, "w", encoding="utf-8") as file:
        file.write("[profile work]\n")
    watch.note("work", WITNESSED)
    with open(os.path.join(stage.sessions, "witness-work.txt"), encoding="utf-8") as file:
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
def test_where_variables_do_not_say_it_plainly_there_is_none(stage: Stage, variables: dict[str, str]) -> None:
    stage.environ |= variables
    stage.watch().note("work", WITNESSED)
    assert stage.witnesses() == []


@pytest.mark.usefixtures("later")
def test_a_symlink_in_its_place_is_replaced_and_not_followed(stage: Stage, home: str) -> None:
    target = os.path.join(home, "target")
    os.symlink(target, os.path.join(stage.sessions, "witness-work.txt"))
    stage.watch().note("work", WITNESSED)
    assert not os.path.exists(target)
    assert not os.path.islink(os.path.join(stage.sessions, "witness-work.txt"))


@pytest.mark.usefixtures("later")
def test_a_name_too_long_for_a_file_has_none_and_no_trouble(stage: Stage) -> None:
    stage.watch().note("w" * 300, WITNESSED)
    assert stage.witnesses() == []


@pytest.mark.usefixtures("later")
def test_witnesses_are_no_entries_and_go_when_everything_is_forgotten(stage: Stage) -> None:
    stage.watch().note("work", WITNESSED)
    leftover = os.path.join(stage.sessions, f".witness-work.txt.aws-mfa-{'0' * 16}.tmp")
    with open(leftover, "w", encoding="utf-8"):
        """Left by a killed process."""
    assert [label for label, _ in stage.cache.entries()] == ["work"]
    assert stage.cache.forget(["work"]) == (["work"], [])
    assert stage.witnesses() != []
    assert stage.cache.forget(None) == ([], [])
    assert stage.witnesses() == []
    assert stage.said == []


@pytest.mark.usefixtures("later")
def test_one_that_stands_already_is_not_written_again(stage: Stage) -> None:
    """A shell for each of many windows is no reason to wait for the disk."""
    path = os.path.join(stage.sessions, "witness-work.txt")
    stage.watch().note("work", WITNESSED)
    before = os.stat(path)
    stage.watch().note("work", WITNESSED)
    assert os.stat(path).st_ino == before.st_ino
    os.chmod(path, 0o644)
    stage.watch().note("work", WITNESSED)
    assert os.name == "nt" or os.stat(path).st_mode & 0o077 == 0

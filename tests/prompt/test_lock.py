"""The lock around a prompt: one process at a time for each device, and what the processes that wait share."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from aws_mfa.errors import (
    AwsFailed,
    AwsMfaError,
    BadInput,
    Cancelled,
    NeedsHuman,
    NobodyAnswered,
    RefusedByAws,
    UnknownDevice,
)
from aws_mfa.interfaces import PromptLock, PromptLocks
from aws_mfa.prompt.lock import FileLocks
from aws_mfa.system import locks as system_locks
from fakes import DEVICE, NOW
from programs import start_program, wait_until
from users_and_modes import posix_only

QUESTION = "mfa@work-long-term\naccess_key_id = AKIA\n"
HOLDER = """
import sys, time
from aws_mfa.prompt.lock import FileLocks
locks = FileLocks(sys.argv[1], now=time.time, say=print)
with locks.hold(sys.argv[2], patience_s=5, gives_up_quietly=False):
    print("mine", flush=True)
    time.sleep(60)
"""


WAITING = f"waiting for pid {os.getpid()}, which asks for a code; any terminal can answer: aws-mfa code"


class Stage:
    """A folder of locks; `moment` is now."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self.moment = NOW
        self.said: list[str] = []

    def locks(self) -> PromptLocks:
        """As another process has them."""
        return FileLocks(self.folder, now=lambda: self.moment, say=self.said.append)

    def publish_cancelled(self) -> None:
        with self.locks().hold(DEVICE, patience_s=1, gives_up_quietly=False) as one:
            one.publish(QUESTION, Cancelled("cancelled"))

    def waiting(self, act: Callable[[PromptLock], None]) -> threading.Thread:
        """Wait in a thread for the lock that the caller holds, then act."""

        def wait() -> None:
            with self.locks().hold(DEVICE, patience_s=20, gives_up_quietly=False) as one:
                act(one)

        thread = threading.Thread(target=wait, daemon=True)
        thread.start()
        wait_until(lambda: self.said)  # it waits, and says so
        return thread


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    monkeypatch.setattr(system_locks, "_REPORTED_AFTER_S", 0.02)  # no test has to wait longer to be told of a holder
    return Stage(str(tmp_path / "mfa" / "prompt-locks"))


def in_another_thread(act: Callable[[], AwsMfaError | None]) -> AwsMfaError | None:
    results: list[AwsMfaError | None] = []
    thread = threading.Thread(target=lambda: results.append(act()), daemon=True)
    thread.start()
    thread.join(10)
    (result,) = results
    return result


def wait_in_vain(stage: Stage) -> AwsMfaError | None:
    """How the wait for a lock ended that another has."""
    try:
        with stage.locks().hold(DEVICE, patience_s=0.2, gives_up_quietly=False):
            return None
    except AwsMfaError as error:
        return error


def shared_after(stage: Stage, act: Callable[[PromptLock], None]) -> AwsMfaError | None:
    """The failure that a waiting process gets after the holder did this."""
    got: list[AwsMfaError | None] = []
    with stage.locks().hold(DEVICE, patience_s=1, gives_up_quietly=False) as one:
        waiting = stage.waiting(lambda other: got.append(other.outcome(QUESTION)))
        act(one)
    waiting.join(10)
    (failure,) = got
    return failure


def test_a_waiting_process_prints_the_holder(stage: Stage) -> None:
    assert shared_after(stage, lambda one: None) is None
    assert stage.said == [WAITING]


@pytest.mark.parametrize(
    ("failure", "kind", "text"),
    [
        (Cancelled("cancelled", "look"), Cancelled, "the question was cancelled"),
        (UnknownDevice("not this user's device", "look"), RefusedByAws, "not this user's device"),
        # Not a judgement of AWS on the code.
        (AwsFailed("AWS failed: 503", "look"), AwsFailed, "AWS failed: 503"),
        # Without a terminal each would wait for its own twenty seconds, one after the other.
        (NobodyAnswered("nobody answered within 20 s", "look"), NobodyAnswered, "nobody answered within 20 s"),
    ],
)
def test_waiting_processes_share_the_failure_of_the_same_question(
    stage: Stage, failure: AwsMfaError, kind: type[AwsMfaError], text: str
) -> None:
    got = shared_after(stage, lambda one: one.publish(QUESTION, failure))
    assert isinstance(got, kind)
    assert f"pid {os.getpid()}" in got.message
    assert text in got.message
    assert got.hints == failure.hints


def test_another_question_of_the_same_device_is_not_answered_by_that(stage: Stage) -> None:
    assert shared_after(stage, lambda one: one.publish("prod", Cancelled("cancelled"))) is None


def test_a_later_process_asks_for_itself(stage: Stage) -> None:
    stage.publish_cancelled()
    with stage.locks().hold(DEVICE, patience_s=1, gives_up_quietly=False) as one:
        assert one.outcome(QUESTION) is None


def test_came_at_makes_earlier_failures_count(stage: Stage) -> None:
    """A program's threads wait for each other first: see `python_api`."""
    stage.publish_cancelled()

    def got(came_at: float) -> AwsMfaError | None:
        locks = FileLocks(stage.folder, now=lambda: stage.moment, say=stage.said.append, came_at=came_at)
        with locks.hold(DEVICE, patience_s=1, gives_up_quietly=False) as one:
            return one.outcome(QUESTION)

    assert isinstance(got(NOW - 0.1), Cancelled)
    assert got(NOW) is None


def test_what_was_refused_is_known_for_some_minutes(stage: Stage) -> None:
    stage.publish_cancelled()
    stage.moment += 200
    assert isinstance(stage.locks().recent_outcome(DEVICE, QUESTION), Cancelled)
    assert stage.locks().recent_outcome(DEVICE, "another") is None
    assert stage.locks().recent_outcome(f"{DEVICE}-2", QUESTION) is None
    stage.moment += 200
    assert stage.locks().recent_outcome(DEVICE, QUESTION) is None


@pytest.mark.parametrize(
    ("failure", "is_known"),
    [(Cancelled("cancelled"), True), (NobodyAnswered("no one"), False), (UnknownDevice("no"), False)],
)
def test_an_sdk_that_runs_us_again_learns_a_cancellation_for_minutes_and_the_rest_for_seconds(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, failure: AwsMfaError, *, is_known: bool
) -> None:
    with stage.locks().hold(DEVICE, patience_s=1, gives_up_quietly=False) as one:
        one.publish(QUESTION, failure)
    assert stage.locks().just_ended(DEVICE, QUESTION) is None, "a program that calls again itself asks again"
    monkeypatch.setattr(os, "getpid", lambda: 1)
    stage.moment += 29
    assert stage.locks().just_ended(DEVICE, QUESTION) is not None
    stage.moment += 2
    assert (stage.locks().just_ended(DEVICE, QUESTION) is not None) is is_known


def test_a_lock_that_is_yielded_can_be_taken_again_and_yielded_once_more(stage: Stage) -> None:
    with stage.locks().hold(DEVICE, patience_s=1, gives_up_quietly=False) as one, one.yielded():
        for _ in range(2):
            one.take_again()
            assert not one.is_taken()
            assert isinstance(in_another_thread(lambda: wait_in_vain(stage)), NeedsHuman)
            one.release()
            assert in_another_thread(lambda: wait_in_vain(stage)) is None
        one.take_again()
    assert wait_in_vain(stage) is None


def test_patience_ends_with_the_name_of_the_holder_and_the_ways_out(stage: Stage) -> None:
    with stage.locks().hold(DEVICE, patience_s=1, gives_up_quietly=False):
        failure = in_another_thread(lambda: wait_in_vain(stage))
    assert isinstance(failure, NeedsHuman)
    assert f"pid {os.getpid()} has been asking for a code of {DEVICE}" in failure.message
    assert failure.hints[0].endswith("aws-mfa code")


def test_a_thread_that_holds_the_lock_is_refused_at_once_and_others_wait(stage: Stage) -> None:
    """What answers a question, such as the function given as `ask`, may need a session that needs the same question."""
    began_at = time.monotonic()
    with stage.locks().hold(DEVICE, patience_s=20, gives_up_quietly=False):
        with pytest.raises(BadInput, match=f"the question for a code of {DEVICE} is open"):
            stage.locks().hold(DEVICE, patience_s=20, gives_up_quietly=False).__enter__()
        with stage.locks().hold(f"{DEVICE}-2", patience_s=1, gives_up_quietly=False):
            assert stage.said == [], "devices do not wait for each other"
            assert isinstance(in_another_thread(lambda: wait_in_vain(stage)), NeedsHuman)
    assert time.monotonic() - began_at < 10
    with stage.locks().hold(DEVICE, patience_s=1, gives_up_quietly=False):
        assert stage.said == [WAITING]


def test_a_process_that_has_a_code_goes_on_without_the_lock(stage: Stage) -> None:
    with (
        stage.locks().hold(DEVICE, patience_s=1, gives_up_quietly=False),
        stage.locks().hold(DEVICE, patience_s=0.1, gives_up_quietly=True) as one,
    ):
        assert one.outcome(QUESTION) is None


def test_a_killed_process_has_let_go_of_its_lock(stage: Stage) -> None:
    with start_program([sys.executable, "-c", HOLDER, stage.folder, DEVICE], os.environ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "mine\n"
        holder.kill()
    with stage.locks().hold(DEVICE, patience_s=5, gives_up_quietly=False) as one:
        assert one.outcome(QUESTION) is None


@posix_only
def test_what_is_left_is_private_and_holds_no_code(stage: Stage) -> None:
    stage.publish_cancelled()
    assert os.stat(stage.folder).st_mode & 0o777 == 0o700
    assert {os.stat(os.path.join(stage.folder, name)).st_mode & 0o777 for name in os.listdir(stage.folder)} == {0o600}


def test_without_the_folder_each_process_asks_for_itself(tmp_path: Path) -> None:
    (tmp_path / "mfa").write_text("in the way")
    locks = FileLocks(str(tmp_path / "mfa" / "prompt-locks"), now=time.time, say=print)
    with locks.hold(DEVICE, patience_s=1, gives_up_quietly=False) as one:
        one.publish(QUESTION, Cancelled("cancelled"))
        assert one.outcome(QUESTION) is None


def test_a_damaged_file_is_ignored(stage: Stage) -> None:
    stage.publish_cancelled()
    (ended,) = [name for name in os.listdir(stage.folder) if name.endswith(".ended")]
    for damage in ("", "{", "[]", '{"mark": 1}', '{"at": "x"}', "\x00" * 10, "[" * 9000):
        with open(os.path.join(stage.folder, ended), "w", encoding="utf-8") as file:
            file.write(damage)
        assert stage.locks().recent_outcome(DEVICE, QUESTION) is None, damage

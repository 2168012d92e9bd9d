"""Calls in threads, time limits, deferred signals, and the local user's name."""

from __future__ import annotations

import getpass
import signal
import threading
import time
from functools import partial

import pytest

from aws_mfa.errors import NoThread, WrongSecret
from aws_mfa.system import threads
from aws_mfa.system.threads import (
    DeferredSignals,
    InThread,
    NoAnswer,
    after,
    answer_within,
    deferred_signals,
    side_by_side,
    user_name,
)
from users_and_modes import posix_only, run_python


@pytest.mark.parametrize("has_threads", [True, False])
def test_results_come_in_the_order_of_the_calls_and_each_end_is_reported(
    request: pytest.FixtureRequest, *, has_threads: bool
) -> None:
    if not has_threads:
        request.getfixturevalue("no_thread")
    done: list[None] = []
    calls = [partial(pow, number, 2) for number in range(100)]
    assert side_by_side(calls, lambda: done.append(None)) == [number * number for number in range(100)]
    assert len(done) == 100
    assert side_by_side([], lambda: None) == []


def test_calls_are_made_at_the_same_time() -> None:
    both_are_here = threading.Barrier(2, timeout=5)
    assert len(side_by_side([both_are_here.wait, both_are_here.wait], lambda: None)) == 2


def test_after_ctrl_c_no_further_call_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "_WORKERS", 1)
    made: list[int] = []

    def call(number: int) -> None:
        made.append(number)
        time.sleep(0.01)  # or all could end before this thread gets the first result

    def interrupted() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        side_by_side([partial(call, number) for number in range(1000)], interrupted)
    assert len(made) < 1000


def test_ctrl_c_does_not_wait_for_the_calls_under_way() -> None:
    """A call may wait half a minute for its answer."""
    may_end, begun = threading.Event(), threading.Barrier(2, timeout=5)

    def call() -> None:
        begun.wait()
        may_end.wait(10)

    def press_ctrl_c() -> None:
        begun.wait()
        signal.raise_signal(signal.SIGINT)

    person = threading.Thread(target=press_ctrl_c)
    person.start()
    began = time.monotonic()
    try:
        with pytest.raises(KeyboardInterrupt):
            side_by_side([call], lambda: None)
        assert time.monotonic() - began < 5
    finally:
        may_end.set()
        person.join()


@pytest.fixture
def no_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """What `ulimit -u` and a container's pids limit do."""

    def start(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", start)


@pytest.mark.usefixtures("no_thread")
def test_without_a_thread_a_call_has_no_time_limit() -> None:
    assert answer_within(0, lambda: 7, on_delay=lambda: None) == 7
    with pytest.raises(WrongSecret):
        answer_within(0, lambda: (_ for _ in ()).throw(WrongSecret("no")), on_delay=lambda: None)


@pytest.mark.usefixtures("no_thread")
def test_work_that_must_run_beside_something_is_one_line() -> None:
    with pytest.raises(NoThread, match=r"no further thread may be started here \(ulimit -u, or the pids limit"):
        InThread(lambda: None, lambda _: None)


def test_the_first_failure_is_raised_when_all_calls_are_over() -> None:
    def fails(text: str) -> None:
        raise WrongSecret(text)

    done: list[None] = []
    with pytest.raises(WrongSecret, match="first"):
        side_by_side([partial(fails, "first"), partial(fails, "second")], lambda: done.append(None))
    assert len(done) == 2


def test_work_beside_reports_its_failure_at_once_and_raises_it_when_it_is_waited_for() -> None:
    reported: list[BaseException] = []
    beside = InThread(lambda: (_ for _ in ()).throw(WrongSecret("no")), reported.append)
    with pytest.raises(WrongSecret):
        beside.wait()
    assert [type(error) for error in reported] == [WrongSecret]


# Time limits


def nothing() -> None: ...


def test_an_answer_none_too_and_an_error_come_through() -> None:
    assert answer_within(5, lambda: 42, on_delay=nothing) == 42
    assert answer_within(5, lambda: None, on_delay=nothing) is None
    with pytest.raises(ZeroDivisionError):
        answer_within(5, lambda: 1 / 0, on_delay=nothing)


def test_a_call_that_hangs_is_given_up_and_a_delay_is_reported_once() -> None:
    reported: list[str] = []
    stuck = threading.Event()
    with pytest.raises(NoAnswer):
        answer_within(0.5, stuck.wait, patience_s=0.1, on_delay=lambda: reported.append("look for a window"))
    stuck.set()
    assert reported == ["look for a window"]


def test_a_process_ends_although_a_call_hangs() -> None:
    code = (
        "import threading\n"
        "from aws_mfa.system.threads import NoAnswer, answer_within\n"
        "try: answer_within(0.1, threading.Event().wait, on_delay=lambda: None)\n"
        "except NoAnswer: print('given up')\n"
    )
    ended = run_python(code)
    assert (ended.stdout, ended.stderr) == ("given up\n", "")


def test_what_takes_longer_is_reported_once_and_what_does_not_never() -> None:
    reported: list[str] = []
    came = threading.Event()

    def report() -> None:
        reported.append("waiting")
        came.set()

    with after(0.05, report):
        assert came.wait(5)
        time.sleep(0.15)
    assert reported == ["waiting"]
    for seconds in (60, None):
        with after(seconds, report):
            pass
    with pytest.raises(ZeroDivisionError), after(60, report):
        _ = 1 / 0
    assert reported == ["waiting"]


def test_without_a_thread_nothing_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threading.Thread, "start", lambda _: (_ for _ in ()).throw(RuntimeError("no")))
    with after(0, lambda: pytest.fail("reported")):
        time.sleep(0.05)


# Deferred signals


_TO_BE_KILLED = """
import os, signal, sys
from aws_mfa.system.threads import deferred_signals
with deferred_signals() as deferred:
    os.kill(os.getpid(), getattr(signal, sys.argv[1]))
    print("written", deferred.came != [], flush=True)
print("went on", flush=True)
"""


@posix_only
@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_a_signal_takes_effect_after_the_writes(name: str) -> None:
    ended = run_python(_TO_BE_KILLED, name, check=False)
    assert (ended.stdout, ended.returncode) == ("written True\n", -getattr(signal, name))


def test_ctrl_c_is_found_between_two_writes_and_raised_after_them() -> None:
    steps: list[str] = []

    def interrupted() -> None:
        with deferred_signals() as deferred:
            deferred.check()
            signal.raise_signal(signal.SIGINT)
            steps.append("continued")
            with pytest.raises(KeyboardInterrupt):
                deferred.check()
            steps.append("found")

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert steps == ["continued", "found"]


def test_a_signal_ends_a_question_at_once_and_work_only_between_its_steps() -> None:
    steps: list[str] = []

    def asked(deferred: DeferredSignals) -> None:
        with deferred.waiting():
            signal.raise_signal(signal.SIGINT)
            steps.append("still asking")

    def interrupted() -> None:
        with deferred_signals() as deferred:
            with pytest.raises(KeyboardInterrupt):
                asked(deferred)
            signal.raise_signal(signal.SIGINT)
            steps.append("cleaned up")
            with pytest.raises(KeyboardInterrupt):
                asked(deferred)

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert steps == ["cleaned up"]


@posix_only
def test_what_nohup_ignores_stays_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with deferred_signals() as deferred:
            signal.raise_signal(signal.SIGHUP)
            deferred.check()
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_handlers_are_restored() -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    with deferred_signals():
        pass
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


# The user


@pytest.mark.parametrize("failure", [KeyError("uid not found"), OSError("no user"), ImportError("no pwd")])
def test_b16_a_machine_without_user_names_has_none(monkeypatch: pytest.MonkeyPatch, failure: Exception) -> None:
    def unknown() -> str:
        raise failure

    monkeypatch.setattr(getpass, "getuser", unknown)
    assert user_name() is None

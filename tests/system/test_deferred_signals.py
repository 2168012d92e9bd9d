"""Signals held back: nothing is interrupted, and none is lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from aws_mfa.system.threads import deferred_signals
from needs import ROOT

POSIX = pytest.mark.skipif(os.name == "nt", reason="POSIX")

_TO_BE_KILLED = """
import os, signal, sys
from aws_mfa.system.threads import deferred_signals
with deferred_signals() as held:
    os.kill(os.getpid(), getattr(signal, sys.argv[1]))
    print("written", held.came != [], flush=True)
print("went on", flush=True)
"""


@POSIX
@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_a_signal_has_its_effect_behind_the_writes(name: str) -> None:
    environ = {**os.environ, "PYTHONPATH": os.path.join(ROOT, "src")}
    ended = subprocess.run(
        [sys.executable, "-c", _TO_BE_KILLED, name],
        env=environ,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (ended.stdout, ended.returncode) == ("written True\n", -getattr(signal, name))


def test_ctrl_c_is_told_between_two_writes_and_raised_behind_them() -> None:
    told: list[str] = []

    def interrupted() -> None:
        with deferred_signals() as held:
            held.check()
            signal.raise_signal(signal.SIGINT)
            told.append("went on")
            with pytest.raises(KeyboardInterrupt):
                held.check()
            told.append("told")

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert told == ["went on", "told"]


@POSIX
def test_what_nohup_ignores_stays_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with deferred_signals() as held:
            signal.raise_signal(signal.SIGHUP)
            held.check()
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_handlers_are_given_back() -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    with deferred_signals():
        pass
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before

"""Deferred signals: nothing is interrupted, and no signal is lost."""

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
with deferred_signals() as deferred:
    os.kill(os.getpid(), getattr(signal, sys.argv[1]))
    print("written", deferred.came != [], flush=True)
print("went on", flush=True)
"""


@POSIX
@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_a_signal_takes_effect_after_the_writes(name: str) -> None:
    command, environ = [sys.executable, "-c", _TO_BE_KILLED, name], {**os.environ, "PYTHONPATH": f"{ROOT}/src"}
    ended = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60, check=False)
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


@POSIX
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

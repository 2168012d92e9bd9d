from __future__ import annotations

import subprocess
import sys
import threading

import pytest

from aws_mfa.system.threads import NoAnswer, answer_within


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
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=20, check=True)
    assert (ended.stdout, ended.stderr) == ("given up\n", "")

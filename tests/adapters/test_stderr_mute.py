from __future__ import annotations

import os
from typing import TYPE_CHECKING

from aws_mfa.adapters.stderr_mute import StderrMute

if TYPE_CHECKING:
    import pytest


def test_what_is_written_inside_goes_nowhere_and_after_it_is_seen_again(capfd: pytest.CaptureFixture[str]) -> None:
    mute = StderrMute()
    os.write(2, b"before ")
    with mute:
        os.write(2, b"gpg: decryption failed ")
    os.write(2, b"after")
    assert capfd.readouterr().err == "before after"


def test_it_can_be_lifted_while_a_backend_hangs_inside(capfd: pytest.CaptureFixture[str]) -> None:
    mute = StderrMute()
    with mute:
        mute.lift()
        os.write(2, b"the keychain did not answer")
    assert capfd.readouterr().err == "the keychain did not answer"


def test_two_at_once_do_not_lose_it(capfd: pytest.CaptureFixture[str]) -> None:
    mute = StderrMute()
    with mute, mute:
        os.write(2, b"gpg: decryption failed ")
    os.write(2, b"after")
    assert capfd.readouterr().err == "after"


def test_no_descriptor_is_left_open() -> None:
    before = os.dup(2)
    os.close(before)
    for _ in range(5):
        with StderrMute():
            pass
    after = os.dup(2)
    os.close(after)
    assert before == after

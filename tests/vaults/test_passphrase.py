"""The passphrase of the age vault, asked at the terminal."""

from __future__ import annotations

from typing import cast

import pytest

from aws_mfa.errors import BadInput, NeedsHuman
from aws_mfa.prompt.terminal import ControllingTerminal
from aws_mfa.vaults.passphrase import TerminalPassphrase
from fakes import FakeTerminal


def asked(terminal: FakeTerminal) -> TerminalPassphrase:
    return TerminalPassphrase(cast("ControllingTerminal", terminal))


def test_a_new_passphrase_is_asked_twice() -> None:
    terminal = FakeTerminal("open sesame", "open sesame")
    assert asked(terminal)(new=True).reveal() == "open sesame"
    assert all(question.startswith("(hidden)") for question in terminal.questions)


def test_two_new_ones_that_differ_are_refused() -> None:
    with pytest.raises(BadInput, match="differ"):
        asked(FakeTerminal(*["open sesame", "open sesam"] * 3))(new=True)


def test_an_old_one_is_asked_once_and_a_wrong_one_is_reported() -> None:
    terminal = FakeTerminal("wrong", "right")
    passphrase = asked(terminal)
    passphrase(new=False)
    assert terminal.said == []
    passphrase(new=False)
    assert terminal.said == ["that passphrase does not open the age vault"]


def test_without_a_terminal_the_command_is_named() -> None:
    with pytest.raises(NeedsHuman) as failure:
        asked(FakeTerminal("x", has_human=False))(new=False)
    assert "AWS_MFA_AGE_PASSPHRASE_COMMAND" in failure.value.hints[0]

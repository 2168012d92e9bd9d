"""The bar: it comes where calls take their time, however few they are, and leaves nothing behind."""

from __future__ import annotations

import io
import sys
import threading

import pytest

from aws_mfa.cli.commands import renew
from aws_mfa.cli.commands.renew import shown_calls


class DrawnTerminal(io.StringIO):
    """A terminal that keeps what was drawn."""

    def isatty(self) -> bool:
        return True


def a_terminal(monkeypatch: pytest.MonkeyPatch) -> DrawnTerminal:
    """Replace stderr by it; pytest would undo that in a fixture."""
    terminal = DrawnTerminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    return terminal


def test_what_is_over_at_once_shows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = a_terminal(monkeypatch)
    with shown_calls(50) as done:
        for _ in range(50):
            done()
    assert drawn.getvalue() == ""


def test_two_calls_that_take_their_time_show_a_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = a_terminal(monkeypatch)
    monkeypatch.setattr(renew, "_BAR_AFTER_S", 0)
    with shown_calls(2) as done:
        done()
        done()
    assert "assuming roles" in drawn.getvalue()


def test_an_interruption_stops_it(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = a_terminal(monkeypatch)
    before = set(threading.enumerate())
    with pytest.raises(KeyboardInterrupt), shown_calls(2):
        raise KeyboardInterrupt
    assert (drawn.getvalue(), set(threading.enumerate()) - before) == ("", set())

"""A turn that is lent out while nobody sits here: who may ask meanwhile, and what ends our wait."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from aws_mfa.adapters.this_machine import InThread
from aws_mfa.rules.renewal_request import RenewalRequest
from aws_mfa.withdrawal import Withdrawal
from aws_mfa.workflows.known_profiles import KnownProfiles
from aws_mfa.workflows.lent_turn import AskedElsewhere, LentTurn
from aws_mfa.workflows.stored_sessions import StoredSessions
from fakes import FakeOutside, FakeTurn, a_session, as_outside
from workflows.test_codes import a_step

if TYPE_CHECKING:
    from collections.abc import Callable

    from fakes import AtOnce

LONG_S = 10.0


class Outside(FakeOutside):
    """With threads that are threads."""

    def beside(self, work: Callable[[], None], failed: Callable[[BaseException], None]) -> AtOnce:
        return InThread(work, failed)  # type: ignore[return-value]  # the Protocol is all that is used


def lent(outside: Outside) -> LentTurn:
    stored = StoredSessions(as_outside(outside), KnownProfiles(as_outside(outside)), RenewalRequest([]), [])
    return LentTurn(a_step(), FakeTurn(outside.turns), stored, as_outside(outside))


def wait(withdrawal: Withdrawal) -> None:
    """Until it is withdrawn."""
    withdrawn = threading.Event()
    withdrawal.wake_by(withdrawn.set)
    assert withdrawn.wait(LONG_S)
    withdrawal.check()


def test_others_have_the_turn_for_as_long_as_it_is_lent() -> None:
    outside = Outside()
    turn = lent(outside)
    assert not turn.was_lent
    with turn(Withdrawal()):
        assert outside.turns.log == ["let go"]
    assert outside.turns.log == ["let go", "take again"]
    assert turn.was_lent


def test_a_session_that_another_process_got_ends_the_wait() -> None:
    outside = Outside()
    step, withdrawal = a_step(), Withdrawal()
    outside.session_cache.store(step.label, step.inputs, a_session())
    with pytest.raises(AskedElsewhere), lent(outside)(withdrawal):
        wait(withdrawal)
    assert outside.turns.log == ["let go"], "there is nothing to ask any more"


def test_another_process_that_asks_a_person_ends_the_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aws_mfa.workflows.lent_turn._LOOK_EVERY_S", 0.02)
    outside = Outside()
    withdrawal = Withdrawal()
    outside.turns.is_anothers = True
    with pytest.raises(AskedElsewhere), lent(outside)(withdrawal):
        wait(withdrawal)

"""Every way in its order until one answers; who is checked beside the question, and what ends it."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from aws_mfa.adapters.this_machine import InThread
from aws_mfa.errors import Cancelled, NeedsHuman, NobodyAnswered, WrongSecret
from aws_mfa.model import SessionRequest
from aws_mfa.rules.code_ways import CodeQuestion
from aws_mfa.workflows.ask_code import Answer, ask_code
from aws_mfa.workflows.renew import Renewal
from fakes import DEVICE, KEYS, FakeOutside, FakeTerminal, FakeWay, as_outside

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from aws_mfa.cancel import Cancellation
    from fakes import AtOnce

QUESTION = CodeQuestion(f"MFA code for {DEVICE}: ", DEVICE, "pass otp aws")
RENEWAL = Renewal(KEYS, SessionRequest(DEVICE, 43200), "us-east-1", "work")


class SaysNo(FakeWay):
    """A person who presses Ctrl-C."""

    def ask(self, question: CodeQuestion, cancellation: Cancellation | None = None) -> str:
        super().ask(question, cancellation)
        raise Cancelled("cancelled")


class LentOut(FakeWay):
    """A terminal that is another program's for a moment."""

    def __init__(self, *answers: str) -> None:
        super().__init__(FakeTerminal(*answers, has_human=False), closed="the terminal belongs to another program now")

    def come_back(self) -> None:
        self.closed = None
        self.terminal.has_human = True


class Waits(FakeWay):
    """A way on which nobody answers until the question is cancelled; `begins` is called when it waits."""

    def __init__(self, begins: Callable[[], None]) -> None:
        super().__init__(FakeTerminal(), "code")
        self._begins = begins

    def ask(self, question: CodeQuestion, cancellation: Cancellation | None = None) -> str:
        assert cancellation is not None
        self._begins()
        cancelled = threading.Event()
        cancellation.wake_by(cancelled.set)
        assert cancelled.wait(10)
        cancellation.check()
        raise AssertionError


class WithThreads(FakeOutside):
    """Where what is done beside is done beside."""

    def beside(self, work: Callable[[], None], failed: Callable[[BaseException], None]) -> AtOnce:
        return InThread(work, failed)  # type: ignore[return-value]  # the Protocol is all that is used


class NotHere(FakeWay):
    """A way that is not worth trying here."""

    def can_answer(self, question: CodeQuestion) -> bool:
        return False


def a_way(*answers: str, name: str = "terminal", closed: str | None = None, has_human: bool = True) -> FakeWay:
    return FakeWay(FakeTerminal(*answers, has_human=has_human), name, closed=closed)


def a_command(*answers: str, closed: str | None = None) -> FakeWay:
    return a_way(*answers, name="mfa_process", closed=closed, has_human=False)


def asked(*ways: FakeWay, first: bool = True, outside: FakeOutside | None = None) -> Answer:
    outside = outside or FakeOutside()
    outside.ways = list(ways)
    return ask_code(RENEWAL, QUESTION, as_outside(outside), checks_keys=first)


def test_the_first_way_that_answers_is_the_last_that_is_asked() -> None:
    ways = [a_command("111111"), a_way("222222")]
    answer = asked(*ways)
    assert (answer.text, answer.way) == ("111111", ways[0])
    assert ways[0].asked == [QUESTION]
    assert ways[1].asked == []


def test_a_way_that_is_closed_leaves_it_to_the_next() -> None:
    ways = [a_command(closed="it failed"), a_way(closed="no terminal"), a_way("333333", name="dialog")]
    answer = asked(*ways)
    assert (answer.text, answer.way.name) == ("333333", "dialog")
    assert [way.asked for way in ways] == [[QUESTION]] * 3


def test_a_way_that_is_not_worth_trying_is_not_asked() -> None:
    absent = NotHere(FakeTerminal("111111"))
    assert asked(absent, a_way("222222")).text == "222222"
    assert absent.asked == []


def test_a_person_who_says_no_is_not_asked_elsewhere() -> None:
    after = a_way("222222", name="dialog")
    with pytest.raises(Cancelled):
        asked(SaysNo(FakeTerminal("111111")), after)
    assert after.asked == []


def test_where_all_are_closed_each_says_why_once() -> None:
    with pytest.raises(NeedsHuman) as refused:
        asked(a_command(closed="mfa_process failed"), a_way(closed="no terminal"), a_way(closed="no terminal"))
    assert refused.value.message == "mfa_process failed; no terminal"


def test_where_one_alone_was_tried_its_own_failure_is_raised() -> None:
    with pytest.raises(NeedsHuman, match=r"^no terminal$"):
        asked(a_way(closed="no terminal"))


def test_where_there_is_no_way_at_all_the_device_is_named() -> None:
    with pytest.raises(NeedsHuman, match=rf"^there is no way here to ask for a code of {DEVICE}$") as refused:
        asked(NotHere(FakeTerminal()))
    assert refused.value.hints == ("run it in a terminal",)


def test_the_keys_are_checked_beside_the_first_question_to_a_person() -> None:
    outside = FakeOutside()
    asked(a_way("111111"), outside=outside)
    assert outside.fake_sts.identity_calls == 1
    asked(a_way("222222"), outside=outside, first=False)
    assert outside.fake_sts.identity_calls == 1


def test_no_time_is_spent_on_it_beside_a_command_or_a_pipe() -> None:
    outside = FakeOutside()
    asked(a_command("111111"), a_way("222222", has_human=False), outside=outside)
    assert outside.fake_sts.identity_calls == 0


def test_what_the_check_finds_ends_the_question_whichever_way_it_stands_open() -> None:
    outside = FakeOutside()
    outside.fake_sts.identity = WrongSecret("the secret is wrong")
    with pytest.raises(WrongSecret):
        asked(a_way(closed="no terminal"), a_way("333333", name="dialog"), outside=outside)


def test_a_question_that_was_put_and_not_answered_is_known_as_that() -> None:
    """Behind a terminal that is not there: those who wait for us need not put it again."""

    class Unanswered(FakeWay):
        def ask(self, question: CodeQuestion, cancellation: Cancellation | None = None) -> str:
            raise NobodyAnswered("nobody answered within 20 s", "in any terminal: aws-mfa code")

    with pytest.raises(NobodyAnswered) as failure:
        asked(a_way(closed="no terminal"), Unanswered(FakeTerminal(), "code"))
    assert failure.value.message == "no terminal; nobody answered within 20 s"


@pytest.mark.parametrize("first", [False, True])
def test_who_comes_back_to_the_terminal_is_asked_there(*, first: bool) -> None:
    """Nobody types a code into the shell of the next terminal while this one has come to the foreground."""
    terminal = LentOut("123456")
    answer = asked(terminal, Waits(terminal.come_back), first=first, outside=WithThreads())
    assert (answer.text, answer.way) == ("123456", terminal)


def test_then_the_turn_that_was_lent_is_our_own_again() -> None:
    log: list[str] = []

    @contextmanager
    def lend(_: Cancellation) -> Iterator[None]:
        log.append("lent")
        yield
        log.append("taken again")

    terminal = LentOut("123456")
    outside = WithThreads()
    outside.ways = [terminal, Waits(terminal.come_back)]
    assert ask_code(RENEWAL, QUESTION, as_outside(outside), checks_keys=False, lent_turn=lend).text == "123456"
    assert log == ["lent", "taken again"]


def test_a_way_that_closes_although_somebody_is_there_is_not_gone_back_to() -> None:
    """A dialog that could not be shown, say: it would be tried for ever."""
    dialog = a_way(name="dialog", closed="no display")
    waiting = a_way("222222", name="code")
    assert asked(dialog, waiting, outside=WithThreads()).way is waiting
    assert len(dialog.asked) == 1

from __future__ import annotations

import pytest

from aws_mfa.errors import BadInput, NeedsHuman, NothingGiven
from aws_mfa.setup.questions import says_yes, until_good
from fakes import FakeTerminal


@pytest.mark.parametrize("answer", ["y", "Y", "yes", " YES "])
def test_a_yes_is_a_yes_in_any_case(answer: str) -> None:
    assert says_yes(FakeTerminal(answer), "replace it? [y/n] ")


@pytest.mark.parametrize("answer", ["n", "no", "", "yep", "ja", "y es"])
def test_whatever_is_not_yes_is_a_no(answer: str) -> None:
    assert not says_yes(FakeTerminal(answer), "replace it? [y/n] ")


def test_nobody_says_neither_yes_nor_no() -> None:
    with pytest.raises(NeedsHuman):
        says_yes(FakeTerminal(has_human=False), "replace it? [y/n] ")


def refusing(terminal: FakeTerminal) -> str:
    answer = terminal.ask("a number: ")
    if not answer:
        raise NothingGiven("nothing was given")
    if not answer.isdigit():
        raise BadInput("that is no number", "like: 12")
    return answer


def test_who_mistypes_is_told_what_would_do_and_asked_again() -> None:
    terminal = FakeTerminal("x", "y", "12")
    assert until_good(lambda: refusing(terminal), terminal) == "12"
    assert terminal.said == ["that is no number", "hint: like: 12"] * 2


def test_three_wrong_answers_are_enough() -> None:
    terminal = FakeTerminal("x", "y", "z", "12")
    with pytest.raises(BadInput):
        until_good(lambda: refusing(terminal), terminal)
    assert terminal.answers == ["12"]


def test_no_answer_at_all_is_not_asked_for_again() -> None:
    terminal = FakeTerminal("", "12")
    with pytest.raises(NothingGiven):
        until_good(lambda: refusing(terminal), terminal)
    assert terminal.answers == ["12"]


def test_where_no_human_types_nothing_is_asked_again() -> None:
    terminal = FakeTerminal("x", "12", has_human=False)
    with pytest.raises(BadInput):
        until_good(lambda: refusing(terminal), terminal)
    assert terminal.answers == ["12"]

"""How the terminal is asked: again after a mistyped answer, and once for a yes or no."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from aws_mfa.errors import BadAnswer, BadInput, NeedsHuman, NothingGiven
from aws_mfa.prompt.providers import until_good
from aws_mfa.setup.questions import says_yes
from fakes import FakeTerminal


@pytest.mark.parametrize("answer", ["y", "Y", "yes", " YES ", "n", "no", "", "N"])
@pytest.mark.parametrize("before", [(), ("yep", "wJalr/y")])
def test_a_yes_in_any_case_is_a_yes_and_what_is_neither_is_asked_again(answer: str, before: tuple[str, ...]) -> None:
    terminal = FakeTerminal(*before, answer)
    assert says_yes(terminal, "replace it? [y/n] ") == (answer.strip().lower() in ("y", "yes"))
    assert terminal.said == ["please answer with y or n"] * len(before)
    assert not says_yes(FakeTerminal("yep", has_human=False), "replace it? [y/n] ")


def test_what_no_person_meant_to_type_is_neither_and_asked_again() -> None:
    terminal = FakeTerminal(BadAnswer("control characters"), "y")
    assert says_yes(terminal, "replace it? [y/n] ")
    assert terminal.said == ["control characters"]


def test_without_a_person_there_is_no_answer() -> None:
    with pytest.raises(NeedsHuman):
        says_yes(FakeTerminal(has_human=False), "replace it? [y/n] ")


def refusing(terminal: FakeTerminal) -> str:
    answer = terminal.ask("a number: ")
    if not answer:
        raise NothingGiven("nothing was given")
    if not answer.isdigit():
        raise BadInput("that is not a number", "like: 12")
    return answer


def test_a_mistyped_answer_is_explained_and_asked_for_again() -> None:
    terminal = FakeTerminal("x", "y", "12")
    assert until_good(lambda: refusing(terminal), terminal) == "12"
    assert terminal.said == ["that is not a number", "hint: like: 12"] * 2


@pytest.mark.parametrize(
    ("answers", "has_human", "failure"),
    [("xyz", True, BadInput), ([""], True, NothingGiven), ("x", False, BadInput)],
    ids=["three wrong answers", "an empty one", "without a person"],
)
def test_it_is_not_asked_again_after(answers: Sequence[str], failure: type[BadInput], *, has_human: bool) -> None:
    terminal = FakeTerminal(*answers, "12", has_human=has_human)
    with pytest.raises(failure):
        until_good(lambda: refusing(terminal), terminal)
    assert terminal.answers == ["12"]

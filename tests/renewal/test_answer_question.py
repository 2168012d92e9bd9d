"""Answering a question that waits in another process: where the code comes from, and what is reported about it."""

from __future__ import annotations

import pytest

from aws_mfa.errors import BadCode, NeedsHuman, RefusedByAws
from aws_mfa.renewal.ask import answer_question
from fakes import DEVICE, FakeInterfaces, FakeQuestion, FakeQuestions, FakeTerminal, as_interfaces


def answered(given: str | None, question: FakeQuestion | None, *typed: str, has_human: bool = True) -> FakeInterfaces:
    interfaces = FakeInterfaces()
    interfaces.open_questions = FakeQuestions(question)
    interfaces.terminal = FakeTerminal(*typed, has_human=has_human)
    assert answer_question(given, as_interfaces(interfaces)) == "answered the question of pid 4711"
    return interfaces


@pytest.mark.parametrize("given", ["123456", "123 456"])
def test_a_code_in_the_argument_is_handed_over_without_a_question(given: str) -> None:
    question = FakeQuestion()
    interfaces = answered(given, question)
    assert question.codes == ["123456"]
    assert (interfaces.terminal.questions, interfaces.terminal.said) == ([], [])


def test_without_a_code_a_person_reads_whose_question_it_is_and_is_asked() -> None:
    question = FakeQuestion()
    interfaces = answered(None, question, "123 456")
    assert question.codes == ["123456"]
    assert interfaces.terminal.said == [f"pid 4711 waits for a code of {DEVICE}"]
    assert interfaces.terminal.questions == [question.text]


def test_a_pipe_is_read_silently() -> None:
    question = FakeQuestion()
    interfaces = answered(None, question, "123456", has_human=False)
    assert question.codes == ["123456"]
    assert interfaces.terminal.said == []


def test_no_open_question_is_reported() -> None:
    for given in (None, "123456"):
        with pytest.raises(NeedsHuman, match=r"^no question is waiting$"):
            answered(given, None, "123456")


@pytest.mark.parametrize(("given", "typed"), [("12345", "123456"), (None, "abcdef"), ("", "123456")])
def test_what_is_no_code_is_not_handed_over(given: str | None, typed: str) -> None:
    question = FakeQuestion()
    with pytest.raises(BadCode):
        answered(given, question, typed)
    assert question.codes == []


def test_a_question_that_ends_meanwhile_takes_ours_away() -> None:
    question = FakeQuestion(over=True)
    with pytest.raises(NeedsHuman, match="the question is over"):
        answered(None, question, "123456")
    assert question.codes == []


def test_what_the_process_says_about_the_code_is_the_outcome() -> None:
    with pytest.raises(RefusedByAws, match=r"^pid 4711 says: AWS refused the code$") as refused:
        answered("123456", FakeQuestion("AWS refused the code", "hint: type the next one", "noise"))
    assert refused.value.hints == ("type the next one", "answer again when it asks again: aws-mfa code")

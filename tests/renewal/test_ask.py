"""The providers in their order until one answers; the check beside the question; answering another process."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from aws_mfa import errors
from aws_mfa.command_lines import unset_variable
from aws_mfa.model import Identity
from aws_mfa.prompt.providers import CodeQuestion
from aws_mfa.renewal.ask import GivenCode, answer_question, ask_code, check_signing_keys
from aws_mfa.system.cancel import Cancellation
from aws_mfa.system.threads import InThread
from fakes import (
    ACCOUNT,
    ANN,
    DEVICE,
    KEYS,
    AtOnce,
    FakeInterfaces,
    FakeProvider,
    FakeQuestion,
    FakeQuestions,
    FakeTerminal,
    a_step,
    as_interfaces,
    asking,
)
from needs import ROOT

ROLE = f"arn:aws:iam::{ACCOUNT}:role/Admin"
QUESTION = CodeQuestion(f"MFA code for {DEVICE}: ", DEVICE, "pass otp aws")


class WithThreads(FakeInterfaces):
    """`beside` starts a thread."""

    def beside(self, work: Callable[[], None], failed: Callable[[BaseException], None]) -> AtOnce:
        return InThread(work, failed)  # type: ignore[return-value]  # the Protocol is all that is used


class NotHere(FakeProvider):
    """A provider that is not worth trying here."""

    def can_answer(self, question: CodeQuestion) -> bool:
        return False


def a_provider(
    *answers: str, name: str = "terminal", closed: str | None = None, has_human: bool = True
) -> FakeProvider:
    return FakeProvider(FakeTerminal(*answers, has_human=has_human), name, closed=closed)


def a_command(*answers: str, closed: str | None = None) -> FakeProvider:
    return a_provider(*answers, name="mfa_process", closed=closed, has_human=False)


def asked(*providers: FakeProvider, first: bool = True, interfaces: FakeInterfaces | None = None) -> GivenCode:
    interfaces = interfaces or FakeInterfaces()
    interfaces.providers = list(providers)
    faked = as_interfaces(interfaces)
    return ask_code(QUESTION, faked, check=(lambda: check_signing_keys(a_step(), KEYS, faked)) if first else None)


def test_the_first_provider_that_answers_is_the_last_that_is_asked() -> None:
    providers = [a_command("111111"), a_provider("222222")]
    answer = asked(*providers)
    assert (answer.text, answer.provider) == ("111111", providers[0])
    assert providers[0].asked == [QUESTION]
    assert providers[1].asked == []


def test_a_provider_that_cannot_answer_leaves_it_to_the_next() -> None:
    providers = [a_command(closed="it failed"), a_provider(closed="no terminal"), a_provider("333333", name="dialog")]
    answer = asked(*providers)
    assert (answer.text, answer.provider.name) == ("333333", "dialog")
    assert [provider.asked for provider in providers] == [[QUESTION]] * 3


def test_a_provider_that_is_not_worth_trying_is_not_asked() -> None:
    absent = NotHere(FakeTerminal("111111"))
    assert asked(absent, a_provider("222222")).text == "222222"
    assert absent.asked == []


@pytest.mark.parametrize("before", [[], ["mfa_process"]], ids=str)
@pytest.mark.parametrize("asked_by", ["terminal", "dialog", "code", "pipe", None])
def test_get_caller_identity_is_sent_when_the_documents_say(before: list[str], asked_by: str | None) -> None:
    claim = (
        "during the first question for a user's code, if a person can be asked: on a terminal, in a dialog or by "
        "`aws-mfa code`, also while a command that comes before them is run; not with `--token` or a pipe"
    )
    for document in ("how-it-works.md", "security-model.md"):
        with open(os.path.join(ROOT, "docs", document), encoding="utf-8") as file:
            assert claim in file.read()
    has_person, interfaces = asked_by in ("terminal", "dialog", "code"), FakeInterfaces()
    last = a_provider("123456", name=asked_by or "ykman", has_human=has_person)
    asked(*(a_command(closed="failed") for _ in before), last, interfaces=interfaces)
    assert (interfaces.fake_sts.identity_calls > 0) is has_person


def test_a_person_who_cancels_is_not_asked_elsewhere() -> None:
    after = a_provider("222222", name="dialog")
    with pytest.raises(errors.Cancelled):
        asked(FakeProvider(FakeTerminal(errors.Cancelled("cancelled"))), after)
    assert after.asked == []


def test_where_all_are_closed_each_says_why_once() -> None:
    closed = a_provider(closed="no terminal")
    with pytest.raises(errors.NeedsHuman) as refused:
        asked(a_command(closed="mfa_process failed"), closed, closed)
    assert refused.value.message == "mfa_process failed; no terminal"


@pytest.mark.parametrize(
    ("chosen", "has_human", "display", "name", "closed", "says"),
    [
        ("dialog", True, "", "dialog", None, "AWS_MFA_PROMPT=dialog leaves the terminal out, and no display answers"),
        ("dialog", True, ":0", "dialog", "no desktop", "AWS_MFA_PROMPT=dialog leaves the terminal out, and no desktop"),
        ("code", True, ":0", "code", None, "=code leaves the terminal and the dialog out"),
        ("terminal", False, ":0", "terminal", "no terminal", "=terminal leaves the dialog out, and no terminal"),
        ("ykman", True, "", "ykman", None, "leaves the terminal out, and no YubiKey answers"),
        ("mfa_process", True, "", "mfa_process", "it failed", "leaves the terminal out, and it failed"),
        ("dialog", False, "", "dialog", None, f"no code of {DEVICE} can be asked for here: no display answers"),
        ("terminal", False, "", "terminal", "no terminal", "no terminal"),
        ("", False, ":0", "terminal", "no terminal", "no terminal"),
    ],
)
def test_the_reason_says_what_the_variable_leaves_out_and_what_is_not_there(
    chosen: str, display: str, name: str, closed: str | None, says: str, *, has_human: bool
) -> None:
    interfaces = FakeInterfaces()
    interfaces.environ = {"AWS_MFA_PROMPT": chosen, "DISPLAY": display}
    interfaces.terminal = FakeTerminal(has_human=has_human)
    one = a_provider(name=name, closed=closed) if closed else NotHere(FakeTerminal(), name)
    interfaces.providers = [one]
    with pytest.raises(errors.NeedsHuman) as refused:
        ask_code(CodeQuestion("MFA code: ", DEVICE), as_interfaces(interfaces))
    assert says in refused.value.message
    assert (unset_variable("AWS_MFA_PROMPT") in "".join(refused.value.hints)) == ("leaves" in says)


def test_without_any_provider_the_device_is_named() -> None:
    with pytest.raises(errors.NeedsHuman, match=rf"^no code of {DEVICE} can be asked for here$") as refused:
        asked(NotHere(FakeTerminal()))
    assert refused.value.hints == ("run it in a terminal",)


def test_a_question_that_was_put_and_not_answered_is_known_as_that() -> None:
    """After a missing terminal: processes that wait for us need not ask again."""

    class Unanswered(FakeProvider):
        def ask(self, question: CodeQuestion, cancellation: Cancellation | None = None) -> str:
            raise errors.NobodyAnswered("nobody answered within 20 s", "in any terminal: aws-mfa code")

    with pytest.raises(errors.NobodyAnswered) as failure:
        asked(a_provider(closed="no terminal"), Unanswered(FakeTerminal(), "code"))
    assert failure.value.message == "no terminal; nobody answered within 20 s"


def test_the_lock_is_yielded_while_another_terminal_is_waited_for_and_not_before() -> None:
    log: list[str] = []

    @contextmanager
    def yielding(_: Cancellation) -> Iterator[None]:
        log.append("released")
        yield
        log.append("taken again")

    interfaces = FakeInterfaces()
    interfaces.providers = [a_provider(closed="no terminal"), a_provider("123456", name="code")]
    assert ask_code(QUESTION, as_interfaces(interfaces), yielded=yielding).text == "123456"
    assert log == ["released", "taken again"]
    interfaces.providers = [a_provider("123456"), a_provider(name="code")]
    assert ask_code(QUESTION, as_interfaces(interfaces), yielded=yielding).text == "123456"
    assert log == ["released", "taken again"]


# The check beside the question, and the code itself.


def code_asked(interfaces: FakeInterfaces, role_arn: str | None = None, *, first: bool, usual: bool = False) -> str:
    faked, step = as_interfaces(interfaces), a_step(role_arn=role_arn, duration_s=43200)
    step.request.is_usual_duration = usual
    check = (lambda: check_signing_keys(step, KEYS, faked)) if first else None
    return ask_code(CodeQuestion("code?", DEVICE), faked, check=check).checked()


def test_the_code_comes_back_without_blanks() -> None:
    """Phones show `123 456`."""
    assert code_asked(asking(" 123 456 "), first=True) == "123456"


@pytest.mark.parametrize(
    "failure", [errors.WrongSecret("no"), errors.ClockSkew("45 min behind"), errors.AwsUnreachable("no network")]
)
def test_what_is_certain_ends_the_question_before_a_code_is_spent(failure: errors.WrongSecret) -> None:
    interfaces = asking("123456")
    interfaces.fake_sts.identity = failure
    with pytest.raises(type(failure)):
        code_asked(interfaces, first=True)
    assert interfaces.fake_sts.sent == []


def test_a_doubtful_refusal_of_the_check_is_left_to_the_call_itself() -> None:
    """A policy of the network's endpoint may deny GetCallerIdentity and allow GetSessionToken."""
    interfaces = asking("123456")
    interfaces.fake_sts.identity = errors.NotAuthorized("denied")
    assert code_asked(interfaces, first=True) == "123456"


def test_a_device_of_another_account_is_reported_before_a_code_is_spent() -> None:
    interfaces = asking("123456")
    interfaces.fake_sts.identity = Identity(ANN.replace(ACCOUNT, "999999999999"), "999999999999", "AIDA")
    with pytest.raises(errors.UnknownDevice, match="999999999999"):
        code_asked(interfaces, first=True)


def test_the_root_user_gets_one_hour_at_most_and_no_role() -> None:
    interfaces = FakeInterfaces()
    interfaces.fake_sts.identity = Identity(f"arn:aws:iam::{ACCOUNT}:root", ACCOUNT, ACCOUNT)
    interfaces.terminal = FakeTerminal("123456", "123456", "123456")
    with pytest.raises(errors.BadInput, match="900 to 3600 seconds for the root user"):
        code_asked(interfaces, first=True)
    with pytest.raises(errors.NotAuthorized, match="root"):
        code_asked(interfaces, ROLE, first=True)
    assert code_asked(interfaces, first=True, usual=True) == "123456"


@pytest.mark.parametrize("code", ["12345", "1234567", "12345a", "", "\u00b2\u00b2\u00b2\u00b2\u00b2\u00b2"])
def test_what_is_no_code_is_never_sent(code: str) -> None:
    interfaces = asking(code)
    with pytest.raises(errors.BadCode, match="six digits"):
        code_asked(interfaces, first=False)


# `aws-mfa code`: the question of another process.


def answered(given: str | None, question: FakeQuestion | None, *typed: str, has_human: bool = True) -> FakeInterfaces:
    interfaces = asking(*typed, has_human=has_human)
    interfaces.remote_questions = FakeQuestions(question)
    assert answer_question(given, as_interfaces(interfaces)) == "answered the question of pid 4711"
    return interfaces


@pytest.mark.parametrize("given", ["123456", "123 456"])
def test_a_code_in_the_argument_is_handed_over_without_a_question(given: str) -> None:
    question = FakeQuestion()
    interfaces = answered(given, question)
    assert question.codes == ["123456"]
    assert (interfaces.terminal.questions, interfaces.terminal.said) == ([], [])


@pytest.mark.parametrize("has_human", [True, False])
def test_without_a_code_it_is_asked_for_and_a_person_reads_whose_question_it_is(*, has_human: bool) -> None:
    question = FakeQuestion()
    interfaces = answered(None, question, "123 456", has_human=has_human)
    assert question.codes == ["123456"]
    assert interfaces.terminal.said == [f"pid 4711 waits for a code of {DEVICE}"] * has_human
    assert interfaces.terminal.questions == [question.text]


def test_no_open_question_is_reported() -> None:
    for given in (None, "123456"):
        with pytest.raises(errors.NeedsHuman, match=r"^no question is waiting$"):
            answered(given, None, "123456")


@pytest.mark.parametrize(("given", "typed"), [("12345", "123456"), (None, "abcdef"), ("", "123456")])
def test_what_is_no_code_is_not_handed_over(given: str | None, typed: str) -> None:
    question = FakeQuestion()
    with pytest.raises(errors.BadCode):
        answered(given, question, typed, has_human=False)
    assert question.codes == []


def test_a_person_who_mistypes_the_code_for_another_process_is_asked_three_times_in_all() -> None:
    question = FakeQuestion()
    interfaces = answered(None, question, "abcdef", "", "123-456")
    assert (question.codes, len(interfaces.terminal.questions)) == (["123456"], 3)
    with pytest.raises(errors.BadCode):
        answered(None, FakeQuestion(), *["abcdef"] * 3, "123456")


def test_a_question_that_ends_meanwhile_ends_ours() -> None:
    question = FakeQuestion(over=True)
    with pytest.raises(errors.NeedsHuman, match="the question is over"):
        answered(None, question, "123456")
    assert question.codes == []


def test_what_the_process_says_about_the_code_is_the_outcome() -> None:
    with pytest.raises(errors.RefusedByAws, match=r"^pid 4711 says: AWS refused the code$") as refused:
        answered("123456", FakeQuestion("AWS refused the code", "hint: type the next one", "noise"))
    assert refused.value.hints == ("type the next one", "answer again when it asks again: aws-mfa code")

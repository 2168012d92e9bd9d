"""Which code providers a run has: what was chosen, what is piped in, which questions another terminal may answer."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

import pytest

from aws_mfa.cli.wiring import RealInterfaces
from aws_mfa.errors import BadInput, NeedsHuman
from aws_mfa.prompt.elsewhere.server import AnsweredElsewhere
from aws_mfa.prompt.open import open_code_providers
from aws_mfa.prompt.providers import CodeQuestion
from aws_mfa.prompt.terminal import NoTerminal, PipedAnswers
from fakes import DEVICE, FakeTerminal

if TYPE_CHECKING:
    from aws_mfa.prompt.providers import CodeProvider, Terminal


QUESTION = CodeQuestion(f"MFA code for {DEVICE}: ", DEVICE)


def providers(
    environ: Mapping[str, str] | None = None,
    terminal: Terminal | None = None,
    *,
    hands_over: bool = False,
    never_asks: bool = False,
) -> list[CodeProvider]:
    said: list[str] = []
    given = environ or {}, terminal or FakeTerminal(), "/nowhere"
    return open_code_providers(*given, say=said.append, hands_over=hands_over, never_asks=never_asks)


def names(found: list[CodeProvider]) -> list[str]:
    return [provider.name for provider in found]


COMMANDS_FIRST = "mfa_process,ykman,terminal,dialog"
CI = {"CI": "true", "DISPLAY": ":99"}


@pytest.mark.parametrize(
    ("environ", "alone", "handed_over", "piped"),
    [
        ({}, COMMANDS_FIRST, f"{COMMANDS_FIRST},code", "terminal,mfa_process"),
        # Browser tests have a display there, but no person sees it.
        (CI, "mfa_process,ykman,terminal", "mfa_process,ykman,terminal,code", "terminal,mfa_process"),
        *(({**CI, "AWS_MFA_PROMPT": name}, name, name, name) for name in ("code", "dialog,terminal", "terminal,code")),
        *(({"AWS_MFA_PROMPT": name}, name, name, name) for name in ("code", "dialog", "dialog,terminal")),
    ],
)
def test_commands_come_first_a_piped_code_before_them_and_what_is_chosen_is_all_there_is(
    environ: dict[str, str], alone: str, handed_over: str, piped: str
) -> None:
    assert ",".join(names(providers(environ))) == alone
    assert ",".join(names(providers(environ, hands_over=True))) == handed_over
    assert ",".join(names(providers(environ, PipedAnswers()))) == piped


def test_an_unknown_name_is_refused_even_if_nothing_is_asked() -> None:
    for never_asks in (False, True):
        with pytest.raises(BadInput, match="is not a way to ask"):
            providers({"AWS_MFA_PROMPT": "telegram"}, never_asks=never_asks)


def test_only_questions_to_people_can_be_answered_elsewhere() -> None:
    def elsewhere(found: list[CodeProvider]) -> list[str]:
        return [provider.name for provider in found if isinstance(provider, AnsweredElsewhere)]

    assert elsewhere(providers(hands_over=True)) == ["terminal", "dialog"]
    assert elsewhere(providers(terminal=PipedAnswers())) == []
    assert elsewhere(providers(terminal=NoTerminal())) == ["dialog"]


def test_never_asks_leaves_only_a_refusal(home: str) -> None:
    interfaces = RealInterfaces(reads_pipe=False, never_asks=True, environ={"HOME": home, "USERPROFILE": home})
    (provider,) = interfaces.code_providers
    with pytest.raises(NeedsHuman) as refused:
        provider.ask(QUESTION)
    assert refused.value.hints == ("run the same without --no-input in a terminal",)
    assert os.listdir(home) == []


@pytest.mark.skipif(os.name == "nt", reason="Windows has no Unix sockets in Python")
@pytest.mark.parametrize(("value", "waits"), [("", True), ("false", True), ("0", True), ("true", False), ("1", False)])
def test_in_ci_no_question_waits_for_another_terminal(value: str, *, waits: bool) -> None:
    assert providers({"CI": value}, hands_over=True)[-1].can_answer(QUESTION) is waits
    assert providers({"CI": value, "AWS_MFA_PROMPT": "code"})[-1].can_answer(QUESTION)

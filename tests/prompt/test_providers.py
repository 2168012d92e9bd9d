"""Which code providers are tried, in which order."""

from __future__ import annotations

import pytest

from aws_mfa.errors import BadInput
from aws_mfa.prompt.providers import PROVIDERS, choose_providers


@pytest.mark.parametrize("given", [None, "", " ", ",", " , "])
def test_by_default_all_of_them_commands_first(given: str | None) -> None:
    environ = {} if given is None else {"AWS_MFA_PROMPT": given}
    assert choose_providers(environ) == PROVIDERS == ("mfa_process", "ykman", "terminal", "dialog", "code")


@pytest.mark.parametrize(
    ("given", "chosen"),
    [
        ("dialog", ("dialog",)),
        ("dialog,terminal", ("dialog", "terminal")),
        (" Dialog , TERMINAL,", ("dialog", "terminal")),
        ("code,dialog,code", ("code", "dialog")),
    ],
)
def test_the_variable_names_them_in_its_order(given: str, chosen: tuple[str, ...]) -> None:
    assert choose_providers({"AWS_MFA_PROMPT": given}) == chosen


@pytest.mark.parametrize("given", ["tty", "terminal dialog", "terminal,zenity"])
def test_an_unknown_name_is_refused_with_the_list(given: str) -> None:
    with pytest.raises(BadInput, match="is not a way to ask for a code") as refused:
        choose_providers({"AWS_MFA_PROMPT": given})
    assert refused.value.hints == ("choose from: mfa_process,ykman,terminal,dialog,code",)

"""`forget` and names: an unknown one is a mistake, one without a session is not."""

from __future__ import annotations

import pytest

from aws_mfa.cli.commands import forget
from aws_mfa.errors import BadProfile, NotSetUp
from cli.commands.running import run_command
from fakes import FakeInterfaces, a_session

CONFIG = "[profile dev]\nregion = eu-west-1\n"
NOTHING = "no stored session: nothing was removed\n"


def some_interfaces(*labels: str) -> FakeInterfaces:
    interfaces = FakeInterfaces("", CONFIG)
    interfaces.known_keys.text = "[work-long-term]\nvault = keychain\n"
    for label in labels:
        interfaces.session_cache.store(label, {"device": "d"}, a_session())
    return interfaces


@pytest.mark.parametrize("argv", [("dev",), ("work",), ("dev", "work"), ("--all",)])
def test_a_profile_without_a_session_is_no_failure(argv: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(forget, some_interfaces(), *argv) == 0
    assert capsys.readouterr().out == NOTHING


def test_a_mistyped_name_is_named_and_the_others_are_forgotten(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(BadProfile, match="there is no profile 'prdo'"):
        run_command(forget, some_interfaces("dev"), "prdo", "dev")
    assert capsys.readouterr().out == "dev: removed from the session cache\n"


def test_a_session_of_a_profile_that_is_gone_can_be_forgotten() -> None:
    assert run_command(forget, some_interfaces("gone"), "gone") == 0


def test_what_could_not_be_looked_at_is_a_failure_after_the_rest_is_removed(capsys: pytest.CaptureFixture[str]) -> None:
    interfaces = some_interfaces("dev")
    interfaces.session_cache.missed = ["what is stored in /run/x could not all be removed: no"]
    with pytest.raises(NotSetUp, match="what is stored in /run/x could not all be removed: no"):
        run_command(forget, interfaces, "dev", "work")
    assert capsys.readouterr().out == "dev: removed from the session cache\n"
    with pytest.raises(NotSetUp):
        run_command(forget, interfaces, "--all")
    assert capsys.readouterr().out == ""

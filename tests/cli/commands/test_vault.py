"""`aws-mfa vault` for an agent: keys that the rule keeps from it are neither moved nor removed."""

from __future__ import annotations

import pytest

from aws_mfa.cli.commands import vault
from aws_mfa.errors import RefusedByRule
from cli.commands.running import run_command
from fakes import KEYS, FakeInterfaces


@pytest.mark.parametrize("argv", [("move", "work", "--to", "file", "--yes"), ("remove", "work", "--yes")])
@pytest.mark.parametrize("name", ["work", "work-long-term"])
@pytest.mark.parametrize("value", ["refuse", "read-only"])
def test_an_agent_that_gets_less_moves_and_removes_no_keys(argv: tuple[str, ...], name: str, value: str) -> None:
    interfaces = FakeInterfaces(config=f"[profile work]\naws_mfa_agent = {value}\n")
    interfaces.vaults["keychain"].stored["work-long-term"] = KEYS
    interfaces.known_keys.text = "[work-long-term]\nvault = keychain\naccess_key_id = AKIAANN\n"
    interfaces.agent = "ci"
    with pytest.raises(RefusedByRule, match="aws_mfa_agent in"):
        run_command(vault, interfaces, *(name if word == "work" else word for word in argv))
    assert interfaces.vaults["keychain"].stored == {"work-long-term": KEYS}
    assert not interfaces.credentials.text

"""`plan` asks nothing: no menu, no passphrase, no keychain to be unlocked."""

from __future__ import annotations

from pathlib import Path

import pytest

from aws_mfa.cli.commands import plan
from aws_mfa.cli.wiring import RealInterfaces
from aws_mfa.errors import NeedsHuman
from cli.commands.running import run_command
from fakes import DEVICE, KEYS, FakeIam, FakeInterfaces, FakeTerminal

CONFIG = "[profile work]\nregion = eu-west-1\n"


def test_a_device_that_would_be_chosen_from_a_menu_is_a_line_to_write(capsys: pytest.CaptureFixture[str]) -> None:
    interfaces = FakeInterfaces("", CONFIG)
    interfaces.vaults["keychain"].stored["work-long-term"] = KEYS
    interfaces.terminal = FakeTerminal("1")
    interfaces.fake_iam = FakeIam([DEVICE, f"{DEVICE}-2"])
    assert run_command(plan, interfaces, "work") == 3
    shown = capsys.readouterr().out
    assert "work: this user has several MFA devices\n" in shown
    assert f"hint: write into [profile work] of ~/.aws/config: mfa_serial = {DEVICE}-2\n" in shown
    assert interfaces.terminal.questions == []


def test_a_passphrase_that_is_not_asked_for_is_named_as_such(tmp_path: Path) -> None:
    """There is no --no-input, and there may be a terminal."""
    interfaces = RealInterfaces(environ={"HOME": str(tmp_path), "AWS_CONFIG_FILE": str(tmp_path / "config")})
    (tmp_path / ".aws" / "mfa").mkdir(parents=True)
    (tmp_path / ".aws" / "mfa" / "keys.age").write_text("age-encryption.org/v1\n-> scrypt AAAA 10\nAAAA\n--- AAAA\n")
    with pytest.raises(NeedsHuman, match="needs its passphrase, and this command does not ask for it"):
        interfaces.replaced(unattended=True).vault("age").load("work-long-term")

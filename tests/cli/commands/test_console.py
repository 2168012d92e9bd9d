"""What `aws-mfa console` says, and where the URL goes."""

from __future__ import annotations

import pytest

from aws_mfa.cli.commands import console
from cli.commands.running import run_command
from fakes import ANN, DEVICE, KEYS, FakeInterfaces

URL = "https://eu-west-1.signin.aws.amazon.com/federation?Action=login&Issuer=aws-mfa&Destination="


@pytest.fixture
def interfaces() -> FakeInterfaces:
    interfaces = FakeInterfaces("", f"[profile work]\nmfa_serial = {DEVICE}\nregion = eu-west-1\n")
    interfaces.vaults["keychain"].stored["work-long-term"] = KEYS
    interfaces.known_keys.text = "[work-long-term]\nvault = keychain\n"
    return interfaces


def test_only_the_browser_gets_the_url(interfaces: FakeInterfaces, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(console, interfaces, "work") == 0
    assert [url.startswith(URL) for url in interfaces.browser.opened] == [True]
    assert capsys.readouterr() == ("", "")


def test_only_the_url_is_printed_if_asked_for(interfaces: FakeInterfaces, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(console, interfaces, "work", "--print-url") == 0
    assert interfaces.browser.opened == []
    assert capsys.readouterr().out.startswith(URL)
    assert interfaces.said[-1] == f"signs in as {ANN} for 12 h"


def test_it_is_printed_and_called_a_secret_where_no_browser_can_be_opened(
    interfaces: FakeInterfaces, capsys: pytest.CaptureFixture[str]
) -> None:
    interfaces.browser.can_open = False
    assert run_command(console, interfaces, "work") == 0
    assert capsys.readouterr().out.startswith(URL)
    assert interfaces.said[-1] == (
        "no browser can be opened from here: open this URL within 15 minutes, and keep it secret"
    )


def test_what_is_printed_holds_neither_url_nor_token(interfaces: FakeInterfaces) -> None:
    interfaces.browser.can_open = False
    run_command(console, interfaces, "work")
    said = "\n".join(interfaces.said)
    assert "sign-in" not in said
    assert "signin" not in said
    assert said.startswith("work has no role: signed in without proof of MFA")

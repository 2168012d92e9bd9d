"""`enroll`: what it prints at the end, and with which exit code it ends."""

from __future__ import annotations

import pytest

from aws_mfa.cli.commands import enroll
from aws_mfa.errors import NotAuthorized
from cli.commands.running import run_command
from fakes import DEVICE, KEYS, FakeIam, FakeInterfaces, FakeTerminal


@pytest.fixture(autouse=True)
def tall_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINES", "99")


def with_device() -> FakeInterfaces:
    interfaces = FakeInterfaces("", f"[profile work]\nmfa_serial = {DEVICE}\n")
    interfaces.vaults["keychain"].stored["work-long-term"] = KEYS
    interfaces.terminal = FakeTerminal("111111", "222222", "333333")
    interfaces.fake_iam = FakeIam([DEVICE])
    return interfaces


def test_what_was_done_is_on_stdout_and_the_picture_is_not(capsys: pytest.CaptureFixture[str]) -> None:
    interfaces = with_device()
    assert run_command(enroll, interfaces, "work", "--replace", "--name", "phone") == 0
    new = DEVICE.replace("/ann", "/phone")
    lines = f"enabled: {new}\nprofile work uses it; get a session with: aws-mfa --profile work\nremoved: {DEVICE}\n"
    assert capsys.readouterr() == (lines, "")
    assert len(interfaces.terminal.drawn) == 1


def test_an_old_device_that_is_still_there_is_a_failure_after_what_was_done(capsys: pytest.CaptureFixture[str]) -> None:
    interfaces = with_device()
    interfaces.fake_iam.failures["deactivate_device"] = NotAuthorized("denied")
    with pytest.raises(NotAuthorized, match=f"{DEVICE} is still a device: denied"):
        run_command(enroll, interfaces, "work", "--replace")
    assert capsys.readouterr().out.startswith(f"enabled: {DEVICE}-2\nprofile work uses it")

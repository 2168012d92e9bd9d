"""`devices`: which devices a user has, and which of them are of use here."""

from __future__ import annotations

import json

import pytest

from aws_mfa.cli.commands import devices
from aws_mfa.errors import NotAuthorized
from aws_mfa.model import LongTermKeys, Session
from cli.commands.running import run_command
from fakes import ACCOUNT, ANN, DEVICE, KEYS, FakeIam, FakeInterfaces, FakeTerminal

FIDO = f"arn:aws:iam::{ACCOUNT}:u2f/user/ann/KEY-1"
TOKEN = "GAHT12345678"


def with_devices(*listed: str) -> FakeInterfaces:
    interfaces = FakeInterfaces("", f"[profile work]\nmfa_serial = {DEVICE}\n")
    interfaces.vaults["keychain"].stored["work-long-term"] = KEYS
    interfaces.fake_iam = FakeIam(list(listed))
    return interfaces


def test_kind_use_and_whether_sts_takes_the_codes(capsys: pytest.CaptureFixture[str]) -> None:
    interfaces = with_devices(DEVICE, TOKEN, FIDO)
    assert run_command(devices, interfaces, "work") == 0
    assert capsys.readouterr().out == (
        f"{'device':44}  kind                     codes for STS  used by\n"
        f"{DEVICE:44}  virtual                  yes            work\n"
        f"{TOKEN:44}  hardware                 yes            -\n"
        f"{FIDO:44}  passkey or security key  no             -\n"
    )
    assert interfaces.terminal.questions == []


def test_the_json_has_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    run_command(devices, with_devices(DEVICE, FIDO), "work", "--json")
    assert json.loads(capsys.readouterr().out) == {
        "version": 1,
        "profile": "work",
        "user": ANN,
        "devices": [
            {"device": DEVICE, "kind": "virtual", "accepts_codes": True, "is_used": True},
            {"device": FIDO, "kind": "passkey or security key", "accepts_codes": False, "is_used": False},
        ],
    }


@pytest.mark.parametrize(("listed", "why"), [((), f"{ANN} has no MFA device"), ((FIDO,), "STS accepts no passkey")])
def test_a_user_without_codes_is_told_what_to_do(
    listed: tuple[str, ...], why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    run_command(devices, with_devices(*listed), "work")
    shown = capsys.readouterr().out
    assert why in shown
    assert "add an authenticator app with: aws-mfa enroll work\n" in shown
    assert ("aws login" in shown) is bool(listed)
    assert f"profile work names a device that is not this user's, {DEVICE}" in shown


class WantsMfa(FakeIam):
    """IAM lists devices for MFA sessions only."""

    def list_mfa_devices(self, signer: LongTermKeys | Session) -> list[str]:
        if isinstance(signer, LongTermKeys):
            raise NotAuthorized("denied")
        return super().list_mfa_devices(signer)


def test_if_iam_wants_mfa_a_code_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    interfaces = with_devices()
    interfaces.fake_iam, interfaces.terminal = WantsMfa([DEVICE]), FakeTerminal("123456")
    assert run_command(devices, interfaces, "work") == 0
    assert f"{DEVICE}  virtual" in capsys.readouterr().out

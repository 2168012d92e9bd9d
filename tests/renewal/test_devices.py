"""Finding the MFA device: what IAM tells, what STS can take, what a human chooses."""

from __future__ import annotations

import pytest

from aws_mfa.errors import AwsMfaError, AwsUnreachable, NoDevice, NotAuthorized, UnknownKey
from aws_mfa.renewal.users import discover_device
from fakes import ACCOUNT, DEVICE, KEYS, FakeIam, FakeInterfaces, FakeTerminal, as_interfaces

FIDO = f"arn:aws:iam::{ACCOUNT}:u2f/user/ann/key-1"
TABLET = f"arn:aws:iam::{ACCOUNT}:mfa/tablet"


def interfaces_with(*devices: str, terminal: FakeTerminal | None = None) -> FakeInterfaces:
    interfaces = FakeInterfaces()
    interfaces.fake_iam = FakeIam(list(devices))
    interfaces.terminal = terminal or FakeTerminal(has_human=False)
    return interfaces


def test_one_device_is_used_without_a_question() -> None:
    assert discover_device(KEYS, "us-east-1", as_interfaces(interfaces_with(DEVICE))) == DEVICE


def test_security_keys_are_left_out() -> None:
    assert discover_device(KEYS, "us-east-1", as_interfaces(interfaces_with(FIDO, DEVICE))) == DEVICE


def test_a_user_with_security_keys_only_is_sent_to_aws_login() -> None:
    with pytest.raises(NoDevice, match="STS can never take those") as failure:
        discover_device(KEYS, "us-east-1", as_interfaces(interfaces_with(FIDO)))
    assert any("aws login" in hint for hint in failure.value.hints)


@pytest.mark.parametrize("answer", ["2", TABLET])
def test_several_devices_are_a_menu_on_a_terminal(answer: str) -> None:
    interfaces = interfaces_with(DEVICE, TABLET, terminal=FakeTerminal("7", "x", answer))
    assert discover_device(KEYS, "us-east-1", as_interfaces(interfaces)) == TABLET
    assert f"  2  {TABLET}" in interfaces.terminal.said


def test_several_devices_elsewhere_are_listed_with_the_flag_that_chooses() -> None:
    with pytest.raises(NoDevice, match="several") as failure:
        discover_device(KEYS, "us-east-1", as_interfaces(interfaces_with(DEVICE, TABLET)))
    assert failure.value.hints == (f"--device {DEVICE}", f"--device {TABLET}")


@pytest.mark.parametrize("refusal", [NotAuthorized("denied"), UnknownKey("without MFA, IAM says so")])
def test_a_refusal_of_iam_asks_for_the_flag(refusal: AwsMfaError) -> None:
    interfaces = interfaces_with()
    interfaces.fake_iam = FakeIam(refusal)
    with pytest.raises(NoDevice, match="did not tell") as failure:
        discover_device(KEYS, "us-east-1", as_interfaces(interfaces))
    assert "--device" in failure.value.hints[0]


def test_a_missing_network_is_reported_as_such() -> None:
    interfaces = interfaces_with()
    interfaces.fake_iam = FakeIam(AwsUnreachable("no network"))
    with pytest.raises(AwsUnreachable):
        discover_device(KEYS, "us-east-1", as_interfaces(interfaces))

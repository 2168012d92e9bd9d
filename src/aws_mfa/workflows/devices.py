"""
The MFA device: the one given, else the one IAM knows, else one chosen from a menu.

FIDO keys and passkeys are left out: STS takes codes only, and they have none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_mfa.errors import ClockSkew, NoDevice, RefusedByAws, SeveralDevices, WrongSecret
from aws_mfa.rules.arns import check_device, is_fido

if TYPE_CHECKING:
    from aws_mfa.model import LongTermKeys
    from aws_mfa.workflows.outside import Outside


_GIVE_IT = "give it with: --device arn:aws:iam::ACCOUNT:mfa/NAME (IAM console, Security credentials shows it)"


def discover_device(keys: LongTermKeys, region: str, outside: Outside) -> str:
    """Ask `iam:ListMFADevices`; one -> that one, several -> a menu on a terminal, else `SeveralDevices` lists them."""
    try:
        devices = outside.iam(region).list_mfa_devices(keys)
    except (ClockSkew, WrongSecret):
        raise
    except RefusedByAws as error:
        # Not told apart: without MFA, IAM answers to good keys that it does not know them.
        raise NoDevice(f"IAM was asked for the MFA device and did not tell: {error.message}", _GIVE_IT) from error
    usable = [check_device(device, source="IAM") for device in devices if not is_fido(device)]
    if not usable:
        raise _none_usable(devices)
    return usable[0] if len(usable) == 1 else _chosen(usable, outside)


def _none_usable(devices: list[str]) -> NoDevice:
    if not devices:
        return NoDevice(
            "IAM knows no MFA device of this user",
            "add an authenticator app: IAM console, Security credentials, Assign MFA device",
        )
    return NoDevice(
        "this user has passkeys or security keys only, and STS can never take those",
        "sign in with the passkey instead: aws login",
        "or add an authenticator app as a second device: IAM console, Security credentials",
    )


def _chosen(devices: list[str], outside: Outside) -> str:
    terminal = outside.terminal
    if not terminal.has_human:
        raise SeveralDevices("this user has several MFA devices", *(f"--device {device}" for device in devices))
    terminal.say("Your MFA devices:")
    for number, device in enumerate(devices, 1):
        terminal.say(f"  {number}  {device}")
    while True:
        answer = terminal.ask(f"Which one has the code? [1-{len(devices)}]: ").strip()
        if answer in devices:
            return answer
        if answer.isascii() and answer.isdigit() and 1 <= int(answer) <= len(devices):
            return devices[int(answer) - 1]
        terminal.say(f"please answer with a number from 1 to {len(devices)}")

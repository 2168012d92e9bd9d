"""
The MFA device: the one given, else the one IAM knows, else one chosen from a menu.

FIDO keys and passkeys are left out: STS takes codes only, and they have none.
"""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING

from aws_mfa.aws.endpoints import NO_SETTINGS
from aws_mfa.aws_values.arns import check_device, is_fido
from aws_mfa.config.ini import sections
from aws_mfa.config.profile_names import header_of
from aws_mfa.errors import ClockSkew, NoDevice, RefusedByAws, SeveralDevices, WrongSecret

if TYPE_CHECKING:
    from aws_mfa.aws.endpoints import EndpointSettings
    from aws_mfa.interfaces import Interfaces
    from aws_mfa.model import LongTermKeys


_GIVE_IT = "give it with: --device arn:aws:iam::ACCOUNT:mfa/NAME (IAM console, Security credentials shows it)"


def discover_device(
    keys: LongTermKeys,
    region: str,
    interfaces: Interfaces,
    endpoints: EndpointSettings = NO_SETTINGS,
    *,
    profile: str | None = None,
) -> str:
    """
    Ask `iam:ListMFADevices`; one -> that one, several -> a menu on a terminal, else `SeveralDevices` lists them.

    Whoever chose is told where `profile` can say it from then on.
    """
    devices = usable_devices(listed_devices(keys, region, interfaces, endpoints))
    device = chosen_device(devices, interfaces)
    if len(devices) > 1 and profile is not None:
        interfaces.terminal.say(f"to be asked no more, {line_for_device(profile, device, interfaces)}")
    return device


def line_for_device(profile: str, device: str, interfaces: Interfaces) -> str:
    """`write into [profile work] of ~/.aws/config: mfa_serial = ...`."""
    headers = (section.name for section in sections(interfaces.config.read(), where=interfaces.config.path))
    return f"write into [{header_of(profile, headers)}] of {interfaces.config.path}: mfa_serial = {device}"


def listed_devices(
    keys: LongTermKeys, region: str, interfaces: Interfaces, endpoints: EndpointSettings = NO_SETTINGS
) -> list[str]:
    """All devices that IAM knows of this user, passkeys too; `NoDevice` where it does not tell."""
    try:
        return interfaces.iam(region, endpoints).list_mfa_devices(keys)
    except (ClockSkew, WrongSecret):
        raise
    except RefusedByAws as error:
        # Not told apart: without MFA, IAM answers to good keys that it does not know them.
        raise NoDevice(f"IAM was asked for the MFA device and did not tell: {error.message}", _GIVE_IT) from error


def usable_devices(devices: list[str]) -> list[str]:
    """Those of them that have codes; `NoDevice` where none has."""
    usable = [check_device(device, source="IAM") for device in devices if not is_fido(device)]
    if not usable:
        raise _none_usable(devices)
    return usable


def chosen_device(devices: list[str], interfaces: Interfaces) -> str:
    """The only one, or the one that is chosen from a menu; `SeveralDevices` where nobody is there to choose."""
    return devices[0] if len(devices) == 1 else _chosen(devices, interfaces)


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


def _chosen(devices: list[str], interfaces: Interfaces) -> str:
    terminal = interfaces.terminal
    if not terminal.has_human:
        raise SeveralDevices("this user has several MFA devices", *(f"--device {quote(device)}" for device in devices))
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

"""
The device of a profile that is set up: given, told by IAM, or asked; never one that cannot be of these keys.

Where IAM tells its list, that counts: what is not on it is refused. Where it does not tell, account and partition are
compared.
"""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING

from aws_mfa.aws_values import arns
from aws_mfa.errors import AwsMfaError, BadInput, NoDevice, RefusedByAws, Unreachable
from aws_mfa.renewal.users import chosen_device, usable_devices
from aws_mfa.setup.questions import tell, until_good

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_mfa.interfaces import Interfaces
    from aws_mfa.model import Identity

_ROOT = ":root"


def device_to_store(
    given: str | None,
    stored: str | None,
    identity: Identity | None,
    list_devices: Callable[[], list[str]],
    interfaces: Interfaces,
) -> str | None:
    """
    The device, None where nobody can tell it now.

    `given` by the flag, `stored` beside the keys that were there before; `list_devices` asks IAM.
    """
    listed = _listed(identity, list_devices)
    if given is not None:
        _check_owner(given, identity, "--device")
        if isinstance(listed, list):
            _check_listed(given, listed)
        return given
    if isinstance(listed, list):
        return _found(listed, stored, interfaces)
    tell(listed, interfaces.terminal)
    kept = stored if stored and _may_be_theirs(stored, identity) else None
    return (
        _asked_device(identity, kept or _likely_device(identity), interfaces) if interfaces.terminal.has_human else kept
    )


def _listed(identity: Identity | None, list_devices: Callable[[], list[str]]) -> list[str] | AwsMfaError:
    """What IAM tells, or why it does not."""
    if identity is None:
        return NoDevice("AWS could not be asked for your MFA device")
    try:
        devices = list_devices()
    except (NoDevice, RefusedByAws, Unreachable) as error:
        return error
    if not devices and identity.arn.endswith(_ROOT):
        return NoDevice("IAM does not tell the MFA devices of the root user")
    return devices


def _found(listed: list[str], stored: str | None, interfaces: Interfaces) -> str | None:
    try:
        usable = usable_devices(listed)
    except NoDevice as error:
        tell(error, interfaces.terminal)
        return None
    if stored in usable and not interfaces.terminal.has_human:
        return stored
    return chosen_device(usable, interfaces)


def _check_owner(device: str, identity: Identity | None, source: str) -> None:
    """Raise `BadInput` where the device is of another account or partition than the keys."""
    if identity is None:
        return
    account, partition = arns.account_of(device), arns.partition_of(device)
    if account not in (None, identity.account) or partition not in (None, arns.partition_of(identity.arn)):
        raise BadInput(
            f"the device given by {source} cannot be of these keys, which are of {identity.arn}: {device}",
            "look it up in the IAM console: Security credentials shows it",
        )


def _check_listed(device: str, listed: list[str]) -> None:
    usable = usable_devices(listed)
    if device not in usable:
        raise BadInput(
            f"the device given by --device is not one that IAM lists for the user of these keys: {device}",
            *(f"IAM lists: --device {quote(one)}" for one in usable),
        )


def _may_be_theirs(device: str, identity: Identity | None) -> bool:
    try:
        _check_owner(arns.check_device(device, source="the file"), identity, "the file")
    except BadInput:
        return False
    return True


def _asked_device(identity: Identity | None, likely: str | None, interfaces: Interfaces) -> str | None:
    """The device as a human gives it, the likely one for Enter."""
    terminal = interfaces.terminal

    def ask() -> str | None:
        answer = terminal.ask(f"MFA device, ARN or serial [{likely or 'none'}]: ").strip() or likely
        if not answer:
            return None
        device = arns.check_device(answer, source="the answer")
        _check_owner(device, identity, "the answer")
        return device

    return until_good(ask, terminal)


def _likely_device(identity: Identity | None) -> str | None:
    """The console's default: a device named as its user."""
    if identity is None or ":user/" not in identity.arn:
        return None
    partition, name = arns.partition_of(identity.arn), identity.arn.rpartition("/")[2]
    return f"arn:{partition}:iam::{identity.account}:mfa/{name}"

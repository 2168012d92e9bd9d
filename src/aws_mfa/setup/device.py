"""
The device of a profile that is set up: given by a flag, listed by IAM, or asked for; never one of another user's keys.

What IAM does not list is refused; if it lists nothing, account and partition must be those of the keys.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_mfa.aws_values import arns
from aws_mfa.command_lines import quote
from aws_mfa.errors import AwsMfaError, BadInput, NoDevice, RefusedByAws, Unreachable
from aws_mfa.prompt.providers import say_error
from aws_mfa.renewal.users import chosen_device, usable_devices
from aws_mfa.setup.questions import asked_line

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
    """The device: `given` by the flag, listed, `stored` beside the previous keys, or typed; None if none is found."""
    listed = _listed(identity, list_devices)
    if given is not None:
        _check_owner(given, identity, "--device")
        usable = usable_devices(listed) if isinstance(listed, list) else [given]
        if given not in usable:
            raise BadInput(
                f"the device given by --device is not one that IAM lists for the user of these keys: {given}",
                *(f"IAM lists: --device {quote(one)}" for one in usable),
            )
        return given
    if isinstance(listed, list):
        try:
            usable = usable_devices(listed)
        except NoDevice as error:
            say_error(error, interfaces.terminal)
            return None
        return stored if stored in usable and not interfaces.terminal.has_human else chosen_device(usable, interfaces)
    say_error(listed, interfaces.terminal)
    kept = stored if stored and may_be_theirs(stored, identity) else None
    if not (interfaces.terminal.has_human or interfaces.terminal.lines_left()):
        return kept
    likely = kept
    if likely is None and identity is not None and ":user/" in identity.arn:
        # The console's default: a device with its user's name.
        partition, name = arns.partition_of(identity.arn), identity.arn.rpartition("/")[2]
        likely = f"arn:{partition}:iam::{identity.account}:mfa/{name}"
    return _asked_device(identity, likely, interfaces)


def _listed(identity: Identity | None, list_devices: Callable[[], list[str]]) -> list[str] | AwsMfaError:
    """The devices that IAM lists, or why it lists none."""
    if identity is None:
        return NoDevice("AWS could not be asked for your MFA device")
    try:
        devices = list_devices()
    except (NoDevice, RefusedByAws, Unreachable) as error:
        return error
    if not devices and identity.arn.endswith(_ROOT):
        return NoDevice("IAM does not list the MFA devices of the root user")
    return devices


def _check_owner(device: str, identity: Identity | None, source: str) -> None:
    """Raise `BadInput` if the device is of another account or partition than the keys."""
    if identity is None:
        return
    account, partition = arns.account_of(device), arns.partition_of(device)
    if account not in (None, identity.account) or partition not in (None, arns.partition_of(identity.arn)):
        raise BadInput(
            f"the device given by {source} does not belong to the user of these keys, {identity.arn}: {device}",
            "look it up in the IAM console: Security credentials shows it",
        )


def may_be_theirs(device: str, identity: Identity | None) -> bool:
    """Whether nothing says that the device is another user's, or none."""
    try:
        _check_owner(arns.check_device(device, source="the file"), identity, "the file")
    except BadInput:
        return False
    return True


def _asked_device(identity: Identity | None, likely: str | None, interfaces: Interfaces) -> str | None:
    """The device that the user types, the likely one for Enter."""
    terminal = interfaces.terminal

    def ask() -> str | None:
        answer = terminal.ask(f"MFA device, ARN or serial [{likely or 'none'}]: ").strip() or likely
        if not answer:
            return None
        device = arns.check_device(answer, source="the answer")
        _check_owner(device, identity, "the answer")
        return device

    return asked_line(ask, "device", terminal)

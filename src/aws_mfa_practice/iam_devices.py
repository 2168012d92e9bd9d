"""
IAM's calls about MFA devices: list, create a virtual one, enable with two consecutive codes, deactivate, delete.

A virtual device exists before it is enabled for a user, and after it was deactivated. The seed is in the answer of
CreateVirtualMFADevice and nowhere else; its picture (`QRCodePNG`) is left out.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from aws_mfa_practice import parameters as limits
from aws_mfa_practice import refusals
from aws_mfa_practice.iam import allow, page_of, user_asked
from aws_mfa_practice.moments import expiration
from aws_mfa_practice.totp import Device

if TYPE_CHECKING:
    from aws_mfa_practice.account import Account, User
    from aws_mfa_practice.answers import Result
    from aws_mfa_practice.calls import Call
    from aws_mfa_practice.totp import FidoDevice

# Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
DEVICES_PER_USER = 8


def list_mfa_devices(call: Call) -> Result:
    """The devices of the caller, or of the user that the request names; FIDO devices too."""
    user = user_asked(call)
    devices, more = page_of(call, user.devices)
    shown = [
        {"UserName": user.name, "SerialNumber": device.serial, "EnableDate": expiration(device.enabled_at)}
        for device in devices
    ]
    return {"MFADevices": shown, **more}


def list_virtual_mfa_devices(call: Call) -> Result:
    """The account's virtual devices: those in use, those that are not, or all."""
    limits.check(call.parameters, limits.ASSIGNMENT)
    account, asked = call.caller.principal.account, call.parameters.get("AssignmentStatus", "Any")
    allow(call, account.arn("mfa/*"))
    in_use: list[Result] = [
        {
            "SerialNumber": device.serial,
            "EnableDate": expiration(device.enabled_at),
            "User": {"UserName": user.name, "UserId": user.user_id, "Arn": user.arn},
        }
        for user in account.users
        for device in user.devices
        if isinstance(device, Device) and device.serial.startswith("arn:")
    ]
    free: list[Result] = [{"SerialNumber": device.serial} for device in account.unassigned_devices]
    listed = (free if asked != "Assigned" else []) + (in_use if asked != "Unassigned" else [])
    devices, more = page_of(call, listed)
    return {"VirtualMFADevices": list(devices), **more}


def create_virtual_mfa_device(call: Call) -> Result:
    """A device of the name given, for no user yet; its seed, in base32 and then, as every blob, in base64."""
    limits.check(call.parameters, limits.DEVICE_NAME, limits.PATH)
    account = call.caller.principal.account
    serial = account.arn(f"mfa{call.parameters.get('Path', '/')}{call.parameters['VirtualMFADeviceName']}")
    allow(call, serial)
    if any(device.serial == serial for device in _virtual_devices(account)):
        raise refusals.already_exists("MFADevice entity at the same path and name already exists.")
    device = Device(serial, account.clock, enabled_at=0)
    account.unassigned_devices.append(device)
    seed = base64.b64encode(device.base32_seed.encode()).decode()
    return {"VirtualMFADevice": {"SerialNumber": serial, "Base32StringSeed": seed}}


def enable_mfa_device(call: Call) -> Result:
    """Give a device to the user, if the codes are two consecutive ones of about now; they are spent."""
    limits.check(call.parameters, limits.SERIAL_NUMBER, limits.FIRST_CODE, limits.SECOND_CODE)
    user, serial = user_asked(call), call.parameters["SerialNumber"]
    if any(device.serial == serial for other in user.account.users for device in other.devices):
        raise refusals.already_exists("MFA Device is already in use.")
    if len(user.devices) >= DEVICES_PER_USER:
        raise refusals.limit_exceeded(f"Cannot exceed quota for MFADevicesPerUser: {DEVICES_PER_USER}")
    device = next((device for device in user.account.unassigned_devices if device.serial == serial), None)
    if device is None:
        raise refusals.no_such_entity(f"VirtualMFADevice with serial number {serial} does not exist.")
    codes = call.parameters["AuthenticationCode1"], call.parameters["AuthenticationCode2"]
    if not device.accept_consecutive(*codes, call.now):
        raise refusals.invalid_codes()
    user.account.unassigned_devices.remove(device)
    device.enabled_at = call.now
    user.devices.append(device)
    return {}


def deactivate_mfa_device(call: Call) -> Result:
    """Take a device from the user; a virtual one goes on to exist."""
    limits.check(call.parameters, limits.SERIAL_NUMBER)
    user = user_asked(call)
    device = _device_asked(user, call.parameters["SerialNumber"])
    user.devices.remove(device)
    if isinstance(device, Device):
        user.account.unassigned_devices.append(device)
    return {}


def delete_virtual_mfa_device(call: Call) -> Result:
    """Remove a device that no user has."""
    limits.check(call.parameters, limits.SERIAL_NUMBER)
    account, serial = call.caller.principal.account, call.parameters["SerialNumber"]
    allow(call, serial)
    if any(device.serial == serial for user in account.users for device in user.devices):
        raise refusals.delete_conflict("MFA VirtualDevice in use. Must deactivate first.")
    device = next((device for device in account.unassigned_devices if device.serial == serial), None)
    if device is None:
        raise refusals.no_such_entity(f"VirtualMFADevice with serial number {serial} does not exist.")
    account.unassigned_devices.remove(device)
    return {}


def _device_asked(user: User, serial: str) -> Device | FidoDevice:
    device = next((device for device in user.devices if device.serial == serial), None)
    if device is None:
        raise refusals.no_such_entity(f"MFA Device with serial number {serial} does not exist.")
    return device


def _virtual_devices(account: Account) -> list[Device | FidoDevice]:
    return [*account.unassigned_devices, *(device for user in account.users for device in user.devices)]

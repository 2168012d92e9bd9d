"""
IAM, version 2010-05-08: ListMFADevices.

A session without MFA cannot call IAM at all; a user with `may_list_devices` off is denied.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_mfa_practice import parameters as limits
from aws_mfa_practice import refusals
from aws_mfa_practice.account import AssumedRole, User
from aws_mfa_practice.moments import expiration

if TYPE_CHECKING:
    from aws_mfa_practice.answers import Result
    from aws_mfa_practice.calls import Call

PAGE_SIZE = 100


def list_mfa_devices(call: Call) -> Result:
    """The devices of the caller, or of the user that the request names; FIDO devices too."""
    limits.check(call.parameters, limits.USER_NAME, limits.MARKER, limits.MAX_ITEMS)
    principal = call.caller.principal
    if not isinstance(principal, AssumedRole) and call.caller.session is not None and not call.caller.has_mfa:
        raise refusals.unknown_token()
    user = _user_asked(call)
    # The marker is opaque to clients: here it is the index of the page's first device.
    marker = call.parameters.get("Marker", "0")
    if not marker.isdecimal():
        raise refusals.invalid(f"Invalid Marker: {marker}")
    start = int(marker)
    end = start + int(call.parameters.get("MaxItems", PAGE_SIZE))
    page = user.devices[start:end]
    result: Result = {
        "MFADevices": [
            {"UserName": user.name, "SerialNumber": device.serial, "EnableDate": expiration(device.enabled_at)}
            for device in page
        ],
        "IsTruncated": "true" if end < len(user.devices) else "false",
    }
    return {**result, "Marker": str(end)} if end < len(user.devices) else result


def _user_asked(call: Call) -> User:
    principal, name = call.caller.principal, call.parameters.get("UserName")
    if name is None:
        if not isinstance(principal, User):
            raise refusals.invalid("Must specify userName when calling with non-User credentials")
        name = principal.name
    if isinstance(principal, User) and not principal.may_list_devices:
        raise refusals.not_authorized(principal.arn, "iam:ListMFADevices", f"user {name}")
    user = next((user for user in principal.account.users if user.name == name), None)
    if user is None:
        raise refusals.Refusal(404, "NoSuchEntity", f"The user with name {name} cannot be found.")
    return user

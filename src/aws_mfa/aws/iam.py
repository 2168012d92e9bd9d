"""
The calls of IAM that users make about themselves: access keys, MFA devices, the account's alias.

Refuses an answer that no file could hold. Creating is sent once: if the answer is lost, a second call would create a
second key whose secret nobody knows. Everything else may be sent again.
"""

from __future__ import annotations

import base64
import binascii
from contextlib import suppress
from typing import TYPE_CHECKING

from aws_mfa.aws.query import AwsQuery, Call, elements_of, text_of, texts_of
from aws_mfa.aws_values.iam_users import AccessKey, NewDevice
from aws_mfa.aws_values.text import parse_moment
from aws_mfa.model import LongTermKeys, Secret
from aws_mfa.sessions.file_section import can_be_stored

if TYPE_CHECKING:
    from collections.abc import Iterator
    from xml.etree import ElementTree as ET

    from aws_mfa.aws.endpoints import Endpoint
    from aws_mfa.aws.http import AwsHttp
    from aws_mfa.model import Session

    Signer = LongTermKeys | Session

_VERSION = "2010-05-08"
_BASE32 = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567=")
_MOST_PAGES = 10  # a user has eight devices and two keys: one page is usual


class AwsIam:
    """IAM at one endpoint, one in each partition; safe for threads. All calls are about the user who signs."""

    def __init__(self, endpoint: Endpoint, http: AwsHttp) -> None:
        self._query = AwsQuery(endpoint, _VERSION, http)

    # Access keys

    def list_access_keys(self, signer: Signer) -> list[AccessKey]:
        found = []
        for page in self._pages(signer, "ListAccessKeys"):
            for member in elements_of(page, "member"):
                is_active, created_at = text_of(member, "Status") == "Active", text_of(member, "CreateDate")
                found.append(AccessKey(text_of(member, "AccessKeyId"), is_active, parse_moment(created_at)))
        return found

    def create_access_key(self, signer: Signer) -> LongTermKeys:
        """New keys of the user; their secret is in this answer only. AWS may not know them for some seconds."""
        call = Call("CreateAccessKey", {})
        answer, _ = self._query.call(call, signer)
        key_id, secret = text_of(answer, "AccessKeyId"), text_of(answer, "SecretAccessKey")
        if not all(map(can_be_stored, (key_id, secret))):
            raise self._query.unreadable(call)
        return LongTermKeys(key_id, Secret(secret))

    def set_key_active(self, signer: Signer, access_key_id: str, *, active: bool) -> None:
        status = "Active" if active else "Inactive"
        self._query.call(Call("UpdateAccessKey", {"AccessKeyId": access_key_id, "Status": status}), signer)

    def delete_access_key(self, signer: Signer, access_key_id: str) -> None:
        self._query.call(Call("DeleteAccessKey", {"AccessKeyId": access_key_id}), signer)

    def key_last_used(self, signer: Signer, access_key_id: str) -> tuple[float | None, str]:
        """When the keys last signed (seconds since the epoch, None: never), and for which service."""
        answer, _ = self._query.call(Call("GetAccessKeyLastUsed", {"AccessKeyId": access_key_id}), signer)
        return parse_moment(text_of(answer, "LastUsedDate")), text_of(answer, "ServiceName")

    # MFA devices

    def list_mfa_devices(self, signer: Signer) -> list[str]:
        """Serial numbers (ARNs) of the caller's own MFA devices, FIDO keys and passkeys included."""
        pages = self._pages(signer, "ListMFADevices")
        return [serial for page in pages for serial in texts_of(page, "SerialNumber") if serial]

    def unassigned_devices(self, signer: Signer) -> list[str]:
        """ARNs of the account's virtual devices that no user has."""
        pages = self._pages(signer, "ListVirtualMFADevices", {"AssignmentStatus": "Unassigned"})
        return [serial for page in pages for serial in texts_of(page, "SerialNumber") if serial]

    def create_virtual_device(self, signer: Signer, name: str) -> NewDevice:
        call = Call("CreateVirtualMFADevice", {"VirtualMFADeviceName": name})
        answer, _ = self._query.call(call, signer)
        serial, seed = text_of(answer, "SerialNumber"), _seed_in(text_of(answer, "Base32StringSeed"))
        if not (serial and seed):
            raise self._query.unreadable(call)
        return NewDevice(serial, Secret(seed))

    def enable_device(self, signer: Signer, user_name: str, serial: str, codes: tuple[str, str]) -> None:
        """Give the device to the user; `codes` are two consecutive ones of it."""
        first, second = codes
        named = {"UserName": user_name, "SerialNumber": serial}
        call = Call("EnableMFADevice", {**named, "AuthenticationCode1": first, "AuthenticationCode2": second})
        self._query.call(call, signer)

    def deactivate_device(self, signer: Signer, user_name: str, serial: str) -> None:
        """Take the device from the user; a virtual one goes on to exist."""
        self._query.call(Call("DeactivateMFADevice", {"UserName": user_name, "SerialNumber": serial}), signer)

    def delete_virtual_device(self, signer: Signer, serial: str) -> None:
        self._query.call(Call("DeleteVirtualMFADevice", {"SerialNumber": serial}), signer)

    # The account

    def account_alias(self, signer: Signer) -> str | None:
        answer, _ = self._query.call(Call("ListAccountAliases", {}), signer)
        return next(filter(None, texts_of(answer, "member")), None)

    def _pages(self, signer: Signer, action: str, parameters: dict[str, str] | None = None) -> Iterator[ET.Element]:
        marked = dict(parameters or {})
        for _page in range(_MOST_PAGES):
            answer, _ = self._query.call(Call(action, marked), signer)
            yield answer
            marker = text_of(answer, "Marker")
            if text_of(answer, "IsTruncated") != "true" or not marker:
                return
            marked = {**marked, "Marker": marker}


def _seed_in(text: str) -> str | None:
    """The seed in base32: AWS encodes it in base64 once more, as every blob; what imitates AWS may not."""
    with suppress(binascii.Error, ValueError):
        decoded = base64.b64decode(text, validate=True).decode("ascii")
        if _BASE32.issuperset(decoded):
            return decoded
    return text if _BASE32.issuperset(text) else None

"""
AWS IAM, as far as a user may ask about himself: his own MFA devices.

One service per partition. Says nothing about which device is of use to STS: `rules/arns.is_fido` does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_mfa.adapters import aws_answers
from aws_mfa.adapters.aws_query import AwsQuery, Call

if TYPE_CHECKING:
    from aws_mfa.adapters.aws_http import AwsHttp
    from aws_mfa.model import LongTermKeys
    from aws_mfa.rules.endpoints import Endpoint

_API_VERSION = "2010-05-08"
_MOST_PAGES = 10  # a user has eight devices at most; one page is the rule


class AwsIam:
    """IAM at one endpoint; safe for threads."""

    def __init__(self, endpoint: Endpoint, http: AwsHttp) -> None:
        self._query = AwsQuery(endpoint, _API_VERSION, http)

    def list_mfa_devices(self, keys: LongTermKeys) -> list[str]:
        """Serial numbers (ARNs) of the caller's own MFA devices, FIDO and passkeys included."""
        devices: list[str] = []
        parameters: dict[str, str] = {}
        for _page in range(_MOST_PAGES):
            answer = self._query.call(Call("ListMFADevices", parameters), keys)
            devices += filter(None, aws_answers.texts(answer, "SerialNumber"))
            marker = aws_answers.text(answer, "Marker")
            if aws_answers.text(answer, "IsTruncated") != "true" or not marker:
                break
            parameters = {"Marker": marker}
        return devices

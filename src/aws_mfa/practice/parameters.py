"""
Constraints on parameters, and AWS's way to say that one is broken.

Limits and patterns are those of the service models of STS (2011-06-15) and IAM (2010-05-08). All broken
constraints of a request are reported at once, as AWS does.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from aws_mfa.practice.refusals import Refusal, invalid


@dataclass(frozen=True)
class Text:
    """A text parameter: its length in characters and its pattern as AWS words it."""

    name: str
    shortest: int
    longest: int
    pattern: str
    required: bool = False

    def broken(self, value: str) -> list[str]:
        """The constraints that `value` breaks."""
        complaints = []
        if len(value) < self.shortest:
            complaints.append(f"Member must have length greater than or equal to {self.shortest}")
        if len(value) > self.longest:
            complaints.append(f"Member must have length less than or equal to {self.longest}")
        if not re.fullmatch(self.pattern, value, re.ASCII):
            complaints.append(f"Member must satisfy regular expression pattern: {self.pattern}")
        return complaints


@dataclass(frozen=True)
class Number:
    """A whole number and its limits."""

    name: str
    lowest: int
    highest: int
    required: bool = False

    def broken(self, value: str) -> list[str]:
        """The constraints that `value` breaks."""
        try:
            number = int(value)
        except ValueError:
            raise Refusal(400, "MalformedInput", f"{self.name} is not a number") from None
        if number < self.lowest:
            return [f"Member must have value greater than or equal to {self.lowest}"]
        if number > self.highest:
            return [f"Member must have value less than or equal to {self.highest}"]
        return []


_ARN_TEXT = "[\\u0009\\u000A\\u000D\\u0020-\\u007E\\u0085\\u00A0-\\uD7FF\\uE000-\\uFFFD]+"
SERIAL_NUMBER = Text("SerialNumber", 9, 256, r"[\w+=/:,.@-]*")
TOKEN_CODE = Text("TokenCode", 6, 6, r"[\d]*")
SESSION_DURATION = Number("DurationSeconds", 900, 129600)
ROLE_DURATION = Number("DurationSeconds", 900, 43200)
ROLE_ARN = Text("RoleArn", 20, 2048, _ARN_TEXT, required=True)
ROLE_SESSION_NAME = Text("RoleSessionName", 2, 64, r"[\w+=,.@-]*", required=True)
EXTERNAL_ID = Text("ExternalId", 2, 1224, r"[\w+=,.@:\/-]*")
USER_NAME = Text("UserName", 1, 128, r"[\w+=,.@-]+")
MARKER = Text("Marker", 1, 320, "[\\u0020-\\u00FF]+")
MAX_ITEMS = Number("MaxItems", 1, 1000)


def check(parameters: dict[str, str], *constraints: Text | Number) -> None:
    """Refuse the request if any of the parameters breaks a constraint."""
    complaints = []
    for constraint in constraints:
        value = parameters.get(constraint.name)
        member = constraint.name[0].lower() + constraint.name[1:]
        if value is not None:
            complaints += [
                f"Value '{value}' at '{member}' failed to satisfy constraint: {broken}"
                for broken in constraint.broken(value)
            ]
        elif constraint.required:
            complaints.append(f"Value null at '{member}' failed to satisfy constraint: Member must not be null")
    if complaints:
        plural = "s" if len(complaints) > 1 else ""
        raise invalid(f"{len(complaints)} validation error{plural} detected: {'; '.join(complaints)}")

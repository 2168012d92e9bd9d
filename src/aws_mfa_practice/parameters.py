"""
Constraints on parameters, and the refusal by which AWS reports a broken one.

Limits and patterns are those of the service models of STS (2011-06-15) and IAM (2010-05-08). All broken
constraints of a request are reported at once, as AWS does.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from aws_mfa_practice.refusals import Refusal, invalid

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Text:
    """A text parameter: its length in characters, its pattern in AWS's words, and in Python's where those differ."""

    name: str
    shortest: int
    longest: int
    pattern: str
    required: bool = False
    python_pattern: str | None = None

    def complaints(self, parameters: Mapping[str, str]) -> list[str]:
        """What is wrong with this parameter of a request."""
        return _complaints(self, parameters)

    def broken(self, value: str) -> list[str]:
        """The constraints that `value` breaks."""
        broken = _length_broken(len(value), self.shortest, self.longest)
        if not re.fullmatch(self.python_pattern or self.pattern, value, 0 if self.python_pattern else re.ASCII):
            broken.append(f"Member must satisfy regular expression pattern: {self.pattern}")
        return broken


@dataclass(frozen=True)
class Number:
    """A parameter that is a whole number, and its limits."""

    name: str
    lowest: int
    highest: int
    required: bool = False

    def complaints(self, parameters: Mapping[str, str]) -> list[str]:
        """What is wrong with this parameter of a request."""
        return _complaints(self, parameters)

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


@dataclass(frozen=True)
class Choice:
    """A parameter that is one of a few words."""

    name: str
    words: tuple[str, ...]
    required: bool = False

    def complaints(self, parameters: Mapping[str, str]) -> list[str]:
        """What is wrong with this parameter of a request."""
        return _complaints(self, parameters)

    def broken(self, value: str) -> list[str]:
        """The constraint that `value` breaks."""
        listed = f"[{', '.join(self.words)}]"
        return [] if value in self.words else [f"Member must satisfy enum value set: {listed}"]


@dataclass(frozen=True)
class Items:
    """A list, sent as `NAME.member.1.FIELD` and so on; a field that is the member itself has no name."""

    name: str
    longest: int
    fields: tuple[Text, ...]

    def complaints(self, parameters: Mapping[str, str]) -> list[str]:
        """What is wrong with the list and with each field of each of its members."""
        numbers = member_numbers(parameters, self.name)
        too_many = [
            _complaint("'[...]'", self.name, broken) for broken in _length_broken(len(numbers), 0, self.longest)
        ]
        fields = (
            replace(field, name=member_name(self.name, number, field.name))
            for number in numbers
            for field in self.fields
        )
        return too_many + [complaint for field in fields for complaint in field.complaints(parameters)]


def member_numbers(parameters: Mapping[str, str], name: str) -> list[int]:
    """The numbers of a list's members, ascending; gaps are skipped."""
    start = f"{name}.member."
    numbers = {parameter[len(start) :].partition(".")[0] for parameter in parameters if parameter.startswith(start)}
    return sorted(int(number) for number in numbers if number.isdecimal())


def member_name(name: str, number: int, field: str) -> str:
    """The name under which a field of a member is sent."""
    return ".".join(filter(None, (name, "member", str(number), field)))


_TAG_TEXT = r"[\p{L}\p{Z}\p{N}_.:/=+\-@]"
_TAG_TEXT_IN_PYTHON = r"(?:[\w.:/=+\-@]|[^\S\t-\r\x1c-\x1f\x85])"
_ARN_TEXT = "[\\u0009\\u000A\\u000D\\u0020-\\u007E\\u0085\\u00A0-\\uD7FF\\uE000-\\uFFFD]+"
SERIAL_NUMBER = Text("SerialNumber", 9, 256, r"[\w+=/:,.@-]*")
TOKEN_CODE = Text("TokenCode", 6, 6, r"[\d]*")
SESSION_DURATION = Number("DurationSeconds", 900, 129600)
ROLE_DURATION = Number("DurationSeconds", 900, 43200)
ROLE_ARN = Text("RoleArn", 20, 2048, _ARN_TEXT, required=True)
FEDERATED_NAME = Text("Name", 2, 32, r"[\w+=,.@-]*", required=True)
ROLE_SESSION_NAME = Text("RoleSessionName", 2, 64, r"[\w+=,.@-]*", required=True)
EXTERNAL_ID = Text("ExternalId", 2, 1224, r"[\w+=,.@:\/-]*")
SOURCE_IDENTITY = Text("SourceIdentity", 2, 64, r"[\w+=,.@-]*")
# The limit of 2048 characters is the guide's; the service model has none.
POLICY = Text("Policy", 1, 2048, "[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+")
SCOPED_DURATION = Number("DurationSeconds", 1, 129600)
SCOPED_DESCRIPTION = Text("ScopedSessionDescription", 2, 256, "[\\u0009\\u000A\\u000D\\u0020-\\u007E\\u00A1-\\u00FF]*")
_TAG_KEY = Text("Key", 1, 128, f"{_TAG_TEXT}+", required=True, python_pattern=f"{_TAG_TEXT_IN_PYTHON}*")
_TAG_VALUE = Text("Value", 0, 256, f"{_TAG_TEXT}*", required=True, python_pattern=f"{_TAG_TEXT_IN_PYTHON}*")
TAGS = Items("Tags", 50, (_TAG_KEY, _TAG_VALUE))
TRANSITIVE_TAG_KEYS = Items("TransitiveTagKeys", 50, (replace(_TAG_KEY, name=""),))
POLICY_ARNS = Items("PolicyArns", 10, (Text("arn", 20, 2048, _ARN_TEXT, required=True),))
USER_NAME = Text("UserName", 1, 128, r"[\w+=,.@-]+")
ACCESS_KEY_ID = Text("AccessKeyId", 16, 128, r"[\w]+", required=True)
STATUS = Choice("Status", ("Active", "Inactive"), required=True)
ASSIGNMENT = Choice("AssignmentStatus", ("Assigned", "Unassigned", "Any"))
DEVICE_NAME = Text("VirtualMFADeviceName", 1, 226, r"[\w+=,.@-]+", required=True)
PATH = Text("Path", 1, 512, "(\\u002F)|(\\u002F[\\u0021-\\u007E]+\\u002F)")
FIRST_CODE = Text("AuthenticationCode1", 6, 6, r"[\d]+", required=True)
SECOND_CODE = Text("AuthenticationCode2", 6, 6, r"[\d]+", required=True)
MARKER = Text("Marker", 1, 320, "[\\u0020-\\u00FF]+")
MAX_ITEMS = Number("MaxItems", 1, 1000)


def check(parameters: Mapping[str, str], *constraints: Text | Number | Choice | Items) -> None:
    """Refuse the request if any of the parameters breaks a constraint."""
    complaints = [complaint for constraint in constraints for complaint in constraint.complaints(parameters)]
    if complaints:
        plural = "s" if len(complaints) > 1 else ""
        raise invalid(f"{len(complaints)} validation error{plural} detected: {'; '.join(complaints)}")


def _complaints(constraint: Text | Number | Choice, parameters: Mapping[str, str]) -> list[str]:
    value = parameters.get(constraint.name)
    if value is not None:
        return [_complaint(f"'{value}'", constraint.name, broken) for broken in constraint.broken(value)]
    return [_complaint("null", constraint.name, "Member must not be null")] if constraint.required else []


def _complaint(value: str, name: str, broken: str) -> str:
    # `Tags.member.2.Key` is `tags.2.member.key` in AWS's messages.
    name, _, member = name.partition(".member.")
    number, _, field = member.partition(".")
    parts = (name, number, "member" if number else "", field)
    path = ".".join(part[0].lower() + part[1:] for part in parts if part)
    return f"Value {value} at '{path}' failed to satisfy constraint: {broken}"


def _length_broken(length: int, shortest: int, longest: int) -> list[str]:
    if length < shortest:
        return [f"Member must have length greater than or equal to {shortest}"]
    if length > longest:
        return [f"Member must have length less than or equal to {longest}"]
    return []

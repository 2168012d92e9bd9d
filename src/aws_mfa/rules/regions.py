"""
Which region STS is asked in, and who chose it.

The first one given counts, unless it lies in another partition than the device or the role: keys are valid in one
partition only, and an `AWS_REGION` left over from other work must not send them elsewhere. Names are checked so
that none can become part of another host's name. Pure: the caller brings what was given, in order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_mfa.errors import BadInput
from aws_mfa.rules.partitions import PARTITIONS, partition_named, partition_of_region

if TYPE_CHECKING:
    from collections.abc import Iterable

_ALLOWED = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-")
_LONGEST_LABEL = 63
_LAST_RESORT = "us-east-1"
_FEWEST_WORDS = 2
_FORM_HINT = "regions look like: eu-central-1"


class ChosenRegion:
    """A region, the `source` that named it, and a line for each one that was `passed_over`."""

    __slots__ = ("name", "passed_over", "source")

    def __init__(self, name: str, source: str, passed_over: tuple[str, ...] = ()) -> None:
        self.name = name
        self.source = source
        self.passed_over = passed_over


def choose_region(given: Iterable[tuple[str, str | None]], *, partition: str | None) -> ChosenRegion:
    """
    Choose the first region given, of the partition that device or role name.

    `given` is (source, value) in order of precedence: the flag, `AWS_REGION`, `AWS_DEFAULT_REGION`, the profile's
    `region`, the long-term section's; empty values count as absent. `partition` is None where only a hardware
    serial is known. Raises `BadInput` for a malformed name, and for a partition nobody knows a region of.
    """
    passed_over: list[str] = []
    for source, value in given:
        if not value:
            continue
        name = checked_region(value, source=source)
        its_partition = partition_of_region(name).name
        if partition in (None, its_partition) or partition_named(partition or "") is None:
            return ChosenRegion(name, source, tuple(passed_over))
        passed_over.append(f"{source} names region {name} of partition {its_partition}, the device is in {partition}")
    if partition is None:
        return ChosenRegion(_LAST_RESORT, "the default", tuple(passed_over))
    return ChosenRegion(default_region(partition), f"partition {partition}", tuple(passed_over))


def default_region(partition: str) -> str:
    """Return the region asked when none is given: us-east-1, cn-north-1, us-gov-west-1, ...; `BadInput` if unknown."""
    known = partition_named(partition)
    if known is None:
        raise BadInput(f"no region is known for partition {partition!r}", "name one: export AWS_REGION=REGION")
    return known.default_region


def checked_region(name: str, *, source: str) -> str:
    """Return the region's name; `BadInput` unless it is lower-case letters, digits and inner hyphens."""
    name = name.strip()
    if not 1 <= len(name) <= _LONGEST_LABEL or not _ALLOWED.issuperset(name) or name != name.strip("-"):
        raise BadInput(
            f"the region given by {source} is not a region's name: {name[:_LONGEST_LABEL]!a}",
            _FORM_HINT,
        )
    return name


def region_of_form(name: str, *, source: str) -> str:
    """As `checked_region`; `BadInput` unless it has the form of AWS's names, too: words, then a number."""
    name = checked_region(name, source=source)
    *words, number = name.split("-")
    if len(words) < _FEWEST_WORDS or not all(words) or not number.isdigit():
        raise BadInput(f"the region given by {source} is not a region's name: {name}", _FORM_HINT)
    return name


def known_region(name: str, *, source: str) -> str:
    """As `region_of_form`; `BadInput` unless it begins as the regions of a partition, too: a slip of the finger."""
    name = region_of_form(name, source=source)
    if not any(name.startswith(partition.region_prefixes) for partition in PARTITIONS):
        raise BadInput(
            f"no region that begins like this one is known here: {name}",
            f"{_FORM_HINT}; one that is newer than this program is a flag: --region {name}",
        )
    return name


def check_region_of_keys(name: str, partition: str | None, *, source: str) -> None:
    """Raise `BadInput` where the region lies in another partition than the keys; None: nobody knows theirs."""
    known = partition_named(partition or "")
    its_partition = partition_of_region(name).name
    if known is not None and its_partition != known.name:
        raise BadInput(
            f"region {name}, given by {source}, is of partition {its_partition}, and the keys are of {known.name}",
            f"give one of theirs, such as: --region {known.default_region}",
        )

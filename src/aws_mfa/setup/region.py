"""
The region of a profile that is set up: where AWS is asked who the keys belong to, and which region is stored.

`--region` is an order, and fails where it cannot be. A variable and the region that the profile has already are hints:
what cannot be a region, or not one of these keys, is said and passed over. What is typed is asked again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_mfa.aws_values import arns
from aws_mfa.aws_values.regions import (
    check_region_of_keys,
    default_region,
    known_region,
    partition_of_region,
    region_of_form,
)
from aws_mfa.errors import BadInput, UnknownKey, Unreachable
from aws_mfa.setup.questions import says_yes, until_good

if TYPE_CHECKING:
    from aws_mfa.aws.endpoints import EndpointSettings
    from aws_mfa.interfaces import Interfaces
    from aws_mfa.model import Identity, LongTermKeys
    from aws_mfa.setup.questions import Answers

_VARIABLES = ("AWS_REGION", "AWS_DEFAULT_REGION")
# What a human answers -> the partition, and what people call it.
_PARTITIONS = {"aws": ("aws", "the public regions"), "gov": ("aws-us-gov", "GovCloud"), "cn": ("aws-cn", "China")}


def usable_region(name: str | None, source: str, interfaces: Interfaces) -> str | None:
    """The region, None where there is none or it cannot be one: that is said."""
    try:
        return region_of_form(name, source=source) if name else None
    except BadInput as error:
        interfaces.terminal.say(f"{error.message}: it is not used")
        return None


def verified(
    keys: LongTermKeys, answers: Answers, configured: str | None, endpoints: EndpointSettings, interfaces: Interfaces
) -> tuple[Identity | None, str]:
    """Who the keys belong to, and a region of their partition; None where AWS cannot be reached and a person agrees."""
    given = _given_region(answers)
    region = given or _hinted_region(configured, interfaces) or default_region("aws")
    try:
        return interfaces.sts(region, endpoints).get_caller_identity(keys), region
    except UnknownKey as error:
        if given is not None:
            raise
        if not interfaces.terminal.has_human:
            raise UnknownKey(error.message, *error.hints, _other_partitions(region)) from None
        region = _other_partition(error, region, interfaces)
    except Unreachable as error:
        _accept_unverified(error, interfaces)
        return None, region
    return interfaces.sts(region, endpoints).get_caller_identity(keys), region


def region_to_store(
    answers: Answers, configured: str | None, likely: str, partition: str | None, interfaces: Interfaces
) -> str:
    """The flag's, the one that the profile has, or the one that is asked for; never one of another partition."""
    if answers.region:
        check_region_of_keys(answers.region, partition, source="--region")
        return answers.region
    if configured is not None:
        try:
            check_region_of_keys(configured, partition, source=interfaces.config.path)
        except BadInput as error:
            interfaces.terminal.say(f"{error.message}: it is not used")
        else:
            return configured
    try:
        check_region_of_keys(likely, partition, source="")
    except BadInput:
        likely = default_region(partition or "")
    return _asked_region(likely, partition, interfaces)


def _given_region(answers: Answers) -> str | None:
    """The region that the flags name, the device's partition included."""
    partition = arns.partition_of(answers.device or "")
    return answers.region or (default_region(partition) if partition else None)


def _hinted_region(configured: str | None, interfaces: Interfaces) -> str | None:
    found = (usable_region(interfaces.environ.get(name), name, interfaces) for name in _VARIABLES)
    return next((name for name in found if name), configured)


def _asked_region(likely: str, partition: str | None, interfaces: Interfaces) -> str:
    """The region as a human gives it, the likely one for Enter and where nobody is there."""
    if not interfaces.terminal.has_human:
        return likely
    terminal = interfaces.terminal

    def ask() -> str:
        answer = terminal.ask(f"Region [{likely}]: ").strip()
        if answer:
            known_region(answer, source="the answer")
            check_region_of_keys(answer, partition, source="the answer")
        return answer or likely

    return until_good(ask, terminal)


def _other_partitions(region: str) -> str:
    asked = partition_of_region(region).name
    others = [default_region(partition) for partition, _ in _PARTITIONS.values() if partition != asked]
    return f"keys of another partition: name a region of theirs, {' or '.join(others)}, by --region or AWS_REGION"


def _other_partition(error: UnknownKey, region: str, interfaces: Interfaces) -> str:
    """
    A region of the partition that a human names for keys which that of `region` does not know; the error for none.

    Asked first: keys are not shown round in other partitions because a letter was mistyped.
    """
    interfaces.terminal.say(error.message)
    asked = partition_of_region(region).name
    others = {way: partition for way, (partition, _) in _PARTITIONS.items() if partition != asked}
    places = ", of ".join(f"{_PARTITIONS[way][1]} ({way})" for way in others)
    answer = interfaces.terminal.ask(f"Are they keys of {places}, or neither? [neither]: ")
    partition = others.get(answer.strip().lower())
    if partition is None:
        raise error
    return default_region(partition)


def _accept_unverified(error: Unreachable, interfaces: Interfaces) -> None:
    """Say that the keys could not be verified; a human may refuse to store them then."""
    interfaces.terminal.say(f"AWS cannot be asked whether the keys are good: {error.message}")
    if interfaces.terminal.has_human and not says_yes(interfaces.terminal, "Store them unverified? [y/n] "):
        raise error

"""
AWS's partitions and regions: which partition a region is in, and which region STS is called in.

The first region given counts, unless it is in another partition than the device or the role, or else than the profile's
own region: keys are valid in one partition only, and an `AWS_REGION` left over from other work must not send them
elsewhere. A region becomes part of a host's name, so each name is checked. A region that is not known here counts, with
a doubt if it is spelled almost like one that is.

The partitions are a table, because they are needed before botocore is loaded; a test compares every row with
botocore's `data/partitions.json` and the `endpoint-rule-set-1.json` of `sts` and `iam`.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, NamedTuple

from aws_mfa.aws_values.arns import partition_of
from aws_mfa.command_lines import set_variables
from aws_mfa.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Iterable

_ALLOWED = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-")
_LONGEST_LABEL = 63
_LAST_RESORT = "us-east-1"
_FEWEST_WORDS = 2
_FORM_HINT = "regions look like: eu-central-1"
REGION_FLAG = "--region"
REGION_VARIABLES = ("AWS_REGION", "AWS_DEFAULT_REGION")
_ALIKE = 0.7  # two of seven letters may be others
# The places of known regions, for a doubt only: newer regions work too.
_PLACES = (
    *("us-east", "us-west", "ca-central", "ca-west", "mx-central", "sa-east", "sa-west", "eu-central", "eu-north"),
    *("eu-south", "eu-west", "il-central", "me-central", "me-south", "me-west", "af-south", "ap-east", "ap-south"),
    *("ap-northeast", "ap-southeast", "us-gov-east", "us-gov-west", "cn-north", "cn-northwest", "eusc-de-east"),
    *("us-iso-east", "us-iso-west", "us-isob-east", "us-isob-west", "eu-isoe-west", "us-isof-east", "us-isof-south"),
)


class Partition(NamedTuple):
    """One partition; IAM, which is one service in it, takes requests signed for `default_region`."""

    name: str
    region_prefixes: tuple[str, ...]
    dns_suffix: str
    dual_stack_suffix: str
    default_region: str


_OF_AWS = ("us-", "eu-", "ap-", "sa-", "ca-", "me-", "af-", "il-", "mx-")
_AWS = Partition("aws", _OF_AWS, "amazonaws.com", "api.aws", "us-east-1")

# The longer prefixes come first: `us-gov-west-1` also begins with `us-`.
PARTITIONS = (
    Partition("aws-us-gov", ("us-gov-",), "amazonaws.com", "api.aws", "us-gov-west-1"),
    Partition("aws-cn", ("cn-",), "amazonaws.com.cn", "api.amazonwebservices.com.cn", "cn-north-1"),
    Partition("aws-eusc", ("eusc-",), "amazonaws.eu", "api.amazonwebservices.eu", "eusc-de-east-1"),
    Partition("aws-iso", ("us-iso-",), "c2s.ic.gov", "api.aws.ic.gov", "us-iso-east-1"),
    Partition("aws-iso-b", ("us-isob-",), "sc2s.sgov.gov", "api.aws.scloud", "us-isob-east-1"),
    Partition("aws-iso-e", ("eu-isoe-",), "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk", "eu-isoe-west-1"),
    Partition("aws-iso-f", ("us-isof-",), "csp.hci.ic.gov", "api.aws.hci.ic.gov", "us-isof-south-1"),
    _AWS,
)


def is_host_of_aws(host: str) -> bool:
    """Whether a host's name is in a domain of AWS's endpoints."""
    return any(f".{host.lower()}".endswith((f".{one.dns_suffix}", f".{one.dual_stack_suffix}")) for one in PARTITIONS)


def partition_named(name: str) -> Partition | None:
    """The partition called `aws`, `aws-cn`, ...; None for an unknown name."""
    return next((partition for partition in PARTITIONS if partition.name == name), None)


def partition_of_region(region: str) -> Partition:
    """The partition of a region; an unknown region counts as one of `aws`, as in SDKs."""
    return next((p for p in PARTITIONS if region.startswith(p.region_prefixes)), _AWS)


def partition_of_keys(device: str, role_arn: str, region: str) -> str:
    """The device's partition or the role's; if neither is an ARN, that of the region that was chosen."""
    return partition_of(device) or partition_of(role_arn) or partition_of_region(region).name


def is_in(region: str, partition: str | None) -> bool:
    """Whether keys of the partition may be valid in the region: also where the partition is not known."""
    return partition_named(partition or "") is None or partition_of_region(region).name == partition


def near_region(region: str) -> str | None:
    """The known region meant by one that is not known and is spelled almost so; its number is never doubted."""
    place, _, number = region.rpartition("-")
    if place in _PLACES or not number.isdigit():
        return None
    return next((f"{near}-{number}" for near in get_close_matches(place, _PLACES, 1, _ALIKE)), None)


def doubt_about(region: str, source: str) -> str:
    """A question about a region that `near_region` doubts, "" for any other."""
    near = near_region(region)
    return f"{source} names region {region}, which is not a known one: do you mean {near}?" if near else ""


class ChosenRegion(NamedTuple):
    """A region, the source that named it, and one line for each region that was passed over."""

    name: str
    source: str
    passed_over: tuple[str, ...] = ()

    @property
    def notices(self) -> list[str]:
        """Lines for the user: what was passed over, and whether the region looks like a typing error."""
        doubt = doubt_about(self.name, self.source)
        return [*(f"{reason}: it is not used" for reason in self.passed_over), *([doubt] if doubt else [])]


def choose_region(given: Iterable[tuple[str, str | None]], *, partition: str | None) -> ChosenRegion:
    """
    The first region given that is in the partition of the device or role; without one, the partition's default.

    `given`: (source, value) in order of precedence, such as the flag, `AWS_REGION`, `AWS_DEFAULT_REGION`, the profile's
    `region`, the long-term section's; empty values count as absent. `partition`: None if only a hardware serial is
    known; then the first region that is not a variable's tells it. Raises `BadInput` for a malformed name, and for a
    partition without a known region.
    """
    passed_over: list[str] = []
    given, whose = list(given), "the device"
    if partition is None:
        own = next((value.strip() for source, value in given if value and source not in REGION_VARIABLES), None)
        partition, whose = partition_of_region(own).name if own else None, "the profile's region"
    for source, value in given:
        if not value:
            continue
        name = checked_region(value, source=source)
        if is_in(name, partition):
            return ChosenRegion(name, source, tuple(passed_over))
        its_partition = partition_of_region(name).name
        passed_over.append(f"{source} names region {name} of partition {its_partition}, {whose} is in {partition}")
    if partition is None:
        return ChosenRegion(_LAST_RESORT, "the default", tuple(passed_over))
    return ChosenRegion(default_region(partition), f"partition {partition}", tuple(passed_over))


def default_region(partition: str) -> str:
    """The region used when none is given: us-east-1, cn-north-1, ...; `BadInput` for an unknown partition."""
    known = partition_named(partition)
    if known is None:
        hint = f"name one: {set_variables(AWS_REGION='REGION')}"
        raise BadInput(f"no region is known for partition {partition!r}", hint)
    return known.default_region


def checked_region(name: str, *, source: str) -> str:
    """The name without blanks around it; `BadInput` unless it is lower-case letters, digits and inner hyphens."""
    name = name.strip()
    if not 1 <= len(name) <= _LONGEST_LABEL or not _ALLOWED.issuperset(name) or name != name.strip("-"):
        raise BadInput(f"the region given by {source} is not a region's name: {name[:_LONGEST_LABEL]!a}", _FORM_HINT)
    return name


def region_of_form(name: str, *, source: str) -> str:
    """Like `checked_region`; also `BadInput` unless it is two words or more, then a number."""
    name = checked_region(name, source=source)
    *words, number = name.split("-")
    if len(words) < _FEWEST_WORDS or not all(words) or not number.isdigit():
        raise BadInput(f"the region given by {source} is not a region's name: {name}", _FORM_HINT)
    return name


def known_region(name: str, *, source: str) -> str:
    """Like `region_of_form`; also `BadInput` unless it begins like the regions of a known partition: typing errors."""
    name = region_of_form(name, source=source)
    if not any(name.startswith(partition.region_prefixes) for partition in PARTITIONS):
        raise BadInput(
            f"no known region begins like this one: {name}",
            f"{_FORM_HINT}; if AWS added it after this program was written, use --region {name}",
        )
    return name


def check_region_of_keys(name: str, partition: str | None, *, source: str) -> None:
    """Raise `BadInput` if the region is in another partition than the keys; `partition`: theirs, None if unknown."""
    if not is_in(name, partition):
        its_partition = partition_of_region(name).name
        raise BadInput(
            f"region {name}, given by {source}, is in partition {its_partition}, but the keys are for {partition}",
            f"give one of theirs, such as: --region {default_region(partition or '')}",
        )

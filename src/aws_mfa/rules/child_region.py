"""Which region a profile's child works in, where its environment names none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_mfa.rules.arns import partition_of
from aws_mfa.rules.partitions import partition_named

if TYPE_CHECKING:
    from aws_mfa.rules.profile_chains import Chain

_WITHOUT_A_DEFAULT = "aws"


def region_of(chain: Chain) -> str | None:
    """
    Return the profile's region, else that of the nearest profile of its chain, else the partition's.

    None in the partition `aws`: there a guess would send people's work to Virginia.
    """
    nearest_first = (chain.wanted, *reversed(chain.role_chain), chain.base)
    region = next((profile.region for profile in nearest_first if profile.region), None)
    return region or _region_of_partition(partition_of(chain.wanted.role_arn or chain.mfa_serial or ""))


def _region_of_partition(name: str | None) -> str | None:
    known = partition_named(name) if name and name != _WITHOUT_A_DEFAULT else None
    return known.default_region if known else None

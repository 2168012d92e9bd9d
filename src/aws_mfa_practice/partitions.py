"""
Partitions: which regions belong to `aws`, `aws-cn` and `aws-us-gov`, and where their IAM is.

Regions are recognised by their names' shape, because a list would become outdated.
"""

from __future__ import annotations

import re

# Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
IAM_REGIONS = {"aws": "us-east-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}

_REGION = re.compile(r"(us|eu|ap|sa|ca|me|af|il|mx|cn|us-gov)-(central|east|west|(north|south)(east|west)?)-\d")


def partition_of(region: str) -> str | None:
    """The partition that `region` belongs to; None if it is not a region's name."""
    shape = _REGION.fullmatch(region)
    if shape is None:
        return None
    return {"cn": "aws-cn", "us-gov": "aws-us-gov"}.get(shape[1], "aws")

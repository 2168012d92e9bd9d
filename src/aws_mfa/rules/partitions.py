"""
AWS's partitions: which regions belong to which, under which names their STS and IAM answer.

A table, because it is needed before botocore is; a test compares every row with botocore's own endpoint rules,
so a partition that AWS adds is noticed there. Source: botocore `data/partitions.json` and the
`endpoint-rule-set-1.json` of `sts` and `iam`.
"""

from __future__ import annotations


class Partition:
    """
    One partition. `region_prefixes` end in a hyphen; hosts are names without a scheme.

    `iam_hosts`: plain, FIPS, dual-stack, both. IAM is one service per partition, signed for `iam_region`.
    """

    __slots__ = (
        "default_region",
        "dns_suffix",
        "dual_stack_suffix",
        "iam_hosts",
        "iam_region",
        "name",
        "region_prefixes",
        "sts_fips_label",
    )

    def __init__(
        self,
        name: str,
        region_prefixes: tuple[str, ...],
        *,
        suffixes: tuple[str, str],
        default_region: str,
        iam_hosts: tuple[str, str, str, str],
        sts_fips_label: str = "sts-fips",
    ) -> None:
        self.name = name
        self.region_prefixes = region_prefixes
        self.dns_suffix, self.dual_stack_suffix = suffixes
        self.default_region = default_region
        self.iam_hosts = iam_hosts
        self.iam_region = default_region
        self.sts_fips_label = sts_fips_label


_AWS = Partition(
    "aws",
    ("us-", "eu-", "ap-", "sa-", "ca-", "me-", "af-", "il-", "mx-"),
    suffixes=("amazonaws.com", "api.aws"),
    default_region="us-east-1",
    iam_hosts=("iam.amazonaws.com", "iam-fips.amazonaws.com", "iam.global.api.aws", "iam-fips.global.api.aws"),
)

# The longer prefixes come first: `us-gov-west-1` also begins with `us-`.
PARTITIONS = (
    Partition(
        "aws-us-gov",
        ("us-gov-",),
        suffixes=("amazonaws.com", "api.aws"),
        default_region="us-gov-west-1",
        iam_hosts=("iam.us-gov.amazonaws.com", "iam.us-gov.amazonaws.com", "iam.us-gov.api.aws", "iam.us-gov.api.aws"),
        sts_fips_label="sts",  # GovCloud's ordinary endpoints are the FIPS ones
    ),
    Partition(
        "aws-cn",
        ("cn-",),
        suffixes=("amazonaws.com.cn", "api.amazonwebservices.com.cn"),
        default_region="cn-north-1",
        iam_hosts=(
            "iam.cn-north-1.amazonaws.com.cn",
            "iam-fips.amazonaws.com.cn",
            "iam.global.api.amazonwebservices.com.cn",
            "iam-fips.api.amazonwebservices.com.cn",
        ),
    ),
    Partition(
        "aws-eusc",
        ("eusc-",),
        suffixes=("amazonaws.eu", "api.amazonwebservices.eu"),
        default_region="eusc-de-east-1",
        iam_hosts=(
            "iam.eusc-de-east-1.amazonaws.eu",
            "iam-fips.amazonaws.eu",
            "iam.global.api.amazonwebservices.eu",
            "iam-fips.api.amazonwebservices.eu",
        ),
    ),
    Partition(
        "aws-iso",
        ("us-iso-",),
        suffixes=("c2s.ic.gov", "api.aws.ic.gov"),
        default_region="us-iso-east-1",
        iam_hosts=(
            "iam.us-iso-east-1.c2s.ic.gov",
            "iam-fips.us-iso-east-1.c2s.ic.gov",
            "iam.api.aws.ic.gov",
            "iam-fips.api.aws.ic.gov",
        ),
    ),
    Partition(
        "aws-iso-b",
        ("us-isob-",),
        suffixes=("sc2s.sgov.gov", "api.aws.scloud"),
        default_region="us-isob-east-1",
        iam_hosts=(
            "iam.us-isob-east-1.sc2s.sgov.gov",
            "iam-fips.us-isob-east-1.sc2s.sgov.gov",
            "iam.api.aws.scloud",
            "iam-fips.api.aws.scloud",
        ),
    ),
    Partition(
        "aws-iso-e",
        ("eu-isoe-",),
        suffixes=("cloud.adc-e.uk", "api.cloud-aws.adc-e.uk"),
        default_region="eu-isoe-west-1",
        iam_hosts=(
            "iam.eu-isoe-west-1.cloud.adc-e.uk",
            "iam-fips.cloud.adc-e.uk",
            "iam.api.cloud-aws.adc-e.uk",
            "iam-fips.api.cloud-aws.adc-e.uk",
        ),
    ),
    Partition(
        "aws-iso-f",
        ("us-isof-",),
        suffixes=("csp.hci.ic.gov", "api.aws.hci.ic.gov"),
        default_region="us-isof-south-1",
        iam_hosts=(
            "iam.us-isof-south-1.csp.hci.ic.gov",
            "iam-fips.csp.hci.ic.gov",
            "iam.api.aws.hci.ic.gov",
            "iam-fips.api.aws.hci.ic.gov",
        ),
    ),
    _AWS,
)


def partition_named(name: str) -> Partition | None:
    """Return the partition of this name (`aws`, `aws-cn`, ...), None where it is unknown here."""
    return next((partition for partition in PARTITIONS if partition.name == name), None)


def partition_of_region(region: str) -> Partition:
    """Return the partition a region lies in; a region nobody knows is taken for one of `aws`, as SDKs do."""
    return next((p for p in PARTITIONS if region.startswith(p.region_prefixes)), _AWS)

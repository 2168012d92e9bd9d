"""
Region -> the address STS or IAM is asked at, and the region signatures are made for.

Order: `AWS_ENDPOINT_URL_STS`/`_IAM`, `AWS_ENDPOINT_URL`, `endpoint_url` of the config file (all unless
`AWS_IGNORE_CONFIGURED_ENDPOINT_URLS`), then the region's own endpoint, FIPS or dual-stack where
`AWS_USE_FIPS_ENDPOINT` or `AWS_USE_DUALSTACK_ENDPOINT`, or the config file, ask for it. Never the global STS endpoint:
its sessions are not valid in opt-in regions. Pure: the variables are handed in, and what the files say as a `Reach`.

Source: https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from aws_mfa.errors import BadInput
from aws_mfa.rules.aws_reach import UNCONFIGURED
from aws_mfa.rules.regions import partition_of_region

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_mfa.rules.aws_reach import Reach
    from aws_mfa.rules.classic_settings import Given
    from aws_mfa.rules.regions import Partition

_GLOBAL = "-global"
_IGNORE_URLS = "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"


class Endpoint:
    """Where a service is asked: `url`, the host for messages, `service` and `region` for the signature."""

    __slots__ = ("host", "is_loopback", "region", "service", "url")

    def __init__(self, service: str, url: str, region: str) -> None:
        address = urlsplit(url)  # its scheme is in lower case, which is what everybody after us compares with
        self.service = service
        self.url = address._replace(path=address.path or "/").geturl()
        self.region = region
        self.host = address.hostname or ""
        self.is_loopback = is_loopback(self.host)


def sts_endpoint(region: str, environ: Mapping[str, str], reach: Reach = UNCONFIGURED) -> Endpoint:
    """Return STS's endpoint for a region that `choose_region` chose; `BadInput` for a bad URL that was given."""
    partition = partition_of_region(region)
    region = real_region(region, partition)
    given = given_endpoint("sts", region, environ, reach)
    if given:
        return given
    fips, dual = _variants(environ, reach)
    label = partition.sts_fips_label if fips else "sts"
    suffix = partition.dns_suffix
    if dual:
        suffix = partition.dual_stack_suffix
        label = "sts-fips" if fips else "sts"
    return Endpoint("sts", f"https://{label}.{region}.{suffix}", region)


def given_sts_url(environ: Mapping[str, str], reach: Reach) -> str | None:
    """The address that variables or the config file name; None: AWS's own. A session of one is none of another."""
    given = given_endpoint("sts", "", environ, reach)
    return given.url if given else None


def iam_endpoint(region: str, environ: Mapping[str, str], reach: Reach = UNCONFIGURED) -> Endpoint:
    """Return IAM's endpoint for the region's partition: there is one in each."""
    partition = partition_of_region(region)
    given = given_endpoint("iam", partition.iam_region, environ, reach)
    if given:
        return given
    fips, dual = _variants(environ, reach)
    return Endpoint("iam", f"https://{partition.iam_hosts[fips + 2 * dual]}", partition.iam_region)


def real_region(region: str, partition: Partition) -> str:
    """`aws-global` and its like are no regions: their partition's default stands for them."""
    return partition.default_region if region.endswith(_GLOBAL) else region


def given_endpoint(
    service: str, region: str, environ: Mapping[str, str], reach: Reach = UNCONFIGURED
) -> Endpoint | None:
    """Return the endpoint that variables or files give for a service (`sts`, `iam`, `signin`); `BadInput` if bad."""
    if _is_on(environ, _IGNORE_URLS, reach.ignores_urls):
        return None
    for variable in (f"AWS_ENDPOINT_URL_{service.upper()}", "AWS_ENDPOINT_URL"):
        url = environ.get(variable, "").strip()
        if url:
            return _checked_endpoint(service, url, region, variable, f"take it away: unset {variable}")
    configured = reach.endpoint_url(service)
    if configured is None:
        return None
    way_out = f"take the line away, or pass it over: export {_IGNORE_URLS}=true"
    return _checked_endpoint(service, configured.value, region, configured.source, way_out)


def is_loopback(host: str) -> bool:
    """Whether the host is this machine itself."""
    return host in ("localhost", "::1") or (host.startswith("127.") and host.replace(".", "").isdigit())


def _checked_endpoint(service: str, url: str, region: str, source: str, way_out: str) -> Endpoint:
    """Check a URL without quoting it: it may hold a password."""
    try:
        address = urlsplit(url)
        well_formed = address.scheme in ("http", "https") and bool(address.hostname) and address.port != 0
    except ValueError:
        well_formed = False
    clean = url.isascii() and url.isprintable() and not any(character in url for character in " @?#\\\"'<>")
    if not (well_formed and clean):
        raise BadInput(
            f"{source} is not the URL of an endpoint: http:// or https://, a host, nothing after the path", way_out
        )
    endpoint = Endpoint(service, url, region)
    if address.scheme == "http" and not endpoint.is_loopback:
        raise BadInput(
            f"{source} is plain http to another machine: the code and the session could be read on the way",
            f"use https, or {way_out}",
        )
    return endpoint


def _variants(environ: Mapping[str, str], reach: Reach) -> tuple[bool, bool]:
    """Whether the FIPS endpoint is asked for, and the dual-stack one."""
    return (
        _is_on(environ, "AWS_USE_FIPS_ENDPOINT", reach.use_fips),
        _is_on(environ, "AWS_USE_DUALSTACK_ENDPOINT", reach.use_dualstack),
    )


def _is_on(environ: Mapping[str, str], variable: str, configured: Given | None) -> bool:
    """As botocore reads it: `true` in any case, all else is off; the variable before the file."""
    word = environ.get(variable, "").strip() or (configured.value if configured else "")
    return word.lower() == "true"

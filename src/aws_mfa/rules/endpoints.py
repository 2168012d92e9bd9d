"""
Region -> the address STS or IAM is asked at, and the region signatures are made for.

Order: `AWS_ENDPOINT_URL_STS`/`_IAM`, `AWS_ENDPOINT_URL` (both unless `AWS_IGNORE_CONFIGURED_ENDPOINT_URLS`), then
the region's own endpoint, FIPS or dual-stack where `AWS_USE_FIPS_ENDPOINT` or `AWS_USE_DUALSTACK_ENDPOINT` ask for
it. Never the global STS endpoint: its sessions are not valid in opt-in regions. Pure: the variables are handed in.

Source: https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from aws_mfa.errors import BadInput
from aws_mfa.rules.partitions import partition_of_region

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_mfa.rules.partitions import Partition

_GLOBAL = "-global"


class Endpoint:
    """Where a service is asked: `url`, the host for messages, `service` and `region` for the signature."""

    __slots__ = ("host", "is_loopback", "region", "service", "url")

    def __init__(self, service: str, url: str, region: str) -> None:
        address = urlsplit(url)
        self.service = service
        self.url = url if address.path else f"{url}/"
        self.region = region
        self.host = address.hostname or ""
        self.is_loopback = is_loopback(self.host)


def sts_endpoint(region: str, environ: Mapping[str, str], *, configured_url: str | None = None) -> Endpoint:
    """Return STS's endpoint for a region that `choose_region` chose; `BadInput` for a bad URL in the environment."""
    partition = partition_of_region(region)
    region = real_region(region, partition)
    given = _given_sts_endpoint(region, environ, configured_url)
    if given:
        return given
    label = partition.sts_fips_label if _is_on(environ, "AWS_USE_FIPS_ENDPOINT") else "sts"
    suffix = partition.dns_suffix
    if _is_on(environ, "AWS_USE_DUALSTACK_ENDPOINT"):
        suffix = partition.dual_stack_suffix
        label = "sts-fips" if _is_on(environ, "AWS_USE_FIPS_ENDPOINT") else "sts"
    return Endpoint("sts", f"https://{label}.{region}.{suffix}", region)


def given_sts_url(environ: Mapping[str, str], configured_url: str | None) -> str | None:
    """The address that variables or the config file name; None: AWS's own. A session of one is none of another."""
    given = _given_sts_endpoint("", environ, configured_url)
    return given.url if given else None


def iam_endpoint(region: str, environ: Mapping[str, str]) -> Endpoint:
    """Return IAM's endpoint for the region's partition: there is one in each."""
    partition = partition_of_region(region)
    given = given_endpoint("iam", partition.iam_region, environ)
    if given:
        return given
    fips, dual = _is_on(environ, "AWS_USE_FIPS_ENDPOINT"), _is_on(environ, "AWS_USE_DUALSTACK_ENDPOINT")
    return Endpoint("iam", f"https://{partition.iam_hosts[fips + 2 * dual]}", partition.iam_region)


def real_region(region: str, partition: Partition) -> str:
    """`aws-global` and its like are no regions: their partition's default stands for them."""
    return partition.default_region if region.endswith(_GLOBAL) else region


def given_endpoint(service: str, region: str, environ: Mapping[str, str]) -> Endpoint | None:
    """Return the endpoint that the environment gives for a service (`sts`, `iam`, `signin`); `BadInput` if bad."""
    if _is_on(environ, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"):
        return None
    for variable in (f"AWS_ENDPOINT_URL_{service.upper()}", "AWS_ENDPOINT_URL"):
        url = environ.get(variable, "").strip()
        if url:
            return _checked_endpoint(service, url, region, variable)
    return None


def is_loopback(host: str) -> bool:
    """Whether the host is this machine itself."""
    return host in ("localhost", "::1") or (host.startswith("127.") and host.replace(".", "").isdigit())


def _given_sts_endpoint(region: str, environ: Mapping[str, str], configured_url: str | None) -> Endpoint | None:
    given = given_endpoint("sts", region, environ)
    if given is None and configured_url and not _is_on(environ, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"):
        given = _checked_endpoint("sts", configured_url, region, "endpoint_url of the config file")
    return given


def _checked_endpoint(service: str, url: str, region: str, variable: str) -> Endpoint:
    """Check a URL without quoting it: it may hold a password."""
    try:
        address = urlsplit(url)
        well_formed = address.scheme in ("http", "https") and bool(address.hostname) and address.port != 0
    except ValueError:
        well_formed = False
    clean = url.isascii() and url.isprintable() and not any(character in url for character in ' @?#\\"<>')
    if not (well_formed and clean):
        raise BadInput(
            f"{variable} is not the URL of an endpoint: http:// or https://, a host, nothing after the path",
            f"take it away: unset {variable}",
        )
    endpoint = Endpoint(service, url, region)
    if address.scheme == "http" and not endpoint.is_loopback:
        raise BadInput(
            f"{variable} is plain http to another machine: the code and the session could be read on the way",
            f"use https, or take it away: unset {variable}",
        )
    return endpoint


def _is_on(environ: Mapping[str, str], variable: str) -> bool:
    return environ.get(variable, "").strip().lower() == "true"

"""
Region -> the address of STS or IAM, and the region that requests are signed for.

Order: `AWS_ENDPOINT_URL_STS`/`_IAM`, `AWS_ENDPOINT_URL`, `endpoint_url` of the config file (each unless
`AWS_IGNORE_CONFIGURED_ENDPOINT_URLS` is true), then the region's own endpoint, FIPS or dual-stack if
`AWS_USE_FIPS_ENDPOINT`, `AWS_USE_DUALSTACK_ENDPOINT` or the config file says so. Never the global STS endpoint: its
sessions are not valid in opt-in regions. Pure. A broken setting fails only when it is needed.

Source: https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from aws_mfa.aws_values.regions import partition_of_region
from aws_mfa.command_lines import set_variables, unset_variable
from aws_mfa.config.profile_settings import check_plain
from aws_mfa.config.settings import misread
from aws_mfa.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from aws_mfa.aws_values.regions import Partition
    from aws_mfa.config.chains import Chain
    from aws_mfa.config.profile import Profile
    from aws_mfa.config.profiles import AwsProfiles
    from aws_mfa.config.settings import Given

_GLOBAL = "-global"
_IGNORE_URLS, _IGNORE_URLS_KEY = "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "ignore_configured_endpoint_urls"

_WORDS = ("ca_bundle", "use_fips_endpoint", "use_dualstack_endpoint")

# What is before the suffix in the names of IAM's hosts: plain, FIPS, dual-stack, both.
_IAM_LABELS = {
    "aws": ("iam", "iam-fips", "iam.global", "iam-fips.global"),
    "aws-us-gov": ("iam.us-gov",) * 4,
    "aws-cn": ("iam.cn-north-1", "iam-fips", "iam.global", "iam-fips"),
    "aws-eusc": ("iam.eusc-de-east-1", "iam-fips", "iam.global", "iam-fips"),
    "aws-iso": ("iam.us-iso-east-1", "iam-fips.us-iso-east-1", "iam", "iam-fips"),
    "aws-iso-b": ("iam.us-isob-east-1", "iam-fips.us-isob-east-1", "iam", "iam-fips"),
    "aws-iso-e": ("iam.eu-isoe-west-1", "iam-fips", "iam", "iam-fips"),
    "aws-iso-f": ("iam.us-isof-south-1", "iam-fips", "iam", "iam-fips"),
}


class Endpoint:
    """Address of a service: `url` to send to, `host` for messages, `service` and `region` for the signature."""

    __slots__ = ("host", "is_loopback", "region", "service", "url")

    def __init__(self, service: str, url: str, region: str) -> None:
        address = urlsplit(url)  # puts the scheme in lower case, as later comparisons expect
        self.service = service
        self.url = address._replace(path=address.path or "/").geturl()
        self.region = region
        self.host = address.hostname or ""
        is_address = self.host.startswith("127.") and self.host.replace(".", "").isdigit()
        self.is_loopback = is_address or self.host in ("localhost", "::1")


class EndpointSettings:
    """Each key is read from the first of `profiles` that has it; endpoint URLs come from `with_urls` only."""

    __slots__ = ("_profiles", "_with_urls")

    def __init__(self, profiles: Iterable[Profile] = (), with_urls: Iterable[Profile] | None = None) -> None:
        self._profiles = tuple(profiles)
        self._with_urls = self._profiles if with_urls is None else tuple(with_urls)

    def endpoint_url(self, service: str) -> Given | None:
        """The URL of `sts`, `iam` or `signin`, not checked; `BadProfile` if `services` names a missing section."""
        return next(filter(None, (profile.endpoint_url(service) for profile in self._with_urls)), None)

    def given(self, key: str) -> Given | None:
        """`ca_bundle` (a file or folder), `use_{fips,dualstack}_endpoint`, `ignore_configured_endpoint_urls`."""
        for profile in self._with_urls if key == _IGNORE_URLS_KEY else self._profiles:
            found = profile.settings.get(key)
            if found is not None:
                check_plain(key, found)
                return found
        return None

    @property
    def words(self) -> tuple[str | None, ...]:
        """Cache key: every setting except the endpoint URLs."""
        if all(map(frozenset(_WORDS).isdisjoint, [profile.settings for profile in self._profiles])):
            return (None,) * len(_WORDS)
        found = [self.given(key) for key in _WORDS]
        return tuple([None if given is None else given.value for given in found])


NO_SETTINGS = EndpointSettings()


def settings_of_chain(chain: Chain) -> EndpointSettings:
    """The requested profile's settings, as SDKs take them, then the source user's; only the latter's endpoint URLs."""
    return EndpointSettings((chain.wanted, chain.user), (chain.user,))


def settings_of_profiles(profiles: AwsProfiles, *names: str) -> EndpointSettings:
    """The settings of these profiles, first to last; profiles that do not exist are skipped."""
    found = map(profiles.profile, dict.fromkeys(names))
    return EndpointSettings(profile for profile in found if profile is not None)


def sts_endpoint(region: str, environ: Mapping[str, str], endpoints: EndpointSettings = NO_SETTINGS) -> Endpoint:
    """Return STS's endpoint for a region that `choose_region` chose; `BadInput` for a bad URL that was given."""
    partition = partition_of_region(region)
    region = real_region(region, partition)
    given = given_endpoint("sts", region, environ, endpoints)
    if given:
        return given
    fips, dual, suffix = _variants(environ, endpoints, partition)
    is_plain = not fips or (partition.name == "aws-us-gov" and not dual)  # GovCloud's ordinary endpoints are FIPS ones
    return Endpoint("sts", f"https://{'sts' if is_plain else 'sts-fips'}.{region}.{suffix}", region)


def given_sts_url(environ: Mapping[str, str], endpoints: EndpointSettings) -> str | None:
    """The URL that variables or the config file set; None: AWS's own. Sessions are valid at one of them only."""
    given = given_endpoint("sts", "", environ, endpoints)
    return given.url if given else None


def iam_endpoint(region: str, environ: Mapping[str, str], endpoints: EndpointSettings = NO_SETTINGS) -> Endpoint:
    """Return the IAM endpoint of the region's partition."""
    partition = partition_of_region(region)
    given = given_endpoint("iam", partition.default_region, environ, endpoints)
    if given:
        return given
    fips, dual, suffix = _variants(environ, endpoints, partition)
    return Endpoint("iam", f"https://{_IAM_LABELS[partition.name][fips + 2 * dual]}.{suffix}", partition.default_region)


def real_region(region: str, partition: Partition) -> str:
    """The region; the partition's default for names that are not regions, such as `aws-global`."""
    return partition.default_region if region.endswith(_GLOBAL) else region


def given_endpoint(
    service: str, region: str, environ: Mapping[str, str], endpoints: EndpointSettings = NO_SETTINGS
) -> Endpoint | None:
    """Return the endpoint that variables or files set for `sts`, `iam` or `signin`; `BadInput` for a bad URL."""
    if _is_on(environ, _IGNORE_URLS, endpoints.given(_IGNORE_URLS_KEY)):
        return None
    for variable in (f"AWS_ENDPOINT_URL_{service.upper()}", "AWS_ENDPOINT_URL"):
        url = environ.get(variable, "").strip()
        if url:
            return _checked_endpoint(service, url, region, variable)
    configured = endpoints.endpoint_url(service)
    return _checked_endpoint(service, configured.value, region, configured.source) if configured else None


def _checked_endpoint(service: str, url: str, region: str, source: str) -> Endpoint:
    """Check a URL. Messages do not quote it: it may hold a password."""
    try:
        address = urlsplit(url)
        well_formed = address.scheme in ("http", "https") and bool(address.hostname) and address.port != 0
    except ValueError:
        well_formed = False
    clean = url.isascii() and url.isprintable() and not any(character in url for character in " @?#\\\"'<>")
    if not (well_formed and clean):
        raise BadInput(
            f"{source} is not the URL of an endpoint: http:// or https://, a host, nothing after the path",
            _remedy(source),
            *([": ".join(why)] if not source.isupper() and (why := misread(url)) else []),
        )
    endpoint = Endpoint(service, url, region)
    if address.scheme == "http" and not endpoint.is_loopback:
        raise BadInput(
            f"{source} is plain http to another machine: others on the network could read the code and the session",
            f"use https, or {_remedy(source)}",
        )
    return endpoint


def _remedy(source: str) -> str:
    """How to be without the URL: of a variable, which has no small letters, or of a line."""
    if source.isupper():
        return f"remove it: {unset_variable(source)}"
    return f"remove the line, or ignore it: {set_variables(**{_IGNORE_URLS: 'true'})}"


def _variants(environ: Mapping[str, str], endpoints: EndpointSettings, partition: Partition) -> tuple[bool, bool, str]:
    """Whether the FIPS endpoint is requested, whether the dual-stack one is, and the suffix of the host's name."""
    fips = _is_on(environ, "AWS_USE_FIPS_ENDPOINT", endpoints.given("use_fips_endpoint"))
    dual = _is_on(environ, "AWS_USE_DUALSTACK_ENDPOINT", endpoints.given("use_dualstack_endpoint"))
    return fips, dual, partition.dual_stack_suffix if dual else partition.dns_suffix


def _is_on(environ: Mapping[str, str], variable: str, configured: Given | None) -> bool:
    """Like botocore: the variable, even an empty one, before the file; only `true`, in any case, is on."""
    word = environ.get(variable, configured.value if configured else "")
    return word.lower() == "true"

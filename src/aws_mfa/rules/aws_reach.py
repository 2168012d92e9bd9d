"""
How AWS is reached, as profiles say it: endpoint URLs, CA certificates, FIPS and dual-stack endpoints.

Owns whose word counts. AWS's variables come before all of it: `endpoints` and `aws_http` see to that. Each value keeps
its place for messages and is read when it is asked for, so that what nobody needs cannot fail. Refuses nothing itself.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from aws_mfa.rules.classic_settings import Given
    from aws_mfa.rules.profile import Profile
    from aws_mfa.rules.profile_chains import Chain
    from aws_mfa.rules.profiles import AwsProfiles

_KEYS = ("ca_bundle", "use_fips_endpoint", "use_dualstack_endpoint")


class Reach:
    """What `profiles` say, the first that says anything of a key; of endpoint URLs only what `with_urls` say."""

    __slots__ = ("_profiles", "_with_urls")

    def __init__(self, profiles: Iterable[Profile] = (), with_urls: Iterable[Profile] | None = None) -> None:
        self._profiles = tuple(profiles)
        self._with_urls = self._profiles if with_urls is None else tuple(with_urls)

    def endpoint_url(self, service: str) -> Given | None:
        """The URL of `sts`, `iam` or `signin`, not checked; `BadProfile` for a `services` that leads nowhere."""
        return _first(profile.endpoint_url(service) for profile in self._with_urls)

    @property
    def ignores_urls(self) -> Given | None:
        """`ignore_configured_endpoint_urls`: it switches off the variables' URLs too."""
        return _first(profile.given("ignore_configured_endpoint_urls") for profile in self._with_urls)

    @property
    def ca_bundle(self) -> Given | None:
        """A file or a folder of CA certificates."""
        return self._given("ca_bundle")

    @property
    def use_fips(self) -> Given | None:
        """`use_fips_endpoint`."""
        return self._given("use_fips_endpoint")

    @property
    def use_dualstack(self) -> Given | None:
        """`use_dualstack_endpoint`."""
        return self._given("use_dualstack_endpoint")

    @property
    def words(self) -> tuple[str | None, ...]:
        """Equal where all but the URLs is."""
        found = [self._given(key) for key in _KEYS]
        return tuple([None if given is None else given.value for given in found])

    def _given(self, key: str) -> Given | None:
        for profile in self._profiles:
            given = profile.given(key)
            if given is not None:
                return given
        return None


UNCONFIGURED = Reach()
"""No profile says anything."""


def reach_of_chain(chain: Chain) -> Reach:
    """The wanted profile's settings, as SDKs take them, then its user's; endpoint URLs are the user's alone."""
    return Reach((chain.wanted, chain.base), (chain.base,))


def reach_of_profiles(profiles: AwsProfiles, *names: str) -> Reach:
    """The settings of the first of these profiles that says anything; those that do not exist are passed over."""
    found = map(profiles.profile, dict.fromkeys(names))
    return Reach(profile for profile in found if profile is not None)


def _first(found: Iterable[Given | None]) -> Given | None:
    return next((given for given in found if given is not None), None)

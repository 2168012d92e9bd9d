"""
The AWS_* variables that a child gets, and those it must not get: the one place where a session becomes variables.

A child works as one profile: every variable that SDKs would take for credentials, or for the choice of them, is removed
from its environment. Settings for reaching AWS (endpoints, proxies, CA bundles, files, retries) stay, and so do the
settings of aws-mfa: none of them is a secret. On the hot path, because `exec` uses it.

Sources: https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html, botocore/credentials.py.
"""

from __future__ import annotations

from aws_mfa.aws_values.text import parse_moment, rfc3339_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_mfa.model import Session

PROFILE = "AWS_MFA_PROFILE"
"""The profile whose session it is, for a shell's prompt to show."""
PROFILE_REGION = "AWS_MFA_REGION"
"""The region, if it came from the profile. The next profile's region replaces it, but not one that the user chose."""
REGIONS = ("AWS_REGION", "AWS_DEFAULT_REGION")  # most SDKs read the first, botocore and the AWS CLI the second
SESSION = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_CREDENTIAL_EXPIRATION")
ENDPOINT = ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")

SHOWN_BY_PROMPTS = (
    *("AWS_VAULT", "AWSU_PROFILE", "AWSU_EXPIRES", "AWSUME_PROFILE", "AWSUME_EXPIRATION", "AWSUME_COMMAND"),
    *("GRANTED_AWS_ROLE_PROFILE", "GRANTED_SSO", "GRANTED_SSO_START_URL", "GRANTED_SSO_ROLE_NAME"),
    *("GRANTED_SSO_REGION", "GRANTED_SSO_ACCOUNT_ID", "AWS_OKTA_PROFILE", "AWS_OKTA_ASSUMED_ROLE"),
)
"""What other programs set beside their session: a shell's prompt would show their profile and end, and our keys."""
CONFLICTING = (
    *("AWS_PROFILE", "AWS_DEFAULT_PROFILE"),
    "AWS_SECURITY_TOKEN",  # the token's name in older SDKs
    *("AWS_ACCESS_KEY", "AWS_SECRET_KEY"),  # the keys' names in the SDKs for Java 1 and Go 1
    "AWS_ACCOUNT_ID",  # of the previous credentials
    "AWS_SESSION_EXPIRATION",  # aws-vault's
    *SHOWN_BY_PROMPTS,
    "AWS_CREDENTIAL_FILE",
    *("AWS_ROLE_ARN", "AWS_ROLE_SESSION_NAME", "AWS_WEB_IDENTITY_TOKEN_FILE"),
    *("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_AUTHORIZATION_TOKEN"),
    *("AWS_SSO_ACCOUNT_ID", "AWS_SSO_ROLE_NAME", "AWS_SSO_ROLE_ARN", "AWS_SSO_SESSION", "AWS_SSO_SESSION_EXPIRATION"),
    *("AWS_SSO_PROFILE", "AWS_SSO_START_URL", "AWS_SSO_REGION"),
)
_BEARER = "AWS_BEARER_TOKEN_"
"""Tokens of single services: botocore signs with them before it looks for credentials."""
_SET_HERE = (*SESSION, *ENDPOINT, PROFILE, PROFILE_REGION)


class Change:
    """Variables to remove, then variables to set; no name is in both."""

    __slots__ = ("removed", "set")

    def __init__(self, removed: tuple[str, ...], given: dict[str, str]) -> None:
        self.removed = removed
        self.set = given

    def applied_to(self, environ: Mapping[str, str]) -> dict[str, str]:
        """Return the environment after the change."""
        kept = {name: value for name, value in environ.items() if name not in self.removed}
        return kept | self.set


def session_variables(session: Session) -> dict[str, str]:
    """Return the session as SDKs read it from the environment; the values are secret."""
    values = (
        session.access_key_id,
        session.secret_access_key.reveal(),
        session.session_token.reveal(),
        rfc3339_text(session.expires_at),
    )
    return dict(zip(SESSION, values, strict=True))


def session_here(environ: Mapping[str, str]) -> tuple[str, float | None] | None:
    """Return the profile that a shell of `exec` or `env` works as, and when its session ends (None: an endpoint)."""
    profile = environ.get(PROFILE)
    return (profile, parse_moment(environ.get(SESSION[-1], ""))) if profile else None


def child_environment(
    environ: Mapping[str, str], credentials: Mapping[str, str], region: str | None, profile: str
) -> dict[str, str]:
    """Return the environment of a child that works as `profile`, by `session_variables` or the two of `ENDPOINT`."""
    return change_for(environ, credentials, region, profile).applied_to(environ)


def change_for(environ: Mapping[str, str], credentials: Mapping[str, str], region: str | None, profile: str) -> Change:
    """Return what `child_environment` changes; `removed` also names what `environ` does not have, for other shells."""
    given = {**credentials, PROFILE: profile, **_region_variables(environ, region)}
    bearers = sorted({f"{_BEARER}BEDROCK", *(name for name in environ if name.startswith(_BEARER))})
    removed = (*CONFLICTING, *bearers, *_SET_HERE, *REGIONS)
    return Change(tuple(name for name in removed if name not in given), given)


def change_back(environ: Mapping[str, str]) -> Change:
    """Return the removal of what `change_for` sets, and of other programs' names; the user's own region is kept."""
    kept = _chosen_regions(environ)
    return Change((*_SET_HERE, *SHOWN_BY_PROMPTS, *(name for name in REGIONS if name not in kept)), {})


def chosen_by_the_user(environ: Mapping[str, str]) -> Mapping[str, str]:
    """Return the environment without the region that aws-mfa set for this child: it is not the next profile's."""
    not_chosen = {name for name in REGIONS if environ.get(PROFILE_REGION)} - _chosen_regions(environ).keys()
    return {name: value for name, value in environ.items() if name not in not_chosen} if not_chosen else environ


def _region_variables(environ: Mapping[str, str], region: str | None) -> dict[str, str]:
    """Return the region that the user chose (two different ones stay), else the profile's, with `PROFILE_REGION`."""
    chosen = _chosen_regions(environ)
    if chosen:
        either = next(iter(chosen.values()))
        return {name: chosen.get(name, either) for name in REGIONS}
    return dict.fromkeys((*REGIONS, PROFILE_REGION), region) if region else {}


def _chosen_regions(environ: Mapping[str, str]) -> dict[str, str]:
    """Return those of the two variables that the user set, without what aws-mfa set for the previous profile."""
    of_profile = environ.get(PROFILE_REGION)
    return {name: environ[name] for name in REGIONS if environ.get(name) and environ[name] != of_profile}

"""
For a profile: whose long-term keys sign, and which roles are assumed one after the other.

Follows `source_profile` as botocore does: a source with long-term keys ends the chain even if it names a role too, a
profile may name itself if it has keys, and any other circle is refused. Refuses keys that come from elsewhere
(`credential_source`, web identity, SSO). A session in the credentials file does not count as keys: its role is assumed
again. Checks all settings of the roles before a code is asked for: `BadProfile` names file, section and key.
"""

from __future__ import annotations

from aws_mfa.aws_values.arns import check_same_partition, partition_of
from aws_mfa.aws_values.regions import REGION_VARIABLES, is_in, partition_named
from aws_mfa.command_lines import quote
from aws_mfa.config.profile_settings import circle, shown
from aws_mfa.config.profiles import Profile
from aws_mfa.config.sections import SESSIONS, kind_of, profile_of
from aws_mfa.errors import BadInput, BadProfile, SignsElsewhere

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aws_mfa.config.profiles import AwsProfiles
    from aws_mfa.config.settings import Given

    KeysStored = Callable[[str], bool]  # name of a profile -> whether the vault holds long-term keys for it

_REFUSED_IN_A_ROLE = ("credential_source", "web_identity_token_file")
_REFUSED_IN_A_USER = ("web_identity_token_file", "sso_session", "sso_start_url")


def _nowhere(_: str) -> bool:
    return False


class Chain:
    """
    `user`: the profile whose long-term keys sign. `role_chain`: role profiles, the wanted one last.

    The device is the wanted profile's, else that of the nearest role, else the user's (botocore looks only at the
    role's own profile, aws-vault also at its source). `device_profile` is the profile that names it.
    """

    __slots__ = ("device_profile", "nearest_first", "role_chain", "user", "wanted")

    def __init__(self, wanted: Profile, user: Profile, role_chain: tuple[Profile, ...]) -> None:
        self.wanted = wanted
        self.user = user
        self.role_chain = role_chain
        self.nearest_first = (wanted, *reversed(role_chain), user)
        self.device_profile = next((one for one in self.nearest_first if "mfa_serial" in one.settings), None)

    @property
    def mfa_serial(self) -> str | None:
        """ARN or hardware serial of the device; None if no profile names one."""
        return None if self.device_profile is None else self.device_profile.mfa_serial

    @property
    def mfa_process(self) -> str | None:
        """The command that prints the device's code: the wanted profile's, else the one nearest to it."""
        return next((profile.mfa_process for profile in self.nearest_first if profile.mfa_process), None)


def chain_of(
    name: str, profiles: AwsProfiles, *, keys_stored: KeysStored = _nowhere, in_vault: KeysStored = _nowhere
) -> Chain:
    """
    Follow the profile's `source_profile` to the long-term keys, and check every setting on the way.

    `keys_stored` knows which keys are noted as stored in a vault: with them a profile may name itself, or be in no file
    at all. `in_vault` opens the vault: it is asked only for a name that is found nowhere else.
    """

    def stored(name: str) -> bool:
        return keys_stored(name) or in_vault(name)

    wanted = _profile(name, profiles, stored)
    if wanted is None:
        user_name = profile_of(name)
        if user_name != name and _profile(user_name, profiles, stored) is not None:
            raise BadProfile(
                f"'{shown(name)}' is the name of long-term keys, not of a profile",
                f"name the profile: {quote(user_name)}",
            )
        raise profiles.no_such(name, f"or store long-term keys under that name: aws-mfa setup --profile {quote(name)}")
    role_chain, user = _role_chain_and_user(wanted, profiles, stored)
    # Settings are inherited by now, so the profiles that it includes exist and are no circle.
    while (included := user.given("include_profile")) and not (user.given("role_arn") or has_keys(user, keys_stored)):
        user = profiles.profile(included.value) or user
    foreign = next(filter(None, map(user.given, _REFUSED_IN_A_USER)), None)
    if foreign is not None and not has_keys(user, keys_stored):
        raise SignsElsewhere(
            f"{foreign.source}: profile '{shown(user.name)}' has no long-term keys, it signs in another way",
            "use it with the AWS CLI: aws sso login, or aws login",
        )
    chain = Chain(wanted, user, tuple(reversed(role_chain)))
    _check(chain)
    return chain


def _role_chain_and_user(wanted: Profile, profiles: AwsProfiles, stored: KeysStored) -> tuple[list[Profile], Profile]:
    """The roles on the way, the wanted one first, and the profile at the end."""
    role_chain: list[Profile] = []
    user = wanted
    # A profile with a role and keys of its own: the wanted profile's role is assumed, of a source the keys count.
    while user.given("role_arn") is not None and (not role_chain or not user.has_own_keys):
        source = _source_given(user)
        if source.value == user.name:
            if has_keys(user, stored):
                return role_chain or [user], user
            if kind_of(profiles.credentials.values(user.name)) not in SESSIONS:
                raise circle(source, [user.name])
            raise BadProfile(
                f"no long-term keys in [{shown(user.name)}]: it holds a session ({source.source} names that profile)",
                f"store its long-term keys: aws-mfa setup --profile {quote(user.name)}",
                "or use the profile with the AWS CLI as it is",
            )
        role_chain.append(user)
        visited = [role.name for role in role_chain]
        if source.value in visited:
            raise circle(source, visited)
        found = _profile(source.value, profiles, stored)
        if found is None:
            raise profiles.missing(source)
        user = found
    return role_chain, user


def _profile(name: str, profiles: AwsProfiles, stored: KeysStored) -> Profile | None:
    return profiles.profile(name) or (Profile(name, {}, profiles) if stored(name) else None)


def has_keys(profile: Profile, stored: KeysStored) -> bool:
    """Whether the profile has long-term keys, in the files or by `stored`."""
    return profile.has_own_keys or profile.has_long_term_section or stored(profile.name)


def _source_given(role: Profile) -> Given:
    """`source_profile` of a role profile; `BadProfile` without one, or if the role's keys come from elsewhere."""
    foreign = next(filter(None, map(role.given, _REFUSED_IN_A_ROLE)), None)
    if foreign is not None:
        raise SignsElsewhere(
            f"{foreign.source}: this role needs no MFA code of yours, and aws-mfa does not assume it",
            "use the profile with the AWS CLI as it is, or name a source_profile with long-term keys instead",
        )
    source = role.given("source_profile")
    if source is None:
        hint = shown(role.name) if role.has_own_keys else "NAME"
        raise BadProfile(
            f"{role.source('role_arn')} has no source_profile beside it",
            f"add to that section, with the profile that has the long-term keys: source_profile = {hint}",
        )
    return source


def _check(chain: Chain) -> None:
    for profile in (chain.wanted, chain.user):
        if profile.narrowing is not None and profile.given("role_arn") is None:
            raise BadProfile(
                f"{profile.narrowing.source}: profile '{shown(profile.name)}' has no role, and only a role's session "
                "can be narrowed",
                "move that line to the profile of a role, or remove it",
            )
    partition = partition_of(chain.mfa_serial or "")
    chain.user.check()
    inherited: dict[str, Profile] = {}
    for role in chain.role_chain:
        role.check()
        if partition is None or not (role.role_arn or "").startswith(f"arn:{partition}:"):
            _check_partition(chain, role)
        for key, _ in role.tags:  # AWS refuses a tag that an earlier role has made transitive
            if (giver := inherited.get(key.lower())) is not None:
                what = f"tag {key!a} is inherited from profile '{shown(giver.name)}' already"
                raise BadProfile(
                    f"{role.source('session_tags')}: {what}",
                    f"remove it here, or from {giver.source('transitive_session_tags')}",
                )
        inherited.update((key.lower(), role) for key in role.transitive_tag_keys)
    having = [role for role in chain.role_chain if role.source_identity is not None]
    for role in having[1:]:
        if role.source_identity != having[0].source_identity:
            raise BadProfile(
                f"{role.source('source_identity')} differs from {having[0].source('source_identity')}",
                "a source identity stays the same through a chain of roles: give it once, in the first role",
            )


def _check_partition(chain: Chain, role: Profile) -> None:
    """Compare with the device, or with the first role: a hardware serial has no partition."""
    profile, key, what = chain.device_profile, "mfa_serial", "the device ("
    if profile is None or not partition_of(profile.mfa_serial or ""):
        profile, key, what = chain.role_chain[0], "role_arn", "the first role ("
    arn, source, role_source = getattr(profile, key), profile.source(key), role.source("role_arn")
    try:
        check_same_partition(arn, role.role_arn or "", device_source=source, role_source=role_source)
    except BadInput as refused:
        raise BadProfile(refused.message.replace("the device (", what, 1), *refused.hints) from None


def child_regions(chain: Chain, partition: str, environ: Mapping[str, str]) -> tuple[Mapping[str, str], str | None]:
    """
    The environment without regions of another partition than the keys', and the region of a child that has none there.

    The profile's, else that of the nearest profile of its chain, else the partition's default; in the partition `aws`
    that only in place of one that was dropped: a guess would send users' work to Virginia.
    """
    foreign = {name for name in REGION_VARIABLES if environ.get(name) and not is_in(environ[name], partition)}
    regions = (profile.region for profile in chain.nearest_first)
    region = next((name for name in regions if name and is_in(name, partition)), None)
    known = partition_named(partition)
    if region is None and known is not None and (foreign or known.name != "aws"):
        region = known.default_region
    return {name: environ[name] for name in environ if name not in foreign} if foreign else environ, region

"""Whose a name is: a profile of the two AWS files, or of our note of keys in vaults; or another program's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_mfa.rules.profile_keys import CREDENTIAL_PROCESS
from aws_mfa.rules.profiles import AwsProfiles
from aws_mfa.workflows.noted_keys import NotedKeys

if TYPE_CHECKING:
    from aws_mfa.rules.profile import Profile
    from aws_mfa.workflows.outside import Outside


def other_program_of(name: str, outside: Outside) -> str | None:
    """Where the files say that another program has the profile's credentials, such as aws-vault; None: nowhere."""
    profile = _profiles(outside).profile(name)
    return None if profile is None else other_program_in(profile)


def other_program_in(profile: Profile) -> str | None:
    """The same for a profile that is read already."""
    is_anothers = profile.value(CREDENTIAL_PROCESS) is not None and not profile.has_credential_process_of_ours
    return profile.source(CREDENTIAL_PROCESS) if is_anothers else None


def check_known(name: str, outside: Outside, *hints: str) -> None:
    """Raise `BadProfile`, with these hints, where nobody knows the name; no vault is opened for it."""
    profiles, noted = _profiles(outside), NotedKeys(outside)
    if profiles.profile(name) is None and not noted.are_stored(name):
        raise profiles.no_such(name, *hints)


def _profiles(outside: Outside) -> AwsProfiles:
    credentials, config = outside.credentials, outside.config
    return AwsProfiles(config.read(), credentials.read(), config.path, credentials.path)

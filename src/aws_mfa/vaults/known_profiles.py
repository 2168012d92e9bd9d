"""
The two AWS files and our note of keys in vaults, read once for a whole run; no vault is opened here.

What must be seen as it is now, after a question or under a lock, is read anew where that happens.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_mfa.config.ini import check, check_if_small, sections
from aws_mfa.config.profile_settings import CREDENTIAL_PROCESS
from aws_mfa.config.profiles import AwsProfiles
from aws_mfa.config.section_names import default_long_term

if TYPE_CHECKING:
    from aws_mfa.config.index import SectionIndex
    from aws_mfa.config.profile import Profile
    from aws_mfa.interfaces import Interfaces


class KnownProfiles:
    """The files as they were when this was made; raises `BrokenFile` for what is not text, and for damaged notes."""

    def __init__(self, interfaces: Interfaces) -> None:
        credentials, config = interfaces.credentials, interfaces.config
        self.credentials_text = credentials.read()
        self.config_text = config.read()
        self.profiles = AwsProfiles(self.config_text, self.credentials_text, config.path, credentials.path)
        self.notes = interfaces.known_keys.read()
        # The long-term sections whose keys are noted as in a vault.
        noted = sections(self.notes, where=interfaces.known_keys.path)
        self.noted_sections = frozenset(section.name for section in noted)

    def check(self) -> None:
        """Raise `BrokenFile` for a line that is no INI; a large config file is read section by section only."""
        check(self.credentials_text, where=self.credentials.where)
        check_if_small(self.config_text, where=self.profiles.config_path)

    @property
    def credentials(self) -> SectionIndex:
        """The sections of the credentials file."""
        return self.profiles.credentials

    def has_noted_keys(self, profile: str) -> bool:
        """Whether keys are noted under the long-term section that the profile has by default."""
        return default_long_term(profile) in self.noted_sections


def other_program_of(profile: Profile | None) -> str | None:
    """Where the files say that another program has the profile's credentials, such as aws-vault; None: nowhere."""
    if profile is None or profile.value(CREDENTIAL_PROCESS) is None or profile.has_credential_process_of_ours:
        return None
    return profile.source(CREDENTIAL_PROCESS)


def check_known(name: str, interfaces: Interfaces, *hints: str) -> None:
    """Raise `BadProfile`, with these hints, where no file and no note has the name."""
    known = KnownProfiles(interfaces)
    if known.profiles.profile(name) is None and not known.has_noted_keys(name):
        raise known.profiles.no_such(name, *hints)

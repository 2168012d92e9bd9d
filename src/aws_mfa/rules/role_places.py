"""
Where in the two AWS files a profile's role stands: its sections, and the role's settings in them, plain and hidden.

Holds the edits that are decided on the way, and decides none: that is for `adoption.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_mfa.rules.kinds import OUR_SESSION, kind_of
from aws_mfa.rules.profile_keys import CREDENTIAL_PROCESS, HIDDEN, is_our_credential_process
from aws_mfa.rules.profile_names import profile_headers
from aws_mfa.rules.profile_values import shown
from aws_mfa.rules.profiles import AwsProfiles
from aws_mfa.rules.section_edits import SectionEdits

if TYPE_CHECKING:
    from aws_mfa.rules.ini_text import Entry, Section

ROLE = "role_arn"
TO_HIDE = (ROLE, "source_profile", "mfa_serial", "external_id", "role_session_name", "duration_seconds")
_HIDDEN_KEYS = {HIDDEN + key: key for key in TO_HIDE}


class AwsTexts:
    """The texts of both files, the profiles in them, and the edits decided so far; paths are for messages."""

    def __init__(self, config: str, credentials: str, config_path: str, credentials_path: str) -> None:
        self.config = SectionEdits(config, config_path)
        self.credentials = SectionEdits(credentials, credentials_path)
        self.profiles = AwsProfiles(config, credentials, config_path, credentials_path)
        self._headers = profile_headers(self.config.sections)

    def places(self, name: str) -> list[Place]:
        """The sections of the profile, that of the config file first."""
        found = (
            (self.config, self.config.sections.get(self._headers.get(name, ""))),
            (self.credentials, self.credentials.sections.get(name)),
        )
        return [Place(edits, section, name) for edits, section in found if section is not None]

    def role_profiles(self) -> list[str]:
        """Every profile that has a role of its own, hidden or not."""
        return [
            profile.name for profile in self.profiles.all_profiles() if ROLE in profile.own and profile.own[ROLE].value
        ]


class Place:
    """One section of a profile: its entries that are the role's, plain and hidden, by the standard key."""

    def __init__(self, edits: SectionEdits, section: Section, profile: str) -> None:
        self.edits = edits
        self.profile = profile
        self.section = section
        self.values = edits.values(section)
        self.plain: dict[str, Entry] = {entry.key: entry for entry in section.entries if entry.key in TO_HIDE}
        self.hidden: dict[str, Entry] = {
            _HIDDEN_KEYS[entry.key]: entry for entry in section.entries if entry.key in _HIDDEN_KEYS
        }

    def __str__(self) -> str:
        return f"[{shown(self.section.name)}] of {self.edits.where}"

    @property
    def has_our_process(self) -> bool:
        """Whether SDKs that read this section ask us."""
        return is_our_credential_process(self.values.get(CREDENTIAL_PROCESS, ""), self.profile)

    @property
    def has_session_of_ours(self) -> bool:
        """Whether it holds what a renewal writes."""
        return kind_of(self.section.values()) == OUR_SESSION

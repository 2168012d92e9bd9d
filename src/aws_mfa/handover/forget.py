"""
Forget sessions: remove them from the session cache, and the sections that aws-mfa wrote from the credentials file.

All of a profile's sessions, whatever device, region or policies they were asked with. Long-term keys are never touched:
a section that holds them is not a session.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_mfa.config.edit import without_keys
from aws_mfa.config.ini import check, sections
from aws_mfa.config.sections import OUR_SESSION, default_long_term, kind_of
from aws_mfa.sessions.file_section import SESSION_KEYS
from aws_mfa.sessions.places import cut_label, mfa_label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_mfa.interfaces import Interfaces


def forget_sessions(profiles: Sequence[str] | None, interfaces: Interfaces) -> tuple[list[str], list[str]]:
    """Remove the sessions of these profiles (None: all); return a line for each that lost some, and for failures."""
    labels = None
    if profiles is not None:
        # A profile's long-term keys are in `<profile>-long-term`, or in its own section.
        users = [mfa_label(section) for name in profiles for section in (default_long_term(name), name)]
        labels = [*profiles, *map(cut_label, profiles), *users]
    forgotten, missed = interfaces.session_cache.forget(labels)
    removed = [f"{label}: removed from the session cache" for label in forgotten]
    path = interfaces.credentials.path
    emptied: list[str] = []

    def edit(text: str) -> str:
        check(text, where=path)
        emptied.clear()
        for section in sections(text, where=path):
            if kind_of(section.values()) == OUR_SESSION and (profiles is None or section.name in profiles):
                text = without_keys(text, section.name, SESSION_KEYS, where=path)
                emptied.append(section.name)
        return text

    if interfaces.credentials.exists():
        interfaces.credentials.update(edit)
    return removed + [f"{name}: removed from {path}" for name in emptied], missed

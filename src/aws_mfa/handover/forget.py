"""
Forget sessions: those of the session cache, and the sections of ours in the credentials file.

Whatever they were asked with: other devices, regions, policies. Long-term keys are never touched: a section that holds
them is no session.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_mfa.config.edit import without_keys
from aws_mfa.config.ini import check, sections
from aws_mfa.config.kinds import OUR_SESSION, kind_of
from aws_mfa.config.section_names import default_long_term
from aws_mfa.sessions.file_section import SESSION_KEYS
from aws_mfa.sessions.labels import cut_label, mfa_label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_mfa.interfaces import Interfaces


def forget_sessions(profiles: Sequence[str] | None, interfaces: Interfaces) -> tuple[list[str], list[str]]:
    """
    Remove the sessions of these profiles (None: all).

    A line for each profile or user that lost some, and one for each place that could not be looked at or emptied.
    """
    labels = None
    if profiles is not None:
        labels = [label for name in profiles for label in _labels(name)]
    forgotten, missed = interfaces.session_cache.forget(labels)
    removed = [f"{label}: removed from the session cache" for label in forgotten]
    path = interfaces.credentials.path
    gone: list[str] = []

    def edit(text: str) -> str:
        check(text, where=path)
        gone.clear()
        for section in sections(text, where=path):
            if kind_of(section.values()) == OUR_SESSION and (profiles is None or section.name in profiles):
                text = without_keys(text, section.name, SESSION_KEYS, where=path)
                gone.append(section.name)
        return text

    if interfaces.credentials.exists():
        interfaces.credentials.update(edit)
    return removed + [f"{name}: removed from {path}" for name in gone], missed


def _labels(profile: str) -> tuple[str, ...]:
    """All that may be stored for it; its long-term keys are in `<profile>-long-term`, or in its own section."""
    return (profile, cut_label(profile), mfa_label(default_long_term(profile)), mfa_label(profile))

"""
Where new sessions go: what SDKs read into the credentials file, in one write; the rest into the session cache.

A session for which a code was spent is not lost: the cache has it even where the file has it too, for there the next
one of other inputs takes its section. And what the file does not take, the cache does.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from aws_mfa.config.edit import with_all_changes, with_changes
from aws_mfa.config.ini import section_values, sections
from aws_mfa.config.profiles import AwsProfiles
from aws_mfa.errors import AwsMfaError
from aws_mfa.renewal.steps import Reused, Step
from aws_mfa.sessions.file_section import refuse_permanent_keys, section_of
from aws_mfa.vaults.choice import with_origin

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_mfa.interfaces import Interfaces
    from aws_mfa.model import Session
    from aws_mfa.renewal.steps import Plan

    Got = Session | AwsMfaError
    Found = Step | Reused
    Changes = Mapping[str, str | None]

IN_FILE, IN_CACHE, NOWHERE = "credentials file", "session cache", "nowhere"


class SessionWriter:
    """
    Puts the sessions of a plan where they belong.

    `got` are the results of its calls so far; `refused` says why the file did not take a profile's session, `lost` are
    the labels that the cache did not take.
    """

    def __init__(self, planned: Plan, interfaces: Interfaces) -> None:
        self.got: dict[Step, Got] = {}
        self.refused: dict[str, AwsMfaError] = {}
        self.lost: set[str] = set()
        self._planned = planned
        self._interfaces = interfaces
        self._written_at_once: set[Found] = set()

    def place_of(self, name: str) -> str:
        """The cache for what SDKs ask us for, the file for all else; nowhere for what the cache did not take."""
        if not self._planned.stored.is_for_cache(name):
            return IN_FILE
        return NOWHERE if name in self.lost else IN_CACHE

    def check_writable(self) -> None:
        """Raise `NotSetUp` where a session is for the file, and the file could not be replaced."""
        if any(self.place_of(name) == IN_FILE for name in self._planned.of_profile):
            self._interfaces.credentials.check_writable()

    def got_of(self, found: Found) -> Got:
        """The session that was got or is stored, or the failure."""
        if isinstance(found, Step):
            return self.got.get(found) or AwsMfaError(f"{found.label} was not tried")
        try:
            return self._planned.stored.session(found)
        except AwsMfaError as error:
            return error

    def write_at_once(self, step: Step, session: Session) -> None:
        """Store what a code was spent for: others wait for it, and a process that is killed now has not lost it."""
        if self._interfaces.session_cache.store(step.label, step.inputs, session):
            self._written_at_once.add(step)

    def write(self) -> None:
        """Store what was got, and what is stored elsewhere than it is wanted."""
        of_profile = self._planned.of_profile
        for_file: dict[str, Found] = {}
        for name, found in of_profile.items():
            if self.place_of(name) == IN_FILE:
                for_file[name] = found
            elif isinstance(found, Step) or found.label != self._label(name, found):
                self._cache(self._label(name, found), found)
        # What roles share: MFA sessions, and roles on the way to others.
        for step in self.got.keys() - of_profile.values():
            self._cache(step.label, step)
        # What the file does not take, and what is not for it any more, goes into the cache.
        changes = self._changes(for_file)
        if not changes and not self.refused:
            return
        adopted = self._adopted_meanwhile(for_file)
        for name in adopted:
            changes.pop(name, None)
            self.refused.pop(name, None)
        if changes:
            self._write_file(changes)
        for name in adopted | self.refused.keys():
            self._cache(self._label(name, for_file[name]), for_file[name])

    def _label(self, name: str, found: Found) -> str:
        """A role's session is stored under the profile's name, whichever profile of equal inputs it was got for."""
        return name if self._planned.chains[name].role_chain else found.label

    def _cache(self, label: str, found: Found) -> None:
        if found in self._written_at_once and label == found.label:
            return
        got = self.got_of(found)
        if not isinstance(got, AwsMfaError) and not self._interfaces.session_cache.store(label, found.inputs, got):
            self.lost.add(label)

    def _changes(self, for_file: Mapping[str, Found]) -> dict[str, Changes]:
        """What the file does not have yet, by section; what is no session for it is noted in `refused`."""
        changes: dict[str, Changes] = {}
        for name, found in for_file.items():
            got = self.got_of(found)
            if isinstance(got, AwsMfaError) or got.access_key_id == self._planned.stored.key_id_in_file(name):
                continue
            try:
                changes[name] = section_of(got, found.inputs)
            except AwsMfaError as error:
                self.refused[name] = error
        return changes

    def _write_file(self, changes: Mapping[str, Changes]) -> None:
        """One write of the file; what it does not take is noted in `refused`."""
        credentials = self._interfaces.credentials
        refused: dict[str, AwsMfaError] = {}

        def edit(text: str) -> str:
            nonlocal refused
            edited, refused = with_what_may_be_written(text, changes, where=credentials.path)
            return edited

        try:
            credentials.update(edit)
        except AwsMfaError as error:
            refused = dict.fromkeys(changes, error)
        self.refused.update(refused)

    def _adopted_meanwhile(self, names: Mapping[str, Found]) -> set[str]:
        """Profiles that ask us by now: `adopt` may have run while a code was typed."""
        config, credentials = self._interfaces.config, self._interfaces.credentials
        profiles = AwsProfiles(config.read(), credentials.read(), config.path, credentials.path)
        found = {name: profiles.profile(name) for name in names}
        return {name for name, profile in found.items() if profile and profile.has_credential_process_of_ours}


def write_section(session: Session, step: Step, section: str, interfaces: Interfaces) -> None:
    """Put one session into a section of the credentials file, as the classic form does: it is kept nowhere else."""
    path = interfaces.credentials.path

    def edit(text: str) -> str:
        refuse_permanent_keys(section_values(text, section, where=path), section, path)
        return with_changes(text, section, section_of(session), where=path)

    interfaces.credentials.update(edit)
    if not step.request.role_arn:
        # Whose MFA session it is, so that roles can be assumed with it; a courtesy, as the ledger of codes is.
        origin = session.access_key_id, step.user.access_key_id, step.request.device
        with suppress(AwsMfaError):
            interfaces.known_keys.update(lambda text: with_origin(text, section, *origin))


def with_what_may_be_written(
    text: str, changes: Mapping[str, Changes], *, where: str
) -> tuple[str, dict[str, AwsMfaError]]:
    """The text with the changes of all sections that hold no permanent keys, and why the others stay as they are."""
    refused: dict[str, AwsMfaError] = {}
    for section in sections(text, where=where):
        if section.name in changes:
            try:
                refuse_permanent_keys(section.values(), section.name, where)
            except AwsMfaError as error:
                refused[section.name] = error
    taken = {name: change for name, change in changes.items() if name not in refused}
    return with_all_changes(text, taken, where=where), refused

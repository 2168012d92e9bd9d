"""
Where new sessions go: what SDKs read into the credentials file, in one write; the rest into the session cache.

A session for which a code was spent is not lost: the cache keeps it even where the file has it, for there the next one
of other inputs takes its section. And what the file does not take, the cache does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_mfa.errors import AwsMfaError
from aws_mfa.rules.ini_edit import with_all_changes
from aws_mfa.rules.ini_text import sections
from aws_mfa.rules.profiles import AwsProfiles
from aws_mfa.rules.session_section import section_of
from aws_mfa.rules.session_steps import Reused, Step
from aws_mfa.workflows.renew import refuse_permanent_values

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from aws_mfa.model import Session
    from aws_mfa.rules.session_steps import Plan
    from aws_mfa.workflows.outside import Outside

    Got = Session | AwsMfaError
    Found = Step | Reused
    Changes = Mapping[str, str | None]

IN_FILE, IN_CACHE, NOWHERE = "credentials file", "session cache", "nowhere"


class Keeper:
    """
    Puts the sessions of a plan where they belong.

    `got` are the results of its calls so far; `refused` says why the file did not take a profile's session, `lost` are
    the labels that the cache did not keep.
    """

    def __init__(self, planned: Plan, outside: Outside) -> None:
        self.got: dict[Step, Got] = {}
        self.refused: dict[str, AwsMfaError] = {}
        self.lost: set[str] = set()
        self._planned = planned
        self._outside = outside
        self._at_once: set[Found] = set()

    def place_of(self, name: str) -> str:
        """Into the cache what SDKs ask us for, into the file all else; nowhere what the cache did not keep."""
        if not self._planned.stored.is_for_cache(name):
            return IN_FILE
        return NOWHERE if name in self.lost else IN_CACHE

    def check_writable(self) -> None:
        """Raise `NotSetUp` where a session is for the file, and the file could not be replaced."""
        if any(self.place_of(name) == IN_FILE for name in self._planned.of_profile):
            self._outside.credentials.check_writable()

    def got_of(self, found: Found) -> Got:
        """The session that was got or is stored, or the failure."""
        if isinstance(found, Step):
            return self.got.get(found) or AwsMfaError(f"{found.label} was not tried")
        try:
            return self._planned.stored.session(found)
        except AwsMfaError as error:
            return error

    def keep_at_once(self, step: Step, session: Session) -> None:
        """Store what a code was spent for: others wait for it, and a process that is killed now has not lost it."""
        if self._outside.session_cache.store(step.label, step.inputs, session):
            self._at_once.add(step)

    def keep(self) -> None:
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
        self._write(for_file)

    def _label(self, name: str, found: Found) -> str:
        """A role's session is stored under the profile's name, whichever profile of equal inputs it was got for."""
        return name if self._planned.chains[name].role_chain else found.label

    def _cache(self, label: str, found: Found) -> None:
        if found in self._at_once and label == found.label:
            return
        got = self.got_of(found)
        if not isinstance(got, AwsMfaError) and not self._outside.session_cache.store(label, found.inputs, got):
            self.lost.add(label)

    def _write(self, for_file: Mapping[str, Found]) -> None:
        """What the file does not take, and what is not for it any more, goes into the cache."""
        changes = self._changes(for_file)
        if not changes and not self.refused:
            return
        adopted = self._adopted_meanwhile(for_file)
        for name in adopted:
            changes.pop(name, None)
            self.refused.pop(name, None)
        try:
            if changes:
                self._update(changes)
        except AwsMfaError as error:
            self.refused.update(dict.fromkeys(changes, error))
        for name in adopted | self.refused.keys():
            self._cache(self._label(name, for_file[name]), for_file[name])

    def _changes(self, for_file: Mapping[str, Found]) -> dict[str, Changes]:
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

    def _update(self, changes: Mapping[str, Changes]) -> None:
        path = self._outside.credentials.path
        refused: dict[str, AwsMfaError] = {}

        def edit(text: str) -> str:
            nonlocal refused
            edited, refused = with_what_may_be_written(text, changes, where=path)
            return edited

        self._outside.credentials.update(edit)
        self.refused.update(refused)

    def _adopted_meanwhile(self, names: Iterable[str]) -> set[str]:
        """Profiles that ask us by now: `adopt` may have run while a code was typed."""
        config, credentials = self._outside.config, self._outside.credentials
        profiles = AwsProfiles(config.read(), credentials.read(), config.path, credentials.path)
        found = {name: profiles.profile(name) for name in names}
        return {name for name, profile in found.items() if profile and profile.has_credential_process_of_ours}


def with_what_may_be_written(
    text: str, changes: Mapping[str, Changes], *, where: str
) -> tuple[str, dict[str, AwsMfaError]]:
    """The text with the changes of all sections that hold no permanent keys, and why the others stay as they are."""
    refused: dict[str, AwsMfaError] = {}
    for section in sections(text, where=where):
        if section.name in changes:
            try:
                refuse_permanent_values(section.values(), section.name, where)
            except AwsMfaError as error:
                refused[section.name] = error
    taken = {name: change for name, change in changes.items() if name not in refused}
    return with_all_changes(text, taken, where=where), refused

"""
Where new sessions are stored: in the credentials file (one write) if SDKs read them there, else in the session cache.

A session that cost a code is not lost. The cache has it too, because in the file the profile's next session, with other
inputs, overwrites it. The cache also takes what the file does not.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from aws_mfa.config.edit import with_all_changes, with_changes
from aws_mfa.config.ini import section_values, sections
from aws_mfa.config.profiles import AwsProfiles
from aws_mfa.errors import AwsMfaError
from aws_mfa.renewal.steps import Reused, Step
from aws_mfa.sessions.file_section import refuse_permanent_keys, section_of, session_in
from aws_mfa.sessions.freshness import Fresh, judge
from aws_mfa.sessions.places import mfa_label
from aws_mfa.vaults.choice import with_origin

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_mfa.interfaces import Interfaces
    from aws_mfa.model import Session
    from aws_mfa.renewal.plan import Plan

    Got = Session | AwsMfaError
    Found = Step | Reused
    Changes = Mapping[str, str | None]

IN_FILE, IN_CACHE, NOWHERE = "credentials file", "session cache", "nowhere"


class SessionWriter:
    """Stores a plan's sessions. `got`: results of calls; `not_written`: failures of the file; `lost`: of the cache."""

    def __init__(self, plan: Plan, interfaces: Interfaces) -> None:
        self.got: dict[Step, Got] = {}
        self.not_written: dict[str, AwsMfaError] = {}
        self.lost: set[str] = set()
        self._plan = plan
        self._interfaces = interfaces
        self._written_at_once: set[Found] = set()

    def place_of(self, name: str) -> str:
        """The file, unless a program gets the session or SDKs run one: a session in the section would hide its line."""
        if not self._plan.request.hands_over and not self._plan.chains[name].wanted.has_credential_process:
            return IN_FILE
        return NOWHERE if name in self.lost else IN_CACHE

    def check(self) -> None:
        """Raise `NotSetUp` if the AWS files are not to be trusted or replaced; print it if the cache cannot store."""
        for file in (self._interfaces.config, self._interfaces.credentials):
            file.check_trusted()
        for_file = [found for name, found in self._plan.of_profile.items() if self.place_of(name) == IN_FILE]
        if for_file:
            self._interfaces.credentials.check_writable()
        if any(step not in for_file for step in self._plan.codes):
            self._interfaces.session_cache.check()

    def got_of(self, found: Found) -> Got:
        """The session, new or stored, or the failure."""
        if isinstance(found, Step):
            return self.got.get(found) or AwsMfaError(f"{found.label} was not tried")
        return self._plan.stored.session(found)

    def write_at_once(self, step: Step, session: Session) -> None:
        """Store a session that cost a code: other processes wait for it, and it is safe if this one is killed."""
        if self._interfaces.session_cache.store(step.label, step.inputs, session):
            self._written_at_once.add(step)

    def write(self) -> None:
        """Store the new sessions, and stored ones that are wanted in another place."""
        of_profile = self._plan.of_profile
        for_file: dict[str, Found] = {}
        for name, found in of_profile.items():
            if self.place_of(name) == IN_FILE:
                for_file[name] = found
            elif isinstance(found, Step) or found.label != self._label(name, found):
                self._cache(self._label(name, found), found)
        # Sessions that only sign for others: MFA sessions, and roles in the middle of a chain.
        for step in self.got.keys() - of_profile.values():
            self._cache(step.label, step)
        # Sessions that the file does not take, or that are no longer for it, go into the cache.
        changes = self._changes(for_file)
        if not changes and not self.not_written:
            return
        adopted = self._adopted_meanwhile(for_file)
        for name in adopted:
            changes.pop(name, None)
            self.not_written.pop(name, None)
        if changes:
            self._write_file(changes)
        for name in adopted | self.not_written.keys():
            self._cache(self._label(name, for_file[name]), for_file[name])

    def _label(self, name: str, found: Found) -> str:
        """A role's session is stored under the profile's name, also if another profile with equal inputs got it."""
        return name if self._plan.chains[name].role_chain else found.label

    def _cache(self, label: str, found: Found) -> None:
        if found in self._written_at_once and label == found.label:
            return
        got = self.got_of(found)
        if not isinstance(got, AwsMfaError) and not self._interfaces.session_cache.store(label, found.inputs, got):
            self.lost.add(label)

    def _changes(self, for_file: Mapping[str, Found]) -> dict[str, Changes]:
        """What the file does not have yet, by section; sessions that cannot be written are noted in `not_written`."""
        changes: dict[str, Changes] = {}
        for name, found in for_file.items():
            got, in_file = self.got_of(found), self._plan.stored.file.values(name) or {}
            if isinstance(got, AwsMfaError) or got.access_key_id == in_file.get("aws_access_key_id"):
                continue
            try:
                changes[name] = section_of(got, found.inputs)
            except AwsMfaError as error:
                self.not_written[name] = error
        return changes

    def _write_file(self, changes: Mapping[str, Changes]) -> None:
        """Write the file once; sections with permanent keys, or all if that fails, are noted in `not_written`."""
        credentials, not_written = self._interfaces.credentials, self.not_written

        def edit(text: str) -> str:
            for section in sections(text, where=credentials.path):
                if section.name in changes:
                    try:
                        refuse_permanent_keys(section.values(), section.name, credentials.path)
                    except AwsMfaError as error:
                        not_written[section.name] = error
            taken = {name: change for name, change in changes.items() if name not in not_written}
            return with_all_changes(text, taken, where=credentials.path)

        try:
            credentials.update(edit)
        except AwsMfaError as error:
            not_written.update(dict.fromkeys(changes, error))

    def _adopted_meanwhile(self, names: Mapping[str, Found]) -> set[str]:
        """Profiles for which SDKs run a program by now: `adopt` may have run while a code was typed."""
        config, credentials = self._interfaces.config, self._interfaces.credentials
        profiles = AwsProfiles(config.read(), credentials.read(), config.path, credentials.path)
        found = {name: profiles.profile(name) for name in names}
        return {name for name, profile in found.items() if profile and profile.has_credential_process}


class SectionWriter:
    """Writes one session into a section, as the classic form does; `stored`: one that costs no code, or None."""

    def __init__(self, step: Step, section: str, interfaces: Interfaces, replaced_id: str | None = None) -> None:
        self._step = step
        self._section = section
        self._interfaces = interfaces
        # An MFA session is stored for all commands. A role's session, which the contract signs in another way than they
        # do, is stored for this section only, and until it is written there.
        is_role = bool(step.request.role_arn)
        self._label = section if is_role else mfa_label(step.user.section)
        self._inputs = {**step.inputs, "section": step.label} if is_role else step.inputs
        self.is_written = False
        self.stored = self._in_cache()
        self._known_ids = {replaced_id, self.stored.access_key_id if self.stored else None}

    def _in_cache(self) -> Session | None:
        found = self._interfaces.session_cache.find(self._label, self._inputs)
        return found.session() if found else None

    def in_section(self) -> Session | None:
        """The session that is in the section now, if it is the one wanted and still good."""
        file, role_arn = self._interfaces.credentials, self._step.request.role_arn
        values = section_values(file.read(), self._section, where=file.path) or {}
        is_fresh = isinstance(judge(values, role_arn=role_arn, now=self._interfaces.now()), Fresh)
        return session_in(values) if is_fresh else None

    def newer(self) -> Session | None:
        """The session that another process has stored since the section was read, None if none has."""
        found = (self.in_section(), self._in_cache())
        return next((one for one in found if one is not None and one.access_key_id not in self._known_ids), None)

    def write_new(self, session: Session) -> None:
        """Write a session that cost a code; it is in the cache before, because the file may not take it."""
        try:
            self._interfaces.session_cache.store(self._label, self._inputs, session, is_copy=True)
        finally:
            self.write(session)
        self.is_written = True

    def write(self, session: Session) -> None:
        step, section, interfaces = self._step, self._section, self._interfaces
        path = interfaces.credentials.path

        def edit(text: str) -> str:
            refuse_permanent_keys(section_values(text, section, where=path), section, path)
            return with_changes(text, section, section_of(session), where=path)

        interfaces.credentials.update(edit)
        if step.request.role_arn:
            interfaces.session_cache.drop(self._label, self._inputs, session.access_key_id)
            return
        # Note whose MFA session it is, so that roles can be assumed with it. Optional, so failures are ignored.
        request = step.request
        origin = session.access_key_id, step.user.access_key_id, request.device, request.duration_s
        with suppress(AwsMfaError):
            interfaces.known_keys.update(lambda text: with_origin(text, section, *origin))

"""
Sessions that are stored: in the session cache, and in sections that aws-mfa wrote into the credentials file.

A stored session counts if it was requested with the same inputs; of two, the one that lasts longer. Each is opened at
most once: opening a sealed entry takes longer than a call to STS.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from aws_mfa.config.index import SectionIndex
from aws_mfa.model import Session
from aws_mfa.renewal.steps import Reused
from aws_mfa.sessions.file_section import session_in, was_asked_with
from aws_mfa.sessions.freshness import MARGIN_S
from aws_mfa.vaults.choice import noted_duration, noted_origin

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from aws_mfa.config.chains import Chain
    from aws_mfa.interfaces import Interfaces, StoredSession
    from aws_mfa.renewal.request import RenewalRequest
    from aws_mfa.renewal.steps import SourceUser, Step
    from aws_mfa.vaults.lookup import KnownProfiles

_OF_USER = "mfa@"


class StoredSessions:
    """`asks_us` are the profiles for which SDKs run aws-mfa, `file` is the credentials file as it was read."""

    def __init__(
        self,
        interfaces: Interfaces,
        known: KnownProfiles,
        request: RenewalRequest,
        wanted: Sequence[tuple[Chain, SourceUser]],
    ) -> None:
        self._refused_key_ids = request.refused_key_ids
        self._interfaces = interfaces
        self.file = known.credentials
        self._notes = known.notes
        profiles = [chain.wanted for chain, _ in wanted]
        self.asks_us = {profile.name for profile in profiles if profile.has_credential_process_of_ours}
        self._section_of = {user.section: user.profile for _, user in wanted}
        self._found: dict[tuple[str, str], Session | StoredSession] = {}
        self._ends: dict[tuple[str, str], float] = {}
        self._find_listed: Callable[[str, str], StoredSession | None] | None = None

    @contextmanager
    def listed(self) -> Iterator[None]:
        """For the length of a `with`, `until` finds the sessions that are stored now: the folders are listed once."""
        if self._section_of:
            self._find_listed = self._interfaces.session_cache.listed()
        yield
        self._find_listed = None

    def until(self, step: Step) -> float | None:
        """When the stored session of this label and these inputs ends; remembered for `newer`."""
        expires_at = self._until(step)
        if expires_at is not None:
            self._ends[step.label, step.key] = expires_at
        return expires_at

    def _until(self, step: Step) -> float | None:
        label, inputs = step.label, step.inputs
        listed, cache = self._find_listed, self._interfaces.session_cache
        cached = cache.find(label, inputs) if listed is None else listed(label, step.key)
        in_file = self._in_file(label, inputs)
        if self._refused_key_ids:
            cached = None if cached and cached.session().access_key_id in self._refused_key_ids else cached
            in_file = None if in_file and in_file.access_key_id in self._refused_key_ids else in_file
        found: list[Session | StoredSession] = [one for one in (cached, in_file) if one is not None]
        if not found:
            return None
        longest = max(found, key=lambda one: one.expires_at)
        self._found[label, step.key] = longest
        return longest.expires_at

    def newer(self, step: Step, *, in_file: bool = True) -> Session | None:
        """The step's session, if another process has stored one since `until` was called, in the cache or the file."""
        known_until = self._ends.get((step.label, step.key), 0.0)
        expires_at = self._until(step)
        if in_file and (expires_at is None or expires_at <= known_until):
            # The cache first: a session that is moved from the cache into the file is always in one of the two.
            self.file = SectionIndex(self._interfaces.credentials.read(), self._interfaces.credentials.path)
            self._notes = self._interfaces.known_keys.read()
            expires_at = self._until(step)
        if expires_at is None or expires_at <= known_until:
            return None
        return self.session(Reused(step, expires_at))

    def session(self, reused: Reused) -> Session:
        """The session whose end `until` returned."""
        found = self._found[reused.label, reused.key]
        return found if isinstance(found, Session) else found.session()

    def own_inputs(self, reused: Reused) -> dict[str, str]:
        """The inputs that this session was got with: one of the classic form may have another duration."""
        duration_s = noted_duration(self._notes, reused.user.profile, self.session(reused).access_key_id)
        return reused.inputs if duration_s is None else {**reused.inputs, "duration_s": duration_s}

    def _in_file(self, label: str, inputs: Mapping[str, str]) -> Session | None:
        """A session in a section that aws-mfa wrote: the user's MFA session, or the role's."""
        if "scoped_description" in inputs:
            return None  # such a session is never in the file
        roles = sum(name.startswith("role_chain ") for name in inputs)
        name = label if roles else self._section_of.get(label.removeprefix(_OF_USER), "")
        # If SDKs run aws-mfa for the profile, they do not read its section any more.
        values = None if name in self.asks_us else self.file.values(name)
        if values is None or not was_asked_with(values, inputs, lambda: noted_origin(self._notes, name)):
            return None
        session = session_in(values)
        # The role assumed last has the highest number.
        if session is None or session.assumed_role_arn != inputs.get(f"role_chain {roles}"):
            return None
        return session if session.expires_at - self._interfaces.now() > MARGIN_S else None

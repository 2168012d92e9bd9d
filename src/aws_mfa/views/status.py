"""
Which profiles there are, and which of them have a session now: one row for each, from what is on this disk.

Opens no vault and no keychain, and plans nothing: a stored session is found by its label, and counts if its inputs name
the profile's role, key and device. Of a sealed session only what its file says in clear is known. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from aws_mfa.aws_values.arns import account_of
from aws_mfa.aws_values.text import parse_moment
from aws_mfa.config.chains import chain_of, has_keys
from aws_mfa.config.profile import Profile
from aws_mfa.config.profile_names import misnamed
from aws_mfa.config.sections import LONG_TERM_SUFFIX, SESSIONS, default_long_term, kind_of, profile_of
from aws_mfa.errors import AwsMfaError
from aws_mfa.model import LongTermKeys
from aws_mfa.sessions.places import mfa_label, shortened
from aws_mfa.vaults.choice import noted_creation, noted_device, noted_key_id, noted_vault
from aws_mfa.vaults.lookup import other_program_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from aws_mfa.sessions.entry import Head
    from aws_mfa.vaults.lookup import KnownProfiles

IN_FILE = "credentials file"
_SIGNS_ELSEWHERE = ("credential_source", "web_identity_token_file", "sso_session", "sso_start_url")
# What the classic form and other tools write; botocore reads none of them.
_EXPIRATIONS = ("expiration", "x_security_token_expires", "aws_expiration", "aws_session_expiration")


@dataclass(frozen=True)
class StatusRow:
    """
    One profile; what no file says is None.

    `kind`: `user`, `role`, `session` (the credentials file has only that), `program` (another one gives the
    credentials), `other` (SSO, web identity and the like), `no keys`, `broken`. `role` is a name. `expires_at`: when
    the stored session ends or ended, in seconds since the epoch, None without one, and if that is unknown (`is_known`
    False). `place`: where it is stored. `vault` and `key_age_s`: of the long-term keys that sign. `note`: what is
    wrong, or who else gives the credentials.
    """

    name: str
    kind: str
    account: str | None = None
    role: str | None = None
    expires_at: float | None = None
    is_known: bool = True
    place: str | None = None
    vault: str | None = None
    key_age_s: float | None = None
    note: str | None = None


class _Source(NamedTuple):
    """The long-term keys of a user's profile, as far as files and notes name them."""

    section: str
    key_id: str
    vault: str | None
    device: str | None
    key_age_s: float | None


def status_rows(
    known: KnownProfiles, heads: Iterable[Head], now: float, names: Sequence[str] | None = None
) -> list[StatusRow]:
    """
    The rows of these profiles, None: of all, in the order of the files, then those that only the notes have.

    `heads` are those of the session cache. Raises `BadProfile` for a name that neither file nor notes have.
    """
    rows, wrong = _Rows(known, heads, now), known.profiles.misnamed
    if names is None:
        sections = (*known.credentials.headers(), *sorted(known.noted_sections))
        there = (name for name in known.profiles.names() if not misnamed(name, is_config=False))
        users = (profile_of(name) for name in sections if name.endswith(LONG_TERM_SUFFIX))
        names = [*there, *users, *wrong]
    for name in names:
        if known.profiles.profile(name) is None and name not in wrong and not known.has_noted_keys(name):
            chain_of(name, known.profiles)  # raises, with names that are similar
    return [rows.row(name) for name in dict.fromkeys(names)]


class _Rows:
    """Makes rows; remembers the keys of users, which many roles share."""

    def __init__(self, known: KnownProfiles, heads: Iterable[Head], now: float) -> None:
        self._known = known
        self._now = now
        self._heads: dict[str, list[Head]] = {}
        for head in heads:
            self._heads.setdefault(head.label, []).append(head)
        self._sources: dict[str, _Source] = {}

    def row(self, name: str) -> StatusRow:
        try:
            if wrong := self._known.profiles.wrong_header(name):
                return StatusRow(name, "broken", note=wrong)
            return self._row(self._known.profiles.profile(name) or Profile(name, {}, self._known.profiles))
        except AwsMfaError as error:
            return StatusRow(name, "broken", note=error.message)

    def _row(self, profile: Profile) -> StatusRow:
        known, name = self._known, profile.name
        values = known.credentials.values(name)
        if not has_keys(profile, known.has_noted_keys):
            if (elsewhere := self._elsewhere(profile)) is not None:
                return StatusRow(name, "other", *_account_and_role(profile.value("role_arn")), note=elsewhere)
            if profile.given("role_arn") is None and profile.given("include_profile") is None:
                expires_at, place, assumed = _longest((), values, None)
                line = None if place else other_program_of(profile)
                kind = "session" if place else "program" if line else "no keys"
                is_known = place is None or expires_at is not None
                return StatusRow(name, kind, *_account_and_role(assumed), expires_at, is_known, place, note=line)
        chain = chain_of(name, known.profiles, keys_stored=known.has_noted_keys)
        source = self._source(chain.user)
        device, role_arn = chain.mfa_serial or source.device, chain.wanted.role_arn if chain.role_chain else None
        heads = self._heads.get(shortened(name if role_arn else mfa_label(source.section)), ())
        if heads:
            inputs = {"access_key_id": source.key_id, "device": device or ""}
            is_narrow = any(role.narrowing is not None for role in chain.role_chain)
            heads = [head for head in heads if _is_of(head, role_arn, inputs, is_narrow=is_narrow)]
        # If SDKs run aws-mfa for the profile, they do not read its section any more.
        values = None if profile.has_credential_process_of_ours else values
        expires_at, place, assumed = _longest(heads, values, role_arn)
        kind = "role" if role_arn else "user" if source.vault else "session" if place == IN_FILE else "no keys"
        account, role = _account_and_role(assumed or role_arn or device)
        is_known = place is None or expires_at is not None
        return StatusRow(name, kind, account, role, expires_at, is_known, place, source.vault, source.key_age_s)

    def _elsewhere(self, profile: Profile | None) -> str | None:
        """The line that gets the credentials of the profile, or of the source of its role, without long-term keys."""
        seen: list[Profile] = []
        while profile is not None and profile not in seen and not has_keys(profile, self._known.has_noted_keys):
            for key in _SIGNS_ELSEWHERE:
                if profile.given(key) is not None:
                    return profile.source(key)
            seen.append(profile)
            source = profile.value("source_profile")
            profile = None if source is None else self._known.profiles.profile(source)
        return None

    def _source(self, user: Profile) -> _Source:
        if user.name not in self._sources:
            notes, section = self._known.notes, default_long_term(user.name)
            key_id, vault = noted_key_id(notes, section) or "", noted_vault(notes, section)
            if not key_id:  # such keys are in a file, if anywhere
                section = user.keys_section
                in_config = self._known.profiles.config_section(section) or ("", {})
                places = map(LongTermKeys.in_section, (self._known.credentials.values(section), in_config[1]))
                keys = next(filter(None, places), None)
                key_id, vault = (keys.access_key_id, "file") if keys else ("", vault)
            created_at = noted_creation(notes, key_id)
            age_s = None if created_at is None else max(self._now - created_at, 0.0)
            self._sources[user.name] = _Source(section, key_id, vault, noted_device(notes, key_id), age_s)
        return self._sources[user.name]


def _longest(
    heads: Sequence[Head], values: Mapping[str, str] | None, role_arn: str | None
) -> tuple[float | None, str | None, str | None]:
    """End and place of the session that lasts longest, one of unknown end last; the role of one that is in the file."""
    found: list[tuple[float | None, str, str | None]] = [(head.expires_at, head.place, None) for head in heads]
    if values and kind_of(values) in SESSIONS and role_arn in (None, values.get("assumed_role_arn")):
        moments = (parse_moment(values.get(key, "")) for key in _EXPIRATIONS)
        found.append((next(filter(None, moments), None), IN_FILE, values.get("assumed_role_arn")))
    return max(found, key=lambda one: one[0] or 0.0, default=(None, None, None))


def _is_of(head: Head, role_arn: str | None, inputs: Mapping[str, str], *, is_narrow: bool) -> bool:
    """Whether the session may be the one that commands use for the profile: nothing that is known differs."""
    if head.is_narrowed != is_narrow:
        return False
    text = f"\n{head.inputs_text}\n"
    is_same = all(f"\n{name} = {value}\n" in text for name, value in inputs.items() if value)
    return head.role_arn is None or (is_same and head.role_arn == (role_arn or ""))


def _account_and_role(arn: str | None) -> tuple[str | None, str | None]:
    """The account in the ARN of a role or device, and the role's name without its path."""
    resource = (arn or "").rpartition(":")[2]
    return account_of(arn or ""), resource.rpartition("/")[2] if resource.startswith("role/") else None

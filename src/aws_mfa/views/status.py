"""
Which profiles there are, and which of them have a session now: one row for each, from what is on this disk.

Opens no vault and no keychain, and plans nothing: a stored session is found by its label, and counts if its inputs name
the profile's role, key and device. Of a sealed session only what its file says in clear is known. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING, NamedTuple

from aws_mfa.aws_values.arns import account_of
from aws_mfa.aws_values.text import parse_moment
from aws_mfa.config.chains import chain_of
from aws_mfa.config.profile_names import misnamed
from aws_mfa.config.profile_settings import CREDENTIAL_PROCESS
from aws_mfa.config.sections import LONG_TERM_SUFFIX, SESSIONS, default_long_term, kind_of, profile_of
from aws_mfa.errors import AwsMfaError, SignsElsewhere
from aws_mfa.model import LongTermKeys
from aws_mfa.sessions.file_section import is_of_other_keys
from aws_mfa.sessions.places import mfa_label, shortened
from aws_mfa.vaults.choice import noted_creation, noted_device, noted_key_id, noted_origin, noted_vault
from aws_mfa.vaults.lookup import other_program_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from aws_mfa.config.profile import Profile
    from aws_mfa.sessions.entry import Head
    from aws_mfa.vaults.lookup import KnownProfiles

IN_FILE, _SEALED = "credentials file", "sealed"
_NOT_ASKED = ("region", "output", CREDENTIAL_PROCESS)  # profiles that differ only in these ask for the same session
OLD_KEY = "its session is of another key than the one in use now: commands ask for a code"
# What the classic form and other tools write; botocore reads none of them.
_EXPIRATIONS = ("expiration", "x_security_token_expires", "aws_expiration", "aws_session_expiration")


@dataclass(frozen=True)
class StatusRow:
    """
    One profile; what no file says is None.

    `kind`: `user`, `role`, `session` (only that, in the credentials file), `program` (another gives the credentials),
    `other` (SSO and the like), `no keys`, `broken`. `role` is a name. `expires_at`: when the stored session ends or
    ended (epoch); None without one, and if that is unknown (`is_known` False). `place`: where it is stored. `vault`,
    `key_age_s`: of the keys that sign. `note`: what is wrong, or who else gives the credentials.
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
    """The rows of these profiles (None: of all, those that only the notes have last); `BadProfile` for unknown ones."""
    wrong = known.profiles.misnamed
    if names is None:
        sections = (*known.credentials.headers(), *sorted(known.noted_sections))
        there = (name for name in known.profiles.names() if not misnamed(name, is_config=False))
        names = [*there, *(profile_of(name) for name in sections if name.endswith(LONG_TERM_SUFFIX)), *wrong]
    for name in names:
        if known.profiles.profile(name) is None and name not in wrong and not known.has_noted_keys(name):
            chain_of(name, known.profiles)  # raises, with names that are similar
    found: dict[object, list[Head]] = {}
    for head in heads:
        profile = known.profiles.profile(head.label)
        found.setdefault(_request(profile) if profile else head.label, []).append(head)
    source_of = cache(partial(_source, known, now))
    rows = []
    for name in dict.fromkeys(names):
        try:
            rows.append(_row(name, known, found, source_of))
        except AwsMfaError as error:
            kind = "other" if isinstance(error, SignsElsewhere) else "broken"
            rows.append(StatusRow(name, kind, note=error.message))
    return rows


def _row(
    name: str, known: KnownProfiles, found: Mapping[object, Sequence[Head]], source_of: Callable[[Profile], _Source]
) -> StatusRow:
    """Raises what is wrong with the profile."""
    known.profiles.check_header(name)
    chain = chain_of(name, known.profiles, keys_stored=known.has_noted_keys)
    profile, source = chain.wanted, source_of(chain.user)
    role_arn, device = profile.role_arn if chain.role_chain else None, chain.mfa_serial or source.device
    heads = found.get(shortened(name if role_arn else mfa_label(source.section)), ())
    if role_arn and found:
        heads = [*heads, *found.get(_request(profile), ())]
    if heads:
        inputs = {"access_key_id": source.key_id, "device": device or ""}
        is_narrow = any(role.narrowing is not None for role in chain.role_chain)
        heads = [head for head in heads if _is_of(head, role_arn, inputs, is_narrow=is_narrow)]
    # If SDKs run aws-mfa for the profile, they do not read its section any more.
    values = None if profile.has_credential_process_of_ours else known.credentials.values(name)
    is_old = values and source.key_id and is_of_other_keys(values, source.key_id, noted_origin(known.notes, name))
    values = None if is_old and heads else values
    expires_at, place, assumed = _longest(heads, values, role_arn)
    program = None if source.vault or role_arn or place == IN_FILE else other_program_of(profile)
    kinds = {"role": role_arn, "user": source.vault, "session": place == IN_FILE, "program": program}
    kind = next((kind for kind, is_so in kinds.items() if is_so), "no keys")
    arn, is_known = assumed or role_arn or device or "", place is None or expires_at is not None
    resource = arn.rpartition(":")[2]
    role = resource.rpartition("/")[2] if resource.startswith("role/") else None
    of_keys = (source.vault, source.key_age_s, OLD_KEY if is_old and place == IN_FILE else program)
    return StatusRow(name, kind, account_of(arn), role, expires_at, is_known, place, *of_keys)


def _request(profile: Profile) -> frozenset[tuple[str, str]]:
    """Equal for profiles that ask for the same session; each uses one that another has stored."""
    return frozenset((key, given.value) for key, given in profile.own.items() if key not in _NOT_ASKED)


def _source(known: KnownProfiles, now: float, user: Profile) -> _Source:
    notes, section = known.notes, default_long_term(user.name)
    key_id, vault = noted_key_id(notes, section) or "", noted_vault(notes, section)
    if not key_id:  # such keys are in a file, if anywhere
        section = user.keys_section
        in_config = known.profiles.config_section(section) or ("", {})
        places = map(LongTermKeys.in_section, (known.credentials.values(section), in_config[1]))
        keys = next(filter(None, places), None)
        key_id, vault = (keys.access_key_id, "file") if keys else ("", vault)
    created_at = noted_creation(notes, key_id)
    age_s = None if created_at is None else max(now - created_at, 0.0)
    return _Source(section, key_id, vault, noted_device(notes, key_id), age_s)


def _longest(
    heads: Sequence[Head], values: Mapping[str, str] | None, role_arn: str | None
) -> tuple[float | None, str | None, str | None]:
    """End and place of the session that lasts longest, one of unknown end last; the role of one that is in the file."""
    found: list[tuple[float | None, str, str | None]] = []
    if values and kind_of(values) in SESSIONS and role_arn in (None, values.get("assumed_role_arn")):
        moments = (parse_moment(values.get(key, "")) for key in _EXPIRATIONS)
        found.append((next(filter(None, moments), None), IN_FILE, values.get("assumed_role_arn")))
    found += [(head.expires_at, head.place, None) for head in heads]
    return max(found, key=lambda one: one[0] or 0.0, default=(None, None, None))


def _is_of(head: Head, role_arn: str | None, inputs: Mapping[str, str], *, is_narrow: bool) -> bool:
    """Whether the session may be the one that commands use for the profile: nothing that is known differs."""
    text = f"\n{head.inputs_text}\n"
    is_same = all(f"\n{name} = {value}\n" in text for name, value in inputs.items() if value)
    return head.is_narrowed == is_narrow and (head.place == _SEALED or (is_same and head.role_arn == (role_arn or "")))

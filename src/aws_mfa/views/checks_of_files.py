"""
What is wrong in the two AWS files and in `~/.aws/mfa`: lines, modes, keys in plain text, profiles, regions, key ages.

Each judgement is the one of the command that would refuse or warn; here it is collected for all profiles. Opens no
vault but through `in_vault`, and sends nothing. No value of a file is quoted.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from aws_mfa.agents.rule import granted
from aws_mfa.aws_values.text import parse_moment
from aws_mfa.command_lines import quote, unset_variable
from aws_mfa.config.ini import check, line_number, sections
from aws_mfa.config.profile_names import did_you_mean
from aws_mfa.config.profile_settings import (
    CLASSIC_DEVICE,
    CREDENTIAL_PROCESS,
    HIDDEN,
    KEYS,
    NARROWING,
    OF_AGENTS,
    nested_block,
    shown,
)
from aws_mfa.config.sections import FOREIGN_SESSION, LONG_TERM_KEYS, OUR_SESSION, SESSIONS, kind_of, profile_of
from aws_mfa.config.settings import hidden_by, misread
from aws_mfa.errors import AwsMfaError, BadInput, BrokenFile, NoLongTermKeys, NotSetUp
from aws_mfa.handover.environment import PROFILE
from aws_mfa.key_care.search import ImportRequest, keys_here
from aws_mfa.model import masked
from aws_mfa.setup.as_botocore import KEYS as SIGNED_BY_KEYS
from aws_mfa.setup.as_botocore import OTHER_SIGN_IN, PROCESS, AsBotocore
from aws_mfa.system.ownership import is_narrow, quoted
from aws_mfa.vaults.choice import noted_creation, noted_key_id, noted_vault
from aws_mfa.vaults.journal import INACTIVE, reminder, rotations_in
from aws_mfa.vaults.lookup import other_program_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from aws_mfa.config.profile import Profile
    from aws_mfa.interfaces import Interfaces
    from aws_mfa.vaults.lookup import KnownProfiles

_LEAVE = 'in a shell of aws-mfa exec: exit; else: eval "$(aws-mfa env --unset)"'
OLD_AFTER_S = 90 * 86400
_DAY_S = 86400
# What each kind of finding means for the user; the gravest first.
WHY = {
    "unreadable file": "SDKs and aws-mfa refuse the whole file",
    "permissions": "other users may read your keys; those who can write may run commands as you",
    "keys in plain text": "whatever copies the file, such as a backup, has keys that need no code",
    "clock": "AWS refuses requests that are 15 minutes off, and codes made here are wrong",
    "keychain": "the long-term keys are there: without it no new session can be got",
    "adopted line": "SDKs cannot get credentials for the profile",
    "broken profile": "no command can get a session for it",
    "devices": "STS accepts only codes, so no session with MFA can be got",
    "value": "what is written around a value counts as a part of it",
    "environment": "programs started here use those credentials, whatever profile you name",
    "differs by SDK": "one program works with the profile, another fails or uses other credentials",
    "agents": "an agent whose SDK reads the file gets more than the rule leaves it",
    "setting": "what it is to set has no effect",
    "region": "keys are valid in one partition, so a request to another one fails",
    "age of keys": "the longer a key exists, the more places may have a copy of it",
    "two programs": "which one runs depends on PATH, in this shell and in each SDK",
    "AWS CLI": "it ignores the endpoint: it asks the real AWS, or finds no credentials",
}


class Finding(NamedTuple):
    """One problem: its kind (a key of `WHY`), what was found, and the command, or else the words, that fix it."""

    check: str
    what: str
    command: str

    @property
    def why(self) -> str:
        return WHY[self.check]


def grouped(check: str, failures: Mapping[str, AwsMfaError]) -> Iterator[Finding]:
    """One finding for each cause, with the profiles that it stops."""
    alike: dict[tuple[str, str], list[str]] = {}
    for name, error in failures.items():
        alike.setdefault((error.shared or error.message, hint_of(error)), []).append(name)
    for (cause, hint), names in alike.items():
        yield Finding(
            check, f"{', '.join(map(shown, names))}: {cause if names[1:] else failures[names[0]].message}", hint
        )


def hint_of(error: AwsMfaError) -> str:
    """The hint that helps most; if keys are missing, the one that stores them."""
    stores = [hint for hint in error.hints if "aws-mfa setup" in hint] if isinstance(error, NoLongTermKeys) else []
    return (*stores, *error.hints, "")[0]


def unreadable_files(interfaces: Interfaces) -> Iterator[Finding]:
    """What makes a whole file unusable: bytes that are not text, a line that is not INI, a section twice."""
    for file in (interfaces.credentials, interfaces.config, interfaces.known_keys, interfaces.rotations):
        try:
            check(file.read(), where=file.path)
            if file.path == interfaces.rotations.path:
                rotations_in(file.read())
        except BrokenFile as error:
            yield Finding("unreadable file", error.message, hint_of(error))


def open_files(interfaces: Interfaces) -> Iterator[Finding]:
    """Files and folders that other users can read or write; nothing where the user said that modes mean nothing."""
    if interfaces.environ.get("AWS_MFA_STRICT_MODES", "").lower() == "no":
        return
    found: dict[str, str] = {}
    for file in (interfaces.credentials, interfaces.config, interfaces.known_keys, interfaces.rotations):
        try:
            file.check_trusted()
        except NotSetUp as error:
            found.setdefault(error.hints[0], error.message)
    state = os.path.dirname(interfaces.known_keys.path)
    for path in (interfaces.credentials.path, state, os.path.join(state, "sessions")):
        with suppress(OSError):
            if not is_narrow(os.stat(path)):
                command = f"chmod {700 if os.path.isdir(path) else 600} {quoted(path)}"
                found.setdefault(command, f"other users can read {path}")
    yield from (Finding("permissions", what, command) for command, what in found.items())


def plain_keys(known: KnownProfiles, interfaces: Interfaces) -> Iterator[Finding]:
    """Long-term keys that `import` would move; those of a vault `file` that the user chose are meant to be there."""
    try:
        found = keys_here(ImportRequest(only_lists=True), interfaces.replaced(looks_only=True, without_keychain=True))
    except BadInput:
        return  # all are in the vault `file`
    for move in found.moves:
        places = [one.place for one in move.finds if not one.in_vault]
        if places and noted_vault(known.notes, move.name) != "file":
            what = f"long-term keys {masked(move.keys.access_key_id)} in {' and '.join(places)}"
            yield Finding("keys in plain text", what, f"aws-mfa import --profile {quote(profile_of(move.name))}")
    for line in found.left:
        yield Finding("keys in plain text", f"keys that import cannot move: {line}", "aws-mfa import --dry-run")


def odd_values(known: KnownProfiles) -> Iterator[Finding]:
    """Values with a comment, quotes or an invisible character; most settings stop a plan, and are found there."""
    files = ((known.config_text, known.profiles.config_path), (known.credentials_text, known.credentials.where))
    for text, where in files:
        for entry in [entry for section in sections(text, where=where) for entry in section.entries]:
            is_other = entry.key.removeprefix(HIDDEN) in KEYS - {"region"} or entry.key.endswith("_process")
            if not is_other and nested_block(entry.value) is None and (why := misread(entry.value)):
                yield Finding("value", f"{where}, line {line_number(text, entry.lines[0][0])}: {why[0]}", why[1])


def unknown_settings(known: KnownProfiles) -> Iterator[Finding]:
    """Names that begin as ours do and are not: a mistyped `aws_mfa_agent` would leave agents everything."""
    names = [CLASSIC_DEVICE, *(HIDDEN + key for key in (*KEYS, *NARROWING, *OF_AGENTS))]
    for text, where in (
        (known.config_text, known.profiles.config_path),
        (known.credentials_text, known.credentials.where),
    ):
        for entry in [entry for section in sections(text, where=where) for entry in section.entries]:
            if entry.key.startswith(HIDDEN) and entry.key not in names:
                what = f"{where}, line {line_number(text, entry.lines[0][0])}: aws-mfa has no setting of that name"
                yield Finding("setting", what, (*did_you_mean(entry.key, names), "remove the line")[0])


def sessions_for_agents(known: KnownProfiles, environ: Mapping[str, str], now: float) -> Iterator[Finding]:
    """Sessions of people that an agent's SDK finds in the credentials file, whatever the rule says."""
    for profile in known.profiles.all_profiles():
        values = known.credentials.values(profile.name) or {}
        if kind_of(values) == OUR_SESSION and (parse_moment(values.get("expiration", "")) or 0) > now:
            try:
                gets_all = not granted(profile, "any", environ).is_narrow
            except AwsMfaError:
                gets_all = False
            if not gets_all:
                what = f"[{shown(profile.name)}] of {known.credentials.where} holds a session"
                yield Finding("agents", what, f"aws-mfa forget {quote(profile.name)}")


def odd_profiles(known: KnownProfiles) -> Iterator[Finding]:
    """Profiles that no SDK reads, and those that SDKs read in different ways."""
    for wrong in filter(None, map(known.profiles.wrong_header, known.profiles.misnamed)):
        yield Finding("broken profile", wrong, "rename the section")
    yield from filter(None, (_seen_differently(profile, known) for profile in known.profiles.all_profiles()))


def _seen_differently(profile: Profile, known: KnownProfiles) -> Finding | None:
    """The finding for keys or a session beside `credential_process` or `role_arn`: SDKs differ in what comes first."""
    of_config = known.profiles.config_section(profile.name) or ("", {})
    kinds = kind_of(known.credentials.values(profile.name)), kind_of(of_config[1])
    line, name = profile.own.get(CREDENTIAL_PROCESS) or profile.own.get("role_arn"), quote(profile.name)
    if line is None or line.source.startswith(HIDDEN) or not {LONG_TERM_KEYS, *SESSIONS} & {*kinds}:
        return None
    what, hint = "a session", f"remove it from [{shown(profile.name)}] of {known.credentials.where}"
    if LONG_TERM_KEYS in kinds:
        what, hint = "keys", f"aws-mfa import --profile {name}"
    elif kinds[0] == OUR_SESSION and "role_arn" in profile.own:
        hint = f"aws-mfa adopt {name}"
    return Finding("differs by SDK", f"{line.source} has {what} beside it", hint)


def signs_without_us(name: str, sdk: AsBotocore, known: KnownProfiles) -> bool:
    """Whether SDKs get the profile's credentials in a way that aws-mfa has no part in: SSO, another program."""
    signer, profiles = sdk.signer(name), known.profiles
    if signer == PROCESS:
        return any(other_program_of(profiles.profile(one)) for one in (name, *sdk.sources(name)))
    own = [kind_of(known.credentials.values(one)) for one in (name, *sdk.sources(name))]
    return signer == OTHER_SIGN_IN or (signer == SIGNED_BY_KEYS and own[-1] == FOREIGN_SESSION)


def hiding_variables(environ: Mapping[str, str]) -> Iterator[Finding]:
    """Variables that SDKs prefer to every profile."""
    for line in hidden_by(environ):
        unset = "; ".join(map(unset_variable, line.rpartition(": ")[2].split(", ")))
        yield Finding("environment", line, _LEAVE if environ.get(PROFILE) else unset)


def old_keys(known: KnownProfiles, interfaces: Interfaces) -> Iterator[Finding]:
    """Keys whose creation was noted more than 90 days ago; rotations that were interrupted, or are due to end."""
    for section in sorted(known.noted_sections):
        if key_id := noted_key_id(known.notes, section):
            yield from age_finding(key_id, noted_creation(known.notes, key_id), profile_of(section), interfaces.now())
    for rotation in rotations_in(interfaces.rotations.read()):
        if rotation.state != INACTIVE or rotation.is_due(interfaces.now()):
            what, _, command = reminder(rotation, interfaces.now()).rpartition(": ")
            yield Finding("age of keys", what, command)


def age_finding(access_key_id: str, created_at: float | None, profile: str, now: float) -> list[Finding]:
    if created_at is None or now - created_at <= OLD_AFTER_S:
        return []
    what = f"the access key {masked(access_key_id)} of {shown(profile)} is {int((now - created_at) / _DAY_S)} days old"
    return [Finding("age of keys", what, f"aws-mfa rotate {quote(profile)}")]

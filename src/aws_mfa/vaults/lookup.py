"""
Long-term keys: looked up in the vault, in the keychain fork's items, in the AWS files as SDKs read them, in this order.

Keys that are not found are `NoLongTermKeys`: never another account's keys. A value of a file that holds more than a key
is refused with file and line. `KnownProfiles` is what a run reads once of the two AWS files and of the notes, without
opening a vault; what must be current, after a question or under a lock, is read again there.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from aws_mfa.aws_values.codes import doubt_about_key_id, trouble_in_file
from aws_mfa.aws_values.policies import check_policy
from aws_mfa.command_lines import quote, set_variables, unset_variable
from aws_mfa.config.ini import OF_ALL, check, check_if_small, find_section, line_number, sections
from aws_mfa.config.profile_names import name_profile
from aws_mfa.config.profile_settings import CREDENTIAL_PROCESS, shown
from aws_mfa.config.profiles import AwsProfiles
from aws_mfa.config.sections import (
    INCOMPLETE,
    LONG_TERM_KEYS,
    LONG_TERM_SUFFIX,
    SESSIONS,
    default_long_term,
    kind_of,
    profile_of,
)
from aws_mfa.config.settings import misread
from aws_mfa.errors import (
    AwsMfaError,
    BadInput,
    BadProfile,
    BrokenFile,
    KeychainUnavailable,
    NeedsHuman,
    NoLongTermKeys,
)
from aws_mfa.model import LongTermKeys
from aws_mfa.vaults.choice import choose_vault, noted_device, noted_vault, vault_of_flags, with_device, with_note

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Collection, Iterator, Mapping

    from aws_mfa.config.profile import Profile
    from aws_mfa.interfaces import AwsTextFile, Interfaces
    from aws_mfa.vaults.choice import VaultChoice


_KEY_ID, _SECRET = "aws_access_key_id", "aws_secret_access_key"
_MOST_SHOWN = 8
IMPORT_HINT = "move them to the vault with: aws-mfa import"


class FoundKeys(NamedTuple):
    """Keys, the place they were found in (a vault's name, or `fork`), and a line to print about it, or None."""

    keys: LongTermKeys
    place: str
    notice: str | None = None


class KeyPlace(NamedTuple):
    """A section of an AWS file where keys may be, and its values, None if it is not there."""

    file: AwsTextFile
    header: str
    values: Mapping[str, str] | None

    @property
    def is_for_keys(self) -> bool:
        """Whether it holds long-term keys, or half of them."""
        return kind_of(self.values) in (LONG_TERM_KEYS, INCOMPLETE)

    def keys(self) -> LongTermKeys | None:
        """The keys, None unless both are there; `BrokenFile`, with file and line, for a value that holds more."""
        keys, values = LongTermKeys.in_section(self.values), self.values or {}
        for key in (_KEY_ID, _SECRET):
            why = misread(values.get(key, "")) or trouble_in_file(key, values.get(key, ""))
            if why is not None:
                missing = "" if keys else f"{self.missing_half()}; "
                raise BrokenFile(f"{missing}{self.line_of(key)}: {key} of [{self.header}]: {why[0]}", why[1])
        return keys

    def missing_half(self) -> str:
        """The old tool's message about the key that is not there."""
        absent = _SECRET if (self.values or {}).get(_KEY_ID) else _KEY_ID
        return f"No option '{absent}' in section: '{self.header}'"

    def line_of(self, key: str) -> str:
        """`~/.aws/credentials, line 3`: the line that ends the value, as the file is now."""
        text, path = self.file.read(), self.file.path
        found = (find_section(text, name, path) for name in (self.header, OF_ALL))
        entries = (entry for section in found if section for entry in section.entries if entry.key == key)
        return next((f"{path}, line {line_number(text, entry.lines[-1][0])}" for entry in entries), path)


def key_places(
    section: str, long_term: Mapping[str, str] | None, interfaces: Interfaces, profiles: AwsProfiles | None = None
) -> Iterator[KeyPlace]:
    """
    The long-term section, then the sections where SDKs find the keys of its profile, the config file's last.

    `profiles` None: the classic form, which writes a session into the profile's section of the credentials file.
    """
    credentials, config = interfaces.credentials, interfaces.config
    is_profile = profiles is not None and section == profile_of(section)
    yield KeyPlace(credentials, section, None if is_profile and kind_of(long_term) in SESSIONS else long_term)
    names = dict.fromkeys((section, profile_of(section)))
    found: list[KeyPlace] = []
    with suppress(BrokenFile):  # if keys are missing too, that is said
        if profiles is None:
            profiles = AwsProfiles(config.read(), "", config.path, credentials.path)
        found += [KeyPlace(credentials, name, profiles.credentials.values(name)) for name in names if name != section]
        in_config = filter(None, map(profiles.config_section, names))
        found += [KeyPlace(config, header, values) for header, values in in_config]
    yield from (place for place in found if place.is_for_keys)


def vault_choice(args: Namespace, section: str | None, interfaces: Interfaces) -> VaultChoice:
    """The vault that the flags name, else the variable, else the one noted for the section."""
    noted = noted_vault(interfaces.known_keys.read(), section) if section else None
    vault, use_keychain = vault_of_flags(args.vault, no_keychain=args.no_keychain)
    return choose_vault(vault, interfaces.environ, noted, use_keychain=use_keychain)


def find_long_term_keys(
    section: str,
    choice: VaultChoice,
    long_term: Mapping[str, str] | None,
    interfaces: Interfaces,
    profiles: AwsProfiles | None = None,
) -> FoundKeys:
    """Read the vault chosen, the fork's items, then `key_places`; raise `NoLongTermKeys` after the last."""
    trouble: KeychainUnavailable | None = None
    try:
        found = found_in_vault(section, choice, interfaces)
    except KeychainUnavailable as error:
        if choice.explicit and choice.noted not in (None, choice.name):
            raise KeychainUnavailable(error.message, _stored_elsewhere(choice)) from None
        name_profile(error, section)
        if choice.explicit or choice.noted == choice.name:
            raise
        found, trouble = None, error
    if found is not None:
        return found
    places = []
    for place in key_places(section, long_term, interfaces, profiles):
        found = _in_file(place, choice, trouble, interfaces)
        if found is not None:
            return found
        places.append(place)
    if choice.name == "keychain" and trouble is None and interfaces.fork.fork_key_id(section):
        raise NoLongTermKeys(
            f"No option '{_SECRET}' in section: '{section}'",
            "the keychain has its access key id, from the keychain fork, and not the secret",
            f"store both: aws-mfa setup --profile {quote(profile_of(section))}",
        )
    half = next((place for place in places if place.is_for_keys), places[0])
    raise _missing(section, half, choice, trouble, interfaces)


def found_in_vault(section: str, choice: VaultChoice, interfaces: Interfaces) -> FoundKeys | None:
    """The keys in the vault chosen, or in the fork's items of the keychain; raises what the vault raises."""
    keys = None if choice.name == "file" else interfaces.vault(choice.name).load(section)
    if keys is not None:
        return FoundKeys(keys, choice.name)
    keys = interfaces.fork.load_fork(section) if choice.name == "keychain" else None
    notice = f"long-term keys read from the items of the keychain fork; {IMPORT_HINT}"
    return None if keys is None else FoundKeys(keys, "fork", notice)


def _in_file(
    place: KeyPlace, choice: VaultChoice, trouble: KeychainUnavailable | None, interfaces: Interfaces
) -> FoundKeys | None:
    keys = place.keys()
    if keys is None:
        return None
    if place.file.repair_mode():
        interfaces.say(narrowed(place.file.path))
    doubt = doubt_about_key_id(keys.access_key_id)
    if doubt is not None:
        interfaces.say(f"{place.line_of(_KEY_ID)}: {doubt}")
    notice = f"long-term keys read from {place.file.path}"
    if trouble is None:
        notice = f"{notice}, where they are stored in plain text; {IMPORT_HINT}"
    else:
        hint = "move them to a passphrase-encrypted file with: aws-mfa import --vault age"
        notice = f"{trouble.message}; {notice}; {hint}"
    return FoundKeys(keys, "file", None if choice.name == "file" else notice)


def narrowed(path: str) -> str:
    """The message about a file with keys whose mode let other users read it."""
    return f"{path} could be read by others: now only you can (mode 0600)"


def _missing(
    section: str, place: KeyPlace, choice: VaultChoice, trouble: KeychainUnavailable | None, interfaces: Interfaces
) -> NoLongTermKeys:
    hints = [f"store them with: aws-mfa setup --profile {quote(profile_of(section))}"]
    if not (section.endswith(LONG_TERM_SUFFIX) or place.is_for_keys):  # set-up knows only the usual suffix
        hints[0] = f"write them into that section, or leave out the suffix and {hints[0]}"
    if trouble is not None:
        unlock = [hint for hint in trouble.hints[:1] if hint.startswith("unlock")]
        hints = [*unlock, *hints, *(hint for hint in trouble.hints if "aws-mfa setup" in hint)]
    elif choice.noted == choice.name:
        hints.insert(0, f"they were stored in the {choice.noted} vault, which has no entry of that name now")
    elif choice.noted:
        hints.insert(0, _stored_elsewhere(choice))
    files = (interfaces.known_keys, interfaces.credentials)
    names = dict.fromkeys(one.name for file in files for one in sections(file.read(), where=file.path))
    others = [profile_of(name) for name in names if name.endswith(LONG_TERM_SUFFIX) and name != section]
    if others:
        hints.insert(0, f"profiles set up on this machine: {', '.join(others[:_MOST_SHOWN])}")
    if place.values is None:
        message = (
            f"Long term credentials session '[{section}]' is missing. You must add this section to your credentials "
            "file along with your long term 'aws_access_key_id' and 'aws_secret_access_key'"
        )
    else:
        is_usual = place.file.path == interfaces.credentials.path
        message = place.missing_half() + ("" if is_usual else f" of {place.file.path}")
    if trouble is not None:
        message += f"; the keychain could not be asked: {trouble.message}"
    return NoLongTermKeys(message, *hints)


def _stored_elsewhere(choice: VaultChoice) -> str:
    remedy = f"leave out {choice.source}" if choice.source[0] == "-" else unset_variable(choice.source)
    return f"the keys were stored in the {choice.noted} vault, and {choice.source} names another: {remedy}"


def keys_are_known(
    section: str, choice: VaultChoice, long_term: Mapping[str, str] | None, interfaces: Interfaces, *, in_doubt: bool
) -> bool:
    """
    Whether keys exist; the vault is opened only if neither file nor note says so.

    `in_doubt` is the answer if the keychain cannot be asked; if it is True, the age passphrase is not asked for.
    """
    if LongTermKeys.in_section(long_term) is not None:
        return True
    is_noted = choice.noted == choice.name or (choice.noted and not choice.explicit)
    if choice.name != "file" and (is_noted or (choice.name == "age" and in_doubt)):
        return True
    if any(LongTermKeys.in_section(place.values) for place in key_places(section, long_term, interfaces)):
        return True
    if choice.name == "file":
        return False
    try:
        return found_in_vault(section, choice, interfaces) is not None
    except KeychainUnavailable:
        return in_doubt


def note_keys(
    section: str, vault: str, keys: LongTermKeys, interfaces: Interfaces, moved_from: Collection[str] | None = None
) -> None:
    """Note where the keys are, so that the next run does not search for them; `moved_from` as in `with_note`."""
    interfaces.known_keys.update(lambda text: with_note(text, section, vault, keys.access_key_id, moved_from))


def note_device(access_key_id: str, device: str | None, interfaces: Interfaces) -> None:
    """Note the device that IAM listed for the key's user, or None that it is not theirs; failures are ignored."""
    with suppress(AwsMfaError):
        if noted_device(interfaces.known_keys.read(), access_key_id) != device:
            interfaces.known_keys.update(lambda text: with_device(text, access_key_id, device))


class QuietVault:
    """
    Whether the vault in use, or the fork's items, have keys that no file and no note names; each is looked up once.

    A mistyped name must not open a keychain's window: nothing is asked, and a locked keychain stays locked. `trouble`:
    why the vault could not be read; `explained` adds it to the failure that follows.
    """

    def __init__(self, interfaces: Interfaces, vault: str | None, *, use_keychain: bool = True) -> None:
        self._interfaces = interfaces
        self._choice = choose_vault(vault, interfaces.environ, None, use_keychain=use_keychain)
        self._found: dict[str, bool] = {}
        self.trouble: AwsMfaError | None = None

    def has_keys(self, profile: str) -> bool:
        """Whether there are keys for the profile; False if the vault cannot be read without a question."""
        if profile not in self._found:
            self._found[profile] = False
            quiet = self._interfaces.replaced(unattended=True)
            try:
                self._found[profile] = found_in_vault(default_long_term(profile), self._choice, quiet) is not None
            except (KeychainUnavailable, NeedsHuman) as error:
                self.trouble = error
        return self._found[profile]

    def explained(self, error: AwsMfaError) -> AwsMfaError:
        """The failure, with a hint if keys in the vault could not be looked up."""
        is_absent = self.trouble is not None and "aws-mfa setup" in "".join(self.trouble.hints[:1])
        if self.trouble is not None and not is_absent and isinstance(error, (BadProfile, BadInput)):
            why = f"the {self._choice.name} vault was not searched ({self.trouble.message})"
            hint = f"{why}: if the keys are in it, use aws-mfa --profile NAME"
            error.hints = (*(one for one in error.hints[:2] if one != hint), hint)
        return error


class KnownProfiles:
    """The files as they were when this was made; `BrokenFile` for bytes that are not text, and for damaged notes."""

    def __init__(self, interfaces: Interfaces) -> None:
        config = interfaces.config
        self.credentials_text = interfaces.credentials.read()
        self.config_text = config.read()
        self.profiles = AwsProfiles(
            self.config_text,
            self.credentials_text,
            config.path,
            interfaces.credentials.path,
            lambda path: _policy_in(interfaces.policy_file(path)),
        )
        self.credentials = self.profiles.credentials
        self.notes = interfaces.known_keys.read()
        noted = sections(self.notes, where=interfaces.known_keys.path)
        self.noted_sections = frozenset(section.name for section in noted)

    def check(self) -> None:
        """Raise `BrokenFile` for a line that is not INI; sections of a large config file are checked when read."""
        if not self.credentials.is_plain():
            check(self.credentials_text, where=self.credentials.where)
        check_if_small(self.config_text, where=self.profiles.config_path)

    def has_noted_keys(self, profile: str) -> bool:
        """Whether a vault's keys are noted for the profile's default long-term section."""
        return default_long_term(profile) in self.noted_sections


def _policy_in(file: AwsTextFile) -> str:
    """The policy, on one line; refuses a file that other users can write: they could allow more."""
    file.check_trusted()
    if not file.exists():
        raise BadInput(f"there is no file {file.path}", "a relative path begins at the folder of the config file")
    return check_policy(file.read(), file.path)


def other_program_of(profile: Profile | None) -> str | None:
    """The line of the AWS files that gives the profile's credentials to another program (aws-vault, say), or None."""
    if profile is None or profile.value(CREDENTIAL_PROCESS) is None or profile.has_credential_process_of_ours:
        return None
    return profile.source(CREDENTIAL_PROCESS)


def explained(error: NoLongTermKeys, profile: Profile, values: Mapping[str, str] | None) -> NoLongTermKeys:
    """The failure by its cause; `values` are those of the profile's section of the credentials file."""
    line, source, name = other_program_of(profile), profile.given("source_profile"), shown(profile.name)
    if line is not None and "credential-process --from " in (profile.value(CREDENTIAL_PROCESS) or ""):
        what = f"{name} gets its session from a server at a socket ({line}): no keys are needed here"
        return NoLongTermKeys(what, f"let an SDK use it: {set_variables(AWS_PROFILE=profile.name)}")
    if line is not None:
        return NoLongTermKeys(
            f"the keys of {name} come from another program ({line}), which aws-mfa does not run",
            f"store them here, then remove that line: aws-mfa setup --profile {quote(profile.name)}",
        )
    if source is not None and profile.given("role_arn") is None:
        return NoLongTermKeys(
            f"{name} has source_profile = {shown(source.value)}, but no role_arn: it has neither keys nor a role",
            f"use that profile instead: {quote(source.value)}",
            f"or let it use that profile's keys and settings: include_profile = {source.value}",
        )
    held = f"; section [{name}] holds a session, which cannot get another" if kind_of(values) in SESSIONS else ""
    return NoLongTermKeys(f"{error.message}{held}", *error.hints)


def check_known(name: str, interfaces: Interfaces, *hints: str) -> None:
    """Raise `BadProfile`, with these hints, if neither file nor note has the name."""
    known = KnownProfiles(interfaces)
    if known.profiles.profile(name) is None and not known.has_noted_keys(name):
        raise known.profiles.no_such(name, *hints)

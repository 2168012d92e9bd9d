"""
Long-term keys: found in the vault, in the keychain fork's items, in the credentials file, in this order.

Nothing is sent here. What is not found is a `NoLongTermKeys`: never another account's keys.
"""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING

from aws_mfa.config.ini import check, check_if_small, sections
from aws_mfa.config.profile_names import name_profile
from aws_mfa.config.profile_settings import CREDENTIAL_PROCESS
from aws_mfa.config.profiles import AwsProfiles
from aws_mfa.config.section_names import LONG_TERM_SUFFIX, default_long_term, profile_of
from aws_mfa.errors import BadProfile, KeychainUnavailable, NeedsHuman, NoLongTermKeys
from aws_mfa.model import LongTermKeys
from aws_mfa.vaults.choice import choose_vault, with_note

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_mfa.config.index import SectionIndex
    from aws_mfa.config.profile import Profile
    from aws_mfa.errors import AwsMfaError
    from aws_mfa.interfaces import Interfaces
    from aws_mfa.vaults.choice import VaultChoice


_KEY_ID, _SECRET = "aws_access_key_id", "aws_secret_access_key"
_MOST_SHOWN = 8
IMPORT_HINT = "move them to the vault with: aws-mfa import"


class FoundKeys:
    """The keys, the place they came from, and a line to be said about it (None: nothing to say)."""

    __slots__ = ("keys", "notice", "place")

    def __init__(self, keys: LongTermKeys, place: str, notice: str | None = None) -> None:
        self.keys = keys
        self.place = place
        self.notice = notice


class UnaskedVault:
    """
    Whether the vault in force, or the fork's items, have keys that no file and no note names; each is looked up once.

    A mistyped name must not open a window: no one is asked for this, and what is locked stays so. That it could not be
    looked into is told beside the failure that follows.
    """

    def __init__(self, interfaces: Interfaces, vault: str | None, *, use_keychain: bool = True) -> None:
        self._interfaces = interfaces
        self._choice = choose_vault(vault, interfaces.environ, None, use_keychain=use_keychain)
        self._found: dict[str, bool] = {}
        self._trouble: AwsMfaError | None = None

    def has_keys(self, profile: str) -> bool:
        """Whether there are keys for the profile; False where that cannot be seen."""
        if profile not in self._found:
            quiet = self._interfaces.replaced(unattended=True)
            try:
                self._found[profile] = found_in_vault(default_long_term(profile), self._choice, quiet) is not None
            except (KeychainUnavailable, NeedsHuman) as error:
                self._trouble = error
                self._found[profile] = False
        return self._found[profile]

    def explained(self, error: AwsMfaError) -> AwsMfaError:
        """The failure, and why keys that the vault may have were not seen."""
        if self._trouble is None or not isinstance(error, BadProfile):
            return error
        why = f"the {self._choice.name} vault was not looked into ({self._trouble.message}): keys in it are found by"
        return BadProfile(error.message, *error.hints, f"{why} the form without a command: aws-mfa --profile NAME")


def find_long_term_keys(
    section: str, choice: VaultChoice, long_term: Mapping[str, str] | None, interfaces: Interfaces
) -> FoundKeys:
    """Read the vault chosen, the fork's items, the file's long-term section; raise `NoLongTermKeys` after the last."""
    trouble: KeychainUnavailable | None = None
    try:
        found = found_in_vault(section, choice, interfaces)
    except KeychainUnavailable as error:
        if choice.explicit or choice.noted == choice.name:
            name_profile(error, section)
            raise
        found, trouble = None, error
    if found is None:
        found = _in_file(long_term, choice, trouble, interfaces)
    if found is None and choice.name == "keychain" and trouble is None and interfaces.fork.fork_key_id(section):
        raise _half_a_pair(section)
    if found is None:
        if trouble is not None:
            name_profile(trouble, section)
        raise _missing(section, long_term, choice, trouble, _profiles_set_up(section, interfaces))
    return found


def keys_are_known(
    section: str, choice: VaultChoice, long_term: Mapping[str, str] | None, interfaces: Interfaces, *, in_doubt: bool
) -> bool:
    """
    Whether keys exist, without asking where file or note answer.

    `in_doubt` where the keychain cannot be asked; where it is a yes, no passphrase is asked for this.
    """
    if LongTermKeys.in_section(long_term) is not None:
        return True
    if choice.name == "file":
        return False
    if choice.noted == choice.name or (choice.noted and not choice.explicit):
        return True
    if choice.name == "age" and in_doubt:
        return True
    try:
        return found_in_vault(section, choice, interfaces) is not None
    except KeychainUnavailable:
        return in_doubt


def note_keys(section: str, vault: str, keys: LongTermKeys, interfaces: Interfaces) -> None:
    """Note where the keys are: the next run need not ask the vault whether there are any, nor another one at all."""
    interfaces.known_keys.update(lambda text: with_note(text, section, vault, keys.access_key_id))


def narrowed(path: str) -> str:
    """What is said of a credentials file that was taken from group and others."""
    return f"{path} could be read by others: now it is yours alone (mode 0600)"


def found_in_vault(section: str, choice: VaultChoice, interfaces: Interfaces) -> FoundKeys | None:
    """The keys of the vault chosen, or of the fork's items beside it; raises what the vault raises."""
    if choice.name == "file":
        return None
    keys = interfaces.vault(choice.name).load(section)
    if keys is not None:
        return FoundKeys(keys, choice.name)
    if choice.name != "keychain":
        return None
    keys = interfaces.fork.load_fork(section)
    if keys is None:
        return None
    return FoundKeys(keys, "fork", f"long-term keys read from the items of the keychain fork; {IMPORT_HINT}")


def _in_file(
    long_term: Mapping[str, str] | None,
    choice: VaultChoice,
    trouble: KeychainUnavailable | None,
    interfaces: Interfaces,
) -> FoundKeys | None:
    keys = LongTermKeys.in_section(long_term)
    if keys is None:
        return None
    path = interfaces.credentials.path
    if interfaces.credentials.repair_mode():
        interfaces.say(narrowed(path))
    if choice.name == "file":
        return FoundKeys(keys, "file")
    if trouble is not None:
        way = "move them to a passphrase-encrypted file with: aws-mfa import --vault age"
        return FoundKeys(keys, "file", f"{trouble.message}; long-term keys read from {path}; {way}")
    return FoundKeys(keys, "file", f"long-term keys read from {path}, where they lie in plain text; {IMPORT_HINT}")


def _profiles_set_up(section: str, interfaces: Interfaces) -> list[str]:
    """Some names of profiles with keys, for whoever mistyped one."""
    files = (interfaces.known_keys, interfaces.credentials)
    found = [one.name for file in files for one in sections(file.read(), where=file.path)]
    names = [name for name in found if name.endswith(LONG_TERM_SUFFIX) and name != section]
    return [profile_of(name) for name in dict.fromkeys(names)][:_MOST_SHOWN]


def _half_a_pair(section: str) -> NoLongTermKeys:
    return NoLongTermKeys(
        f"No option '{_SECRET}' in section: '{section}'",
        "the keychain has its access key id, from the keychain fork, and not the secret",
        f"store both: aws-mfa setup --profile {quote(profile_of(section))}",
    )


def _way_to_store(section: str) -> str:
    """Set-up knows the usual suffix alone."""
    command = f"aws-mfa setup --profile {quote(profile_of(section))}"
    if section.endswith(LONG_TERM_SUFFIX):
        return f"store them with: {command}"
    return f"write them into that section, or leave out the suffix and store them with: {command}"


def _missing(
    section: str,
    long_term: Mapping[str, str] | None,
    choice: VaultChoice,
    trouble: KeychainUnavailable | None,
    others: list[str],
) -> NoLongTermKeys:
    hints = [_way_to_store(section)]
    if trouble is not None:
        hints = [f"the keychain could not be asked ({trouble.message})", *trouble.hints, *hints]
    elif choice.noted == choice.name:
        hints.insert(0, f"they were stored in the {choice.noted} vault, which has no entry of that name now")
    elif choice.noted:
        hints.insert(0, f"they were stored in the {choice.noted} vault: leave out what names another ({choice.source})")
    if others:
        hints.insert(0, f"set up here: {', '.join(others)}")
    if long_term is None:
        message = (
            f"Long term credentials session '[{section}]' is missing. You must add this section to your credentials "
            "file along with your long term 'aws_access_key_id' and 'aws_secret_access_key'"
        )
    else:
        absent = _SECRET if long_term.get(_KEY_ID) else _KEY_ID
        message = f"No option '{absent}' in section: '{section}'"
    return NoLongTermKeys(message, *hints)


class KnownProfiles:
    """The files as they were when this was made; raises `BrokenFile` for what is not text, and for damaged notes."""

    def __init__(self, interfaces: Interfaces) -> None:
        credentials, config = interfaces.credentials, interfaces.config
        self.credentials_text = credentials.read()
        self.config_text = config.read()
        self.profiles = AwsProfiles(self.config_text, self.credentials_text, config.path, credentials.path)
        self.notes = interfaces.known_keys.read()
        # The long-term sections whose keys are noted as in a vault.
        noted = sections(self.notes, where=interfaces.known_keys.path)
        self.noted_sections = frozenset(section.name for section in noted)

    def check(self) -> None:
        """Raise `BrokenFile` for a line that is no INI; a large config file is read section by section only."""
        check(self.credentials_text, where=self.credentials.where)
        check_if_small(self.config_text, where=self.profiles.config_path)

    @property
    def credentials(self) -> SectionIndex:
        """The sections of the credentials file."""
        return self.profiles.credentials

    def has_noted_keys(self, profile: str) -> bool:
        """Whether keys are noted under the long-term section that the profile has by default."""
        return default_long_term(profile) in self.noted_sections


def other_program_of(profile: Profile | None) -> str | None:
    """Where the files say that another program has the profile's credentials, such as aws-vault; None: nowhere."""
    if profile is None or profile.value(CREDENTIAL_PROCESS) is None or profile.has_credential_process_of_ours:
        return None
    return profile.source(CREDENTIAL_PROCESS)


def check_known(name: str, interfaces: Interfaces, *hints: str) -> None:
    """Raise `BadProfile`, with these hints, where no file and no note has the name."""
    known = KnownProfiles(interfaces)
    if known.profiles.profile(name) is None and not known.has_noted_keys(name):
        raise known.profiles.no_such(name, *hints)

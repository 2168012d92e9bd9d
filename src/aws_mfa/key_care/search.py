"""
Find long-term keys that can be moved: in the two AWS files, in the keychain fork's items, in a given document.

Without a name only AWS's keys: an id with AKIA, a profile without another service's endpoint. Opens no vault.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from aws_mfa.aws_values.codes import has_odd_characters
from aws_mfa.aws_values.regions import is_host_of_aws
from aws_mfa.command_lines import quote
from aws_mfa.config.ini import sections
from aws_mfa.config.profile_names import profile_headers
from aws_mfa.config.profile_settings import HIDDEN
from aws_mfa.config.sections import check_name, long_term_section, profile_of
from aws_mfa.errors import BadInput, BadProfile, BrokenFile, KeychainUnavailable
from aws_mfa.key_care.formats import keys_in_document, keys_in_sections
from aws_mfa.key_care.transfer import Find, Move, by_name, suffix_in_use
from aws_mfa.model import masked
from aws_mfa.setup.questions import user_of
from aws_mfa.vaults.choice import choose_vault, noted_vault
from aws_mfa.vaults.lookup import KnownProfiles

if TYPE_CHECKING:
    from aws_mfa.config.profiles import AwsProfiles
    from aws_mfa.interfaces import Document, Interfaces
    from aws_mfa.key_care.formats import KeysInText

_FORK = "the keychain fork's items"
_SOURCES = ("source_profile", f"{HIDDEN}source_profile")


@dataclass(kw_only=True)
class ImportRequest:
    """The flags' values: the one profile meant (None: all), the suffix of long-term sections, the vault."""

    profile: str | None = None
    long_term_suffix: str | None = None
    vault: str | None = None
    use_keychain: bool = True
    only_lists: bool = False  # keys that are being rotated are not moved, but listed

    def name_of(self, section: str) -> str:
        """The long-term section under which a section's keys are stored: itself if it has the suffix already."""
        ending = long_term_section("", self.long_term_suffix)
        has_it = section.endswith(ending) and section != ending
        return section if has_it else long_term_section(section, self.long_term_suffix)

    def means(self, section: str) -> bool:
        if self.profile is None:
            return True
        return section in (self.profile, long_term_section(self.profile, self.long_term_suffix))

    def vault_for(self, name: str | None, interfaces: Interfaces) -> str:
        """The vault chosen, else the one that holds this name's keys already; the file only if it was chosen."""
        noted = noted_vault(interfaces.known_keys.read(), name) if name else None
        noted = None if noted == "file" else noted
        return choose_vault(self.vault, interfaces.environ, noted, use_keychain=self.use_keychain).name


@dataclass
class Importable:
    """
    The moves, the places `looked_at`, a line for each key that was `left` and why, and further `notices`.

    `keychain_trouble`: why the fork's items could not be read. `is_alone`: the document holds only these keys; else
    they are in its `lines`.
    """

    moves: list[Move]
    looked_at: list[str]
    left: list[str] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    keychain_trouble: KeychainUnavailable | None = None
    is_alone: bool = True
    lines: tuple[int, ...] = ()


def keys_here(request: ImportRequest, interfaces: Interfaces) -> Importable:
    """The keys in the AWS files and the fork's items; `BadInput` if all are in the vault `file` already."""
    if request.profile is not None:
        check_name(request.profile, is_new=False)
    path = interfaces.credentials.path
    found = Importable([], [path, interfaces.config.path])
    known = KnownProfiles(interfaces)
    finds = finds_in_files(request, known, found)
    try:
        finds += _in_fork(request, known, interfaces)
        found.looked_at.append(_FORK)
    except KeychainUnavailable as error:
        found.keychain_trouble = error
    if request.vault_for(None, interfaces) == "file":
        elsewhere = [find for find in finds if find.file_section != find.name]
        if finds and not elsewhere:
            raise BadInput(
                f"the keys are in {path} already, and that is the vault 'file'",
                "choose where they are to go: --vault keychain, or --vault age",
            )
        finds = elsewhere
    _add_moves(found, finds, request, interfaces)
    return found


def keys_given(document: Document, request: ImportRequest, interfaces: Interfaces) -> Importable:
    """The keys in a document; `BadInput` if it cannot be read, or holds no keys of the profile meant."""
    if request.profile is not None:
        check_name(request.profile)
    if document.is_same_file(interfaces.credentials.path):
        raise BadInput(f"{document.name} is the credentials file itself", "move its keys with: aws-mfa import")
    held = keys_in_document(document.read(), where=document.name)
    meant = [keys for keys in held if keys.section is None or request.means(keys.section)]
    if not meant:
        profile = f" of profile {request.profile}" if held else ""
        raise BadInput(f"{document.name} holds no long-term keys{profile}")
    profiles = KnownProfiles(interfaces).profiles
    profile = request.profile or "default"
    if held[0].section is None and (user := user_of(profile, profiles)) != profile:
        raise BadProfile(
            f"{profile} is a role, and the keys of {user} sign for it", f"store them there: --profile {quote(user)}"
        )
    for keys in meant:
        profiles.check_header(profile_of(keys.section or profile))
    found = Importable([], [document.name], lines=tuple(line for keys in meant for line in keys.lines))
    finds = [_find(keys, keys.section or profile, document.name, request, profiles, found) for keys in meant]
    found.is_alone = None not in finds and len(meant) == len(held) and all(keys.is_alone for keys in held)
    _add_moves(found, [find for find in finds if find], request, interfaces)
    if to_keychain := [move.name for move in found.moves if move.vault == "keychain"]:
        try:
            interfaces.fork.load_fork(to_keychain[0])
        except KeychainUnavailable as error:
            found.keychain_trouble = error
    return found


def finds_in_files(request: ImportRequest, known: KnownProfiles, found: Importable) -> list[Find]:
    """The keys in the AWS files, but those used with a `--long-term-suffix`: such a run looks for no other name."""
    credentials_path, config_path = found.looked_at
    finds = []
    for keys in keys_in_sections(known.credentials_text, where=credentials_path):
        section = keys.section or ""
        if request.means(section) and (find := _find(keys, section, credentials_path, request, known.profiles, found)):
            finds.append(replace(find, file_section=section))
    for keys in keys_in_sections(known.config_text, where=config_path, is_checked=False):
        for name, header in profile_headers([keys.section or ""]).items():
            if request.means(name) and (find := _find(keys, name, config_path, request, known.profiles, found)):
                finds.append(replace(find, file_section=header, is_in_config=True))
    if request.long_term_suffix:
        return finds
    held = sections(known.credentials_text, where=credentials_path)
    sessions = [section.name for section in held if "assumed_role" in section.values()]
    long_term_names = {section.name for section in held} | known.noted_sections
    kept = []
    for find in finds:
        suffix = suffix_in_use(find.file_section or "", sessions, long_term_names)
        if suffix is None or find.file_section == find.name:
            kept.append(find)
        else:
            found.left.append(
                f"{find.place} not changed: its keys seem to be used with --long-term-suffix {suffix}: give it here, "
                "too, or give --long-term-suffix long-term"
            )
    return kept


def _find(
    keys: KeysInText, section: str, path: str, request: ImportRequest, profiles: AwsProfiles, found: Importable
) -> Find | None:
    """The find; None for keys that cannot be named or used, or are another service's, with a line in `found`."""
    name = request.name_of(section)
    place = path if keys.section is None else f"[{keys.section}] of {path}"
    is_left = keys.is_rotating and not request.only_lists
    trouble = "the rotation of these keys is not over: aws-mfa rotate --resume" if is_left else keys.trouble
    try:
        check_name(section, is_new=name != section)
    except BadInput as error:
        trouble = error.message
    if trouble is not None:
        found.left.append(f"{place} not changed: {trouble}")
        return None
    foreign = _why_of_another_service(keys, section, profiles)
    if foreign and request.profile is None:
        file = " FILE" if found.looked_at == [path] else ""
        hint = f"aws-mfa import{file} --profile {quote(profile_of(section))}"
        found.notices.append(f"{place} left: not AWS's keys ({foreign})? {hint} moves them all the same")
        return None
    if keys.is_inactive:
        found.notices.append(f"{masked(keys.keys.access_key_id)} is inactive: AWS refuses it until you activate it")
    return Find(name, keys.keys, place, device=keys.device, is_of_aws=foreign is None)


def _why_of_another_service(keys: KeysInText, section: str, profiles: AwsProfiles) -> str | None:
    """What says that the keys are those of another service than AWS, or are switched off; None if nothing does."""
    if not keys.keys.access_key_id.startswith("AKIA"):
        return "their id does not begin with AKIA"
    if has_odd_characters(keys.keys.secret_access_key):
        return "their secret has a character that AWS's have not"
    urls = [keys.endpoint_url or ""]
    with suppress(BrokenFile):  # it is reported where the file is needed
        found = [profile for profile in map(profiles.profile, {section, profile_of(section)}) if profile]
        urls += [url for profile in found for url in profiles.endpoint_urls(profile)]
    hosts = [urlsplit(url).hostname or "" for url in urls if url]
    return next((f"the profile's endpoint is {host}" for host in hosts if not is_host_of_aws(host)), None)


def _in_fork(request: ImportRequest, known: KnownProfiles, interfaces: Interfaces) -> list[Find]:
    """The fork's items, which are read by name: of the profile meant, or of all named in the files."""
    if request.profile is not None:
        profiles = [request.profile]
    else:
        of_credentials, of_config = sections(known.credentials_text), sections(known.config_text)
        values = [section.values() for section in (*of_config, *of_credentials)]
        profiles = [
            "default",
            *(section.name for section in of_credentials),
            *profile_headers(section.name for section in of_config),
            *(each[key] for each in values for key in _SOURCES if each.get(key)),
        ]
    fork = interfaces.fork
    found = ((name, fork.load_fork(name)) for name in dict.fromkeys(map(request.name_of, profiles)))
    return [Find(name, keys, _FORK, device=fork.fork_device(name), in_vault="fork") for name, keys in found if keys]


def _add_moves(found: Importable, finds: list[Find], request: ImportRequest, interfaces: Interfaces) -> None:
    agreed, conflicts = by_name(finds)
    found.moves += [Move(same[0].name, request.vault_for(same[0].name, interfaces), same) for same in agreed]
    found.left += conflicts

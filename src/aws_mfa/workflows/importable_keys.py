"""
Long-term keys that can be moved: in the credentials file, in the keychain fork's items, in a document given.

Only looks: nothing is asked, stored or removed here, and no vault is opened.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_mfa.errors import BadInput, KeychainUnavailable
from aws_mfa.model import masked
from aws_mfa.rules.ini_text import sections
from aws_mfa.rules.key_documents import keys_in_document, keys_in_sections
from aws_mfa.rules.key_moves import Find, Move, by_name, long_term_name, suffix_in_use
from aws_mfa.rules.section_names import check_name, long_term_section
from aws_mfa.rules.vault_choice import choose_vault, noted_vault

if TYPE_CHECKING:
    from aws_mfa.rules.key_documents import KeysInText
    from aws_mfa.workflows.doors_to_stores import Document
    from aws_mfa.workflows.outside import Outside


_FORK = "the keychain fork's items"


class ImportRequest:
    """What flags say: the one profile meant, the suffix of long-term sections, the vault."""

    __slots__ = ("long_term_suffix", "no_keychain", "profile", "vault")

    def __init__(
        self,
        *,
        profile: str | None = None,
        long_term_suffix: str | None = None,
        vault: str | None = None,
        no_keychain: bool = False,
    ) -> None:
        self.profile = profile
        self.long_term_suffix = long_term_suffix
        self.vault = vault
        self.no_keychain = no_keychain

    def name_of(self, section: str) -> str:
        """The long-term section's name that keys of the section are stored under."""
        return long_term_name(section, self.long_term_suffix)

    def means(self, section: str) -> bool:
        """Whether the section is of the one profile meant; any is where none was named."""
        if self.profile is None:
            return True
        return section in (self.profile, long_term_section(self.profile, self.long_term_suffix))

    def vault_for(self, name: str | None, outside: Outside) -> str:
        """The vault chosen, or the one that holds this name's keys already; out of the file, if nobody chose that."""
        noted = noted_vault(outside.known_keys.read(), name) if name else None
        noted = None if noted == "file" else noted
        return choose_vault(self.vault, outside.environ, noted, no_keychain=self.no_keychain).name


class Importable:
    """
    The moves, a line for each key that was `left` and why, further `notices`, and where was looked.

    `keychain_trouble` is the reason why the fork's items could not be looked for.
    """

    __slots__ = ("keychain_trouble", "left", "looked_at", "moves", "notices")

    def __init__(self) -> None:
        self.moves: list[Move] = []
        self.left: list[str] = []
        self.notices: list[str] = []
        self.looked_at: list[str] = []
        self.keychain_trouble: KeychainUnavailable | None = None


def keys_here(request: ImportRequest, outside: Outside) -> Importable:
    """What the credentials file and the fork's items hold; `BadInput` where all is in the vault `file` already."""
    if request.profile is not None:
        check_name(request.profile)
    found = Importable()
    finds = _in_file(request, found, outside) + _in_fork(request, found, outside)
    if request.vault_for(None, outside) == "file":
        # Of a plain profile they still move: to its long-term section, out of the session's way.
        elsewhere = [find for find in finds if find.file_section != find.name]
        if finds and not elsewhere:
            raise BadInput(
                f"the keys are in {outside.credentials.path} already, and that is the vault 'file'",
                "choose where they are to go: --vault keychain, or --vault age",
            )
        finds = elsewhere
    _plan(finds, request, found, outside)
    return found


def keys_given(document: Document, request: ImportRequest, outside: Outside) -> Importable:
    """What a document holds; `BadInput` for what cannot be read, or holds no keys of the profile meant."""
    if request.profile is not None:
        check_name(request.profile)
    if document.is_same_file(outside.credentials.path):
        raise BadInput(f"{document.name} is the credentials file itself", "move its keys with: aws-mfa import")
    held = keys_in_document(document.read(), where=document.name)
    meant = [keys for keys in held if keys.section is None or request.means(keys.section)]
    if not meant:
        profile = f" of profile {request.profile}" if held else ""
        raise BadInput(f"{document.name} holds no long-term keys{profile}")
    found = Importable()
    found.looked_at.append(document.name)
    found.notices = [
        f"{masked(keys.keys.access_key_id)} is inactive: AWS refuses it until you activate it"
        for keys in meant
        if keys.is_inactive
    ]
    _plan(_finds(meant, document.name, request, found), request, found, outside)
    return found


def _in_file(request: ImportRequest, found: Importable, outside: Outside) -> list[Find]:
    path = outside.credentials.path
    found.looked_at.append(path)
    text = outside.credentials.read()
    meant = [keys for keys in keys_in_sections(text, where=path) if request.means(keys.section or "")]
    finds = _finds(meant, path, request, found, is_credentials_file=True)
    return finds if request.long_term_suffix else _without_other_suffixes(finds, text, found, outside)


def _without_other_suffixes(finds: list[Find], text: str, found: Importable, outside: Outside) -> list[Find]:
    """Keys that are used with a `--long-term-suffix` would not be found under the name that they get without it."""
    held = sections(text, where=outside.credentials.path)
    sessions = [section.name for section in held if "assumed_role" in section.values()]
    noted = sections(outside.known_keys.read(), where=outside.known_keys.path)
    long_term_names = {section.name for section in (*held, *noted)}
    kept = []
    for find in finds:
        suffix = suffix_in_use(find.file_section or "", sessions, long_term_names)
        if suffix is None or find.file_section == find.name:
            kept.append(find)
        else:
            found.left.append(
                f"{find.place}: these keys seem to be used with --long-term-suffix {suffix}; say so here, too, "
                "or give --long-term-suffix long-term"
            )
    return kept


def _finds(
    held: list[KeysInText], path: str, request: ImportRequest, found: Importable, *, is_credentials_file: bool = False
) -> list[Find]:
    """Name each; `is_credentials_file`: the text is the credentials file, whose lines go once the keys are moved."""
    finds = []
    for keys in held:
        section = keys.section or request.profile or "default"
        place = path if keys.section is None else f"[{section}] of {path}"
        try:
            check_name(section)
        except BadInput as error:
            found.left.append(f"{place}: {error.message}")
            continue
        if keys.trouble is not None:
            found.left.append(f"{place}, {keys.trouble}")
            continue
        own = section if is_credentials_file else None
        finds.append(Find(request.name_of(section), keys.keys, place, device=keys.device, file_section=own))
    return finds


def _in_fork(request: ImportRequest, found: Importable, outside: Outside) -> list[Find]:
    """The fork's items can only be asked for by name: of every profile that the AWS files know."""
    finds = []
    try:
        for name in _names(request, outside):
            keys = outside.fork.load_fork(name)
            if keys is not None:
                device = outside.fork.fork_device(name)
                finds.append(Find(name, keys, _FORK, device=device, is_in_fork=True))
    except KeychainUnavailable as error:
        found.keychain_trouble = error
        return []
    found.looked_at.append(_FORK)
    return finds


def _names(request: ImportRequest, outside: Outside) -> list[str]:
    if request.profile is not None:
        return [request.name_of(request.profile)]
    credentials, config = outside.credentials, outside.config
    profiles = ["default", *(section.name for section in sections(credentials.read(), where=credentials.path))]
    for section in sections(config.read(), where=config.path):
        kind, _, profile = section.name.partition(" ")
        if kind == "profile" and profile.strip():
            profiles.append(profile.strip())
    return list(dict.fromkeys(map(request.name_of, profiles)))


def _plan(finds: list[Find], request: ImportRequest, found: Importable, outside: Outside) -> None:
    agreed, conflicts = by_name(finds)
    found.moves = [Move(same[0].name, request.vault_for(same[0].name, outside), same) for same in agreed]
    found.left += conflicts

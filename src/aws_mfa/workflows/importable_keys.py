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
from aws_mfa.rules.key_moves import Find, Move, by_name, suffix_in_use
from aws_mfa.rules.profile_keys import HIDDEN
from aws_mfa.rules.profile_names import profile_headers
from aws_mfa.rules.section_names import check_name
from aws_mfa.workflows.import_request import Importable
from aws_mfa.workflows.known_profiles import KnownProfiles

if TYPE_CHECKING:
    from aws_mfa.rules.key_documents import KeysInText
    from aws_mfa.workflows.doors_to_stores import Document
    from aws_mfa.workflows.import_request import ImportRequest
    from aws_mfa.workflows.outside import Outside

_FORK = "the keychain fork's items"
_SOURCES = ("source_profile", f"{HIDDEN}source_profile")


def keys_here(request: ImportRequest, outside: Outside) -> Importable:
    """What the credentials file and the fork's items hold; `BadInput` where all is in the vault `file` already."""
    if request.profile is not None:
        check_name(request.profile, is_new=False)
    finds, left = _in_file(request, outside)
    of_fork, trouble = _in_fork(request, outside)
    finds += of_fork
    if request.vault_for(None, outside) == "file":
        finds = _elsewhere(finds, outside)
    moves, conflicts = _moves(finds, request, outside)
    looked_at = [outside.credentials.path, *([] if trouble else [_FORK])]
    return Importable(moves, left + conflicts, looked_at, keychain_trouble=trouble)


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
    finds, left = _finds(meant, document.name, request)
    moves, conflicts = _moves(finds, request, outside)
    notices = [
        f"{masked(keys.keys.access_key_id)} is inactive: AWS refuses it until you activate it"
        for keys in meant
        if keys.is_inactive
    ]
    return Importable(moves, left + conflicts, [document.name], notices=notices)


def _in_file(request: ImportRequest, outside: Outside) -> tuple[list[Find], list[str]]:
    """Finds, and a line for each key that is left."""
    path = outside.credentials.path
    text = outside.credentials.read()
    meant = [keys for keys in keys_in_sections(text, where=path) if request.means(keys.section or "")]
    finds, left = _finds(meant, path, request, is_credentials_file=True)
    if request.long_term_suffix:
        return finds, left
    finds, of_other_suffixes = _without_other_suffixes(finds, text, outside)
    return finds, left + of_other_suffixes


def _without_other_suffixes(finds: list[Find], text: str, outside: Outside) -> tuple[list[Find], list[str]]:
    """Keys that are used with a `--long-term-suffix` would not be found under the name that they get without it."""
    held = sections(text, where=outside.credentials.path)
    sessions = [section.name for section in held if "assumed_role" in section.values()]
    long_term_names = {section.name for section in held} | KnownProfiles(outside).noted_sections
    kept, left = [], []
    for find in finds:
        suffix = suffix_in_use(find.file_section or "", sessions, long_term_names)
        if suffix is None or find.file_section == find.name:
            kept.append(find)
        else:
            left.append(
                f"{find.place}: these keys seem to be used with --long-term-suffix {suffix}; say so here, too, "
                "or give --long-term-suffix long-term"
            )
    return kept, left


def _finds(
    held: list[KeysInText], path: str, request: ImportRequest, *, is_credentials_file: bool = False
) -> tuple[list[Find], list[str]]:
    """
    Name each; beside them a line for each key that cannot be named or used.

    `is_credentials_file`: the text is the credentials file, whose lines go once the keys are moved.
    """
    finds, left = [], []
    for keys in held:
        section = keys.section or request.profile or "default"
        place = path if keys.section is None else f"[{section}] of {path}"
        try:
            check_name(section, is_new=request.name_of(section) != section)
        except BadInput as error:
            left.append(f"{place}: {error.message}")
            continue
        if keys.trouble is not None:
            left.append(f"{place}, {keys.trouble}")
            continue
        own = section if is_credentials_file else None
        finds.append(Find(request.name_of(section), keys.keys, place, device=keys.device, file_section=own))
    return finds, left


def _in_fork(request: ImportRequest, outside: Outside) -> tuple[list[Find], KeychainUnavailable | None]:
    """
    Finds, none of them with the reason why the keychain could not be asked.

    The fork's items can only be asked for by name: of every profile that the AWS files know.
    """
    finds = []
    try:
        for name in _names(request, outside):
            keys = outside.fork.load_fork(name)
            if keys is not None:
                device = outside.fork.fork_device(name)
                finds.append(Find(name, keys, _FORK, device=device, is_in_fork=True))
    except KeychainUnavailable as error:
        return [], error
    return finds, None


def _names(request: ImportRequest, outside: Outside) -> list[str]:
    if request.profile is not None:
        return [request.name_of(request.profile)]
    credentials, config = outside.credentials, outside.config
    of_credentials = sections(credentials.read(), where=credentials.path)
    of_config = sections(config.read(), where=config.path)
    values = [section.values() for section in (*of_config, *of_credentials)]
    profiles = [
        "default",
        *(section.name for section in of_credentials),
        *profile_headers(section.name for section in of_config),
        # A role's user may have keys in the keychain alone: no file has his name but here.
        *(value for each in values for key, value in each.items() if key in _SOURCES and value),
    ]
    return list(dict.fromkeys(map(request.name_of, profiles)))


def _elsewhere(finds: list[Find], outside: Outside) -> list[Find]:
    """Those that the vault `file` has yet to get; of a plain profile they move out of the session's way."""
    elsewhere = [find for find in finds if find.file_section != find.name]
    if finds and not elsewhere:
        raise BadInput(
            f"the keys are in {outside.credentials.path} already, and that is the vault 'file'",
            "choose where they are to go: --vault keychain, or --vault age",
        )
    return elsewhere


def _moves(finds: list[Find], request: ImportRequest, outside: Outside) -> tuple[list[Move], list[str]]:
    """One move for each name, and a line for each conflict."""
    agreed, conflicts = by_name(finds)
    return [Move(same[0].name, request.vault_for(same[0].name, outside), same) for same in agreed], conflicts

"""
Hide the roles of profiles from SDKs, or show them again, in both AWS files.

Each file is replaced once, the config file first; its new text is decided under its lock, from the text it has then. If
the process ends between the two, a profile whose role is hidden still has its old session, and the next run removes it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from aws_mfa.errors import BadInput, BadProfile
from aws_mfa.setup.adoption import NOT_CHANGED, ROLE, AwsTexts, adopt, restore
from aws_mfa.vaults.lookup import KnownProfiles

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_mfa.interfaces import AwsTextFile, Interfaces


@dataclass(frozen=True)
class AdoptRequest:
    """The profiles by name, None for every role profile; `undoes` shows roles again; `windows`: quote for Windows."""

    profiles: Sequence[str] | None
    undoes: bool = field(default=False, kw_only=True)
    windows: bool = field(default=False, kw_only=True)


@dataclass
class Adoption:
    """The texts of both files with their edits; for each profile what was done, or why it was left unchanged."""

    texts: AwsTexts
    done: dict[str, str]
    left: dict[str, BadProfile]


def look(request: AdoptRequest, interfaces: Interfaces) -> Adoption:
    """Decide, and change nothing. Raises `BadInput` if there is no role profile at all, `BrokenFile`."""
    found = _adoption(request, interfaces, interfaces.config.read(), interfaces.credentials.read())
    if not (found.done or found.left):
        raise BadInput(f"no role profile in {interfaces.config.path} or {interfaces.credentials.path}")
    return found


def write_adoption(request: AdoptRequest, interfaces: Interfaces) -> Adoption:
    """Decide, replace the files that change, and return what was done. Raises as `look`, and what the files raise."""
    found = look(request, interfaces)
    # The profiles that were found now, and no others that the files may have by the time they are locked.
    request = replace(request, profiles=[*found.done, *found.left])
    both = ((interfaces.config, found.texts.config), (interfaces.credentials, found.texts.credentials))
    changing = [file for file, text in both if text.result() != text.text]
    for file in changing:
        file.check_writable()
    for file in changing:
        later = _write(file, request, interfaces)
        # The last decision counts; but a profile with nothing left to do was done with the file before.
        for name, what in later.done.items():
            later.done[name] = found.done.get(name, what) if what == NOT_CHANGED else what
        found = later
    return found


def _write(file: AwsTextFile, request: AdoptRequest, interfaces: Interfaces) -> Adoption:
    """Decide again under the file's lock, and replace it."""
    decided: list[Adoption] = []

    def edit(text: str) -> str:
        is_config = file is interfaces.config
        config, credentials = (text, interfaces.credentials.read()) if is_config else (interfaces.config.read(), text)
        decided.append(_adoption(request, interfaces, config, credentials))
        texts = decided[-1].texts
        return (texts.config if is_config else texts.credentials).result()

    file.update(edit)
    return decided[-1]


def _adoption(request: AdoptRequest, interfaces: Interfaces, config: str, credentials: str) -> Adoption:
    texts = AwsTexts(config, credentials, interfaces.config.path, interfaces.credentials.path)
    known = KnownProfiles(interfaces)
    done: dict[str, str] = {}
    left: dict[str, BadProfile] = {}
    names = request.profiles
    if names is None:
        profiles = texts.profiles.all_profiles()
        names = [profile.name for profile in profiles if ROLE in profile.own and profile.own[ROLE].value]
    for name in dict.fromkeys(names):
        try:
            if request.undoes:
                done[name] = restore(texts, name)
            else:
                done[name] = adopt(texts, name, keys_stored=known.has_noted_keys, windows=request.windows)
        except BadProfile as refused:
            left[name] = refused
    return Adoption(texts, done, left)

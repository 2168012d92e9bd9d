"""
Hide the roles of profiles from SDKs, or show them again, in both AWS files.

Each file is replaced once, the config file first, and decided on under its lock with the text it has by then. Whatever
ends this between the two: a profile whose role is hidden has still its old session, and a run after it takes that away.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from aws_mfa.errors import BadInput, BadProfile
from aws_mfa.setup.adoption import NOT_CHANGED, AwsTexts, adopt, restore
from aws_mfa.vaults.lookup import KnownProfiles

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_mfa.interfaces import AwsTextFile, Interfaces


@dataclass(frozen=True)
class AdoptRequest:
    """The profiles by name, None for every role profile; `undoes` shows roles again; `windows` is for the quoting."""

    profiles: Sequence[str] | None
    undoes: bool = field(default=False, kw_only=True)
    windows: bool = field(default=False, kw_only=True)


@dataclass
class Adoption:
    """The texts of both files with their edits; what was done by profile, and why another was left as it is."""

    texts: AwsTexts
    done: dict[str, str]
    left: dict[str, BadProfile]

    @property
    def profiles(self) -> list[str]:
        """All that were looked at."""
        return [*self.done, *self.left]


def look(request: AdoptRequest, interfaces: Interfaces) -> Adoption:
    """Decide, and change nothing. Raises `BadInput` where there is no role profile at all, `BrokenFile`."""
    found = _adoption(request, interfaces, interfaces.config.read(), interfaces.credentials.read())
    if not found.profiles:
        raise BadInput(f"no role profile in {interfaces.config.path} or {interfaces.credentials.path}")
    return found


def write_adoption(request: AdoptRequest, interfaces: Interfaces) -> Adoption:
    """Decide and replace what changes; what was done. Raises as `look` does, and what the files raise."""
    found = look(request, interfaces)
    # Those looked at and no others, whatever the files have by then.
    request = replace(request, profiles=found.profiles)
    both = ((interfaces.config, found.texts.config), (interfaces.credentials, found.texts.credentials))
    changing = [file for file, text in both if text.result() != text.text]
    for file in changing:
        file.check_writable()
    for file in changing:
        later = _write(file, request, interfaces)
        # What was refused at last is left; what was done before is done, though nothing of it was left to do.
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
    names = texts.role_profiles() if request.profiles is None else dict.fromkeys(request.profiles)
    for name in names:
        try:
            if request.undoes:
                done[name] = restore(texts, name)
            else:
                done[name] = adopt(texts, name, keys_stored=known.has_noted_keys, windows=request.windows)
        except BadProfile as refused:
            left[name] = refused
    return Adoption(texts, done, left)

"""
Hide the roles of profiles from SDKs, or show them again, in both AWS files.

Each file is replaced once, the config file first, and decided on under its lock with the text it has by then. Whatever
ends this between the two: a profile whose role is hidden has still its old session, and a run after it takes that away.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_mfa.errors import BadInput, BadProfile
from aws_mfa.rules.adoption import NOT_CHANGED, adopt, restore
from aws_mfa.rules.role_places import AwsTexts
from aws_mfa.workflows.known_profiles import KnownProfiles

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_mfa.workflows.doors_to_stores import AwsTextFile
    from aws_mfa.workflows.outside import Outside


class AdoptRequest:
    """The profiles by name, None for every role profile; `undoes` shows roles again; `windows` is for the quoting."""

    __slots__ = ("profiles", "undoes", "windows")

    def __init__(self, profiles: Sequence[str] | None, *, undoes: bool = False, windows: bool = False) -> None:
        self.profiles = profiles
        self.undoes = undoes
        self.windows = windows


class Adoption:
    """The texts of both files, and their new ones; what was done by profile, and why another was left as it is."""

    __slots__ = ("config", "credentials", "done", "left", "texts")

    def __init__(self, texts: AwsTexts, done: Mapping[str, str], left: Mapping[str, BadProfile]) -> None:
        self.texts = texts
        self.config = texts.config.result()
        self.credentials = texts.credentials.result()
        self.done = done
        self.left = left

    @property
    def profiles(self) -> list[str]:
        """All that were looked at."""
        return [*self.done, *self.left]


def look(request: AdoptRequest, outside: Outside) -> Adoption:
    """Decide, and change nothing. Raises `BadInput` where there is no role profile at all, `BrokenFile`."""
    found = _adoption(request, outside, outside.config.read(), outside.credentials.read())
    if not found.profiles:
        raise BadInput(f"no role profile in {outside.config.path} or {outside.credentials.path}")
    return found


def carry_out(request: AdoptRequest, outside: Outside) -> Adoption:
    """Decide and replace what changes; what was done. Raises as `look` does, and what the files raise."""
    found = look(request, outside)
    # Those looked at and no others, whatever the files have by then.
    request = AdoptRequest(found.profiles, undoes=request.undoes, windows=request.windows)
    changing = [
        file
        for file, edits, text in (
            (outside.config, found.texts.config, found.config),
            (outside.credentials, found.texts.credentials, found.credentials),
        )
        if text != edits.text
    ]
    for file in changing:
        file.check_writable()
    for file in changing:
        found = _with_later(found, _replace(file, request, outside))
    return found


def _replace(file: AwsTextFile, request: AdoptRequest, outside: Outside) -> Adoption:
    decided: list[Adoption] = []

    def edit(text: str) -> str:
        if file is outside.config:
            decided.append(_adoption(request, outside, text, outside.credentials.read()))
            return decided[-1].config
        decided.append(_adoption(request, outside, outside.config.read(), text))
        return decided[-1].credentials

    file.update(edit)
    return decided[-1]


def _with_later(first: Adoption, later: Adoption) -> Adoption:
    """What was refused at last is left; what was done before is done, though nothing of it was left to do."""
    done = {name: first.done.get(name, what) if what == NOT_CHANGED else what for name, what in later.done.items()}
    later.done, later.left = done, later.left
    return later


def _adoption(request: AdoptRequest, outside: Outside, config: str, credentials: str) -> Adoption:
    texts = AwsTexts(config, credentials, outside.config.path, outside.credentials.path)
    known = KnownProfiles(outside)
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

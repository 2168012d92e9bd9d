"""
Hide the roles of profiles from SDKs, or show them again, in both AWS files.

Each is replaced once, the config file first, decided under its lock. The next run finishes what was interrupted.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

from aws_mfa.aws_values.regions import doubt_about
from aws_mfa.config.profile_settings import shown
from aws_mfa.errors import BadInput, BadProfile
from aws_mfa.setup.adoption import NOT_CHANGED, ROLE, AwsTexts, adopt, restore
from aws_mfa.setup.as_botocore import PROCESS, AsBotocore, roles_lost
from aws_mfa.vaults.lookup import KnownProfiles, QuietVault

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_mfa.interfaces import AwsTextFile, Interfaces


@dataclass(frozen=True)
class AdoptRequest:
    """`profiles`: None for every role profile; `program`: what SDKs start, quoted for `windows`."""

    profiles: Sequence[str] | None
    program: str = "aws-mfa"
    undoes: bool = field(default=False, kw_only=True)
    windows: bool = field(default=False, kw_only=True)


@dataclass
class Adoption:
    """The edited texts; per profile what was done, or why not. `lost`: other roles that SDKs cannot get any more."""

    texts: AwsTexts
    done: dict[str, str]
    left: dict[str, BadProfile]
    lost: list[str] = field(default_factory=list)

    def doubts(self) -> list[str]:
        """A line for each region of an adopted profile that looks like a typing error."""
        profiles = filter(None, map(self.texts.profiles.profile, self.done))
        return [line for one in profiles if (line := doubt_about(one.region or "", one.source("region")))]


def look(request: AdoptRequest, interfaces: Interfaces, vault: QuietVault | None = None) -> Adoption:
    """Decide, and change nothing. `BadInput` if there is no role profile at all, `BrokenFile`."""
    vault = vault or QuietVault(interfaces, None)
    found = _adoption(request, interfaces, vault, interfaces.config.read(), interfaces.credentials.read())
    if not (found.done or found.left):
        raise BadInput(f"no role profile in {interfaces.config.path} or {interfaces.credentials.path}")
    return found


def write_adoption(request: AdoptRequest, interfaces: Interfaces) -> Adoption:
    """Decide, replace the files that change, and return what was done. Raises as `look`, and what the files raise."""
    vault = QuietVault(interfaces, None)
    found = look(request, interfaces, vault)
    # The profiles that were found now, and no others that the files may have by the time they are locked.
    request = replace(request, profiles=[*found.done, *found.left])
    both = ((interfaces.config, found.texts.config), (interfaces.credentials, found.texts.credentials))
    changing = [file for file, text in both if text.result() != text.text]
    for file in changing:
        file.check_writable()
    for file in changing:
        later = _write(file, request, interfaces, vault)
        # The last decision counts; but a profile with nothing left to do was done with the file before.
        for name, what in later.done.items():
            later.done[name] = found.done.get(name, what) if what == NOT_CHANGED else what
        found = later
    return found


def _write(file: AwsTextFile, request: AdoptRequest, interfaces: Interfaces, vault: QuietVault) -> Adoption:
    """Decide again under the file's lock, and replace it."""
    decided: list[Adoption] = []

    def edit(text: str) -> str:
        is_config = file is interfaces.config
        config, credentials = (text, interfaces.credentials.read()) if is_config else (interfaces.config.read(), text)
        decided.append(_adoption(request, interfaces, vault, config, credentials))
        texts = decided[-1].texts
        return (texts.config if is_config else texts.credentials).result()

    file.update(edit)
    return decided[-1]


def _adoption(
    request: AdoptRequest, interfaces: Interfaces, vault: QuietVault, config: str, credentials: str
) -> Adoption:
    """Decide, and prove it: a profile is left if SDKs would not get afterwards what they get now."""
    refused: dict[str, BadProfile] = {}
    before = AsBotocore(config, credentials)
    known = KnownProfiles(interfaces)
    hide = partial(adopt, keys_stored=known.has_noted_keys, in_vault=vault.has_keys)
    hide = partial(hide, program=request.program, windows=request.windows)
    while True:
        texts = AwsTexts(config, credentials, interfaces.config.path, interfaces.credentials.path)
        texts.profiles.read_policy = known.profiles.read_policy
        found = Adoption(texts, {}, dict(refused))
        if (names := request.profiles) is None:
            profiles = texts.profiles.all_profiles()
            names = [profile.name for profile in profiles if ROLE in profile.own and profile.own[ROLE].value]
        for name in dict.fromkeys(name for name in names if name not in refused):
            try:
                found.done[name] = restore(texts, name) if request.undoes else hide(texts, name)
            except BadProfile as error:
                found.left[name] = error
        after = AsBotocore(texts.config.result(), texts.credentials.result())
        found.lost = [name for name in roles_lost(before, after) if name not in found.done]
        if not (broken := {} if request.undoes else _broken(before, after, found)):
            return found
        refused.update(broken)


def _broken(before: AsBotocore, after: AsBotocore, found: Adoption) -> dict[str, BadProfile]:
    """The adopted profiles after whose change SDKs do not ask us for them, or cannot sign for another role."""
    adopted = [name for name, what in found.done.items() if what != NOT_CHANGED]
    why = "SDKs would not ask aws-mfa for it afterwards"
    broken = {name: BadProfile(why) for name in adopted if after.signer(name) != PROCESS}
    for lost in found.lost:
        why = f"SDKs could not sign for {shown(lost)} afterwards, whose source it is"
        broken.update((name, BadProfile(why)) for name in before.sources(lost) if name in adopted)
    return broken

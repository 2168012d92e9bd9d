"""
What is wrong on this machine and at AWS: programs, keychain, clock, the users' devices and access keys.

Each of these may take long, so `doctor` bounds it. Nothing is asked: a locked keychain stays locked, and IAM is called
with a stored MFA session, or about a device with keys that can be read without a question.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from typing import TYPE_CHECKING

from aws_mfa.aws.endpoints import settings_of_profiles
from aws_mfa.aws_values.regions import checked_region
from aws_mfa.aws_values.text import duration_text
from aws_mfa.command_lines import quote, unset_variable
from aws_mfa.config.profile_names import name_profile, shell_words
from aws_mfa.config.profile_settings import CREDENTIAL_PROCESS, shown
from aws_mfa.config.sections import profile_of
from aws_mfa.errors import AwsMfaError, AwsUnreachable, NeedsHuman, NoDevice, SeveralDevices
from aws_mfa.renewal.make_plan import make_plan
from aws_mfa.renewal.request import RenewalRequest
from aws_mfa.setup.as_botocore import AsBotocore
from aws_mfa.views.checks_of_files import Finding, age_finding, grouped, hint_of, signs_without_us

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from aws_mfa.interfaces import Interfaces
    from aws_mfa.renewal.plan import Plan
    from aws_mfa.renewal.steps import SourceUser
    from aws_mfa.vaults.lookup import KnownProfiles

PROGRAM_LIMIT_S = 4.0
SLOW_S = 2.0
NOTABLE_SKEW_S = 20
_LATER = (NeedsHuman.exit_code, AwsUnreachable.exit_code)  # another time, or with a person, it may work
_NOT_ASKED = "--no-keychain is set"  # by us, because the keychain did not answer
_SET_CLOCK = {"darwin": "sudo sntp -sS time.apple.com", "win32": "w32tm /resync"}
_TOKEN_FILE = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"  # noqa: S105 - the name of a variable
# The first versions 1 and 2 that know `AWS_ENDPOINT_URL`, and the token file of `serve`.
# Source: https://docs.aws.amazon.com/eks/latest/userguide/pod-id-minimum-sdk.html
_KNOW_URL, _KNOW_TOKEN_FILE = ((1, 29), (2, 13)), ((1, 30), (2, 15))


def two_programs(environ: Mapping[str, str]) -> Iterator[Finding]:
    """Different programs called aws-mfa on PATH, in the order of PATH."""
    folders = filter(os.path.isabs, environ.get("PATH", "").split(os.pathsep))
    found = [path for path in (shutil.which("aws-mfa", path=folder) for folder in folders) if path]
    others = [path for path in found if os.path.realpath(path) != os.path.realpath(found[0])]
    if others:
        what = f"{found[0]} runs, and PATH also has {', '.join(dict.fromkeys(others))}"
        yield Finding("two programs", what, "uninstall one: pipx uninstall aws-mfa, or pip uninstall aws-mfa")


def adopted_lines(known: KnownProfiles, interfaces: Interfaces) -> Iterator[Finding]:
    """The `credential_process` lines that are to run aws-mfa, and do not; each program is run once."""
    for file in (interfaces.config, interfaces.credentials):
        file.check_trusted(runs_commands=True)
    troubles: dict[str, str] = {}
    for profile in known.profiles.all_profiles():
        line = profile.own.get(CREDENTIAL_PROCESS)
        if line is None or not profile.has_credential_process_of_ours:
            continue
        program = (shell_words(line.value.replace("\\", "/") if os.name == "nt" else line.value) or [""])[0]
        if program not in troubles:
            troubles[program] = _trouble_with(program, interfaces)
        if troubles[program]:
            name = quote(profile.name)
            again = f"aws-mfa adopt --undo {name} && aws-mfa adopt {name}" if "role_arn" in profile.own else "change it"
            yield Finding("adopted line", f"{line.source}: {troubles[program]}", again)


def _trouble_with(program: str, interfaces: Interfaces) -> str:
    """Why a program does not answer SDKs; "" for one that does, and for what only starts aws-mfa (`env`, `uvx`)."""
    path = interfaces.environ.get("PATH")
    if shutil.which(program, path=path) is None:
        is_there = shutil.which(program, mode=os.F_OK, path=path) is not None
        return f"{shown(program)} {'cannot be executed' if is_there else 'does not exist'}"
    if os.path.basename(program).removesuffix(".exe") != "aws-mfa":
        return ""
    # 0.0.12 and the programs of that name in other languages know no such command.
    text = interfaces.printed_by([program, "credential-process", "--help"], limit_s=PROGRAM_LIMIT_S) or ""
    return "" if "aws-mfa credential-process" in text else f"{shown(program)} is another aws-mfa, or does not work"


def old_aws_cli(known: KnownProfiles, interfaces: Interfaces) -> Iterator[Finding]:
    """An AWS CLI that ignores the endpoint in use; without one its version does not matter."""
    environ = interfaces.environ
    urls = [environ.get("AWS_ENDPOINT_URL"), environ.get("AWS_ENDPOINT_URL_STS")]
    urls += (url for profile in known.profiles.all_profiles() for url in known.profiles.endpoint_urls(profile))
    wanted = _KNOW_TOKEN_FILE if environ.get(_TOKEN_FILE) else _KNOW_URL if any(urls) else None
    text = interfaces.printed_by(["aws", "--version"], limit_s=PROGRAM_LIMIT_S) if wanted else None
    version = re.match(r"aws-cli/(\d+)\.(\d+)", text or "")
    if wanted and version and (number := (int(version[1]), int(version[2]))) < wanted[number[0] > 1]:
        needed = " or ".join(f"{major}.{minor}" for major, minor in wanted)
        what = f"aws is version {number[0]}.{number[1]}, and the endpoint in use needs {needed}"
        yield Finding("AWS CLI", what, "install a newer one: pipx install awscli")


def keychain(names: Sequence[str], interfaces: Interfaces) -> Iterator[Finding]:
    """Read the noted keys (at most 20) of these long-term sections; nothing is written or unlocked."""
    vault, slowest_s, other = interfaces.vault("keychain"), 0.0, "use another vault: aws-mfa setup --vault age"
    try:
        if vault.forgets():  # opens it, which takes longer than a read
            yield Finding("keychain", "the keychain loses its items at logout", other)
        for name in names[:20]:
            began_at = interfaces.now()
            if vault.load(name) is None:
                set_up = f"aws-mfa setup --profile {quote(profile_of(name))}"
                yield Finding("keychain", f"the keychain does not have {name} any more", set_up)
            slowest_s = max(slowest_s, interfaces.now() - began_at)
    except AwsMfaError as error:
        name_profile(error, names[0] if names else "default")
        yield Finding("keychain", error.message, hint_of(error))
    if slowest_s > SLOW_S:
        yield Finding("keychain", f"the keychain took {slowest_s:.0f} s to read one entry", other)


def clock(known: KnownProfiles, interfaces: Interfaces) -> Iterator[Finding]:
    """Compare this machine's clock with AWS's, in the first region that is configured; raises `AwsUnreachable`."""
    first = next((one for one in known.profiles.all_profiles() if one.region), None)
    given = (first and first.region) or interfaces.environ.get("AWS_REGION") or "us-east-1"
    region = checked_region(given, source="AWS_REGION")
    set_clock = _SET_CLOCK.get(sys.platform, "sudo timedatectl set-ntp true")
    settings = settings_of_profiles(known.profiles, first.name if first else "default")
    try:
        ahead_s = interfaces.sts(region, settings).clock_ahead_s()
    except AwsUnreachable as error:
        if not any("clock" in hint for hint in error.hints):
            raise
        yield Finding("clock", error.message, set_clock)  # a certificate is not valid yet, or no more
        return
    if abs(ahead_s) > NOTABLE_SKEW_S:
        what = f"this machine's clock is {duration_text(abs(ahead_s))} {'ahead' if ahead_s > 0 else 'behind'}"
        yield Finding("clock", what, set_clock)


def profiles(known: KnownProfiles, interfaces: Interfaces, not_checked: dict[str, str]) -> Iterator[Finding]:
    """What stops `plan --all`, and what it warns about; and the ages of keys, where an MFA session is stored."""
    plan = make_plan(RenewalRequest(None, hands_over=True, is_preview=True), interfaces, known)
    sdk = AsBotocore(known.config_text, known.credentials_text)
    found: dict[str, dict[str, AwsMfaError]] = {"devices": {}, "broken profile": {}, "": {}}
    for name, error in plan.failures.items():
        if error.exit_code in _LATER or _NOT_ASKED in error.message:
            found[""][name] = error
        elif not isinstance(error, SeveralDevices) and not signs_without_us(name, sdk, known):
            found["devices" if isinstance(error, NoDevice) else "broken profile"][name] = error
    parts = [one.what.partition(": ") for one in grouped("", found.pop(""))]
    yield from (one for check, failures in found.items() for one in grouped(check, failures))
    not_checked.update({names: why for names, _, why in parts})
    notes = (*plan.users.notices, *(note for notes in plan.notes.values() for note in notes))
    for note in dict.fromkeys(note for note in notes if " names region " in note):
        source = note.partition(" names region ")[0]
        change = unset_variable(source) if source.isupper() else f"change {source}"
        yield Finding("region", note.removesuffix(": it is not used"), change)
    for user in {one.user.access_key_id: one.user for one in plan.of_profile.values()}.values():
        try:
            yield from list(_ages_at_aws(user, plan, interfaces))
        except AwsMfaError as error:
            not_checked[f"age of the key of {shown(user.profile)} at AWS"] = error.message


def _ages_at_aws(user: SourceUser, plan: Plan, interfaces: Interfaces) -> Iterator[Finding]:
    """The age of the key in use, as IAM says; raises what it refuses, and `NeedsHuman` if no session is stored."""
    id_ = user.access_key_id
    stored = next((one for one in plan.reused if one.is_mfa_session and one.user.access_key_id == id_), None)
    if stored is None:
        raise NeedsHuman("no MFA session is stored")
    for key in interfaces.iam(user.region, user.endpoints).list_access_keys(plan.stored.session(stored)):
        if key.access_key_id == id_:
            yield from age_finding(id_, key.created_at, user.profile, interfaces.now())

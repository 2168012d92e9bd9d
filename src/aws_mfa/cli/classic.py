"""
The form without a subcommand (contract, sections 2 to 7): `aws-mfa [flags]`.

The order of the actions is the contract's. Whatever fails here is one ERROR line and exit 1, Ctrl-C 130.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_mfa.cli import classic_messages as messages
from aws_mfa.cli.classic_flags import parse_flags
from aws_mfa.cli.classic_log import ClassicLog
from aws_mfa.cli.classic_renewal import end_line_of_question, renew
from aws_mfa.cli.classic_request import (
    ClassicProfile,
    chosen_region,
    configured_reach,
    device_known,
    discovered_device,
    found_keys,
    session_request,
)
from aws_mfa.cli.commands.setup import stored_lines
from aws_mfa.errors import AwsMfaError, BadInput, Cancelled, InputEnded, NeedsHuman, NotSetUp, RefusedByAws
from aws_mfa.rules.classic_settings import duration_in_force
from aws_mfa.rules.code_windows import checked_code
from aws_mfa.rules.endpoints import sts_endpoint
from aws_mfa.rules.freshness import Fresh, judge
from aws_mfa.rules.ini_text import check, check_if_small
from aws_mfa.rules.named_hints import with_profile
from aws_mfa.rules.section_names import default_long_term, profile_in_force
from aws_mfa.rules.vault_choice import choose_vault, noted_vault, vault_of_flags
from aws_mfa.workflows.keys import keys_are_known, narrowed
from aws_mfa.workflows.renew import Renewal, refuse_permanent_keys
from aws_mfa.workflows.setup import set_up
from aws_mfa.workflows.setup_questions import Answers

if TYPE_CHECKING:
    from argparse import Namespace

    from aws_mfa.rules.vault_choice import VaultChoice
    from aws_mfa.workflows.keys import FoundKeys
    from aws_mfa.workflows.outside import Outside

_FAILED = 1


def run(argv: list[str], outside: Outside, commands: str = "") -> int:
    """Parse, act, print; the exit code."""
    flags = parse_flags(argv, commands)
    log = ClassicLog(flags.log_level)
    try:
        _classic(flags, outside, log)
    except Cancelled as error:
        log.failure(error)
        return _FAILED if isinstance(error, InputEnded) else error.exit_code
    except AwsMfaError as error:
        log.failure(with_profile(error, profile_in_force(flags.profile, outside.environ)))
        return _FAILED
    return 0


def _classic(flags: Namespace, outside: Outside, log: ClassicLog) -> None:
    if flags.setup:
        _set_up(flags, outside)
        return
    profile = ClassicProfile(flags, outside.environ)
    choice = _vault_choice(flags, profile.long_term, outside)
    _ensure_file(profile, choice, outside)
    text = _read_file(profile, outside, log)
    verdict = judge(profile.session_values, role_arn=profile.role_arn, now=outside.now())
    log.lines(messages.validating(profile.name, profile.short_term, profile.role_arn))
    duration_in_force(flags.duration, outside.environ, profile.sections, profile.role)
    if isinstance(verdict, Fresh) and not flags.force and _keys_exist(profile, choice, outside, in_doubt=True):
        log.lines([messages.still_valid(verdict)])
        return
    token = checked_code(flags.token) if flags.token else None
    if token:
        log.line("DEBUG", "Received token as argument")
    check(text, where=outside.credentials.path)
    found = found_keys(profile, choice, outside)
    if found.notice:
        log.line("INFO", found.notice)
    refuse_permanent_keys(text, profile.short_term, outside.credentials.path)
    outside.credentials.check_writable()
    renewal = _renewal(profile, found, outside, log)
    log.lines(messages.renewing(verdict, profile.short_term, forced=flags.force))
    renew(renewal, token, (profile.short_values or {}).get("aws_access_key_id"), outside, log)


def _vault_choice(flags: Namespace, long_term: str, outside: Outside) -> VaultChoice:
    noted = noted_vault(outside.known_keys.read(), long_term)
    vault, use_keychain = vault_of_flags(flags.vault, no_keychain=flags.no_keychain)
    return choose_vault(vault, outside.environ, noted, use_keychain=use_keychain)


def _set_up(flags: Namespace, outside: Outside) -> None:
    """Set-up knows no suffixes: whether they would do is not asked."""
    section = default_long_term(profile_in_force(flags.profile, outside.environ))
    choice = _vault_choice(flags, section, outside)
    if choice.name == "file" and not outside.credentials.exists():
        _ask_to_create(outside)
    answers = Answers(profile=flags.profile, device=flags.device)
    try:
        done = set_up(answers, choice, outside)
    except (BadInput, Cancelled, RefusedByAws):
        end_line_of_question(outside)
        raise
    for line in stored_lines(done):
        outside.terminal.say(line)


def _read_file(profile: ClassicProfile, outside: Outside, log: ClassicLog) -> str:
    file = outside.credentials
    text = file.read()
    check_if_small(text, where=file.path)
    if file.repair_mode():  # not before: a path that leads to something else must not change that
        log.line("WARNING", narrowed(file.path))
    profile.read_credentials(text, file.path)
    return text


def _renewal(profile: ClassicProfile, found: FoundKeys, outside: Outside, log: ClassicLog) -> Renewal:
    """Gather and check everything that is needed besides the code; only a device that nobody named costs a request."""
    profile.read_config(outside.config.read(), outside.config.path)
    known = device_known(profile, found, outside)
    request = session_request(profile, known, outside.user_name)
    region = chosen_region(profile, request.device)
    for reason in region.passed_over:
        log.line("WARNING", f"{reason}: it is not used")
    reach = configured_reach(profile, outside)
    sts_endpoint(region.name, outside.environ, reach)  # for what it raises: a bad URL is told before the question
    if known is None:
        request.device = discovered_device(found, region.name, reach, profile.name, outside)
        log.line("INFO", f"MFA device found: {request.device}")
    command = profile.sections.aws_setting("mfa_process")
    mfa_process = command.value if command else None
    return Renewal(found.keys, request, region.name, profile.short_term, reach=reach, mfa_process=mfa_process)


def _ensure_file(profile: ClassicProfile, choice: VaultChoice, outside: Outside) -> None:
    """Ask for a missing credentials file as the old tool does; where the keys lie in a vault it needs no question."""
    if not outside.credentials.exists() and not _keys_exist(profile, choice, outside, in_doubt=False):
        _ask_to_create(outside)


def _ask_to_create(outside: Outside) -> None:
    missing = f"Could not locate credentials file at {outside.credentials.path}"
    try:
        answer = outside.terminal.ask(f"{missing}, would you like to create one? [y/n]")
    except NeedsHuman:
        answer = "n"
    except BadInput:
        end_line_of_question(outside)
        raise
    else:
        end_line_of_question(outside)
    if answer.strip().lower() != "y":
        raise NotSetUp(missing, "set up keys and file with: aws-mfa setup")
    outside.credentials.create()


def _keys_exist(profile: ClassicProfile, choice: VaultChoice, outside: Outside, *, in_doubt: bool) -> bool:
    return keys_are_known(profile.long_term, choice, profile.long_values, outside, in_doubt=in_doubt)

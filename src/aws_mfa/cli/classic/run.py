"""
The form without a subcommand (docs/compatibility.md, sections 2 to 7): `aws-mfa [flags]`.

Owns the order of the actions, as in that document, and the log `LEVEL - text` on stdout. A failure is one ERROR line
and exit code 1, Ctrl-C 130. Codes are asked for and sent by `renewal.codes`, as for a plan of one call.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from aws_mfa.aws_values.codes import checked_code
from aws_mfa.cli.classic import messages
from aws_mfa.cli.classic.flags import parse_flags
from aws_mfa.cli.classic.request import ClassicProfile, found_keys, step_of
from aws_mfa.cli.commands.setup import stored_lines
from aws_mfa.cli.output import print_lines
from aws_mfa.config.ini import check, check_if_small
from aws_mfa.config.profile_names import SetUpHint, name_profile
from aws_mfa.config.sections import default_long_term, profile_in_force
from aws_mfa.config.settings import duration_in_force, hidden_by
from aws_mfa.errors import (
    AwsMfaError,
    BadAnswer,
    BadInput,
    Cancelled,
    InputEnded,
    NeedsHuman,
    NotSetUp,
    RefusedByAws,
)
from aws_mfa.prompt.providers import until_good
from aws_mfa.renewal.codes import CodeCall, Codes
from aws_mfa.renewal.make_plan import check_profiles_give_everything, names_of_keys
from aws_mfa.renewal.write import SectionWriter
from aws_mfa.sessions.file_section import refuse_permanent_keys
from aws_mfa.sessions.freshness import Fresh, judge
from aws_mfa.setup.questions import Answers
from aws_mfa.setup.setup import set_up
from aws_mfa.vaults.lookup import KnownProfiles, keys_are_known, narrowed, vault_choice

if TYPE_CHECKING:
    from argparse import Namespace

    from aws_mfa.cli.classic.messages import Line
    from aws_mfa.interfaces import Interfaces
    from aws_mfa.renewal.steps import Step
    from aws_mfa.vaults.lookup import FoundKeys

_FAILED = 1


class ClassicLog:
    """Prints lines at or above its level; flushes, because a question may follow on another stream."""

    def __init__(self, level: str) -> None:
        self._level = level

    def lines(self, *lines: Line) -> None:
        sys.stdout.write(messages.shown(list(lines), self._level))
        sys.stdout.flush()

    def failure(self, error: AwsMfaError) -> None:
        self.lines(("ERROR", error.message))
        if messages.LEVELS["ERROR"] >= messages.LEVELS[self._level]:
            print_lines(error.hint_lines)


def run(argv: list[str], interfaces: Interfaces, commands: str = "") -> int:
    flags = parse_flags(argv, commands)
    log = ClassicLog(flags.log_level)
    interfaces = interfaces.replaced(without_keychain=flags.no_keychain)
    try:
        if flags.setup:
            _set_up(flags, interfaces)
        else:
            _renew(flags, interfaces, log)
    except AwsMfaError as error:
        profile = profile_in_force(flags.profile, interfaces.environ)
        name_profile(error, profile)
        if isinstance(error, NotSetUp) and not flags.setup:
            with suppress(AwsMfaError):  # broken files
                if wrong := KnownProfiles(interfaces).profiles.wrong_header(profile):
                    error.hints = (wrong, *(hint for hint in error.hints if "aws-mfa setup" not in hint))
        log.failure(error)
        is_interrupted = isinstance(error, Cancelled) and not isinstance(error, InputEnded)
        return error.exit_code if is_interrupted else _FAILED
    return 0


def _renew(flags: Namespace, interfaces: Interfaces, log: ClassicLog) -> None:
    file = interfaces.credentials
    text = file.read() if file.exists() else ""
    check_if_small(text, where=file.path)
    profile = ClassicProfile(flags, interfaces.environ, text, file.path)
    _check_rule(profile, interfaces)
    choice = vault_choice(flags, profile.long_term, interfaces)
    keys_exist = partial(keys_are_known, profile.long_term, choice, profile.long_values, interfaces)
    if not file.exists() and not keys_exist(in_doubt=False):
        _ask_to_create(interfaces)
    if file.repair_mode(also_written=True):  # only after reading: the path may lead to a file of another kind
        log.lines(("WARNING", narrowed(file.path)))
    verdict = judge(profile.session_values, role_arn=profile.role_arn, now=interfaces.now())
    log.lines(*messages.validating(profile.name, profile.short_term, profile.role_arn, interfaces.environ))
    duration_in_force(flags.duration, interfaces.environ, profile.sections, profile.role)
    if isinstance(verdict, Fresh) and not flags.force and keys_exist(in_doubt=True):
        log.lines(messages.still_valid(verdict))
        return
    token = checked_code(flags.token) if flags.token else None
    if token:
        log.lines(("DEBUG", "Received token as argument"))
    check(text, where=file.path)
    found = found_keys(profile, choice, interfaces)
    if found.notice:
        log.lines(("INFO", found.notice))
    refuse_permanent_keys(profile.short_values, profile.short_term, file.path)
    config = interfaces.config.read()
    check(config, where=interfaces.config.path)
    profile.read_config(config, interfaces.config.path)
    _close_to_others(profile, interfaces, log)
    file.check_writable()
    step = step_of(profile, found, interfaces, lambda *line: log.lines(line))
    log.lines(*messages.renewing(verdict, profile.short_term, forced=flags.force))
    _get_session(step, profile, found, token, interfaces, log)


def _check_rule(profile: ClassicProfile, interfaces: Interfaces) -> None:
    """
    The section is read by everyone, so an agent that gets less than the user of the profile gets nothing here.

    With suffixes, the keys of `work` have further names: `--profile work-long-term --long-term-suffix none`.
    """
    if interfaces.agent is None:
        return
    known, keys = KnownProfiles(interfaces), profile.long_term
    names = [profile.name, *(names_of_keys(keys, known) if profile.flags.long_term_suffix else [keys])]
    notice = check_profiles_give_everything(names, known, interfaces, "this form writes a session for everyone")
    if notice:
        interfaces.say(notice)


def _close_to_others(profile: ClassicProfile, interfaces: Interfaces, log: ClassicLog) -> None:
    """Other users must not write the AWS files. A command in a file that they could write until now is not run."""
    for file in (interfaces.config, interfaces.credentials):
        if not profile.sections.aws_setting("mfa_process"):
            for path in file.forbid_others_to_write():
                log.lines(("WARNING", f"other users could write {path}: now only you can"))
        file.check_trusted()


def _get_session(
    step: Step, profile: ClassicProfile, found: FoundKeys, token: str | None, interfaces: Interfaces, log: ClassicLog
) -> None:
    """Write a stored or new session into the section, or use one that another process has stored by then."""
    command = profile.sections.aws_setting("mfa_process")
    writer = SectionWriter(step, profile.short_term, interfaces, (profile.short_values or {}).get("aws_access_key_id"))
    call = CodeCall(
        step,
        messages.question(step.request),
        keys=lambda: found.keys,
        newer=writer.newer,
        write=writer.write_new,
        mfa_process=command.value if command else None,
        waits=token is None and interfaces.terminal.has_human,  # an argument or a pipe already has the code
        sending=lambda: log.lines(messages.calling(step.request, profile.short_term)),
        log_level="WARNING - ",  # printed where the question is: the log may be silenced, or go to a file
    )
    try:
        stored = None if profile.flags.force else writer.stored
        session = stored or Codes(interfaces, token=token).session(call)
    except BadAnswer:
        _end_line_of_question(interfaces)
        raise
    now, in_section = interfaces.now(), writer.in_section()
    if writer.is_written:
        log.lines(messages.success(session, step.request, now))
    elif in_section is not None and in_section.access_key_id == session.access_key_id:
        log.lines(messages.still_valid(Fresh(session.expires_at, session.expires_at - now)))
    else:
        writer.write(session)
        log.lines(messages.ALREADY_STORED, messages.success(session, step.request, now))


def _end_line_of_question(interfaces: Interfaces) -> None:
    """End the question's line, which a piped answer does not, so that the ERROR line starts a new one."""
    if not interfaces.terminal.has_human:
        interfaces.terminal.say("")


def _set_up(flags: Namespace, interfaces: Interfaces) -> None:
    """Setup has no suffixes: those flags are not checked."""
    section = default_long_term(profile_in_force(flags.profile, interfaces.environ))
    choice = vault_choice(flags, section, interfaces)
    if choice.name == "file" and not interfaces.credentials.exists():
        _ask_to_create(interfaces)
    answers = Answers(profile=flags.profile, device=flags.device)
    try:
        done = set_up(answers, choice, interfaces)
    except (BadInput, Cancelled, RefusedByAws):
        _end_line_of_question(interfaces)
        raise
    print_lines(stored_lines(done))
    for line in hidden_by(interfaces.environ):
        interfaces.say(line)


def _ask_to_create(interfaces: Interfaces) -> None:
    missing = f"Could not locate credentials file at {interfaces.credentials.path}"
    try:
        question = f"{missing}, would you like to create one? [y/n]"
        answer = until_good(lambda: interfaces.terminal.ask(question), interfaces.terminal)
    except NeedsHuman:
        answer = "n"
    except BadInput:
        _end_line_of_question(interfaces)
        raise
    else:
        _end_line_of_question(interfaces)
    if answer.strip().lower() != "y":
        raise NotSetUp(missing, SetUpHint("set up keys and file with"))
    interfaces.credentials.create()

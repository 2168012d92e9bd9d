"""`aws-mfa rotate`: replace long-term keys by new ones; continue or take back a rotation that was interrupted."""

from __future__ import annotations

import argparse
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from aws_mfa.cli.options import add_code_arguments, add_vault_arguments, code_given
from aws_mfa.cli.output import print_lines
from aws_mfa.cli.render import failure_lines
from aws_mfa.command_lines import quote
from aws_mfa.config.chains import has_keys
from aws_mfa.config.profiles import Profile
from aws_mfa.errors import AwsMfaError, BadInput, BadProfile, Cancelled, NoLongTermKeys, NotSetUp
from aws_mfa.key_care.rotate import Wishes, resume, rotate
from aws_mfa.renewal.make_plan import make_plan
from aws_mfa.renewal.request import RenewalRequest
from aws_mfa.vaults.choice import vault_of_flags
from aws_mfa.vaults.journal import ROLLBACK, reminder, rotations_in
from aws_mfa.vaults.lookup import KnownProfiles

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_mfa.interfaces import Interfaces
    from aws_mfa.renewal.steps import SourceUser
    from aws_mfa.vaults.journal import Rotation

HELP = """\
Replace the long-term keys of a profile's user by new ones, in every place that
has them: vault, credentials file, config file. The new key is stored beside the
old one, verified, and then takes its place; the old one is switched off, and
deleted with --delete or after --grace. One MFA code is enough.

Interrupted at any point, it is continued by --resume or taken back by
--rollback. Until the old key is deleted, --rollback restores it."""

_DAY_S = 86400


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("profile", nargs="?", metavar="PROFILE", help="the profile whose user's key is replaced")
    which = parser.add_mutually_exclusive_group().add_argument
    which("--all", action="store_true", help="the keys of all profiles, each once")
    which("--resume", action="store_true", help="continue rotations, and delete old keys that are due")
    which("--rollback", action="store_true", help="take a rotation back: the old key is used again")
    add("--older-than", type=days, metavar="DAYS", help="leave keys that are younger: 90d")
    end = parser.add_mutually_exclusive_group().add_argument
    end("--grace", type=days, metavar="DAYS", help="delete the old key that long after it was switched off")
    end("--delete", action="store_true", help="delete the old key at once")
    add("--yes", action="store_true", help="do not ask before keys are changed")
    add_code_arguments(parser)
    add_vault_arguments(parser)


def days(text: str) -> float:
    """The type of a flag: days, as seconds."""
    number = text.removesuffix("d")
    if not (number.isascii() and number.isdigit() and len(number) <= 4):  # noqa: PLR2004  # 27 years
        raise argparse.ArgumentTypeError("not a number of days, give for example: 30d")
    return float(number) * _DAY_S


def run(args: argparse.Namespace, interfaces: Interfaces) -> int:
    """Rotate, and print what was done; one failure does not stop the others, and the first decides the exit code."""
    failures: dict[str, AwsMfaError] = {}
    work = _work(args, interfaces, failures)
    for name, act in work:
        try:
            print_lines(act())
        except Cancelled:
            raise
        except AwsMfaError as error:
            if args.resume or args.rollback:  # other keys in a place of the rotation would be in its way
                error.hints = tuple(hint for hint in error.hints if "aws-mfa setup" not in hint)
            failures[name] = error
    if len(failures) == 1 and len(work) <= 1:
        raise next(iter(failures.values()))
    print_lines(failure_lines(failures))
    return next((failure.exit_code for failure in failures.values()), 0)


def _work(
    args: argparse.Namespace, interfaces: Interfaces, failures: dict[str, AwsMfaError]
) -> list[tuple[str, Callable[[], list[str]]]]:
    """What is to be done, with the profile; `failures` gets the profiles of which nothing can be."""
    is_old = args.resume or args.rollback
    if bool(args.profile) == args.all and not is_old:
        raise BadInput("rotate takes a profile, or --all", "aws-mfa rotate PROFILE", "aws-mfa rotate --all")
    if is_old and args.older_than is not None:
        raise BadInput("--older-than is for new rotations", "leave it out")
    vault, use_keychain = vault_of_flags(args.vault, no_keychain=args.no_keychain)
    wishes = Wishes(args.older_than, 0.0 if args.delete else args.grace, asks=not (args.yes or args.no_input))
    names = [args.profile] if args.profile else None
    token = code_given(args, interfaces)
    request = RenewalRequest(names, token=token, vault=vault, use_keychain=use_keychain, hands_over=True)
    work: list[tuple[str, Callable[[], list[str]]]]
    if is_old:
        back = partial(resume, request=request, wishes=wishes, interfaces=interfaces, back=args.rollback)
        work = [(one.profile, partial(back, one)) for one in _open_ones(args, interfaces)]
    else:
        users = _users(request, interfaces, failures)
        work = [(user.profile, partial(rotate, user, request, wishes, interfaces)) for user in users]
    if len(work) > 1 and token is not None:
        raise BadInput(f"one code, and {len(work)} keys", "name one profile")
    return work


def _users(request: RenewalRequest, interfaces: Interfaces, failures: dict[str, AwsMfaError]) -> list[SourceUser]:
    """The users whose keys are meant; with `--all`, profiles that have no keys of a user are named, and no failures."""
    known, is_all = KnownProfiles(interfaces), request.profiles is None
    try:
        plan = make_plan(replace(request, is_preview=True), interfaces, known)
    except BadInput as error:
        raise NotSetUp(error.message, *error.hints) from None
    others = [*plan.others]
    for name, failure in plan.failures.items():
        profile = known.profiles.profile(name) or Profile(name, {})
        if is_all and isinstance(failure, (BadProfile, NoLongTermKeys)) and not has_keys(profile, known.has_noted_keys):
            others.append(name)
        else:
            failures[name] = failure
    if is_all and not (plan.of_profile or failures):
        raise NotSetUp(f"no profile has long-term keys: {', '.join(others)}", "store some: aws-mfa setup")
    if others:
        interfaces.say(f"left out: {', '.join(others)} (why: aws-mfa plan --all)")
    return list({found.user.access_key_id: found.user for found in plan.of_profile.values()}.values())


def _open_ones(args: argparse.Namespace, interfaces: Interfaces) -> list[Rotation]:
    """The rotations of the journal, or of the profile given; only one is taken back, a profile's latest."""
    found = [one for one in rotations_in(interfaces.rotations.read()) if args.profile in (None, one.profile)]
    if not found and args.rollback:
        raise BadInput("there is no rotation to take back")
    if not found:
        print_lines(["no rotation is left to be continued"])
    if args.rollback and len({one.profile for one in found}) > 1:
        which = "; ".join(reminder(one, interfaces.now()) for one in found)
        raise BadInput(f"several rotations are not over: {which}", f"name one: {ROLLBACK} {quote(found[-1].profile)}")
    return found[-1:] if args.rollback else found

"""`aws-mfa setup`: store long-term keys. Every answer except the secret can be given as a flag."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_mfa.aws_values import arns
from aws_mfa.cli.options import add_vault_arguments
from aws_mfa.cli.output import print_lines
from aws_mfa.command_lines import quote
from aws_mfa.config.sections import default_long_term
from aws_mfa.config.settings import hidden_by
from aws_mfa.setup.questions import Answers
from aws_mfa.setup.setup import set_up
from aws_mfa.vaults.lookup import KnownProfiles, other_program_of, vault_choice

if TYPE_CHECKING:
    import argparse

    from aws_mfa.interfaces import Interfaces
    from aws_mfa.model import Identity
    from aws_mfa.setup.setup import SetUp

HELP = """\
Store the long-term keys of a profile in the vault, and find its MFA device and
region.

It asks for everything not given by a flag. The secret has no flag: it is typed
without echo, or read from a pipe:  aws-mfa setup --profile work ... < secret"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--profile", metavar="NAME", help="the profile to set up")
    add("--access-key-id", metavar="ID", help="id of the long-term access key (AKIA...)")
    add("--device", metavar="ARN", help="MFA device: ARN or hardware serial (default: setup asks IAM)")
    add("--region", metavar="REGION", help="region of the profile (default: from the partition of the device)")
    add("--yes", action="store_true", help="replace keys that are stored already, without a question")
    add_vault_arguments(parser, stores=True)


def run(args: argparse.Namespace, interfaces: Interfaces) -> int:
    section = default_long_term(args.profile or "default")
    choice = vault_choice(args, section if args.profile else None, interfaces)
    answers = Answers(profile=args.profile, access_key_id=args.access_key_id, device=args.device, region=args.region)
    answers.replaces = args.yes
    done = set_up(answers, choice, interfaces)
    print_lines(stored_lines(done))
    for line in hidden_by(interfaces.environ):
        interfaces.say(line)
    other_line = other_program_of(KnownProfiles(interfaces).profiles.profile(done.profile))
    if other_line is not None:
        interfaces.say(f"another program still provides this profile: remove that line ({other_line})")
    return 0


def stored_lines(done: SetUp) -> list[str]:
    who = done.identity.arn if done.identity else "not verified: AWS could not be reached"
    leftover = ["  the credentials file still contains keys of this profile: move them with aws-mfa import"]
    return [
        f"profile {done.profile}: long-term keys stored in the {done.vault} vault",
        f"  identity  {who}",
        f"  device    {done.device or 'none known'}",
        f"  region    {done.region}",
        *(leftover if done.plain_copy else ()),
        next_step(done.profile, done.device, done.identity),
    ]


def next_step(profile: str, device: str | None, identity: Identity | None) -> str:
    """The command that gets a session with the keys that were stored."""
    flag = "" if profile == "default" else f" --profile {quote(profile)}"
    if device:
        return f"get a session with: aws-mfa{flag}"
    partition = arns.partition_of(identity.arn if identity else "") or "aws"
    device = f"arn:{partition}:iam::{identity.account if identity else 'ACCOUNT'}:mfa/NAME"
    add = f"add an MFA device with: aws-mfa enroll {quote(profile)}"
    return f"{add}; or get a session with one you have: aws-mfa{flag} --device {device}"

"""The arguments that `plan` and `renew` share, and what they ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_mfa.errors import BadInput
from aws_mfa.rules.durations import parse_duration
from aws_mfa.rules.section_names import profile_in_force
from aws_mfa.rules.session_policies import check_policy, check_policy_arns
from aws_mfa.rules.session_steps import Overlay
from aws_mfa.rules.vault_choice import VAULTS
from aws_mfa.workflows.plan_request import PlanRequest

if TYPE_CHECKING:
    import argparse

    from aws_mfa.workflows.outside import Outside


def add_plan_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare them all but those of the groups."""
    add = parser.add_argument
    add("profiles", nargs="*", metavar="PROFILE", help="profiles (default: AWS_PROFILE, else default)")
    add("--all", action="store_true", help="every profile with a role or with long-term keys")
    add("--force", action="store_true", help="new sessions even where stored ones are good")
    add("--min-remaining", metavar="TIME", default="60s", help="renew what has less left: 6h, 30m, 900 (default: 60s)")


def add_overlay_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what narrows role sessions."""
    add = parser.add_argument_group("a narrower session").add_argument
    add("--policy-arn", action="append", default=[], metavar="ARN", help="narrow role sessions by a managed policy")
    add("--policy", metavar="FILE", help="narrow role sessions by the policy (JSON) in FILE")
    add("--read-only", action="store_true", help="narrow role sessions by AWS's ReadOnlyAccess")


def add_vault_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare where the long-term keys are."""
    add = parser.add_argument_group("where the keys are").add_argument
    add("--vault", choices=VAULTS, help="where the long-term keys are (AWS_MFA_VAULT)")
    add("--no-keychain", action="store_true", help="the same as --vault file")


def overlay_of(args: argparse.Namespace, outside: Outside) -> Overlay:
    """What narrows role sessions; `BadInput` for a policy that is none."""
    policy = check_policy(outside.document(args.policy).read(), args.policy) if args.policy else None
    return Overlay(policy, check_policy_arns(args.policy_arn, read_only=args.read_only), read_only=args.read_only)


def plan_request(args: argparse.Namespace, outside: Outside) -> PlanRequest:
    """What the arguments ask for; `BadInput` for what contradicts itself or has no shape."""
    if args.all and args.profiles:
        raise BadInput("--all and names of profiles contradict each other", "give one of the two")
    names = None if args.all else args.profiles or [profile_in_force(None, outside.environ)]
    return PlanRequest(
        names,
        min_remaining_s=parse_duration(args.min_remaining, "--min-remaining"),
        forced=args.force,
        overlay=overlay_of(args, outside),
        vault=args.vault,
        no_keychain=args.no_keychain,
    )

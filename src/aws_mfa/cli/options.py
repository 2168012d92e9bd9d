"""
The arguments that several commands share, and the `RenewalRequest` made of them.

Checks values, and that they do not contradict each other. Refuses to plan or to ask anything.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from aws_mfa.aws_values.codes import checked_code
from aws_mfa.aws_values.narrowing import checked_overlay
from aws_mfa.aws_values.regions import REGION_FLAG, region_of_form
from aws_mfa.aws_values.text import duration_text, parse_duration
from aws_mfa.cli.arguments import JSON_ERRORS
from aws_mfa.config.sections import profile_in_force
from aws_mfa.errors import BadCode, BadInput
from aws_mfa.handover.hand_over import hand_over
from aws_mfa.renewal.request import RenewalRequest, source_of_roles
from aws_mfa.sessions.freshness import MARGIN_S
from aws_mfa.vaults.choice import VAULTS, vault_of_flags

if TYPE_CHECKING:
    import argparse

    from aws_mfa.interfaces import Interfaces
    from aws_mfa.model import Session
    from aws_mfa.renewal.plan import Plan

SOURCE_FLAG = "--source-profile"


def add_plan_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("profiles", nargs="*", metavar="PROFILE", help="profiles (default: AWS_PROFILE, else default)")
    add("--all", action="store_true", help="every profile with a role or with long-term keys")
    add("--force", action="store_true", help="new sessions even where stored ones are good")
    add("--min-remaining", metavar="TIME", default="60s", help="renew what has less left: 6h, 30m, 900 (default: 60s)")


def add_hand_over_arguments(parser: argparse.ArgumentParser, *, reads_stdin: bool = True) -> None:
    """Declare all but PROFILE of a command that hands sessions over; `reads_stdin`: it has --token-stdin."""
    add = parser.add_argument
    add("--min-remaining", metavar="TIME", help="renew a session that has less left: 6h, 30m, 900 (default: 15m)")
    add = parser.add_argument_group("for this run").add_argument
    add("--duration", metavar="TIME", help="how long the session lasts: 15m, 8h, 3600 (default: duration_seconds)")
    add(REGION_FLAG, metavar="REGION", help="the region (default: AWS_REGION, then the profile's)")
    add(SOURCE_FLAG, metavar="NAME", help="PROFILE is a role's ARN: assume it from this profile (default: AWS_PROFILE)")
    add_code_arguments(parser, reads_stdin=reads_stdin)
    add_overlay_arguments(parser)
    add_vault_arguments(parser)


def add_code_arguments(parser: argparse.ArgumentParser, *, reads_stdin: bool = True) -> None:
    add = parser.add_argument_group("the code").add_argument
    add("--token", metavar="CODE", help="the code; visible in the process list")
    if reads_stdin:
        add("--token-stdin", action="store_true", help="read the code from standard input, one line")
    add("--no-input", action="store_true", help="never ask: exit 4 if a code is needed")


def add_overlay_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(JSON_ERRORS, action="store_true", help="for programs: a failure is one line of JSON on stderr")
    add = parser.add_argument_group("a narrower session").add_argument
    add("--read-only", action="store_true", help="read access: AWS's ReadOnlyAccess, or aws-mfa's own for users")
    add("--allow", action="append", metavar="LIST", help="only these actions: 'ec2:Describe*,s3:List*'")
    add("--policy", metavar="FILE", help="only what the policy (JSON) in FILE allows")
    add("--policy-arn", action="append", default=[], metavar="ARN", help="only what a managed policy allows (roles)")
    add("--agent", metavar="NAME", help="it is for this coding agent (AWS_MFA_AGENT; found by agents' variables)")


def add_vault_arguments(parser: argparse.ArgumentParser, *, stores: bool = False) -> None:
    add = parser.add_argument_group("where the keys are").add_argument
    to_store = "where to store the keys (AWS_MFA_VAULT; default: keychain)"
    add("--vault", choices=VAULTS, help=to_store if stores else "where the long-term keys are (AWS_MFA_VAULT)")
    add("--no-keychain", action="store_true", help="keep keys in the credentials file; use no keychain at all")


def code_given(args: argparse.Namespace, interfaces: Interfaces) -> str | None:
    """The code from --token or --token-stdin, None without both; raises `BadCode`, and `BadInput` for both."""
    if not getattr(args, "token_stdin", False):
        return checked_code(args.token) if args.token else None
    if args.token:
        raise BadInput("--token and --token-stdin contradict each other", "give one of the two")
    given = interfaces.document("-").read_line()
    if not given.strip():
        raise BadCode("standard input ended without a code", "pipe it in, on the first line: pass otp aws | ...")
    return checked_code(given)


def plan_request(args: argparse.Namespace, interfaces: Interfaces) -> RenewalRequest:
    """The request of `plan` and `renew`; `BadInput` for flags that contradict each other, and for bad values."""
    if args.all and args.profiles:
        raise BadInput("--all and names of profiles contradict each other", "give one of the two")
    names = None if args.all else args.profiles or [profile_in_force(None, interfaces.environ)]
    return replace(_request(args, names, interfaces), forced=args.force)


def hand_over_request(
    args: argparse.Namespace, profiles: list[str], interfaces: Interfaces, *, for_sdk: bool = False
) -> RenewalRequest:
    """The request of a command that hands sessions over; raises what `plan_request` raises, and `BadCode`."""
    source = source_of_roles(profiles, args.source_profile, interfaces.environ, SOURCE_FLAG)
    region = None if args.region is None else region_of_form(args.region, source=REGION_FLAG)
    duration_s = None if args.duration is None else parse_duration(args.duration, "--duration")
    token = code_given(args, interfaces)
    request = replace(_request(args, profiles, interfaces), token=token, hands_over=True, for_sdk=for_sdk)
    return replace(request, duration_s=duration_s, region=region, source=source)


def _request(args: argparse.Namespace, profiles: list[str] | None, interfaces: Interfaces) -> RenewalRequest:
    vault, use_keychain = vault_of_flags(args.vault, no_keychain=args.no_keychain)
    min_remaining_s = parse_duration(args.min_remaining, "--min-remaining") if args.min_remaining else None
    if args.policy == "":  # from a variable that is not set: it must not give the whole session
        raise BadInput("--policy names no file", "give the path of a policy (JSON): --policy FILE")
    policy = (interfaces.document(args.policy).read(), args.policy) if args.policy is not None else None
    allow = ",".join(args.allow) if args.allow is not None else None
    overlay = checked_overlay(read_only=args.read_only, allow=allow, policy=policy, arns=args.policy_arn)
    return RenewalRequest(profiles, overlay, None, vault, use_keychain, min_remaining_s)


def handed_over(args: argparse.Namespace, interfaces: Interfaces) -> tuple[Session, Plan]:
    """Get the session that the arguments ask for; raises what `hand_over` raises."""
    request = hand_over_request(args, [args.profile], interfaces)
    session, plan = hand_over(request, interfaces)
    left_s = session.expires_at - interfaces.now()
    if request.min_remaining_s is not None and left_s < request.min_remaining_s - MARGIN_S:
        interfaces.say(f"{args.profile}: only {duration_text(left_s)} left, less than asked: AWS gives no more here")
    return session, plan

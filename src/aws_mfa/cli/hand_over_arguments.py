"""The arguments of the commands that hand one profile's session over, and what they ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_mfa.cli.plan_arguments import add_overlay_arguments, add_vault_arguments, overlay_of
from aws_mfa.errors import BadCode, BadInput
from aws_mfa.rules.code_windows import checked_code
from aws_mfa.rules.durations import parse_duration
from aws_mfa.workflows.hand_over_request import HandOver

if TYPE_CHECKING:
    import argparse

    from aws_mfa.workflows.outside import Outside


def add_hand_over_arguments(parser: argparse.ArgumentParser, *, stdin_is_ours: bool = True) -> None:
    """Declare them all but PROFILE; `stdin_is_ours`: whether the code may come from standard input."""
    add = parser.add_argument
    add("--min-remaining", metavar="TIME", help="renew a session that has less left: 6h, 30m, 900 (default: 15m)")
    add_code_arguments(parser, stdin_is_ours=stdin_is_ours)
    add_overlay_arguments(parser)
    add_vault_arguments(parser)


def add_code_arguments(parser: argparse.ArgumentParser, *, stdin_is_ours: bool = True) -> None:
    """Declare how a code is given along, or that none is asked for."""
    add = parser.add_argument_group("the code").add_argument
    add("--token", metavar="CODE", help="the code; visible in the process list")
    if stdin_is_ours:
        add("--token-stdin", action="store_true", help="read the code from standard input, one line")
    add("--no-input", action="store_true", help="never ask: exit 4 where a code is needed")


def code_given(args: argparse.Namespace, outside: Outside) -> str | None:
    """The code given along, None where one must be asked for; `BadCode`, `BadInput` where both ways are given."""
    if not getattr(args, "token_stdin", False):
        return checked_code(args.token) if args.token else None
    if args.token:
        raise BadInput("--token and --token-stdin contradict each other", "give one of the two")
    given = outside.document("-").read()
    if not given.strip():
        raise BadCode("standard input ended without a code", "pipe it in, on the first line: pass otp aws | ...")
    return checked_code(given.partition("\n")[0])


def hand_over_request(args: argparse.Namespace, profile: str, outside: Outside, *, for_sdk: bool = False) -> HandOver:
    """What the arguments ask for; `BadInput` for what contradicts itself or has no shape."""
    return HandOver(
        profile,
        min_remaining_s=parse_duration(args.min_remaining, "--min-remaining") if args.min_remaining else None,
        overlay=overlay_of(args, outside),
        token=code_given(args, outside),
        vault=args.vault,
        no_keychain=args.no_keychain,
        for_sdk=for_sdk,
    )

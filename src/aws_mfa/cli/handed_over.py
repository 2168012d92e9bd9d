"""A session handed over to a command of ours, with everything that is to be said about it on stderr."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_mfa.cli.hand_over_arguments import hand_over_request
from aws_mfa.rules.durations import duration_text
from aws_mfa.rules.freshness import MARGIN_S
from aws_mfa.workflows.hand_over import hand_over

if TYPE_CHECKING:
    import argparse

    from aws_mfa.workflows.hand_over import HandedOver
    from aws_mfa.workflows.outside import Outside


def handed_over(args: argparse.Namespace, outside: Outside) -> HandedOver:
    """Hand over what the arguments ask for; raises what `hand_over` raises."""
    wanted = hand_over_request(args, args.profile, outside)
    handed = hand_over(wanted, outside)
    left_s = handed.session.expires_at - outside.now()
    for notice in handed.notices:
        outside.say(notice)
    if wanted.min_remaining_s is not None and left_s < wanted.min_remaining_s - MARGIN_S:
        outside.say(f"{args.profile}: only {duration_text(left_s)} left, less than asked: AWS gives no more here")
    return handed
